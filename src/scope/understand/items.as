// The items of the record under way: each with the field it stands in, its kind, and its canonical form.
import { cellDigits, cellLength, cellMask, unitAt } from "./cell";
import { classify, confidence, readAs, setConfidence, setSex, sex } from "./classify";
import { day, era, format, timed } from "./dates";
import {
  ACCENTED,
  ADDRESS,
  AT_SIGN,
  BIRTH_DATE,
  BROKEN,
  CUTS,
  DATE_ITEMS,
  EMAIL,
  ITEM_DAY,
  ITEM_END,
  ITEM_ERA,
  ITEM_FIELD,
  ITEM_FORMAT,
  ITEM_KIND,
  ITEM_START,
  ITEM_SURE,
  ITEMS_MOST,
  KANA,
  NAME,
  NORMAL_END,
  NORMAL_START,
  OTHER,
  OTHER_DATE,
  OTHERS,
  PASSPORT,
  PASSPORT_EXPIRES,
  PASSPORT_ISSUED,
  PIECE_FROM,
  PIECE_TO,
  POSTAL_CODE,
  ROMAN_NAME,
  SEX,
  UNKNOWN,
} from "./layout";
import { hasColumns, isBooking, isWord, kindOf, lonelyDigit } from "./memory";
import { normalAt, writeNormal, writeSex } from "./normal";
import { cut, mend } from "./outside";
import { takeField, takeSex } from "./signature";
import { fieldCount } from "./split";

/** Below this a field by itself is not what it looks like; column and row may say more. */
export const SURE_FROM: f64 = 0.5;

/** Kinds of which a person has one, as bits. */
const IDENTIFYING: i32 =
  (1 << NAME) |
  (1 << KANA) |
  (1 << EMAIL) |
  (1 << ROMAN_NAME) |
  (1 << BIRTH_DATE) |
  (1 << POSTAL_CODE) |
  (1 << ADDRESS) |
  (1 << SEX);

export let itemCount: i32 = 0;
/** Whether kinds were changed after their fields were read. */
export let changed: bool = false;
/**
 * Whether the row has columns, which may say otherwise than its cells; what follows is only of cells then, and
 * nothing that can be relied on.
 */
export let columned: bool = false;
/** Items that are days; their places stand at DATE_ITEMS. */
export let dateCount: i32 = 0;
/** Items that look like something, but not surely. */
export let weakCount: i32 = 0;
/** Kinds of the sure items but days, as bits. */
export let sureKinds: i32 = 0;
/** Items of kinds of which a person has one, and which have come before. */
export let repeated: i32 = 0;
let identified: i32 = 0;

export function clearItems(): void {
  itemCount = 0;
  changed = false;
  columned = false;
  dateCount = 0;
  weakCount = 0;
  sureKinds = 0;
  repeated = 0;
  identified = 0;
}

/** Whether an item is of a kind of which a person has one, and surely. */
// @ts-ignore: decorator
@inline
export function identifies(item: i32): bool {
  return ((IDENTIFYING >> kindAt(item)) & 1) == 1 && !(sureAt(item) < 0.7);
}

/** The item that is day number `date`. */
// @ts-ignore: decorator
@inline
export function dateAt(date: i32): i32 {
  return load<u16>(DATE_ITEMS + (date << 1));
}

// @ts-ignore: decorator
@inline
export function kindAt(item: i32): i32 {
  return load<u8>(ITEM_KIND + item);
}
// @ts-ignore: decorator
@inline
export function setKind(item: i32, found: i32): void {
  store<u8>(ITEM_KIND + item, <u8>found);
}
// @ts-ignore: decorator
@inline
export function fieldAt(item: i32): i32 {
  return load<u16>(ITEM_FIELD + (item << 1));
}
// @ts-ignore: decorator
@inline
export function sureAt(item: i32): f64 {
  return <f64>load<f32>(ITEM_SURE + (item << 2));
}
// @ts-ignore: decorator
@inline
function setSure(item: i32, value: f64): void {
  store<f32>(ITEM_SURE + (item << 2), <f32>value);
}
// @ts-ignore: decorator
@inline
export function dayAt(item: i32): i32 {
  return load<i32>(ITEM_DAY + (item << 2));
}
/** 1: written with an era, 2: with a time of day. */
// @ts-ignore: decorator
@inline
export function eraAt(item: i32): i32 {
  return load<u8>(ITEM_ERA + item);
}
// @ts-ignore: decorator
@inline
export function formatAt(item: i32): i32 {
  return load<u8>(ITEM_FORMAT + item);
}
// @ts-ignore: decorator
@inline
export function startAt(item: i32): i32 {
  return load<i32>(ITEM_START + (item << 2));
}
// @ts-ignore: decorator
@inline
export function endAt(item: i32): i32 {
  return load<i32>(ITEM_END + (item << 2));
}
// @ts-ignore: decorator
@inline
export function beginNormal(item: i32): void {
  store<i32>(NORMAL_START + (item << 2), normalAt);
}
// @ts-ignore: decorator
@inline
export function endNormal(item: i32): void {
  store<i32>(NORMAL_END + (item << 2), normalAt);
}

