import { closeSync, existsSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { zstdCompressSync, constants } from "node:zlib";
import { DirectWriter, wholeBlocks } from "../directFile.ts";
import type { Runs } from "./runWriter.ts";
import { ThriftWriter } from "./thriftCompact.ts";

/**
 * Parquet (apache/parquet-format 2.10) from columns that already lie in memory as Parquet wants them: what
 * workers hold as bytes and typed arrays goes to disk without a value ever becoming an object. Flat, nothing
 * optional. DuckDB needs ten times the processor time for the same, because text must go through CSV
 * (docs/figures.md).
 */

export const COLUMN_TYPES = ["int32", "uint32", "int64", "uint64", "double", "text", "boolean"] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];
/**
 * `shape`: a column that may hold nothing, or a list of values; by default one value in each row.
 * `loose`: not packed even where the file is, since its values pack little for the time it takes.
 */
export type ParquetColumn = { name: string; type: ColumnType; shape?: "optional" | "list"; loose?: true };

/** Values of one column of a row group. */
export type ColumnValues = (
  | /**
     * PLAIN: little-endian numbers one behind the other; for text, each with its length in four bytes before
     * it; of booleans a bit each.
     */
    { plain: Uint8Array }
    /** Up to 256 or 65,536 different values, PLAIN, and for each value which of them. */
  | { dictionary: Uint8Array; count: number; indices: Uint8Array | Uint16Array | Runs }
) & { levels?: Levels };

/**
 * Of what may be missing or is a list, for each place whether there is a value, and of lists whether the
 * place goes on with the list of the one before, each as a bit (see `packBits`); an empty list is a place
 * without a value.
 */
export type Levels = { count: number; there: Uint8Array; goesOn?: Uint8Array };

type Chunk = {
  offset: number;
  dictionaryOffset: number;
  bytes: number;
  raw: number;
  values: number;
  encodings: number[];
};
export type RowGroup = { rows: number; chunks: Chunk[] };

const physical = { boolean: 0, int32: 1, uint32: 1, int64: 2, uint64: 2, double: 5, text: 6 } as const;
const encodings = { plain: 0, rle: 3, dictionary: 8 } as const;
const codecs = { none: 0, zstd: 6 } as const;
const pages = { data: 0, dictionary: 2 } as const;
const magic = Buffer.from("PAR1");

/** A file into which threads write row groups; `end`: where the next one begins, in memory they share. */
export type SharedParquet = { file: string; end: BigInt64Array };

/** Opens a file for row groups, or one that holds some already: those to come stand behind them. */
export function beginParquet(file: string, groups: readonly RowGroup[] = []): SharedParquet {
  const open = openSync(file, existsSync(file) ? "r+" : "w", 0o600);
  writeAll(open, magic, 0);
  closeSync(open);
  const end = new BigInt64Array(new SharedArrayBuffer(8));
  end[0] = BigInt(wholeBlocks(endOf(groups)));
  return { file, end };
}

/** Makes a file whole that threads have written: it has these row groups, and nothing behind them. */
export function endParquet(
  file: string,
  columns: readonly ParquetColumn[],
  { groups, packed }: { groups: readonly RowGroup[]; packed: boolean },
): void {
  const open = openSync(file, "r+");
  try {
    const end = endOf(groups);
    ftruncateSync(open, end);
    writeAll(open, footOf(columns, groups, packed ? codecs.zstd : codecs.none), end);
  } finally {
    closeSync(open);
  }
}

function endOf(groups: readonly RowGroup[]): number {
  let end = magic.length;
  for (const { chunks } of groups)
    for (const { offset, dictionaryOffset, bytes } of chunks)
      end = Math.max(end, (dictionaryOffset < 0 ? offset : dictionaryOffset) + bytes);
  return end;
}

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
}

/**
 * Writes row groups to a file that threads share, or to one of its own without head and foot, which
 * `joinParquet` puts round them.
 */
export class ParquetPart {
  readonly #file: DirectWriter;
  readonly #end: BigInt64Array;
  readonly #columns: readonly ParquetColumn[];
  readonly #level: number | null;
  readonly rowGroups: RowGroup[] = [];
  /** Pages of the row group that is made; its place in the file is known once its size is. */
  #pages: Uint8Array[] = [];
  #at = 0;
  /** Columns that say the same of the rows share the page that says it. */
  #last: { indices: Uint8Array | Uint16Array | Runs; page: Uint8Array[]; raw: number } | null = null;

  /** `level`: of zstd, lower is faster; null: not packed. */
  constructor(target: string | SharedParquet, columns: readonly ParquetColumn[], level: number | null) {
    const own = typeof target === "string";
    // Parts are soon read, to be joined.
    this.#file = own ? new DirectWriter(target, "w", { cached: true }) : new DirectWriter(target.file, "r+");
    this.#end = own ? new BigInt64Array(1) : target.end;
    this.#columns = columns;
    this.#level = level;
  }

