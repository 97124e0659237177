import { PersonSignature } from "../signatures/personSignature.ts";
import type { HashKey } from "../signatures/keyedHash.ts";
import { has } from "./cell.ts";
import { FieldReading } from "./classifyField.ts";
import type { ColumnMemory } from "./columnMemory.ts";
import { kind, SCOPE_KINDS } from "./kinds.ts";
import { mendMojibake, segmentCell, type Piece } from "./mendCell.ts";
import { NormalText } from "./normalText.ts";
import { Fields } from "./splitRecord.ts";

export const limits = { itemsMax: 768 } as const;

/** Below this a field by itself is not what it looks like; column and row may say more. */
const sure = 0.5;

/**
 * What one record says: its items, each with the field it stands in, its kind, and its canonical form; and
 * the signature of the person. One object for a thread, filled again for every record.
 */
export class Understanding {
  readonly fields = new Fields();
  readonly reading = new FieldReading();
  readonly normal = new NormalText();
  readonly signature: PersonSignature;
  /** The bytes of the record under way. */
  bytes: Uint8Array = new Uint8Array(0);

  count = 0;
  readonly itemField = new Uint16Array(limits.itemsMax);
  readonly itemKind = new Uint8Array(limits.itemsMax);
  readonly itemStart = new Int32Array(limits.itemsMax);
  readonly itemEnd = new Int32Array(limits.itemsMax);
  readonly normalStart = new Int32Array(limits.itemsMax);
  readonly normalEnd = new Int32Array(limits.itemsMax);
  readonly #confidence = new Float32Array(limits.itemsMax);
  readonly #day = new Int32Array(limits.itemsMax);
  readonly #era = new Uint8Array(limits.itemsMax);
  readonly #format = new Uint8Array(limits.itemsMax);
  /** Texts of cells that were mended or cut up: what is read instead of the bytes. */
  readonly #pieces: (Piece | undefined)[] = [];
  readonly #today: number;
  #memory: ColumnMemory | null = null;
  /** Whether kinds were changed after their fields were read. */
  #changed = false;

  constructor(key: HashKey, today: Temporal.PlainDate) {
    this.signature = new PersonSignature(key);
    this.#today = today.year * 10_000 + today.month * 100 + today.day;
  }

  /** Splits a record and reads its fields; its items are those of `persons()` then. */
  read(bytes: Uint8Array, start: number, end: number, memory: ColumnMemory): void {
    this.bytes = bytes;
    this.#changed = false;
    this.signature.clear();
    this.normal.clear();
    this.#memory = memory;
    memory.begin();
    this.fields.split(bytes, start, end, memory.separator);
    this.count = 0;
    this.#pieces.length = 0;
    const { fields } = this;
    for (let field = 0; field < fields.count; field += 1) {
      const [from, to] = [fields.starts[field] as number, fields.ends[field] as number];
      if (to > from) this.#readField(field, from, to);
    }
    this.#settleByColumns(memory);
    if (memory.learning) this.#teach(memory);
  }

