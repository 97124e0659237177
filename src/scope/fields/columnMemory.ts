import { hintOfName } from "../../personal/columnNames.ts";
import type { PersonalKind } from "../../personal/kinds.ts";
import { kind, SCOPE_KINDS } from "./kinds.ts";
import { guessSeparator } from "./splitRecord.ts";

export const limits = {
  learnRecordsMax: 2_000,
  settledAfter: 40,
  warmRecords: 200,
  columnsMax: 512,
} as const;

/**
 * What the records of one source have in common: the byte between fields, and what each column holds, if it
 * has columns. Learnt from its first records; the same records teach the same, so that a job gives the same
 * twice.
 */
export class ColumnMemory {
  separator: number;
  readonly #fixed: boolean;
  #records = 0;
  #fields = 0;
  #usual: number = limits.columnsMax;
  #dated = 0;
  #many = 0;
  #others = 0;
  readonly #formats = new Uint32Array(64);
  /** The highest of them. */
  #commonest = 0;
  readonly #words = new Uint16Array(1 << 14);
  #rows = 0;
  readonly #lone = new Uint32Array(10);
  #letterNumbers = 0;
  readonly #counts: Uint32Array[] = [];
  readonly #sizes = new Map<number, number>();
  #kinds: Uint8Array | null = null;
  #named: readonly (number | null)[] | null = null;

  constructor(separator: number, names: readonly string[] | null) {
    this.separator = separator;
    this.#fixed = separator !== 0;
    if (names !== null) this.#named = names.map((name) => kindOfName(name));
  }

  get learning(): boolean {
    return this.#records < limits.learnRecordsMax;
  }

