import { kindOfName } from "./columnNames.ts";
import type { Machine } from "./machine.ts";

export const limits = { sourcesMax: 4_096 } as const;

/**
 * What the module remembers of each source: the byte between fields, what its columns hold. The module holds
 * that of one source at a time; those of others are kept here until their records come again.
 */
export class SourceMemories {
  readonly #machine: Machine;
  readonly #kept = new Map<string, Uint8Array>();
  /** The source whose records are read. */
  #now: string | null = null;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  #state(): Uint8Array {
    const from = this.#machine.place("MEMORY");
    return this.#machine.bytes.subarray(from, from + this.#machine.place("MEMORY_BYTES"));
  }

  /** Goes over to the source of that name, which may have been read before. */
  enter(name: string, separator: number, columns: readonly string[] | null): void {
    if (this.#now !== null) {
      if (this.#kept.size >= limits.sourcesMax) this.#kept.clear();
      this.#kept.set(this.#now, Uint8Array.from(this.#state()));
    }
    this.#now = name;
    const kept = this.#kept.get(name);
    if (kept !== undefined) {
      this.#kept.delete(name);
      this.#state().set(kept);
      return;
    }
    beginMemory(this.#machine, separator, columns);
  }
}

/** Begins with nothing known of a source but its separator (0: it is to be found) and its columns' names. */
export function beginMemory(machine: Machine, separator: number, columns: readonly string[] | null): void {
  const { exports } = machine;
  exports.newMemory(separator);
  if (columns === null) return;
  exports.nameColumns(columns.length);
  for (const [column, one] of columns.entries()) {
    const found = kindOfName(one);
    if (found !== null) exports.nameColumn(column, found);
  }
}
