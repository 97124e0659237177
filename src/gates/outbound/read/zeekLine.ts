import type { Connection, DnsQuery, Naming, Seen } from "../connection.ts";
import type { ZeekHeader, ZeekKind } from "./zeekHeader.ts";

/** What a line said, or why it could not be read. */
export type ReadLine = { ok: true; seen: Seen } | { ok: false; problem: string };

/** An IPv4 address, or what can only be an IPv6 one. The same pattern serves JavaScript and RE2. */
export const addressPattern =
  "(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])" +
  "|[0-9a-fA-F:]*:[0-9a-fA-F:]*(?:[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3})?";
const wholeAddress = new RegExp(`^(?:${addressPattern})$`);

/** The last second that a timestamp may name: year 2200. What is later is a broken line, not a record. */
export const secondsMax = 7_258_118_400;

export type ZeekSource = { kind: ZeekKind; open: boolean; header: ZeekHeader };

/** One line of a TSV log under its header, or of a JSON log (no `fields` in the header). */
export function parseZeekLine(line: string, source: ZeekSource): ReadLine {
  return line.startsWith("{") ? parseJson(line, source) : parseTsv(line, source);
}

const indexes = new WeakMap<ZeekHeader, Map<string, number>>();

function parseTsv(line: string, { kind, open, header }: ZeekSource): ReadLine {
  if (header.fields.length === 0) return { ok: false, problem: "no #fields line before it" };
  let index = indexes.get(header);
  if (index === undefined) {
    // Of two columns of one name the first counts.
    index = new Map([...header.fields.entries()].reverse().map(([at, name]) => [name, at]));
    indexes.set(header, index);
  }
  const cells = line.split(header.separator);
  if (cells.length !== header.fields.length) {
    return { ok: false, problem: `${cells.length} columns where #fields names ${header.fields.length}` };
  }
  const { unsetField, emptyField, setSeparator } = header;
  const places = index;
  const cell = (name: string): string | null => {
    const at = places.get(name);
    const text = at === undefined ? null : (cells[at] as string);
    return text === null || text === unsetField || text === emptyField ? null : text;
  };
  const list = (name: string): string[] => cell(name)?.split(setSeparator) ?? [];
  return seenOf(kind, open, new Fields(cell, list));
}

function parseJson(line: string, { kind, open }: ZeekSource): ReadLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { ok: false, problem: "not a whole JSON object" };
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return { ok: false, problem: "not a JSON object" };
  }
  const object = value as Record<string, unknown>;
  const cell = (name: string): string | number | null => {
    const found = Object.hasOwn(object, name) ? object[name] : null;
    if (typeof found === "number" || typeof found === "string") return found;
    return found === null || found === undefined ? null : JSON.stringify(found);
  };
  const list = (name: string): string[] => {
    const found = Object.hasOwn(object, name) ? object[name] : null;
    return Array.isArray(found) ? found.filter((one) => one !== null).map(String) : [];
  };
  return seenOf(kind, open, new Fields(cell, list));
}

/** Reads fields by name and keeps the first problem, so that a line is read in one go. */
class Fields {
  problem: string | null = null;
  readonly #cell: (name: string) => string | number | null;
  readonly list: (name: string) => string[];

  constructor(cell: (name: string) => string | number | null, list: (name: string) => string[]) {
    this.#cell = cell;
    this.list = list;
  }

  text(name: string): string | null {
    const value = this.#cell(name);
    return value === null || value === "" ? null : String(value);
  }

  time(name: string): number {
    const value = this.#cell(name);
    let seconds = Number(value ?? Number.NaN);
    if (typeof value === "string" && !Number.isFinite(seconds)) seconds = secondsOfIso(value);
    if (seconds > 0 && seconds < secondsMax) return Math.round(seconds * 1e6);
    this.#fail(name, value);
    return 0;
  }

  address(name: string): string {
    const value = this.#cell(name);
    if (typeof value === "string" && wholeAddress.test(value)) return value;
    this.#fail(name, value);
    return "";
  }

  port(name: string): number {
    return this.#number(name, 65_535) ?? 0;
  }

  count(name: string): number | null {
    return this.#number(name, Number.MAX_SAFE_INTEGER);
  }

  interval(name: string): number | null {
    const value = this.#cell(name);
    if (value === null) return null;
    const seconds = value === "" ? Number.NaN : Number(value);
    if (seconds >= 0 && seconds < secondsMax) return Math.round(seconds * 1e6);
    this.#fail(name, value);
    return null;
  }

