import { SCOPE_KINDS } from "../fields/kinds.ts";
import { Machine } from "./machine.ts";
import { beginMemory } from "./sourceMemory.ts";

/** Reads lines of one source after the other, for tests. */
export class TestSource {
  readonly machine = new Machine({ k0: 1, k1: 2 }, Temporal.PlainDate.from("2016-06-14"));
  readonly #input = this.machine.place("INPUT");

  /** Another source begins. */
  begin(columns: readonly string[] | null = null): void {
    beginMemory(this.machine, 0, columns);
  }

  read(bytes: Uint8Array): void {
    this.machine.piecesEnd = this.machine.place("PIECES");
    this.machine.bytes.set(bytes, this.#input);
    this.machine.exports.readRecord(this.#input, this.#input + bytes.length);
  }

  /** Kinds of the items of the last record. */
  kinds(): string[] {
    const { exports, bytes } = this.machine;
    exports.takePerson(0, exports.itemCount.value);
    const from = this.machine.place("ITEM_KIND");
    return [...bytes.subarray(from, from + exports.itemCount.value)].map((at) => SCOPE_KINDS[at] as string);
  }

  /** Items of each person of the last record, as "kind=canonical form". */
  persons(): string[][] {
    const { exports, bytes } = this.machine;
    const count = exports.itemCount.value;
    const persons: string[][] = [];
    let from = 0;
    for (let to = exports.secondPerson(); from < count; to = count) {
      if (exports.takePerson(from, to) !== 0) {
        const [kinds, starts, ends] = [
          bytes.subarray(this.machine.place("ITEM_KIND")),
          this.machine.words(this.machine.place("NORMAL_START"), count),
          this.machine.words(this.machine.place("NORMAL_END"), count),
        ] as const;
        persons.push(
          Array.from({ length: to - from }, (_, at) => {
            const item = from + at;
            const normal = bytes.toString("utf8", starts[item], ends[item]);
            return `${SCOPE_KINDS[kinds[item] as number]}=${normal}`;
          }),
        );
      }
      from = to;
    }
    return persons;
  }
}
