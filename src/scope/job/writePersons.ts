import { plainTexts, TextColumn } from "../../lib/parquet/textColumn.ts";
import {
  packBits,
  type ColumnValues,
  type Levels,
  type ParquetColumn,
  type ParquetPart,
} from "../../lib/parquet/writeParquet.ts";
import { kind, PERSONAL_ITEMS, SCOPE_KINDS } from "../fields/kinds.ts";
import { ATTRIBUTES } from "./customerColumns.ts";
import { plainIds } from "./customerTexts.ts";
import { isExcluded } from "./exclusions.ts";
import { reachedBy, type Grouped } from "./stageColumns.ts";
import type { Staged } from "./stageOutputs.ts";

/** What is written of a person's customers. */
const written = ["language", "partner", "service", "site", "booked_on"] as const;

export const PERSON_COLUMNS: readonly ParquetColumn[] = [
  { name: "person_id", type: "int32" },
  { name: "customer_ids", type: "text", shape: "list" },
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
    const group = { from: first, to: Math.min(to, first + rowsMax) };
    const rows = group.to - group.from;
    const { recordsOf, customersOf } = staged;
    const numbers = new Int32Array(rows);
    for (let row = 0; row < rows; row += 1) numbers[row] = group.from + row;
    attributes.take(group);
    part.write(rows, [
      { plain: bytesOf(numbers) },
      {
        plain: plainIds(staged.texts, membersOf(customersOf, group)),
        levels: levelsOf(customersOf.starts, group),
      },
      { plain: recordIdsOf(staged, group), levels: levelsOf(recordsOf.starts, group) },
      itemsOf(staged, group, tally),
      certaintyOf(staged, group),
      ...written.map((name) => attributes.values(name, rows)),
      channelsOf(staged, group),
      { plain: sizesOf(recordsOf, group) },
      { plain: excludedOf(staged, group, tally) },
    ]);
    countDays(staged, group, tally);
  }
  attributes.count();
  return tally;
}

