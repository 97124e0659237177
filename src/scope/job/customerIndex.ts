import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { SekishoError } from "../../lib/error.ts";
import { Frequencies } from "../match/frequencies.ts";
import type { Rule } from "../match/findPairs.ts";
import { priorWithin } from "../match/decideLinks.ts";
import { planInputs } from "../read/planInputs.ts";
import { bytesOfRow, type SignatureTable } from "../signatures/columns.ts";
import type { HashKey } from "../signatures/keyedHash.ts";
import type { Edges } from "./customerEdges.ts";
import type { OpenCustomers } from "./customerSource.ts";
import { ATTRIBUTE_COLUMNS, type CustomerResult } from "./customerTask.ts";
import type { Answered } from "./jobLink.ts";
import { gatherOnThreads } from "./gatherOnThreads.ts";
import { countingTasks, edgesWithin } from "./matchPool.ts";
import { KeyFile } from "./keyFile.ts";
import { gatherSignatures, readShared } from "./signatureFile.ts";
import type { ThreadPool } from "./threadPool.ts";

/**
 * What is kept ready of a customer table: signatures, joins, who is there twice. No text of any customer but
 * keys.
 */
export type CustomerIndex = {
  folder: string;
  rows: number;
  table: SignatureTable;
  /** Parquet: customer_id, days, service and the like, in the order of the rows. */
  attributes: string;
  frequencies: Frequencies;
  edges: Edges;
};

type Meta = {
  version: number;
  rowBytes: number;
  source: string;
  fingerprint: string;
  keyCheck: string;
  rows: number;
  parts: { file: string; rows: number }[];
  edges: { certain: number; probable: number };
  madeAt: string;
};

const version = 8;

/** Rules by which a customer who is in the table twice is found. */
const rules: readonly Rule[] = [
  { keys: ["email"], hub: "email" },
  { keys: ["phone", "birth"] },
  { keys: ["sound", "birth"] },
  { keys: ["kanji", "birth"] },
  { keys: ["phone", "sound"] },
  { keys: ["passport"] },
  { keys: ["kanji", "address"] },
];

/** What of a key may be written down: enough to tell that it is another one. */
function checkOf(key: HashKey): string {
  return ((Math.imul(key.k0, 0x9e3779b1) ^ Math.imul(key.k1, 0x85ebca6b)) >>> 0).toString(16);
}

/** Whether an index is there, whole, of this table and under this key; says why where it is not. */
export function indexFits(folder: string, of: { fingerprint: string; key: HashKey }): string | null {
  const file = join(folder, "now", "index.json");
  if (!existsSync(file)) return "there is none yet";
  const meta = readMeta(folder);
  if (meta.version !== version || meta.rowBytes !== bytesOfRow) return "it was made by another version";
  if (meta.keyCheck !== checkOf(of.key)) return "it was made with another key";
  if (meta.fingerprint !== of.fingerprint) return "the customer table has changed since";
  return null;
}

export type Building = {
  pool: ThreadPool;
  key: HashKey;
  customers: OpenCustomers;
  onProgress: (phase: string, bytes: number) => void;
  /** All customers are read: threads have time for something else now and then. */
  onRead?: () => void;
};

/** What the making of an index leaves in memory, so that the same run need not read it again. */
export type BuiltIndex = { table: SignatureTable; frequencies: Frequencies };

/** Makes an index; an older one in the folder gives way only when the new one is whole. */
export async function buildIndex(folder: string, building: Building): Promise<BuiltIndex> {
  const { customers, pool, key } = building;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fresh = join(folder, "fresh");
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  const { tasks } = await planInputs([customers.file], {});
  const results: CustomerResult[] = [];
  await pool.run(
    tasks.map((task) => ({
      do: "customers" as const,
      task: { ...task, input: { ...task.input, how: "text" as const } },
      columns: customers.columns,
      folder: fresh,
    })),
    {
      progress: (bytes) => building.onProgress("customers", bytes),
      answer: (answer: Answered) => {
        if ("done" in answer && answer.done === "customers") results.push(answer.result);
      },
    },
  );
  building.onRead?.();
  results.sort((one, other) => one.task - other.task);
  const parts = results.map(({ task, rows }) => ({ file: named(task, "signatures"), rows }));
  const table = await gatherOnThreads(within(fresh, parts), pool);
  if (table.rows === 0) {
    throw new SekishoError("input-unreadable", `Cannot match with ${customers.source}: it has no rows`, {
      hint: "give the customer table that the leaked records come from",
    });
  }
  const frequencies = new Frequencies(table.rows);
  const counting = countingTasks(table, frequencies);
  await Promise.all([joinParts(fresh, results, pool), pool.work(counting)]);
  writeFileSync(join(fresh, "frequencies.bin"), frequencies.codes, { mode: 0o600 });
  const edges = await edgesWithin(pool, { table, frequencies, rules, prior: priorWithin(table.rows) });
  writeFileSync(join(fresh, "edges.bin"), bytesOf(edges.certain, edges.probable), { mode: 0o600 });
  for (const { task } of results) {
    for (const kind of ["attributes", "texts", "json"]) rmSync(join(fresh, named(task, kind)));
  }
  const meta: Meta = {
    version,
    rowBytes: bytesOfRow,
    source: customers.source,
    fingerprint: customers.fingerprint,
    keyCheck: checkOf(key),
    rows: table.rows,
    parts,
    edges: { certain: edges.certain.length / 2, probable: edges.probable.length / 2 },
    madeAt: Temporal.Now.instant().toString(),
  };
  writeFileSync(join(fresh, "index.json"), JSON.stringify(meta, null, 2), { mode: 0o600 });
  rmSync(join(folder, "now"), { recursive: true, force: true });
  renameSync(fresh, join(folder, "now"));
  return { table, frequencies };
}

