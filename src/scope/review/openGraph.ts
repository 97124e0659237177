import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SekishoError } from "../../lib/error.ts";
import type { Duck } from "../../lib/openDuck.ts";
import type { CustomerMemo } from "../job/customerMemo.ts";
import type { Edges } from "../job/customerEdges.ts";
import { loadMatched } from "../job/matchRecords.ts";
import { recordsOfTaskMax } from "../job/recordLog.ts";
import { bytesOfRow } from "../signatures/columns.ts";
import type { Graph } from "./countRange.ts";
import type { JobFiles } from "./jobFiles.ts";

/** Where records stand in the job's arrays, by the numbers that they have outside. */
export class RecordPlaces {
  readonly #tasks: { first: number; start: number; count: number }[];
  readonly count: number;

  constructor(tasks: readonly { first: number; start: number; count: number }[]) {
    this.#tasks = [...tasks].sort((one, other) => one.start - other.start);
    this.count = tasks.reduce((sum, { count }) => sum + count, 0);
  }

  /** Gives −1 for a number that no record has. */
  placeOf(record: number): number {
    const task = Math.floor(record / recordsOfTaskMax);
    const found = this.#tasks.find(({ first }) => Math.floor(first / recordsOfTaskMax) === task);
    const number = found === undefined ? -1 : record - found.first;
    return found === undefined || number < 0 || number >= found.count ? -1 : found.start + number;
  }

  recordAt(place: number): number {
    let low = 0;
    let high = this.#tasks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#tasks[middle] as { start: number }).start <= place) low = middle;
      else high = middle - 1;
    }
    const { first, start } = this.#tasks[low] as { first: number; start: number };
    return first + place - start;
  }
}

/** Reads where records stand: their numbers in the order in which the job kept them. */
export async function openPlaces(duck: Duck, files: JobFiles): Promise<RecordPlaces> {
  const table = await files.table(duck, "work/person_of.parquet", { rowNumber: true });
  const tasks = await duck.rows<{ first: number; start: number; count: number }>(
    `SELECT min(record_id) AS first, min(file_row_number) AS start, count(*) AS count
       FROM ${table} GROUP BY record_id // ${recordsOfTaskMax} ORDER BY 2`,
  );
  return new RecordPlaces(tasks);
}

/** What the machine said: links, and who is there twice on either side. */
export async function openGraph(files: JobFiles, memo: CustomerMemo): Promise<Graph> {
  const { links, recordEdges } = loadMatched(await files.path("work/matched.bin"));
  const index = JSON.parse(readFileSync(await files.path(join(memo.index, "now", "index.json")), "utf8")) as {
    rows: number;
    fingerprint: string;
    rowBytes: number;
    edges: { certain: number };
  };
  if (index.rowBytes !== bytesOfRow) {
    throw new SekishoError("conflict", `Cannot review ${files.out}: another version of Sekisho made it`, {
      hint: "review it with that version, or run sekisho scope again with --again",
    });
  }
  if (index.fingerprint !== memo.fingerprint) {
    throw new SekishoError("conflict", `Cannot review ${files.out}: its index was made anew since`, {
      hint: "run sekisho scope again with --again, so that job and index are of one customer table",
    });
  }
  const bytes = readFileSync(await files.path(join(memo.index, "now", "edges.bin")));
  const pairs = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const customerEdges: Edges = {
    certain: pairs.subarray(0, index.edges.certain * 2),
    probable: pairs.subarray(index.edges.certain * 2),
  };
  return { links, customers: index.rows, customerEdges, recordEdges };
}
