import { parse } from "tldts";
import type { Duck } from "../../../lib/openDuck.ts";
import { splitPort } from "../hosts.ts";
import type { Intelligence } from "./intelligence.ts";

/** What is known around the pairs: how common a destination is, which signatures are rare, who is listed. */
export type Surroundings = {
  /** Hosts of ours that were seen. */
  fleet: number;
  /** Hosts of ours that met this other side. */
  hostsOf: (other: string) => number;
  /** Whether the source used this pair's signature for nothing else; and whether nobody else uses it. */
  signatureOf: (src: string, dst: string) => { signature: string; unique: boolean } | null;
  /** The list that names this other side, or null. */
  listOf: (dst: string, ip: string) => string | null;
};

/** Gathers them; memory grows with the number of different destinations of the pairs, not of connections. */
export async function gatherSurroundings(duck: Duck, intelligence: Intelligence): Promise<Surroundings> {
  const [fleet] = await duck.rows<{ count: number }>(`
    SELECT count(*) AS count FROM (SELECT src_id FROM couple WHERE outwards UNION
      SELECT ip_id FROM couple WHERE NOT outwards)`);
  const hosts = new Map<string, number>();
  // Only pairs are asked about, and a destination of one host is the rule: those are not kept.
  const common = `
    WITH met AS (
      SELECT CASE WHEN outwards THEN dst_id ELSE src_id END AS id,
        count(DISTINCT CASE WHEN outwards THEN src_id ELSE ip_id END)::INTEGER AS hosts
      FROM couple GROUP BY 1 HAVING hosts > 1)
    SELECT coalesce(n.name, a.ip) AS other, hosts FROM met LEFT JOIN address a USING (id)
      LEFT JOIN named n USING (id)
    WHERE id IN (SELECT CASE WHEN outwards THEN dst_id ELSE src_id END FROM pair)`;
  for await (const rows of duck.stream<{ other: string; hosts: number }>(common))
    for (const row of rows) hosts.set(row.other, row.hosts);
  await duck.run("DROP TABLE couple");
  const signatures = await gatherSignatures(duck);
  return {
    fleet: fleet?.count ?? 0,
    hostsOf: (other) => hosts.get(other) ?? 1,
    signatureOf: (src, dst) => (signatures.size === 0 ? null : (signatures.get(`${src} ${dst}`) ?? null)),
    listOf: (dst, ip) =>
      intelligence.size === 0
        ? null
        : (intelligence.ofName(splitPort(dst).host) ?? intelligence.ofAddress(ip)),
  };
}

const signaturesMax = 100_000;

async function gatherSignatures(duck: Duck): Promise<Map<string, { signature: string; unique: boolean }>> {
  const found = new Map<string, { signature: string; unique: boolean }>();
  const rows = await duck.rows<{ src: string; dst: string; signature: string; unique: boolean }>(`
    WITH used AS (
      SELECT DISTINCT src, coalesce(host || coalesce(':' || host_port, ''), dst) AS dst, signature
      FROM (SELECT src, host, host_port, dst, unnest([agent, ja3]) AS signature FROM naming WHERE NOT open)
      WHERE signature IS NOT NULL
    )
    SELECT src, min(dst) AS dst, signature,
      (SELECT count(*) FROM used o WHERE o.signature = u.signature) = 1 AS "unique"
    FROM used u GROUP BY src, signature HAVING count(*) = 1 LIMIT ${signaturesMax}`);
  for (const row of rows) {
    const key = `${row.src} ${row.dst}`;
    if (found.get(key)?.unique !== true) found.set(key, { signature: row.signature, unique: row.unique });
  }
  return found;
}

/** A connection of ours to an indicator, first seen then. */
export type IntelligenceHit = {
  src: string;
  dst: string;
  list: string;
  contacts: number;
  firstAt: number;
};

const hitsMax = 10_000;

