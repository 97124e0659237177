import type { Edges } from "../job/customerEdges.ts";
import { wordOf, wordsOfRow, type SignatureTable, type WideColumn } from "../signatures/columns.ts";

/** What a record has besides its signature says nothing of who it is. */
const wordsCompared = wordOf.items;

/**
 * Joins those of some rows whose signatures are equal, each with the first of its kind. A value that occurs
 * everywhere is no ground to look for pairs, but a row that was found five thousand times is one person's,
 * not five thousand persons'. It is certain where the record says whose it is, and probable where it says
 * less: two rows with a surname alone may be of two persons.
 */
export function equalRecords(table: SignatureTable, rows: Int32Array): Edges {
  const certain: number[] = [];
  const probable: number[] = [];
  // 1 + the first row of a kind, by its hash; where that place is taken, in the next that is free.
  const first = new Int32Array(1 << Math.ceil(Math.log2(rows.length * 2 + 2)));
  const mask = first.length - 1;
  for (const row of rows) {
    const hash = hashOf(table, row);
    if (hash === 0) continue;
    let place = hash & mask;
    while (first[place] !== 0 && !isEqual(table, (first[place] as number) - 1, row))
      place = (place + 1) & mask;
    const other = (first[place] as number) - 1;
    if (other < 0) first[place] = row + 1;
    else (saysWho(table, row) ? certain : probable).push(other, row);
  }
  return { certain: Int32Array.from(certain), probable: Int32Array.from(probable) };
}

/** 32 bits; 0 where there is nothing in the row. */
function hashOf({ words }: SignatureTable, row: number): number {
  let [hash, any] = [0x9e3779b1, 0];
  const start = row * wordsOfRow;
  for (let at = start; at < start + wordsCompared; at += 1) {
    const word = (words[at] as number) | 0;
    any |= word;
    hash = Math.imul(hash ^ word ^ (hash >>> 15), 0x2545f491);
  }
  return any === 0 ? 0 : (hash ^ (hash >>> 16)) | (1 << 30);
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

/** Of each record, 1 if it is equal to one before it. */
export function repeatedIn({ certain, probable }: Edges, records: number): Uint8Array {
  const repeated = new Uint8Array(records);
  for (const pairs of [certain, probable])
    for (let at = 1; at < pairs.length; at += 2) repeated[pairs[at] as number] = 1;
  return repeated;
}
