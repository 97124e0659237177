import { PERSONAL_KINDS, type PersonalKind } from "./kinds.ts";
import { character } from "./characters.ts";
import { classifyCell } from "./classifyCell.ts";
import { findItems } from "./items.ts";
import { readColumns, readLayout, statementHead, type Layout, type LayoutColumn } from "./readLayout.ts";
import { walkJson } from "./walkJson.ts";
import { endOfLine, walkDelimited, walkTuples, type Cells } from "./walkText.ts";

export type TextFormat = "delimited" | "json" | "sql" | "text";
export type TextScan = {
  format: TextFormat;
  delimiter: string | null;
  /** Lines, objects or tuples. */
  rows: number;
  /** Those that hold somebody's data: two kinds or more, of which one tells who it is. */
  records: number;
  /** Those with one alone that reaches or tells a person apart: mail, telephone, number, passport, card. */
  items: number;
  /** Cells by kind, in all rows. */
  byKind: Record<PersonalKind, number>;
  columns: { name: string; kind: PersonalKind; confidence: number }[];
  /** For a later part of the same file. */
  layout: Layout;
};

export type ScanOptions = {
  today: Temporal.PlainDate;
  /** What the head of the same file was found to be; this is another part of it. */
  layout?: Layout;
  /** The text begins within a row: up to the first end of line nothing is counted. */
  cutBefore?: boolean;
  /** It ends within a row. */
  cutAfter?: boolean;
};

const bitOf = new Map<PersonalKind, number>(PERSONAL_KINDS.map((kind, place) => [kind, 1 << place]));
const bits = (...kinds: PersonalKind[]): number =>
  kinds.reduce((sum, kind) => sum | (bitOf.get(kind) ?? 0), 0);
/** Alone or together these fit many people: a table of regions and ages is no list of persons. */
const common = bits("sex", "birth-date", "postal-code");
const freeText = bits("free-text");
const reaching = bits("email", "phone", "my-number", "passport", "payment-card");
const { digit, lower, upper, kanji, hiragana, katakana, compatible, at } = character;
const letters = lower | upper | kanji | hiragana | katakana | compatible;

const place = bits("address", "postal-code");

/** Whether kinds found together are a person's record. */
export function isRecord(all: number): boolean {
  const kinds = all & ~freeText;
  // One kind alone; or a place, which may be a shop's.
  if ((kinds & (kinds - 1)) === 0 || (kinds & ~place) === 0) return false;
  return (kinds & ~common) !== 0 || (kinds & common) === common;
}

/**
 * Counts records of persons in a text: CSV and its like, JSON and JSON lines, dumps of SQL, or any text.
 * Columns are settled by the first rows; then each cell is only looked at for whether it can be what its
 * column is, and cells of other columns for what needs no column. A few dozen megabytes a second.
 */
export function scanText(text: string, options: ScanOptions): TextScan {
  const whole = trimCuts(text, options);
  const layout = options.layout ?? readLayout(whole, options.today);
  const counter = new Counter(whole, options.today);
  switch (layout.format) {
    case "delimited":
      counter.columns = layout.columns;
      counter.skipRows = layout.header && options.layout === undefined ? 1 : 0;
      walkDelimited(whole, layout, counter);
      break;
    case "json":
      counter.columns = layout.columns;
      walkJson(whole, counter, { keys: new Map(layout.keys), isRecord });
      break;
    case "sql":
      counter.columns = layout.columns;
      scanStatements(whole, counter, { layout, today: options.today });
      break;
    case "text":
      scanLines(whole, counter);
  }
  return counter.result(layout);
}

/** Takes off the torn rows at both ends; in a dump whose lines are endless, up to the next tuple. */
function trimCuts(text: string, { cutBefore, cutAfter }: ScanOptions): string {
  let [from, to] = [0, text.length];
  if (cutBefore === true) {
    const line = text.indexOf("\n");
    const tuple = text.indexOf("),(");
    if (line >= 0 && (line < 1_000_000 || tuple < 0)) from = line + 1;
    else if (tuple >= 0) from = tuple + 2;
  }
  if (cutAfter === true) {
    const line = text.lastIndexOf("\n");
    if (line > from) to = line + 1;
  }
  return from === 0 && to === text.length ? text : text.slice(from, to);
}

type Sql = { layout: Extract<Layout, { format: "sql" }>; today: Temporal.PlainDate };