/** Every meeting of ours with an indicator, by connection and by question to a name server. */
export async function findIntelligenceHits(
  duck: Duck,
  intelligence: Intelligence,
): Promise<IntelligenceHit[]> {
  if (intelligence.size === 0) return [];
  const hits = new Map<string, IntelligenceHit>();
  const sql = `
    SELECT CASE WHEN src_side = 'internal' THEN src ELSE ip END AS src,
      CASE WHEN src_side = 'internal' THEN dst ELSE src END AS dst,
      any_value(CASE WHEN src_side = 'internal' THEN ip ELSE src END) AS ip,
      epoch_us(min(seen_at)) / 1e6 AS first_at, count(*)::INTEGER AS contacts
    FROM contact WHERE (src_side = 'internal') <> (dst_side = 'internal') GROUP BY 1, 2`;
  type Met = { src: string; dst: string; ip: string; first_at: number; contacts: number };
  for await (const rows of duck.stream<Met>(sql)) {
    for (const { src, dst, ip, first_at, contacts } of rows) {
      const list = intelligence.ofName(splitPort(dst).host) ?? intelligence.ofAddress(ip);
      if (list === null || hits.size >= hitsMax) continue;
      hits.set(`${src} ${dst}`, { src, dst, list, contacts, firstAt: first_at });
    }
  }
  const asked = `
    SELECT src, query AS dst, count(*)::INTEGER AS contacts, epoch_us(min(seen_at)) / 1e6 AS first_at
    FROM dns GROUP BY 1, 2`;
  for await (const rows of duck.stream<{ src: string; dst: string; contacts: number; first_at: number }>(
    asked,
  )) {
    for (const { src, dst, contacts, first_at } of rows) {
      const list = intelligence.ofName(dst);
      if (list === null || hits.size >= hitsMax || hits.has(`${src} ${dst}`)) continue;
      hits.set(`${src} ${dst}`, { src, dst, list, contacts, firstAt: first_at });
    }
  }
  return [...hits.values()];
}

/** A registered domain below which very many names were asked for. */
export type Tunnel = {
  domain: string;
  names: number;
  /** Mean length of what stands before the domain. */
  length: number;
  /** Share of questions for TXT, NULL and other types that carry much. */
  heavy: number;
  hosts: string[];
  visited: boolean;
};

const ordinaryTypes = new Set(["A", "AAAA", "PTR", "SOA", "NS", "SRV", "HTTPS", "SVCB", "MX", "*", "-"]);

/** Counts the names below each registered domain. */
export async function findTunnels(duck: Duck, namesMin: number): Promise<Tunnel[]> {
  const domains = new Map<string, { names: number; letters: number; heavy: number; asked: number }>();
  const sql = `SELECT query, coalesce(type, '-') AS type, count(*)::INTEGER AS asked FROM dns
    WHERE query <> '' AND NOT ends_with(query, '.arpa') GROUP BY ALL ORDER BY query`;
  let before = "";
  for await (const rows of duck.stream<{ query: string; type: string; asked: number }>(sql)) {
    for (const { query, type, asked } of rows) {
      const domain = registeredDomain(query);
      if (domain === null) continue;
      const sum = domains.get(domain) ?? { names: 0, letters: 0, heavy: 0, asked: 0 };
      if (query !== before && query !== domain) {
        sum.names += 1;
        sum.letters += query.length - domain.length - 1;
      }
      before = query;
      sum.asked += asked;
      if (!ordinaryTypes.has(type)) sum.heavy += asked;
      domains.set(domain, sum);
    }
  }
  const many = [...domains].filter(([, sum]) => sum.names >= namesMin).slice(0, 1_000);
  return Promise.all(many.map(([domain, sum]) => tunnelOf(duck, domain, sum)));
}