/** What a task has written. */
const named = (task: number, kind: string): string => `${String(task).padStart(6, "0")}.${kind}`;

/** Makes one of what the tasks have written of the customers beside their signatures. */
async function joinParts(fresh: string, results: readonly CustomerResult[], pool: ThreadPool): Promise<void> {
  const files = (kind: string): string[] => results.map(({ task }) => join(fresh, named(task, kind)));
  const attributes = files("attributes");
  await pool.write([
    { do: "write", what: "joined-texts", files: files("texts"), folder: fresh },
    {
      do: "write",
      what: "joined-parquet",
      file: join(fresh, "attributes.parquet"),
      columns: ATTRIBUTE_COLUMNS,
      parts: results.map(({ rowGroups }, at) => ({
        file: attributes[at] as string,
        rowGroups,
        packed: true,
      })),
    },
  ]);
}

function bytesOf(...arrays: Int32Array[]): Buffer {
  return Buffer.concat(arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)));
}

function readMeta(folder: string): Meta {
  return JSON.parse(readFileSync(join(folder, "now", "index.json"), "utf8")) as Meta;
}

/** How many customers an index holds, without opening it. */
export function rowsOfIndex(folder: string): number {
  return readMeta(folder).rows;
}

/**
 * The keys of an index as Parquet, written when they are first asked for: a review looks for customers by
 * them, a scope does not. `file`: a copy of its own.
 */
export async function keysOfIndex(
  folder: string,
  file = join(folder, "now", "keys.parquet"),
): Promise<string> {
  if (existsSync(file)) return file;
  const now = join(folder, "now");
  const { parts, rows } = readMeta(folder);
  const counted = new Frequencies(rows, readShared(join(now, "frequencies.bin")));
  const keys = new KeyFile(file);
  let first = 0;
  for (const part of parts) {
    const table = gatherSignatures([{ ...part, file: join(now, part.file) }]);
    keys.add(table, counted.from(first, table.rows), { first });
    first += table.rows;
    // Whoever else waits for this thread has a turn between the parts.
    await setImmediate();
  }
  keys.close();
  return file;
}

const within = (folder: string, parts: Meta["parts"]): Meta["parts"] =>
  parts.map(({ file, rows }) => ({ file: join(folder, file), rows }));

/** Opens an index that fits, on all threads; `built`: by this run. */
export async function openIndexOnThreads(
  folder: string,
  { pool, built }: { pool: ThreadPool; built: BuiltIndex | null },
): Promise<CustomerIndex> {
  if (built !== null) return openIndex(folder, built);
  const parts = within(join(folder, "now"), readMeta(folder).parts);
  return openIndex(folder, { table: await gatherOnThreads(parts, pool) });
}

/** Opens an index that fits; `built`: what is in memory of it. */
export function openIndex(folder: string, built: Partial<BuiltIndex> = {}): CustomerIndex {
  const now = join(folder, "now");
  const meta = readMeta(folder);
  const table = built.table ?? gatherSignatures(within(now, meta.parts));
  let frequencies = built.frequencies ?? null;
  const bytes = readFileSync(join(now, "edges.bin"));
  const pairs = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return {
    folder: now,
    rows: table.rows,
    table,
    attributes: join(now, "attributes.parquet"),
    // Read when they are asked for: only who matches needs them.
    get frequencies() {
      return (frequencies ??= new Frequencies(table.rows, readShared(join(now, "frequencies.bin"))));
    },
    edges: {
      certain: pairs.subarray(0, meta.edges.certain * 2),
      probable: pairs.subarray(meta.edges.certain * 2),
    },
  };
}
