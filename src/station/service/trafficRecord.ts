import { stat } from "node:fs/promises";
import { join } from "node:path";
import { makeContacts } from "../../gates/outbound/analyze/contacts.ts";
import type { Sensor } from "../../gates/outbound/connection.ts";
import { Inventory, splitPort } from "../../gates/outbound/hosts.ts";
import { openDuck, type Duck } from "../../lib/openDuck.ts";
import { findGaps, viewRecord } from "../../gates/outbound/record/readRecord.ts";
import { listFiles } from "../../gates/outbound/record/recordFiles.ts";
import { OutboundSettings, type HostRole } from "../../gates/outbound/settings.ts";
import { Turn } from "../../lib/turn.ts";
import type { CutActName, CutPreview, HostView, TrafficOverview } from "../services.ts";

const limits = {
  memoryBytesMax: 300 * 1024 ** 2,
  firstSeen: 100,
  hostsDrawn: 30,
  othersDrawn: 40,
  destinations: 300,
  contacts: 5_000,
} as const;
const hourMs = 3_600_000;

/** The record of connections as the pages ask for it: one question at a time, over files as they stand. */
export class TrafficRecordReader {
  readonly #folder: string;
  readonly #settings: OutboundSettings;
  readonly #inventory: Inventory;
  readonly #turn = new Turn();

  constructor(folder: string, settings: OutboundSettings | undefined) {
    this.#folder = folder;
    this.#settings = settings ?? OutboundSettings.parse({});
    this.#inventory = new Inventory(this.#settings.internal, this.#settings.hosts);
  }

