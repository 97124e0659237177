import { plainTexts, TextColumn } from "../../lib/parquet/textColumn.ts";
import {
  packBits,
  ParquetPart,
  type ColumnValues,
  type ParquetColumn,
  type RowGroup,
} from "../../lib/parquet/writeParquet.ts";
import { kind, PERSONAL_ITEMS } from "../fields/kinds.ts";
import { linkState } from "../match/decideLinks.ts";
import { explain } from "../match/explain.ts";
import { wordOf, wordsOfRow } from "../signatures/columns.ts";
import { ATTRIBUTES } from "./customerColumns.ts";
import type { Staged } from "./stageOutputs.ts";

/** Writes a part of links.parquet (records [from, to)) or of persons.parquet (persons [from, to)). */
export type OutputAsked = {
  do: "write";
  what: "links" | "persons";
  staged: Staged;
  from: number;
  to: number;
  file: string;
};
export type OutputAnswer = { done: "written"; rowGroups: RowGroup[] };

export const LINK_COLUMNS: readonly ParquetColumn[] = [
  { name: "record_id", type: "int64" },
  { name: "customer_id", type: "text" },
  { name: "weight", type: "double" },
  { name: "probability", type: "double" },
  { name: "pattern", type: "int32" },
  { name: "explanation", type: "text" },
  { name: "explanation_ja", type: "text" },
  { name: "state", type: "text" },
];

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

/** Of zstd: as for records.parquet. */
const packLevel = 1;

export function writeOutput(asked: OutputAsked): OutputAnswer {
  const part = new ParquetPart(asked.file, asked.what === "links" ? LINK_COLUMNS : PERSON_COLUMNS, packLevel);
  if (asked.what === "links") writeLinks(asked, part);
  else writePersons(asked, part);
  part.close();
  return { done: "written", rowGroups: part.rowGroups };
}

