import { createCipheriv, createDecipheriv, type Cipheriv } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";

/**
 * The first place of the record of accesses: each thread of the gate appends what it is about to let
 * through to a file of its own, before it does. `write` has put it into the page cache when it returns, so
 * `kill -9` loses nothing. The bytes are AES-256-CTR under a key of this file alone, which stands wrapped in
 * the file's first line. CTR tells nothing of changes; the ledger's hash of the finished record does.
 */

export const limits = { fileBytesMax: 16 * 1024 ** 2, batchBytesMax: 1024 ** 2 } as const;

const mark = { begin: 1, key: 2, keyless: 3, end: 4 } as const;

/** A statement that reads personal columns, when its first row is about to leave. */
export type AccessBegin = {
  /** UUIDv7 of the statement. */
  statement: string;
  person: string;
  session: string;
  /** Milliseconds since 1970. */
  at: number;
  client: string;
  application: string;
  database: string;
  purpose: string | null;
  verb: string;
  /** Relation → personal columns. */
  touches: Record<string, string[]>;
  /** The approval under which it ran. */
  grant: string | null;
  /** The text's SHA-256, so that it can be found again; the text itself may hold personal data. */
  text: string;
};

export const OUTCOMES = ["complete", "cut", "failed", "open"] as const;
export type AccessEnd = {
  statement: string;
  at: number;
  rows: number;
  customers: number;
  bytes: number;
  milliseconds: number;
  outcome: (typeof OUTCOMES)[number];
};

/** What a spool file holds, in order. */
export type AccessRecord =
  | { kind: "begin"; begin: AccessBegin }
  | { kind: "key"; statement: string; customer: string; at: number }
  | { kind: "keyless"; statement: string; customers: number; at: number }
  | { kind: "end"; end: AccessEnd };

/** A file that the gate's main thread has prepared for a thread: the key travels by message only. */
export type SpoolFile = { path: string; head: string; key: Uint8Array; iv: Uint8Array };

export class AccessSpool {
  #file: number | null = null;
  #cipher: Cipheriv | null = null;
  #bytes = 0;
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #length = 12;
  #next: SpoolFile | null = null;
  #number = 0;
  #broken = false;
  /** Statements that go on: the next file begins with them, so that each file can be read alone. */
  readonly #begun = new Map<number, AccessBegin>();
  readonly #askForNext: () => void;

  constructor(options: { first: SpoolFile; askForNext: () => void }) {
    this.#askForNext = options.askForNext;
    this.#open(options.first);
  }

  /** The file after this one. */
  prepare(next: SpoolFile): void {
    this.#next = next;
  }

  #open(file: SpoolFile): void {
    const before = this.#file;
    this.#file = openSync(file.path, "wx", 0o600);
    writeSync(this.#file, `${file.head}\n`);
    this.#cipher = createCipheriv("aes-256-ctr", file.key, file.iv);
    this.#bytes = 0;
    this.#broken = false;
    if (before !== null) closeSync(before);
  }

