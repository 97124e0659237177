import type { Seen } from "../connection.ts";
import { readZeekHeaderLine, zeekKindOf } from "./zeekHeader.ts";
import { parseZeekLine, type ReadLine, type ZeekSource } from "./zeekLine.ts";

/** What one line gave: nothing (a comment, the first half of something), or what was seen, or a problem. */
export type LineResult = { seen: Seen[]; problem: string | null };

/**
 * Reads the lines of one source in order. Some sources say one thing in several lines: what waits for its
 * other half comes with `end()`.
 */
export type LineReader = {
  read(line: string): LineResult;
  end(): Seen[];
};

export const nothing: LineResult = { seen: [], problem: null };

function resultOf(read: ReadLine): LineResult {
  return read.ok ? { seen: [read.seen], problem: null } : { seen: [], problem: read.problem };
}

/** Zeek's logs: `#` lines change how the lines after them are read, wherever they stand. */
export class ZeekReader implements LineReader {
  #source: ZeekSource | null;
  readonly #fileName: string;
  #header;

  constructor(source: ZeekSource, fileName: string) {
    this.#source = source;
    this.#header = source.header;
    this.#fileName = fileName;
  }

  read(line: string): LineResult {
    if (line.startsWith("#")) {
      const header = readZeekHeaderLine(this.#header, line);
      if (header !== this.#header) this.#change(header);
      return nothing;
    }
    // Lines of a log that is not needed, after those of one that is (files put together by hand).
    return this.#source === null ? nothing : resultOf(parseZeekLine(line, this.#source));
  }

  end(): Seen[] {
    return [];
  }

  #change(header: ZeekSource["header"]): void {
    const kind = header.path === this.#header.path ? this.#source : zeekKindOf(header.path, this.#fileName);
    this.#header = header;
    this.#source = kind === null ? null : { kind: kind.kind, open: kind.open, header };
  }
}
