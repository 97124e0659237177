import type { Duck } from "../../lib/openDuck.ts";
import type { JobFiles } from "./jobFiles.ts";

/** One field of a record, as it was found. */
export type FoundField = { field: number; kind: string; value: string; normalised: string };

/** A record with the place where anyone can find it again. */
export type FoundRecord = {
  record: number;
  source: string;
  /** The way through containers; "" for a plain file. */
  path: string;
  offset: number;
  line: number;
  encoding: string;
  part: string;
  fields: FoundField[];
};

export const limits = { keptMax: 2_000, askedMax: 500 } as const;

/**
 * Fields of records. A look into the file costs the same for one as for a hundred, so neighbours come
 * along.
 */
export class RecordFields {
  readonly #duck: Duck;
  readonly #files: JobFiles;
  readonly #kept = new Map<number, FoundRecord>();

  constructor(duck: Duck, files: JobFiles) {
    this.#duck = duck;
    this.#files = files;
  }

  /** Records by their numbers; `along`: others that will be asked for next. */
  async get(records: readonly number[], along: readonly number[] = []): Promise<Map<number, FoundRecord>> {
    const missing = records.filter((one) => !this.#kept.has(one));
    if (missing.length > 0) await this.#load([...new Set([...missing, ...along])].slice(0, limits.askedMax));
    const found = new Map<number, FoundRecord>();
    for (const one of records) {
      const record = this.#kept.get(one);
      if (record !== undefined) found.set(one, record);
    }
    return found;
  }

  async #load(records: readonly number[]): Promise<void> {
    const table = await this.#files.table(this.#duck, "records.parquet");
    const rows = await this.#duck.rows<
      Omit<FoundRecord, "fields" | "record"> & FoundField & { record_id: number }
    >(
      `SELECT record_id, source, path, "offset", line, encoding, part, field, kind, value, normalised
         FROM ${table} WHERE record_id IN (${records.map(Number).join(",")}) ORDER BY record_id, field`,
    );
    if (this.#kept.size + records.length > limits.keptMax) this.#kept.clear();
    for (const { record_id, field, kind, value, normalised, ...place } of rows) {
      const record = this.#kept.get(record_id) ?? { record: record_id, ...place, fields: [] };
      record.fields.push({ field, kind, value, normalised });
      this.#kept.set(record_id, record);
    }
  }
}