  /** Goes on in the next file: what was written so far can be taken into the record. */
  rotate(): boolean {
    if (this.#bytes === 0 || this.#next === null) return false;
    this.flush();
    return this.#openNext();
  }

  #openNext(): boolean {
    if (this.#next === null) return false;
    const next = this.#next;
    this.#next = null;
    this.#open(next);
    this.#askForNext();
    const waiting = Buffer.from(this.#buffer.subarray(12, this.#length));
    this.#length = 12;
    for (const [number, begin] of this.#begun) this.#text(mark.begin, number, JSON.stringify(begin));
    this.#room(waiting.length);
    waiting.copy(this.#buffer, this.#length);
    this.#length += waiting.length;
    return true;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Begins a statement; the number stands for it in this thread. */
  begin(begin: AccessBegin): number {
    this.#number = (this.#number + 1) >>> 0;
    this.#begun.set(this.#number, begin);
    this.#text(mark.begin, this.#number, JSON.stringify(begin));
    return this.#number;
  }

  end(number: number, end: AccessEnd): void {
    this.#begun.delete(number);
    this.#text(mark.end, number, JSON.stringify(end));
  }

  key(number: number, bytes: Uint8Array, range: { start: number; end: number }): void {
    const length = Math.min(0xffff, range.end - range.start);
    this.#room(7 + length);
    const buffer = this.#buffer;
    const at = this.#length;
    buffer[at] = mark.key;
    buffer.writeUInt32LE(number, at + 1);
    buffer.writeUInt16LE(length, at + 5);
    for (let place = 0; place < length; place++)
      buffer[at + 7 + place] = bytes[range.start + place] as number;
    this.#length = at + 7 + length;
  }

  keyless(number: number, customers: number): void {
    this.#room(9);
    this.#buffer[this.#length] = mark.keyless;
    this.#buffer.writeUInt32LE(number, this.#length + 1);
    this.#buffer.writeUInt32LE(customers, this.#length + 5);
    this.#length += 9;
  }

  #text(kind: number, number: number, text: string): void {
    const bytes = Buffer.from(text);
    this.#room(9 + bytes.length);
    this.#buffer[this.#length] = kind;
    this.#buffer.writeUInt32LE(number, this.#length + 1);
    this.#buffer.writeUInt32LE(bytes.length, this.#length + 5);
    bytes.copy(this.#buffer, this.#length + 9);
    this.#length += 9 + bytes.length;
  }

  #room(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }

  get waiting(): boolean {
    return this.#length > 12;
  }

  /**
   * Writes what waits; throws where the disk does not take it: then nothing of it may pass, and what waited
   * is forgotten. A file that took a part of a batch is left as it is, since its cipher has gone on.
   */
  flush(): void {
    if (this.#length === 12) return;
    if (this.#broken && !this.#openNext()) {
      this.#length = 12;
      throw new Error("the disk did not take the record of accesses, and no other file is ready");
    }
    const batch = this.#buffer.subarray(0, this.#length);
    batch.writeUInt32LE(this.#length - 12, 0);
    batch.writeUInt32LE(crc32(batch.subarray(12)), 4);
    batch.writeUInt32LE(Math.floor(Date.now() / 1_000), 8);
    this.#length = 12;
    const sealed = (this.#cipher as Cipheriv).update(batch);
    try {
      let written = 0;
      while (written < sealed.length) written += writeSync(this.#file as number, sealed, written);
    } catch (error) {
      this.#broken = true;
      throw error;
    }
    this.#bytes += sealed.length;
    if (this.#bytes > limits.fileBytesMax) this.rotate();
  }

  close(): void {
    try {
      this.flush();
    } finally {
      if (this.#file !== null) closeSync(this.#file);
      this.#file = null;
    }
  }
}

/** The first line of a spool file: which key it is under. */
export function headOfSpool(path: string): { head: string; body: Buffer } | null {
  const bytes = readFileSync(path);
  const end = bytes.subarray(0, 4_096).indexOf(0x0a);
  if (end === -1) return null;
  return { head: bytes.toString("utf8", 0, end), body: bytes.subarray(end + 1) };
}

/** Reads a spool file, which may end in the middle of a batch (its writer was killed). */
export function* readSpool(
  body: Buffer,
  sealed: { key: Uint8Array; iv: Uint8Array },
): Generator<AccessRecord> {
  const names = new Map<number, string>();
  const bytes = createDecipheriv("aes-256-ctr", sealed.key, sealed.iv).update(body);
  let at = 0;
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const end = at + 12 + length;
    if (end > bytes.length || crc32(bytes.subarray(at + 12, end)) !== bytes.readUInt32LE(at + 4)) return;
    const seconds = bytes.readUInt32LE(at + 8);
    yield* readBatch(bytes.subarray(at + 12, end), { at: seconds * 1_000, names });
    at = end;
  }
}

function* readBatch(
  batch: Buffer,
  context: { at: number; names: Map<number, string> },
): Generator<AccessRecord> {
  const { names } = context;
  let place = 0;
  while (place + 5 <= batch.length) {
    const kind = batch[place];
    const number = batch.readUInt32LE(place + 1);
    const statement = names.get(number) ?? "";
    if (kind === mark.keyless) {
      yield { kind: "keyless", statement, customers: batch.readUInt32LE(place + 5), at: context.at };
      place += 9;
    } else if (kind === mark.key) {
      const end = place + 7 + batch.readUInt16LE(place + 5);
      yield { kind: "key", statement, customer: batch.toString("utf8", place + 7, end), at: context.at };
      place = end;
    } else {
      const end = place + 9 + batch.readUInt32LE(place + 5);
      const value: unknown = JSON.parse(batch.toString("utf8", place + 9, end));
      place = end;
      if (kind === mark.begin) {
        const begin = value as AccessBegin;
        names.set(number, begin.statement);
        yield { kind: "begin", begin };
      } else {
        yield { kind: "end", end: value as AccessEnd };
        names.delete(number);
      }
    }
  }
}
