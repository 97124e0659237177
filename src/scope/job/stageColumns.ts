import { SignatureTable, wordOf, wordsOfRow, type SharedTable } from "../signatures/columns.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

/** By record: bits of items; days as yyyymmdd, 0: none. */
export type RecordColumns = { items: Uint32Array; born: Int32Array; expires: Int32Array };

/** By customer row: what `facts` says; the day on which a passport ends as yyyymmdd. */
export type CustomerColumns = { facts: Int32Array; expires: Int32Array };

export const reachedBy = ["email", "letter", "phone"] as const;

/**
 * What is asked of each customer, in one number: she lies anywhere in the table, and each look takes as long
 * as a hundred steps. Three bits for the ways in which she can be reached, one for whether a record is
 * certainly hers, and the day of birth as yyyymmdd.
 */
export const facts = {
  linked: 8,
  ways: (fact: number): number => fact & 7,
  isLinked: (fact: number): boolean => (fact & facts.linked) !== 0,
  born: (fact: number): number => fact >>> 4,
} as const;

/** Members of groups: those of group n are `members[starts[n]..starts[n + 1])`, in their order. */
export type Grouped = { starts: Uint32Array; members: Uint32Array };

type Part<Into> = { table: SharedTable; columns: Into; from: number; to: number };

/** Takes the columns of records `[from, to)` in one walk; tells how many have an item of each kind. */
export function takeRecords({ table, columns, from, to }: Part<RecordColumns>): Float64Array {
  const { words } = SignatureTable.of(table);
  const { items, born, expires } = columns;
  const [low, high] = [new Uint32Array(0x10000), new Uint32Array(0x10000)];
  for (let row = from, start = from * wordsOfRow; row < to; row += 1, start += wordsOfRow) {
    const bits = words[start + wordOf.items] as number;
    items[row] = bits;
    born[row] = words[start + wordOf.born] as number;
    expires[row] = words[start + wordOf.expires] as number;
    low[bits & 0xffff] = (low[bits & 0xffff] as number) + 1;
    high[bits >>> 16] = (high[bits >>> 16] as number) + 1;
  }
  const counts = new Float64Array(32);
  for (let bits = 0; bits < 0x10000; bits += 1) {
    for (let bit = 0; bit < 16; bit += 1) {
      if (((bits >>> bit) & 1) === 0) continue;
      counts[bit] = (counts[bit] as number) + (low[bits] as number);
      counts[bit + 16] = (counts[bit + 16] as number) + (high[bits] as number);
    }
  }
  return counts;
}

/** Takes the columns of customers `[from, to)`; nobody is linked yet. */
export function takeCustomers({ table, columns, from, to }: Part<CustomerColumns>): void {
  const { words } = SignatureTable.of(table);
  const { email, town, address, phone } = wordOf;
  for (let row = from, start = from * wordsOfRow; row < to; row += 1, start += wordsOfRow) {
    columns.facts[row] =
      (words[start + email] === 0 ? 0 : 1) |
      (words[start + town] === 0 && words[start + address] === 0 ? 0 : 2) |
      (words[start + phone] === 0 ? 0 : 4) |
      ((words[start + wordOf.born] as number) << 4);
    columns.expires[row] = words[start + wordOf.expires] as number;
  }
}

/** Groups of one part of them: their counts stay in the cache. */
const groupsOfPart = 1 << 15;

/**
 * Members by group, from 1 to `count`; those of group 0 belong to none. Groups come in no order, so members
 * are first put together by parts of the groups, and then within each part.
 */
export function groupBy(groupOf: Int32Array, count: number): Grouped {
  const shift = Math.log2(groupsOfPart);
  const parts = (count >>> shift) + 1;
  const ends = new Uint32Array(parts);
  for (let member = 0; member < groupOf.length; member += 1) {
    const group = groupOf[member] as number;
    if (group > 0) ends[group >>> shift] = (ends[group >>> shift] as number) + 1;
  }
  let total = 0;
  for (let part = 0; part < parts; part += 1) {
    const size = ends[part] as number;
    ends[part] = total;
    total += size;
  }
  // What is put in its place moves its part's start to its end.
  const pairs = new Uint32Array(total * 2);
  for (let member = 0; member < groupOf.length; member += 1) {
    const group = groupOf[member] as number;
    if (group === 0) continue;
    const at = ends[group >>> shift] as number;
    ends[group >>> shift] = at + 1;
    pairs[at * 2] = group;
    pairs[at * 2 + 1] = member;
  }
  return groupParts(pairs, { ends, count });
}

/** `ends`: of the parts, one behind the other. */
function groupParts(pairs: Uint32Array, { ends, count }: { ends: Uint32Array; count: number }): Grouped {
  const starts = new Uint32Array(sharedBytes((count + 2) * 4), 0, count + 2);
  const members = new Uint32Array(sharedBytes(pairs.length * 2), 0, pairs.length / 2);
  let from = 0;
  for (let part = 0; part < ends.length; part += 1) {
    const to = ends[part] as number;
    const first = part * groupsOfPart;
    const places = new Uint32Array(groupsOfPart + 1);
    for (let at = from; at < to; at += 1) {
      const group = (pairs[at * 2] as number) - first;
      places[group + 1] = (places[group + 1] as number) + 1;
    }
    places[0] = from;
    const groups = Math.min(groupsOfPart, count + 2 - first);
    for (let group = 0; group < groups; group += 1) {
      starts[first + group] = places[group] as number;
      places[group + 1] = (places[group + 1] as number) + (places[group] as number);
    }
    for (let at = from; at < to; at += 1) {
      const group = (pairs[at * 2] as number) - first;
      const place = places[group] as number;
      places[group] = place + 1;
      members[place] = pairs[at * 2 + 1] as number;
    }
    from = to;
  }
  starts[count + 1] = from;
  return { starts, members };
}
