import { dateOfSerial, dateStyles, unescapeXml } from "./readWorkbook.ts";

/**
 * Rows of a sheet (ECMA-376-1, 18.3.1) from its XML as it streams in, cell by cell: a row of a million
 * columns takes no more memory than its first ones. Bytes are kept as Latin-1 so that places are bytes.
 */
export type SheetRow = { offset: number; row: number; cells: string[]; cutColumns: number };

export type SheetLimits = { columnsMax: number; cellBytesMax: number };

type Token = { name: string; attributes: string; closing: boolean; empty: boolean; at: number };

/** Splits XML into tags and the text before each. */
class XmlTokens {
  #rest = "";
  #offset = 0;
  readonly #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  push(chunk: Buffer, onToken: (token: Token, text: string) => void): void {
    const text = this.#rest + chunk.toString("latin1");
    let at = 0;
    for (;;) {
      const open = text.indexOf("<", at);
      if (open < 0) break;
      const close = text.indexOf(">", open);
      if (close < 0) break;
      const inner = text.slice(open + 1, close);
      const closing = inner.startsWith("/");
      const name = /^\/?(?:\w+:)?(\w+)/.exec(inner)?.[1] ?? "";
      const attributes = closing ? "" : inner;
      const token = { name, attributes, closing, empty: inner.endsWith("/"), at: this.#offset + open };
      onToken(token, text.slice(at, open));
      at = close + 1;
    }
    this.#offset += at;
    // Text without a tag for so long is cut: its head is kept, and what is dropped moves the offset.
    const rest = text.slice(at);
    this.#rest = rest.length > this.#bytesMax ? rest.slice(0, this.#bytesMax) : rest;
  }
}

/** Reads a text of runs: what stands in `t`, but not in a reading (`rPh`). */
class RunText {
  text = "";
  #reading = false;

  take(token: Token, before: string): void {
    if (token.name === "rPh") this.#reading = !token.closing && !token.empty;
    else if (token.name === "t" && token.closing && !this.#reading) this.text += textOf(before);
  }
}

/** The strings that cells refer to (18.4.8), up to the limits. */
export class SharedStrings {
  readonly strings: string[] = [];
  /** More strings than the limits let in. */
  cut = false;
  readonly #tokens: XmlTokens;
  readonly #limits: { stringsMax: number; bytesMax: number };
  #bytes = 0;
  #run: RunText | null = null;

  constructor(limits: { stringsMax: number; bytesMax: number; cellBytesMax: number }) {
    this.#limits = limits;
    this.#tokens = new XmlTokens(limits.cellBytesMax);
  }

  push(chunk: Buffer): void {
    this.#tokens.push(chunk, (token, before) => {
      if (token.name !== "si") {
        this.#run?.take(token, before);
        return;
      }
      if (!token.closing && !token.empty) {
        this.#run = new RunText();
        return;
      }
      const text = this.#run?.text ?? "";
      this.#run = null;
      this.#bytes += text.length;
      if (this.strings.length < this.#limits.stringsMax && this.#bytes < this.#limits.bytesMax)
        this.strings.push(text);
      else this.cut = true;
    });
  }
}

export class SheetRows {
  readonly #tokens: XmlTokens;
  readonly #strings: readonly string[];
  readonly #dates: ReadonlySet<number>;
  readonly #limits: SheetLimits;
  #row: SheetRow | null = null;
  #rows = 0;
  #column = 0;
  #attributes: string | null = null;
  #value = "";
  #run: RunText | null = null;

  constructor(book: { strings: readonly string[]; styles: string }, limits: SheetLimits) {
    this.#strings = book.strings;
    this.#dates = dateStyles(book.styles);
    this.#limits = limits;
    this.#tokens = new XmlTokens(limits.cellBytesMax);
  }

  /** Rows that end in this chunk. */
  push(chunk: Buffer): SheetRow[] {
    const rows: SheetRow[] = [];
    this.#tokens.push(chunk, (token, before) => {
      if (token.name === "row") this.#rowTag(token, rows);
      else if (token.name === "c") this.#cellTag(token);
      else if (token.name === "v" && token.closing) this.#value = textOf(before);
      else if (token.name === "is") this.#run = token.closing ? this.#run : new RunText();
      else this.#run?.take(token, before);
    });
    return rows;
  }

  #rowTag({ closing, empty, at }: Token, rows: SheetRow[]): void {
    if (closing) {
      if (this.#row !== null) rows.push(this.#row);
      this.#row = null;
    } else if (!empty) {
      this.#rows += 1;
      this.#column = 0;
      this.#row = { offset: at, row: this.#rows, cells: [], cutColumns: 0 };
    }
  }

  #cellTag({ closing, empty, attributes }: Token): void {
    if (closing || empty) {
      this.#endCell(closing ? (this.#attributes ?? "") : attributes);
      return;
    }
    this.#attributes = attributes;
    this.#value = "";
    this.#run = null;
  }

  #endCell(attributes: string): void {
    const row = this.#row;
    if (row === null) return;
    const column = columnOf(/\br="([A-Z]{1,4})\d+"/.exec(attributes)?.[1]) ?? this.#column;
    this.#column = column + 1;
    if (column >= this.#limits.columnsMax) row.cutColumns += 1;
    else {
      while (row.cells.length < column) row.cells.push("");
      row.cells[column] = this.#valueOf(attributes);
    }
    this.#attributes = null;
    this.#value = "";
    this.#run = null;
  }

  #valueOf(attributes: string): string {
    const type = /\bt="(\w+)"/.exec(attributes)?.[1];
    if (type === "inlineStr") return this.#run?.text ?? "";
    if (type === "s") return this.#strings[Number(this.#value)] ?? "";
    const style = Number(/\bs="(\d+)"/.exec(attributes)?.[1] ?? -1);
    return this.#dates.has(style) && /^\d{1,6}$/.test(this.#value)
      ? dateOfSerial(Number(this.#value))
      : this.#value;
  }
}

function columnOf(letters: string | undefined): number | null {
  if (letters === undefined) return null;
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}

function textOf(latin1: string): string {
  // Most cells are ASCII, and need no decoding.
  const text = /[\u0080-\u00ff]/.test(latin1) ? Buffer.from(latin1, "latin1").toString("utf8") : latin1;
  return text.includes("&") ? unescapeXml(text) : text;
}
