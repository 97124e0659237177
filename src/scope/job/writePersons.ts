import { plainTexts, TextColumn } from "../../lib/parquet/textColumn.ts";
import {
  levelsOfLists,
  packBits,
  type ColumnValues,
  type ParquetColumn,
  type ParquetPart,
} from "../../lib/parquet/writeParquet.ts";
import { kind, PERSONAL_ITEMS, SCOPE_KINDS } from "../fields/kinds.ts";
import { ATTRIBUTES } from "./customerColumns.ts";
import { plainIds } from "./customerTexts.ts";
import { isExcluded } from "./exclusions.ts";
import { scratch } from "./scratch.ts";
import { facts, reachedBy, type Grouped } from "./stageColumns.ts";
import type { Staged } from "./stageOutputs.ts";

/** What is written of a person's customers. */
const written = ["language", "partner", "service", "site", "booked_on"] as const;

export const PERSON_COLUMNS: readonly ParquetColumn[] = [
  { name: "person_id", type: "int32" },
  { name: "customer_ids", type: "text", shape: "list", loose: true },
  { name: "record_ids", type: "int64", shape: "list" },
  { name: "items", type: "text", shape: "list" },
  { name: "certainty", type: "text" },
  ...written.map((name) => ({ name, type: "text", shape: "optional" }) as const),
  { name: "channels", type: "text", shape: "list" },
  { name: "records", type: "int32" },
  { name: "excluded", type: "boolean" },
];

/** What is counted of persons while they are written; `items`: persons by the kinds of their items. */
export type PersonTally = {
  items: Float64Array;
  minors: number;
  valid: number;
  expired: number;
  excluded: number;
};

export const noTally = (): PersonTally => ({
  items: new Float64Array(32),
  minors: 0,
  valid: 0,
  expired: 0,
  excluded: 0,
});

const rowsMax = 200_000;
const itemTexts = plainTexts(PERSONAL_ITEMS);
const placeOfItem = Int32Array.from(SCOPE_KINDS, (name) =>
  (PERSONAL_ITEMS as readonly string[]).indexOf(name),
);
const certainties = plainTexts(["unmatched", "probable", "certain"]);
const channelTexts = plainTexts(reachedBy);

type Span = { from: number; to: number };

/** Writes persons `[from, to)`, and counts them. */
export function writePersons(staged: Staged, { from, to }: Span, part: ParquetPart): PersonTally {
  const tally = noTally();
  const attributes = new Attributes(staged);
  for (let first = from; first < to; first += rowsMax) {
    const group = new Group(staged, { from: first, to: Math.min(to, first + rowsMax) });
    const { rows, records, customers } = group;
    attributes.take(group);
    const numbers = new Int32Array(rows);
    for (let row = 0; row < rows; row += 1) numbers[row] = first + row;
    part.write(rows, [
      { plain: bytesOf(numbers) },
      { plain: plainIds(staged.texts, customers.members), levels: levelsOfLists(customers.starts) },
      { plain: recordIdsOf(staged, records), levels: levelsOfLists(records.starts) },
      itemsOf(group, tally),
      certaintyOf(group),
      ...written.map((name) => attributes.values(name, rows)),
      channelsOf(group),
      { plain: sizesOf(records) },
      { plain: excludedOf(group, tally) },
    ]);
    countDays(group, tally);
  }
  attributes.count();
  return tally;
}

