import { renameSync, writeFileSync } from "node:fs";
import { ColumnMemory } from "../fields/columnMemory.ts";
import { kind, SCOPE_KINDS } from "../fields/kinds.ts";
import { Understanding } from "../fields/understandRecord.ts";
import { readTask } from "../read/readTask.ts";
import type { ReadProblem, ReadTally, ReadTask, RecordPlace, RecordSink } from "../read/record.ts";
import type { RowGroup, SharedParquet } from "../../lib/parquet/writeParquet.ts";
import { RecordLog, recordsOfTaskMax } from "./recordLog.ts";
import { SignatureWriter } from "./signatureFile.ts";

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

export const limits = { memoriesMax: 4_096, problemsMax: 1_000 } as const;

/**
 * Reads one task to its end and writes its records to the file that all tasks share,
 * `<folder>/<id>.signatures` and, last of all, `.json`.
 */
export async function understandTask(
  task: ReadTask,
  seen: Understanding,
  options: { folder: string; records: SharedParquet; onProgress: (bytes: number) => void },
): Promise<TaskResult> {
  const base = `${options.folder}/${String(task.id).padStart(6, "0")}`;
  const sink = new TaskSink(task, seen, { base, records: options.records });
  const tally = await readTask(task, sink, { onProgress: options.onProgress });
  const result = sink.close(tally);
  writeFileSync(`${base}.json.part`, JSON.stringify(result), { mode: 0o600 });
  renameSync(`${base}.json.part`, `${base}.json`);
  return result;
}

class TaskSink implements RecordSink {
  readonly #task: ReadTask;
  readonly #seen: Understanding;
  readonly #log: RecordLog;
  readonly #signatures: SignatureWriter;
  readonly #memories = new Map<string, ColumnMemory>();
  readonly #items = new Float64Array(SCOPE_KINDS.length);
  readonly #encodings: Record<string, number> = {};
  readonly #parts: Record<string, number> = {};
  readonly #problems: ReadProblem[] = [];
  #others = 0;
  /** The first records of a source, which are understood once the source is: by all of them. */
  readonly #first: { bytes: Uint8Array; place: RecordPlace }[] = [];
  #lastPath: string | null = null;
  #lastColumns: readonly string[] | null = null;
  #lastSeparator = -1;
  #memory = new ColumnMemory(0, null);

  constructor(task: ReadTask, seen: Understanding, to: { base: string; records: SharedParquet }) {
    this.#task = task;
    this.#seen = seen;
    this.#log = new RecordLog(to.records, { id: task.id, source: task.input.source });
    this.#signatures = new SignatureWriter(`${to.base}.signatures`);
  }

  record(bytes: Uint8Array, start: number, end: number, place: RecordPlace): void {
    const memory = this.#memoryOf(place);
    memory.settleSeparator(bytes, start, end);
    this.#seen.read(bytes, start, end, memory);
    if (memory.isNew) {
      // A Buffer's own slice() is a view of memory that the reader uses again.
      this.#first.push({ bytes: Uint8Array.from(bytes.subarray(start, end)), place: { ...place } });
      return;
    }
    if (this.#first.length > 0) {
      this.#understandFirst();
      this.#seen.read(bytes, start, end, memory);
    }
    this.#takeAll(start, memory, place);
  }

  /** What came before the source was known is read a second time. */
  #understandFirst(): void {
    const memory = this.#memory;
    for (const { bytes, place } of this.#first) {
      memory.settleSeparator(bytes, 0, bytes.length);
      this.#seen.read(bytes, 0, bytes.length, memory);
      this.#takeAll(0, memory, place);
    }
    this.#first.length = 0;
  }

  #takeAll(start: number, memory: ColumnMemory, place: RecordPlace): void {
    const seen = this.#seen;
    let from = 0;
    for (let to = seen.secondPerson(); from < seen.count; to = seen.count) {
      this.#take(from, to, { memory, place, start });
      from = to;
    }
  }

  #take(from: number, to: number, at: { memory: ColumnMemory; place: RecordPlace; start: number }): void {
    const seen = this.#seen;
    if (!seen.take(from, to, at.memory)) {
      this.#others += 1;
      return;
    }
    if (this.#signatures.rows >= recordsOfTaskMax) return;
    const number = this.#signatures.rows;
    const { table, row } = this.#signatures.next();
    seen.signature.store(table, row);
    let items = 0;
    for (let item = from; item < to; item += 1) {
      const found = seen.itemKind[item] as number;
      items |= 1 << found;
      this.#items[found] = (this.#items[found] as number) + 1;
    }
    table.set(row, "items", items >>> 0);
    table.set(row, "born", seen.dayOf(from, to, kind["birth-date"]));
    table.set(row, "expires", seen.dayOf(from, to, kind["passport-expires"]));
    // The second row of a line begins with its first field.
    const inside = from === 0 ? 0 : (seen.itemStart[from] as number) - at.start;
    const { path, offset, line, encoding, part } = at.place;
    this.#encodings[encoding] = (this.#encodings[encoding] ?? 0) + 1;
    this.#parts[part] = (this.#parts[part] ?? 0) + 1;
    const shift = encoding === "utf-8" || encoding === "ascii" ? inside : 0;
    this.#log.add(seen, { from, to, number }, { path, offset: offset + shift, line, encoding, part });
  }

  #memoryOf({ path, columns, separator }: RecordPlace): ColumnMemory {
    if (path === this.#lastPath && columns === this.#lastColumns && separator === this.#lastSeparator)
      return this.#memory;
    if (this.#first.length > 0) this.#understandFirst();
    this.#lastPath = path;
    this.#lastColumns = columns;
    this.#lastSeparator = separator;
    const key = `${path}\u0000${separator}\u0000${columns?.join("\u0001") ?? ""}`;
    let memory = this.#memories.get(key);
    if (memory === undefined) {
      if (this.#memories.size >= limits.memoriesMax) this.#memories.clear();
      memory = new ColumnMemory(separator, columns);
      this.#memories.set(key, memory);
    }
    this.#memory = memory;
    return memory;
  }

  problem(problem: ReadProblem): void {
    if (this.#problems.length < limits.problemsMax) this.#problems.push(problem);
  }

  close(tally: ReadTally): TaskResult {
    if (this.#first.length > 0) this.#understandFirst();
    const records = this.#signatures.close();
    return {
      task: this.#task.id,
      records,
      rowGroups: this.#log.close(),
      tally,
      othersCount: this.#others,
      items: Object.fromEntries(SCOPE_KINDS.map((one, at) => [one, this.#items[at] as number])),
      encodings: this.#encodings,
      parts: this.#parts,
      problems: this.#problems,
    };
  }
}
