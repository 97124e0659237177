import { readFileSync, writeFileSync } from "node:fs";
import { quoteSql, type Duck } from "../../lib/openDuck.ts";
import { decideLinks, learn, linkState, priorOf, priorWithin, type Links } from "../match/decideLinks.ts";
import { firstRules, looseRules, PairFinder, type Rule } from "../match/findPairs.ts";
import type { Frequencies } from "../match/frequencies.ts";
import { UnionFind } from "../match/unionFind.ts";
import type { Classes } from "../match/weights.ts";
import { equalRecords, joinEdges, repeatedIn } from "../persons/equalRecords.ts";
import type { SignatureTable } from "../signatures/columns.ts";
import { edgesOf, type Edges } from "./customerEdges.ts";
import type { CustomerIndex } from "./customerIndex.ts";
import { writeNumbers } from "./numberTable.ts";

/** Everything that matching says. */
export type Matched = { links: Links; recordEdges: Edges; classes: Classes; pairs: number };

export type Matching = {
  duck: Duck;
  index: CustomerIndex;
  records: SignatureTable;
  /** How common the records' own values are among them. */
  recordFrequencies: Frequencies;
  /** Parquet of the records' keys. */
  keys: string;
  work: string;
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

/** Links records to customers, and those without a customer to each other. */
export async function matchRecords(matching: Matching): Promise<Matched> {
  const { index, records, duck, keys } = matching;
  const { frequencies } = index;
  const finder = new PairFinder({
    duck,
    left: { table: records, keys },
    right: { table: index.table, keys: index.keys },
    frequencies,
    self: false,
  });
  for (const rule of firstRules) {
    matching.onProgress(`pairs by ${rule.keys.join(" and ")}`);
    await finder.run(rule, null);
  }
  const same = new UnionFind(index.rows);
  const { certain } = index.edges;
  for (let at = 0; at < certain.length; at += 2) same.union(certain[at] as number, certain[at + 1] as number);
  const decide = (strangers: number): { links: Links; classes: Classes } => {
    const prior = priorOf(index.rows, strangers);
    const { classes, weights } = learn(finder.pairs, frequencies, prior);
    const links = decideLinks({
      pairs: finder.pairs,
      right: index.table,
      rows: records.rows,
      frequencies,
      weights,
      prior,
      personOf: (row) => same.find(row),
    });
    return { links, classes };
  };
  const first = decide(strangersAtFirst);
  await stageOpen(matching, first.links);
  for (const rule of looseRules) {
    matching.onProgress(`pairs of the rest by ${rule.keys.join(" and ")}`);
    await finder.run(rule, "open_record");
  }
  const { links, classes } = decide(strangersAmong(first.links));
  matching.onProgress("records among themselves");
  const recordEdges = await matchAmongThemselves(matching, links);
  return { links, recordEdges, classes, pairs: finder.pairs.count };
}

/** Before anything is known, one record in ten is of somebody else. */
const strangersAtFirst = 0.1;

/** The share of records that found nobody, kept from both ends: no leak is of customers only, or of none. */
function strangersAmong(links: Links): number {
  const found = links.state.reduce((sum, state) => sum + (state > 0 ? 1 : 0), 0);
  return Math.min(0.9, Math.max(0.05, 1 - found / Math.max(1, links.state.length)));
}

/** Makes the table of records that have no sure customer, without those that `but` names. */
async function stageOpen(
  { duck, work }: Matching,
  links: Links,
  but: ReadonlySet<number> = new Set(),
): Promise<void> {
  const open: number[] = [];
  for (let record = 0; record < links.row.length; record += 1)
    if (links.state[record] !== linkState.certain && !but.has(record)) open.push(record);
  const file = `${work}/open.parquet`;
  writeNumbers(file, [{ name: "row", type: "int32", values: Int32Array.from(open) }]);
  await duck.run(`CREATE OR REPLACE TABLE open_record AS SELECT row FROM read_parquet(${quoteSql(file)})`);
}

async function matchAmongThemselves(matching: Matching, links: Links): Promise<Edges> {
  const { duck, records, keys, recordFrequencies: frequencies } = matching;
  const equal = equalRecords(records, (record) => links.state[record] !== linkState.certain);
  // A row that was found a thousand times would make half a million pairs; the first stands for all.
  await stageOpen(matching, links, repeatedIn(equal));
  const side = { table: records, keys };
  const finder = new PairFinder({ duck, left: side, right: side, frequencies, self: true, onlyRight: true });
  for (const rule of recordRules) await finder.run(rule, "open_record");
  const prior = priorWithin(records.rows);
  const { weights } = learn(finder.pairs, frequencies, prior);
  return joinEdges(edgesOf(finder.pairs, { frequencies, weights, prior }), equal);
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