async function tunnelOf(
  duck: Duck,
  domain: string,
  sum: { names: number; letters: number; heavy: number; asked: number },
): Promise<Tunnel> {
  const below = `(query = $1 OR ends_with(query, '.' || $1))`;
  const hosts = await duck.rows<{ src: string }>(
    `SELECT src FROM dns WHERE ${below} GROUP BY src ORDER BY count(*) DESC LIMIT 20`,
    [domain],
  );
  const [visited] = await duck.rows<{ visited: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM naming WHERE host = $1 OR ends_with(host, '.' || $1))
      OR EXISTS (SELECT 1 FROM (SELECT unnest(answers) AS ip FROM dns WHERE ${below}) a
        JOIN connection c ON c.dst = a.ip) AS visited`,
    [domain],
  );
  return {
    domain,
    names: sum.names,
    length: sum.names === 0 ? 0 : sum.letters / sum.names,
    heavy: sum.asked === 0 ? 0 : sum.heavy / sum.asked,
    hosts: hosts.map(({ src }) => src),
    visited: visited?.visited === true,
  };
}

/** The domain that somebody registered, private suffixes too; null for what is none. */
export function registeredDomain(name: string): string | null {
  return parse(name, { allowPrivateDomains: true, extractHostname: false, validateHostname: false }).domain;
}

/** What one host sent to one destination, day by day, and all that it sent outside on each day. */
export type Uploads = {
  src: string;
  dst: string;
  ip: string;
  days: { day: number; sent: number; received: number }[];
  /** All that the host sent outside, by day, whatever the destination. */
  hostDays: { day: number; sent: number }[];
  firstDay: number;
};

/** Destinations to which so much was sent that it is worth a look. Days are days of UTC since 1970. */
export async function findUploads(duck: Duck, bytesMin: number): Promise<Uploads[]> {
  const rows = await duck.rows<{
    src: string;
    dst: string;
    ip: string;
    day: number;
    sent: number;
    received: number;
  }>(
    `
    WITH daily AS (
      SELECT src, dst, any_value(ip) AS ip, (epoch_us(seen_at) // 86400000000)::INTEGER AS day,
        sum(orig_bytes)::DOUBLE AS sent, coalesce(sum(resp_bytes), 0)::DOUBLE AS received
      FROM contact WHERE src_side = 'internal' AND dst_side = 'external' AND orig_bytes > 0
        AND (src, dst) IN (SELECT (src, dst) FROM pair WHERE sent >= $1)
      GROUP BY src, dst, day
    ) SELECT * FROM daily ORDER BY src, dst, day LIMIT 200000`,
    [bytesMin],
  );
  if (rows.length === 0) return [];
  const hosts = await duck.rows<{ src: string; day: number; sent: number }>(
    `
    SELECT src, (epoch_us(seen_at) // 86400000000)::INTEGER AS day, sum(orig_bytes)::DOUBLE AS sent
    FROM contact WHERE src_side = 'internal' AND dst_side = 'external' AND orig_bytes > 0
      AND src IN (SELECT src FROM pair WHERE sent >= $1) GROUP BY src, day ORDER BY src, day`,
    [bytesMin],
  );
  const hostDays = Map.groupBy(hosts, ({ src }) => src);
  const [first] = await duck.rows<{ day: number }>(
    "SELECT (epoch_us(min(seen_at)) // 86400000000)::INTEGER AS day FROM connection",
  );
  return [...Map.groupBy(rows, ({ src, dst }) => `${src} ${dst}`).values()].map((days) => {
    const [{ src, dst, ip }] = days as [(typeof rows)[number]];
    return { src, dst, ip, days, hostDays: hostDays.get(src) ?? [], firstDay: first?.day ?? 0 };
  });
}

/** A listed host and where it went, to be held against its written list. */
export type ListedMeeting = {
  src: string;
  dst: string;
  ip: string;
  port: number;
  contacts: number;
  firstAt: number;
  bytes: number;
};

/** Where the hosts went that have a written list. */
export function findListedMeetings(duck: Duck): Promise<ListedMeeting[]> {
  return duck.rows<ListedMeeting>(`
    SELECT c.src, c.dst, any_value(c.ip) AS ip, coalesce(c.dst_port, 0)::INTEGER AS port,
      count(*)::INTEGER AS contacts, epoch_us(min(c.seen_at)) / 1e6 AS "firstAt",
      coalesce(sum(c.orig_bytes), 0)::DOUBLE AS bytes
    FROM contact c JOIN address a ON a.ip = c.src AND a.listed
    WHERE c.dst_side = 'external' GROUP BY 1, 2, 4 LIMIT 200000`);
}
