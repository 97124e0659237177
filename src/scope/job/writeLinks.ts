import { NumberCodes } from "../../lib/parquet/numberCodes.ts";
import { plainTexts, TextColumn } from "../../lib/parquet/textColumn.ts";
import type { ColumnValues, ParquetColumn, ParquetPart } from "../../lib/parquet/writeParquet.ts";
import { linkState, type Links } from "../match/decideLinks.ts";
import { explain } from "../match/explain.ts";
import { plainIds, type CustomerTexts } from "./customerTexts.ts";
import { scratch } from "./scratch.ts";

export const LINK_COLUMNS: readonly ParquetColumn[] = [
  { name: "record_id", type: "int64" },
  { name: "customer_id", type: "text", loose: true },
  { name: "weight", type: "double" },
  { name: "probability", type: "double" },
  { name: "pattern", type: "int32" },
  { name: "explanation", type: "text" },
  { name: "explanation_ja", type: "text" },
  { name: "state", type: "text" },
];

/** Of the records, in memory that threads share. */
export type LinkList = { links: Links; recordIds: BigInt64Array; texts: CustomerTexts };

const rowsMax = 500_000;
const encoder = new TextEncoder();
const stateTexts = plainTexts(["review", "certain"]);

/** Columns of numbers of which few are different, as whole numbers and what to divide them by. */
class NumberColumn {
  readonly codes = new NumberCodes();
  readonly indices: Uint16Array;
  readonly #scale: number;

  constructor(name: string, scale: number) {
    this.indices = new Uint16Array(scratch(name, rowsMax * 2), 0, rowsMax);
    this.#scale = scale;
  }

  set(row: number, value: number): void {
    this.indices[row] = this.codes.code(Math.round(value * this.#scale));
  }

  doubles(rows: number): ColumnValues {
    const numbers = Float64Array.from(this.codes.keys, (key) => key / this.#scale);
    return this.#by(new Uint8Array(numbers.buffer), rows);
  }

  integers(rows: number): ColumnValues {
    return this.#by(new Uint8Array(this.codes.keys.slice().buffer), rows);
  }

  #by(dictionary: Uint8Array, rows: number): ColumnValues {
    return { dictionary, count: this.codes.count, indices: this.indices.subarray(0, rows) };
  }
}

/** A pattern and a weight to one place behind the point, which together are an explanation, in one number. */
const weightsOfPattern = 16_384;
const explanationOf = (pattern: number, weight: number): number =>
  pattern * weightsOfPattern +
  Math.max(0, Math.min(weightsOfPattern - 1, Math.round(weight * 10) + weightsOfPattern / 2));

/** Writes explanations of patterns; each is put into words once. */
class Explanations {
  readonly #patterns = new Map<number, { en: Uint8Array; ja: Uint8Array }>();
  readonly #figures = new Map<number, Uint8Array>();
  readonly #joined = new Uint8Array(4_096);

  /** Their texts in both languages, one behind the other. */
  texts(keys: Int32Array): { en: Uint8Array; ja: Uint8Array } {
    const [en, ja] = [new TextColumn(), new TextColumn()];
    for (const key of keys) {
      const pattern = Math.floor(key / weightsOfPattern);
      const words = this.#wordsOf(pattern);
      const figure = this.#figureOf(key - pattern * weightsOfPattern - weightsOfPattern / 2);
      this.#add(en, words.en, figure);
      this.#add(ja, words.ja, figure);
    }
    return { en: en.plain, ja: ja.plain };
  }

  #wordsOf(pattern: number): { en: Uint8Array; ja: Uint8Array } {
    const known = this.#patterns.get(pattern);
    if (known !== undefined) return known;
    const { en, ja } = explain(pattern);
    const words = { en: encoder.encode(`${en}; `), ja: encoder.encode(`${ja}、`) };
    this.#patterns.set(pattern, words);
    return words;
  }

  #figureOf(tenths: number): Uint8Array {
    const known = this.#figures.get(tenths);
    if (known !== undefined) return known;
    const figure = encoder.encode(`${tenths < 0 ? "-" : "+"}${(Math.abs(tenths) / 10).toFixed(1)}`);
    this.#figures.set(tenths, figure);
    return figure;
  }

  #add(column: TextColumn, words: Uint8Array, figure: Uint8Array): void {
    this.#joined.set(words);
    this.#joined.set(figure, words.length);
    column.add(this.#joined, 0, words.length + figure.length);
  }
}

/** Writes the links of records `[from, to)`. */
export function writeLinks(
  { links, recordIds, texts }: LinkList,
  { from, to }: { from: number; to: number },
  part: ParquetPart,
): void {
  const ids = new Uint32Array(recordIds.buffer, recordIds.byteOffset, recordIds.length * 2);
  const words = new Uint32Array(scratch("record", rowsMax * 8), 0, rowsMax * 2);
  const customers = new Uint32Array(scratch("customer", rowsMax * 4), 0, rowsMax);
  const states = new Uint8Array(scratch("state", rowsMax), 0, rowsMax);
  const weight = new NumberColumn("weight", 100);
  const probability = new NumberColumn("probability", 1e6);
  const pattern = new NumberColumn("pattern", 1);
  const said = new NumberColumn("said", 1);
  const all = [weight, probability, pattern, said];
  const explanations = new Explanations();
  let rows = 0;
  const flush = (): void => {
    const { en, ja } = explanations.texts(said.codes.keys);
    const indices = said.indices.subarray(0, rows);
    part.write(rows, [
      { plain: new Uint8Array(words.buffer, 0, rows * 8) },
      { plain: plainIds(texts, customers.subarray(0, rows)) },
      weight.doubles(rows),
      probability.doubles(rows),
      pattern.integers(rows),
      { dictionary: en, count: said.codes.count, indices },
      { dictionary: ja, count: said.codes.count, indices },
      { dictionary: stateTexts, count: 2, indices: states.subarray(0, rows) },
    ]);
    rows = 0;
    for (const one of all) one.codes.clear();
  };
  for (let at = from; at < to; at += 1) {
    const row = links.row[at] as number;
    if (row < 0) continue;
    // Looked at now and then only: there is room until the next time.
    if (rows === rowsMax || ((at & 1_023) === 0 && all.some((one) => one.codes.room < 1_024))) flush();
    words[rows * 2] = ids[at * 2] as number;
    words[rows * 2 + 1] = ids[at * 2 + 1] as number;
    customers[rows] = row;
    weight.set(rows, links.weight[at] as number);
    probability.set(rows, links.probability[at] as number);
    pattern.set(rows, links.pattern[at] as number);
    said.set(rows, explanationOf(links.pattern[at] as number, links.weight[at] as number));
    states[rows] = links.state[at] === linkState.certain ? 1 : 0;
    rows += 1;
  }
  flush();
}