const bytesOf = (array: Uint32Array | Int32Array | Float64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const explanationsMax = 0xffff;
const encoder = new TextEncoder();

/** Explanations of one row group, each once: a pattern and a weight to one place behind the point. */
class Explanations {
  readonly en = new TextColumn();
  readonly ja = new TextColumn();
  readonly #places = new Map<number, number>();
  readonly #patterns = new Map<number, { en: string; ja: string }>();

  get count(): number {
    return this.#places.size;
  }

  clear(): void {
    for (const column of [this.en, this.ja]) column.clear();
    this.#places.clear();
  }

  placeOf(pattern: number, weight: number): number {
    const tenths = Math.round(weight * 10);
    const key = pattern * 16_384 + Math.max(0, Math.min(16_383, tenths + 8_192));
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    let words = this.#patterns.get(pattern);
    if (words === undefined) this.#patterns.set(pattern, (words = explain(pattern)));
    const figure = `${tenths < 0 ? "-" : "+"}${(Math.abs(tenths) / 10).toFixed(1)}`;
    add(this.en, `${words.en}; ${figure}`);
    add(this.ja, `${words.ja}、${figure}`);
    this.#places.set(key, this.#places.size);
    return this.#places.size - 1;
  }
}

function add(column: TextColumn, text: string): void {
  const bytes = encoder.encode(text);
  column.add(bytes, 0, bytes.length);
}

const linkRows = 250_000;

function writeLinks({ staged, from, to }: OutputAsked, part: ParquetPart): void {
  const { links, recordIds, texts } = staged;
  const record = new BigInt64Array(linkRows);
  const words = new Uint32Array(record.buffer);
  const ids = new Uint32Array(recordIds.buffer, recordIds.byteOffset, recordIds.length * 2);
  const weight = new Float64Array(linkRows);
  const probability = new Float64Array(linkRows);
  const pattern = new Int32Array(linkRows);
  const said = new Uint16Array(linkRows);
  const state = new Uint8Array(linkRows);
  const customer = new TextColumn();
  const explanations = new Explanations();
  let rows = 0;
  const flush = (): void => {
    const { en, ja, count } = explanations;
    const indices = said.slice(0, rows);
    part.write(rows, [
      { plain: bytesOf(words.subarray(0, rows * 2)) },
      { plain: customer.plain },
      { plain: bytesOf(weight.subarray(0, rows)) },
      { plain: bytesOf(probability.subarray(0, rows)) },
      { plain: bytesOf(pattern.subarray(0, rows)) },
      { dictionary: en.plain, count, indices },
      { dictionary: ja.plain, count, indices },
      { dictionary: plainTexts(["review", "certain"]), count: 2, indices: state.slice(0, rows) },
    ]);
    rows = 0;
    customer.clear();
    explanations.clear();
  };
  for (let at = from; at < to; at += 1) {
    const row = links.row[at] as number;
    if (row < 0) continue;
    if (rows === linkRows || explanations.count === explanationsMax) flush();
    words[rows * 2] = ids[at * 2] as number;
    words[rows * 2 + 1] = ids[at * 2 + 1] as number;
    customer.add(texts.ids, texts.idStarts[row] as number, (texts.idStarts[row + 1] as number) - 4);
    weight[rows] = Math.round((links.weight[at] as number) * 100) / 100;
    probability[rows] = Math.round((links.probability[at] as number) * 1e6) / 1e6;
    pattern[rows] = links.pattern[at] as number;
    said[rows] = explanations.placeOf(links.pattern[at] as number, links.weight[at] as number);
    state[rows] = (links.state[at] as number) - linkState.review;
    rows += 1;
  }
  flush();
}

/** A growing column of lists. */
class ListColumn {
  #there = new Uint8Array(1 << 16);
  #goesOn = new Uint8Array(1 << 16);
  #count = 0;

  clear(): void {
    this.#count = 0;
  }

  /** One place: `value` 0 for an empty list. */
  place(value: 0 | 1, goesOn: 0 | 1): void {
    if (this.#count === this.#there.length) {
      const [there, goes] = [new Uint8Array(this.#count * 2), new Uint8Array(this.#count * 2)];
      there.set(this.#there);
      goes.set(this.#goesOn);
      [this.#there, this.#goesOn] = [there, goes];
    }
    this.#there[this.#count] = value;
    this.#goesOn[this.#count] = goesOn;
    this.#count += 1;
  }

  /** Places of a list of so many values. */
  list(size: number): void {
    if (size === 0) this.place(0, 0);
    for (let at = 0; at < size; at += 1) this.place(1, at === 0 ? 0 : 1);
  }

  get levels(): NonNullable<ColumnValues["levels"]> {
    return { count: this.#count, there: this.#there, goesOn: this.#goesOn };
  }
}

const personRows = 200_000;
const itemBits = PERSONAL_ITEMS.map((name) => kind[name]);
const itemTexts = plainTexts(PERSONAL_ITEMS);
const certainties = plainTexts(["unmatched", "probable", "certain"]);
const channelTexts = plainTexts(["email", "letter", "phone"]);

type Span = { from: number; to: number };

/** One attribute of the persons of a row group: the last by its bytes of those of their customers. */
class AttributeColumn {
  readonly #codes: Uint32Array;
  readonly #at: number;
  readonly #text: { plain: Uint8Array; starts: Uint32Array };
  readonly #chosen = new Uint32Array(personRows);
  readonly #there = new Uint8Array(personRows);

  constructor({ texts }: Staged, name: (typeof written)[number]) {
    const at = ATTRIBUTES.indexOf(name);
    this.#codes = texts.codes;
    this.#at = at;
    this.#text = texts.texts[at] as { plain: Uint8Array; starts: Uint32Array };
  }

  take(row: number, customers: Uint32Array, { from, to }: Span): void {
    this.#there[row] = to > from ? 1 : 0;
    let best = 0;
    for (let at = from; at < to; at += 1) {
      const code = this.#codes[(customers[at] as number) * ATTRIBUTES.length + this.#at] as number;
      if (code !== best && (best === 0 || (code !== 0 && this.#comesBehind(code, best)))) best = code;
    }
    this.#chosen[row] = best;
  }

  #comesBehind(one: number, other: number): boolean {
    const { plain, starts } = this.#text;
    const [a, b] = [starts[one] as number, starts[other] as number];
    const [aEnd, bEnd] = [(starts[one + 1] as number) - 4, (starts[other + 1] as number) - 4];
    for (let at = 0; a + at < aEnd && b + at < bEnd; at += 1) {
      const difference = (plain[a + at] as number) - (plain[b + at] as number);
      if (difference !== 0) return difference > 0;
    }
    return aEnd - a > bEnd - b;
  }

  /** A dictionary where few texts are different, else the texts themselves. */
  values(rows: number): ColumnValues {
    const { plain, starts } = this.#text;
    const levels = { count: rows, there: this.#there };
    const places = new Map<number, number>();
    const texts = new TextColumn();
    const indices = new Uint16Array(rows);
    let count = 0;
    for (let row = 0; row < rows; row += 1) {
      if (this.#there[row] === 0) continue;
      const code = this.#chosen[row] as number;
      let place = places.get(code);
      if (place === undefined) {
        if (places.size > 0xffff) return this.#plain(rows);
        place = places.size;
        places.set(code, place);
        texts.add(plain, starts[code] as number, (starts[code + 1] as number) - 4);
      }
      indices[count] = place;
      count += 1;
    }
    return { dictionary: texts.plain, count: places.size, indices: indices.slice(0, count), levels };
  }

  #plain(rows: number): ColumnValues {
    const { plain, starts } = this.#text;
    const texts = new TextColumn();
    for (let row = 0; row < rows; row += 1) {
      const code = this.#chosen[row] as number;
      if (this.#there[row] === 1) texts.add(plain, starts[code] as number, (starts[code + 1] as number) - 4);
    }
    return { plain: texts.plain, levels: { count: rows, there: this.#there } };
  }
}

/** Small numbers, as many as there come. */
class Places {
  #places = new Uint8Array(1 << 16);
  count = 0;

  add(place: number): void {
    if (this.count === this.#places.length) {
      const larger = new Uint8Array(this.count * 2);
      larger.set(this.#places);
      this.#places = larger;
    }
    this.#places[this.count] = place;
    this.count += 1;
  }

  take(): Uint8Array {
    const taken = this.#places.slice(0, this.count);
    this.count = 0;
    return taken;
  }
}

function writePersons({ staged, from, to }: OutputAsked, part: ParquetPart): void {
  for (let first = from; first < to; first += personRows)
    writePersonGroup(staged, { first, last: Math.min(to, first + personRows) }, part);
}

function writePersonGroup(
  staged: Staged,
  { first, last }: { first: number; last: number },
  part: ParquetPart,
): void {
  const { recordsOf, customersOf, texts, recordIds, customers } = staged;
  const rows = last - first;
  const recordsFrom = recordsOf.starts[first] as number;
  const recordCount = (recordsOf.starts[last] as number) - recordsFrom;
  const ids = new Uint32Array(recordIds.buffer, recordIds.byteOffset, recordIds.length * 2);
  const records = new Uint32Array(recordCount * 2);
  for (let at = 0; at < recordCount; at += 1) {
    const record = recordsOf.members[recordsFrom + at] as number;
    records[at * 2] = ids[record * 2] as number;
    records[at * 2 + 1] = ids[record * 2 + 1] as number;
  }
  const keys = new TextColumn();
  const [keyLists, recordLists, itemLists, channelLists] = [0, 1, 2, 3].map(() => new ListColumn()) as [
    ListColumn,
    ListColumn,
    ListColumn,
    ListColumn,
  ];
  const [items, channels] = [new Places(), new Places()];
  const attributes = written.map((name) => new AttributeColumn(staged, name));
  const certainty = new Uint8Array(rows);
  const sizes = new Int32Array(rows);
  const { members } = customersOf;
  const own = { from: 0, to: 0 };
  for (let row = 0; row < rows; row += 1) {
    const person = first + row;
    own.from = customersOf.starts[person] as number;
    own.to = customersOf.starts[person + 1] as number;
    for (let at = own.from; at < own.to; at += 1) {
      const customer = members[at] as number;
      keys.add(texts.ids, texts.idStarts[customer] as number, (texts.idStarts[customer + 1] as number) - 4);
    }
    keyLists.list(own.to - own.from);
    sizes[row] = (recordsOf.starts[person + 1] as number) - (recordsOf.starts[person] as number);
    recordLists.list(sizes[row] as number);
    const [itemsBefore, channelsBefore] = [items.count, channels.count];
    for (let at = 0; at < itemBits.length; at += 1)
      if ((((staged.items[person] as number) >>> (itemBits[at] as number)) & 1) === 1) items.add(at);
    itemLists.list(items.count - itemsBefore);
    const ways = waysTo(customers.words, members, own);
    for (let way = 0; way < 3; way += 1) if (((ways >> way) & 1) === 1) channels.add(way);
    channelLists.list(channels.count - channelsBefore);
    for (let at = 0; at < attributes.length; at += 1)
      (attributes[at] as AttributeColumn).take(row, members, own);
    certainty[row] = own.to === own.from ? 0 : staged.probable[person] === 1 ? 1 : 2;
  }
  const excluded = packBits(staged.excluded.subarray(first, last), rows);
  const numbers = Int32Array.from({ length: rows }, (_, at) => first + at);
  part.write(rows, [
    { plain: bytesOf(numbers) },
    { plain: keys.plain, levels: keyLists.levels },
    { plain: bytesOf(records), levels: recordLists.levels },
    { dictionary: itemTexts, count: PERSONAL_ITEMS.length, indices: items.take(), levels: itemLists.levels },
    { dictionary: certainties, count: 3, indices: certainty },
    ...attributes.map((attribute) => attribute.values(rows)),
    { dictionary: channelTexts, count: 3, indices: channels.take(), levels: channelLists.levels },
    { plain: bytesOf(sizes) },
    { plain: excluded },
  ]);
}

/** Bits of the ways in which one of these customers can be reached. */
function waysTo(words: Uint32Array, customers: Uint32Array, { from, to }: Span): number {
  let ways = 0;
  for (let at = from; at < to; at += 1) {
    const start = (customers[at] as number) * wordsOfRow;
    if (words[start + wordOf.email] !== 0) ways |= 1;
    if (words[start + wordOf.town] !== 0 || words[start + wordOf.address] !== 0) ways |= 2;
    if (words[start + wordOf.phone] !== 0) ways |= 4;
  }
  return ways;
}
