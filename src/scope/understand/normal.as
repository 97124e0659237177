// Canonical forms of fields, as UTF-8 one behind the other at NORMAL.
import { blockNumber, numberCount, townLength, townUnit } from "./address";
import { cellBlanks, cellKanji, cellLength, classOf, unitAt } from "./cell";
import {
  ADDRESS,
  CUSTOMER_ID,
  EMAIL,
  KANA,
  LOWER,
  MY_NUMBER,
  NAME,
  NORMAL,
  NORMAL_MOST,
  PASSPORT,
  PAYMENT_CARD,
  PHONE,
  POSTAL_CODE,
  ROMAN_NAME,
  UPPER,
} from "./layout";
import { family, known, nameLength, nameUnit } from "./names";
import { digitAt, digitCount, plus } from "./numbers";

/** Where the next form begins. */
export let normalAt: i32 = NORMAL;

export function clearNormal(): void {
  normalAt = NORMAL;
}

/** Writes the form of what was just read; nothing for what has none. */
export function writeNormal(found: i32): void {
  if (normalAt > NORMAL + NORMAL_MOST - 0x4000) return;
  switch (found) {
    case NAME:
    case KANA: {
      const apart = found == KANA || known > 0 || cellBlanks > 0;
      const first: i32 = apart ? family : 0;
      for (let at = 0; at < first; at++) unit(nameUnit(at));
      if (first > 0 && first < nameLength) byte(0x20);
      for (let at = first; at < nameLength; at++) unit(nameUnit(at));
      return;
    }
    case ROMAN_NAME:
    case PASSPORT:
    case CUSTOMER_ID:
      upper();
      return;
    case EMAIL:
      for (let at = 0; at < cellLength; at++) {
        const one = unitAt(at);
        unit(classOf(one) == UPPER ? one + 0x20 : one);
      }
      return;
    case POSTAL_CODE:
      digits(0, 3);
      byte(0x2d);
      digits(3, digitCount);
      return;
    case PHONE:
      if (plus && digitAt(0) != 0) byte(0x2b);
      digits(0, digitCount);
      return;
    case ADDRESS:
      writeAddress();
      return;
    case MY_NUMBER:
    case PAYMENT_CARD:
      digits(0, digitCount);
  }
}

/** male, female (ISO/IEC 5218 in words). */
export function writeSex(sex: i32): void {
  if (sex != 1) {
    byte(0x66);
    byte(0x65);
  }
  byte(0x6d);
  byte(0x61);
  byte(0x6c);
  byte(0x65);
}

/** 1985-03-02 */
export function writeDay(packed: i32): void {
  const year = packed / 10000;
  two(year / 100);
  two(year % 100);
  byte(0x2d);
  two((packed / 100) % 100);
  byte(0x2d);
  two(packed % 100);
}

/** City, town and numbers without the prefecture: 千代田区丸の内1-2-3; what stands behind is kept. */
function writeAddress(): void {
  if (cellKanji == 0) {
    upper();
    return;
  }
  for (let at = 0; at < townLength; at++) unit(townUnit(at));
  for (let at = 0; at < numberCount; at++) {
    if (at > 0) byte(0x2d);
    number(blockNumber(at));
  }
}

function number(value: i32): void {
  if (value >= 10) number(value / 10);
  byte(0x30 + (value % 10));
}

function two(value: i32): void {
  byte(0x30 + value / 10);
  byte(0x30 + (value % 10));
}

function upper(): void {
  for (let at = 0; at < cellLength; at++) {
    const one = unitAt(at);
    unit(classOf(one) == LOWER ? one - 0x20 : one);
  }
}

function digits(from: i32, to: i32): void {
  for (let at = from; at < to; at++) byte(digitAt(at) + 0x30);
}

// @ts-ignore: decorator
@inline
function byte(value: i32): void {
  store<u8>(normalAt, <u8>value);
  normalAt += 1;
}

// @ts-ignore: decorator
@inline
function unit(one: i32): void {
  if (one < 0x80) byte(one);
  else if (one < 0x800) {
    store<u8>(normalAt, <u8>(0xc0 | (one >> 6)));
    store<u8>(normalAt, <u8>(0x80 | (one & 63)), 1);
    normalAt += 2;
  } else {
    store<u8>(normalAt, <u8>(0xe0 | (one >> 12)));
    store<u8>(normalAt, <u8>(0x80 | ((one >> 6) & 63)), 1);
    store<u8>(normalAt, <u8>(0x80 | (one & 63)), 2);
    normalAt += 3;
  }
}
