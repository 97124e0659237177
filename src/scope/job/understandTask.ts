import { renameSync, writeFileSync } from "node:fs";
import type { RowGroup, SharedParquet } from "../../lib/parquet/writeParquet.ts";
import { SCOPE_KINDS } from "../fields/kinds.ts";
import { readTask } from "../read/readTask.ts";
import {
  RECORD_ENCODINGS,
  RECORD_PARTS,
  type ReadProblem,
  type ReadTally,
  type ReadTask,
  type RecordPlace,
  type RecordSink,
} from "../read/record.ts";
import type { Machine } from "../understand/machine.ts";
import { SourceMemories } from "../understand/sourceMemory.ts";
import { RecordLog, recordsOfTaskMax } from "./recordLog.ts";
import { SignatureChunks } from "./signatureChunks.ts";

/** What one task made, kept beside its files: with it the task is done. */
export type TaskResult = {
  task: number;
  records: number;
  rowGroups: RowGroup[];
  tally: ReadTally;
  /** Lines and rows that hold nothing of a person. */
  othersCount: number;
  items: Record<string, number>;
  /** Records by the encoding of their bytes, and by how much of them was there. */
  encodings: Record<string, number>;
  parts: Record<string, number>;
  problems: ReadProblem[];
};

export const limits = { problemsMax: 1_000 } as const;

/**
 * Reads one task to its end and writes its records to the file that all tasks share,
 * `<folder>/<id>.signatures` and, last of all, `.json`.
 */
export async function understandTask(
  task: ReadTask,
  machine: Machine,
  options: { folder: string; records: SharedParquet; onProgress: (bytes: number) => void },
): Promise<TaskResult> {
  const base = `${options.folder}/${String(task.id).padStart(6, "0")}`;
  const sink = new TaskSink(task, machine, { base, records: options.records });
  const tally = await readTask(task, sink, { onProgress: options.onProgress, kernel: machine.kernel });
  const result = sink.close(tally);
  writeFileSync(`${base}.json.part`, JSON.stringify(result), { mode: 0o600 });
  renameSync(`${base}.json.part`, `${base}.json`);
  return result;
}

class TaskSink implements RecordSink {
  readonly #task: ReadTask;
  readonly #machine: Machine;
  readonly #log: RecordLog;
  readonly #signatures: SignatureChunks;
  readonly #sources: SourceMemories;
  readonly #problems: ReadProblem[] = [];
  readonly #inputMost: number;
  readonly #pieces: number;
  /** The first records of a source, which are understood once the source is: by all of them. */
  readonly #first: { bytes: Uint8Array; place: RecordPlace }[] = [];
  /** Whether enough of the source was seen to understand it. */
  #known = false;
  #lastPath: string | null = null;
  #lastColumns: readonly string[] | null = null;
  #lastSeparator = -1;

  constructor(task: ReadTask, machine: Machine, to: { base: string; records: SharedParquet }) {
    this.#task = task;
    this.#machine = machine;
    machine.exports.beginTask(task.id * recordsOfTaskMax);
    this.#log = new RecordLog(to.records, machine, task.input.source);
    this.#signatures = new SignatureChunks(`${to.base}.signatures`, machine);
    this.#sources = new SourceMemories(machine);
    this.#inputMost = machine.place("INPUT_MOST");
    this.#pieces = machine.place("PIECES");
  }

  record(bytes: Uint8Array, start: number, end: number, place: RecordPlace): void {
    const sameSource = place.path === this.#lastPath && place.separator === this.#lastSeparator;
    if (!sameSource || place.columns !== this.#lastColumns) this.#enter(place);
    const to = this.#endOf(start, end, place);
    if (!this.#known) {
      const { exports } = this.#machine;
      const from = this.#bring(bytes, start, to);
      exports.readRecord(from, from + to - start);
      if (exports.isNew() !== 0) {
        // A Buffer's own slice() is a view of memory that the reader uses again.
        this.#first.push({ bytes: Uint8Array.from(bytes.subarray(start, to)), place: { ...place } });
        return;
      }
      this.#understandFirst();
    }
    this.#take(bytes, start, to, place);
  }

  /** Where a record ends for us. */
  #endOf(start: number, end: number, { path, offset }: RecordPlace): number {
    if (end - start <= this.#inputMost) return end;
    const { source } = this.#task.input;
    const where = path === "" ? source : `${source}, ${path}`;
    const message = `A record of ${where} is too long: the rest of it is not read`;
    this.problem({ code: "line-too-long", source, path, offset, message });
    return start + this.#inputMost;
  }

  #bring(bytes: Uint8Array, start: number, end: number): number {
    this.#machine.piecesEnd = this.#pieces;
    return this.#machine.bring(bytes, start, end);
  }

  /** Understands a record whose source is known. */
  #take(bytes: Uint8Array, start: number, end: number, place: RecordPlace): void {
    const { exports } = this.#machine;
    const from = this.#bring(bytes, start, end);
    this.#setPlace(place);
    if (exports.record(from, from + end - start) !== 0) return;
    this.#log.flush();
    this.#signatures.flush();
    // The record stands in the next group, which numbers paths anew.
    this.#setPlace(place);
    exports.takeRecord(from);
  }

  #setPlace({ path, offset, line, encoding, part }: RecordPlace): void {
    const code = RECORD_ENCODINGS.indexOf(encoding);
    this.#machine.exports.setPlace(offset, line, code, RECORD_PARTS.indexOf(part), this.#log.pathOf(path));
  }

  /** What came before the source was known is read a second time. */
  #understandFirst(): void {
    this.#known = true;
    for (const { bytes, place } of this.#first) this.#take(bytes, 0, bytes.length, place);
    this.#first.length = 0;
  }

  #enter({ path, columns, separator }: RecordPlace): void {
    if (!this.#known) this.#understandFirst();
    this.#lastPath = path;
    this.#lastColumns = columns;
    this.#lastSeparator = separator;
    this.#sources.enter(
      `${path}\u0000${separator}\u0000${columns?.join("\u0001") ?? ""}`,
      separator,
      columns,
    );
    this.#known = this.#machine.exports.isNew() === 0;
  }

  problem(problem: ReadProblem): void {
    if (this.#problems.length < limits.problemsMax) this.#problems.push(problem);
  }

  close(tally: ReadTally): TaskResult {
    if (!this.#known) this.#understandFirst();
    const { exports } = this.#machine;
    const records = exports.taken.value;
    const rowGroups = this.#log.close();
    this.#signatures.close();
    return {
      task: this.#task.id,
      records,
      rowGroups,
      tally,
      othersCount: exports.others.value,
      items: this.#counts("ITEM_COUNTS", SCOPE_KINDS, true),
      encodings: this.#counts("ENCODING_COUNTS", RECORD_ENCODINGS, false),
      parts: this.#counts("PART_COUNTS", RECORD_PARTS, false),
      problems: this.#problems,
    };
  }

  /** How often each of these names was counted; `all`: also those that never were. */
  #counts(place: string, names: readonly string[], all: boolean): Record<string, number> {
    const counts = this.#machine.words(this.#machine.place(place), names.length);
    const told = names.map((name, at) => [name, counts[at] as number] as const);
    return Object.fromEntries(told.filter(([, count]) => all || count > 0));
  }
}
