import { cellSeparator } from "./cellWriter.ts";
import { decodeRecord, encodingOfLine, type Decoded } from "./decodeRecord.ts";
import { lineFlag } from "./kernel.ts";
import type { ByteReader, Reading, Span } from "./lineReader.ts";
import { measureLine } from "./measureLine.ts";
import type { RecordEncoding, RecordPlace } from "./record.ts";

const insert =
  /^(?:INSERT|REPLACE)\s+(?:(?:DELAYED|IGNORE|INTO)\s+)*([^\s(]+)\s*(?:\(([^)]*)\))?\s*VALUES?\s*$/i;
const copy = /^COPY\s+([^\s(]+)\s*(?:\(([^)]*)\))?\s+FROM\s+stdin\b[^;]*$/i;
const headBytesMax = 64 * 1024;
const escapes: Readonly<Record<number, number>> = {
  0x6e: 0x0a,
  0x74: 0x09,
  0x72: 0x0d,
  0x30: 0x20,
  0x62: 0x20,
  0x5a: 0x20,
};
const [quote, doubleQuote, backtick, backslash] = [0x27, 0x22, 0x60, 0x5c];
const [open, close, comma, semicolon, lineFeed] = [0x28, 0x29, 0x2c, 0x3b, 0x0a];

type Mode = "head" | "comment" | "values" | "tuple" | "copy";

/**
 * Dumps of mysqldump, pg_dump, sqlite3 and their like: one record for each tuple of INSERT and each line of
 * COPY, cell by cell, with the names of the columns where the statement has them. Byte by byte, so that a
 * statement of any length passes.
 */
export class SqlReader implements ByteReader {
  readonly #reading: Reading;
  readonly #span: Span;
  /** CP932 has the backslash as second byte of letters. */
  readonly #pairs: boolean;
  readonly #decoded: Decoded = { start: 0, end: 0, encoding: "ascii" };
  readonly #place: RecordPlace;
  readonly #from: number;
  #to: number;
  #offset: number;
  #line = 1;
  #mode: Mode = "head";
  #head = "";
  #quote = 0;
  #quoted = false;
  #escaped = false;
  #pairOpen = false;
  #depth = 0;
  #cellAt: number;
  #backslashes: boolean;
  #prior: RecordEncoding | null = null;
  #told = false;
  done = false;

