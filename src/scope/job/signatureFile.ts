import { closeSync, openSync, readSync, statSync } from "node:fs";
import { SignatureTable, wordsOfRow } from "../signatures/columns.ts";
import { scratch } from "./scratch.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

/** Reads the signatures of all tasks into one table, in the order of the tasks. */
export function gatherSignatures(parts: readonly { file: string; rows: number }[]): SignatureTable {
  const all = new SignatureTable(parts.reduce((sum, part) => sum + part.rows, 0));
  let at = 0;
  for (const { file, rows } of parts) {
    readSignatures(file, all.words, { at, rows });
    at += rows * wordsOfRow;
  }
  return all;
}

/**
 * Reads the signatures of one file to their place in a table, where nothing stands yet; `at`: their first
 * word there. Most words of most rows are 0, so a row is written as which of its words are there, in two
 * words of 32 bits, the low one first, and behind them these words.
 */
export function readSignatures(
  file: string,
  words: Uint32Array,
  { at, rows }: { at: number; rows: number },
): void {
  const { size } = statSync(file);
  const bytes = new Uint8Array(scratch("signatures", size), 0, size);
  readInto(file, bytes);
  const packed = new Uint32Array(bytes.buffer, 0, size >>> 2);
  let from = 0;
  for (let row = 0, start = at; row < rows; row += 1, start += wordsOfRow) {
    let low = packed[from] as number;
    let high = packed[from + 1] as number;
    from += 2;
    for (; low !== 0; low &= low - 1, from += 1)
      words[start + 31 - Math.clz32(low & -low)] = packed[from] as number;
    for (; high !== 0; high &= high - 1, from += 1)
      words[start + 63 - Math.clz32(high & -high)] = packed[from] as number;
  }
  if (from !== packed.length) throw new Error(`${file} does not hold ${rows} signatures`);
}

/** A file as it is, in memory that threads share. */
export function readShared(file: string): Uint8Array {
  const { size } = statSync(file);
  const bytes = new Uint8Array(sharedBytes(size), 0, size);
  readInto(file, bytes);
  return bytes;
}

function readInto(file: string, bytes: Uint8Array): void {
  const open = openSync(file, "r");
  try {
    for (let at = 0; at < bytes.length;) {
      // One read takes less than 2 GiB.
      const count = readSync(open, bytes, at, Math.min(bytes.length - at, 256 * 1024 ** 2), null);
      if (count === 0) throw new Error(`${file} ends too early`);
      at += count;
    }
  } finally {
    closeSync(open);
  }
}