/** INSERT and COPY of a dump; each table's columns are settled by its own first rows. */
function scanStatements(text: string, counter: Counter, { layout, today }: Sql): void {
  const head = statementHead();
  const scan = (table: string, names: readonly string[], walk: (cells: Cells) => void): void => {
    let base = layout.tables.get(table);
    if (base === undefined) {
      base = layout.columns.length;
      layout.columns.push(...readColumns(text, walk, { names, today }));
      if (layout.tables.size < 10_000) layout.tables.set(table, base);
    }
    counter.base = base;
    walk(counter);
  };
  const first = head.exec(text);
  // Another part of a dump may begin among rows whose statement stands before it.
  const before = text.slice(0, first?.index ?? text.length);
  if (/^\s*\(/.test(before)) scan("?tuples", [], (cells) => void walkTuples(before, 0, cells));
  else if (/^[^\n]*\t/.test(before))
    scan("?lines", [], (cells) => walkDelimited(before, { delimiter: "\t" }, cells));
  for (let match = first; match !== null; match = head.exec(text)) {
    const from = head.lastIndex;
    const names = (match[2] ?? match[4] ?? "")
      .split(",")
      .map((name) => name.trim().replace(/^["`]|["`]$/g, ""));
    if (match[1] !== undefined) {
      let end = from;
      scan(match[1], names, (cells) => {
        end = walkTuples(text, from, cells);
      });
      head.lastIndex = Math.max(end, from);
    } else {
      const last = text.indexOf("\n\\.", from - 1);
      const end = last < 0 ? text.length : last;
      scan(match[3] ?? "", names, (cells) => walkDelimited(text, { delimiter: "\t", from, to: end }, cells));
      head.lastIndex = end;
    }
  }
}

/** Running text: each line is a row. */
function scanLines(text: string, counter: Counter): void {
  let [from, end, kinds] = [0, endOfLine(text, 0), 0];
  findItems(text, (kind, at) => {
    while (at > end) {
      counter.row(kinds);
      [from, kinds] = [end + 1, 0];
      end = endOfLine(text, from);
    }
    kinds |= counter.count(kind);
  });
  counter.row(kinds);
  for (from = end + 1; from < text.length; from = endOfLine(text, from) + 1) counter.row(0);
}

/** Takes each cell for what its column is, if it can be that, and counts. */
class Counter implements Cells {
  columns: readonly LayoutColumn[] = [];
  /** Where the columns of the table at hand begin. */
  base = 0;
  /** Rows that name columns. */
  skipRows = 0;
  readonly #text: string;
  readonly #today: Temporal.PlainDate;
  readonly #byKind = new Map<PersonalKind, number>(PERSONAL_KINDS.map((kind) => [kind, 0]));
  #rows = 0;
  #records = 0;
  #items = 0;

  constructor(text: string, today: Temporal.PlainDate) {
    this.#text = text;
    this.#today = today;
  }

  cell(column: number, from: number, to: number, seen: number): number {
    if (this.skipRows > 0) return 0;
    const kind = this.columns[this.base + column]?.kind ?? null;
    if (kind === null) return this.#unsettled(from, to, seen);
    if (kind === "free-text") return this.#inText(from, to);
    if (!fits(kind, seen, to - from) || this.#isNull(from, to)) return 0;
    return this.count(kind);
  }

  row(kinds: number): boolean {
    if (this.skipRows > 0) {
      this.skipRows -= 1;
      return true;
    }
    this.#rows += 1;
    if (isRecord(kinds)) this.#records += 1;
    else if ((kinds & reaching) !== 0) this.#items += 1;
    return true;
  }

  count(kind: PersonalKind): number {
    this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0) + 1);
    return bitOf.get(kind) ?? 0;
  }

  result(layout: Layout): TextScan {
    return {
      format: layout.format,
      delimiter: layout.format === "delimited" ? layout.delimiter : null,
      rows: this.#rows,
      records: this.#records,
      items: this.#items,
      byKind: Object.fromEntries(this.#byKind) as Record<PersonalKind, number>,
      columns: this.columns.flatMap(({ name, kind, confidence }) =>
        kind === null ? [] : [{ name, kind, confidence }],
      ),
      layout,
    };
  }

  /** NULL as COPY and MySQL write it. */
  #isNull(from: number, to: number): boolean {
    return to - from === 2 && this.#text.charCodeAt(from) === 92;
  }

  /** A cell of a column that is nothing personal as a whole may still be what needs no column. */
  #unsettled(from: number, to: number, seen: number): number {
    const length = to - from;
    if (length < 7 || length > 4_000) return 0;
    const first = this.#text.charCodeAt(from);
    const number =
      (seen & (letters & ~compatible)) === 0 && (first === 48 || first === 43 || first === 40 || first > 255);
    const place = (seen & kanji) !== 0 && (seen & (digit | compatible)) !== 0;
    if ((seen & at) === 0 && !number && !place) return 0;
    const found = classifyCell(this.#text.slice(from, to), this.#today);
    if (found === null) return 0;
    if (found.kind === "free-text") return this.#inText(from, to);
    return found.confidence >= 0.9 ? this.count(found.kind) : 0;
  }

  #inText(from: number, to: number): number {
    let kinds = 0;
    findItems(this.#text.slice(from, to), (kind) => {
      kinds |= this.count(kind);
    });
    return kinds === 0 ? 0 : kinds | this.count("free-text");
  }
}

/** Whether a cell can be of the kind that its column is, by its characters and its length. */
function fits(kind: PersonalKind, seen: number, length: number): boolean {
  const numberOnly = (seen & (lower | upper | kanji | hiragana | katakana)) === 0;
  const hasNumber = (seen & (digit | compatible)) !== 0;
  switch (kind) {
    case "name":
      return length >= 2 && length <= 60 && (seen & letters) !== 0 && (seen & (digit | at)) === 0;
    case "kana":
      return length >= 2 && length <= 60 && (seen & (katakana | hiragana | compatible)) !== 0;
    case "roman-name":
      return length >= 4 && length <= 60 && (seen & (lower | upper)) !== 0 && (seen & (digit | at)) === 0;
    case "birth-date":
      return length >= 5 && length <= 32 && hasNumber;
    case "sex":
      return length <= 6;
    case "email":
      return length >= 6 && (seen & at) !== 0;
    case "phone":
      return length >= 9 && length <= 24 && numberOnly && hasNumber;
    case "postal-code":
      return length >= 7 && length <= 10 && numberOnly && hasNumber;
    case "address":
      return length >= 3 && (seen & letters) !== 0;
    case "passport":
      return length === 9 && (seen & digit) !== 0;
    case "my-number":
    case "payment-card":
      return length >= 12 && length <= 24 && numberOnly && hasNumber;
    default:
      return true;
  }
}