/** Reads a field into its items. Cells that do not look like one thing are mended or cut up, once. */
export function readField(field: i32, from: i32, to: i32): void {
  const found = settleWeak(classify(from, to));
  if (found != UNKNOWN && confidence >= SURE_FROM) {
    add(field, found, from, to, 0, 0);
    return;
  }
  if ((cellMask & (ACCENTED | BROKEN | OTHERS)) != 0 && cellLength > 3 && mend(from, to) == 1) {
    const start = load<i32>(CUTS);
    const end = load<i32>(CUTS, 4);
    const again = classify(start, end);
    if (again != UNKNOWN && confidence >= SURE_FROM) {
      add(field, again, from, to, start, end);
      return;
    }
    classify(from, to);
  }
  if (cellLength >= 8 && (cellDigits >= 6 || (cellMask & AT_SIGN) != 0)) {
    const pieces = cut();
    if (pieces > 0) {
      addPieces(field, from, to, pieces);
      return;
    }
  }
  add(field, found, from, to, 0, 0);
}

/** What a cell alone does not say, the other rows of its source may. */
function settleWeak(found: i32): i32 {
  if (cellLength == 1 && cellDigits == 1) {
    const digit = unitAt(0) - 0x30;
    if (!lonelyDigit(digit)) return UNKNOWN;
    setSex(digit);
    setConfidence(0.55);
    return SEX;
  }
  if (found == PASSPORT && confidence < 0.7) return isBooking() ? OTHER : found;
  if ((found != NAME && found != KANA && found != ROMAN_NAME) || confidence >= 0.9) return found;
  let hash: i32 = 0;
  for (let at = 0; at < cellLength; at++) hash = hash * 31 + unitAt(at);
  if (isWord(hash ^ <i32>(<u32>hash >> 13))) {
    setConfidence(0);
    return OTHER;
  }
  if (confidence >= 0.35) setConfidence(max(0.55, confidence));
  return found;
}

/** Several things in one cell: fields glued together, or words about a person. */
function addPieces(field: i32, from: i32, to: i32, pieces: i32): void {
  const before = itemCount;
  for (let piece = 0; piece < pieces; piece++) {
    const start = load<i32>(CUTS + piece * 8);
    const end = load<i32>(CUTS + piece * 8, 4);
    const found = classify(start, end);
    if (found != UNKNOWN && confidence >= SURE_FROM) add(field, found, from, to, start, end);
  }
  if (itemCount == before) add(field, UNKNOWN, from, to, 0, 0);
}

function add(field: i32, found: i32, from: i32, to: i32, pieceFrom: i32, pieceTo: i32): void {
  if (itemCount == ITEMS_MOST) return;
  const at = itemCount;
  store<u16>(ITEM_FIELD + (at << 1), <u16>field);
  setKind(at, found);
  store<i32>(ITEM_START + (at << 2), from);
  store<i32>(ITEM_END + (at << 2), to);
  store<i32>(PIECE_FROM + (at << 2), pieceFrom);
  store<i32>(PIECE_TO + (at << 2), pieceTo);
  setSure(at, found == UNKNOWN || found == OTHER ? 0 : confidence);
  const dated = found == OTHER_DATE;
  store<i32>(ITEM_DAY + (at << 2), dated ? day : 0);
  store<u8>(ITEM_FORMAT + at, <u8>(dated ? format : 0));
  store<u8>(ITEM_ERA + at, <u8>(dated && era ? 1 : dated && timed ? 2 : 0));
  itemCount += 1;
  beginNormal(at);
  // Read once: what was found lies before us now. Days wait for the row to say what they are.
  if (dated) {
    store<u16>(DATE_ITEMS + (dateCount << 1), <u16>at);
    dateCount += 1;
  } else if (sureAt(at) >= SURE_FROM) {
    keep(at, found);
    sureKinds |= 1 << found;
    if (identifies(at)) {
      if ((identified & (1 << found)) != 0) repeated += 1;
      identified |= 1 << found;
    }
  } else if (found != UNKNOWN && found != OTHER) weakCount += 1;
  endNormal(at);
}

/** Writes the canonical form of what was just read, and takes it into the signature. */
function keep(item: i32, found: i32): void {
  const how = load<f32>(ITEM_SURE + (item << 2));
  if (found == SEX) {
    writeSex(sex);
    takeSex(sex, how);
    return;
  }
  writeNormal(found);
  takeField(found, how);
}

/** Reads an item again, as what it was found to be. */
export function takeItem(item: i32, found: i32): void {
  const piece = load<i32>(PIECE_FROM + (item << 2));
  const from = piece != 0 ? piece : startAt(item);
  const to = piece != 0 ? load<i32>(PIECE_TO + (item << 2)) : endAt(item);
  // What the cell shows by itself is read again as it was; a kind from its column is read as that.
  if (classify(from, to) != found && !readAs(found, from, to)) return;
  keep(item, found);
}

function isDay(found: i32): bool {
  return found == BIRTH_DATE || found == PASSPORT_ISSUED || found == PASSPORT_EXPIRES || found == OTHER_DATE;
}

/** Where a file has columns, a weak cell is what its column is. */
export function settleByColumns(): void {
  columned = hasColumns(fieldCount);
  if (!columned) return;
  for (let at = 0; at < itemCount; at++) {
    const column = kindOf(fieldAt(at));
    const found = kindAt(at);
    if (column == UNKNOWN || column == found || load<i32>(PIECE_FROM + (at << 2)) != 0) continue;
    if (sureAt(at) >= 0.93 && found != OTHER_DATE) continue;
    if (found == OTHER_DATE && isDay(column)) {
      setKind(at, column);
      setSure(at, 0.97);
      continue;
    }
    changed = true;
    if (column == OTHER) setKind(at, OTHER);
    else if (readAs(column, startAt(at), endAt(at))) {
      setKind(at, column);
      setSure(at, 0.85);
      if (isDay(column)) store<i32>(ITEM_DAY + (at << 2), day);
    }
  }
}
