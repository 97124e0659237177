import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import PDFDocument from "pdfkit";
import { breakLines, type Piece } from "./breakLines.ts";
import { fontsFor, type PdfLanguage } from "./fontFiles.ts";
import { Glyphs, type Weight } from "./glyphs.ts";

export type PdfOptions = {
  title: string;
  language: PdfLanguage;
  /** Stands in the file's properties. */
  author?: string;
  /** Of the file's properties: the same content at the same time gives the same bytes. */
  createdAt: Temporal.Instant;
  /** At the head of every page. */
  header?: string;
  /** At the foot of every page; `pages` is null where they are written out as they come. */
  footer?: (page: number, pages: number | null) => string;
  /**
   * Every page is written out when the next begins, so that a batch of letters needs no more memory than one:
   * its footers do not know how many pages there will be.
   */
  streamed?: boolean;
  /** Of text, in millimetres; 25, 20, 22, 20 unless said. */
  margins?: { top: number; right: number; bottom: number; left: number };
};

export type TextStyle = {
  /** In points; 10 unless said. */
  size?: number;
  bold?: boolean;
  /** 0 is black, 1 white. */
  gray?: number;
  align?: "left" | "right" | "center";
  /** From the left margin, in millimetres. */
  indent?: number;
  /** Below it, in millimetres; 2 unless said. */
  after?: number;
};

export type TableColumn = {
  title: string;
  /** Share of the width. */ share: number;
  align?: "left" | "right";
};

export type PdfWritten = { pages: number; bytes: number; /** Characters printed as 〓. */ missing: string[] };

const pointsPerMm = 72 / 25.4;
const page = { width: 595.28, height: 841.89 } as const;
const usual = { top: 25, right: 20, bottom: 22, left: 20 } as const;
const headings = {
  1: { size: 16, before: 0 },
  2: { size: 12.5, before: 5 },
  3: { size: 10.5, before: 3 },
} as const;
const leading = 1.55;
const cellPadding = 1.2 * pointsPerMm;

type Run = { size: number; weight: Weight; gray: number };

/**
 * Writes an A4 document from top to bottom into a stream: headings, paragraphs, tables, blocks at a fixed
 * place. Fonts are embedded with only the characters used, text can be searched and copied, lines keep
 * kinsoku.
 */
export class PdfWriter {
  readonly #document: PDFKit.PDFDocument;
  readonly #sink: Writable;
  readonly #glyphs: Glyphs;
  readonly #options: PdfOptions;
  readonly #margins: { top: number; right: number; bottom: number; left: number };
  readonly #ended: Promise<void>;
  readonly #missing = new Set<string>();
  #pages = 0;
  #bytes = 0;
  /** From the top of the page, in points. */
  #y = 0;

