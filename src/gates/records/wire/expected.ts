import type { JudgedStatement } from "../verdict.ts";
import type { Reading } from "./ports.ts";
import type { DescribedColumn, Refusal } from "./protocol.ts";

/** A statement that the server knows by a name: by Parse, or by PREPARE. */
export type Prepared = {
  text: string;
  /** Its name where the text is that of a PREPARE; null: the text is the statement itself. */
  inside: string | null;
  statement: JudgedStatement | null;
  generation: number;
};

/** A portal or cursor. */
export type Portal = {
  prepared: Prepared;
  statement: JudgedStatement | null;
  formats: number[] | null;
  reading: Reading | null;
  /** As described; null: nobody asked. */
  columns: readonly DescribedColumn[] | null;
};

export const expect = {
  start: 0,
  parse: 1,
  bind: 2,
  describe: 3,
  close: 4,
  execute: 5,
  sync: 6,
  query: 7,
  functionCall: 8,
  /** CopyDone or CopyFail: no answer of its own, but it ends the time in which Sync is not heard. */
  copyEnd: 9,
} as const;

/** One message to the server whose answer is still to come. */
export type Expected = {
  kind: number;
  /** Counts Syncs: an error takes everything of its batch with it. */
  batch: number;
  /** Its error is to be replaced by this, once. */
  refusal: Refusal | null;
  /** The answer to it is ours alone: nothing of it goes to the client. */
  silent: boolean;
  /** Of Query: one place a statement; of Execute: one. */
  statements: readonly JudgedStatement[];
  readings: readonly (Reading | null)[];
  /** The text of its statements. */
  text: string;
  /** One of its statements touches personal columns: errors may show what is in them. */
  touches: boolean;
  /** Which of the statements is under way. */
  at: number;
  name: string;
  prepared: Prepared | null;
  portal: Portal | null;
  /** Set when its rows were cut: what the server still sends of it is dropped. */
  cut: boolean;
  /** Our error in place of its end has been sent. */
  told: boolean;
};

const none: readonly never[] = [];

export function expectation(kind: number, batch: number): Expected {
  return {
    kind,
    batch,
    refusal: null,
    silent: false,
    statements: none,
    readings: none,
    text: "",
    touches: false,
    at: 0,
    name: "",
    prepared: null,
    portal: null,
    cut: false,
    told: false,
  };
}

/**
 * First in, first out, without moving what is left on every turn. Its places are used again: to shorten an
 * array costs V8 more than all else here.
 */
export class Queue<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;
  /** Behind the last. */
  #tail = 0;

  get length(): number {
    return this.#tail - this.#head;
  }

  get first(): Item | undefined {
    return this.#head === this.#tail ? undefined : this.#items[this.#head];
  }

  push(item: Item): void {
    this.#items[this.#tail++] = item;
  }

  shift(): Item | undefined {
    if (this.#head === this.#tail) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#tail) this.#head = this.#tail = 0;
    else if (this.#head > 1_024) this.#moveUp();
    return item;
  }

  #moveUp(): void {
    this.#items = this.#items.slice(this.#head, this.#tail);
    this.#tail -= this.#head;
    this.#head = 0;
  }

  /** From the head on. */
  *[Symbol.iterator](): Generator<Item> {
    for (let at = this.#head; at < this.#tail; at++) yield this.#items[at] as Item;
  }

  /** Takes out what does not stay; from the head on. */
  keep(stays: (item: Item, place: number) => boolean): void {
    const items = this.#items.slice(this.#head, this.#tail) as Item[];
    this.#items = items.filter((item, place) => stays(item, place));
    this.#head = 0;
    this.#tail = this.#items.length;
  }
}