  /** Cells that do not look like one thing are mended or cut up, once. */
  #readField(field: number, from: number, to: number): void {
    const { reading } = this;
    const found = this.#settleWeak(reading.classify(this.bytes, from, to));
    const { cell } = reading;
    if (found !== kind.unknown && reading.confidence >= sure) {
      this.#add(field, found, { from, to });
      return;
    }
    const strange = (cell.mask & (has.accented | has.broken | has.other)) !== 0;
    const mended = strange && cell.length > 3 ? mendMojibake(this.bytes.subarray(from, to)) : null;
    if (mended !== null) {
      const again = reading.classify(mended, 0, mended.length);
      if (again !== kind.unknown && reading.confidence >= sure) {
        this.#add(field, again, { from, to, piece: { bytes: mended, from: 0, to: mended.length } });
        return;
      }
      reading.classify(this.bytes, from, to);
    }
    if (cell.length >= 8 && (cell.digits >= 6 || (cell.mask & has.at) !== 0)) {
      const pieces = segmentCell(cell.text());
      if (pieces.length > 0) return this.#addPieces(field, { from, to }, pieces);
      reading.classify(this.bytes, from, to);
    }
    this.#add(field, found, { from, to });
  }

  /** What a cell alone does not say, the other rows of its source may. */
  #settleWeak(found: number): number {
    const { reading } = this;
    const memory = this.#memory as ColumnMemory;
    const { cell } = reading;
    if (cell.length === 1 && cell.digits === 1) {
      const digit = (cell.units[0] as number) - 0x30;
      if (!memory.lonelyDigit(digit)) return kind.unknown;
      reading.sex = digit;
      reading.confidence = 0.55;
      return kind.sex;
    }
    if (found === kind.passport && reading.confidence < 0.7) {
      if (memory.isBooking()) return kind.other;
      return found;
    }
    const name = found === kind.name || found === kind.kana || found === kind["roman-name"];
    if (!name || reading.confidence >= 0.9) return found;
    let hash = 0;
    for (let at = 0; at < cell.length; at += 1) hash = (Math.imul(hash, 31) + (cell.units[at] as number)) | 0;
    if (memory.isWord(hash ^ (hash >>> 13))) {
      reading.confidence = 0;
      return kind.other;
    }
    if (reading.confidence >= 0.35) reading.confidence = Math.max(0.55, reading.confidence);
    return found;
  }

  /** Several things in one cell: fields glued together, or words about a person. */
  #addPieces(field: number, span: { from: number; to: number }, pieces: readonly Piece[]): void {
    const before = this.count;
    for (const piece of pieces) {
      const found = this.reading.classify(piece.bytes, piece.from, piece.to);
      if (found === kind.unknown || this.reading.confidence < sure) continue;
      this.#add(field, found, { ...span, piece });
    }
    if (this.count === before) this.#add(field, kind.unknown, span);
  }

  #add(field: number, found: number, span: { from: number; to: number; piece?: Piece }): void {
    if (this.count === limits.itemsMax) return;
    const at = this.count;
    const { reading } = this;
    this.itemField[at] = field;
    this.itemKind[at] = found;
    this.itemStart[at] = span.from;
    this.itemEnd[at] = span.to;
    this.#confidence[at] = found === kind.unknown || found === kind.other ? 0 : reading.confidence;
    const dated = found === kind["other-date"];
    this.#day[at] = dated ? reading.date.packed : 0;
    this.#format[at] = dated ? reading.date.format : 0;
    this.#era[at] = dated && reading.date.era ? 1 : dated && reading.date.timed ? 2 : 0;
    if (span.piece !== undefined) this.#pieces[at] = span.piece;
    this.count += 1;
    this.normalStart[at] = this.normal.length;
    // Read once: what was found lies before us now. Days wait for the row to say what they are.
    if (!dated && (this.#confidence[at] as number) >= sure) this.#keep(at, found);
    this.normalEnd[at] = this.normal.length;
  }

  /** Where a file has columns, a weak cell is what its column is. */
  #settleByColumns(memory: ColumnMemory): void {
    if (!memory.hasColumns(this.fields.count)) return;
    for (let at = 0; at < this.count; at += 1) {
      const column = memory.kindOf(this.itemField[at] as number);
      const found = this.itemKind[at] as number;
      if (column === kind.unknown || column === found || this.#pieces[at] !== undefined) continue;
      if ((this.#confidence[at] as number) >= 0.93 && found !== kind["other-date"]) continue;
      const isDate =
        column === kind["birth-date"] ||
        column === kind["passport-issued"] ||
        column === kind["passport-expires"] ||
        column === kind["other-date"];
      if (found === kind["other-date"] && isDate) {
        this.itemKind[at] = column;
        this.#confidence[at] = 0.97;
        continue;
      }
      this.#changed = true;
      if (!isDate && memory.isOther(this.itemField[at] as number)) {
        this.itemKind[at] = kind.other;
      } else if (
        this.reading.readAs(column, this.bytes, this.itemStart[at] as number, this.itemEnd[at] as number)
      ) {
        this.itemKind[at] = column;
        this.#confidence[at] = 0.85;
        if (isDate) this.#day[at] = this.reading.date.packed;
      }
    }
  }

  /**
   * Which of the dates is the birth: the oldest, unless it alone is written as the other dates of the source
   * are, which a program writes in one way. What lies ahead of today is when a passport ends; ten or five
   * years before it, it was issued. A single young date is a birth where no row of the file has other dates.
   */
  #settleDates(from: number, to: number, memory: ColumnMemory): void {
    let oldest = -1;
    let count = 0;
    let expires = 0;
    for (let at = from; at < to; at += 1) {
      if (this.itemKind[at] !== kind["other-date"]) continue;
      const day = this.#day[at] as number;
      if (day > this.#today) {
        this.itemKind[at] = kind["passport-expires"];
        expires = day;
        continue;
      }
      if (this.#era[at] === 2) continue;
      count += 1;
      if (oldest < 0 || this.#comesBefore(at, oldest, memory)) oldest = at;
    }
    if (oldest < 0) return;
    memory.countDates(count);
    const years = Math.floor((this.#today - (this.#day[oldest] as number)) / 10_000);
    const birth =
      count > 1 ||
      years >= 15 ||
      this.#era[oldest] === 1 ||
      !memory.hasOtherDates ||
      !memory.writesOtherDates(this.#format[oldest] as number);
    if (birth) this.itemKind[oldest] = kind["birth-date"];
    for (let at = from; at < to; at += 1)
      if (this.itemKind[at] === kind["other-date"]) memory.noteOtherDate(this.#format[at] as number);
    if (expires === 0) return;
    for (let at = from; at < to; at += 1) {
      if (this.itemKind[at] !== kind["other-date"]) continue;
      const span = Math.floor(expires / 10_000) - Math.floor((this.#day[at] as number) / 10_000);
      if (span === 10 || span === 5) this.itemKind[at] = kind["passport-issued"];
    }
  }

  /**
   * Whether a day is rather the birth than another: older, unless only the other is written as machines do.
   */
  #comesBefore(at: number, other: number, memory: ColumnMemory): boolean {
    if ((this.#era[at] === 1) !== (this.#era[other] === 1)) return this.#era[at] === 1;
    const machine = memory.isMachineFormat(this.#format[at] as number);
    if (machine !== memory.isMachineFormat(this.#format[other] as number)) return !machine;
    return (this.#day[at] as number) < (this.#day[other] as number);
  }

  #teach(memory: ColumnMemory): void {
    for (let at = 0; at < this.count; at += 1) {
      const found = this.itemKind[at] as number;
      const told = found === kind.other || (this.#confidence[at] as number) >= sure;
      memory.see(this.itemField[at] as number, told ? found : kind.unknown);
    }
    memory.seen(this.fields.count);
  }

  /**
   * Of how many persons a record is: where two rows stand in one line, the kinds of the first come again in
   * the second. Gives the item at which the second begins, or `count`.
   */
  secondPerson(): number {
    let seen = 0;
    let repeated = 0;
    for (let at = 0; at < this.count; at += 1) {
      const found = this.itemKind[at] as number;
      if ((this.#confidence[at] as number) < 0.7 || identifying[found] === 0) continue;
      if ((seen & (1 << found)) !== 0) repeated += 1;
      seen |= 1 << found;
    }
    if (repeated === 0) return this.count;
    const long = this.#memory?.isLong(this.fields.count) === true;
    if (repeated < (long ? 1 : 2)) return this.count;
    // Everything that is there twice must be once on each side of the cut. Of all such cuts the last: the
    // first field of the second row mostly is of a kind that the first row has had.
    for (let cut = this.count - 1; cut > 0; cut -= 1) {
      if (this.itemField[cut] !== this.itemField[cut - 1] && this.#isOnceOnEachSide(cut)) return cut;
    }
    return this.count;
  }

  #isOnceOnEachSide(cut: number): boolean {
    let left = 0;
    let right = 0;
    for (let at = 0; at < this.count; at += 1) {
      const found = this.itemKind[at] as number;
      if ((this.#confidence[at] as number) < 0.7 || identifying[found] === 0) continue;
      const bit = 1 << found;
      if (((at < cut ? left : right) & bit) !== 0) return false;
      if (at < cut) left |= bit;
      else right |= bit;
    }
    return (left & right) !== 0;
  }

  /**
   * Reads items `[from, to)` into the signature and writes their canonical forms. Gives whether they are of a
   * person at all: a lone date, number or word of Latin letters is not.
   */
  take(from: number, to: number, memory: ColumnMemory): boolean {
    this.#settleDates(from, to, memory);
    if (!this.#changed && from === 0 && to === this.count) return this.#takeKept();
    return this.#takeAnew(from, to);
  }

  /** Everything but days has been taken already. */
  #takeKept(): boolean {
    let weight = 0;
    let kinds = 0;
    for (let at = 0; at < this.count; at += 1) {
      const found = this.itemKind[at] as number;
      if ((this.#confidence[at] as number) < sure) {
        if (found !== kind.other) this.itemKind[at] = kind.unknown;
        continue;
      }
      // Two phrases of Latin letters are no more a person than one.
      if ((kinds & (1 << found)) === 0) weight += weightOf[this.itemKind[at] as number] as number;
      kinds |= 1 << found;
      if (this.#day[at] === 0) continue;
      this.normalStart[at] = this.normal.length;
      this.#takeDay(at, found);
      this.normalEnd[at] = this.normal.length;
    }
    return weight >= 1;
  }

  #takeAnew(from: number, to: number): boolean {
    this.signature.clear();
    this.normal.clear();
    let weight = 0;
    let kinds = 0;
    for (let at = from; at < to; at += 1) {
      this.normalStart[at] = this.normal.length;
      const found = this.itemKind[at] as number;
      if ((this.#confidence[at] as number) < sure) {
        if (found !== kind.other) this.itemKind[at] = kind.unknown;
      } else if (this.#day[at] !== 0) this.#takeDay(at, found);
      else if (found !== kind.unknown && found !== kind.other) this.#takeItem(at, found);
      const settled = this.itemKind[at] as number;
      if ((kinds & (1 << settled)) === 0) weight += weightOf[this.itemKind[at] as number] as number;
      kinds |= 1 << settled;
      this.normalEnd[at] = this.normal.length;
    }
    return weight >= 1;
  }

  /** yyyymmdd of the first item of a kind; 0: none. */
  dayOf(from: number, to: number, wanted: number): number {
    for (let at = from; at < to; at += 1) if (this.itemKind[at] === wanted) return this.#day[at] as number;
    return 0;
  }

  #takeDay(at: number, found: number): void {
    const day = this.#day[at] as number;
    this.normal.writeDay(day);
    const year = Math.floor(day / 10_000);
    const month = Math.floor(day / 100) % 100;
    if (found === kind["birth-date"]) this.signature.takeBirth(year, month, day % 100);
    else if (found === kind["other-date"]) this.signature.takeOtherDay(year, month, day % 100);
  }

  #takeItem(at: number, found: number): void {
    const piece = this.#pieces[at];
    const [bytes, from, to] =
      piece === undefined
        ? [this.bytes, this.itemStart[at] as number, this.itemEnd[at] as number]
        : [piece.bytes, piece.from, piece.to];
    const { reading } = this;
    // What the cell shows by itself is read again as it was; a kind from its column is read as that.
    if (reading.classify(bytes, from, to) !== found && !reading.readAs(found, bytes, from, to)) return;
    this.#keep(at, found);
  }

  #keep(at: number, found: number): void {
    this.normal.write(found, this.reading);
    this.signature.take(found, this.reading, this.#confidence[at] as number);
  }
}

const identifying = new Uint8Array(SCOPE_KINDS.length);
for (const one of [
  "name",
  "kana",
  "email",
  "roman-name",
  "birth-date",
  "postal-code",
  "address",
  "sex",
] as const)
  identifying[kind[one]] = 1;

/** What makes a record one of a person: 1 is enough. */
const weightOf = new Float64Array(SCOPE_KINDS.length);
for (const [weight, kinds] of [
  [1, ["name", "kana", "email", "phone", "address", "passport", "my-number", "payment-card", "customer-id"]],
  [0.5, ["roman-name", "postal-code", "birth-date"]],
  [0.2, ["sex"]],
] as const) {
  for (const one of kinds) weightOf[kind[one]] = weight;
}
