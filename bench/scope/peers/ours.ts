import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDuck, parquetOptions, quoteSql, type Duck } from "../../../src/lib/openDuck.ts";
import type { ScopeKind } from "../../../src/scope/fields/kinds.ts";
import { edgesWithin, countingTasks } from "../../../src/scope/job/matchPool.ts";
import { matchRecords } from "../../../src/scope/job/matchRecords.ts";
import { ThreadPool } from "../../../src/scope/job/threadPool.ts";
import { priorWithin } from "../../../src/scope/match/decideLinks.ts";
import type { Rule } from "../../../src/scope/match/findPairs.ts";
import { Frequencies } from "../../../src/scope/match/frequencies.ts";
import { UnionFind } from "../../../src/scope/match/unionFind.ts";
import { SignatureTable } from "../../../src/scope/signatures/columns.ts";
import type { HashKey } from "../../../src/scope/signatures/keyedHash.ts";
import { PersonReader } from "../../../src/scope/understand/personReader.ts";

/**
 * Links standardised columns with our own engine, so that linking alone is compared with Splink's:
 *
 *   node bench/scope/peers/ours.ts japanese|febrl4|fake1000 DIR
 *
 * DIR holds left.parquet and right.parquet of standardise.ts; pairs-ours.parquet (unique_id_l, unique_id_r,
 * match_probability) is written beside them, and the seconds are printed as JSON.
 */

type Row = Readonly<Record<string, string | null>>;
type Take = (row: Row, into: RowTaker) => void;

/** Takes the columns of one row into a signature. */
class RowTaker {
  readonly reader: PersonReader;

  constructor(key: HashKey) {
    this.reader = new PersonReader(key);
  }

  as(name: ScopeKind, text: string | null | undefined): void {
    if (text != null && text !== "") this.reader.take(name, text);
  }

  /** An address abroad: a street or a town as it stands, and a house number. */
  place(town: string | null | undefined, house: string | null | undefined): void {
    if (town == null || town === "") return;
    const number = Number(house ?? Number.NaN);
    this.reader.takePlace(town, Number.isInteger(number) ? number : -1);
  }
}

const takes: Readonly<Record<string, Take>> = {
  japanese(row, into) {
    into.as("name", row["name"]);
    into.as("kana", row["kana"]);
    into.as("roman-name", row["roman"]);
    into.as("sex", row["sex"]);
    into.as("birth-date", row["birth_date"]);
    into.as("email", row["email"]);
    into.as("postal-code", row["postal_code"]);
    into.as("address", row["address"]);
    into.as("phone", row["phone"]);
  },
  // Our engine knows no number of social security: of its groups the telephone number is the like.
  febrl4(row, into) {
    into.as("roman-name", [row["given_name"], row["surname"]].filter(Boolean).join(" "));
    into.as("birth-date", row["date_of_birth"]);
    into.as("postal-code", row["postcode"]);
    into.as("phone", row["soc_sec_id"]);
    into.place(row["address_1"], row["street_number"]);
  },
  fake1000(row, into) {
    into.as("roman-name", [row["first_name"], row["surname"]].filter(Boolean).join(" "));
    into.as("birth-date", row["dob"]);
    into.as("email", row["email"]);
    into.place(row["city"], null);
  },
};

type Side = { ids: string[]; table: SignatureTable; frequencies: Frequencies; keys: string };

async function readSide(duck: Duck, file: string, of: { take: Take; keys: string }): Promise<Side> {
  const taker = new RowTaker({ k0: 0x2016, k1: 0x0614 });
  const [all = { rows: 0 }] = await duck.rows<{ rows: number }>(
    `SELECT count(*)::INTEGER AS rows FROM ${quoteSql(file)}`,
  );
  const table = new SignatureTable(all.rows);
  const ids: string[] = [];
  for await (const rows of duck.stream<Row>(`SELECT * FROM ${quoteSql(file)}`)) {
    for (const row of rows) {
      taker.reader.clear();
      of.take(row, taker);
      taker.reader.store(table, ids.length);
      ids.push(row["unique_id"] as string);
    }
  }
  return { ids, table, frequencies: new Frequencies(table.rows), keys: of.keys };
}

type Pairs = { left: number[]; right: number[]; probability: number[] };

