/** A record of a CSV file with the line on which it begins, or what is wrong with it. */
export type CsvRow = { line: number; cells: string[] } | { line: number; problem: string };

export const limits = { rowCharactersMax: 65_536, cellsMax: 256 } as const;

/**
 * Reads CSV (RFC 4180) from pieces of text: records may go over several lines, and a record that is too long
 * or has too many cells is told and passed over up to the next line. Memory stays with one record.
 */
export async function* readCsv(pieces: AsyncIterable<string>): AsyncGenerator<CsvRow> {
  const reader = new CsvReader();
  for await (const piece of pieces) yield* reader.take(piece);
  yield* reader.end();
}

class CsvReader {
  #cells: string[] = [];
  #cell = "";
  #quoted = false;
  /** After a quote inside a quoted cell: a second one is a quote, anything else ends the cell. */
  #maybeEnd = false;
  #size = 0;
  #line = 1;
  #startedAt = 1;
  #problem: string | null = null;
  #lastWasReturn = false;

  *take(piece: string): Generator<CsvRow> {
    let from = 0;
    for (let at = 0; at < piece.length; at += 1) {
      const code = piece.charCodeAt(at);
      if (code !== 34 && code !== 44 && code !== 10 && code !== 13) {
        if (this.#maybeEnd) this.#maybeEnd = this.#quoted = false;
        continue;
      }
      this.#add(piece.slice(from, at));
      from = at + 1;
      const row = this.#mark(code);
      if (row !== null) yield row;
    }
    this.#add(piece.slice(from));
  }

  *end(): Generator<CsvRow> {
    if (this.#quoted && !this.#maybeEnd) this.#problem ??= "a quoted cell does not end";
    const row = this.#endRow();
    if (row !== null) yield row;
  }

  #mark(code: number): CsvRow | null {
    const wasReturn = this.#lastWasReturn;
    this.#lastWasReturn = code === 13;
    if (code === 34) {
      this.#quote();
      return null;
    }
    if (this.#maybeEnd) this.#maybeEnd = this.#quoted = false;
    if (this.#quoted) {
      if (code === 10) this.#line += 1;
      this.#add(String.fromCharCode(code));
      // A cell that never ends would take the rest of the file with it.
      return this.#problem !== null && code === 10 ? this.#endRow() : null;
    }
    if (code === 44) {
      this.#endCell();
      return null;
    }
    if (code === 10 && wasReturn && this.#size === 0 && this.#cells.length === 0) {
      this.#startedAt = this.#line;
      return null;
    }
    this.#line += 1;
    return this.#endRow();
  }

  #quote(): void {
    if (this.#maybeEnd) {
      this.#maybeEnd = false;
      this.#add('"');
    } else if (this.#quoted) this.#maybeEnd = true;
    else if (this.#cell === "") this.#quoted = true;
    else this.#add('"'); // A quote inside a cell that has none around it: taken as it stands.
  }

  #add(text: string): void {
    if (text === "") return;
    this.#lastWasReturn = false;
    this.#size += text.length;
    if (this.#size > limits.rowCharactersMax) {
      this.#problem ??= `longer than ${limits.rowCharactersMax} characters`;
      this.#cell = "";
    } else this.#cell += text;
  }

  #endCell(): void {
    if (this.#cells.length < limits.cellsMax) this.#cells.push(this.#cell);
    else this.#problem ??= `more than ${limits.cellsMax} cells`;
    this.#cell = "";
  }

  #endRow(): CsvRow | null {
    const empty = this.#cells.length === 0 && this.#cell === "" && this.#problem === null;
    this.#endCell();
    const [line, cells, problem] = [this.#startedAt, this.#cells, this.#problem];
    this.#cells = [];
    this.#size = 0;
    this.#quoted = this.#maybeEnd = false;
    this.#problem = null;
    this.#startedAt = this.#line;
    if (empty) return null;
    return problem === null ? { line, cells } : { line, problem };
  }
}
