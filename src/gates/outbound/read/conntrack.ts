import { isIP } from "node:net";
import type { Connection, Seen } from "../connection.ts";
import type { LineReader, LineResult } from "./lineReader.ts";

/** Events of connection tracking: `conntrack -E -o timestamp,extended,id -e NEW,DESTROY`. */
const event = /^\[(\d{9,10}\.\d{1,6})\]\s+\[(NEW|DESTROY|UPDATE)\]\s+(ipv4|ipv6)\s+\d+\s+(\S+)\s+\d+\s+(.*)$/;
const pair = /^([a-z-]{1,20})=(\S{1,60})$/;
const beganMax = 500_000;

/** Whether a line is an event of connection tracking. */
export function isConntrackLine(line: string): boolean {
  return /^\[\d+\.\d+\]\s+\[(NEW|DESTROY|UPDATE)\]/.test(line);
}

type Event = { at: number; what: string; proto: string; words: string[] };

/**
 * Reads connection tracking. The first event of a connection gives an open row, for whoever judges first
 * packets; its end gives the row for the record, with the first one's time. Its bytes count IP headers.
 */
export class ConntrackReader implements LineReader {
  /** When the connections began that have not ended; the kernel says it in whole seconds only. */
  readonly #began = new Map<string, number>();

  read(line: string): LineResult {
    const [, seconds = "", what = "", , proto = "", rest = ""] = event.exec(line) ?? [];
    if (what === "") return { seen: [], problem: "no event of connection tracking" };
    const one: Event = { at: Math.round(Number(seconds) * 1e6), what, proto, words: rest.split(/\s+/) };
    if (what === "UPDATE") return { seen: [], problem: null };
    const connection = this.#connectionOf(one);
    if (connection === null) return { seen: [], problem: "no addresses, or ports that are none" };
    return { seen: [{ table: "connection", ...connection }], problem: null };
  }

  end(): Seen[] {
    return [];
  }

  #connectionOf({ at, what, proto, words }: Event): Connection | null {
    // Every name stands twice, for the way there and the way back; `id` of ICMP is another than the last.
    const found = new Map<string, string[]>();
    for (const word of words) {
      const [, name, value] = pair.exec(word) ?? [];
      if (name !== undefined && value !== undefined) found.set(name, [...(found.get(name) ?? []), value]);
    }
    const [src = "", dst = ""] = [found.get("src")?.[0], found.get("dst")?.[0]];
    const [srcPort, dstPort] = [wholeOf(found, "sport", 0) ?? 0, wholeOf(found, "dport", 0) ?? 0];
    if (isIP(src) === 0 || isIP(dst) === 0 || srcPort > 65_535 || dstPort > 65_535) return null;
    const uid = found.get("id")?.at(-1) ?? null;
    const key = `${uid} ${src} ${srcPort} ${dst} ${dstPort}`;
    const ended = what === "DESTROY";
    // Longer than there has been a time to count by is no duration, but a line that was cut.
    const lasted = Math.min(at, (wholeOf(found, "delta-time", 0) ?? 0) * 1_000_000);
    const began = this.#began.get(key) ?? at - (ended ? lasted : 0);
    if (ended) this.#began.delete(key);
    else this.#begin(key, at);
    const sides = { src, srcPort, dst, dstPort, proto: proto.startsWith("icmp") ? "icmp" : proto };
    return {
      at: began,
      sensor: "conntrack",
      uid,
      ...sides,
      ...outcomeOf(found, { ended, words, lasted: at - began }),
    };
  }

  #begin(key: string, at: number): void {
    if (this.#began.size >= beganMax) {
      const [oldest] = this.#began.keys();
      if (oldest !== undefined) this.#began.delete(oldest);
    }
    this.#began.set(key, at);
  }
}

function outcomeOf(
  found: ReadonlyMap<string, string[]>,
  { ended, words, lasted }: { ended: boolean; words: readonly string[]; lasted: number },
) {
  const unreplied = words.includes("[UNREPLIED]");
  return {
    service: null,
    duration: ended ? Math.max(0, lasted) : null,
    origBytes: null,
    respBytes: null,
    origPackets: wholeOf(found, "packets", 0),
    respPackets: wholeOf(found, "packets", 1),
    origIpBytes: wholeOf(found, "bytes", 0),
    respIpBytes: wholeOf(found, "bytes", 1),
    state: unreplied ? "unreplied" : words.includes("[ASSURED]") ? "assured" : "replied",
    open: !ended,
  };
}

function wholeOf(found: ReadonlyMap<string, string[]>, name: string, at: number): number | null {
  const text = found.get(name)?.[at] ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
