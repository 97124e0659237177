// Takes records: reads them, and keeps what records.parquet and the signatures say of each until it is
// written: see job/understandTask.ts.
import { endAt, fieldAt, itemCount, kindAt, startAt } from "./items";
import {
  BIRTH_DATE,
  CHOICES,
  CHUNK,
  CHUNK_ROWS,
  ENCODING_COUNTS,
  ITEM_COUNTS,
  ITEMS_MOST,
  LOG_ENCODING,
  LOG_FIELD,
  LOG_ID,
  LOG_ITEMS,
  LOG_KIND,
  LOG_LINE,
  LOG_NORMALS,
  LOG_OFFSET,
  LOG_PART,
  LOG_PATH,
  LOG_RECORDS,
  LOG_ROWS,
  LOG_TEXT,
  LOG_VALUES,
  NORMAL_END,
  NORMAL_MOST,
  NORMAL_START,
  PART_COUNTS,
  PASSPORT_EXPIRES,
  ROW,
} from "./layout";
import { dayOf, readRecord, secondPerson, takePerson } from "./record";
import { AT_BORN, AT_EXPIRES, AT_ITEMS, putNarrow } from "./signature";

const RECORDS_OF_TASK: f64 = 1000000000;
/** A cell that holds several things stands whole with the first of them, and with the others if it is short. */
const REPEATED_MOST: i32 = 4096;

/** Rows and records of the log, and the ends of its texts. */
export let logRows: i32 = 0;
export let logRecords: i32 = 0;
export let valuesEnd: i32 = LOG_VALUES;
export let normalsEnd: i32 = LOG_NORMALS;
/** Signatures in the chunk, and where they end. */
export let chunkRows: i32 = 0;
export let chunkEnd: i32 = CHUNK;
/** Of the task: records, and lines that hold nothing of a person. */
export let taken: f64 = 0;
export let others: f64 = 0;

let rowWords: i32 = 0;
let firstId: f64 = 0;

// Where the record under way stands.
let recordFrom: i32 = 0;
let offset: f64 = 0;
let line: f64 = 0;
let encoding: i32 = 0;
let part: i32 = 0;
let path: i32 = 0;

/** Words of a signature. */
export function setRow(words: i32): void {
  rowWords = words;
  for (let chosen = 0; chosen < 16; chosen++) {
    let to = CHOICES + (chosen << 4);
    for (let word = 0; word < 4; word++) {
      if (((chosen >> word) & 1) == 0) continue;
      store<u32>(to, <u32>word * 0x04040404 + 0x03020100);
      to += 4;
    }
  }
}

/** A task begins; `first`: the number of its first record. */
export function beginTask(first: f64): void {
  firstId = first;
  taken = 0;
  others = 0;
  memory.fill(ITEM_COUNTS, 0, 0x200);
  clearLog();
  clearChunk();
}

export function clearLog(): void {
  logRows = 0;
  logRecords = 0;
  valuesEnd = LOG_VALUES;
  normalsEnd = LOG_NORMALS;
}

export function clearChunk(): void {
  chunkRows = 0;
  chunkEnd = CHUNK;
}

/** Where the next record stands: its first byte, line, the numbers of its encoding, part and path. */
export function setPlace(at: f64, atLine: f64, code: i32, much: i32, pathCode: i32): void {
  offset = at;
  line = atLine;
  encoding = code;
  part = much;
  path = pathCode;
}

/** Reads the record in bytes [from, to) and takes it. */
export function record(from: i32, to: i32): bool {
  readRecord(from, to);
  return takeRecord(from);
}

/**
 * Takes the record that was read last, and began at `from`; false: what is kept must be written first, and this asked
 * again.
 */
export function takeRecord(from: i32): bool {
  if (!hasRoom()) return false;
  recordFrom = from;
  let first: i32 = 0;
  let last = secondPerson();
  while (first < itemCount) {
    take(first, last);
    first = last;
    last = itemCount;
  }
  return true;
}

