import { closeSync, openSync, readSync } from "node:fs";
import { bytesOfRow, wordsOfRow, type SharedTable } from "./columns.ts";
import { unpackBytes } from "./unpackBytes.ts";

type Global = { readonly value: number };
/** What unpack.as exports. */
type Exports = {
  begin(): void;
  unpack(from: number, end: number, words: number, rows: number): number;
} & Readonly<Record<"INPUT" | "INPUT_BYTES" | "OUTPUT" | "OUTPUT_BYTES" | "next", Global>>;

const pageBytes = 65_536;
/** END of unpack.as. */
const memoryBytes = 0xb0000;

/** A module of this thread, once it is needed. */
let made: { exports: Exports; bytes: Uint8Array } | null = null;

function unpacker(): { exports: Exports; bytes: Uint8Array } {
  if (made !== null) return made;
  const pages = memoryBytes / pageBytes;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module = new WebAssembly.Module(Buffer.from(unpackBytes, "base64"));
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
  exports.begin();
  made = { exports, bytes: new Uint8Array(memory.buffer) };
  return made;
}

/**
 * Reads the rows of a file to their place in a table, from row `at` on. Most words of most rows are 0, so a
 * row is written as which of its words are there, in 64 bits, and behind them these words. A piece of the
 * file is unpacked at a time, which stays in the cache.
 */
export function readRows(
  file: string,
  { memory }: Pick<SharedTable, "memory">,
  { at, rows }: { at: number; rows: number },
): void {
  const words = new Uint32Array(memory, at * bytesOfRow, rows * wordsOfRow);
  const { exports, bytes } = unpacker();
  const input = exports.INPUT.value;
  const output = new Uint32Array(bytes.buffer, exports.OUTPUT.value, exports.OUTPUT_BYTES.value / 4);
  const most = Math.floor(output.length / wordsOfRow);
  const open = openSync(file, "r");
  let [done, kept] = [0, 0];
  try {
    for (;;) {
      const read = readSync(open, bytes, input + kept, exports.INPUT_BYTES.value - kept, null);
      const end = input + kept + read;
      let from = input;
      for (let more = true; more;) {
        const wanted = Math.min(most, rows - done);
        const unpacked = exports.unpack(from, end, wordsOfRow, wanted);
        words.set(output.subarray(0, unpacked * wordsOfRow), done * wordsOfRow);
        done += unpacked;
        from = exports.next.value;
        more = unpacked === most;
      }
      // The beginning of the next row.
      bytes.copyWithin(input, from, end);
      kept = end - from;
      if (read === 0) break;
      if (done === rows && kept > 0) break;
    }
  } finally {
    closeSync(open);
  }
  if (done !== rows || kept > 0) throw new Error(`${file} does not hold ${rows} signatures`);
}