  /**
   * Finds the separator of a record where the source has not said it: the last one, as long as it is there.
   */
  settleSeparator(bytes: Uint8Array, start: number, end: number): void {
    if (this.#fixed) return;
    if (this.separator !== 0 && this.#records > 50) {
      // Mostly it stands near; a view to look for it with costs more.
      for (let at = start; at < end; at += 1) if (bytes[at] === this.separator) return;
    }
    const guess = guessSeparator(bytes, start, end);
    if (guess !== 0) this.separator = guess;
  }

  /** One item of kind `found` in a column. */
  see(column: number, found: number): void {
    if (column >= limits.columnsMax) return;
    const counts = (this.#counts[column] ??= new Uint32Array(SCOPE_KINDS.length));
    counts[found] = (counts[found] as number) + 1;
  }

  /** A record with so many fields is over. */
  seen(fields: number): void {
    this.#records += 1;
    this.#sizes.set(fields, (this.#sizes.get(fields) ?? 0) + 1);
    if (
      this.#records === limits.settledAfter ||
      this.#records === 300 ||
      this.#records === limits.learnRecordsMax
    )
      this.#settle();
  }

  countDates(count: number): void {
    this.#dated += 1;
    if (count > 1) this.#many += 1;
  }

  /** A date that is no birth was written so. */
  noteOtherDate(format: number): void {
    this.#others += 1;
    const count = (this.#formats[format & 63] as number) + 1;
    this.#formats[format & 63] = count;
    if (count > this.#commonest) this.#commonest = count;
  }

  /** Whether other dates of this source are written so; programs write all of theirs in one way. */
  writesOtherDates(format: number): boolean {
    if (this.#others < 50)
      return this.#others < 20 || (this.#formats[format & 63] as number) * 20 >= this.#others;
    const most = this.#commonest;
    return most * 10 < this.#others * 8 || (this.#formats[format & 63] as number) === most;
  }

  /** Whether a record has more fields than hardly any of its source. */
  isLong(fields: number): boolean {
    return this.#records >= limits.settledAfter && fields > this.#usual;
  }

  /** The most fields that one in fifty records has. */
  #usualLength(): number {
    let left = this.#records / 50;
    for (const [size, count] of [...this.#sizes].toSorted((one, other) => other[0] - one[0])) {
      left -= count;
      if (left <= 0) return size;
    }
    return limits.columnsMax;
  }

  /** Whether too little of the source has been seen to understand it. */
  get isNew(): boolean {
    return this.#rows < limits.warmRecords;
  }

  /** Whether nine tenths of the other dates are written so. */
  isMachineFormat(format: number): boolean {
    return this.#others >= 50 && (this.#formats[format & 63] as number) * 10 >= this.#others * 9;
  }

  /** A record begins. */
  begin(): void {
    this.#rows += 1;
  }

  /**
   * Counts a short text that may be a name. Whether it comes again and again, as kinds of bookings do and
   * hardly a name does; two of sixteen thousand may be counted together.
   */
  isWord(hash: number): boolean {
    const at = (hash ^ (hash >>> 14)) & 0x3fff;
    const count = Math.min(0xffff, (this.#words[at] as number) + 1);
    this.#words[at] = count;
    return count > 3 + this.#rows / 250;
  }

  /**
   * Whether lone digits of this source say the sex (ISO/IEC 5218: 1 male, 2 female): hardly any other occurs.
   */
  lonelyDigit(digit: number): boolean {
    this.#lone[digit] = (this.#lone[digit] as number) + 1;
    let others = 0;
    for (let at = 3; at < 9; at += 1) others += this.#lone[at] as number;
    return (
      (digit === 1 || digit === 2) && others * 50 <= (this.#lone[1] as number) + (this.#lone[2] as number)
    );
  }

  /**
   * Whether a letter and eight digits are too common here to be passports of visitors: bookings are numbered
   * so.
   */
  isBooking(): boolean {
    this.#letterNumbers += 1;
    return this.#letterNumbers * 8 > this.#rows && this.#letterNumbers > 3;
  }

  /** Whether rows of this source commonly hold other dates than births. */
  get hasOtherDates(): boolean {
    return this.#many * 20 > this.#dated;
  }

  /** A column is of one kind where nine tenths of what can be told in it are. */
  #settle(): void {
    this.#usual = this.#usualLength();
    const [fields, rows] = [...this.#sizes].toSorted((one, other) => other[1] - one[1])[0] as [
      number,
      number,
    ];
    if (fields < 2 || rows * 10 < this.#records * 7) {
      this.#kinds = null;
      return;
    }
    this.#fields = fields;
    const kinds = new Uint8Array(fields);
    let settled = 0;
    for (let column = 0; column < fields; column += 1) {
      kinds[column] = this.#kindOfCounts(this.#counts[column]);
      if (kinds[column] !== kind.unknown) settled += 1;
    }
    // Rows in any order have no column that is anything.
    this.#kinds = settled * 3 >= fields ? kinds : null;
  }

  #kindOfCounts(counts: Uint32Array | undefined): number {
    if (counts === undefined) return kind.unknown;
    let all = 0;
    let best = 1;
    for (let at = 0; at < counts.length; at += 1) {
      all += counts[at] as number;
      if (at > 0 && (counts[at] as number) > (counts[best] as number)) best = at;
    }
    const told = all - (counts[kind.unknown] as number);
    if (all < 10) return kind.unknown;
    if (told * 10 < all) return kind.other;
    return (counts[best] as number) * 10 >= told * 8 && told * 2 >= all ? best : kind.unknown;
  }

  hasColumns(fields: number): boolean {
    if (this.#named !== null) return fields <= this.#named.length;
    return this.#kinds !== null && fields === this.#fields;
  }

  /** What a column holds; `unknown` where it holds this and that. */
  kindOf(column: number): number {
    const named = this.#named?.[column];
    if (named != null) return named;
    return this.#kinds?.[column] ?? kind.unknown;
  }

  isOther(column: number): boolean {
    return this.kindOf(column) === kind.other;
  }
}

const scopeKinds: Partial<Record<PersonalKind, number>> = {
  name: kind.name,
  kana: kind.kana,
  "roman-name": kind["roman-name"],
  "birth-date": kind["birth-date"],
  sex: kind.sex,
  email: kind.email,
  phone: kind.phone,
  "postal-code": kind["postal-code"],
  address: kind.address,
  passport: kind.passport,
  "my-number": kind["my-number"],
  "payment-card": kind["payment-card"],
};

/** What a column's name says, or null. */
export function kindOfName(name: string): number | null {
  const plain = name.normalize("NFKC").toLowerCase();
  if (/^(?:customer|kokyaku|member|user)_?(?:id|no|code)$|^(?:顧客|会員)(?:id|番号|コード)$/.test(plain))
    return kind["customer-id"];
  if (/passport.*(?:issue|発行)|旅券発行/.test(plain)) return kind["passport-issued"];
  if (/passport.*(?:expir|valid|有効)|旅券有効/.test(plain)) return kind["passport-expires"];
  const hint = hintOfName(name);
  return hint === null ? null : (scopeKinds[hint.kind] ?? null);
}