  /** Values in the order of the columns. */
  write(rows: number, values: readonly ColumnValues[]): void {
    if (rows === 0) return;
    const chunks = this.#columns.map(({ loose }, at) =>
      this.#chunk(rows, values[at] as ColumnValues, loose === true ? null : this.#level),
    );
    // Each row group begins with a block of the disk: between two of them some bytes lie idle.
    const start = Number(Atomics.add(this.#end, 0, BigInt(wholeBlocks(this.#at))));
    this.#file.begin(start);
    for (const page of this.#pages) this.#file.write(page);
    this.#file.end();
    this.#pages = [];
    this.#at = 0;
    this.#last = null;
    this.rowGroups.push(shifted({ rows, chunks }, start));
  }

  #chunk(rows: number, content: ColumnValues, level: number | null): Chunk {
    const { levels } = content;
    const values = levels?.count ?? rows;
    const told = [...(levels?.goesOn === undefined ? [] : levelsOf(levels.goesOn, values))];
    if (levels !== undefined) told.push(...levelsOf(levels.there, values));
    const offset = this.#at;
    if ("plain" in content) {
      const page = { encoding: encodings.plain, bytes: [...told, content.plain], level };
      const raw = this.#page(pages.data, values, page);
      const bytes = this.#at - offset;
      return {
        offset,
        dictionaryOffset: -1,
        bytes,
        raw,
        values,
        encodings: [encodings.plain, encodings.rle],
      };
    }
    const dictionary = this.#page(pages.dictionary, content.count, {
      encoding: encodings.plain,
      bytes: [content.dictionary],
      level,
    });
    const data = this.#at;
    return {
      offset: data,
      dictionaryOffset: offset,
      raw: dictionary + this.#places(values, content, { told, level }),
      bytes: this.#at - offset,
      values,
      encodings: [encodings.plain, encodings.dictionary, encodings.rle],
    };
  }

  /** The page that says which value of the dictionary is where. */
  #places(
    values: number,
    { indices, levels }: { indices: Uint8Array | Uint16Array | Runs; levels?: Levels },
    { told, level }: { told: Uint8Array[]; level: number | null },
  ): number {
    const last = this.#last;
    if (levels === undefined && last?.indices === indices) {
      for (const bytes of last.page) this.#write(bytes);
      return last.raw;
    }
    const before = this.#pages.length;
    const runs =
      "bits" in indices
        ? [Uint8Array.of(indices.bits), indices.bytes]
        : runsOf(indices, levels === undefined ? values : indices.length);
    const page = { encoding: encodings.dictionary, bytes: [...told, ...runs], level };
    const raw = this.#page(pages.data, values, page);
    this.#last = levels === undefined ? { indices, page: this.#pages.slice(before), raw } : null;
    return raw;
  }

  /** One page; gives its size before packing, with its head. */
  #page(
    type: number,
    count: number,
    content: { encoding: number; bytes: Uint8Array[]; level: number | null },
  ): number {
    const size = content.bytes.reduce((sum, bytes) => sum + bytes.length, 0);
    const body = content.level === null ? content.bytes : [pack(content.bytes, size, content.level)];
    const writer = new ThriftWriter();
    writer.fields(() => {
      writer.i32(1, type);
      writer.i32(2, size);
      writer.i32(
        3,
        body.reduce((sum, bytes) => sum + bytes.length, 0),
      );
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
    for (const bytes of body) this.#write(bytes);
    return head.length + size;
  }

  #write(bytes: Uint8Array): void {
    this.#pages.push(bytes);
    this.#at += bytes.length;
  }

  close(): void {
    this.#file.close();
  }
}

function pack(parts: readonly Uint8Array[], size: number, level: number): Uint8Array {
  const raw = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts, size);
  // Room for all at once: by default every 16 KiB are a piece of its own, which takes a quarter longer.
  const chunkSize = size + (size >>> 7) + 1024;
  return zstdCompressSync(raw, { params: { [constants.ZSTD_c_compressionLevel]: level }, chunkSize });
}

/**
 * Indices of eight or sixteen bits as one bit-packed run, which then are the bytes themselves; or one run of
 * the same.
 */
function runsOf(indices: Uint8Array | Uint16Array, rows: number): Uint8Array[] {
  const size = indices.BYTES_PER_ELEMENT;
  if (rows === 0) return [Uint8Array.of(size * 8)];
  const first = indices[0] as number;
  let same = true;
  for (let at = 1; at < rows && same; at += 1) same = indices[at] === first;
  const value = size === 1 ? Uint8Array.of(first) : Uint8Array.of(first & 255, first >> 8);
  if (same) return [Uint8Array.of(size * 8), varint(rows * 2), value];
  const groups = Math.ceil(rows / 8);
  const padded = new Uint8Array(groups * 8 * size);
  padded.set(new Uint8Array(indices.buffer, indices.byteOffset, rows * size));
  return [Uint8Array.of(size * 8), varint(groups * 2 + 1), padded];
}