const bytesOf = (array: Uint32Array | Int32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/**
 * The persons of a row group. What stands of their records and customers anywhere in the tables is brought
 * together first, column by column: so the processor waits for many places of the memory at once.
 */
class Group {
  readonly staged: Staged;
  readonly from: number;
  readonly rows: number;
  /** Members by person: those of row n from `starts[n] - starts[0]` on. */
  readonly records: Grouped;
  readonly customers: Grouped;
  /** By record. */
  readonly items: Int32Array;
  /** By customer, see there. */
  readonly facts: Int32Array;

  constructor(staged: Staged, { from, to }: Span) {
    this.staged = staged;
    this.from = from;
    this.rows = to - from;
    this.records = within(staged.recordsOf, { from, to });
    this.customers = within(staged.customersOf, { from, to });
    const { items } = staged.records;
    const bits = new Int32Array(items.buffer, items.byteOffset, items.length);
    this.items = pick("items", bits, this.records.members);
    this.facts = pick("facts", staged.customers.facts, this.customers.members);
  }
}

function within({ starts, members }: Grouped, { from, to }: Span): Grouped {
  return {
    starts: starts.subarray(from, to + 1),
    members: members.subarray(starts[from] as number, starts[to] as number),
  };
}

function pick(use: string, values: Int32Array, places: Uint32Array): Int32Array {
  const picked = new Int32Array(scratch(use, places.length * 4), 0, places.length);
  for (let at = 0; at < places.length; at += 1) picked[at] = values[places[at] as number] as number;
  return picked;
}

function recordIdsOf({ recordIds }: Staged, { members }: Grouped): Uint8Array {
  // As two words each: BigInt costs ten times as much.
  const ids = new Uint32Array(recordIds.buffer, recordIds.byteOffset, recordIds.length * 2);
  const taken = new Uint32Array(scratch("record ids", members.length * 8), 0, members.length * 2);
  for (let at = 0; at < members.length; at += 1) {
    const record = members[at] as number;
    taken[at * 2] = ids[record * 2] as number;
    taken[at * 2 + 1] = ids[record * 2 + 1] as number;
  }
  return bytesOf(taken);
}

function sizesOf({ starts }: Grouped): Uint8Array {
  const sizes = new Int32Array(starts.length - 1);
  for (let row = 0; row < sizes.length; row += 1)
    sizes[row] = (starts[row + 1] as number) - (starts[row] as number);
  return bytesOf(sizes);
}

/** All items that the records of a person say together. */
function itemsOf({ rows, records: { starts: own }, items: bits }: Group, tally: PersonTally): ColumnValues {
  const starts = new Uint32Array(rows + 1);
  const items = new Uint8Array(scratch("item places", rows * PERSONAL_ITEMS.length));
  let count = 0;
  for (let row = 0, at = 0; row < rows; row += 1) {
    let all = 0;
    const end = (own[row + 1] as number) - (own[0] as number);
    for (; at < end; at += 1) all |= bits[at] as number;
    for (let rest = all; rest !== 0; rest &= rest - 1) {
      const bit = 31 - Math.clz32(rest & -rest);
      tally.items[bit] = (tally.items[bit] as number) + 1;
      const place = placeOfItem[bit] as number;
      if (place >= 0) items[count++] = place;
    }
    starts[row + 1] = count;
  }
  return {
    dictionary: itemTexts,
    count: PERSONAL_ITEMS.length,
    indices: items.subarray(0, count),
    levels: levelsOfLists(starts),
  };
}

function certaintyOf({ rows, from, customers: { starts }, staged: { probable } }: Group): ColumnValues {
  const indices = new Uint8Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const matched = starts[row + 1] !== starts[row];
    indices[row] = matched ? 2 - (probable[from + row] as number) : 0;
  }
  return { dictionary: certainties, count: 3, indices };
}

/** The ways in which one of a person's customers can be reached. */
function channelsOf({ rows, customers: { starts: own }, facts: all }: Group): ColumnValues {
  const starts = new Uint32Array(rows + 1);
  const channels = new Uint8Array(scratch("channels", rows * reachedBy.length));
  let count = 0;
  for (let row = 0, at = 0; row < rows; row += 1) {
    let ways = 0;
    const end = (own[row + 1] as number) - (own[0] as number);
    for (; at < end; at += 1) ways |= facts.ways(all[at] as number);
    for (let way = 0; way < reachedBy.length; way += 1)
      if (((ways >> way) & 1) === 1) channels[count++] = way;
    starts[row + 1] = count;
  }
  return {
    dictionary: channelTexts,
    count: reachedBy.length,
    indices: channels.subarray(0, count),
    levels: levelsOfLists(starts),
  };
}

/** Persons all of whose linked rows are of excluded products. */
function excludedOf({ rows, staged, customers, facts: all }: Group, tally: PersonTally): Uint8Array {
  const excluded = new Uint8Array(rows);
  const { texts, excluded: rules } = staged;
  if (rules.length > 0) {
    const { starts, members } = customers;
    for (let row = 0, at = 0; row < rows; row += 1) {
      let [found, left] = [0, 0];
      const end = (starts[row + 1] as number) - (starts[0] as number);
      for (; at < end; at += 1) {
        if (!facts.isLinked(all[at] as number)) continue;
        found += 1;
        if (!isExcluded(texts, rules, members[at] as number)) left += 1;
      }
      if (found === 0 || left > 0) continue;
      excluded[row] = 1;
      tally.excluded += 1;
    }
  }
  return packBits(excluded, rows);
}

