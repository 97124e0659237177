import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { zstdCompressSync, constants } from "node:zlib";
import { ThriftWriter } from "./thriftCompact.ts";

/**
 * Parquet (apache/parquet-format 2.10) from columns that already lie in memory as Parquet wants them: what
 * workers hold as bytes and typed arrays goes to disk without a value ever becoming an object. Flat, nothing
 * optional. DuckDB needs ten times the processor time for the same, because text must go through CSV
 * (docs/figures.md).
 */

export const COLUMN_TYPES = ["int32", "uint32", "int64", "uint64", "double", "text"] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];
export type ParquetColumn = { name: string; type: ColumnType };

/** Values of one column of a row group. */
export type ColumnValues =
  /**
   * PLAIN: little-endian numbers one behind the other; for text, each with its length in four bytes before
   * it.
   */
  | { plain: Uint8Array }
  /** Up to 256 different values, PLAIN, and for each row which of them. */
  | { dictionary: Uint8Array; count: number; indices: Uint8Array };

type Chunk = { offset: number; dictionaryOffset: number; bytes: number; raw: number; encodings: number[] };
export type RowGroup = { rows: number; chunks: Chunk[] };

const physical = { int32: 1, uint32: 1, int64: 2, uint64: 2, double: 5, text: 6 } as const;
const encodings = { plain: 0, rle: 3, dictionary: 8 } as const;
const codecs = { none: 0, zstd: 6 } as const;
const pages = { data: 0, dictionary: 2 } as const;
const magic = Buffer.from("PAR1");

/** Writes row groups to a file without head and foot, which `joinParquet` puts round them. */
export class ParquetPart {
  readonly #file: number;
  readonly #columns: readonly ParquetColumn[];
  readonly #level: number | null;
  readonly rowGroups: RowGroup[] = [];
  #at = 0;

  /** `level`: of zstd, lower is faster; null: not packed. */
  constructor(file: string, columns: readonly ParquetColumn[], level: number | null) {
    this.#file = openSync(file, "w", 0o600);
    this.#columns = columns;
    this.#level = level;
  }

  /** Values in the order of the columns. */
  write(rows: number, values: readonly ColumnValues[]): void {
    if (rows === 0) return;
    const chunks = this.#columns.map((_, at) => this.#chunk(rows, values[at] as ColumnValues));
    this.rowGroups.push({ rows, chunks });
  }

  #chunk(rows: number, values: ColumnValues): Chunk {
    const offset = this.#at;
    if ("plain" in values) {
      const raw = this.#page(pages.data, rows, { encoding: encodings.plain, bytes: [values.plain] });
      return {
        offset,
        dictionaryOffset: -1,
        bytes: this.#at - offset,
        raw,
        encodings: [encodings.plain, encodings.rle],
      };
    }
    const dictionary = this.#page(pages.dictionary, values.count, {
      encoding: encodings.plain,
      bytes: [values.dictionary],
    });
    const data = this.#at;
    const raw = this.#page(pages.data, rows, {
      encoding: encodings.dictionary,
      bytes: runsOf(values.indices, rows),
    });
    return {
      offset: data,
      dictionaryOffset: offset,
      bytes: this.#at - offset,
      raw: raw + dictionary,
      encodings: [encodings.plain, encodings.dictionary, encodings.rle],
    };
  }

  /** One page; gives its size before packing, with its head. */
  #page(type: number, count: number, content: { encoding: number; bytes: Uint8Array[] }): number {
    const raw = content.bytes.length === 1 ? (content.bytes[0] as Uint8Array) : Buffer.concat(content.bytes);
    const packed = this.#level === null ? raw : pack(raw, this.#level);
    const writer = new ThriftWriter();
    writer.fields(() => {
      writer.i32(1, type);
      writer.i32(2, raw.length);
      writer.i32(3, packed.length);
      writer.struct(type === pages.data ? 5 : 7, () => {
        writer.i32(1, count);
        writer.i32(2, content.encoding);
        if (type !== pages.data) return;
        writer.i32(3, encodings.rle);
        writer.i32(4, encodings.rle);
      });
    });
    const head = writer.bytes;
    this.#write(head);
    this.#write(packed);
    return head.length + raw.length;
  }

  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done);
    this.#at += bytes.length;
  }

  close(): void {
    closeSync(this.#file);
  }
}

function pack(raw: Uint8Array, level: number): Uint8Array {
  return zstdCompressSync(raw, { params: { [constants.ZSTD_c_compressionLevel]: level } });
}

/**
 * Indices of eight bits as one bit-packed run, which then are the bytes themselves; or one run of the same.
 */
