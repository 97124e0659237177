import type { Writable } from "node:stream";
import type { PdfLanguage } from "./fontFiles.ts";
import { PdfWriter, type PdfWritten } from "./pdfWriter.ts";

/** One letter; a line of its body is a paragraph, an empty one a gap. */
export type Letter = {
  /** Stands small at the foot of each of its pages, so that what comes back can be told. */
  reference: string;
  /** Postal code, address, name: as they stand in the window. */
  address: readonly string[];
  /** Who writes, upper right. */
  sender: readonly string[];
  date: string;
  subject: string;
  body: string;
};

/** Where a letter stands in the file. */
export type LetterPlace = {
  reference: string;
  firstPage: number;
  pages: number;
  /** Characters of this letter that no font here has; they are printed as 〓, so somebody must look. */
  missing: string[];
};

export type LetterOptions = {
  language: PdfLanguage;
  title: string;
  createdAt: Temporal.Instant;
  /**
   * The window of the envelope in millimetres from the upper left of the sheet; 20, 45, 85 is that of a
   * 長形3号 envelope with a sheet folded in three, and of DIN 5008 form B alike.
   */
  window?: { x: number; y: number; width: number };
  /** Both sides are printed: a letter begins on an odd page. */
  duplex?: boolean;
  onLetter?: (place: LetterPlace) => void | Promise<void>;
};

/**
 * Writes letters into one file, one after the other, in memory that does not grow with their number. The
 * stream is waited for between letters. Throws setup-incomplete where the language's font is missing.
 */
export async function writeLetters(
  sink: Writable,
  letters: AsyncIterable<Letter> | Iterable<Letter>,
  options: LetterOptions,
): Promise<PdfWritten> {
  const { window = { x: 20, y: 45, width: 85 }, language, title, createdAt } = options;
  let reference = "";
  const footer = (): string => reference;
  const pdf = new PdfWriter(sink, { language, title, createdAt, footer, streamed: true });
  for await (const letter of letters) {
    if (options.duplex === true && pdf.page % 2 === 1) pdf.newPage();
    pdf.newPage();
    reference = letter.reference;
    const firstPage = pdf.page;
    writeLetter(pdf, letter, window);
    const pages = pdf.page - firstPage + 1;
    await options.onLetter?.({ reference, firstPage, pages, missing: pdf.takeMissing() });
    await pdf.settled();
  }
  return pdf.close();
}

function writeLetter(pdf: PdfWriter, letter: Letter, window: { x: number; y: number; width: number }): void {
  const sender = pdf.block({ x: 120, y: 20, width: 70 }, [letter.date, "", ...letter.sender], { size: 9 });
  const address = pdf.block(window, letter.address, { size: 10.5 });
  pdf.moveTo(Math.max(95, address + 10, sender + 10));
  pdf.paragraph(letter.subject, { size: 12, bold: true, align: "center", after: 5 });
  for (const part of letter.body.split(/\r\n?|\n/)) {
    if (part === "") pdf.space(3);
    else pdf.paragraph(part, { size: 10.5, after: 1 });
  }
}