function hasRoom(): bool {
  if (logRows + ITEMS_MOST > LOG_ROWS || logRecords + 2 > LOG_RECORDS || chunkRows + 2 > CHUNK_ROWS) return false;
  if (normalsEnd + NORMAL_MOST + ITEMS_MOST * 4 > LOG_NORMALS + LOG_TEXT) return false;
  // No record has more than 8 MiB: INPUT_MOST, and what is repeated of it.
  if (valuesEnd <= LOG_VALUES + LOG_TEXT - 0x800000) return true;
  let values = valuesEnd + 64;
  for (let item = 0; item < itemCount; item++) values += valueBytes(item) + 4;
  return values <= LOG_VALUES + LOG_TEXT;
}

// @ts-ignore: decorator
@inline
function valueBytes(item: i32): i32 {
  const size = endAt(item) - startAt(item);
  const again = item > 0 && fieldAt(item) == fieldAt(item - 1);
  return again && size > REPEATED_MOST ? 0 : size;
}

function take(from: i32, to: i32): void {
  if (!takePerson(from, to)) {
    others += 1;
    return;
  }
  if (taken >= RECORDS_OF_TASK) return;
  putNarrow(AT_ITEMS, write(from, to));
  putNarrow(AT_BORN, dayOf(from, to, BIRTH_DATE));
  putNarrow(AT_EXPIRES, dayOf(from, to, PASSPORT_EXPIRES));
  storeSignature();
  count(ENCODING_COUNTS + (encoding << 2));
  count(PART_COUNTS + (part << 2));
  taken += 1;
}

/** Puts the signature under way behind those that wait to be written. */
export function storeSignature(): void {
  let to = chunkEnd + 8;
  let there: u64 = 0;
  for (let word = 0; word < rowWords; word += 4) {
    const four = v128.load(ROW + (word << 2));
    const chosen = i32x4.bitmask(i32x4.ne(four, i32x4.splat(0)));
    there |= (<u64>chosen) << (<u64>word);
    v128.store(to, i8x16.swizzle(four, v128.load(CHOICES + (chosen << 4))));
    to += i32.popcnt(chosen) << 2;
  }
  store<u64>(chunkEnd, there);
  chunkEnd = to;
  chunkRows += 1;
}

// @ts-ignore: decorator
@inline
function count(place: i32): void {
  store<i32>(place, load<i32>(place) + 1);
}

/** Puts the items behind those that wait to be written; gives their kinds as bits. */
function write(from: i32, to: i32): i32 {
  const record = logRecords;
  let kinds: i32 = 0;
  // The second row of a line begins with its first field; in other encodings nobody knows where that lies.
  const shift: i32 = from == 0 || encoding > 1 ? 0 : startAt(from) - recordFrom;
  store<u64>(LOG_ID + (record << 3), <u64>(firstId + taken));
  store<u64>(LOG_OFFSET + (record << 3), <u64>(offset + <f64>shift));
  store<u64>(LOG_LINE + (record << 3), <u64>line);
  store<u16>(LOG_ITEMS + (record << 1), <u16>(to - from));
  store<u8>(LOG_ENCODING + record, <u8>encoding);
  store<u8>(LOG_PART + record, <u8>part);
  store<u8>(LOG_PATH + record, <u8>path);
  logRecords += 1;
  let row = logRows;
  for (let item = from; item < to; item++) {
    store<u16>(LOG_FIELD + (row << 1), <u16>fieldAt(item));
    const found = kindAt(item);
    kinds |= 1 << found;
    count(ITEM_COUNTS + (found << 2));
    store<u8>(LOG_KIND + row, <u8>found);
    valuesEnd = putText(valuesEnd, startAt(item), item == from ? endAt(item) - startAt(item) : valueBytes(item));
    const normal = load<i32>(NORMAL_START + (item << 2));
    normalsEnd = putText(normalsEnd, normal, load<i32>(NORMAL_END + (item << 2)) - normal);
    row += 1;
  }
  logRows = row;
  return kinds;
}

/** A text with its length before it; what is written beyond it is written over by the next. */
// @ts-ignore: decorator
@inline
function putText(at: i32, from: i32, size: i32): i32 {
  store<i32>(at, size);
  at += 4;
  if (size <= 64) for (let place = 0; place < size; place += 16) v128.store(at + place, v128.load(from + place));
  else memory.copy(at, from, size);
  return at + size;
}

/** Puts a text behind the values that are kept. */
export function appendValue(from: i32, size: i32): void {
  valuesEnd = putText(valuesEnd, from, size);
}