/** Levels of one bit as a bit-packed run, with its length before it. */
function levelsOf(levels: Uint8Array, count: number): Uint8Array[] {
  const packed = levels.subarray(0, Math.ceil(count / 8));
  const head = varint(packed.length * 2 + 1);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length + packed.length);
  return [length, head, packed];
}

/** Bytes of 0 and 1 as bits, the first one lowest: how PLAIN has booleans. */
export function packBits(values: Uint8Array, count: number): Uint8Array {
  const packed = new Uint8Array(Math.ceil(count / 8));
  for (let at = 0; at < count; at += 1)
    packed[at >> 3] = (packed[at >> 3] as number) | ((values[at] as number) << (at & 7));
  return packed;
}

/** Levels of lists: list n of them goes from `starts[n]` to the next. */
export function levelsOfLists(starts: Uint32Array): Levels {
  const lists = starts.length - 1;
  const most = (starts[lists] as number) - (starts[0] as number) + lists;
  const there = new Uint8Array((most >> 3) + 1);
  const goesOn = new Uint8Array((most >> 3) + 1);
  let count = 0;
  for (let list = 0; list < lists; list += 1) {
    const end = count + (starts[list + 1] as number) - (starts[list] as number);
    // An empty list takes a place too, at which there is nothing.
    if (end === count) {
      count += 1;
      continue;
    }
    const first = count;
    while (count < end) {
      const shift = count & 7;
      const bits = Math.min(8 - shift, end - count);
      const byte = count >> 3;
      const ones = ((1 << bits) - 1) << shift;
      there[byte] = (there[byte] as number) | ones;
      goesOn[byte] = (goesOn[byte] as number) | ones;
      count += bits;
    }
    goesOn[first >> 3] = (goesOn[first >> 3] as number) & ~(1 << (first & 7));
  }
  return { count, there, goesOn };
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

/** A file of row groups without head and foot. */
export type PartOfParquet = { file: string; rowGroups: readonly RowGroup[]; packed: boolean };

/** One file of the row groups of many, in their order. */
export function joinParquet(
  file: string,
  columns: readonly ParquetColumn[],
  parts: readonly PartOfParquet[],
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
    writeAll(out, footOf(columns, groups, parts[0]?.packed === true ? codecs.zstd : codecs.none), at);
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

/** What stands behind the row groups, to the last byte. */
function footOf(columns: readonly ParquetColumn[], groups: readonly RowGroup[], codec: number): Uint8Array {
  const writer = new ThriftWriter();
  writer.fields(() => {
    writer.i32(1, 2);
    writer.structs(2, schemaOf(columns), (element) => writeElement(writer, element));
    writer.i64(
      3,
      groups.reduce((sum, group) => sum + group.rows, 0),
    );
    writer.structs(4, groups, (group) => writeGroup(writer, group, { columns, codec }));
    writer.text(6, "sekisho");
  });
  const foot = writer.bytes;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(foot.length);
  return Buffer.concat([foot, length, magic]);
}

/** Converted types of the older readers; the newer ones read the logical type. */
const converted = { text: 0, uint32: 13, uint64: 14 } as const;
const repetition = { required: 0, optional: 1, repeated: 2 } as const;

/** One of the schema's elements: a column, or with `children` what holds others. */
type Element = { name: string; type: ColumnType | "list" | "group"; repeated: number; children: number };

function schemaOf(columns: readonly ParquetColumn[]): Element[] {
  const { required, optional, repeated } = repetition;
  return [
    { name: "schema", type: "group", repeated: -1, children: columns.length },
    ...columns.flatMap(({ name, type, shape }): Element[] =>
      shape === "list"
        ? [
            { name, type: "list", repeated: required, children: 1 },
            { name: "list", type: "group", repeated, children: 1 },
            { name: "element", type, repeated: required, children: 0 },
          ]
        : [{ name, type, repeated: shape === "optional" ? optional : required, children: 0 }],
    ),
  ];
}

function writeElement(writer: ThriftWriter, { name, type, repeated, children }: Element): void {
  const holds = type === "list" || type === "group";
  if (!holds) writer.i32(1, physical[type]);
  if (repeated >= 0) writer.i32(3, repeated);
  writer.text(4, name);
  if (holds) writer.i32(5, children);
  if (type === "list") {
    writer.i32(6, 3);
    writer.struct(10, () => writer.struct(3, () => {}));
  }
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
      writer.texts(3, column.shape === "list" ? [column.name, "list", "element"] : [column.name]);
      writer.i32(4, column.loose === true ? codecs.none : codec);
      writer.i64(5, chunk.values);
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
