import { closeSync, openSync, writeSync } from "node:fs";
import { bytesOfRow } from "../signatures/columns.ts";
import type { Machine } from "../understand/machine.ts";

/** Writes the signatures that the module keeps to a file, as they lie in memory. */
export class SignatureChunks {
  readonly #machine: Machine;
  readonly #file: number;

  constructor(file: string, machine: Machine) {
    this.#machine = machine;
    this.#file = openSync(file, "w", 0o600);
  }

  /** All that are kept now. */
  flush(): void {
    const { exports, bytes } = this.#machine;
    const from = this.#machine.place("CHUNK");
    const rows = bytes.subarray(from, from + exports.chunkRows.value * bytesOfRow);
    for (let done = 0; done < rows.length;) done += writeSync(this.#file, rows, done);
    exports.clearChunk();
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }
}