/** Days that customers have said go before those of records. Facts are used up: only the days stay. */
function countDays({ staged, rows, records, customers, items, facts: all }: Group, tally: PersonTally): void {
  const { day, grownUp } = staged;
  for (let at = 0; at < all.length; at += 1) all[at] = facts.born(all[at] as number);
  const born = lastOf(all, customers);
  const bornByRecords = lastOf(pick("days", staged.records.born, records.members), records);
  const expires = lastOf(pick("days", staged.records.expires, records.members), records);
  const passport = 1 << kind.passport;
  for (let row = 0, at = 0; row < rows; row += 1) {
    let bits = 0;
    const end = (records.starts[row + 1] as number) - (records.starts[0] as number);
    for (; at < end; at += 1) bits |= items[at] as number;
    if ((born[row] || (bornByRecords[row] as number)) > grownUp) tally.minors += 1;
    if ((bits & passport) === 0) continue;
    const ends = expires[row] || lastExpiry(staged, customers, row);
    if (ends >= day) tally.valid += 1;
    else if (ends > 0) tally.expired += 1;
  }
}

/** Of each person the last of the days. */
function lastOf(days: Int32Array, { starts }: Grouped): Int32Array {
  const last = new Int32Array(starts.length - 1);
  for (let row = 0, at = 0; row < last.length; row += 1) {
    const end = (starts[row + 1] as number) - (starts[0] as number);
    for (; at < end; at += 1)
      if ((days[at] as number) > (last[row] as number)) last[row] = days[at] as number;
  }
  return last;
}

/** Few have a passport: what their customer rows say of it is looked up one by one. */
function lastExpiry({ customers: { expires } }: Staged, { starts, members }: Grouped, row: number): number {
  const first = starts[0] as number;
  const own = members.subarray((starts[row] as number) - first, (starts[row + 1] as number) - first);
  return own.reduce((last, customer) => Math.max(last, expires[customer] as number), 0);
}

type Text = { plain: Uint8Array; starts: Uint32Array };

/** Attributes of persons: of each the last by its bytes of those of their customers. */
class Attributes {
  readonly #staged: Staged;
  /** By ATTRIBUTES: the numbers of the texts of the persons of a group. */
  readonly #chosen = ATTRIBUTES.map(() => new Uint32Array(rowsMax));
  /** As a bit each: whether the person has a customer. */
  #there: Uint8Array = new Uint8Array(0);
  #matched = new Uint8Array(rowsMax);
  /** By ATTRIBUTES, and then by name: the last person who was counted, and how many were. */
  readonly #last: Uint32Array[];
  readonly #counts: Uint32Array[];
  /** By ATTRIBUTES: places in the dictionary of a group, from 1. */
  readonly #places: Uint32Array[];

  constructor(staged: Staged) {
    this.#staged = staged;
    this.#last = staged.names.map(({ counts }) => new Uint32Array(counts.length));
    this.#counts = staged.names.map(({ counts }) => new Uint32Array(counts.length));
    this.#places = staged.texts.texts.map(({ starts }) => new Uint32Array(starts.length));
  }

  /** All attributes of a person lie side by side, so all are taken at once. */
  take({ staged, from, rows, customers, facts: all }: Group): void {
    const { texts } = staged;
    const codes = codesOf(texts.codes, customers.members);
    const first = customers.starts[0] as number;
    for (let row = 0; row < rows; row += 1)
      this.#matched[row] = customers.starts[row + 1] === customers.starts[row] ? 0 : 1;
    this.#there = packBits(this.#matched, rows);
    for (let attribute = 0; attribute < ATTRIBUTES.length; attribute += 1) {
      const chosen = this.#chosen[attribute] as Uint32Array;
      const text = texts.texts[attribute] as Text;
      for (let row = 0, at = 0; row < rows; row += 1) {
        const end = (customers.starts[row + 1] as number) - first;
        let best = 0;
        for (; at < end; at += 1) {
          const code = codes[at * ATTRIBUTES.length + attribute] as number;
          if (code !== best && (best === 0 || (code !== 0 && comesBehind(text, code, best)))) best = code;
        }
        chosen[row] = best;
      }
      this.#countNames(attribute, { codes, facts: all, customers, from });
    }
  }

