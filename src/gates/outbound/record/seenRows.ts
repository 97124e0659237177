import { DuckDBDataChunk, DOUBLE, VARCHAR, BOOLEAN, LIST, listValue } from "@duckdb/node-api";
import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { Seen } from "../connection.ts";
import type { Duck } from "../../../lib/openDuck.ts";
import { TABLES, type Table } from "./tables.ts";

type Kind = "number" | "text" | "flag" | "list";
type Place = { column: string; from: string; kind: Kind };

/** The columns of each table in order, and which field of what was seen each holds. */
const places: Readonly<Record<Table, readonly Place[]>> = {
  connection: placesOf(
    "seen_at:at# sensor uid src src_port:srcPort# dst dst_port:dstPort# proto service " +
      "duration_us:duration# orig_bytes:origBytes# resp_bytes:respBytes# " +
      "orig_packets:origPackets# resp_packets:respPackets# " +
      "orig_ip_bytes:origIpBytes# resp_ip_bytes:respIpBytes# state open!",
  ),
  naming: placesOf(
    "seen_at:at# sensor uid src src_port:srcPort# dst dst_port:dstPort# kind host " +
      "host_port:hostPort# proxied! method uri agent ja3 mime open!",
  ),
  dns: placesOf("seen_at:at# sensor uid src resolver query type rcode answers*"),
};

/** `column`, or `column:field`; # is a number, ! a flag, * a list. */
function placesOf(text: string): Place[] {
  return text.split(" ").map((word) => {
    const kind = ({ "#": "number", "!": "flag", "*": "list" } as const)[word.slice(-1)] ?? "text";
    const [column = "", from = column] = word.replace(/[#!*]$/, "").split(":");
    return { column, from, kind };
  });
}

export const columnsOf: Readonly<Record<Table, string>> = {
  connection: namesOf("connection"),
  naming: namesOf("naming"),
  dns: namesOf("dns"),
};

function namesOf(table: Table): string {
  return places[table].map(({ column }) => column).join(", ");
}

const types: Readonly<Record<Kind, DuckDBType>> = {
  // Whole numbers up to 2^53 are exact in a double, and a bigint for each would cost more than the rest.
  number: DOUBLE,
  text: VARCHAR,
  flag: BOOLEAN,
  list: LIST(VARCHAR),
};
const chunkRows = 2_048;

/** Makes an empty table `name` for rows of a table of the record; `columnsFrom` reads it back. */
export async function makeStaging(duck: Duck, table: Table, name: string): Promise<void> {
  const sqlOf = { number: "DOUBLE", text: "VARCHAR", flag: "BOOLEAN", list: "VARCHAR[]" } as const;
  const columns = places[table].map(({ column, kind }) => `${column} ${sqlOf[kind]}`);
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${name} (${columns.join(", ")})`);
}

/** A SELECT over a staging table with the types of the record. */
export function stagedSql(table: Table, name: string): string {
  const typed = TABLES[table].split(",").map((text) => text.trim().split(/\s+/));
  const casts = places[table].map(({ column }, at) => {
    const type = typed[at]?.[1] as string;
    return column === "seen_at"
      ? "make_timestamp(seen_at::BIGINT) AS seen_at"
      : `${column}::${type} AS ${column}`;
  });
  return `SELECT ${casts.join(", ")} FROM ${name}`;
}

/** Appends what was seen, of the one table, to its staging table. */
export async function appendSeen(duck: Duck, name: string, seen: readonly Seen[]): Promise<void> {
  const table = seen[0]?.table;
  if (table === undefined) return;
  const appender = await duck.connection.createAppender(name);
  const columnTypes = places[table].map(({ kind }) => types[kind]);
  try {
    for (let at = 0; at < seen.length; at += chunkRows) {
      const part = seen.slice(at, at + chunkRows) as unknown as Record<string, unknown>[];
      const chunk = DuckDBDataChunk.create(columnTypes, part.length);
      chunk.setColumns(places[table].map(({ from, kind }) => part.map((one) => valueOf(one[from], kind))));
      appender.appendDataChunk(chunk);
    }
  } finally {
    appender.closeSync();
  }
}

function valueOf(value: unknown, kind: Kind): DuckDBValue {
  if (kind === "list") return listValue(value as string[]);
  // A NUL ends no text of ours, and a lone surrogate is no UTF-8.
  if (kind === "text" && typeof value === "string") return value.toWellFormed();
  return value as DuckDBValue;
}