function runsOf(indices: Uint8Array, rows: number): Uint8Array[] {
  const first = indices[0] as number;
  let same = true;
  for (let at = 1; at < rows && same; at += 1) same = indices[at] === first;
  if (same) return [Uint8Array.of(8), varint(rows * 2), Uint8Array.of(first)];
  const groups = Math.ceil(rows / 8);
  const padded = new Uint8Array(groups * 8);
  padded.set(indices.subarray(0, rows));
  return [Uint8Array.of(8), varint(groups * 2 + 1), padded];
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** One file of the row groups of many, in their order. */
export function joinParquet(
  file: string,
  columns: readonly ParquetColumn[],
  parts: readonly { file: string; rowGroups: readonly RowGroup[]; packed: boolean }[],
): void {
  const out = openSync(file, "w", 0o600);
  try {
    writeSync(out, magic);
    let at = magic.length;
    const groups: RowGroup[] = [];
    for (const part of parts) {
      const bytes = copy(part.file, out);
      for (const group of part.rowGroups) groups.push(shifted(group, at));
      at += bytes;
    }
    const foot = footOf(columns, groups, parts[0]?.packed === true ? codecs.zstd : codecs.none);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(foot.length);
    for (const bytes of [foot, length, magic]) writeSync(out, bytes);
  } finally {
    closeSync(out);
  }
}

function shifted({ rows, chunks }: RowGroup, by: number): RowGroup {
  const moved = chunks.map((chunk) => ({
    ...chunk,
    offset: chunk.offset + by,
    dictionaryOffset: chunk.dictionaryOffset < 0 ? -1 : chunk.dictionaryOffset + by,
  }));
  return { rows, chunks: moved };
}

const buffer = Buffer.allocUnsafe(8 * 1024 ** 2);

function copy(file: string, out: number): number {
  const from = openSync(file, "r");
  let total = 0;
  try {
    for (;;) {
      const count = readSync(from, buffer);
      if (count === 0) return total;
      for (let done = 0; done < count;) done += writeSync(out, buffer, done, count - done);
      total += count;
    }
  } finally {
    closeSync(from);
  }
}

function footOf(columns: readonly ParquetColumn[], groups: readonly RowGroup[], codec: number): Uint8Array {
  const writer = new ThriftWriter();
  writer.fields(() => {
    writer.i32(1, 2);
    writer.structs(2, [null, ...columns], (column) => writeSchema(writer, column, columns.length));
    writer.i64(
      3,
      groups.reduce((sum, group) => sum + group.rows, 0),
    );
    writer.structs(4, groups, (group) => writeGroup(writer, group, { columns, codec }));
    writer.text(6, "sekisho");
  });
  return writer.bytes;
}

/** Converted types of the older readers; the newer ones read the logical type. */
const converted = { text: 0, uint32: 13, uint64: 14 } as const;

function writeSchema(writer: ThriftWriter, column: ParquetColumn | null, children: number): void {
  if (column === null) {
    writer.text(4, "schema");
    writer.i32(5, children);
    return;
  }
  const { name, type } = column;
  writer.i32(1, physical[type]);
  writer.i32(3, 0);
  writer.text(4, name);
  if (type === "text" || type === "uint32" || type === "uint64") writer.i32(6, converted[type]);
  if (type === "text") writer.struct(10, () => writer.struct(1, () => {}));
  if (type === "uint32" || type === "uint64") {
    writer.struct(10, () =>
      writer.struct(10, () => {
        writer.byte(1, type === "uint32" ? 32 : 64);
        writer.boolean(2, false);
      }),
    );
  }
}

function writeGroup(
  writer: ThriftWriter,
  group: RowGroup,
  { columns, codec }: { columns: readonly ParquetColumn[]; codec: number },
): void {
  const list = group.chunks.map((chunk, at) => ({ chunk, column: columns[at] as ParquetColumn }));
  writer.structs(1, list, ({ chunk, column }) => {
    writer.i64(2, 0);
    writer.struct(3, () => {
      writer.i32(1, physical[column.type]);
      writer.numbers(2, chunk.encodings);
      writer.texts(3, [column.name]);
      writer.i32(4, codec);
      writer.i64(5, group.rows);
      writer.i64(6, chunk.raw);
      writer.i64(7, chunk.bytes);
      writer.i64(9, chunk.offset);
      if (chunk.dictionaryOffset >= 0) writer.i64(11, chunk.dictionaryOffset);
    });
  });
  writer.i64(
    2,
    group.chunks.reduce((sum, chunk) => sum + chunk.raw, 0),
  );
  writer.i64(3, group.rows);
}

/** A growing column of text in PLAIN form. */
export class TextColumn {
  bytes = new Uint8Array(1024 ** 2);
  length = 0;

  /** Appends `from[start..end)`. */
  add(from: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (this.length + size + 4 > this.bytes.length) this.#grow(size + 4);
    const { bytes } = this;
    let at = this.length;
    bytes[at] = size & 0xff;
    bytes[at + 1] = (size >>> 8) & 0xff;
    bytes[at + 2] = (size >>> 16) & 0xff;
    bytes[at + 3] = size >>> 24;
    at += 4;
    // Copying short texts byte by byte costs less than a call for each.
    if (size < 48) for (let place = start; place < end; place += 1) bytes[at++] = from[place] as number;
    else bytes.set(from.subarray(start, end), at);
    this.length += size + 4;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + needed));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  get plain(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }
}

/** Texts as a dictionary. */
export function plainTexts(texts: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const column = new TextColumn();
  for (const text of texts) {
    const bytes = encoder.encode(text);
    column.add(bytes, 0, bytes.length);
  }
  return column.plain.slice();
}
