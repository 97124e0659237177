import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { mkdirSync } from "node:fs";
import { SekishoError } from "../../lib/error.ts";
import { beginParquet, endParquet } from "../../lib/parquet/writeParquet.ts";
import { Frequencies } from "../match/frequencies.ts";
import { planInputs } from "../read/planInputs.ts";
import type { ReadProblem, ReadTask, ScopeInput } from "../read/record.ts";
import { SCOPE_KINDS } from "../fields/kinds.ts";
import type { SignatureTable } from "../signatures/columns.ts";
import type { Counted } from "./countPersons.ts";
import type { CustomerMap } from "./customerColumns.ts";
import {
  buildIndex,
  indexFits,
  openIndexOnThreads,
  type BuiltIndex,
  type CustomerIndex,
} from "./customerIndex.ts";
import { keepCustomerMemo } from "./customerMemo.ts";
import { openCustomers, type OpenCustomers } from "./customerSource.ts";
import type { Excluded, Exclusion } from "./exclusions.ts";
import { JobFolder, openKey, settle } from "./jobFolder.ts";
import { loadMatched, matchRecords, problemsOfMatching, saveMatched, type Matched } from "./matchRecords.ts";
import { RECORD_COLUMNS, recordsOfTaskMax } from "./recordLog.ts";
import { gatherOnThreads } from "./gatherOnThreads.ts";
import { figuresOfWritten } from "../report/linkFigures.ts";
import { writeReport } from "../report/writeReport.ts";
import { ThreadPool } from "./threadPool.ts";
import type { TaskResult } from "./understandTask.ts";
import { gatherOnThread, sharedLinks, stageColumns, stageOutputs } from "./stageOutputs.ts";
import { writeLinkFile, writePersonFiles } from "./writeOutputs.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

export type ScopeOptions = {
  inputs: readonly string[];
  customers: string;
  map: CustomerMap | null;
  /** Folder of a prepared index; null: made for this job. */
  index: string | null;
  out: string;
  /** The day on which the data left: minors, passports and future dates hang on it. */
  at: Temporal.PlainDate;
  again: boolean;
  /** Products that were not touched; they change only what is counted and told. */
  exclude?: readonly Exclusion[];
  threads?: number;
  /** Bytes done and in all, of a phase. */
  onProgress: (phase: string, done: number, total: number | null) => void;
};

/** What a job says when it is done; `counts.json` holds the same. */
export type ScopeResult = Counted & {
  inputs: { source: string; bytes: number; sha256: string; how: ScopeInput["how"] }[];
  records: { found: number; half: number; joined: number; withoutPerson: number };
  fields: Record<string, number>;
  /** Records by the encoding of their bytes, and by how much of them was there. */
  encodings: Record<string, number>;
  parts: Record<string, number>;
  /** Of images: blocks of 4 KiB by what they hold. */
  blocks: { zero: number; random: number; binary: number; text: number };
  /** The count is a range: fewest if all that is probable were one, most if nothing was. */
  persons: { fewest: number; most: number; matched: number; notCustomers: number };
  customers: { rows: number; source: string };
  /** Persons of whom only excluded rows were found; they are among all persons. */
  excluded: Excluded;
  problems: ReadProblem[];
  seconds: Record<string, number>;
};

/** Runs a job from its inputs to its files, or goes on where it was stopped. */
export async function runScope(options: ScopeOptions): Promise<ScopeResult> {
  const planned = await planInputs(options.inputs);
  if (planned.inputs.length === 0) {
    // "0 persons" because of a wrong path would be the worst of all answers.
    throw new SekishoError(
      "input-unreadable",
      `Cannot find anything to read in ${options.inputs.join(", ")}`,
      {
        hint: "name files that are not empty, or folders that hold some",
      },
    );
  }
  mkdirSync(options.out, { recursive: true, mode: 0o700 });
  const folder = JobFolder.open(
    options.out,
    {
      inputs: planned.inputs.map(({ source, file, bytes, how }) => ({
        source,
        file: resolve(file),
        bytes,
        how,
      })),
      customers: options.customers,
      map: options.map,
      index: options.index,
      at: options.at.toString(),
    },
    options.again,
  );
  const job = new Job(options, folder, planned);
  return job.run();
}

