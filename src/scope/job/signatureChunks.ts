import { closeSync, openSync, writeSync } from "node:fs";
import type { Machine } from "../understand/machine.ts";

/** Writes the signatures that the module keeps to a file, as they lie in its memory: see readRows. */
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
    const rows = bytes.subarray(this.#machine.place("CHUNK"), exports.chunkEnd.value);
    for (let done = 0; done < rows.length;) done += writeSync(this.#file, rows, done);
    exports.clearChunk();
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }
}
