import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { startsOfTexts, TextCodes } from "../../lib/parquet/textCodes.ts";
import { TextColumn } from "../../lib/parquet/textColumn.ts";
import type { ColumnValues } from "../../lib/parquet/writeParquet.ts";
import { ATTRIBUTES } from "./customerColumns.ts";
import { scratch } from "./scratch.ts";
import { readShared } from "./signatureFile.ts";

/**
 * Keys and attributes of the customers, by row, for the outputs: of attributes few texts are different, and
 * each row holds their numbers. Memory that threads share.
 */
export type CustomerTexts = {
  rows: number;
  /** The key of row n is `ids[idStarts[n]..idStarts[n + 1] − 4)`. */
  ids: Uint8Array;
  idStarts: Uint32Array;
  /** For each row, by ATTRIBUTES, the numbers of its texts: `codes[row * ATTRIBUTES.length + attribute]`. */
  codes: Uint32Array;
  /** By ATTRIBUTES: the texts in PLAIN; number 0 is the empty one. */
  texts: { plain: Uint8Array; starts: Uint32Array }[];
};

/** Takes keys and attributes of one part of a customer table, group by group, and writes them to a file. */
export class CustomerTextWriter {
  readonly #ids: Uint8Array[] = [];
  readonly #attributes = ATTRIBUTES.map(() => ({ codes: new TextCodes(), rows: [] as Uint32Array[] }));
  #rows = 0;

  /** The number of an attribute's text. */
  code(attribute: number, bytes: Uint8Array, span: { from: number; to: number }): number {
    return this.#of(attribute).codes.code(bytes, span.from, span.to);
  }

  #of(attribute: number): { codes: TextCodes; rows: Uint32Array[] } {
    return this.#attributes[attribute] as { codes: TextCodes; rows: Uint32Array[] };
  }

  /** Rows that follow: their keys in PLAIN, and by ATTRIBUTES the numbers of their texts. Both are copied. */
  add(ids: Uint8Array, codes: readonly Uint32Array[]): void {
    this.#ids.push(Uint8Array.from(ids));
    for (const [attribute, rows] of codes.entries()) this.#of(attribute).rows.push(Uint32Array.from(rows));
    this.#rows += (codes[0] as Uint32Array).length;
  }

  /** The rows that were added last, for Parquet: by a dictionary where few texts are different. */
  lastValues(attribute: number): ColumnValues {
    const { codes, rows } = this.#of(attribute);
    const last = rows.at(-1) as Uint32Array;
    const { plain } = codes.texts;
    if (codes.count <= 0x10000)
      return { dictionary: plain, count: codes.count, indices: Uint16Array.from(last) };
    const starts = startsOfTexts(plain, codes.count);
    const texts = new TextColumn();
    for (const code of last) texts.add(plain, starts[code] as number, (starts[code + 1] as number) - 4);
    return { plain: texts.plain };
  }

  write(file: string): void {
    const whole = (parts: readonly (Uint8Array | Uint32Array)[]): Uint8Array =>
      Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
    writeParts(file, this.#rows, [
      whole(this.#ids),
      ...this.#attributes.flatMap(({ codes, rows }) => [codes.texts.plain, whole(rows)]),
    ]);
  }
}

/** Numbers of 32 bits: rows and the size of each part; then the parts. */
function writeParts(file: string, rows: number, parts: readonly (Uint8Array | Uint32Array)[]): void {
  const bytes = parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
  const head = Uint32Array.of(rows, ...bytes.map((part) => part.length));
  writeFileSync(file, Buffer.concat([Buffer.from(head.buffer), ...bytes]), { mode: 0o600 });
}

function readParts(file: string): { rows: number; parts: Uint8Array[] } {
  const bytes = readFileSync(file);
  const count = 1 + ATTRIBUTES.length * 2;
  let at = (count + 1) * 4;
  const parts = Array.from({ length: count }, (_, part) => {
    const size = bytes.readUInt32LE((part + 1) * 4);
    at += size;
    return bytes.subarray(at - size, at);
  });
  return { rows: bytes.readUInt32LE(0), parts };
}

const names = { ids: "ids.bin", codes: "codes.bin", texts: "texts.bin" } as const;

