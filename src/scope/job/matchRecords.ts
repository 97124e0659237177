import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import {
  learn,
  linkState,
  noLinks,
  oddsOfPatterns,
  priorOf,
  priorWithin,
  SeenPatterns,
  type Candidates,
  type Links,
} from "../match/decideLinks.ts";
import { firstRules, limits, looseRules, placesOf, type JoinedRule, type Rule } from "../match/findPairs.ts";
import { columnsOfKeys, type HashedColumns } from "../match/hashKeys.ts";
import type { Frequencies } from "../match/frequencies.ts";
import type { KeyJoin } from "../match/joinKeys.ts";
import { UnionFind } from "../match/unionFind.ts";
import type { Classes } from "../match/weights.ts";
import { repeatedIn } from "../persons/equalRecords.ts";
import type { ReadProblem } from "../read/record.ts";
import type { SignatureTable } from "../signatures/columns.ts";
import type { Edges } from "./customerEdges.ts";
import type { CustomerIndex } from "./customerIndex.ts";
import {
  columnTasks,
  countingTasks,
  edgesWithin,
  joinEdges,
  rowsOfTask,
  type MatchPool,
} from "./matchPool.ts";
import type { MatchAsked } from "./matchTask.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

/** Everything that matching says. */
export type Matched = {
  links: Links;
  recordEdges: Edges;
  classes: Classes;
  pairs: number;
  /** Records with as many candidates as are compared: they may have more. */
  full: number;
};

