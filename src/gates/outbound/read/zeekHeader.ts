/** Zeek's logs that are read; all others are known and not needed. */
export type ZeekKind = "conn" | "http" | "ssl" | "dns";

/** What the `#` lines of a TSV log say (docs.zeek.org, "Zeek Log Formats"). */
export type ZeekHeader = {
  separator: string;
  setSeparator: string;
  emptyField: string;
  unsetField: string;
  path: string | null;
  fields: string[];
};

/** The columns without which a line says nothing. */
export const ZEEK_NEEDED: Readonly<Record<ZeekKind, readonly string[]>> = {
  conn: ["ts", "id.orig_h", "id.resp_h", "proto"],
  http: ["ts", "id.orig_h", "id.resp_h"],
  ssl: ["ts", "id.orig_h", "id.resp_h"],
  dns: ["ts", "id.orig_h", "query"],
};

export const zeekDefaults: ZeekHeader = {
  separator: "\t",
  setSeparator: ",",
  emptyField: "(empty)",
  unsetField: "-",
  path: null,
  fields: [],
};

/** The columns of conn.log by default since Zeek 2.3: for rotated files that have lost their header. */
export const connFieldsDefault: readonly string[] = (
  "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state " +
  "local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents"
).split(" ");

const fieldsMax = 1_000;

/** Takes one `#` line into the header; lines of other names say nothing. */
export function readZeekHeaderLine(header: ZeekHeader, line: string): ZeekHeader {
  if (line.startsWith("#separator ")) {
    const separator = unescapeZeek(line.slice("#separator ".length).trim());
    return separator.length === 1 ? { ...header, separator } : header;
  }
  const at = line.indexOf(header.separator);
  if (at < 0) return header;
  const said = line.slice(at + 1);
  switch (line.slice(0, at)) {
    case "#set_separator":
      return { ...header, setSeparator: unescapeZeek(said) };
    case "#empty_field":
      return { ...header, emptyField: unescapeZeek(said) };
    case "#unset_field":
      return { ...header, unsetField: unescapeZeek(said) };
    case "#path":
      return { ...header, path: said };
    case "#fields":
      return { ...header, fields: said.split(header.separator, fieldsMax) };
    default:
      return header;
  }
}

/** "\x09" as the tab that it stands for. */
function unescapeZeek(text: string): string {
  return text.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Which log it is, by its own `#path` or `_path`, else by its name; null for one that is not needed. */
export function zeekKindOf(path: string | null, fileName: string): { kind: ZeekKind; open: boolean } | null {
  const name = /^(open_)?(conn|http|ssl|dns)(?![A-Za-z-]|_[A-Za-z])/.exec(fileName);
  const said = /^(open_)?(conn|http|ssl|dns)$/.exec(path ?? "");
  if (path !== null && said === null) return null;
  const kind = (said ?? name)?.[2] as ZeekKind | undefined;
  if (kind === undefined) return null;
  // The script that writes connections still open leaves #path as it is, and only the file's name tells.
  return { kind, open: said?.[1] !== undefined || name?.[1] !== undefined };
}
