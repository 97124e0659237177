// Digits of a cell, telephone numbers, and numbers with check digits.
import { cellLength, cellMask, classOf, unitAt } from "./cell";
import { ASIDE, BLANK, DIGIT, DIGITS, DIGITS_MOST, HYPHEN, TELEPHONE } from "./layout";

/** How many digits the last number has; they stand at DIGITS. */
export let digitCount: i32 = 0;
/** Whether a plus stood before them: a number in the international form (E.164). */
export let plus: bool = false;

// @ts-ignore: decorator
@inline
export function digitAt(place: i32): i32 {
  return <i32>load<u16>(DIGITS + (place << 1)) - 0x30;
}
// @ts-ignore: decorator
@inline
function putDigit(place: i32, digit: i32): void {
  store<u16>(DIGITS + (place << 1), <u16>(digit + 0x30));
}

/** Takes the digits of the cell; false where there are more than 40. */
export function takeDigits(): bool {
  digitCount = 0;
  plus = false;
  for (let at = 0; at < cellLength; at++) {
    const unit = unitAt(at);
    if (classOf(unit) == DIGIT) {
      if (digitCount == DIGITS_MOST) return false;
      store<u16>(DIGITS + (digitCount << 1), <u16>unit);
      digitCount += 1;
    } else if (unit == 0x2b && digitCount == 0) plus = true;
  }
  // What looks beyond the end finds no digit of a number before.
  for (let at = digitCount; at < digitCount + 4; at++) store<u16>(DIGITS + (at << 1), 0);
  return true;
}

/**
 * A telephone number brought to the digits dialled in Japan (総務省 電気通信番号計画), or for others to + and country
 * and number. Gives how sure it is, 0: none.
 */
export function readPhone(): f64 {
  const marked = (cellMask & (HYPHEN | TELEPHONE | BLANK)) != 0;
  // +81 90…, 81-90…, +81 (0)90…: Japan.
  if (digitCount >= 11 && digitAt(0) == 8 && digitAt(1) == 1 && (plus || digitCount <= 12)) {
    const skip: i32 = digitAt(2) == 0 ? 3 : 2;
    const rest = digitCount - skip;
    if (rest == 9 || rest == 10) {
      if (!plus && !marked && !isMobile(skip - 1, rest + 1)) return 0;
      memory.copy(DIGITS + 2, DIGITS + (skip << 1), (digitCount - skip) << 1);
      putDigit(0, 0);
      digitCount = rest + 1;
      return isDialled() ? (plus ? 0.95 : 0.8) : 0;
    }
  }
  if (plus) return digitCount >= 8 && digitCount <= 15 ? 0.85 : 0;
  if (digitAt(0) != 0) return readWithoutZero(marked);
  if (!isDialled()) return 0;
  if (isMobile(0, digitCount)) return marked ? 0.97 : 0.85;
  return marked ? 0.95 : 0.6;
}

/** 070, 080, 090 and 050 with eleven digits, others with ten. */
function isDialled(): bool {
  const second = digitAt(1);
  if (digitAt(0) != 0 || second == 0) return false;
  const third = digitAt(2);
  if (third == 0 && second >= 5 && second != 6) return digitCount == 11;
  return digitCount == 10;
}

function isMobile(from: i32, count: i32): bool {
  const second = digitAt(from + 1);
  return count == 11 && second >= 7 && second <= 9 && digitAt(from + 2) == 0;
}

/** Spreadsheets take the first zero away. */
function readWithoutZero(marked: bool): f64 {
  if (digitCount != 10 || digitAt(1) != 0 || digitAt(0) < 7) return 0;
  memory.copy(DIGITS + 2, DIGITS, digitCount << 1);
  putDigit(0, 0);
  digitCount = 11;
  return marked ? 0.8 : 0.45;
}

/** Whether twelve digits are rather 81 and a mobile number; the digits stay as they are. */
export function isPhoneAside(): bool {
  const count = digitCount;
  memory.copy(ASIDE, DIGITS, DIGITS_MOST << 1);
  const sure = readPhone() >= 0.8;
  memory.copy(DIGITS, ASIDE, DIGITS_MOST << 1);
  digitCount = count;
  return sure;
}

/** The value of the first digits, up to nine. */
export function valueOfDigits(count: i32): i32 {
  let value: i32 = 0;
  for (let at = 0; at < count; at++) value = value * 10 + digitAt(at);
  return value;
}

/** Whether twelve digits end with the check digit of a My Number: see personal/checkDigits.ts. */
export function isMyNumber(): bool {
  let sum: i32 = 0;
  for (let at = 0; at < 11; at++) sum += digitAt(at) * (at < 5 ? 6 - at : 12 - at);
  const rest = sum % 11;
  return digitAt(11) == (rest <= 1 ? 0 : 11 - rest);
}

/** Whether 14 to 16 digits pass Luhn's check and begin as cards of a known scheme do: see personal/checkDigits.ts. */
export function isPaymentCard(): bool {
  const two = valueOfDigits(2);
  const four = valueOfDigits(4);
  const known =
    (digitAt(0) == 4 && digitCount == 16) ||
    (((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) && digitCount == 16) ||
    (four >= 3528 && four <= 3589 && digitCount == 16) ||
    ((two == 34 || two == 37) && digitCount == 15) ||
    ((two == 36 || two == 38 || (four >= 3000 && four <= 3059)) && digitCount == 14) ||
    ((four == 6011 || two == 65 || two == 62) && digitCount >= 16);
  if (!known) return false;
  let sum: i32 = 0;
  let twice = false;
  for (let at = digitCount - 1; at >= 0; at--) {
    const digit = digitAt(at);
    sum += twice ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
    twice = !twice;
  }
  return sum % 10 == 0;
}
