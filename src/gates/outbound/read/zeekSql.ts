import { quoteSql } from "../../../lib/openDuck.ts";
import type { Table } from "../record/tables.ts";
import type { ZeekHeader, ZeekKind } from "./zeekHeader.ts";
import { addressPattern, secondsMax } from "./zeekLine.ts";

/** Longer lines are no lines of Zeek: they are counted and shown, and cost no memory. */
export const lineBytesMax = 1024 ** 2;

export const tableOfZeek: Readonly<Record<ZeekKind, Table>> = {
  conn: "connection",
  http: "naming",
  ssl: "naming",
  dns: "dns",
};

const typeOf: Readonly<Record<string, string>> = {
  ts: "DOUBLE",
  "id.orig_p": "USMALLINT",
  "id.resp_p": "USMALLINT",
  duration: "DOUBLE",
  orig_bytes: "UBIGINT",
  resp_bytes: "UBIGINT",
  orig_pkts: "UBIGINT",
  resp_pkts: "UBIGINT",
  orig_ip_bytes: "UBIGINT",
  resp_ip_bytes: "UBIGINT",
};

const sizes = ["orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes"];

/**
 * The statement that reads TSV files with one and the same header: the columns of the record, `file` where
 * there are several, and `good`, false where the line has the right form and yet says what cannot be. Lines
 * of a wrong form (the `#` lines are such, wherever they stand) go to the table `rejected`. `comment='#'`
 * would cut a URI with a `#` in it, and a quote is a character like any other.
 */
export function zeekTsvSql(
  paths: readonly string[],
  kind: ZeekKind,
  options: { open: boolean; header: ZeekHeader },
) {
  const { header, open } = options;
  const many = paths.length > 1;
  const column = (name: string): string => {
    const at = header.fields.indexOf(name);
    return at < 0 ? `NULL::${typeOf[name] ?? "VARCHAR"}` : `c${at}`;
  };
  const columns = header.fields.map(
    (name, at) =>
      `'c${at}': '${header.fields.indexOf(name) === at ? (typeOf[name] ?? "VARCHAR") : "VARCHAR"}'`,
  );
  const source = `read_csv([${paths.map(quoteSql).join(", ")}], columns = {${columns.join(", ")}},
    auto_detect = false, header = false, delim = ${quoteSql(header.separator)}, quote = '', escape = '',
    comment = '', strict_mode = true, max_line_size = ${lineBytesMax}, store_rejects = true,
    rejects_table = 'rejected', rejects_scan = 'rejected_scan', rejects_limit = ${rejectsMax},
    filename = ${many ? "'file'" : "false"},
    nullstr = [${quoteSql(header.unsetField)}, ${quoteSql(header.emptyField)}])`;
  const list = (name: string): string =>
    `coalesce(string_split(${column(name)}, ${quoteSql(header.setSeparator)}), [])`;
  return `SELECT ${bodySql({ column, list }, kind, open)}${many ? ", file" : ""} FROM ${source}`;
}

/**
 * The statement that reads JSON logs whose every line is well-formed, with the same columns; it fails where
 * one is not, and that file is then read line by line.
 */
export function zeekJsonSql(paths: readonly string[], kind: ZeekKind, options: { open: boolean }): string {
  const lists = ["answers", "resp_mime_types"];
  const texts = "uid id.orig_h id.resp_h proto service conn_state method host uri user_agent server_name ja3";
  const names = [...Object.keys(typeOf), ...texts.split(" "), "query", "qtype_name", "rcode_name", ...lists];
  const columns = names.map(
    (name) => `'${name}': '${lists.includes(name) ? "VARCHAR[]" : (typeOf[name] ?? "VARCHAR")}'`,
  );
  const many = paths.length > 1;
  const source = `read_json([${paths.map(quoteSql).join(", ")}], columns = {${columns.join(", ")}},
    format = 'newline_delimited', maximum_object_size = ${lineBytesMax},
    filename = ${many ? "'file'" : "false"})`;
  const column = (name: string): string => `"${name}"`;
  const list = (name: string): string => `coalesce(list_filter("${name}", lambda one: one IS NOT NULL), [])`;
  return `SELECT ${bodySql({ column, list }, kind, options.open)}${many ? ", file" : ""} FROM ${source}`;
}

function bodySql({ column, list }: Columns, kind: ZeekKind, open: boolean): string {
  if (kind === "conn") return connSql(column, open);
  return kind === "dns" ? dnsSql({ column, list }) : namingSql({ column, list }, kind, open);
}

/** One line makes as many as it has columns; a file with more is read line by line. */
export const rejectsMax = 50_000;

type Column = (name: string) => string;
/** How a field stands in SQL, as a text or number and as a list. */
type Columns = { column: Column; list: Column };

function timeSql(column: Column): string {
  const inside = `${column("ts")} > 0 AND ${column("ts")} < ${secondsMax}`; // NaN is greater than all.
  const time = `make_timestamp(CASE WHEN ${inside} THEN (${column("ts")} * 1e6)::BIGINT ELSE 0 END)`;
  return `${time} AS seen_at, 'zeek' AS sensor, nullif(${column("uid")}, '') AS uid`;
}

