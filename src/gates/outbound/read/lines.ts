import { isUtf8 } from "node:buffer";
import { lineBytesMax } from "./zeekSql.ts";

/** A line with its number (from 1), or null text for one that is longer than a line may be. */
export type Line = { number: number; text: string | null; ended: boolean };

/**
 * Cuts bytes into lines and keeps what has not ended yet. Bytes that are no UTF-8 become "\xNN", as Zeek
 * writes them, so that no two different lines become one.
 */
export class LineCutter {
  #rest: Buffer[] = [];
  #restBytes = 0;
  #tooLong = false;
  #number: number;

  constructor(firstNumber = 1) {
    this.#number = firstNumber;
  }

  /** Bytes taken that are not yet part of a whole line. */
  get waitingBytes(): number {
    return this.#restBytes;
  }

  /** The whole lines that end in these bytes. */
  push(bytes: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      lines.push(this.#line(bytes.subarray(start, end), true));
      start = end + 1;
    }
    if (start < bytes.length) this.#keep(bytes.subarray(start));
    return lines;
  }

  /** What stands after the last line end: a line that nobody ended, or nothing. */
  end(): Line | null {
    return this.#restBytes === 0 ? null : this.#line(Buffer.alloc(0), false);
  }

  #keep(bytes: Buffer): void {
    this.#restBytes += bytes.length;
    if (this.#restBytes > lineBytesMax) {
      this.#tooLong = true;
      this.#rest = [];
    } else {
      this.#rest.push(Buffer.from(bytes)); // A copy: the chunk it lies in is large.
    }
  }

  #line(last: Buffer, ended: boolean): Line {
    const long = this.#tooLong || this.#restBytes + last.length > lineBytesMax;
    let bytes = this.#rest.length === 0 ? last : Buffer.concat([...this.#rest, last]);
    this.#rest = [];
    this.#restBytes = 0;
    this.#tooLong = false;
    if (bytes.at(-1) === 13) bytes = bytes.subarray(0, -1);
    return { number: this.#number++, text: long ? null : textOf(bytes), ended };
  }
}

function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const escaped = bytes.toString("latin1");
  return escaped.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}
