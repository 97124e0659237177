import { isIP } from "node:net";
import type { DnsQuery, Seen } from "../connection.ts";
import { nothing, type LineReader, type LineResult } from "./lineReader.ts";
import { ClockOfLog } from "./logTime.ts";

type Waiting = DnsQuery & { key: string };

/** A question is written down without its answer when none came for so long. */
const waitMicroseconds = 30_000_000;
const waitingMax = 50_000;

/** Questions that wait for their answers, oldest first. */
class WaitingQuestions {
  readonly #waiting = new Map<string, Waiting[]>();
  #count = 0;

  add(one: Waiting): Seen[] {
    const same = this.#waiting.get(one.key) ?? [];
    same.push(one);
    this.#waiting.set(one.key, same);
    this.#count += 1;
    return this.#late(one.at);
  }

  first(key: string): Waiting | undefined {
    return this.#waiting.get(key)?.[0];
  }

  take(key: string): Waiting | undefined {
    const same = this.#waiting.get(key);
    const one = same?.shift();
    if (one !== undefined) this.#count -= 1;
    if (same?.length === 0) this.#waiting.delete(key);
    return one;
  }

  all(): Seen[] {
    const all = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    this.#count = 0;
    return all.map(seenOf);
  }

  /** Map keeps the order of insertion, so the oldest keys stand first. */
  #late(now: number): Seen[] {
    const late: Seen[] = [];
    for (const [key, [oldest]] of this.#waiting) {
      if (this.#count <= waitingMax && (oldest === undefined || oldest.at > now - waitMicroseconds)) break;
      const one = this.take(key);
      if (one !== undefined) late.push(seenOf(one));
    }
    return late;
  }
}

function seenOf({ key: _, ...query }: Waiting): Seen {
  return { table: "dns", ...query };
}

/** "[1458000000]", "Mar 15 00:00:00" or RFC 3339, and perhaps the host as syslog puts it. */
const stamp =
  String.raw`(\[\d{1,12}(?:\.\d{1,6})?\]|[A-Z][a-z]{2} {1,2}\d{1,2} [\d:]{8}|\d{4}-\S{1,40})` +
  String.raw`(?: \S{1,255})?`;
const unboundLine = new RegExp(String.raw`^${stamp} unbound(?:\[\d+\])?:? ?\[\d+:[0-9a-fx]+\] (\w+): (.*)$`);
const unboundShort = new RegExp(String.raw`^${stamp} unbound\[\d+:[0-9a-fx]+\] (\w+): (.*)$`);
const unboundQuery = /^(\S+) (\S+) (\S+) (\S+)(?: (\S+) \d+\.\d+ [01] \d+)?$/;

/** Whether a line is of unbound's log. */
export function isUnboundLine(line: string): boolean {
  return unboundShort.test(line) || unboundLine.test(line);
}

/**
 * unbound's log with `log-queries: yes` or `log-replies: yes` or both (the second knows the outcome). The
 * name server does not say which addresses it answered.
 */
export class UnboundReader implements LineReader {
  readonly #clock: ClockOfLog;
  readonly #waiting = new WaitingQuestions();

  constructor(options: { now: () => number }) {
    this.#clock = new ClockOfLog(options.now);
  }

  read(line: string): LineResult {
    const [, time = "", level = "", text = ""] = unboundShort.exec(line) ?? unboundLine.exec(line) ?? [];
    if (level === "") return { seen: [], problem: "no line of unbound" };
    if (!["info", "query", "reply"].includes(level)) return nothing;
    const [, src = "", name = "", type = "", , rcode] = unboundQuery.exec(text) ?? [];
    if (isIP(src) === 0) return nothing; // Statistics, starts and stops.
    const at = this.#clock.read(time);
    if (at === null) return { seen: [], problem: `cannot read the time "${time.slice(0, 40)}"` };
    const query = nameOf(name);
    const key = `${src} ${query} ${type}`;
    const one = { at, sensor: "unbound", uid: null, src, resolver: null, query, type, answers: [] } as const;
    if (rcode === undefined) {
      return { seen: this.#waiting.add({ ...one, answers: [], rcode: null, key }), problem: null };
    }
    const asked = this.#waiting.take(key);
    return { seen: [seenOf({ ...one, answers: [], at: asked?.at ?? at, rcode, key })], problem: null };
  }

  end(): Seen[] {
    return this.#waiting.all();
  }
}

function nameOf(text: string): string {
  return text.toLowerCase().replace(/\.$/, "");
}

const dnsmasqLine = new RegExp(String.raw`^${stamp} dnsmasq(?:\[\d+\])?: (?:(\d+) (\S+)\/\d+ )?(.*)$`);
const dnsmasqQuery = /^query\[([\w=.-]{1,40})\] (\S+) from (\S+)$/;
const dnsmasqAnswer =
  /^(?:reply|cached|config|cached-stale|DHCP|\/\S+|special|Rcode|domain|auth|rpz) ?(\S*) is (\S+)/;

/** Whether a line is of dnsmasq's log. */
export function isDnsmasqLine(line: string): boolean {
  return dnsmasqLine.test(line);
}

/**
 * dnsmasq's log with `log-queries=extra`, which numbers the questions, so that answers find theirs; with
 * plain `log-queries` they find it by name.
 */
export class DnsmasqReader implements LineReader {
  readonly #clock: ClockOfLog;
  #waiting = new Map<string, Waiting>();

  constructor(options: { now: () => number }) {
    this.#clock = new ClockOfLog(options.now);
  }

  read(line: string): LineResult {
    const [, time = "", serial, , text] = dnsmasqLine.exec(line) ?? [];
    if (text === undefined) return { seen: [], problem: "no line of dnsmasq" };
    const asked = dnsmasqQuery.exec(text);
    if (asked === null) return this.#answer(serial, text);
    const [, type = "", name = "", src = ""] = asked;
    const at = this.#clock.read(time);
    if (at === null) return { seen: [], problem: `cannot read the time "${time.slice(0, 40)}"` };
    if (isIP(src) === 0) return { seen: [], problem: `cannot read the client "${src.slice(0, 40)}"` };
    const query = nameOf(name);
    const key = serial ?? query;
    const before = this.#waiting.get(key);
    this.#waiting.delete(key);
    const one = { at, sensor: "dnsmasq", uid: null, src, resolver: null, query, type, rcode: null } as const;
    this.#waiting.set(key, { ...one, answers: [], key });
    return { seen: [...(before === undefined ? [] : [seenOf(before)]), ...this.#late(at)], problem: null };
  }

  end(): Seen[] {
    const all = [...this.#waiting.values()].map(seenOf);
    this.#waiting.clear();
    return all;
  }

  #answer(serial: string | undefined, text: string): LineResult {
    const [, name = "", value = ""] = dnsmasqAnswer.exec(text) ?? [];
    const one = value === "" ? undefined : this.#waiting.get(serial ?? nameOf(name));
    if (one === undefined) return nothing; // Forwarded, validated, started: nothing new about a question.
    if (isIP(value) !== 0) {
      one.rcode = "NOERROR";
      if (one.answers.length < 64) one.answers.push(value);
    } else if (value.startsWith("NODATA")) one.rcode = "NOERROR";
    else if (/^[A-Z]{4,12}$/.test(value)) one.rcode = value;
    return nothing;
  }

  #late(now: number): Seen[] {
    const late: Seen[] = [];
    for (const [key, one] of this.#waiting) {
      if (this.#waiting.size <= waitingMax && one.at > now - waitMicroseconds) break;
      this.#waiting.delete(key);
      late.push(seenOf(one));
    }
    return late;
  }
}
