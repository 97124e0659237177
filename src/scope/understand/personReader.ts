import { kind, SCOPE_KINDS, type ScopeKind } from "../fields/kinds.ts";
import { wordsOfRow, type SignatureTable } from "../signatures/columns.ts";
import type { HashKey } from "../signatures/keyedHash.ts";
import { Machine } from "./machine.ts";

export const limits = { textMax: 16_384 } as const;

const days: readonly ScopeKind[] = ["birth-date", "other-date", "passport-issued", "passport-expires"];

/** Reads texts one by one, whose kind is known or not: what records and tables are read by, by hand. */
export class PersonReader {
  readonly #machine: Machine;
  readonly #input: number;

  constructor(key: HashKey) {
    this.#machine = new Machine(key);
    this.#input = this.#machine.place("INPUT");
  }

  /** What a text shows by itself: its kind, how sure that is (0 to 1), and its canonical form. */
  classify(text: string): { kind: ScopeKind; confidence: number; normal: string } {
    const { exports } = this.#machine;
    const found = exports.classify(this.#input, this.#put(text));
    const name = SCOPE_KINDS[found] as ScopeKind;
    return { kind: name, confidence: exports.confidence.value, normal: this.#normal(name) };
  }

  /** The canonical form of a text of a known kind; null where it is none. */
  normalise(name: ScopeKind, text: string): string | null {
    if (this.#machine.exports.readAs(kind[name], this.#input, this.#put(text)) === 0) return null;
    return this.#normal(name);
  }

  #put(text: string): number {
    const { bytes } = this.#machine;
    this.#machine.piecesEnd = this.#machine.place("PIECES");
    return this.#input + bytes.write(text.slice(0, limits.textMax), this.#input, "utf8");
  }

  #normal(name: ScopeKind): string {
    const { exports, bytes } = this.#machine;
    exports.clearNormal();
    const start = exports.normalAt.value;
    if (days.includes(name)) exports.writeDay(exports.day.value);
    else if (name === "sex") exports.writeSex(exports.sex.value);
    else exports.writeNormal(kind[name]);
    return bytes.toString("utf8", start, exports.normalAt.value);
  }

  /** Begins a signature. */
  clear(): void {
    this.#machine.exports.clearSignature();
  }

  /** Takes a text of a known kind into the signature; whether it is one. */
  take(name: ScopeKind, text: string, confidence = 1): boolean {
    const { exports } = this.#machine;
    if (exports.readAs(kind[name], this.#input, this.#put(text)) === 0) return false;
    if (name === "sex") exports.takeSex(exports.sex.value, confidence);
    else if (days.includes(name)) exports.takeDay(name === "birth-date" ? 1 : 0, exports.day.value);
    else exports.takeField(kind[name], confidence);
    return true;
  }

  /** Takes an address abroad: a street or a town as it stands, and a house number or −1. */
  takePlace(town: string, number: number): void {
    const { exports } = this.#machine;
    exports.readCell(this.#input, this.#put(town));
    exports.putPlace(number);
    exports.takeField(kind.address, 1);
  }

  /** Writes the signature as row `row` of a table. */
  store(table: SignatureTable, row: number): void {
    const words = this.#machine.words(this.#machine.place("ROW"), wordsOfRow);
    table.words.set(words, row * wordsOfRow);
  }
}