/** Makes one of what the parts of a table have written, in the order of their rows. */
export function joinTexts(files: readonly string[], folder: string): void {
  const parts = files.map(readParts);
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const put = (name: keyof typeof names, chunks: readonly Uint8Array[]): void => {
    const file = `${folder}/${names[name]}`;
    writeFileSync(file, "", { mode: 0o600 });
    for (const chunk of chunks) appendFileSync(file, chunk);
  };
  put(
    "ids",
    parts.map((part) => part.parts[0] as Uint8Array),
  );
  const codes = new Uint32Array(rows * ATTRIBUTES.length);
  const texts: Uint8Array[] = [];
  const sizes = new Uint32Array(ATTRIBUTES.length * 2);
  for (const attribute of ATTRIBUTES.keys()) {
    const all = new TextCodes();
    let row = 0;
    for (const part of parts) {
      const numbers = codesOfPart(all, part.parts[1 + attribute * 2] as Uint8Array);
      // A copy lies where words may lie.
      const own = new Uint32Array(new Uint8Array(part.parts[2 + attribute * 2] as Uint8Array).buffer);
      spread(codes, own, { numbers, row, attribute });
      row += part.rows;
    }
    texts.push(all.texts.plain);
    sizes[attribute * 2] = all.count;
    sizes[attribute * 2 + 1] = all.texts.length;
  }
  put("codes", [new Uint8Array(codes.buffer)]);
  put("texts", [new Uint8Array(sizes.buffer), ...texts]);
}

/** The numbers among all that the texts of one part have. */
function codesOfPart(all: TextCodes, plain: Uint8Array): Uint32Array {
  const numbers: number[] = [];
  for (let at = 0; at < plain.length;) {
    const size = sizeAt(plain, at);
    numbers.push(all.code(plain, at + 4, at + 4 + size));
    at += size + 4;
  }
  return Uint32Array.from(numbers);
}

function spread(
  codes: Uint32Array,
  own: Uint32Array,
  { numbers, row, attribute }: { numbers: Uint32Array; row: number; attribute: number },
): void {
  const count = ATTRIBUTES.length;
  for (let at = 0, place = row * count + attribute; at < own.length; at += 1, place += count)
    codes[place] = numbers[own[at] as number] as number;
}

const rowsOfBlock = 2_048;

/** The keys of customers, one behind the other as PLAIN has them; valid until the next call. */
export function plainIds({ ids, idStarts }: CustomerTexts, customers: Uint32Array): Uint8Array {
  // Customers come in no order. Where their keys lie is looked up for a whole block, and then all of it is
  // copied: so the processor waits for many places of the memory at once.
  const [starts, sizes] = [new Uint32Array(rowsOfBlock), new Uint32Array(rowsOfBlock)];
  let plain = new Uint8Array(scratch("keys", customers.length * 16));
  let place = 0;
  for (let first = 0; first < customers.length; first += rowsOfBlock) {
    const rows = Math.min(rowsOfBlock, customers.length - first);
    for (let at = 0; at < rows; at += 1)
      starts[at] = (idStarts[customers[first + at] as number] as number) - 4;
    let total = 0;
    for (let at = 0; at < rows; at += 1) {
      const start = starts[at] as number;
      sizes[at] = 4 + sizeAt(ids, start);
      total += sizes[at] as number;
    }
    if (place + total > plain.length) {
      const larger = new Uint8Array((place + total) * 2);
      larger.set(plain);
      plain = larger;
    }
    for (let at = 0; at < rows; at += 1) {
      const end = (starts[at] as number) + (sizes[at] as number);
      for (let from = starts[at] as number; from < end; from += 1) plain[place++] = ids[from] as number;
    }
  }
  return plain.subarray(0, place);
}

/** The length of a text of PLAIN, which stands before it. */
function sizeAt(plain: Uint8Array, at: number): number {
  return (
    (plain[at] as number) |
    ((plain[at + 1] as number) << 8) |
    ((plain[at + 2] as number) << 16) |
    ((plain[at + 3] as number) << 24)
  );
}

/** Reads what `joinTexts` has written. */
export function readTexts(folder: string, rows: number): CustomerTexts {
  const ids = readShared(`${folder}/${names.ids}`);
  const codes = readShared(`${folder}/${names.codes}`);
  const texts = readShared(`${folder}/${names.texts}`);
  const sizes = new Uint32Array(texts.buffer, 0, ATTRIBUTES.length * 2);
  let at = sizes.byteLength;
  return {
    rows,
    ids,
    idStarts: startsOfTexts(ids, rows),
    codes: new Uint32Array(codes.buffer, 0, rows * ATTRIBUTES.length),
    texts: ATTRIBUTES.map((_, attribute) => {
      const size = sizes[attribute * 2 + 1] as number;
      const plain = new Uint8Array(texts.buffer, at, size);
      at += size;
      return { plain, starts: startsOfTexts(plain, sizes[attribute * 2] as number) };
    }),
  };
}
