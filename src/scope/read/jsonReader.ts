import { textOfError } from "../../lib/error.ts";
import { CellWriter } from "./cellWriter.ts";
import { flattenJson } from "./flattenJson.ts";
import type { ByteReader, LineTaker, Reading, Span } from "./lineReader.ts";
import type { RecordPlace } from "./record.ts";

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = [
  0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d,
];
const chunkBytes = 1024 ** 2;

/** Gives one JSON value as a record. Columns are the same array as long as the keys are the same. */
class JsonRecords {
  readonly #writer: CellWriter;
  readonly #reading: Reading;
  #columns: readonly string[] = [];

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#writer = new CellWriter(reading.sink, reading.tally);
  }

  give(value: unknown, place: Pick<RecordPlace, "path" | "offset" | "line" | "encoding">): void {
    const { columns, cells } = flattenJson(value, this.#reading.limits);
    if (cells.length === 0) return;
    const same =
      columns.length === this.#columns.length && columns.every((name, at) => name === this.#columns[at]);
    if (!same) this.#columns = columns;
    const named = typeof value === "object" && !Array.isArray(value);
    const { path, offset, line, encoding } = place;
    this.#writer.write(cells, { path, offset, line, encoding, columns: named ? this.#columns : null });
  }
}

/** JSON Lines: each line is a value; a line that is none is given as it stands. */
export function takeJsonLines(reading: Reading): LineTaker {
  const records = new JsonRecords(reading);
  return (bytes, start, end, place) => {
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString("utf8", start, end).replace(/^\s*,|,\s*$/g, ""));
    } catch {
      reading.sink.record(bytes, start, end, place);
      return;
    }
    reading.tally.records -= 1;
    records.give(value, place);
  };
}

/**
 * JSON over several lines: each object that is an element of the outermost array is a record, and so is each
 * array of an array. What stands around them is given as one record of its own.
 */
export class JsonReader implements ByteReader {
  readonly #reading: Reading;
  readonly #span: Span;
  readonly #records: JsonRecords;
  readonly #buffer = Buffer.allocUnsafe(chunkBytes);
  /** What encloses the current place: brackets and braces. */
  readonly #around: number[] = [];
  #offset: number;
  #inString = false;
  #escaped = false;
  /** The element that is being collected: its bytes, its depth, its first byte. */
  #element: number[] | null = null;
  #elementDepth = 0;
  #elementAt = 0;
  #outer: number[] = [];
  #told = false;
  done = false;

  constructor(reading: Reading, span: Span) {
    this.#reading = reading;
    this.#span = span;
    this.#records = new JsonRecords(reading);
    this.#offset = span.offset;
  }

  room(): Buffer {
    return this.#buffer;
  }

  filled(count: number): void {
    for (let at = 0; at < count; at += 1) this.#byte(this.#buffer[at] as number);
  }

  finish(): void {
    if (this.#element !== null) this.#tell("broken", "ends within a value");
    this.#give(this.#outer, this.#span.offset);
    this.done = true;
  }

  #byte(byte: number): void {
    const at = this.#offset;
    this.#offset += 1;
    if (this.#inString) {
      this.#keep(byte);
      if (this.#escaped) this.#escaped = false;
      else if (byte === backslash) this.#escaped = true;
      else if (byte === quote) this.#inString = false;
      return;
    }
    if (byte === quote) this.#inString = true;
    if (byte === openBrace || byte === openBracket) this.#open(byte, at);
    this.#keep(byte);
    if (byte !== closeBrace && byte !== closeBracket) return;
    this.#around.pop();
    if (this.#element === null || this.#around.length > this.#elementDepth) return;
    this.#give(this.#element, this.#elementAt);
    this.#element = null;
    this.#outer.push(0x6e, 0x75, 0x6c, 0x6c); // Where it stood, the outer value has null.
  }

  #open(byte: number, at: number): void {
    // Deeper nesting than anybody writes is only counted.
    if (this.#element === null && this.#around.at(-1) === openBracket) {
      this.#element = [];
      this.#elementDepth = this.#around.length;
      this.#elementAt = at;
    }
    this.#around.push(byte);
  }

  #keep(byte: number): void {
    const into = this.#element ?? this.#outer;
    if (into.length < this.#reading.limits.lineBytesMax) into.push(byte);
    else if (!this.#told) this.#tell("line-too-long", "has a value that is too long: it is left out");
  }

  #give(bytes: readonly number[], offset: number): void {
    const text = Buffer.from(bytes)
      .toString("utf8")
      .replace(/^\ufeff/, "");
    if (text.trim() === "") return;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      if (bytes !== this.#outer)
        this.#tell("broken", `has a value that cannot be read (${textOfError(error).slice(0, 60)})`);
      return;
    }
    // The outer value without its elements often holds nothing.
    if (bytes === this.#outer && flattenJson(value, this.#reading.limits).cells.every((cell) => cell === ""))
      return;
    const { path } = this.#span;
    this.#records.give(value, { path, offset, line: 0, encoding: "utf-8" });
  }

  #tell(code: "broken" | "line-too-long", what: string): void {
    const { source, path } = this.#span;
    const message = `${path === "" ? source : `${source}, ${path}`} ${what}`;
    if (!this.#told) this.#reading.sink.problem({ code, source, path, offset: this.#offset, message });
    this.#told = true;
  }
}
