import { readHead, type Compression } from "./fileBytes.ts";
import { lineKindOf, type LineKind } from "./lineKinds.ts";
import {
  connFieldsDefault,
  readZeekHeaderLine,
  zeekDefaults,
  zeekKindOf,
  ZEEK_NEEDED,
  type ZeekKind,
} from "./zeekHeader.ts";
import { parseZeekLine, type ZeekSource } from "./zeekLine.ts";

/** What a file is, by what stands in it; its name only tells open connections from ended ones. */
export type Recognised =
  | { what: "zeek-tsv"; source: ZeekSource }
  | { what: "zeek-json"; source: ZeekSource }
  | { what: "lines"; kind: LineKind }
  | { what: "pcap" }
  /** Known, and nothing in it is needed. */
  | { what: "not-needed" }
  | { what: "unknown"; problem: string };

const headBytes = 256 * 1024;

/** Logs and leftovers of Zeek that hold no lines of ours, whatever stands in them. */
const zeekOthers = /^(conn-summary|stdout|stderr|reporter|loaded_scripts|packet_filter|\.)/;

const pcapMagics = ["a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "0a0d0d0a"];

/** Says what a file is, and how it is compressed. */
export async function recognise(
  path: string,
  fileName: string,
): Promise<{ compression: Compression | null; found: Recognised }> {
  const { head, compression } = await readHead(path, headBytes);
  if (compression === "bzip2" || compression === "xz") {
    const tool = compression === "xz" ? "unxz" : "bunzip2";
    const problem = `compressed with ${compression}; unpack it with ${tool} first`;
    return { compression, found: { what: "unknown", problem } };
  }
  return { compression, found: recogniseHead(head, fileName) };
}

function recogniseHead(head: Buffer, fileName: string): Recognised {
  if (head.length === 0) return { what: "not-needed" };
  if (pcapMagics.includes(head.toString("hex", 0, 4))) return { what: "pcap" };
  const lines = head.toString("utf8").split(/\r?\n/);
  if (lines.length > 1 && head.length === headBytes) lines.pop(); // Perhaps not whole.
  const first = lines.find((line) => line.trim() !== "") ?? "";
  if (first.startsWith("#")) return recogniseTsv(lines, fileName);
  if (first.startsWith("{")) return recogniseJson(first, fileName);
  const kind = lineKindOf(lines.slice(0, 50));
  if (kind !== null) return { what: "lines", kind };
  return recogniseRest(first, fileName);
}

function recogniseTsv(lines: readonly string[], fileName: string): Recognised {
  let header = zeekDefaults;
  for (const line of lines) {
    if (!line.startsWith("#")) break;
    header = readZeekHeaderLine(header, line);
  }
  if (header.fields.length === 0) {
    const problem = "begins with # and has no #fields line; only Zeek's logs are read so";
    return zeekOthers.test(fileName) ? { what: "not-needed" } : { what: "unknown", problem };
  }
  const kind = zeekKindOf(header.path, fileName);
  if (kind === null) return { what: "not-needed" };
  const missing = ZEEK_NEEDED[kind.kind].filter((name) => !header.fields.includes(name));
  if (missing.length > 0) {
    return { what: "unknown", problem: `its #fields line does not name ${missing.join(", ")}` };
  }
  return { what: "zeek-tsv", source: { ...kind, header } };
}

function recogniseJson(first: string, fileName: string): Recognised {
  let object: Record<string, unknown>;
  try {
    object = JSON.parse(first) as Record<string, unknown>;
  } catch {
    return { what: "unknown", problem: "begins with { and its first line is no whole JSON object" };
  }
  const path = typeof object["_path"] === "string" ? object["_path"] : null;
  const byName = zeekKindOf(path, fileName);
  const kind = byName ?? (path === null ? kindByFields(object) : null);
  if (kind !== null) return { what: "zeek-json", source: { ...kind, header: zeekDefaults } };
  if ("ts" in object || path !== null) return { what: "not-needed" };
  return { what: "unknown", problem: "JSON of a form that is not known; Zeek's JSON logs are read" };
}

function kindByFields(object: object): { kind: ZeekKind; open: boolean } | null {
  const has = (...names: string[]): boolean => names.some((name) => name in object);
  if (!has("ts") || !has("id.orig_h")) return null;
  if (has("conn_state", "orig_pkts")) return { kind: "conn", open: false };
  if (has("trans_depth", "user_agent")) return { kind: "http", open: false };
  if (has("cipher", "established", "server_name")) return { kind: "ssl", open: false };
  return has("qtype", "qtype_name", "query") ? { kind: "dns", open: false } : null;
}

/** Files rotated by hand lose their header: what fits the columns of conn.log to the letter is one. */
function recogniseRest(first: string, fileName: string): Recognised {
  const header = { ...zeekDefaults, fields: [...connFieldsDefault] };
  const open = fileName.startsWith("open_conn");
  const source: ZeekSource = { kind: "conn", open, header };
  if (parseZeekLine(first, source).ok) return { what: "zeek-tsv", source };
  if (zeekOthers.test(fileName)) return { what: "not-needed" };
  if (first.split("\t").length > 5 && /^\d+\.\d+\t/.test(first)) {
    return {
      what: "unknown",
      problem: "Zeek lines without their #fields line; put the log's header before them",
    };
  }
  const known = "Zeek, Squid, unbound and dnsmasq logs, conntrack events and pcap files are";
  return { what: "unknown", problem: `of a form that is not known; ${known}` };
}
