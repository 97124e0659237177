import { readFileSync, writeFileSync } from "node:fs";
import {
  learn,
  linkState,
  noLinks,
  priorOf,
  priorWithin,
  SeenPatterns,
  type Candidates,
  type Links,
} from "../match/decideLinks.ts";
import { firstRules, looseRules, placesOf, type Rule } from "../match/findPairs.ts";
import type { Frequencies } from "../match/frequencies.ts";
import type { Indexed, KeyIndex } from "../match/keyIndex.ts";
import { UnionFind } from "../match/unionFind.ts";
import type { Classes } from "../match/weights.ts";
import { equalRecords, repeatedIn } from "../persons/equalRecords.ts";
import type { SignatureTable } from "../signatures/columns.ts";
import type { Edges } from "./customerEdges.ts";
import type { CustomerIndex } from "./customerIndex.ts";
import {
  countingTasks,
  edgesWithin,
  indexesOf,
  indexingTasks,
  joinEdges,
  type MatchPool,
} from "./matchPool.ts";
import type { FindingCandidates, MatchAsked } from "./matchTask.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

/** Everything that matching says. */
export type Matched = { links: Links; recordEdges: Edges; classes: Classes; pairs: number };

export type Matching = {
  pool: MatchPool;
  index: Pick<CustomerIndex, "rows" | "table" | "frequencies" | "edges">;
  records: SignatureTable;
  /** How common the records' own values are among them: counted here. */
  recordFrequencies: Frequencies;
  /** Parquet of the records' keys: written here. */
  keys: string;
  onProgress: (what: string) => void;
};

/** By which records without a customer are put together among themselves. */
const recordRules: readonly Rule[] = [
  { keys: ["email"], hub: "email" },
  { keys: ["phone", "birth"] },
  { keys: ["sound", "birth"] },
  { keys: ["kanji", "birth"] },
  { keys: ["phone", "sound"] },
  { keys: ["phone", "kanji"] },
  { keys: ["passport"] },
  { keys: ["customer"] },
  { keys: ["kanji", "address"] },
  { keys: ["sound", "address"] },
];

/** Rows that a thread takes at once. */
const rowsOfTask = 131_072;

/** From so many rows on, only some are asked by all rules, and learnt from. */
const learntRows = 200_000;

/** Links records to customers, and those without a customer to each other. */
export async function matchRecords(matching: Matching): Promise<Matched> {
  const { records, pool, recordFrequencies } = matching;
  const matcher = new Matcher(matching);
  matching.onProgress("keys");
  const asked = [...matcher.indexing(firstRules), ...countingTasks(records, recordFrequencies)];
  const indexes = indexesOf(await pool.work(asked));
  const first = firstRules.map((rule, at) => ({ rule, index: indexes[at] as KeyIndex }));
  matching.onProgress("customers of records");
  const found = await matcher.find(first, null);
  const links = noLinks(records.rows);
  await matcher.decide(found, links, strangersAtFirst);
  const open = openRows(links);
  matching.onProgress("customers of the rest");
  const loose = indexesOf(await pool.work(matcher.indexing(looseRules, open)));
  const all = [...first, ...looseRules.map((rule, at) => ({ rule, index: loose[at] as KeyIndex }))];
  const more = await matcher.find(all, { candidates: found.candidates, state: links.state });
  const { classes } = await matcher.decide(more, links, strangersAmong(links));
  matching.onProgress("records among themselves");
  const equal = equalRecords(records, (record) => links.state[record] !== linkState.certain);
  const edges = await edgesWithin(pool, {
    table: records,
    frequencies: recordFrequencies,
    rules: recordRules,
    prior: priorWithin(records.rows),
    // A row that was found a thousand times would make half a million pairs; the first stands for all.
    rows: openRows(links, repeatedIn(equal)),
  });
  const pairs = more.candidates.reduce((sum, one) => sum + (one.starts.at(-1) as number), 0);
  return { links, recordEdges: joinEdges(edges, equal), classes, pairs };
}

type Found = { candidates: Candidates[]; seen: SeenPatterns };

/** The steps of matching that threads do. */
class Matcher {
  readonly #of: Matching;
  readonly #persons: Int32Array;

  constructor(of: Matching) {
    this.#of = of;
    const { rows, edges } = of.index;
    const same = new UnionFind(rows);
    for (let at = 0; at < edges.certain.length; at += 2)
      same.union(edges.certain[at] as number, edges.certain[at + 1] as number);
    this.#persons = new Int32Array(sharedBytes(rows * 4));
    for (let row = 0; row < rows; row += 1) this.#persons[row] = same.find(row);
  }