  /** Throws setup-incomplete where the language's font is missing. `sink` is ended by `close`. */
  constructor(sink: Writable, options: PdfOptions) {
    this.#options = options;
    this.#sink = sink;
    const { top, right, bottom, left } = options.margins ?? usual;
    this.#margins = {
      top: top * pointsPerMm,
      right: right * pointsPerMm,
      bottom: bottom * pointsPerMm,
      left: left * pointsPerMm,
    };
    this.#document = new PDFDocument({
      autoFirstPage: false,
      bufferPages: options.streamed !== true,
      margin: 0,
      size: "A4",
      lang: options.language,
      displayTitle: true,
      pdfVersion: "1.7",
      info: {
        Title: options.title,
        Creator: "Sekisho",
        ...(options.author === undefined ? {} : { Author: options.author }),
        CreationDate: new Date(options.createdAt.epochMilliseconds),
      },
    });
    this.#glyphs = new Glyphs(this.#document, fontsFor(options.language), options.language);
    this.#document.on("data", (chunk: Buffer) => {
      this.#bytes += chunk.length;
    });
    this.#ended = finished(sink);
    // Whoever waits hears of it in `settled` or `close`; until then it is no unhandled rejection.
    this.#ended.catch(() => {});
    this.#document.pipe(sink);
  }

  /** The page on which the next line comes, from 1; 0 before the first. */
  get page(): number {
    return this.#pages;
  }

  /** Characters that no font here has, since this was last asked. */
  takeMissing(): string[] {
    const missing = [...this.#glyphs.missing];
    this.#glyphs.missing.clear();
    for (const character of missing) this.#missing.add(character);
    return missing;
  }

  newPage(): void {
    if (this.#pages > 0 && this.#options.streamed === true) this.#printEdges(this.#pages, null);
    this.#document.addPage();
    if (this.#options.streamed === true) this.#forgetPage();
    this.#pages += 1;
    this.#y = this.#margins.top;
  }

  /** Written pages need only their number: pdfkit keeps their dictionaries to the end otherwise. */
  #forgetPage(): void {
    const root = (this.#document as unknown as { _root: { data: { Pages: { data: { Kids: Ref[] } } } } })
      ._root;
    const before = root.data.Pages.data.Kids.at(-2);
    if (before !== undefined) before.data = {};
  }

  heading(text: string, level: 1 | 2 | 3 = 1): void {
    const { size, before } = headings[level];
    const lines = this.#wrap(text, this.#width, { size, weight: "bold" });
    // A heading does not stand alone at the foot of a page.
    this.#need(lines.length * size * leading + before * pointsPerMm + 3 * 10 * leading);
    if (this.#y > this.#margins.top) this.#y += before * pointsPerMm;
    this.#document.outline.addItem(text);
    for (const line of lines) this.#line(line, { size, weight: "bold", gray: 0 });
    this.#y += 1.5 * pointsPerMm;
  }

  /** Lines are broken where they are full; a line feed begins a new one. */
  paragraph(text: string, style: TextStyle = {}): void {
    const { size, run, indent } = styleOf(style);
    for (const part of text.split(/\r\n?|\n/)) {
      for (const line of this.#wrap(part, this.#width - indent, run)) {
        this.#need(size * leading);
        this.#line(line, run, { indent, align: style.align ?? "left" });
      }
    }
    this.#y += (style.after ?? 2) * pointsPerMm;
  }

  /** A text with a mark (a number, a dot) before it, hanging. */
  item(mark: string, text: string, style: TextStyle = {}): void {
    const { size, run, indent } = styleOf(style);
    const hang = Math.max(this.#glyphs.widthOf(mark, size, run.weight) + size * 0.4, size * 1.2);
    const lines = text
      .split(/\r\n?|\n/)
      .flatMap((part) => this.#wrap(part, this.#width - indent - hang, run));
    for (const [place, line] of lines.entries()) {
      this.#need(size * leading);
      const y = this.#y;
      if (place === 0) this.#line(this.#glyphs.pieces(mark, size, run.weight), run, { indent });
      this.#y = y;
      this.#line(line, run, { indent: indent + hang });
    }
    this.#y += (style.after ?? 1) * pointsPerMm;
  }

  space(millimetres: number): void {
    this.#y += millimetres * pointsPerMm;
  }

  /** A table; its head stands again on every page, and a row that is taller than a page goes on. */
  table(columns: readonly TableColumn[], rows: readonly (readonly string[])[], style: TextStyle = {}): void {
    const size = style.size ?? 8.5;
    const shares = columns.reduce((sum, { share }) => sum + share, 0);
    const widths = columns.map(({ share }) => (this.#width * share) / shares);
    const head = columns.map(({ title }) => title);
    const wrap = (texts: readonly string[], weight: Weight): Piece[][][] =>
      columns.map((_, at) =>
        (texts[at] ?? "")
          .split(/\r\n?|\n/)
          .flatMap((part) => this.#wrap(part, (widths[at] as number) - 2 * cellPadding, { size, weight })),
      );
    const wrappedHead = head.some((title) => title !== "") ? wrap(head, "bold") : null;
    const headHeight = wrappedHead === null ? 0 : heightOf(wrappedHead, size);
    this.#need(headHeight + 2 * size * leading + 4 * cellPadding);
    const drawHead = (): void => {
      if (wrappedHead !== null) this.#row(wrappedHead, { columns, widths, size, head: true });
    };
    drawHead();
    for (const row of rows) {
      let rest = wrap(row, "regular");
      while (rest.some((cell) => cell.length > 0)) {
        const room = Math.floor((this.#bottom - this.#y - 2 * cellPadding) / (size * leading));
        const tallest = Math.max(...rest.map((cell) => cell.length));
        // A short row is not torn apart; it goes to the next page.
        if (room < Math.min(tallest, 8)) {
          this.newPage();
          drawHead();
          continue;
        }
        this.#row(
          rest.map((cell) => cell.slice(0, room)),
          { columns, widths, size, head: false },
        );
        rest = rest.map((cell) => cell.slice(room));
      }
    }
    this.#y += (style.after ?? 3) * pointsPerMm;
  }

  /**
   * Lines at a fixed place of the page, such as the address in the window of an envelope; `x`, `y` and
   * `width` in millimetres from the upper left. Long lines are broken. Gives where the block ends, in
   * millimetres.
   */
  block(
    place: { x: number; y: number; width: number },
    lines: readonly string[],
    style: TextStyle = {},
  ): number {
    const { size, run } = styleOf(style);
    let y = place.y * pointsPerMm;
    for (const text of lines) {
      for (const line of this.#wrap(text, place.width * pointsPerMm, run)) {
        const x = this.#startOf(line, { x: place.x, width: place.width }, style.align ?? "left");
        this.#print(line, { x, y }, run);
        y += size * leading;
      }
    }
    return y / pointsPerMm;
  }

  /** The next line comes here, in millimetres from the top of the page. */
  moveTo(millimetres: number): void {
    this.#y = millimetres * pointsPerMm;
  }

  /** A thin line across the text. */
  rule(): void {
    this.#stroke(this.#margins.left, this.#y, page.width - this.#margins.right);
    this.#y += 2 * pointsPerMm;
  }

  /** Resolves when the stream has taken what was written: call it between letters of a batch. */
  async settled(): Promise<void> {
    const isFull = (): boolean => this.#document.readableLength > 0 || this.#sink.writableNeedDrain;
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (isFull()) {
      const drained = new Promise<void>((resolve) => {
        if (this.#sink.writableNeedDrain) this.#sink.once("drain", resolve);
        else setImmediate(resolve);
      });
      await Promise.race([drained, this.#ended]);
    }
  }

  /** Resolves when the sink has everything; rejects with what the sink failed by. */
  async close(): Promise<PdfWritten> {
    if (this.#pages === 0) this.newPage();
    if (this.#options.streamed === true) this.#printEdges(this.#pages, null);
    else {
      for (let at = 0; at < this.#pages; at += 1) {
        this.#document.switchToPage(at);
        this.#printEdges(at + 1, this.#pages);
      }
    }
    this.#document.end();
    this.takeMissing();
    await this.#ended;
    return { pages: this.#pages, bytes: this.#bytes, missing: [...this.#missing] };
  }

  #printEdges(number: number, pages: number | null): void {
    const run: Run = { size: 8, weight: "regular", gray: 0.35 };
    const { header, footer } = this.#options;
    const across = { x: this.#margins.left / pointsPerMm, width: this.#width / pointsPerMm };
    if (header !== undefined) {
      const line = this.#wrap(header, this.#width, run)[0] ?? [];
      const x = this.#startOf(line, across, "right");
      this.#print(line, { x, y: this.#margins.top - 8 * pointsPerMm }, run);
    }
    if (footer === undefined) return;
    const line = this.#wrap(footer(number, pages), this.#width, run)[0] ?? [];
    const x = this.#startOf(line, across, "center");
    this.#print(line, { x, y: page.height - this.#margins.bottom + 6 * pointsPerMm }, run);
  }

  get #width(): number {
    return page.width - this.#margins.left - this.#margins.right;
  }

  get #bottom(): number {
    return page.height - this.#margins.bottom;
  }

  #need(height: number): void {
    if (this.#pages === 0 || this.#y + height > this.#bottom) this.newPage();
  }

  #wrap(text: string, width: number, { size, weight }: { size: number; weight: Weight }): Piece[][] {
    return breakLines(this.#glyphs.pieces(text, size, weight), width);
  }

  #line(
    line: readonly Piece[],
    run: Run,
    { indent = 0, align = "left" }: { indent?: number; align?: "left" | "right" | "center" } = {},
  ): void {
    const across = {
      x: (this.#margins.left + indent) / pointsPerMm,
      width: (this.#width - indent) / pointsPerMm,
    };
    this.#print(line, { x: this.#startOf(line, across, align), y: this.#y }, run);
    this.#y += run.size * leading;
  }

  /** `across` in millimetres; gives points. */
  #startOf(line: readonly Piece[], across: { x: number; width: number }, align: string): number {
    const start = across.x * pointsPerMm;
    if (align === "left") return start;
    const free = across.width * pointsPerMm - line.reduce((sum, { width }) => sum + width, 0);
    return start + Math.max(0, align === "right" ? free : free / 2);
  }

  /** `y`: of the upper edge of the line, from the top of the page. */
  #print(line: readonly Piece[], at: { x: number; y: number }, run: Run): void {
    if (line.length === 0) return;
    // The letters stand in the middle of their line; 0.88 of the size is a CJK font's ascent.
    const baseline = at.y + (run.size * (leading - 1)) / 2 + run.size * 0.88;
    const text = this.#glyphs.print(line, { x: at.x, y: page.height - baseline }, run);
    // pdfkit has turned the page upside down; here it is turned back.
    this.#document.addContent(`q 1 0 0 -1 0 ${page.height} cm ${run.gray} g BT ${text} ET Q`);
  }

  #row(
    cells: readonly Piece[][][],
    {
      columns,
      widths,
      size,
      head,
    }: { columns: readonly TableColumn[]; widths: number[]; size: number; head: boolean },
  ): void {
    const height = heightOf(cells, size);
    const run: Run = { size, weight: head ? "bold" : "regular", gray: 0 };
    if (head) this.#fill(this.#margins.left, this.#y, { width: this.#width, height });
    let x = this.#margins.left;
    for (const [at, cell] of cells.entries()) {
      const width = widths[at] as number;
      const across = { x: (x + cellPadding) / pointsPerMm, width: (width - 2 * cellPadding) / pointsPerMm };
      for (const [row, line] of cell.entries()) {
        const y = this.#y + cellPadding + row * size * leading;
        const start = this.#startOf(line, across, columns[at]?.align ?? "left");
        this.#print(line, { x: start, y }, run);
      }
      x += width;
    }
    this.#y += height;
    this.#stroke(this.#margins.left, this.#y, page.width - this.#margins.right);
  }

  #fill(x: number, y: number, { width, height }: { width: number; height: number }): void {
    this.#document.addContent(`q 0.93 g ${round(x)} ${round(y)} ${round(width)} ${round(height)} re f Q`);
  }

  #stroke(from: number, y: number, to: number): void {
    this.#document.addContent(`q 0.6 G 0.4 w ${round(from)} ${round(y)} m ${round(to)} ${round(y)} l S Q`);
  }
}

type Ref = { data: object };

function styleOf(style: TextStyle): { size: number; run: Run; indent: number } {
  const size = style.size ?? 10;
  const weight = style.bold === true ? "bold" : "regular";
  return { size, run: { size, weight, gray: style.gray ?? 0 }, indent: (style.indent ?? 0) * pointsPerMm };
}

function heightOf(cells: readonly Piece[][][], size: number): number {
  return Math.max(1, ...cells.map((cell) => cell.length)) * size * leading + 2 * cellPadding;
}

const round = (value: number): number => Math.round(value * 100) / 100;