function goodSql(column: Column, more: readonly string[]): string {
  const address = quoteSql(addressPattern);
  return [
    `(${column("ts")} > 0 AND ${column("ts")} < ${secondsMax}`,
    `regexp_full_match(${column("id.orig_h")}, ${address})`,
    ...more.map((one) => one.replace("ADDRESS", address)),
    "true) IS NOT DISTINCT FROM true AS good",
  ].join(" AND ");
}

function endsSql(column: Column): string {
  return `${timeSql(column)}, ${column("id.orig_h")} AS src, coalesce(${column("id.orig_p")}, 0) AS src_port,
    ${column("id.resp_h")} AS dst, coalesce(${column("id.resp_p")}, 0) AS dst_port`;
}

function connSql(column: Column, open: boolean): string {
  const known = sizes.map(column).filter((one) => !one.startsWith("NULL"));
  const duration = column("duration");
  const good = goodSql(column, [
    `regexp_full_match(${column("id.resp_h")}, ADDRESS)`,
    `nullif(${column("proto")}, '') IS NOT NULL`,
    `coalesce(${duration} >= 0 AND ${duration} < ${secondsMax}, true)`,
    ...(known.length === 0 ? [] : [`coalesce(greatest(${known.join(", ")}) < 9007199254740992, true)`]),
  ]);
  const size = (name: string): string =>
    `CASE WHEN ${column(name)} < 9007199254740992 THEN ${column(name)}::BIGINT END`;
  return `${endsSql(column)}, ${column("proto")} AS proto, nullif(${column("service")}, '') AS service,
    CASE WHEN ${duration} >= 0 AND ${duration} < ${secondsMax} THEN (${duration} * 1e6)::BIGINT END
      AS duration_us,
    ${size("orig_bytes")} AS orig_bytes, ${size("resp_bytes")} AS resp_bytes,
    ${size("orig_pkts")} AS orig_packets, ${size("resp_pkts")} AS resp_packets,
    ${size("orig_ip_bytes")} AS orig_ip_bytes, ${size("resp_ip_bytes")} AS resp_ip_bytes,
    nullif(${column("conn_state")}, '') AS state, ${open} AS open, ${good}`;
}

function namingSql({ column, list }: Columns, kind: "http" | "ssl", open: boolean): string {
  const good = goodSql(column, [`regexp_full_match(${column("id.resp_h")}, ADDRESS)`]);
  if (kind === "ssl") {
    return `${endsSql(column)}, 'tls' AS kind, lower(nullif(${column("server_name")}, '')) AS host,
      NULL::USMALLINT AS host_port, false AS proxied, NULL::VARCHAR AS method, NULL::VARCHAR AS uri,
      NULL::VARCHAR AS agent, nullif(${column("ja3")}, '') AS ja3, NULL::VARCHAR AS mime,
      ${open} AS open, ${good}`;
  }
  const text = (name: string): string => `nullif(${column(name)}, '')`;
  const host = text("host");
  const proxied = `${text("method")} IS NOT DISTINCT FROM 'CONNECT'`;
  const target = `CASE WHEN ${proxied} THEN ${text("uri")} END`;
  return `${endsSql(column)}, 'http' AS kind, coalesce(${hostSql(host)}, ${hostSql(target)}) AS host,
    CASE WHEN ${host} IS NULL THEN ${portSql(target)} ELSE ${portSql(host)} END AS host_port,
    ${proxied} AS proxied,
    ${text("method")} AS method, ${text("uri")} AS uri, ${text("user_agent")} AS agent, NULL::VARCHAR AS ja3,
    ${list("resp_mime_types")}[1] AS mime,
    ${open} AS open, ${good}`;
}

/** The same as splitHost(): a port that is none leaves the text whole. */
const hostAndPort = "'^(?:\\[([0-9a-f:.]+)\\]|([^:\\[\\]]+))(?::([0-9]{1,5}))?$'";

function portSql(text: string): string {
  return `CASE WHEN contains(${text}, ':') THEN
    TRY_CAST(nullif(regexp_extract(lower(${text}), ${hostAndPort}, 3), '') AS USMALLINT) END`;
}

function hostSql(text: string): string {
  const lower = `lower(${text})`;
  const whole = `regexp_matches(${lower}, ${hostAndPort}) AND
    coalesce(TRY_CAST(nullif(regexp_extract(${lower}, ${hostAndPort}, 3), '') AS INTEGER), 0) <= 65535`;
  return `CASE WHEN NOT contains(${text}, ':') THEN ${lower} WHEN ${whole}
    THEN concat(regexp_extract(${lower}, ${hostAndPort}, 1), regexp_extract(${lower}, ${hostAndPort}, 2))
    ELSE ${lower} END`;
}

function dnsSql({ column, list }: Columns): string {
  const text = (name: string): string => `nullif(${column(name)}, '')`;
  return `${timeSql(column)}, ${column("id.orig_h")} AS src, ${text("id.resp_h")} AS resolver,
    regexp_replace(lower(coalesce(${column("query")}, '')), '\\.$', '') AS query,
    ${text("qtype_name")} AS type, ${text("rcode_name")} AS rcode,
    ${list("answers")} AS answers, ${goodSql(column, [])}`;
}