async function linkSides(pool: ThreadPool, sides: { left: Side; right: Side }): Promise<Pairs> {
  const { left, right } = sides;
  const none = new Int32Array(0);
  const edges = { certain: none, probable: none };
  const { table, frequencies } = right;
  await pool.work(countingTasks(table, frequencies));
  const { links } = await matchRecords({
    pool,
    index: { rows: table.rows, table, frequencies, edges },
    records: left.table,
    recordFrequencies: left.frequencies,
    keys: left.keys,
    onProgress: () => {},
  });
  const made: Pairs = { left: [], right: [], probability: [] };
  for (let row = 0; row < left.table.rows; row += 1) {
    if ((links.row[row] as number) < 0) continue;
    made.left.push(row);
    made.right.push(links.row[row] as number);
    made.probability.push(links.probability[row] as number);
  }
  return made;
}

/** Rules for rows of one side, those of customers who registered twice among them. */
const withinRules: readonly Rule[] = [
  { keys: ["email"], hub: "email" },
  { keys: ["sound", "birth"] },
  { keys: ["roman", "birth"] },
  { keys: ["sound"] },
  { keys: ["birth"] },
  { keys: ["soundGiven", "town"] },
];

async function linkWithin(pool: ThreadPool, side: Side): Promise<Pairs> {
  const { table, frequencies } = side;
  await pool.work(countingTasks(table, frequencies));
  const prior = priorWithin(table.rows);
  const { certain, probable } = await edgesWithin(pool, { table, frequencies, rules: withinRules, prior });
  return pairsOfPersons(side.table.rows, certain, probable);
}

/** What the engine gives is persons: two rows of one person are a pair, whether or not they agree. */
function pairsOfPersons(rows: number, certain: Int32Array, probable: Int32Array): Pairs {
  const made: Pairs = { left: [], right: [], probability: [] };
  const same = new UnionFind(rows);
  const told = new Set<string>();
  for (const [edges, chance] of [[certain, 0.97] as const, [probable, 0.5] as const]) {
    for (let at = 0; at < edges.length; at += 2) same.union(edges[at] as number, edges[at + 1] as number);
    const members = Map.groupBy(
      Array.from({ length: rows }, (_, row) => row),
      (row) => same.find(row),
    );
    for (const group of members.values()) {
      for (const [at, left] of group.entries()) {
        for (const right of group.slice(at + 1)) {
          if (told.has(`${left} ${right}`)) continue;
          told.add(`${left} ${right}`);
          made.left.push(left);
          made.right.push(right);
          made.probability.push(chance);
        }
      }
    }
  }
  return made;
}

async function writePairs(duck: Duck, out: string, made: Pairs & { work: string; sides: [Side, Side] }) {
  const file = join(made.work, "pairs.csv");
  const stream = createWriteStream(file);
  const [left, right] = made.sides;
  for (let at = 0; at < made.left.length; at += 1) {
    const ids = [left.ids[made.left[at] as number], right.ids[made.right[at] as number]];
    const line = `${ids.map((id) => `"${id}"`).join(",")},${made.probability[at]}\n`;
    if (!stream.write(line)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "finish");
  await duck.run(
    `COPY (SELECT * FROM read_csv(${quoteSql(file)}, header = false, auto_detect = false,
       delim = ',', quote = '"',
       columns = {'unique_id_l': 'VARCHAR', 'unique_id_r': 'VARCHAR', 'match_probability': 'DOUBLE'}))
     TO ${quoteSql(out)} (${parquetOptions})`,
  );
}

async function main(job: string, folder: string): Promise<void> {
  const take = takes[job];
  if (take === undefined || folder === "")
    throw new Error("Cannot link: japanese, febrl4 or fake1000, and DIR are needed");
  const work = mkdtempSync(join(tmpdir(), "sekisho-ours-"));
  const duck = await openDuck({ memoryBytesMax: 4 * 1024 ** 3, threads: 2 });
  await using pool = new ThreadPool(2, { key: { k0: 0, k1: 0 }, today: "2016-06-14" });
  const started = performance.now();
  const seconds: Record<string, number> = {};
  const mark = (name: string): void => {
    seconds[name] = Math.round((performance.now() - started) / 100) / 10;
  };
  try {
    const side = (name: string): Promise<Side> =>
      readSide(duck, join(folder, `${name}.parquet`), { take, keys: join(work, `${name}-keys.parquet`) });
    const left = await side("left");
    const right = existsSync(join(folder, "right.parquet")) ? await side("right") : null;
    mark("read");
    const made = right === null ? await linkWithin(pool, left) : await linkSides(pool, { left, right });
    mark("linked");
    const out = join(folder, "pairs-ours.parquet");
    await writePairs(duck, out, { ...made, work, sides: [left, right ?? left] });
    mark("written");
    process.stdout.write(`${JSON.stringify({ job, seconds })}\n`);
  } finally {
    await duck.close();
    rmSync(work, { recursive: true, force: true });
  }
}

const [job = "", folder = ""] = process.argv.slice(2);
await main(job, folder);
