import { headerBytes } from "./protocol.ts";

export const limits = {
  /** PostgreSQL takes and makes no longer message. */
  messageBytesMax: 0x4000_0000,
  gatherFirstBytes: 4_096,
} as const;

/** How a message is to be handled before it is there: passed on as it comes, gathered whole, or dropped. */
export const handling = { pass: 0, whole: 1, drop: 2 } as const;

/** Given back by `take`: the message stays, and the stream, stopped before, begins with it again. */
export const leave = Buffer.alloc(0);

export type MessageHandler = {
  /** By its type and its length with the header: one of `handling`. */
  wants(type: number, total: number): number;
  /**
   * A whole message, header included, from `start` to before `end`. Null passes it on, bytes replace it,
   * empty bytes drop it, `leave` leaves it. May stop the stream: what comes after the message waits then.
   */
  take(type: number, bytes: Buffer, range: { start: number; end: number }): Buffer | null;
  /** Bytes to pass on; they may be a part of what was pushed. */
  send(bytes: Buffer): void;
  /** A message that cannot be one. Nothing more is read. */
  malformed(problem: string): void;
};

/**
 * Frames one direction of the protocol without copying: bytes that only pass leave as slices of what came.
 * Held back are a split header and messages that must be seen whole.
 */
export class MessageStream {
  readonly #handler: MessageHandler;
  /** A split header, or all that came while stopped. */
  #rest: Buffer | null = null;
  /** Bytes of the message under way that are still to come. */
  #left = 0;
  #dropping = false;
  #gather: Buffer | null = null;
  /** A gathered message that stays. */
  #front: Buffer | null = null;
  #gathered = 0;
  #total = 0;
  #stopped = false;
  #pushing = false;
  #broken = false;

  constructor(handler: MessageHandler) {
    this.#handler = handler;
  }

  /** At the border between two messages of which the second has not begun to leave. */
  get between(): boolean {
    return this.#left === 0 || this.#dropping || this.#gather !== null;
  }

  /** Bytes that wait because the stream is stopped. */
  get waiting(): number {
    return this.#rest?.length ?? 0;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Goes on with what waits. */
  go(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    if (!this.#pushing) this.push(Buffer.alloc(0));
  }

  push(chunk: Buffer): void {
    if (this.#broken) return;
    let bytes = chunk;
    if (this.#rest !== null) {
      bytes = chunk.length === 0 ? this.#rest : Buffer.concat([this.#rest, chunk]);
      this.#rest = null;
    }
    this.#pushing = true;
    try {
      this.#walk(bytes);
    } finally {
      this.#pushing = false;
    }
  }

  #walk(bytes: Buffer): void {
    const handler = this.#handler;
    const length = bytes.length;
    let sent = 0;
    let at = 0;
    while (at < length) {
      if (this.#left > 0) {
        const next = this.#goOn(bytes, at, sent);
        at = next.at;
        sent = next.sent;
        continue;
      }
      if (this.#stopped || length - at < headerBytes) break;
      const type = bytes[at] as number;
      const total =
        1 +
        (((bytes[at + 1] as number) << 24) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 8) |
          (bytes[at + 4] as number));
      if (total < headerBytes || total > limits.messageBytesMax) {
        this.#send(bytes, sent, at);
        this.#broken = true;
        handler.malformed(`a message of type ${type} and ${total} bytes`);
        return;
      }
      const wanted = handler.wants(type, total);
      if (wanted === handling.pass) {
        const end = at + total;
        if (end > length) {
          this.#left = end - length;
          this.#dropping = false;
        }
        at = Math.min(end, length);
      } else if (wanted === handling.drop) {
        this.#send(bytes, sent, at);
        this.#left = total;
        this.#dropping = true;
        sent = at;
      } else if (at + total <= length) {
        const start = at;
        at += total;
        const instead = handler.take(type, bytes, { start, end: at });
        if (instead === leave) {
          at = start;
          break;
        }
        if (instead !== null) {
          this.#send(bytes, sent, start);
          if (instead.length > 0) handler.send(instead);
          sent = at;
        }
      } else {
        this.#send(bytes, sent, at);
        this.#total = total;
        this.#left = total;
        this.#gather = Buffer.allocUnsafe(Math.min(total, Math.max(limits.gatherFirstBytes, length - at)));
        this.#gathered = 0;
        sent = at;
      }
    }
    this.#send(bytes, sent, at);
    // What waits is copied: the chunk may be a buffer that is read into again.
    const rest = bytes.subarray(at);
    if (this.#front !== null) this.#rest = Buffer.concat([this.#front, rest]);
    else if (at < length) this.#rest = Buffer.from(rest);
    this.#front = null;
  }

  /** The part of the message under way that is in these bytes. */
  #goOn(bytes: Buffer, from: number, sent: number): { at: number; sent: number } {
    const end = Math.min(bytes.length, from + this.#left);
    this.#left -= end - from;
    if (this.#gather !== null) {
      this.#collect(bytes, from, end);
      return { at: end, sent: end };
    }
    if (!this.#dropping) return { at: end, sent };
    if (this.#left === 0) this.#dropping = false;
    return { at: end, sent: end };
  }

  #collect(bytes: Buffer, from: number, end: number): void {
    let gather = this.#gather as Buffer;
    const needed = this.#gathered + end - from;
    if (needed > gather.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.#total, Math.max(needed, gather.length * 2)));
      gather.copy(larger, 0, 0, this.#gathered);
      gather = larger;
      this.#gather = larger;
    }
    bytes.copy(gather, this.#gathered, from, end);
    this.#gathered = needed;
    if (this.#left > 0) return;
    this.#gather = null;
    const message = gather.subarray(0, this.#total);
    const instead = this.#handler.take(message[0] as number, message, { start: 0, end: this.#total });
    if (instead === leave) this.#front = message;
    else if (instead === null) this.#handler.send(message);
    else if (instead.length > 0) this.#handler.send(instead);
  }

  #send(bytes: Buffer, from: number, to: number): void {
    if (to > from) this.#handler.send(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to));
  }
}
