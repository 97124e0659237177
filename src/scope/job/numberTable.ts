import { renameSync } from "node:fs";
import { beginParquet, endParquet, ParquetPart, type ColumnType } from "../../lib/parquet/writeParquet.ts";

/** A table of numbers for DuckDB, from arrays as they are. */
export type NumberColumn = {
  name: string;
  type: Exclude<ColumnType, "text">;
  values: Int32Array | Uint32Array | Float64Array | BigInt64Array | BigUint64Array;
};

const groupRows = 1_000_000;

/** Writes columns of one length as Parquet, unpacked. */
export function writeNumbers(file: string, columns: readonly NumberColumn[]): void {
  const shape = columns.map(({ name, type }) => ({ name, type }));
  const part = new ParquetPart(beginParquet(`${file}.part`), shape, null);
  const rows = columns[0]?.values.length ?? 0;
  for (let from = 0; from < rows; from += groupRows) {
    const count = Math.min(groupRows, rows - from);
    part.write(
      count,
      columns.map(({ values }) => {
        const size = values.BYTES_PER_ELEMENT;
        return { plain: new Uint8Array(values.buffer, values.byteOffset + from * size, count * size) };
      }),
    );
  }
  part.close();
  endParquet(`${file}.part`, shape, { groups: part.rowGroups, packed: false });
  renameSync(`${file}.part`, file);
}
