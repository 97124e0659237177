import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { isIP } from "node:net";
import { SekishoError, textOfError } from "../../../lib/error.ts";
import type { Unread } from "../connection.ts";
import { inNetworks } from "../../../lib/networks.ts";

export const limits = {
  fileBytesMax: 256 * 1024 ** 2,
  indicatorsMax: 4_000_000,
  networksMax: 4_096,
} as const;

/** What lists of indicators say: by exact address, by network, and by name with all names below it. */
export class Intelligence {
  readonly addresses = new Map<string, string>();
  readonly names = new Map<string, string>();
  readonly networks: { network: string; single: readonly string[]; list: string }[] = [];

  get size(): number {
    return this.addresses.size + this.names.size + this.networks.length;
  }

  /** The list that names this address, or null. */
  ofAddress(address: string): string | null {
    const exact = this.addresses.get(address);
    if (exact !== undefined) return exact;
    if (this.networks.length === 0 || isIP(address) === 0) return null;
    return this.networks.find(({ single }) => inNetworks(address, single))?.list ?? null;
  }

  /** The list that names this host name or one above it, or null. */
  ofName(name: string): string | null {
    if (this.names.size === 0) return null;
    for (let rest = name; rest !== "";) {
      const list = this.names.get(rest);
      if (list !== undefined) return list;
      const dot = rest.indexOf(".");
      if (dot < 0) return null;
      rest = rest.slice(dot + 1);
    }
    return null;
  }

  /** Takes one indicator in; gives what is wrong with it, or null. */
  add(text: string, list: string): string | null {
    if (this.size >= limits.indicatorsMax) return `more than ${limits.indicatorsMax} indicators`;
    const [address = "", bits] = text.split("/");
    if (isIP(address) !== 0) {
      if (bits === undefined || Number(bits) === (isIP(address) === 6 ? 128 : 32)) {
        this.addresses.set(address.toLowerCase(), list);
        return null;
      }
      return this.#addNetwork(text, list);
    }
    const name = text.toLowerCase().replace(/^\*\./, "").replace(/\.$/, "");
    if (!/^(?=.{1,253}$)([a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}$/.test(name))
      return "neither an address nor a name";
    this.names.set(name, list);
    return null;
  }

  /** Takes over what one list said before. */
  keep(before: Intelligence, list: string): void {
    for (const [word, of] of before.addresses) if (of === list) this.addresses.set(word, list);
    for (const [word, of] of before.names) if (of === list) this.names.set(word, list);
    this.networks.push(...before.networks.filter((network) => network.list === list));
  }

  #addNetwork(text: string, list: string): string | null {
    const [address = "", bits = ""] = text.split("/");
    const most = isIP(address) === 6 ? 128 : 32;
    const length = Number(bits);
    // A list that names a quarter of the Internet is broken, and would cut it off.
    if (!/^\d{1,3}$/.test(bits) || length > most || length < 8) return "not a network of a usable size";
    if (this.networks.length >= limits.networksMax) return `more than ${limits.networksMax} networks`;
    this.networks.push({ network: text, single: [text], list });
    return null;
  }
}

/** The columns of a CSV list that can hold an indicator, by their usual names. */
const columnNames =
  /^"?(ioc|ioc_value|indicator|value|address|ip|ip_address|dst_ip|domain|hostname|host|name)"?$/i;

/**
 * Reads lists of indicators: one address, network or name a line, with # comments (Maltrail, RITA, Feodo),
 * or CSV with a header that names a column of them. Lines that are no indicator come back with their place.
 */
export async function readIntelligence(
  files: readonly string[],
): Promise<{ intelligence: Intelligence; unread: Unread[] }> {
  const intelligence = new Intelligence();
  const unread: Unread[] = [];
  for (const file of files) {
    const text = await readList(file);
    takeList(text, file, { intelligence, unread });
  }
  return { intelligence, unread };
}

/**
 * The same for a gate, which one bad list must not switch off: what cannot be read is said, and keeps what
 * it held `before`.
 */
export async function readIntelligenceInPart(
  files: readonly string[],
  before?: Intelligence,
): Promise<{ intelligence: Intelligence; unread: Unread[]; problems: string[] }> {
  const intelligence = new Intelligence();
  const unread: Unread[] = [];
  const problems: string[] = [];
  for (const file of files) {
    try {
      takeList(await readList(file), file, { intelligence, unread });
    } catch (error) {
      const hint = error instanceof SekishoError ? `; ${error.hint}` : "";
      problems.push(`${textOfError(error)}${hint}`);
      if (before !== undefined) intelligence.keep(before, listNameOf(file));
    }
  }
  return { intelligence, unread, problems };
}

function listNameOf(file: string): string {
  return basename(file).replace(/\.[a-z]+$/i, "");
}

async function readList(file: string): Promise<string> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new SekishoError("not-found", `Cannot read the intelligence list ${file}`, {
      hint: "see outbound.intel in sekisho.yaml, or the --intel option",
      cause,
    });
  });
  if (found.size > limits.fileBytesMax) {
    throw new SekishoError("usage", `Cannot read the intelligence list ${file}: it has ${found.size} bytes`, {
      hint: `split it: at most ${limits.fileBytesMax} bytes a list`,
    });
  }
  return readFile(file, "utf8");
}

/** Pure: takes the indicators of one list. */
export function takeList(
  text: string,
  file: string,
  into: { intelligence: Intelligence; unread: Unread[] },
): void {
  const list = listNameOf(file);
  let column: number | null = null;
  text.split(/\r?\n/).forEach((line, index) => {
    const bare = line.replace(/^\ufeff/, "").trim();
    if (bare === "" || bare.startsWith("#") || bare.startsWith(";") || bare.startsWith("//")) {
      // abuse.ch puts the header of its CSV behind a comment sign.
      column ??= columnOf(bare.replace(/^#\s*/, ""));
      return;
    }
    const header: number | null = column ?? columnOf(bare);
    if (column === null && header !== null) {
      column = header;
      return;
    }
    const cell = column === null ? bare.replace(/\s+[#;(].*$/, "") : (cellsOf(bare)[column] ?? "");
    const problem = into.intelligence.add(indicatorOf(cell), list);
    if (problem !== null)
      into.unread.push({ file, line: index + 1, problem: `not an indicator: ${problem}` });
  });
}

function columnOf(line: string): number | null {
  if (!line.includes(",")) return null;
  const column = cellsOf(line).findIndex((cell) => columnNames.test(cell.trim()));
  return column < 0 ? null : column;
}

function cellsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    (match) => match[1]?.replaceAll('""', '"') ?? match[2] ?? "",
  );
}

/** "1.2.3.4:443", "http://name/path" and "name:80" come down to their host. */
function indicatorOf(cell: string): string {
  const host = cell.trim().replace(/^[a-z]+:\/\//i, "");
  const [bare = ""] = /^[^/]+\/\d{1,3}$/.test(host) ? [host] : host.split("/");
  const port = /^([^:]+):\d{1,5}$/.exec(bare);
  return port?.[1] ?? bare;
}
