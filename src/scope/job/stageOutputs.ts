import { linkState, type Links } from "../match/decideLinks.ts";
import type { Persons, ToGather } from "../persons/gatherPersons.ts";
import type { SharedTable } from "../signatures/columns.ts";
import { inSharedMemory, sharedBytes } from "../signatures/sharedMemory.ts";
import { namesOf, type Names } from "./countPersons.ts";
import { ATTRIBUTES } from "./customerColumns.ts";
import type { CustomerIndex } from "./customerIndex.ts";
import type { CustomerTexts } from "./customerTexts.ts";
import { exclusionRules, type Exclusion, type ExclusionRule } from "./exclusions.ts";
import type { OutputAnswer, OutputAsked } from "./outputTask.ts";
import { facts as factOf, type CustomerColumns, type Grouped, type RecordColumns } from "./stageColumns.ts";

/** Threads that write; see ThreadPool. */
export type OutputPool = { write(asked: readonly OutputAsked[]): Promise<OutputAnswer[]> };

/** What of records and customers goes into the outputs, without whose they are. */
export type Columns = {
  records: RecordColumns;
  customers: CustomerColumns;
  texts: CustomerTexts;
  /** Records by the kinds of their items. */
  itemRecords: Float64Array;
};

const rowsOfTask = 1_000_000;

/** The same links in memory that threads share. */
export function sharedLinks({ row, state, weight, probability, pattern }: Links): Links {
  return {
    row: inSharedMemory(row),
    state: inSharedMemory(state),
    weight: inSharedMemory(weight),
    probability: inSharedMemory(probability),
    pattern: inSharedMemory(pattern),
  };
}

/** Puts persons together on another thread: this one gives the others their tasks. */
export async function gatherOnThread(
  { row, state }: Links,
  { of, pool }: { of: ToGather; pool: OutputPool },
): Promise<Persons> {
  const [answer] = await pool.write([{ do: "write", what: "gathered", links: { row, state }, of }]);
  return (answer as Extract<OutputAnswer, { what: "gathered" }>).persons;
}

/** Takes the columns out of the tables, on other threads: nothing of it waits for the persons. */
export async function stageColumns({
  index,
  records,
  pool,
}: {
  index: Pick<CustomerIndex, "rows" | "table" | "folder">;
  records: SharedTable;
  pool: OutputPool;
}): Promise<Columns> {
  const words = (rows: number): SharedArrayBuffer => sharedBytes(rows * 4);
  const columns = {
    records: {
      items: new Uint32Array(words(records.rows), 0, records.rows),
      born: new Int32Array(words(records.rows), 0, records.rows),
      expires: new Int32Array(words(records.rows), 0, records.rows),
    },
    customers: {
      facts: new Int32Array(words(index.rows), 0, index.rows),
      expires: new Int32Array(words(index.rows), 0, index.rows),
    },
  };
  const asked: OutputAsked[] = [{ do: "write", what: "texts", folder: index.folder, rows: index.rows }];
  const parts = (rows: number): { from: number; to: number }[] =>
    Array.from({ length: Math.ceil(rows / rowsOfTask) }, (_, at) => ({
      from: at * rowsOfTask,
      to: Math.min(rows, (at + 1) * rowsOfTask),
    }));
  for (const part of parts(records.rows))
    asked.push({ do: "write", what: "records", table: records, columns: columns.records, ...part });
  for (const part of parts(index.rows))
    asked.push({ do: "write", what: "customers", table: index.table, columns: columns.customers, ...part });
  const itemRecords = new Float64Array(32);
  let texts: CustomerTexts | null = null;
  for (const answer of await pool.write(asked)) {
    if (answer.what === "texts") texts = answer.texts;
    if (answer.what === "records")
      for (let item = 0; item < 32; item += 1)
        itemRecords[item] = (itemRecords[item] as number) + (answer.items[item] as number);
  }
  return { ...columns, texts: texts as CustomerTexts, itemRecords };
}

/** What the outputs are made of. */
export type Made = {
  columns: Columns;
  /** Of every record, its number in `records.parquet`. */
  recordIds: BigInt64Array;
  links: Links;
  persons: Persons;
  /** Products that were not touched. */
  exclude: readonly Exclusion[];
  /** The day on which somebody is a minor or a passport valid. */
  at: Temporal.PlainDate;
  pool: OutputPool;
};

/** Everything that is said of persons (from 1), in shared memory. */
export type Staged = Columns & {
  recordIds: BigInt64Array;
  /** How many persons there are. */
  count: number;
  personOf: Int32Array;
  recordsOf: Grouped;
  customersOf: Grouped;
  probable: Uint8Array;
  links: { certain: number; review: number };
  /** By ATTRIBUTES. */
  names: Names[];
  excluded: readonly ExclusionRule[];
  /** As yyyymmdd: the day at which is counted, and who was born behind it is a minor. */
  day: number;
  grownUp: number;
};

/** Groups everything by person. */
export async function stageOutputs(made: Made): Promise<Staged> {
  const { columns, persons, pool, at } = made;
  const { count } = persons;
  const personOf = inSharedMemory(persons.ofRecord);
  const grouping = pool.write(
    [personOf, inSharedMemory(persons.ofCustomer)].map(
      (groupOf) => ({ do: "write", what: "groups", groupOf, count }) as const,
    ),
  );
  markLinked(persons.linked, columns.customers.facts);
  const day = at.year * 10_000 + at.month * 100 + at.day;
  // 民法 4条: who is not yet twenty until 2022-03-31, not yet eighteen since.
  const years = Temporal.PlainDate.compare(at, "2022-04-01") < 0 ? 20 : 18;
  const staged = {
    ...columns,
    recordIds: inSharedMemory(made.recordIds),
    count,
    personOf,
    probable: inSharedMemory(persons.probable),
    links: countLinks(made.links),
    names: ATTRIBUTES.map((attribute) => namesOf(columns.texts, attribute)),
    excluded: exclusionRules(columns.texts, made.exclude),
    day,
    grownUp: day - years * 10_000,
  };
  const [recordsOf, customersOf] = (await grouping).map((answer) =>
    answer.what === "groups" ? answer.grouped : null,
  ) as [Grouped, Grouped];
  return { ...staged, recordsOf, customersOf };
}

/** Marks customers to whom a record was certainly linked. */
function markLinked(linked: Uint8Array, facts: Int32Array): void {
  for (let customer = 0; customer < facts.length; customer += 1)
    if (linked[customer] === 1) facts[customer] = (facts[customer] as number) | factOf.linked;
}

function countLinks({ row, state }: Links): Staged["links"] {
  const links = { certain: 0, review: 0 };
  for (let record = 0; record < row.length; record += 1) {
    if (state[record] === linkState.certain) links.certain += 1;
    else if ((row[record] as number) >= 0) links.review += 1;
  }
  return links;
}