  constructor(reading: Reading, span: Span, head: { cp932: boolean; text: string }) {
    this.#reading = reading;
    this.#span = span;
    this.#pairs = head.cp932;
    // PostgreSQL and SQLite have no backslashes in strings, MySQL has.
    this.#backslashes = /MySQL|MariaDB|phpMyAdmin|`/.test(head.text);
    this.#offset = span.offset;
    // Cells are collected behind the bytes that come in.
    this.#from = reading.kernel.window + reading.limits.chunkBytes + 4_096;
    this.#to = this.#from;
    this.#cellAt = this.#from;
    this.#place = {
      path: span.path,
      offset: 0,
      line: 1,
      encoding: "ascii",
      part: "whole",
      separator: cellSeparator,
      columns: null,
    };
  }

  room(): Buffer {
    const { kernel, limits } = this.#reading;
    return kernel.bytes.subarray(kernel.window, kernel.window + limits.chunkBytes);
  }

  filled(count: number): void {
    const { bytes, window } = this.#reading.kernel;
    for (let at = window; at < window + count; at += 1) {
      const byte = bytes[at] as number;
      this.#byte(byte);
      this.#offset += 1;
      if (byte === lineFeed) this.#line += 1;
    }
  }

  finish(): void {
    if ((this.#mode === "tuple" || this.#mode === "copy") && this.#to > this.#from) this.#give("head");
    this.done = true;
  }

  #byte(byte: number): void {
    if (this.#pairs && this.#mode !== "head" && this.#mode !== "comment") {
      const second = this.#pairOpen;
      this.#pairOpen = !second && ((byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc));
      if (second) return this.#keep(byte);
    }
    switch (this.#mode) {
      case "head":
        return this.#headByte(byte);
      case "comment":
        if (byte === lineFeed) this.#mode = "head";
        return;
      case "values":
        return this.#valuesByte(byte);
      case "tuple":
        return this.#tupleByte(byte);
      case "copy":
        return this.#copyByte(byte);
    }
  }

  #headByte(byte: number): void {
    if (this.#quote !== 0) {
      if (byte === this.#quote) this.#quote = 0;
    } else if (byte === quote || byte === doubleQuote || byte === backtick) this.#quote = byte;
    else if (byte === open && /\bVALUES?\s*$/i.test(this.#head.slice(-16)) && this.#beginTuples()) return;
    else if (byte === lineFeed && this.#head.endsWith(";") && this.#beginCopy()) return;
    else if (byte === lineFeed && /^(?:--|GO$|\\)/i.test(this.#head.trim())) {
      this.#head = "";
      return;
    } else if (this.#head.endsWith(";")) this.#head = "";
    if (this.#head === "" && (byte === lineFeed || byte === 0x20 || byte === 0x0d)) return;
    // What goes before an INSERT without a semicolon (as SQL Server writes) is left behind.
    if (byte === lineFeed && !/^(?:INSERT|REPLACE|COPY)/i.test(this.#head) && this.#quote === 0)
      this.#head = "";
    else if (this.#head.length < headBytesMax) this.#head += String.fromCharCode(byte);
  }

  #beginTuples(): boolean {
    const match = insert.exec(this.#head);
    if (match === null) return false;
    this.#place.columns = columnsOf(match[2]);
    if (this.#head.includes("`")) this.#backslashes = true;
    this.#beginTuple();
    return true;
  }

  #beginTuple(): void {
    this.#mode = "tuple";
    this.#depth = 0;
    this.#begin();
  }

  #begin(): void {
    this.#to = this.#from;
    this.#cellAt = this.#from;
    this.#quote = 0;
    this.#quoted = false;
    this.#escaped = false;
    this.#place.offset = this.#offset;
    this.#place.line = this.#span.line > 0 ? this.#line : 0;
  }

  #beginCopy(): boolean {
    const match = copy.exec(this.#head.slice(0, -1));
    if (match === null) return false;
    this.#place.columns = columnsOf(match[2]);
    this.#mode = "copy";
    this.#begin();
    this.#place.offset += 1;
    if (this.#place.line > 0) this.#place.line += 1;
    return true;
  }

  #valuesByte(byte: number): void {
    if (byte === open) this.#beginTuple();
    else if (byte === comma || byte === lineFeed || byte === 0x20 || byte === 0x0d || byte === 0x09) return;
    else {
      this.#mode = "head";
      this.#head = byte === semicolon ? "" : String.fromCharCode(byte);
    }
  }

  #tupleByte(byte: number): void {
    if (this.#quote !== 0) return this.#quotedByte(byte);
    if (byte === quote || byte === doubleQuote) {
      // A quote right behind a string is one of its letters; a prefix (N'…', E'…') is none of them.
      if (this.#quoted) this.#keep(byte);
      else this.#to = this.#cellAt;
      this.#quote = byte;
      this.#quoted = true;
    } else if (byte === open) {
      this.#depth += 1;
      if (!this.#quoted) this.#keep(byte);
    } else if (byte === close && this.#depth > 0) {
      this.#depth -= 1;
      if (!this.#quoted) this.#keep(byte);
    } else if (byte === comma && this.#depth === 0) this.#endCell(false);
    else if (byte === close) {
      this.#endCell(true);
      this.#give("whole");
      this.#mode = "values";
    } else if (!this.#quoted) this.#keep(byte);
  }

  #quotedByte(byte: number): void {
    if (this.#escaped) {
      this.#escaped = false;
      this.#keep(escapes[byte] ?? byte);
    } else if (byte === backslash && this.#backslashes) this.#escaped = true;
    else if (byte === this.#quote) this.#quote = 0;
    else this.#keep(byte);
  }

  #endCell(last: boolean): void {
    const { bytes } = this.#reading.kernel;
    if (!this.#quoted) {
      const text = bytes.toString("latin1", this.#cellAt, this.#to).trim();
      this.#to = this.#cellAt;
      if (!/^(?:NULL|DEFAULT)$/i.test(text)) this.#to += bytes.write(text, this.#cellAt, "latin1");
    }
    if (!last) this.#keep(cellSeparator);
    this.#cellAt = this.#to;
    this.#quoted = false;
  }

  #copyByte(byte: number): void {
    const { bytes } = this.#reading.kernel;
    if (this.#escaped) {
      this.#escaped = false;
      if (byte === 0x2e && this.#to === this.#from) {
        this.#mode = "comment";
        this.#head = "";
      }
      if (byte === 0x4e || byte === 0x2e) return; // \N is NULL, \. the end.
      this.#keep(escapes[byte] ?? byte);
    } else if (byte === backslash) this.#escaped = true;
    else if (byte === 0x09) this.#keep(cellSeparator);
    else if (byte === lineFeed) {
      if (bytes[this.#to - 1] === 0x0d && this.#to > this.#from) this.#to -= 1;
      if (this.#to > this.#from) this.#give("whole");
      this.#begin();
      this.#place.offset += 1;
      if (this.#place.line > 0) this.#place.line += 1;
    } else this.#keep(byte);
  }

  #keep(byte: number): void {
    const { limits, kernel, sink } = this.#reading;
    if (this.#to - this.#from < limits.lineBytesMax) {
      kernel.bytes[this.#to] = byte;
      this.#to += 1;
    } else if (!this.#told) {
      this.#told = true;
      const { source, path } = this.#span;
      const where = path === "" ? source : `${source}, ${path}`;
      const message = `A row of ${where} is too long: its end is left out`;
      sink.problem({ code: "line-too-long", source, path, offset: this.#offset, message });
    }
  }

  #give(part: "whole" | "head"): void {
    const { kernel, sink, tally } = this.#reading;
    const line = measureLine(kernel, this.#from, this.#to);
    const encoding = encodingOfLine(kernel, line, this.#prior);
    if (encoding !== "ascii") this.#prior = encoding;
    const valid = (line.flags & lineFlag.utf8) !== 0;
    decodeRecord(kernel, { start: this.#from, end: this.#to, valid }, encoding, this.#decoded);
    this.#place.encoding = encoding;
    this.#place.part = part;
    tally.records += 1;
    if (part !== "whole") tally.halfRecords += 1;
    sink.record(kernel.bytes, this.#decoded.start, this.#decoded.end, this.#place);
  }
}

function columnsOf(list: string | undefined): string[] | null {
  if (list === undefined) return null;
  // The head is kept byte by byte; names may be Japanese.
  const text = Buffer.from(list, "latin1").toString("utf8");
  return text.split(",").map((name) => name.trim().replace(/^["`[]|["`\]]$/g, ""));
}
