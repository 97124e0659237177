import { Draw } from "./draw.ts";
import { ClassSet, slot, SLOTS } from "./leakClasses.ts";
import type { LeakEncoding } from "./charsets.ts";
import type { LeakValues } from "./leakValues.ts";

/** How often rows are damaged; all 0 with --easy. */
export const damageRates = {
  truncated: 0.03,
  replacement: 0.02,
  mojibake: 0.005,
  glued: 0.003,
  twoInALine: 0.002,
  newline: 0.002,
  oneOrTwoFields: 0.01,
} as const;

/** How a file's rows look. */
export type RowStyle = {
  encoding: LeakEncoding;
  separator: "," | "\t";
  lineEnd: "\n" | "\r\n";
  quotesAll: boolean;
  /** Slots by column; null: the fields of each row are in an order of their own. */
  columns: readonly number[] | null;
};

const japanese = /[\u3000-\u9fff\uff00-\uffef]/;
const asCp932 = new TextDecoder("shift_jis");
const asLatin = new TextDecoder("windows-1252");

/** A row as text: its fields in order, damaged as it is in files that were cut and repaired by machines. */
export class LeakRow {
  text = "";
  /** Slots that are still in the row, as bits; and those of them whose value is whole and true. */
  held = 0;
  intact = 0;
  /** The next record stands in the same line. */
  joinsNext = false;
  /** The slots of the cells in order, where the row is whole. */
  readonly cells: number[] = [];