  #number(name: string, most: number): number | null {
    const value = this.#cell(name);
    if (value === null) return null;
    const number = value === "" ? Number.NaN : Number(value);
    if (Number.isInteger(number) && number >= 0 && number <= most) return number;
    this.#fail(name, value);
    return null;
  }

  #fail(name: string, value: string | number | null): void {
    this.problem ??=
      value === null ? `${name} is missing` : `cannot read ${name} "${String(value).slice(0, 40)}"`;
  }
}

function secondsOfIso(text: string): number {
  try {
    return Number(Temporal.Instant.from(text).epochNanoseconds / 1000n) / 1e6;
  } catch {
    return Number.NaN;
  }
}

function seenOf(kind: ZeekKind, open: boolean, fields: Fields): ReadLine {
  const seen =
    kind === "conn" ? connOf(fields, open) : kind === "dns" ? dnsOf(fields) : namingOf(fields, kind, open);
  return fields.problem === null ? { ok: true, seen } : { ok: false, problem: fields.problem };
}

function endsOf(fields: Fields) {
  return {
    at: fields.time("ts"),
    sensor: "zeek",
    uid: fields.text("uid"),
    src: fields.address("id.orig_h"),
    srcPort: fields.port("id.orig_p"),
    dst: fields.address("id.resp_h"),
    dstPort: fields.port("id.resp_p"),
  } as const;
}

function connOf(fields: Fields, open: boolean): { table: "connection" } & Connection {
  const proto = fields.text("proto");
  if (proto === null) fields.problem ??= "proto is missing";
  return {
    table: "connection",
    ...endsOf(fields),
    proto: proto ?? "",
    service: fields.text("service"),
    duration: fields.interval("duration"),
    origBytes: fields.count("orig_bytes"),
    respBytes: fields.count("resp_bytes"),
    origPackets: fields.count("orig_pkts"),
    respPackets: fields.count("resp_pkts"),
    origIpBytes: fields.count("orig_ip_bytes"),
    respIpBytes: fields.count("resp_ip_bytes"),
    state: fields.text("conn_state"),
    open,
  };
}

function namingOf(fields: Fields, kind: "http" | "ssl", open: boolean): { table: "naming" } & Naming {
  const ends = endsOf(fields);
  if (kind === "ssl") {
    const host = fields.text("server_name")?.toLowerCase() ?? null;
    const none = { hostPort: null, proxied: false, method: null, uri: null, agent: null, mime: null };
    return { table: "naming", ...ends, kind: "tls", host, ...none, ja3: fields.text("ja3"), open };
  }
  const method = fields.text("method");
  const uri = fields.text("uri");
  const proxied = method === "CONNECT";
  const host = splitHost(fields.text("host"));
  // CONNECT names the true other side in its target too (RFC 9110 9.3.6). A name keeps the form in which it
  // was written, with or without its port, so that one destination is not counted as two.
  const target = proxied ? splitHost(uri) : { host: null, port: null };
  return {
    table: "naming",
    ...ends,
    kind: "http",
    host: host.host ?? target.host,
    hostPort: host.host === null ? target.port : host.port,
    proxied,
    method,
    uri,
    agent: fields.text("user_agent"),
    ja3: null,
    mime: fields.list("resp_mime_types")[0] ?? null,
    open,
  };
}

/** "Example.com:8443" or "[2001:db8::1]:8443" as a name in lower case and a port. */
export function splitHost(text: string | null): { host: string | null; port: number | null } {
  if (text === null || text === "") return { host: null, port: null };
  const lower = text.toLowerCase();
  if (!lower.includes(":")) return { host: lower, port: null };
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::([0-9]{1,5}))?$/.exec(lower);
  const port = match?.[3] === undefined ? null : Number(match[3]);
  if (match === null || (port ?? 0) > 65_535) return { host: lower, port: null };
  return { host: match[1] ?? match[2] ?? null, port };
}

function dnsOf(fields: Fields): { table: "dns" } & DnsQuery {
  return {
    table: "dns",
    at: fields.time("ts"),
    sensor: "zeek",
    uid: fields.text("uid"),
    src: fields.address("id.orig_h"),
    resolver: fields.text("id.resp_h"),
    query: (fields.text("query") ?? "").toLowerCase().replace(/\.$/, ""),
    type: fields.text("qtype_name"),
    rcode: fields.text("rcode_name"),
    answers: fields.list("answers"),
  };
}