export type Matching = {
  pool: MatchPool;
  index: Pick<CustomerIndex, "rows" | "table" | "frequencies" | "edges">;
  records: SignatureTable;
  /** How common the records' own values are among them: counted here. */
  recordFrequencies: Frequencies;
  /** Parquet of the keys of those records that find no sure customer, for review: written here. */
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

/** From so many rows on, only some are asked by all rules, and learnt from. */
const learntRows = 200_000;

/** Rules that settle most records; the rest is asked of those only that they leave. */
const settlingRules = 2;

/** Links records to customers, and those without a customer to each other. */
export async function matchRecords(matching: Matching): Promise<Matched> {
  const { records } = matching;
  const matcher = new Matcher(matching);
  matching.onProgress("customers of records");
  const hashed = matcher.hashCustomers();
  matcher.joinPersons();
  await hashed;
  await matcher.findFirst();
  await matcher.findRest();
  const links = noLinks(records.rows);
  await matcher.decide(links, strangersAtFirst);
  matching.onProgress("customers of the rest");
  await matcher.findLoosely(links);
  const { classes } = await matcher.decide(links, strangersAmong(links));
  matching.onProgress("records among themselves");
  const joining = joinRecords(matching, links);
  // Counted while the threads join.
  const tally = matcher.tally();
  return { links, recordEdges: await joining, classes, ...tally };
}

/** Which of the records without a sure customer are of one person; writes their keys meanwhile. */
async function joinRecords(matching: Matching, links: Links): Promise<Edges> {
  const { pool, records: table, recordFrequencies: frequencies } = matching;
  const open = rowsOf(links.state, { value: linkState.certain, is: false });
  const [answer] = await pool.work([
    { do: "equal", table, rows: open },
    { do: "keys", table, frequencies, only: open, file: matching.keys },
  ]);
  const equal = answer?.done === "equal" ? answer.edges : joinEdges();
  const repeated = repeatedIn(equal, table.rows);
  // A row that was found a thousand times would make half a million pairs; the first stands for all.
  const rows = open.filter((record) => repeated[record] === 0);
  const prior = priorWithin(table.rows);
  return joinEdges(await edgesWithin(pool, { table, frequencies, rules: recordRules, prior, rows }), equal);
}

/** The steps of matching that threads do. */
class Matcher {
  readonly #of: Matching;
  readonly #persons: Int32Array;
  /** What was found, round by round. */
  readonly #found: Candidates[][] = [];
  /** What is learnt from: of the last round. */
  #seen = new SeenPatterns();
  /** Of each record the last round in which it asked, and in which place. */
  readonly #rounds: Uint8Array;
  readonly #places: Int32Array;
  /** Of each record, 1 if a candidate ended its search before all of the first rules were asked. */
  readonly #settled: Uint8Array;
  readonly #step: number;
  readonly #columns: HashedColumns;

  constructor(of: Matching) {
    this.#of = of;
    const { rows } = of.index;
    this.#persons = new Int32Array(sharedBytes(rows * 4));
    const records = of.records.rows;
    this.#rounds = new Uint8Array(sharedBytes(records), 0, records);
    this.#places = new Int32Array(sharedBytes(records * 4), 0, records);
    for (let record = 0; record < records; record += 1) this.#places[record] = record;
    this.#settled = new Uint8Array(sharedBytes(records), 0, records);
    this.#step = Math.max(1, Math.floor(records / learntRows));
    const keys = [...firstRules, ...looseRules].map((rule) => placesOf(rule).right);
    this.#columns = columnsOfKeys(keys, rows);
  }

  /** Who among the customers is one person. */
  joinPersons(): void {
    const { rows, edges } = this.#of.index;
    const same = new UnionFind(rows);
    for (let at = 0; at < edges.certain.length; at += 2)
      same.union(edges.certain[at] as number, edges.certain[at + 1] as number);
    for (let row = 0; row < rows; row += 1) this.#persons[row] = same.find(row);
  }

  /** Hashes all columns of the customers by which records are joined to them. */
  async hashCustomers(): Promise<void> {
    const { table, frequencies } = this.#of.index;
    await this.#of.pool.work(columnTasks(table, this.#columns, frequencies));
  }

  /** All records, by the rules that settle most; meanwhile the records' own values are counted. */
  async findFirst(): Promise<void> {
    const { records, recordFrequencies } = this.#of;
    const rules = firstRules.slice(0, settlingRules);
    const joined = await this.#join(rules, null, countingTasks(records, recordFrequencies));
    await this.#find(null, joined, this.#settled);
  }

  /** By the rest of the first rules those that are not settled, and those that are learnt from. */
  async findRest(): Promise<void> {
    const asking = rowsOf(this.#settled, { value: 0, is: true });
    const rules = firstRules.slice(settlingRules);
    const joined = await this.#join(rules, asking);
    await this.#find(asking, joined, this.#settled);
  }

  /**
   * By the loose rules the records that have no sure customer; of the others some are learnt from once more.
   * A few were settled and have no sure customer all the same: the loose rules ask for nearly all that the
   * first ones do.
   */
  async findLoosely({ state }: Links): Promise<void> {
    const open = rowsOf(state, { value: linkState.certain, is: false });
    const learnt = rowsOf(state, { value: linkState.certain, is: true, step: this.#step });
    const joined = await this.#join(looseRules, open);
    await this.#find(joinRows(open, learnt), joined, null);
  }

  /** Joins those records, or all, to the customers, by rules; `besides`: what else threads do meanwhile. */
  async #join(
    rules: readonly Rule[],
    rows: Int32Array | null,
    besides: readonly MatchAsked[] = [],
  ): Promise<JoinedRule[]> {
    const { records, pool } = this.#of;
    const keys = rules.map((rule) => placesOf(rule).left);
    const left = columnsOfKeys(keys, rows ?? records.rows);
    await pool.work(columnTasks(records, left, null));
    const tasks = rules.map((rule): MatchAsked => ({ do: "join", left, right: this.#columns, rule }));
    const answers = await pool.work([...tasks, ...besides]);
    const joins = answers.flatMap((answer) => (answer.done === "join" ? [answer.join] : []));
    return rules.map((rule, at) => ({ rule, join: joins[at] as KeyJoin }));
  }

  /** One round: what those find who ask, in the places for which rules were joined. */
  async #find(
    asking: Int32Array | null,
    joined: readonly JoinedRule[],
    settled: Uint8Array | null,
  ): Promise<void> {
    const { records, index, pool } = this.#of;
    const round = this.#found.length;
    const [rounds, places] = [this.#rounds, this.#places];
    const before = round === 0 ? null : { rounds, places, found: [...this.#found], rowsOfTask };
    const count = asking?.length ?? records.rows;
    const tasks: MatchAsked[] = [];
    for (let from = 0; from < count; from += rowsOfTask) {
      tasks.push({
        do: "candidates",
        left: records,
        right: index.table,
        joined,
        asking,
        from,
        to: Math.min(count, from + rowsOfTask),
        before,
        round,
        step: this.#step,
        settled,
      });
    }
    const found: Candidates[] = [];
    this.#seen = new SeenPatterns();
    for (const answer of await pool.work(tasks)) {
      if (answer.done !== "candidates") continue;
      found.push(answer.candidates);
      this.#seen.join(answer.seen);
    }
    this.#found.push(found);
    for (let place = 0; asking !== null && place < asking.length; place += 1) {
      const record = asking[place] as number;
      this.#rounds[record] = round;
      this.#places[record] = place;
    }
  }

  /** Decides all links by what is learnt from the candidates. */
  async decide(links: Links, strangers: number): Promise<{ classes: Classes }> {
    const { index, pool } = this.#of;
    const prior = priorOf(index.rows, strangers);
    const { classes, weights } = learn(this.#seen, prior);
    const odds = oddsOfPatterns(weights, prior);
    const { table: right } = index;
    const [persons, rounds] = [this.#persons, this.#rounds];
    await pool.work(
      this.#found.flat().map((candidates) => {
        return { do: "decide", candidates, right, odds, rounds, persons, links };
      }),
    );
    return { classes };
  }

  /** Pairs that were compared, as far as they stand, and records that have as many as there may be. */
  tally(): { pairs: number; full: number } {
    let [pairs, full] = [0, 0];
    for (const { asking, from, to, starts, round } of this.#found.flat()) {
      for (let place = from; place < to; place += 1) {
        if (this.#rounds[asking === null ? place : (asking[place] as number)] !== round) continue;
        const count = (starts[place - from + 1] as number) - (starts[place - from] as number);
        pairs += count;
        if (count >= limits.candidatesMax) full += 1;
      }
    }
    return { pairs, full };
  }
}

/** Rows whose value is, or is not, a given one; `step`: of these only every so many. */
function rowsOf(values: Uint8Array, asked: { value: number; is: boolean; step?: number }): Int32Array {
  const { value, is, step = 1 } = asked;
  let count = 0;
  for (let row = 0; row < values.length; row += step) if ((values[row] === value) === is) count += 1;
  const rows = new Int32Array(sharedBytes(count * 4), 0, count);
  let at = 0;
  for (let row = 0; row < values.length && at < count; row += step) {
    rows[at] = row;
    if ((values[row] === value) === is) at += 1;
  }
  return rows;
}

function joinRows(one: Int32Array, other: Int32Array): Int32Array {
  const count = one.length + other.length;
  const rows = new Int32Array(sharedBytes(count * 4), 0, count);
  rows.set(one);
  rows.set(other, one.length);
  return rows;
}

/** Before anything is known, one record in ten is of somebody else. */
const strangersAtFirst = 0.1;

/** The share of records that found nobody, kept from both ends: no leak is of customers only, or of none. */
function strangersAmong(links: Links): number {
  let found = 0;
  for (let record = 0; record < links.state.length; record += 1) if (links.state[record] !== 0) found += 1;
  return Math.min(0.9, Math.max(0.05, 1 - found / Math.max(1, links.state.length)));
}

/** What matching has not looked at. */
export function problemsOfMatching({ full }: Matched): ReadProblem[] {
  if (full === 0) return [];
  const most = limits.candidatesMax.toLocaleString("en");
  const message =
    `candidates of ${full.toLocaleString("en")} records beyond the first ${most} of each: ` +
    "too many customers share what these records say";
  return [{ code: "too-many", source: "the customer table", path: "", offset: 0, message }];
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
      full: matched.full,
    }),
  );
  const length = Buffer.alloc(8);
  length.writeUInt32LE(head.length);
  const gap = Buffer.alloc((8 - (head.length % 8)) % 8);
  const open = openSync(file, "w", 0o600);
  try {
    for (const part of [length, head, gap, ...parts]) {
      const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
      for (let done = 0; done < bytes.length;) done += writeSync(open, bytes, done);
    }
  } finally {
    closeSync(open);
  }
}

export function loadMatched(file: string): Matched {
  const bytes = readFileSync(file);
  const length = bytes.readUInt32LE(0);
  const head = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as {
    sizes: number[];
    classes: Classes;
    pairs: number;
    full?: number;
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
    // Jobs that were matched before did not say.
    full: head.full ?? 0,
  };
}