const bytesOf = (array: Uint32Array | Int32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const membersOf = ({ starts, members }: Grouped, { from, to }: Span): Uint32Array =>
  members.subarray(starts[from] as number, starts[to] as number);

/** Levels of a column of lists: list n is as long as from `starts[n]` to the next. */
function levelsOf(starts: Uint32Array, { from, to }: Span): Levels {
  const most = (starts[to] as number) - (starts[from] as number) + to - from;
  const [there, goesOn] = [new Uint8Array(most), new Uint8Array(most)];
  let count = 0;
  for (let list = from; list < to; list += 1) {
    const size = (starts[list + 1] as number) - (starts[list] as number);
    // An empty list takes a place too, at which there is nothing.
    if (size === 0) count += 1;
    for (let at = 0; at < size; at += 1) {
      there[count] = 1;
      if (at > 0) goesOn[count] = 1;
      count += 1;
    }
  }
  return { count, there, goesOn };
}

function recordIdsOf({ recordsOf, recordIds }: Staged, group: Span): Uint8Array {
  const members = membersOf(recordsOf, group);
  // As two words each: BigInt costs ten times as much.
  const ids = new Uint32Array(recordIds.buffer, recordIds.byteOffset, recordIds.length * 2);
  const taken = new Uint32Array(members.length * 2);
  for (let at = 0; at < members.length; at += 1) {
    const record = members[at] as number;
    taken[at * 2] = ids[record * 2] as number;
    taken[at * 2 + 1] = ids[record * 2 + 1] as number;
  }
  return bytesOf(taken);
}

function sizesOf({ starts }: Grouped, { from, to }: Span): Uint8Array {
  const sizes = new Int32Array(to - from);
  for (let person = from; person < to; person += 1)
    sizes[person - from] = (starts[person + 1] as number) - (starts[person] as number);
  return bytesOf(sizes);
}

/** All items that the records of a person say together. */
function bitsOf({ records, recordsOf: { starts, members } }: Staged, person: number): number {
  let bits = 0;
  const end = starts[person + 1] as number;
  for (let at = starts[person] as number; at < end; at += 1)
    bits |= records.items[members[at] as number] as number;
  return bits;
}

function itemsOf(staged: Staged, { from, to }: Span, { items: counts }: PersonTally): ColumnValues {
  const starts = new Uint32Array(to - from + 1);
  const items = new Uint8Array((to - from) * PERSONAL_ITEMS.length);
  let count = 0;
  for (let person = from; person < to; person += 1) {
    for (let bits = bitsOf(staged, person); bits !== 0; bits &= bits - 1) {
      const bit = 31 - Math.clz32(bits & -bits);
      counts[bit] = (counts[bit] as number) + 1;
      const place = placeOfItem[bit] as number;
      if (place >= 0) items[count++] = place;
    }
    starts[person - from + 1] = count;
  }
  return {
    dictionary: itemTexts,
    count: PERSONAL_ITEMS.length,
    indices: items.subarray(0, count),
    levels: levelsOf(starts, { from: 0, to: to - from }),
  };
}

function certaintyOf({ customersOf: { starts }, probable }: Staged, { from, to }: Span): ColumnValues {
  const indices = new Uint8Array(to - from);
  for (let person = from; person < to; person += 1) {
    const matched = starts[person + 1] !== starts[person];
    indices[person - from] = matched ? 2 - (probable[person] as number) : 0;
  }
  return { dictionary: certainties, count: 3, indices };
}

/** The ways in which one of a person's customers can be reached. */
function channelsOf({ customers, customersOf }: Staged, { from, to }: Span): ColumnValues {
  const starts = new Uint32Array(to - from + 1);
  const channels = new Uint8Array((to - from) * reachedBy.length);
  let count = 0;
  for (let person = from; person < to; person += 1) {
    let ways = 0;
    const end = customersOf.starts[person + 1] as number;
    for (let at = customersOf.starts[person] as number; at < end; at += 1)
      ways |= customers.ways[customersOf.members[at] as number] as number;
    for (let way = 0; way < reachedBy.length; way += 1)
      if (((ways >> way) & 1) === 1) channels[count++] = way;
    starts[person - from + 1] = count;
  }
  return {
    dictionary: channelTexts,
    count: reachedBy.length,
    indices: channels.subarray(0, count),
    levels: levelsOf(starts, { from: 0, to: to - from }),
  };
}

/** Persons all of whose linked rows are of excluded products. */
function excludedOf(
  { excluded: rules, ...staged }: Staged,
  { from, to }: Span,
  tally: PersonTally,
): Uint8Array {
  const excluded = new Uint8Array(to - from);
  const { texts, linked, customersOf } = staged;
  if (rules.length > 0) {
    for (let person = from; person < to; person += 1) {
      const rows = membersOf(customersOf, { from: person, to: person + 1 }).filter(
        (row) => linked[row] === 1,
      );
      if (rows.length === 0 || !rows.every((row) => isExcluded(texts, rules, row))) continue;
      excluded[person - from] = 1;
      tally.excluded += 1;
    }
  }
  return packBits(excluded, to - from);
}

/** Days that customers have said go before those of records. */
function countDays(staged: Staged, { from, to }: Span, tally: PersonTally): void {
  const { records, recordsOf, customers, customersOf, day, grownUp } = staged;
  for (let person = from; person < to; person += 1) {
    const born = lastOf(customers.born, customersOf, person) || lastOf(records.born, recordsOf, person);
    if (born > grownUp) tally.minors += 1;
    if (((bitsOf(staged, person) >>> kind.passport) & 1) === 0) continue;
    const ends = lastOf(records.expires, recordsOf, person) || lastOf(customers.expires, customersOf, person);
    if (ends >= day) tally.valid += 1;
    else if (ends > 0) tally.expired += 1;
  }
}

function lastOf(days: Int32Array, { starts, members }: Grouped, person: number): number {
  let last = 0;
  const end = starts[person + 1] as number;
  for (let at = starts[person] as number; at < end; at += 1) {
    const one = days[members[at] as number] as number;
    if (one > last) last = one;
  }
  return last;
}

type Text = { plain: Uint8Array; starts: Uint32Array };

/** Attributes of persons: of each the last by its bytes of those of their customers. */
class Attributes {
  readonly #staged: Staged;
  /** By ATTRIBUTES: the numbers of the texts of the persons of a group. */
  readonly #chosen = ATTRIBUTES.map(() => new Uint32Array(rowsMax));
  readonly #there = new Uint8Array(rowsMax);
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
  take({ from, to }: Span): void {
    const { customersOf, linked, names, texts } = this.#staged;
    for (const chosen of this.#chosen) chosen.fill(0);
    for (let person = from; person < to; person += 1) {
      const row = person - from;
      const first = customersOf.starts[person] as number;
      const end = customersOf.starts[person + 1] as number;
      this.#there[row] = end > first ? 1 : 0;
      for (let at = first; at < end; at += 1) {
        const customer = customersOf.members[at] as number;
        const isLinked = linked[customer] === 1;
        for (let attribute = 0; attribute < ATTRIBUTES.length; attribute += 1) {
          const code = texts.codes[customer * ATTRIBUTES.length + attribute] as number;
          const chosen = this.#chosen[attribute] as Uint32Array;
          const best = chosen[row] as number;
          if (
            code !== best &&
            (best === 0 || (code !== 0 && comesBehind(texts.texts[attribute] as Text, code, best)))
          )
            chosen[row] = code;
          if (!isLinked) continue;
          const name = (names[attribute] as Staged["names"][number]).nameOf[code] as number;
          const last = this.#last[attribute] as Uint32Array;
          if (last[name] === person) continue;
          last[name] = person;
          const counts = this.#counts[attribute] as Uint32Array;
          counts[name] = (counts[name] as number) + 1;
        }
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
      if (this.#there[row] === 0) continue;
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
      if (this.#there[row] === 1) texts.add(plain, starts[code] as number, (starts[code + 1] as number) - 4);
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

function comesBehind({ plain, starts }: Text, one: number, other: number): boolean {
  const [a, b] = [starts[one] as number, starts[other] as number];
  const [aEnd, bEnd] = [(starts[one + 1] as number) - 4, (starts[other + 1] as number) - 4];
  for (let at = 0; a + at < aEnd && b + at < bEnd; at += 1) {
    const difference = (plain[a + at] as number) - (plain[b + at] as number);
    if (difference !== 0) return difference > 0;
  }
  return aEnd - a > bEnd - b;
}
