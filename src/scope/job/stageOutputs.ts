import { join } from "node:path";
import { linkState, type Links } from "../match/decideLinks.ts";
import type { Persons } from "../persons/gatherPersons.ts";
import type { SignatureTable } from "../signatures/columns.ts";
import type { CustomerIndex } from "./customerIndex.ts";
import type { CustomerTexts } from "./customerTexts.ts";
import { excludedRows, type Exclusion } from "./exclusions.ts";
import type { SharedTable } from "./matchTask.ts";
import { writeNumbers } from "./numberTable.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

/** What the outputs are made of. */
export type Made = {
  index: Pick<CustomerIndex, "rows" | "table" | "texts">;
  records: SignatureTable;
  /** Of every record, its number in `records.parquet`. */
  recordIds: BigInt64Array;
  links: Links;
  persons: Persons;
  /** For files that go with the job, and for those that stay. */
  work: string;
  out: string;
  /** Products that were not touched. */
  exclude: readonly Exclusion[];
};

/** Members of groups: those of group n are `members[starts[n]..starts[n + 1])`, in their order. */
export type Grouped = { starts: Uint32Array; members: Uint32Array };

/** Everything that files and counts say, by record, customer and person (from 1), in shared memory. */
export type Staged = {
  records: SharedTable;
  recordIds: BigInt64Array;
  links: Links;
  customers: SharedTable;
  texts: CustomerTexts;
  count: number;
  recordsOf: Grouped;
  customersOf: Grouped;
  /** By person: bits of items; days as yyyymmdd, 0: none. */
  items: Uint32Array;
  born: Int32Array;
  expires: Int32Array;
  probable: Uint8Array;
  excluded: Uint8Array;
  /** By customer row: whether a record is certainly hers. */
  linked: Uint8Array;
};

/** Groups everything by person, and writes `person_of.parquet`, by which a review finds its way. */
export function stageOutputs(made: Made): Staged {
  const { index, records, recordIds, links, persons } = made;
  const { count } = persons;
  const recordsOf = groupBy(persons.ofRecord, count);
  const staged: Staged = {
    records,
    recordIds,
    links,
    customers: index.table,
    texts: index.texts,
    count,
    recordsOf,
    customersOf: groupBy(persons.ofCustomer, count),
    items: new Uint32Array(sharedBytes((count + 1) * 4)),
    born: new Int32Array(sharedBytes((count + 1) * 4)),
    expires: new Int32Array(sharedBytes((count + 1) * 4)),
    probable: new Uint8Array(sharedBytes(count + 1), 0, count + 1),
    excluded: new Uint8Array(sharedBytes(count + 1), 0, count + 1),
    linked: new Uint8Array(sharedBytes(index.rows), 0, index.rows),
  };
  staged.probable.set(persons.probable);
  const columns = {
    items: records.column("items"),
    born: Int32Array.from(records.column("born")),
    expires: Int32Array.from(records.column("expires")),
  };
  gather(staged, persons.ofRecord, columns);
  for (let record = 0; record < links.row.length; record += 1)
    if (links.state[record] === linkState.certain) staged.linked[links.row[record] as number] = 1;
  stageExcluded(staged, made.exclude);
  writeNumbers(join(made.work, "person_of.parquet"), [
    { name: "record_id", type: "int64", values: recordIds },
    { name: "person", type: "int32", values: persons.ofRecord },
    { name: "items", type: "uint32", values: columns.items },
    { name: "born", type: "int32", values: columns.born },
    { name: "expires", type: "int32", values: columns.expires },
  ]);
  return staged;
}

/** Members by group, from 1; those of group 0 belong to none. */
function groupBy(groupOf: Int32Array, count: number): Grouped {
  const starts = new Uint32Array(sharedBytes((count + 2) * 4));
  for (const group of groupOf) if (group > 0) starts[group + 1] = (starts[group + 1] as number) + 1;
  for (let group = 1; group < starts.length; group += 1)
    starts[group] = (starts[group] as number) + (starts[group - 1] as number);
  const places = starts.slice();
  const members = new Uint32Array(sharedBytes((starts[count + 1] as number) * 4));
  for (let member = 0; member < groupOf.length; member += 1) {
    const group = groupOf[member] as number;
    if (group === 0) continue;
    members[places[group] as number] = member;
    places[group] = (places[group] as number) + 1;
  }
  return { starts, members };
}

type RecordColumns = { items: Uint32Array; born: Int32Array; expires: Int32Array };

/** What the records of a person say together: all items, and of days the last. */
function gather({ items, born, expires }: Staged, ofRecord: Int32Array, of: RecordColumns): void {
  for (let record = 0; record < ofRecord.length; record += 1) {
    const person = ofRecord[record] as number;
    items[person] = ((items[person] as number) | (of.items[record] as number)) >>> 0;
    if ((of.born[record] as number) > (born[person] as number)) born[person] = of.born[record] as number;
    if ((of.expires[record] as number) > (expires[person] as number))
      expires[person] = of.expires[record] as number;
  }
}

/** Persons all of whose linked rows are of excluded products. */
function stageExcluded(staged: Staged, exclude: readonly Exclusion[]): void {
  if (exclude.length === 0) return;
  const isExcluded = excludedRows(staged.texts, exclude);
  const { starts, members } = staged.customersOf;
  for (let person = 1; person <= staged.count; person += 1) {
    let [linked, left] = [0, 0];
    for (let at = starts[person] as number; at < (starts[person + 1] as number); at += 1) {
      const row = members[at] as number;
      if (staged.linked[row] === 0) continue;
      linked += 1;
      if (!isExcluded(row)) left += 1;
    }
    if (linked > 0 && left === 0) staged.excluded[person] = 1;
  }
}
