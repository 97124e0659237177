import type { RecordPlace, RecordSink, ReadTally } from "./record.ts";

export const cellSeparator = 0x1f;

/** Gives records that come as cells: sheets, JSON. Cells may hold anything but the separator. */
export class CellWriter {
  readonly #sink: RecordSink;
  readonly #tally: ReadTally;
  #bytes = Buffer.allocUnsafe(64 * 1024);

  constructor(sink: RecordSink, tally: ReadTally) {
    this.#sink = sink;
    this.#tally = tally;
  }

  write(cells: readonly string[], place: Omit<RecordPlace, "separator" | "part">): void {
    const text = cells.map((cell) => cell.replaceAll("\u001f", " ")).join("\u001f");
    if (this.#bytes.length < text.length * 3) this.#bytes = Buffer.allocUnsafe(text.length * 4);
    const end = this.#bytes.write(text, 0, "utf8");
    this.#tally.records += 1;
    this.#sink.record(this.#bytes, 0, end, { ...place, separator: cellSeparator, part: "whole" });
  }
}