  /** Asks for the customers by the keys of rules; `open`: only those that one of these records may need. */
  indexing(rules: readonly Rule[], open?: Int32Array): MatchAsked[] {
    const { index, records } = this.#of;
    const of = rules.map((rule): Indexed => {
      if (open === undefined) return {};
      return { asked: { table: records, rows: open, places: placesOf(rule).left } };
    });
    return indexingTasks(index.table, rules, of);
  }

  async find(
    rules: FindingCandidates["rules"],
    before: { candidates: readonly Candidates[]; state: Uint8Array } | null,
  ): Promise<Found> {
    const { records, index, pool, recordFrequencies, keys } = this.#of;
    const step = Math.max(1, Math.floor(records.rows / learntRows));
    const asked: MatchAsked[] = [];
    for (let from = 0; from < records.rows; from += rowsOfTask) {
      const candidates = before?.candidates[from / rowsOfTask];
      asked.push({
        do: "candidates",
        left: records,
        right: index.table,
        frequencies: index.frequencies,
        rules,
        from,
        to: Math.min(records.rows, from + rowsOfTask),
        step,
        asked: before === null ? 0 : firstRules.length,
        before: before === null ? null : { candidates: candidates as Candidates, state: before.state },
      });
    }
    if (before === null)
      asked.push({ do: "keys", table: records, frequencies: recordFrequencies, file: keys });
    const seen = new SeenPatterns();
    const found: Candidates[] = [];
    for (const answer of await pool.work(asked)) {
      if (answer.done !== "candidates") continue;
      found.push(answer.candidates);
      seen.join(answer.seen);
    }
    return { candidates: found, seen };
  }

  /** Decides all links by what is learnt from the candidates. */
  async decide({ candidates, seen }: Found, links: Links, strangers: number): Promise<{ classes: Classes }> {
    const { index, pool } = this.#of;
    const prior = priorOf(index.rows, strangers);
    const { classes, weights } = learn(seen, prior);
    const { table: right, frequencies } = index;
    const persons = this.#persons;
    await pool.work(
      candidates.map((one) => {
        return { do: "decide", candidates: one, right, frequencies, weights, prior, persons, links };
      }),
    );
    return { classes };
  }
}

/** Before anything is known, one record in ten is of somebody else. */
const strangersAtFirst = 0.1;

/** The share of records that found nobody, kept from both ends: no leak is of customers only, or of none. */
function strangersAmong(links: Links): number {
  const found = links.state.reduce((sum, state) => sum + (state > 0 ? 1 : 0), 0);
  return Math.min(0.9, Math.max(0.05, 1 - found / Math.max(1, links.state.length)));
}

/** The records that have no sure customer, without those that `but` names. */
function openRows({ state }: Links, but: ReadonlySet<number> = new Set()): Int32Array {
  const open: number[] = [];
  for (let record = 0; record < state.length; record += 1)
    if (state[record] !== linkState.certain && !but.has(record)) open.push(record);
  return Int32Array.from(open);
}

const arrays = ["row", "state", "weight", "probability", "pattern"] as const;

/** Keeps what matching said, so that a killed job need not say it again. */
export function saveMatched(file: string, matched: Matched): void {
  const { links, recordEdges } = matched;
  const parts = [...arrays.map((name) => links[name]), recordEdges.certain, recordEdges.probable];
  const head = Buffer.from(
    JSON.stringify({
      sizes: parts.map((part) => part.byteLength),
      classes: matched.classes,
      pairs: matched.pairs,
    }),
  );
  const length = Buffer.alloc(8);
  length.writeUInt32LE(head.length);
  const gap = Buffer.alloc((8 - (head.length % 8)) % 8);
  writeFileSync(
    file,
    Buffer.concat([
      length,
      head,
      gap,
      ...parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)),
    ]),
    { mode: 0o600 },
  );
}

export function loadMatched(file: string): Matched {
  const bytes = readFileSync(file);
  const length = bytes.readUInt32LE(0);
  const head = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as {
    sizes: number[];
    classes: Classes;
    pairs: number;
  };
  let at = 8 + length + ((8 - (length % 8)) % 8);
  const next = (size: number): ArrayBuffer => {
    const part = new Uint8Array(bytes.subarray(at, at + size)).slice().buffer;
    at += size;
    return part;
  };
  const [row, state, weight, probability, pattern, certain, probable] = head.sizes.map(next) as [
    ArrayBuffer,
    ArrayBuffer,
    ArrayBuffer,
    ArrayBuffer,
    ArrayBuffer,
    ArrayBuffer,
    ArrayBuffer,
  ];
  return {
    links: {
      row: new Int32Array(row),
      state: new Uint8Array(state),
      weight: new Float32Array(weight),
      probability: new Float32Array(probability),
      pattern: new Int32Array(pattern),
    },
    recordEdges: { certain: new Int32Array(certain), probable: new Int32Array(probable) },
    classes: head.classes,
    pairs: head.pairs,
  };
}
