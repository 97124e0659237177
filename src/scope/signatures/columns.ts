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
  /** Of recovered records only: yyyymmdd of birth, and of the day on which a passport ends. */
  "born",
  "expires",
] as const;

export type WideColumn = (typeof WIDE_COLUMNS)[number];
export type NarrowColumn = (typeof NARROW_COLUMNS)[number];

export const flags = { male: 1, female: 2 } as const;

export const bytesOfRow = WIDE_COLUMNS.length * 8 + NARROW_COLUMNS.length * 4;

/** Columns of a fixed number of rows over one buffer, which may be shared between threads. */
export class SignatureTable {
  readonly rows: number;
  readonly buffer: ArrayBufferLike;
  /** Low and high words, one after the other: `wide[column][2 * row]`. */
  readonly wide: Readonly<Record<WideColumn, Uint32Array>>;
  readonly narrow: Readonly<Record<NarrowColumn, Uint32Array>>;

  /** The same in the order of the lists. */
  readonly wideList: readonly Uint32Array[];
  readonly narrowList: readonly Uint32Array[];

  constructor(rows: number, buffer?: ArrayBufferLike) {
    this.rows = rows;
    this.buffer = buffer ?? new SharedArrayBuffer(rows * bytesOfRow);
    let at = 0;
    const wide: Partial<Record<WideColumn, Uint32Array>> = {};
    for (const column of WIDE_COLUMNS) {
      wide[column] = new Uint32Array(this.buffer, at, rows * 2);
      at += rows * 8;
    }
    const narrow: Partial<Record<NarrowColumn, Uint32Array>> = {};
    for (const column of NARROW_COLUMNS) {
      narrow[column] = new Uint32Array(this.buffer, at, rows);
      at += rows * 4;
    }
    this.wide = wide as Record<WideColumn, Uint32Array>;
    this.narrow = narrow as Record<NarrowColumn, Uint32Array>;
    this.wideList = WIDE_COLUMNS.map((column) => this.wide[column]);
    this.narrowList = NARROW_COLUMNS.map((column) => this.narrow[column]);
  }
}