  /** Opens the record over a span, with the tables of the analysis below, and closes it again. */
  #ask<Answer>(
    span: { since: number; until: number },
    ask: (duck: Duck) => Promise<Answer>,
  ): Promise<Answer> {
    return this.#turn.take(async () => {
      const duck = await openDuck({ memoryBytesMax: limits.memoryBytesMax, threads: 1 });
      try {
        await viewRecord(duck, this.#folder, { since: span.since * 1_000, until: span.until * 1_000 });
        await makeContacts(duck, { inventory: this.#inventory, guessInternal: false });
        return await ask(duck);
      } finally {
        await duck.close();
      }
    });
  }

  async overview(hours: number): Promise<Omit<TrafficOverview, "lost" | "retentionDays">> {
    const until = Date.now() + 60_000;
    const since = until - hours * hourMs;
    return this.#ask({ since, until }, async (duck) => ({
      recorded: await this.#recorded(duck),
      hours,
      roles: await this.#roles(duck),
      firstSeen: await this.#firstSeen(duck, until),
      matrix: await matrixOf(duck, this.#inventory),
      gaps: await this.#gaps(duck, { since, until: Date.now() }),
    }));
  }

  async #recorded(duck: Duck): Promise<TrafficOverview["recorded"]> {
    const files = await listFiles(this.#folder);
    const [first] = files.map(({ hour }) => hour).sort();
    const [row] = await duck.rows<{ count: number; last: number | null }>(
      "SELECT count(*) AS count, max(seen_at) AS last FROM connection",
    );
    if (first === undefined) return null;
    let bytes = 0;
    for (const { path } of files)
      bytes += (await stat(join(this.#folder, path)).catch(() => null))?.size ?? 0;
    const from = `${first.replace("/", "T")}:00:00.000Z`;
    const until = row?.last == null ? from : new Date(row.last / 1_000).toISOString();
    return { from, until, connections: row?.count ?? 0, bytes, files: files.length };
  }

  #gaps(duck: Duck, span: { since: number; until: number }): Promise<TrafficOverview["gaps"]> {
    const { sources, record } = this.#settings;
    // Connection tracking can be silent because nobody spoke; whether it was listened to, the gate knows.
    const expected = (["zeek", "squid", "unbound", "dnsmasq"] as const).filter(
      (name) => sources[name].length > 0,
    );
    const asked = {
      since: span.since * 1_000,
      until: span.until * 1_000,
      silenceMinutes: record.silenceMinutes,
      sources: expected satisfies readonly Sensor[],
    };
    return findGaps(duck, asked).then((gaps) =>
      gaps.slice(0, 200).map(({ source, from, to }) => ({
        source,
        from: new Date(from / 1_000).toISOString(),
        until: new Date(to / 1_000).toISOString(),
      })),
    );
  }

  async #roles(duck: Duck): Promise<TrafficOverview["roles"]> {
    const rows = await duck.rows<{
      role: string | null;
      hosts: number;
      destinations: number;
      connections: number;
      sent: number;
    }>(`
      SELECT a.role, count(DISTINCT c.src)::INTEGER AS hosts, count(DISTINCT c.dst)::INTEGER AS destinations,
        count(*)::INTEGER AS connections, coalesce(sum(c.orig_bytes), 0)::DOUBLE AS sent
      FROM contact c JOIN address a ON a.ip = c.src
      WHERE c.src_side = 'internal' AND c.dst_side = 'external' GROUP BY a.role ORDER BY sent DESC`);
    return rows.map((row) => ({ ...row, role: (row.role ?? "other") as HostRole }));
  }

  /** Destinations that the last day shows for the first time within the hours that were asked for. */
  async #firstSeen(duck: Duck, until: number): Promise<TrafficOverview["firstSeen"]> {
    const rows = await duck.rows<{
      destination: string;
      src: string;
      at: number;
      connections: number;
      sent: number;
    }>(`
      SELECT dst AS destination, min_by(src, seen_at) AS src, min(seen_at) AS "at",
        count(*)::INTEGER AS connections, coalesce(sum(orig_bytes), 0)::DOUBLE AS sent
      FROM contact WHERE src_side = 'internal' AND dst_side = 'external'
      GROUP BY dst HAVING min(seen_at) >= make_timestamp(${Math.trunc(until - 24 * hourMs) * 1_000}::BIGINT)
      ORDER BY "at" DESC LIMIT ${limits.firstSeen}`);
    return rows.map(({ destination, src, at, connections, sent }) => ({
      destination,
      host: this.#inventory.nameOf(src),
      hostAddress: src,
      at: new Date(at / 1_000).toISOString(),
      connections,
      sent,
    }));
  }

  async host(address: string, hours: number): Promise<Omit<HostView, "findings">> {
    const known = this.#inventory.find(address);
    const settings = this.#settings.hosts.find(({ name }) => name === known?.name);
    const until = Date.now() + 60_000;
    const about = {
      address,
      name: this.#inventory.nameOf(address),
      role: known?.role ?? ("other" as const),
      speaksTo: [...(settings?.speaksTo ?? [])],
      hasList: this.#inventory.hasList(address),
    };
    return this.#ask({ since: until - hours * hourMs, until }, async (duck) => ({
      ...about,
      timeline: await timelineOf(duck, address),
      destinations: await this.#destinations(duck, address),
    }));
  }

  async #destinations(duck: Duck, address: string): Promise<HostView["destinations"]> {
    const rows = await duck.rows<{
      destination: string;
      ip: string;
      port: number;
      connections: number;
      sent: number;
      received: number;
      first: number;
      last: number;
      hosts: number;
    }>(
      `WITH met AS (SELECT dst, count(DISTINCT src)::INTEGER AS hosts FROM contact
         WHERE src_side = 'internal' AND dst IN (SELECT dst FROM contact WHERE src = $1) GROUP BY dst)
       SELECT c.dst AS destination, any_value(c.ip) AS ip, coalesce(mode(c.dst_port), 0)::INTEGER AS port,
         count(*)::INTEGER AS connections, coalesce(sum(c.orig_bytes), 0)::DOUBLE AS sent,
         coalesce(sum(c.resp_bytes), 0)::DOUBLE AS received,
         min(c.seen_at) AS first, max(c.seen_at) AS last, any_value(m.hosts) AS hosts
       FROM contact c LEFT JOIN met m ON m.dst = c.dst
       WHERE c.src = $1 AND c.dst_side = 'external' GROUP BY c.dst ORDER BY sent DESC
       LIMIT ${limits.destinations}`,
      [address],
    );
    const list = this.#inventory.find(address)?.speaksTo;
    return rows.map(({ ip, port, first, last, ...row }) => {
      const names = row.destination === ip ? [] : [splitPort(row.destination).host];
      return {
        ...row,
        firstAt: new Date(first / 1_000).toISOString(),
        lastAt: new Date(last / 1_000).toISOString(),
        onList: list?.has({ address: ip, port, names }) ?? false,
      };
    });
  }

  /** When one host called one destination, in the day before `at` and the hour after it. */
  async contacts(src: string, dst: string, at: Date): Promise<{ times: number[]; sizes: number[] }> {
    if (src === "" || dst === "") return { times: [], sizes: [] };
    const until = at.getTime() + hourMs;
    return this.#ask({ since: until - 25 * hourMs, until }, async (duck) => {
      const rows = await duck.rows<{ at: number; size: number }>(
        `SELECT epoch_us(seen_at) / 1e6 AS "at", coalesce(orig_ip_bytes, orig_bytes, 0)::DOUBLE AS size
         FROM contact WHERE src = $1 AND (dst = $2 OR ip = $2) ORDER BY 1 DESC LIMIT ${limits.contacts}`,
        [src, dst],
      );
      rows.reverse();
      return { times: rows.map((row) => row.at), sizes: rows.map((row) => row.size) };
    });
  }

  /** What an act would have stopped in the last hour. */
  async preview(wish: {
    act: CutActName;
    addresses: string[];
    names: string[];
    networks: string[];
  }): Promise<Omit<CutPreview, "warnings">> {
    const until = Date.now() + 60_000;
    return this.#ask({ since: until - hourMs, until }, async (duck) => {
      const rows = await duck.rows<{ src: string; dst: string; ip: string; connections: number }>(`
        SELECT src, dst, any_value(ip) AS ip, count(*)::INTEGER AS connections FROM contact
        WHERE src_side <> dst_side GROUP BY src, dst LIMIT 100000`);
      const hit = rows.filter((row) => isHit(row, wish));
      return {
        connections: hit.reduce((sum, { connections }) => sum + connections, 0),
        hosts: [...new Set(hit.map(({ src }) => this.#inventory.nameOf(src)))].slice(0, 50),
        destinations: [...new Set(hit.map(({ dst }) => dst))].slice(0, 50),
      };
    });
  }
}