class Job {
  readonly #options: ScopeOptions;
  readonly #folder: JobFolder;
  readonly #planned: { inputs: ScopeInput[]; tasks: ReadTask[]; problems: ReadProblem[] };
  readonly #seconds: Record<string, number> = {};
  /** The index, if this run has made it. */
  #built: BuiltIndex | null = null;

  constructor(
    options: ScopeOptions,
    folder: JobFolder,
    planned: { inputs: ScopeInput[]; tasks: ReadTask[]; problems: ReadProblem[] },
  ) {
    this.#options = options;
    this.#folder = folder;
    this.#planned = planned;
  }

  async run(): Promise<ScopeResult> {
    const { index: kept } = this.#options;
    const indexFolder = kept ?? join(this.#folder.work, "index");
    mkdirSync(dirname(resolve(indexFolder)), { recursive: true });
    const key = openKey(kept === null ? join(this.#folder.work, "key") : `${resolve(indexFolder)}.key`);
    const threads = this.#options.threads ?? Math.min(8, availableParallelism());
    await using pool = new ThreadPool(threads, { key, today: this.#options.at.toString() });
    // Records are read beside what is left to do of the index once the customers are read.
    let reading: Promise<void> | null = null;
    const onRead = (): void => {
      reading = this.#read(pool);
      // Whoever waits for it is told that it failed; until then nobody does.
      reading.catch(() => {});
    };
    const customers = await this.#prepareIndex(indexFolder, { pool, key, onRead });
    const hashes = this.#hashes(pool);
    hashes.catch(() => {});
    await this.#time("read", () => reading ?? this.#read(pool));
    if (!this.#folder.isPast("read")) this.#folder.finish("read");
    const results = this.#results();
    const parts = results.map(({ task, records }) => {
      return { file: this.#file(task, "signatures"), rows: records };
    });
    const records = await this.#time("read", () => gatherOnThreads(parts, pool));
    const index = await this.#time("open index", () =>
      openIndexOnThreads(indexFolder, { pool, built: this.#built }),
    );
    const matched = await this.#match({ pool, index, records });
    return await this.#finish({ pool, index, records, matched, results, customers, hashes });
  }

  async #time<T>(name: string, act: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await act();
    } finally {
      this.#seconds[name] = Math.round((this.#seconds[name] ?? 0) * 1000 + performance.now() - start) / 1000;
    }
  }

  async #prepareIndex(
    indexFolder: string,
    { pool, key, onRead }: { pool: ThreadPool; key: { k0: number; k1: number }; onRead: () => void },
  ): Promise<OpenCustomers> {
    const { customers, map, onProgress } = this.#options;
    const opened = await this.#time("open customers", () =>
      openCustomers(customers, {
        map,
        folder: this.#folder.work,
        onRows: (rows) => onProgress("customers from the database", rows, null),
      }),
    );
    const { map: columns, fingerprint } = opened;
    const memo = { source: customers, map: columns, index: resolve(indexFolder), fingerprint };
    keepCustomerMemo(this.#folder.work, memo);
    if (indexFits(indexFolder, { fingerprint: opened.fingerprint, key }) !== null) {
      await this.#time("index", async () => {
        let done = 0;
        this.#built = await buildIndex(indexFolder, {
          pool,
          key,
          customers: opened,
          onRead,
          onProgress: (phase, bytes) => onProgress(phase, (done += bytes), null),
        });
      });
    }
    if (opened.file !== opened.source) rmSync(opened.file, { force: true });
    if (!this.#folder.isPast("index")) this.#folder.finish("index");
    return opened;
  }

  /** Tasks that have their result are done. */
  async #read(pool: ThreadPool): Promise<void> {
    if (this.#folder.isPast("read")) return;
    const { tasks } = this.#planned;
    const { open = [], over = [] } = Object.groupBy(tasks, (task) =>
      existsSync(this.#file(task.id, "json")) ? "over" : "open",
    );
    // What a stopped task has written lies dead between the others, or is written over.
    const written = this.#results(over).flatMap((one) => one.rowGroups);
    const records = beginParquet(this.#records, written);
    const total = tasks.reduce((sum, task) => sum + sizeOf(task), 0);
    let done = total - open.reduce((sum, task) => sum + sizeOf(task), 0);
    await pool.run(
      open.map((task) => ({ do: "understand" as const, task, folder: this.#folder.read, records })),
      { answer: () => {}, progress: (bytes) => this.#options.onProgress("reading", (done += bytes), total) },
    );
  }

  #file(task: number, kind: string): string {
    return join(this.#folder.read, `${String(task).padStart(6, "0")}.${kind}`);
  }

  /** Where the tasks write their records, until all is done. */
  get #records(): string {
    return join(this.#folder.read, "records.parquet");
  }

  #results(tasks: readonly ReadTask[] = this.#planned.tasks): TaskResult[] {
    return tasks.map(({ id }) => JSON.parse(readFileSync(this.#file(id, "json"), "utf8")) as TaskResult);
  }

  async #match(of: { pool: ThreadPool; index: CustomerIndex; records: SignatureTable }): Promise<Matched> {
    if (this.#folder.isPast("match")) return loadMatched(this.#matched);
    return this.#time("match", async () => {
      const keys = join(this.#folder.work, "keys.parquet");
      const recordFrequencies = new Frequencies(of.records.rows);
      const onProgress = (what: string): void => this.#options.onProgress(what, 0, null);
      return matchRecords({ ...of, recordFrequencies, keys, onProgress });
    });
  }

  #keepMatched(matched: Matched): void {
    if (this.#folder.isPast("match")) return;
    saveMatched(this.#matched, matched);
    this.#folder.finish("match");
  }

  get #matched(): string {
    return join(this.#folder.work, "matched.bin");
  }

  async #finish(of: {
    pool: ThreadPool;
    index: CustomerIndex;
    records: SignatureTable;
    matched: Matched;
    results: TaskResult[];
    customers: OpenCustomers;
    hashes: Promise<ScopeResult["inputs"]>;
  }): Promise<ScopeResult> {
    const { index, records, matched, results } = of;
    const { out, work } = this.#folder;
    this.#options.onProgress("persons", 0, null);
    const { pool } = of;
    const recordIds = idsOf(results);
    const links = sharedLinks(matched.links);
    const { recordEdges } = matched;
    const gathering = gatherOnThread(links, {
      of: { customers: index.rows, customerEdges: index.edges, recordEdges },
      pool,
    });
    // The other threads do this meanwhile.
    const columns = stageColumns({ index, records, pool });
    const listing = columns.then(({ texts }) => writeLinkFile({ links, recordIds, texts }, { out, pool }));
    this.#keepMatched(matched);
    // A failure of these is told where they are waited for.
    for (const one of [gathering, columns, listing]) one.catch(() => {});
    const persons = await this.#time("persons", () => gathering);
    const exclude = this.#options.exclude ?? [];
    const { at } = this.#options;
    const staged = await this.#time("stage", async () =>
      stageOutputs({ columns: await columns, recordIds, links, persons, exclude, at, pool }),
    );
    const listed = writePersonFiles(staged, { work, out, pool });
    const figures = figuresOfWritten({
      links: listing.then(() => join(out, "links.parquet.part")),
      persons: listed.then(() => join(out, "persons.parquet.part")),
    });
    figures.catch(() => {});
    const { counted, excluded } = await this.#time("files", async () => {
      const [made] = await Promise.all([listed, listing, figures]);
      return made;
    });
    const hashes = await this.#time("hashes", () => of.hashes);
    const result = summarize({
      counted: { ...counted, excluded: { persons: excluded, of: [...exclude] } },
      results,
      persons,
      hashes,
      customers: of.customers,
      rows: index.rows,
    });
    result.problems.unshift(...this.#planned.problems, ...problemsOfMatching(matched));
    result.seconds = this.#seconds;
    writeFileSync(join(out, "counts.json.part"), `${JSON.stringify(result, null, 2)}\n`, { mode: 0o600 });
    this.#settleRecords(results);
    for (const name of ["links.parquet", "persons.parquet", "counts.json"]) settle(out, name);
    await writeReport(out, result, await figures);
    if (!this.#folder.isPast("persons")) this.#folder.finish("persons");
    return result;
  }

  /** A job that had been done once has its records in place. */
  #settleRecords(results: readonly TaskResult[]): void {
    const file = join(this.#folder.out, "records.parquet");
    if (existsSync(this.#records)) {
      const groups = results.flatMap((one) => one.rowGroups);
      endParquet(this.#records, RECORD_COLUMNS, { groups, packed: true });
      renameSync(this.#records, file);
    } else if (!existsSync(file)) {
      throw new SekishoError("not-found", `Cannot go on with ${this.#folder.out}: records.parquet is gone`, {
        hint: "put it back, or read all anew with --again",
      });
    }
  }

  async #hashes(pool: ThreadPool): Promise<ScopeResult["inputs"]> {
    const file = join(this.#folder.work, "hashes.json");
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as ScopeResult["inputs"];
    const { inputs } = this.#planned;
    const hashes = await pool.hash(inputs);
    const made = inputs.map(({ source, bytes, how }, at) => ({
      source,
      bytes,
      sha256: hashes[at] as string,
      how,
    }));
    writeFileSync(`${file}.part`, JSON.stringify(made), { mode: 0o600 });
    renameSync(`${file}.part`, file);
    return made;
  }
}

const sizeOf = (task: ReadTask): number => Math.max(0, Math.min(task.end, task.input.bytes) - task.start);

function idsOf(results: readonly TaskResult[]): BigInt64Array {
  const count = results.reduce((sum, one) => sum + one.records, 0);
  const ids = new BigInt64Array(sharedBytes(count * 8), 0, count);
  // As two words each: BigInt costs ten times as much.
  const words = new Uint32Array(ids.buffer);
  let at = 0;
  for (const { task, records } of results) {
    const first = task * recordsOfTaskMax;
    for (let number = 0; number < records; number += 1, at += 2) {
      words[at] = (first + number) >>> 0;
      words[at + 1] = Math.floor((first + number) / 2 ** 32);
    }
  }
  return ids;
}

function sumOf(counts: readonly Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const one of counts) for (const [name, n] of Object.entries(one)) sums[name] = (sums[name] ?? 0) + n;
  return sums;
}

function summarize(of: {
  counted: Counted & { excluded: Excluded };
  results: readonly TaskResult[];
  persons: { count: number; fewest: number; unmatched: number };
  hashes: ScopeResult["inputs"];
  customers: OpenCustomers;
  rows: number;
}): ScopeResult {
  const { results, persons } = of;
  const sum = (of: (one: TaskResult) => number): number => results.reduce((total, one) => total + of(one), 0);
  return {
    ...of.counted,
    inputs: of.hashes,
    records: {
      found: sum((one) => one.records),
      half: sum((one) => one.tally.halfRecords),
      joined: sum((one) => one.tally.joinedRecords),
      withoutPerson: sum((one) => one.othersCount),
    },
    fields: Object.fromEntries(SCOPE_KINDS.map((name) => [name, sum((one) => one.items[name] ?? 0)])),
    encodings: sumOf(results.map((one) => one.encodings)),
    parts: sumOf(results.map((one) => one.parts)),
    blocks: { zero: 0, random: 0, binary: 0, text: 0, ...sumOf(results.map((one) => one.tally.blocks)) },
    persons: {
      fewest: persons.fewest,
      most: persons.count,
      matched: persons.count - persons.unmatched,
      notCustomers: persons.unmatched,
    },
    customers: { rows: of.rows, source: of.customers.source },
    problems: results.flatMap((one) => one.problems),
    seconds: {},
  };
}
