import { closeSync, openSync, readSync, statSync } from "node:fs";
import { SignatureTable } from "../signatures/columns.ts";
import { readRows } from "../signatures/unpackRows.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

/** Reads the signatures of all tasks into one table, in the order of the tasks. */
export function gatherSignatures(parts: readonly { file: string; rows: number }[]): SignatureTable {
  const all = new SignatureTable(parts.reduce((sum, part) => sum + part.rows, 0));
  let at = 0;
  for (const { file, rows } of parts) {
    readRows(file, all, { at, rows });
    at += rows;
  }
  return all;
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
