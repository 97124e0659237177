import type { PersonalKind } from "./kinds.ts";
import { classifyCell } from "./classifyCell.ts";
import { classifyColumn } from "./classifyColumn.ts";
import { hintOfName } from "./columnNames.ts";
import { walkJson } from "./walkJson.ts";
import { walkDelimited, type Cells } from "./walkText.ts";

export type LayoutColumn = { name: string; kind: PersonalKind | null; confidence: number };

/** How a text is built, as its first rows show. */
export type Layout =
  | { format: "delimited"; delimiter: string; header: boolean; columns: LayoutColumn[] }
  /** Columns by key; 0 is what stands under no key. */
  | { format: "json"; keys: Map<string, number>; columns: LayoutColumn[] }
  /** Columns of one table after the other; each table begins where the map says. */
  | { format: "sql"; tables: Map<string, number>; columns: LayoutColumn[] }
  | { format: "text" };

const sampleRowsMax = 300;
const sampleCellsMax = 200;
/** So much of a text says how it is built. */
const headCharactersMax = 512 * 1024;

/** Below this, what a column is taken for is not counted: a file of orders is not a file of persons. */
export const columnConfidenceMin = 0.5;

const table = "([^\\s(]{1,200})\\s*(?:\\(([^()]{0,8000})\\)\\s*)?";
/** Heads of INSERT (1: table, 2: columns) and COPY (3 and 4) in a dump. */
export const statementHead = (): RegExp =>
  new RegExp(
    `\\bINSERT\\s+INTO\\s+${table}VALUES\\s*|\\bCOPY\\s+${table}FROM\\s+stdin[^\\n]{0,200}\\n`,
    "gi",
  );

/** How the text is built; from its first half megabyte. */
export function readLayout(text: string, today: Temporal.PlainDate): Layout {
  const head = text.slice(0, headCharactersMax);
  const start = head.trimStart();
  if (/^[[{]/.test(start) && /"\s*:|^\[\s*["[\d]/.test(start.slice(0, 65_536))) {
    const keys = new Map<string, number>();
    const samples = new Samples(head);
    walkJson(head, samples, { keys, isRecord: () => false });
    const names = ["", ...keys.keys()];
    return { format: "json", keys, columns: samples.columns(names, today) };
  }
  if (statementHead().test(head)) return { format: "sql", tables: new Map(), columns: [] };
  const delimiter = delimiterOf(head);
  if (delimiter === null) return { format: "text" };
  const samples = new Samples(head);
  walkDelimited(head, { delimiter }, samples);
  const header = samples.header(today);
  const columns = samples.columns(header ? samples.firstRow : samples.firstRow.map(() => ""), today, header);
  if (delimiter === "\n" && (columns[0]?.confidence ?? 0) < 0.8) return { format: "text" };
  return { format: "delimited", delimiter, header, columns };
}

/** Columns of rows that come without names, or with those of a statement. */
export function readColumns(
  text: string,
  walk: (cells: Cells) => void,
  { names, today }: { names: readonly string[]; today: Temporal.PlainDate },
): LayoutColumn[] {
  const samples = new Samples(text);
  walk(samples);
  return samples.columns(names, today);
}

/**
 * The character that cuts most lines into the same number of cells; a line break where each line is one
 * cell.
 */
function delimiterOf(head: string): string | null {
  let best: { delimiter: string; cells: number } | null = null;
  for (const delimiter of [",", "\t", ";", "|", "\u0001", "^"]) {
    const counts: number[] = [];
    walkDelimited(
      head,
      { delimiter },
      {
        cell: () => 0,
        row: (_, cells) => {
          counts.push(cells);
          return counts.length < 60;
        },
      },
    );
    if (counts.length > 2 && head.length < headCharactersMax) counts.pop(); // It may be torn.
    const common = mostCommon(counts.filter((count) => count > 1));
    const share = counts.filter((count) => count === common).length / counts.length;
    if (common === null || share < 0.6 || (best !== null && best.cells >= common)) continue;
    best = { delimiter, cells: common };
  }
  return best?.delimiter ?? (head.includes("\n") ? "\n" : null);
}

function mostCommon(counts: readonly number[]): number | null {
  const times = new Map<number, number>();
  for (const count of counts) times.set(count, (times.get(count) ?? 0) + 1);
  return [...times].toSorted((one, other) => other[1] - one[1])[0]?.[0] ?? null;
}

/** Keeps some cells of each column, and the first row. */
class Samples implements Cells {
  readonly #text: string;
  readonly #values: string[][] = [];
  readonly firstRow: string[] = [];
  #rows = 0;

  constructor(text: string) {
    this.#text = text;
  }

  cell(column: number, from: number, to: number): number {
    const value = this.#text.slice(from, Math.min(to, from + 1_000));
    if (this.#rows === 0) {
      while (this.firstRow.length < column) this.firstRow.push("");
      this.firstRow[column] = value;
    }
    const values = (this.#values[column] ??= []);
    if (values.length < sampleCellsMax) values.push(value);
    return 0;
  }

  row(): boolean {
    this.#rows += 1;
    return this.#rows < sampleRowsMax;
  }

  /** The first row names the columns where it says so and holds nothing personal itself. */
  header(today: Temporal.PlainDate): boolean {
    const named = this.firstRow.filter((name) => hintOfName(name.trim()) !== null).length;
    const personal = this.firstRow.filter(
      (cell) => (classifyCell(cell, today)?.confidence ?? 0) >= 0.5,
    ).length;
    const words = this.firstRow.every((cell) => cell.length <= 60 && !/^[\d.,:/-]+$/.test(cell));
    return words && personal === 0 && (named > 0 || this.#differs());
  }

  /** Below a header of words stand numbers, dates and the like. */
  #differs(): boolean {
    return this.#values.some((values) => {
      const rest = values.slice(1, 20);
      return rest.length > 2 && rest.every((cell) => /^[\d.,:/ -]+$/.test(cell));
    });
  }

  columns(names: readonly string[], today: Temporal.PlainDate, header = false): LayoutColumn[] {
    const count = Math.max(names.length, this.#values.length);
    return Array.from({ length: count }, (_, column) => {
      const name = (names[column] ?? "").trim();
      const values = (this.#values[column] ?? []).slice(header ? 1 : 0);
      if (values.length === 0) return { name, kind: null, confidence: 0 };
      const found = classifyColumn(values, { name, type: "text" }, today);
      return found.confidence < columnConfidenceMin
        ? { name, kind: null, confidence: 0 }
        : { name, kind: found.kind, confidence: found.confidence };
    });
  }
}
