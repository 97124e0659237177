import type PDFDocument from "pdfkit";
import { visibleText } from "../visibleText.ts";
import type { FontFile, FontPair } from "./fontFiles.ts";
import type { Piece } from "./breakLines.ts";

/**
 * What we use of a font as pdfkit 0.20 embeds it. `doc.text` lays every line out anew (5 ms a page) or keeps
 * each for ever (memory grows with the batch); one character at a time, kept once, does neither.
 */
type Embedded = {
  id: string;
  ascender: number;
  descender: number;
  encode(text: string): [codes: string[], positions: { advanceWidth: number }[]];
  ref(): unknown;
  font: { hasGlyphForCodePoint(codePoint: number): boolean };
};

type Glyph = { font: Embedded; codes: string; width: number; missing: boolean };
export type Weight = "regular" | "bold";

/** 〓, the printer's mark for a type that is not in the case (下駄). */
const getaMark = "〓";
const limits = { glyphsMax: 60_000, textCharactersMax: 1_000_000 } as const;

/** Characters of one document: which font has them, how wide they are, how they are written. */
export class Glyphs {
  /** Characters that no font has; each was printed as 〓. Who has read them may clear it. */
  readonly missing = new Set<string>();
  readonly #document: PDFKit.PDFDocument;
  readonly #fonts: Readonly<Record<Weight, (() => Embedded)[]>>;
  readonly #known: Record<Weight, Map<string, Glyph>> = { regular: new Map(), bold: new Map() };
  readonly #segmenter: Intl.Segmenter;

  constructor(document: InstanceType<typeof PDFDocument>, pairs: readonly FontPair[], language: string) {
    this.#document = document;
    this.#segmenter = new Intl.Segmenter(language, { granularity: "grapheme" });
    this.#fonts = {
      regular: pairs.map(({ regular }, at) => this.#later(`regular-${at}`, regular)),
      bold: pairs.map(({ bold }, at) => this.#later(`bold-${at}`, bold)),
    };
  }

  /** A font is read when its first character comes: most documents need only one. */
  #later(name: string, file: FontFile): () => Embedded {
    let font: Embedded | null = null;
    return () => {
      if (font === null) {
        if (file.family === null) this.#document.registerFont(name, file.path);
        else this.#document.registerFont(name, file.path, file.family);
        this.#document.font(name);
        font = (this.#document as unknown as { _font: Embedded })._font;
      }
      return font;
    };
  }

  /** The pieces of one line of text at a size in points; what is hidden in it is written out. */
  pieces(text: string, size: number, weight: Weight): Piece[] {
    // The brackets in which hidden characters are written out are in few fonts; these are in ours.
    const shown = visibleText(text.normalize("NFC").replaceAll("\t", "  "), limits.textCharactersMax)
      .replaceAll("⟨", "〈")
      .replaceAll("⟩", "〉");
    return [...this.#segmenter.segment(shown)].map(({ segment }) => {
      const { width, missing } = this.#glyph(segment, weight);
      if (missing) this.missing.add(segment);
      return { text: segment, width: (width * size) / 1000 };
    });
  }

  widthOf(text: string, size: number, weight: Weight): number {
    return this.pieces(text, size, weight).reduce((sum, { width }) => sum + width, 0);
  }

  /** The operators that print a line with its baseline at (x, y), counted from the page's lower left. */
  print(
    line: readonly Piece[],
    at: { x: number; y: number },
    style: { size: number; weight: Weight },
  ): string {
    const parts = [`1 0 0 1 ${point(at.x)} ${point(at.y)} Tm`];
    let [font, codes]: [Embedded | null, string] = [null, ""];
    const end = (): void => {
      if (codes !== "") parts.push(`<${codes}> Tj`);
      codes = "";
    };
    for (const { text } of line) {
      const glyph = this.#glyph(text, style.weight);
      if (glyph.font !== font) {
        end();
        font = glyph.font;
        const { page } = this.#document as unknown as { page: { fonts: Record<string, unknown> } };
        page.fonts[font.id] ??= font.ref();
        parts.push(`/${font.id} ${point(style.size)} Tf`);
      }
      codes += glyph.codes;
    }
    end();
    return parts.join(" ");
  }

  #glyph(text: string, weight: Weight): Glyph {
    const known = this.#known[weight];
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= limits.glyphsMax) known.clear();
    const glyph = this.#find(text, weight);
    known.set(text, glyph);
    return glyph;
  }

  #find(text: string, weight: Weight): Glyph {
    const points = [...text].map((character) => character.codePointAt(0) as number);
    for (const later of this.#fonts[weight]) {
      const font = later();
      if (!points.every((point) => isModifier(point) || font.font.hasGlyphForCodePoint(point))) continue;
      const [codes, positions] = font.encode(text);
      const width = positions.reduce((sum, { advanceWidth }) => sum + advanceWidth, 0);
      return { font, codes: codes.join(""), width, missing: false };
    }
    if (text !== getaMark) {
      return { ...this.#glyph(getaMark, weight), missing: true };
    }
    const font = (this.#fonts[weight][0] as () => Embedded)();
    const [codes, positions] = font.encode("?");
    return { font, codes: codes.join(""), width: positions[0]?.advanceWidth ?? 500, missing: true };
  }
}

/** Variation selectors choose a form of the character before them; a font without it prints the usual one. */
function isModifier(point: number): boolean {
  return (point >= 0xfe00 && point <= 0xfe0f) || (point >= 0xe0100 && point <= 0xe01ef);
}

const point = (value: number): string => String(Math.round(value * 1000) / 1000);
