import { has, unitClasses, type Cell } from "./cell.ts";

/** Digits of the last number that was read, as units. */
export class FoundDigits {
  readonly units = new Uint16Array(64);
  length = 0;
  /** Whether a plus stood before them: a number in the international form (E.164). */
  plus = false;
}

/** Takes the digits of a cell; false where there are more than 40. */
export function takeDigits(cell: Cell, found: FoundDigits): boolean {
  found.length = 0;
  found.plus = false;
  for (let at = 0; at < cell.length; at += 1) {
    const unit = cell.units[at] as number;
    if ((unitClasses[unit] as number) === has.digit) {
      if (found.length === 40) return false;
      found.units[found.length] = unit;
      found.length += 1;
    } else if (unit === 0x2b && found.length === 0) found.plus = true;
  }
  return true;
}

const zero = 0x30;

/**
 * A telephone number brought to the digits dialled in Japan (総務省 電気通信番号計画), or for others to + and
 * country and number. Gives how sure it is, 0: none.
 */
export function readPhone(cell: Cell, found: FoundDigits): number {
  const { units } = found;
  const marked = (cell.mask & (has.hyphen | has.telephone | has.blank)) !== 0;
  // +81 90…, 81-90…, +81 (0)90…: Japan.
  if (
    found.length >= 11 &&
    units[0] === zero + 8 &&
    units[1] === zero + 1 &&
    (found.plus || found.length <= 12)
  ) {
    const skip = units[2] === zero ? 3 : 2;
    const rest = found.length - skip;
    if (rest === 9 || rest === 10) {
      if (!found.plus && !marked && !isMobile(units, skip - 1, rest + 1)) return 0;
      units.copyWithin(1, skip, found.length);
      units[0] = zero;
      found.length = rest + 1;
      return isDialled(found) ? (found.plus ? 0.95 : 0.8) : 0;
    }
  }
  if (found.plus) return found.length >= 8 && found.length <= 15 ? 0.85 : 0;
  if (units[0] !== zero) return readWithoutZero(found, marked);
  if (!isDialled(found)) return 0;
  if (isMobile(units, 0, found.length)) return marked ? 0.97 : 0.85;
  return marked ? 0.95 : 0.6;
}

/** 070, 080, 090 and 050 with eleven digits, others with ten. */
function isDialled({ units, length }: FoundDigits): boolean {
  const second = (units[1] as number) - zero;
  if (units[0] !== zero || second === 0) return false;
  const third = (units[2] as number) - zero;
  if (third === 0 && second >= 5 && second !== 6) return length === 11;
  if (second === 1 && third === 2 && units[3] === zero) return length === 10;
  return length === 10;
}

function isMobile(units: Uint16Array, from: number, length: number): boolean {
  const second = (units[from + 1] as number) - zero;
  return length === 11 && second >= 7 && second <= 9 && units[from + 2] === zero;
}

/** Spreadsheets take the first zero away. */
function readWithoutZero(found: FoundDigits, marked: boolean): number {
  const { units, length } = found;
  if (length !== 10 || units[1] !== zero || (units[0] as number) < zero + 7) return 0;
  units.copyWithin(1, 0, length);
  units[0] = zero;
  found.length = 11;
  return marked ? 0.8 : 0.45;
}

/** The digits as text, for what is rare enough. */
export function textOfDigits({ units, length }: FoundDigits): string {
  return String.fromCharCode(...units.subarray(0, length));
}

/** The value of up to nine digits. */
export function valueOfDigits({ units, length }: FoundDigits): number {
  let value = 0;
  for (let at = 0; at < length; at += 1) value = value * 10 + (units[at] as number) - zero;
  return value;
}
