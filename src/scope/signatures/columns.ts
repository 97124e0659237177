/**
 * What is kept of a record, or of a customer, for matching: keyed hashes of the parts of a person. The same
 * columns on both sides, as flat arrays in memory and as Parquet on disk, so that any engine can join them.
 *
 * 0 means "not there" everywhere.
 */

/** Columns of 64 bits. */
export const WIDE_COLUMNS = [
  /** The whole name in kanji (or Hangul), variants folded, without blanks. */
  "kanji",
  /** The whole name as it sounds, in whatever order and writing. */
  "sound",
  /** The same of the name in Latin letters, which of a name from abroad does not follow from its kana. */
  "roman",
  "email",
  "phone",
  /** A second number. */
  "phone2",
  /** Town and block numbers. */
  "address",
  "passport",
  /**
   * Four parts of 16 bits: year and month, month and day, year and day, and year with both in either order.
   */
  "birth",
  /** Of recovered records only: another day of the row that may be the birth. */
  "birth2",
  /** The customer's key, where the record holds one. */
  "customer",
  /** Bits for pairs of letters of the sound. */
  "soundPairs",
  /** Bits for digits in their places. */
  "phoneDigits",
  /** Bits for pairs of letters of the mailbox. */
  "emailPairs",
] as const;

/** Columns of 32 bits: only compared, never searched by alone. */
export const NARROW_COLUMNS = [
  /** The name in kanji before variants were folded. */
  "kanjiRaw",
  "kanjiFamily",
  "kanjiGiven",
  "soundFamily",
  "soundGiven",
  /** The mailbox before the @. */
  "emailLocal",
  /** City and town. */
  "town",
  "postalCode",
  /** Block numbers. */
  "block",
  /** Bits: 1 male, 2 female. */
  "flags",
  /** Of recovered records only: bit n says that an item of kind n is there. */
  "items",
  /** yyyymmdd of birth, and of the day on which a passport ends. */
  "born",
  "expires",
] as const;

export type WideColumn = (typeof WIDE_COLUMNS)[number];
export type NarrowColumn = (typeof NARROW_COLUMNS)[number];

export const flags = { male: 1, female: 2 } as const;

/** Words of 32 bits of a row; a multiple of 16, so that a row begins with a line of the cache. */
export const wordsOfRow = 48;
export const bytesOfRow = wordsOfRow * 4;

/**
 * Bytes of a row behind its columns: who searches keeps there, for tables in memory only, how common the
 * row's values are (see Frequencies). A row that is compared is reached for once, and that is there with it.
 */
export const codesOfRow = { at: 168, bytes: 8 } as const;

/** Where each column begins in a row, in words; of wide columns the low word comes first. */
export const wordOf = Object.fromEntries([
  ...WIDE_COLUMNS.map((name, at) => [name, at * 2]),
  ...NARROW_COLUMNS.map((name, at) => [name, WIDE_COLUMNS.length * 2 + at]),
]) as Readonly<Record<WideColumn | NarrowColumn, number>>;

/**
 * What threads hand each other of a table: not its words, since V8 hands over views of memory with the lower
 * 32 bits of their length in bytes only, and a table may have more than 4 GiB.
 */
export type SharedTable = { rows: number; memory: ArrayBufferLike };

/**
 * Signatures of many persons, row after row: whoever compares two persons needs all columns of two rows,
 * which so lie in a few lines of the cache each.
 */
export class SignatureTable {
  readonly rows: number;
  readonly memory: ArrayBufferLike;
  readonly words: Uint32Array;

  constructor(rows: number, memory: ArrayBufferLike = new SharedArrayBuffer(rows * bytesOfRow)) {
    this.rows = rows;
    this.memory = memory;
    this.words = new Uint32Array(memory, 0, rows * wordsOfRow);
  }

  /** A table that another thread has handed over. */
  static of({ rows, memory }: SharedTable): SignatureTable {
    return new SignatureTable(rows, memory);
  }

  /** The low word of a wide column, or all of a narrow one. */
  get(row: number, column: WideColumn | NarrowColumn): number {
    return this.words[row * wordsOfRow + wordOf[column]] as number;
  }

  set(row: number, column: NarrowColumn, value: number): void {
    this.words[row * wordsOfRow + wordOf[column]] = value;
  }

  /** One column by itself: low and high words in turn of a wide one. */
  column(name: WideColumn | NarrowColumn, from = 0, to = this.rows): Uint32Array {
    const size = wordOf[name] < WIDE_COLUMNS.length * 2 ? 2 : 1;
    const made = new Uint32Array((to - from) * size);
    let place = from * wordsOfRow + wordOf[name];
    for (let at = 0; at < made.length; at += size, place += wordsOfRow) {
      made[at] = this.words[place] as number;
      if (size === 2) made[at + 1] = this.words[place + 1] as number;
    }
    return made;
  }
}

/** Columns by which pairs are found: those that every row of a table for joins has. */
export const WIDE_KEYS = [
  "kanji",
  "sound",
  "roman",
  "email",
  "phone",
  "phone2",
  "address",
  "passport",
  "birth",
  "birth2",
  "customer",
] as const satisfies readonly WideColumn[];
export const NARROW_KEYS = [
  "postalCode",
  "town",
  "kanjiGiven",
  "soundGiven",
] as const satisfies readonly NarrowColumn[];
