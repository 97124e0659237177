import {
  joinParquet,
  ParquetPart,
  type ParquetColumn,
  type PartOfParquet,
  type RowGroup,
  type SharedParquet,
} from "../../lib/parquet/writeParquet.ts";
import type { SharedTable } from "../signatures/columns.ts";
import { readRows } from "../signatures/unpackRows.ts";
import type { Links } from "../match/decideLinks.ts";
import { gatherPersons, type Persons, type ToGather } from "../persons/gatherPersons.ts";
import { joinTexts, readTexts, type CustomerTexts } from "./customerTexts.ts";
import { writeNumbers } from "./numberTable.ts";
import {
  groupBy,
  takeCustomers,
  takeRecords,
  type CustomerColumns,
  type Grouped,
  type RecordColumns,
} from "./stageColumns.ts";
import type { Staged } from "./stageOutputs.ts";
import { LINK_COLUMNS, writeLinks, type LinkList } from "./writeLinks.ts";
import { PERSON_COLUMNS, writePersons, type PersonTally } from "./writePersons.ts";

type Span = { from: number; to: number };

/** What is asked of threads behind the reading of customers, and behind the matching. */
export type OutputAsked = { do: "write" } &
  /** Signatures of a file into a table that all share; `at`: its first row there. */
  (
    | { what: "signatures"; file: string; table: SharedTable; at: number; rows: number }
    | { what: "joined-texts"; files: readonly string[]; folder: string }
    | {
        what: "joined-parquet";
        file: string;
        columns: readonly ParquetColumn[];
        parts: readonly PartOfParquet[];
      }
    | { what: "gathered"; links: Pick<Links, "row" | "state">; of: ToGather }
    | ({ what: "records"; table: SharedTable; columns: RecordColumns } & Span)
    | ({ what: "customers"; table: SharedTable; columns: CustomerColumns } & Span)
    | { what: "texts"; folder: string; rows: number }
    | { what: "groups"; groupOf: Int32Array; count: number }
    /** person_of.parquet, by which a review finds its way. */
    | { what: "person-of"; staged: Pick<Staged, "recordIds" | "personOf" | "records">; file: string }
    /** A part of links.parquet, by records. */
    | ({ what: "links"; list: LinkList; file: SharedParquet } & Span)
    | ({ what: "persons"; staged: Staged; file: SharedParquet } & Span)
  );

export type OutputAnswer = { done: "written" } & (
  | { what: "gathered"; persons: Persons }
  | { what: "records"; items: Float64Array }
  | { what: "signatures" | "joined-texts" | "joined-parquet" | "customers" | "person-of" }
  | { what: "texts"; texts: CustomerTexts }
  | { what: "groups"; grouped: Grouped }
  | { what: "links"; rowGroups: RowGroup[] }
  | { what: "persons"; rowGroups: RowGroup[]; tally: PersonTally }
);

/** Of zstd: as for records.parquet. */
const packLevel = 1;

export function writeOutput(asked: OutputAsked): OutputAnswer {
  const done = "written" as const;
  switch (asked.what) {
    case "signatures":
      readRows(asked.file, asked.table, asked);
      return { done, what: "signatures" };
    case "joined-texts":
      joinTexts(asked.files, asked.folder);
      return { done, what: "joined-texts" };
    case "joined-parquet":
      joinParquet(asked.file, asked.columns, asked.parts);
      return { done, what: "joined-parquet" };
    case "gathered":
      return { done, what: "gathered", persons: gatherPersons(asked.links, asked.of) };
    case "records":
      return { done, what: "records", items: takeRecords(asked) };
    case "customers":
      takeCustomers(asked);
      return { done, what: "customers" };
    case "texts":
      return { done, what: "texts", texts: readTexts(asked.folder, asked.rows) };
    case "groups":
      return { done, what: "groups", grouped: groupBy(asked.groupOf, asked.count) };
    case "person-of":
      writePersonOf(asked.staged, asked.file);
      return { done, what: "person-of" };
    case "links": {
      const part = new ParquetPart(asked.file, LINK_COLUMNS, packLevel);
      writeLinks(asked.list, asked, part);
      part.close();
      return { done, what: "links", rowGroups: part.rowGroups };
    }
    case "persons": {
      const part = new ParquetPart(asked.file, PERSON_COLUMNS, packLevel);
      const tally = writePersons(asked.staged, asked, part);
      part.close();
      return { done, what: "persons", rowGroups: part.rowGroups, tally };
    }
  }
}

function writePersonOf(
  { recordIds, personOf, records }: Pick<Staged, "recordIds" | "personOf" | "records">,
  file: string,
): void {
  writeNumbers(file, [
    { name: "record_id", type: "int64", values: recordIds },
    { name: "person", type: "int32", values: personOf },
    { name: "items", type: "uint32", values: records.items },
    { name: "born", type: "int32", values: records.born },
    { name: "expires", type: "int32", values: records.expires },
  ]);
}
