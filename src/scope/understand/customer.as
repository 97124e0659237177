// Takes rows of a customer table, whose columns hold what a map says.
import { readAs, sex } from "./classify";
import { day } from "./dates";
import {
  ADDRESS,
  ATTRIBUTE_SLOTS,
  BIRTH_DATE,
  CUSTOMER_BORN,
  CUSTOMER_CODES,
  CUSTOMER_COLUMNS,
  CUSTOMER_EXPIRES,
  CUSTOMER_ID,
  CUSTOMER_ROWS,
  CUSTOMER_SPANS,
  EMAIL,
  FIELDS_MOST,
  KANA,
  NAME,
  PASSPORT,
  PASSPORT_ISSUED,
  PHONE,
  POSTAL_CODE,
  ROMAN_NAME,
  SEX,
  SLOTS_OF_ATTRIBUTE,
} from "./layout";
import { appendValue, storeSignature } from "./log";
import { AT_BORN, AT_EXPIRES, clearSignature, putNarrow, takeDay, takeField, takeSex } from "./signature";
import { fieldCount, fieldEnd, fieldStart, splitRecord } from "./split";

// Places in CUSTOMER_FIELDS.
const ID_FIELD: i32 = 0;
const NAME_FIELD: i32 = 1;
const BIRTH_FIELD: i32 = 5;
const PHONE2_FIELD: i32 = 10;
const PASSPORT_FIELD: i32 = 11;
const ISSUED_FIELD: i32 = 12;
const EXPIRES_FIELD: i32 = 13;
const ATTRIBUTE_FIELD: i32 = 14;
const FIELDS: i32 = 19;
const ATTRIBUTES: i32 = 5;

/** Rows that are kept; their keys stand where values do. */
export let customerRows: i32 = 0;
/** Bit n: the text of attribute n of the last row has no number here, see `codeAttribute`. */
export let misses: i32 = 0;
// Days of the last row, yyyymmdd; 0: none.
let born: i32 = 0;
let expires: i32 = 0;

// @ts-ignore: decorator
@inline
function spanStart(field: i32): i32 {
  return load<i32>(CUSTOMER_SPANS + (field << 3));
}
// @ts-ignore: decorator
@inline
function spanEnd(field: i32): i32 {
  return load<i32>(CUSTOMER_SPANS + (field << 3), 4);
}

/** Reads the row in bytes [from, to) and keeps its signature; where its fields lie stands at CUSTOMER_SPANS. */
export function customer(from: i32, to: i32, separator: i32): void {
  splitRecord(from, to, separator);
  clearSignature();
  memory.fill(CUSTOMER_SPANS, 0, FIELDS << 3);
  const columns = min(fieldCount, FIELDS_MOST);
  for (let column = 0; column < columns; column++) {
    const field: i32 = load<u8>(CUSTOMER_COLUMNS + column);
    if (field == 255 || fieldEnd(column) <= fieldStart(column)) continue;
    store<i32>(CUSTOMER_SPANS + (field << 3), fieldStart(column));
    store<i32>(CUSTOMER_SPANS + (field << 3), fieldEnd(column), 4);
  }
  born = 0;
  expires = 0;
  for (let field = NAME_FIELD; field <= EXPIRES_FIELD; field++) {
    if (spanEnd(field) > spanStart(field)) takeValue(field, spanStart(field), spanEnd(field));
  }
  if (spanEnd(ID_FIELD) > spanStart(ID_FIELD)) {
    readAs(CUSTOMER_ID, spanStart(ID_FIELD), spanEnd(ID_FIELD));
    takeField(CUSTOMER_ID, 1);
  }
  putNarrow(AT_BORN, born);
  putNarrow(AT_EXPIRES, expires);
  storeSignature();
  store<i32>(CUSTOMER_BORN + (customerRows << 2), born);
  store<i32>(CUSTOMER_EXPIRES + (customerRows << 2), expires);
  appendValue(spanStart(ID_FIELD), spanEnd(ID_FIELD) - spanStart(ID_FIELD));
  misses = 0;
  for (let attribute = 0; attribute < ATTRIBUTES; attribute++) findCode(attribute);
  customerRows += 1;
}

