import type { Edges } from "../job/customerEdges.ts";
import { wordOf, wordsOfRow, type SignatureTable, type WideColumn } from "../signatures/columns.ts";

/** What a record has besides its signature says nothing of who it is. */
const wordsCompared = wordOf.items;

/**
 * Joins records of one side whose signatures are equal, each with the first of its kind. A value that occurs
 * everywhere is no ground to look for pairs, but a row that was found five thousand times is one person's,
 * not five thousand persons'. It is certain where the record says whose it is, and probable where it says
 * less: two rows with a surname alone may be of two persons.
 */
export function equalRecords(table: SignatureTable, isOpen: (row: number) => boolean): Edges {
  const first = new Map<number, number>();
  const certain: number[] = [];
  const probable: number[] = [];
  for (let row = 0; row < table.rows; row += 1) {
    if (!isOpen(row)) continue;
    let key = hashOf(table, row);
    if (key === 0) continue;
    let other = first.get(key);
    while (other !== undefined && !isEqual(table, other, row)) other = first.get((key += 1));
    if (other === undefined) first.set(key, row);
    else (saysWho(table, row) ? certain : probable).push(other, row);
  }
  return { certain: Int32Array.from(certain), probable: Int32Array.from(probable) };
}

/** 53 bits; 0 where there is nothing in the row. */
function hashOf({ words }: SignatureTable, row: number): number {
  let [high, low, any] = [0x9e3779b1, 0x85ebca6b, 0];
  const start = row * wordsOfRow;
  for (let at = start; at < start + wordsCompared; at += 1) {
    const word = words[at] as number;
    any |= word;
    high = Math.imul(high ^ word, 0x01000193);
    low = Math.imul(low ^ (word >>> 7) ^ (word << 25) ^ high, 0x85ebca77);
  }
  return any === 0 ? 0 : (high & 0x1fffff) * 4_294_967_296 + (low >>> 0) + 1;
}

function isEqual({ words }: SignatureTable, one: number, other: number): boolean {
  const [a, b] = [one * wordsOfRow, other * wordsOfRow];
  for (let at = 0; at < wordsCompared; at += 1) if (words[a + at] !== words[b + at]) return false;
  return true;
}

function saysWho(table: SignatureTable, row: number): boolean {
  const has = (column: WideColumn): boolean => {
    const at = row * wordsOfRow + wordOf[column];
    return ((table.words[at] as number) | (table.words[at + 1] as number)) !== 0;
  };
  if (has("email") || has("phone") || has("passport") || has("customer")) return true;
  return (has("kanji") || has("sound") || has("roman")) && (has("birth") || has("address"));
}

/** Records that are equal to one before them. */
export function repeatedIn({ certain, probable }: Edges): Set<number> {
  const repeated = new Set<number>();
  for (const pairs of [certain, probable])
    for (let at = 1; at < pairs.length; at += 2) repeated.add(pairs[at] as number);
  return repeated;
}