  #countNames(
    attribute: number,
    of: { codes: Uint32Array; facts: Int32Array; customers: Grouped; from: number },
  ): void {
    const { codes, from } = of;
    const { starts } = of.customers;
    const { nameOf } = this.#staged.names[attribute] as Staged["names"][number];
    const [last, counts] = [this.#last[attribute] as Uint32Array, this.#counts[attribute] as Uint32Array];
    for (let row = 0, at = 0; row + 1 < starts.length; row += 1) {
      const end = (starts[row + 1] as number) - (starts[0] as number);
      for (; at < end; at += 1) {
        if (!facts.isLinked(of.facts[at] as number)) continue;
        const name = nameOf[codes[at * ATTRIBUTES.length + attribute] as number] as number;
        if (last[name] === from + row) continue;
        last[name] = from + row;
        counts[name] = (counts[name] as number) + 1;
      }
    }
  }

  /** A dictionary where few texts are different, else the texts themselves. */
  values(name: (typeof written)[number], rows: number): ColumnValues {
    const attribute = ATTRIBUTES.indexOf(name);
    const { plain, starts } = this.#staged.texts.texts[attribute] as Text;
    const chosen = this.#chosen[attribute] as Uint32Array;
    const places = this.#places[attribute] as Uint32Array;
    const levels = { count: rows, there: this.#there };
    const texts = new TextColumn();
    const indices = new Uint16Array(rows);
    const known: number[] = [];
    let count = 0;
    for (let row = 0; row < rows && known.length <= 0x10000; row += 1) {
      if (this.#matched[row] === 0) continue;
      const code = chosen[row] as number;
      if (places[code] === 0) {
        places[code] = known.push(code);
        texts.add(plain, starts[code] as number, (starts[code + 1] as number) - 4);
      }
      indices[count++] = (places[code] as number) - 1;
    }
    for (const code of known) places[code] = 0;
    if (known.length > 0x10000) return { plain: this.#plain(attribute, rows), levels };
    return { dictionary: texts.plain, count: known.length, indices: indices.subarray(0, count), levels };
  }

  #plain(attribute: number, rows: number): Uint8Array {
    const { plain, starts } = this.#staged.texts.texts[attribute] as Text;
    const texts = new TextColumn();
    for (let row = 0; row < rows; row += 1) {
      const code = (this.#chosen[attribute] as Uint32Array)[row] as number;
      if (this.#matched[row] === 1)
        texts.add(plain, starts[code] as number, (starts[code + 1] as number) - 4);
    }
    return texts.plain;
  }

  /** Adds the persons by name to those of all threads. */
  count(): void {
    for (const [attribute, { counts: all }] of this.#staged.names.entries()) {
      const counts = this.#counts[attribute] as Uint32Array;
      for (let name = 0; name < counts.length; name += 1)
        if (counts[name] !== 0) Atomics.add(all, name, counts[name] as number);
    }
  }
}

/** The numbers of the texts of customers, by ATTRIBUTES. */
function codesOf(codes: Uint32Array, customers: Uint32Array): Uint32Array {
  const count = ATTRIBUTES.length;
  const picked = new Uint32Array(scratch("codes", customers.length * count * 4));
  for (let at = 0, place = 0; at < customers.length; at += 1) {
    const start = (customers[at] as number) * count;
    for (let attribute = 0; attribute < count; attribute += 1)
      picked[place++] = codes[start + attribute] as number;
  }
  return picked;
}

function comesBehind({ plain, starts }: Text, one: number, other: number): boolean {
  const [a, b] = [starts[one] as number, starts[other] as number];
  const [aEnd, bEnd] = [(starts[one + 1] as number) - 4, (starts[other + 1] as number) - 4];
  for (let at = 0; a + at < aEnd && b + at < bEnd; at += 1) {
    const difference = (plain[a + at] as number) - (plain[b + at] as number);
    if (difference !== 0) return difference > 0;
  }
  return aEnd - a > bEnd - b;
}
