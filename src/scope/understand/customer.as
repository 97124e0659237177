// Takes rows of a customer table, whose columns hold what a map says.
import { readAs, sex } from "./classify";
import { day } from "./dates";
import {
  ADDRESS,
  BIRTH_DATE,
  CUSTOMER_COLUMNS,
  CUSTOMER_ID,
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
} from "./layout";
import { storeSignature } from "./log";
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
const FIELDS: i32 = 19;

/** Days of the last row, yyyymmdd; 0: none. */
export let born: i32 = 0;
export let expires: i32 = 0;

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