/** Nothing is kept now. */
export function clearCustomers(): void {
  customerRows = 0;
}

/** Another table, or part of it, whose texts have other numbers. */
export function clearAttributes(): void {
  memory.fill(ATTRIBUTE_SLOTS, 255, ATTRIBUTES * SLOTS_OF_ATTRIBUTE * 16);
}

/** Gives the last row's text of an attribute its number. */
export function codeAttribute(attribute: i32, code: i32): void {
  store<i32>(CUSTOMER_CODES + ((attribute * CUSTOMER_ROWS + customerRows - 1) << 2), code);
  store<i32>(slotOf(attribute), code, 12);
}

let firstHash: i32 = 0;
let otherHash: i32 = 0;

/** Where the text's number would stand: by its first hash. */
function slotOf(attribute: i32): i32 {
  const from = spanStart(ATTRIBUTE_FIELD + attribute);
  const to = spanEnd(ATTRIBUTE_FIELD + attribute);
  // FNV-1a and a polynomial: together with the length, two texts have never the same by chance.
  let one: i32 = 0x811c9dc5;
  let other: i32 = 0;
  for (let at = from; at < to; at++) {
    const byte: i32 = load<u8>(at);
    one = (one ^ byte) * 0x01000193;
    other = other * 0x2c1b3c6d + byte + 1;
  }
  firstHash = one;
  otherHash = other;
  const slot = (one ^ <i32>(<u32>one >> 15)) & (SLOTS_OF_ATTRIBUTE - 1);
  return ATTRIBUTE_SLOTS + ((attribute * SLOTS_OF_ATTRIBUTE + slot) << 4);
}

function findCode(attribute: i32): void {
  const slot = slotOf(attribute);
  const size = spanEnd(ATTRIBUTE_FIELD + attribute) - spanStart(ATTRIBUTE_FIELD + attribute);
  if (load<i32>(slot) == firstHash && load<i32>(slot, 4) == otherHash && load<i32>(slot, 8) == size) {
    store<i32>(CUSTOMER_CODES + ((attribute * CUSTOMER_ROWS + customerRows) << 2), load<i32>(slot, 12));
    return;
  }
  store<i32>(slot, firstHash);
  store<i32>(slot, otherHash, 4);
  store<i32>(slot, size, 8);
  misses |= 1 << attribute;
}

function kindOf(field: i32): i32 {
  switch (field) {
    case 1:
      return NAME;
    case 2:
      return KANA;
    case 3:
      return ROMAN_NAME;
    case 4:
      return SEX;
    case 6:
      return EMAIL;
    case 7:
      return POSTAL_CODE;
    case 8:
      return ADDRESS;
    case PASSPORT_FIELD:
      return PASSPORT;
    default:
      return PHONE;
  }
}

function takeValue(field: i32, from: i32, to: i32): void {
  if (field == BIRTH_FIELD) {
    if (!readAs(BIRTH_DATE, from, to)) return;
    takeDay(true, day);
    born = day;
    return;
  }
  if (field == ISSUED_FIELD || field == EXPIRES_FIELD) {
    if (readAs(PASSPORT_ISSUED, from, to)) takePassportDay(field);
    return;
  }
  const found = kindOf(field);
  if (!readAs(found, from, to)) {
    // Customers from abroad stand with their Latin letters in the column for names.
    if (found == NAME && readAs(ROMAN_NAME, from, to)) takeField(ROMAN_NAME, 0.9);
    return;
  }
  if (found == SEX) takeSex(sex, 1);
  else takeField(found, field == PHONE2_FIELD ? 0.9 : 1);
}

/** Ten years for who was twenty by then, else five (旅券法 5条, as it stood until 2022). */
function takePassportDay(field: i32): void {
  if (field == EXPIRES_FIELD) {
    expires = day;
    return;
  }
  expires = day + (born > 0 && day - born < 200000 ? 50000 : 100000);
}
