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
  readonly #input: number;
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
    this.#input = machine.place("INPUT");
    this.#inputMost = machine.place("INPUT_MOST");
    this.#pieces = machine.place("PIECES");
  }

  record(bytes: Uint8Array, start: number, end: number, place: RecordPlace): void {
    const sameSource = place.path === this.#lastPath && place.separator === this.#lastSeparator;
    if (!sameSource || place.columns !== this.#lastColumns) this.#enter(place);
    const from = bytes.buffer === this.#machine.bytes.buffer ? start : this.#input;
    const to = this.#put(bytes, start, end, place);
    const { exports } = this.#machine;
    if (!this.#known) {
      exports.readRecord(from, to);
      if (exports.isNew() !== 0) {
        // A Buffer's own slice() is a view of memory that the reader uses again.
        this.#first.push({ bytes: Uint8Array.from(bytes.subarray(start, end)), place: { ...place } });
        return;
      }
      this.#understandFirst();
      this.#put(bytes, start, end, place);
    }
    this.#setPlace(place);
    if (exports.record(from, to) !== 0) return;
    this.#flush(place);
    exports.takeRecord(from);
  }

  /** The record's bytes go to the module, if they do not lie there already; the end of them there. */
  #put(bytes: Uint8Array, start: number, end: number, place: RecordPlace): number {
    this.#machine.piecesEnd = this.#pieces;
    if (bytes.buffer === this.#machine.bytes.buffer) return end;
    let to = end;
    if (end - start > this.#inputMost) {
      const { source } = this.#task.input;
      const { path, offset } = place;
      const where = path === "" ? source : `${source}, ${path}`;
      const message = `A record of ${where} is too long: the rest of it is not read`;
      this.problem({ code: "line-too-long", source, path, offset, message });
      to = start + this.#inputMost;
    }
    this.#machine.bytes.set(bytes.subarray(start, to), this.#input);
    return this.#input + to - start;
  }

  #setPlace({ path, offset, line, encoding, part }: RecordPlace): void {
    const code = RECORD_ENCODINGS.indexOf(encoding);
    this.#machine.exports.setPlace(offset, line, code, RECORD_PARTS.indexOf(part), this.#log.pathOf(path));
  }

  /** What is kept goes to the files; the record under way stands in the next group. */
  #flush(place: RecordPlace): void {
    this.#log.flush();
    this.#signatures.flush();
    this.#setPlace(place);
  }

  /** What came before the source was known is read a second time. */
  #understandFirst(): void {
    this.#known = true;
    const { exports } = this.#machine;
    for (const { bytes, place } of this.#first) {
      const to = this.#put(bytes, 0, bytes.length, place);
      this.#setPlace(place);
      if (exports.record(this.#input, to) !== 0) continue;
      this.#flush(place);
      exports.takeRecord(this.#input);
    }
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