function isHit(
  row: { src: string; dst: string; ip: string },
  wish: { act: CutActName; addresses: string[]; names: string[]; networks: string[] },
): boolean {
  if (wish.act === "cut-off") return true;
  const sides = [row.src, row.ip];
  if (wish.act === "cut-zone") return within(sides, wish.networks);
  if (within(sides, wish.addresses)) return true;
  const name = splitPort(row.dst).host;
  return wish.names.some((one) => name === one || (one.startsWith("*.") && name.endsWith(one.slice(1))));
}

function within(sides: readonly string[], networks: readonly string[]): boolean {
  return networks.length > 0 && sides.some((side) => new Inventory(networks, []).sideOf(side) === "internal");
}

async function timelineOf(duck: Duck, address: string): Promise<HostView["timeline"]> {
  const rows = await duck.rows<{
    hour: number;
    connections: number;
    sent: number;
    received: number;
    destinations: number;
  }>(
    `SELECT date_trunc('hour', seen_at) AS hour, count(*)::INTEGER AS connections,
       coalesce(sum(orig_bytes), 0)::DOUBLE AS sent, coalesce(sum(resp_bytes), 0)::DOUBLE AS received,
       count(DISTINCT dst)::INTEGER AS destinations
     FROM contact WHERE src = $1 AND dst_side = 'external' GROUP BY hour ORDER BY hour`,
    [address],
  );
  return rows.map(({ hour, ...row }) => ({ at: new Date(hour / 1_000).toISOString(), ...row }));
}

async function matrixOf(duck: Duck, inventory: Inventory): Promise<TrafficOverview["matrix"]> {
  const rows = await duck.rows<{ src: string; dst: string; sent: number }>(`
    WITH outwards AS (
      SELECT src, dst, coalesce(sum(orig_bytes), 0)::DOUBLE AS sent FROM contact
      WHERE src_side = 'internal' AND dst_side = 'external' GROUP BY src, dst),
    busy AS (SELECT src FROM outwards GROUP BY src ORDER BY sum(sent) DESC LIMIT ${limits.hostsDrawn}),
    wanted AS (SELECT dst FROM outwards GROUP BY dst ORDER BY sum(sent) DESC LIMIT ${limits.othersDrawn})
    SELECT * FROM outwards WHERE src IN (SELECT src FROM busy) AND dst IN (SELECT dst FROM wanted)
    ORDER BY src, dst`);
  const hosts = [...new Set(rows.map(({ src }) => src))];
  const others = [...new Set(rows.map(({ dst }) => dst))];
  const sent = hosts.map(() => others.map(() => 0));
  for (const row of rows) (sent[hosts.indexOf(row.src)] as number[])[others.indexOf(row.dst)] = row.sent;
  return { hosts: hosts.map((address) => inventory.nameOf(address)), others, sent };
}