  readonly #draw: Draw;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #order: number[] = [];
  #glueAfter = -1;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  write(values: LeakValues, style: RowStyle, { easy }: { easy: boolean }): void {
    const draw = this.#draw;
    const { classes } = values;
    const happens = (rate: keyof typeof damageRates): boolean => {
      const random = draw.next();
      return !easy && random < damageRates[rate];
    };
    if (happens("oneOrTwoFields")) this.#thin(values);
    const truncated = happens("truncated");
    if (happens("newline") && !truncated) this.#breakMemo(values, style);
    this.#arrange(values, style);
    const [mojibake, replacement] = [happens("mojibake"), happens("replacement")];
    if (mojibake) this.#misread(values, style.encoding);
    if (replacement) this.#destroy(values);
    this.#glueAfter = -1;
    if (happens("glued")) this.#glue(values);
    this.#assemble(values, style, { plain: truncated });
    if (truncated) this.#truncate(classes);
    this.joinsNext = happens("twoInALine");
    if (this.joinsNext) classes.add("two-in-a-line");
  }

  /** Keeps one or two of the fields. */
  #thin(values: LeakValues): void {
    const filled = values.text.flatMap((text, at) => (text === "" ? [] : [at]));
    const keep = new Set([this.#draw.pick(filled), this.#draw.pick(filled)]);
    for (const at of filled) if (!keep.has(at)) values.text[at] = "";
    values.classes.add("one-or-two-fields");
  }

  #breakMemo(values: LeakValues, { lineEnd }: RowStyle): void {
    const memo = values.text[slot.memo] || "連絡は平日のみ";
    values.text[slot.memo] = `${memo}${lineEnd}${"備考参照"}`;
    values.classes.add("newline-in-field");
  }

  /** Decides the order of the cells; some of the missing fields leave an empty one. */
  #arrange(values: LeakValues, { columns }: RowStyle): void {
    const order = this.#order;
    order.length = 0;
    this.held = 0;
    const thin = values.classes.has("one-or-two-fields");
    for (let place = 0; place < (columns ?? SLOTS).length; place += 1) {
      const at = columns === null ? place : (columns[place] as number);
      const filled = values.text[at] !== "";
      if (filled) this.held |= 1 << at;
      if (columns !== null || filled || (!thin && this.#draw.chance(0.2))) order.push(at);
    }
    this.intact = values.intact & this.held;
    if (columns !== null) return;
    for (let at = order.length - 1; at > 0; at -= 1) {
      const other = this.#draw.below(at + 1);
      const one = order[at] as number;
      order[at] = order[other] as number;
      order[other] = one;
    }
  }

  #pickCell(values: LeakValues, fits: (text: string) => boolean): number {
    const start = this.#draw.below(Math.max(1, this.#order.length));
    for (let step = 0; step < this.#order.length; step += 1) {
      const at = this.#order[(start + step) % this.#order.length] as number;
      if (fits(values.text[at] as string)) return at;
    }
    return -1;
  }

  /** UTF-8 that somebody read as CP932 or as Latin-1, and saved. */
  #misread(values: LeakValues, encoding: LeakEncoding): void {
    const latin = this.#draw.chance(0.4) && (encoding === "utf-8" || encoding === "utf-16le");
    const at = this.#pickCell(values, (text) => japanese.test(text) && !text.includes("\n"));
    if (at < 0) return;
    const bytes = Buffer.from(values.text[at] as string, "utf8");
    const read = (latin ? asLatin : asCp932).decode(bytes);
    values.text[at] = read.replace(/["\r\n\t,]/g, "\ufffd");
    this.intact &= ~(1 << at);
    values.classes.add("mojibake");
  }

  /** One to three characters that could not be saved. */
  #destroy(values: LeakValues): void {
    const at = this.#pickCell(values, (text) => text.length > 1 && !text.includes("\n"));
    if (at < 0) return;
    const text = values.text[at] as string;
    const place = this.#draw.below(text.length);
    const count = Math.min(1 + this.#draw.below(3), text.length - place);
    values.text[at] = text.slice(0, place) + "\ufffd".repeat(count) + text.slice(place + count);
    this.intact &= ~(1 << at);
    values.classes.add("replacement-characters");
  }

  #glue(values: LeakValues): void {
    const order = this.#order;
    const start = this.#draw.below(Math.max(1, order.length));
    const filled = (place: number): boolean => values.text[order[place] as number] !== "";
    for (let step = 0; step < order.length - 1; step += 1) {
      const place = (start + step) % (order.length - 1);
      if (!filled(place) || !filled(place + 1)) continue;
      this.#glueAfter = place;
      values.classes.add("glued");
      return;
    }
  }

  #assemble(values: LeakValues, style: RowStyle, { plain }: { plain: boolean }): void {
    const { separator, quotesAll } = style;
    const order = this.#order;
    this.cells.length = 0;
    let text = "";
    for (let place = 0; place < order.length; place += 1) {
      const at = order[place] as number;
      let cell = values.text[at] as string;
      const special = cell.includes(separator) || cell.includes("\n") || cell.includes('"');
      // A quote that is cut open would swallow the rows after it: what is cut has none.
      if (plain || this.#glueAfter === place || this.#glueAfter === place - 1) {
        if (special && !cell.includes("\n")) cell = cell.replace(/, |["\t]/g, " ");
        else if (special) cell = `"${cell}"`;
      } else if (special || quotesAll) cell = `"${cell.replaceAll('"', '""')}"`;
      this.#starts[place] = text.length;
      text += cell;
      this.#ends[place] = text.length;
      if (place < order.length - 1 && place !== this.#glueAfter) text += separator;
      this.cells.push(at);
    }
    this.text = text;
  }

  /** What a cut leaves: the head of the row, or in three of ten its tail. */
  #truncate(classes: ClassSet): void {
    const draw = this.#draw;
    const fromFront = draw.chance(0.3);
    let cut = Math.floor(
      this.text.length * (fromFront ? 0.05 + draw.next() * 0.85 : 0.1 + draw.next() * 0.85),
    );
    if (/[\udc00-\udfff]/.test(this.text.charAt(cut))) cut += 1;
    let kept = 0;
    for (let place = 0; place < this.#order.length; place += 1) {
      const whole = fromFront ? (this.#starts[place] as number) >= cut : (this.#ends[place] as number) <= cut;
      if (whole) kept |= 1 << (this.#order[place] as number);
    }
    this.held &= kept;
    this.intact &= kept;
    this.text = fromFront ? this.text.slice(cut) : this.text.slice(0, cut);
    classes.add("truncated");
    if (fromFront) classes.add("cut-in-front");
  }
}
