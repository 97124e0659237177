import type { Inventory } from "../hosts.ts";
import {
  guessRole,
  proposeList,
  type Destination,
  type Guess,
  type HostTraffic,
  type Proposed,
  type Service,
} from "../judge/learnHosts.ts";
import type { Duck } from "../../../lib/openDuck.ts";
import type { HostRole } from "../settings.ts";
import { makeContacts } from "./contacts.ts";
import { registeredDomain } from "./surroundings.ts";

export const limits = { hostsMax: 5_000, servicesOfHost: 20, destinationsOfHost: 2_000 } as const;

/** A host as it is proposed; `known` where the inventory names it already. */
export type LearntHost = {
  address: string;
  name: string;
  known: boolean;
  role: HostRole;
  guess: Guess;
  seen: HostTraffic;
  usual: Proposed[];
  unusual: Proposed[];
};

export type Learnt = { hosts: LearntHost[]; days: number; from: number; until: number; more: number };

const listed: ReadonlySet<HostRole> = new Set(["server", "personal-data-server", "printer"]);

/**
 * Learns from the views `connection`, `naming` and `dns` what each host of ours seems to be, and for servers
 * where they usually go. Null where nothing of ours was seen.
 */
export async function learnHosts(
  duck: Duck,
  options: { inventory: Inventory; guessInternal: boolean; timeZone: string },
): Promise<Learnt | null> {
  const { inventory } = options;
  await makeContacts(duck, options);
  const [span] = await duck.rows<{ from: number | null; until: number | null }>(
    `SELECT min(seen_at) AS "from", max(seen_at) AS until FROM connection`,
  );
  if (span?.from == null || span.until == null) return null;
  const days = Math.max(1, Math.ceil((span.until - span.from) / 86_400e6));
  const { traffic, more } = await gatherTraffic(duck, options.timeZone);
  const names = await namesOf(duck);
  const taken = new Set<string>();
  const hosts = traffic.map((seen) => {
    const known = inventory.find(seen.address);
    const guess = guessRole(seen);
    const name = known?.name ?? nameFor(seen.address, names.get(seen.address), taken);
    const role = known?.role ?? guess.role;
    return { address: seen.address, name, known: known !== null, role, guess, seen };
  });
  const wanted = hosts.filter(({ role }) => listed.has(role)).map(({ address }) => address);
  const destinations = await gatherDestinations(duck, wanted);
  const learnt = hosts.map((host) => {
    const all = (destinations.get(host.address) ?? []).filter(
      // Known hosts have a list: only what is not on it is news.
      ({ host: to, port, named }) =>
        !(
          inventory.find(host.address)?.speaksTo.has({ address: to, port, names: named ? [to] : [] }) ?? false
        ),
    );
    return { ...host, ...proposeList(all, days) };
  });
  return { hosts: learnt, days, from: span.from, until: span.until, more };
}

/** "web01" where one name leads to it, else "host-10-0-0-5"; each name once. */
function nameFor(address: string, found: string | undefined, taken: Set<string>): string {
  const plain = `host-${address.replace(/[.:]/g, "-")}`;
  const [label = plain] = (found ?? plain).split(".");
  const name = /^[a-z0-9][a-z0-9-]{0,62}$/.test(label) && !taken.has(label) ? label : plain;
  taken.add(name);
  return name;
}

async function gatherTraffic(
  duck: Duck,
  timeZone: string,
): Promise<{ traffic: HostTraffic[]; more: number }> {
  await duck.run(`
    CREATE OR REPLACE TABLE ours AS
    SELECT a.ip, count(*)::INTEGER AS seen FROM address a
    JOIN (SELECT src AS ip FROM contact UNION ALL SELECT ip FROM contact) c USING (ip)
    WHERE a.side = 'internal' GROUP BY a.ip`);
  const [all] = await duck.rows<{ count: number }>("SELECT count(*) AS count FROM ours");
  await duck.run(`DELETE FROM ours WHERE ip NOT IN
    (SELECT ip FROM ours ORDER BY seen DESC, ip LIMIT ${limits.hostsMax})`);
  const services = await gatherServices(duck);
  const askers = await duck.rows<{ ip: string; askers: number }>(`
    SELECT resolver AS ip, count(DISTINCT src)::INTEGER AS askers FROM dns
    WHERE resolver IN (SELECT ip FROM ours) AND src <> resolver GROUP BY 1`);
  const askersOf = new Map(askers.map(({ ip, askers: count }) => [ip, count]));
  const outside = await gatherOutside(duck, timeZone);
  const addresses = await duck.rows<{ ip: string }>("SELECT ip FROM ours ORDER BY ip");
  const traffic = addresses.map(({ ip }) => ({
    address: ip,
    services: services.get(ip) ?? [],
    askers: askersOf.get(ip) ?? 0,
    ...(outside.get(ip) ?? { sent: 0, days: 0, connections: 0, mailServers: 0, hours: [] }),
  }));
  return { traffic, more: Math.max(0, (all?.count ?? 0) - traffic.length) };
}

/** What answers: a connection without any answer shows only that somebody tried. */
async function gatherServices(duck: Duck): Promise<Map<string, Service[]>> {
  const rows = await duck.rows<Service & { ip: string }>(`
    SELECT ip, dst_port::INTEGER AS port, proto, bool_or(proxied) AS proxied,
      (count(DISTINCT src) FILTER (src_side = 'internal'))::INTEGER AS hosts,
      (count(DISTINCT src) FILTER (src_side = 'external'))::INTEGER AS strangers
    FROM contact WHERE ip IN (SELECT ip FROM ours) AND src <> ip AND dst_port > 0
      AND (resp_bytes > 0 OR resp_ip_bytes > 0 OR proxied)
    GROUP BY ip, dst_port, proto
    QUALIFY row_number() OVER (PARTITION BY ip ORDER BY hosts + strangers DESC, dst_port)
      <= ${limits.servicesOfHost}
    ORDER BY ip, hosts + strangers DESC, dst_port`);
  return Map.groupBy(rows, ({ ip }) => ip);
}

type Outside = Pick<HostTraffic, "sent" | "days" | "connections" | "mailServers" | "hours">;

async function gatherOutside(duck: Duck, timeZone: string): Promise<Map<string, Outside>> {
  const outwards = "src IN (SELECT ip FROM ours) AND dst_side = 'external'";
  const rows = await duck.rows<{
    src: string;
    sent: number;
    days: number;
    connections: number;
    mailServers: number;
  }>(`
    SELECT src, coalesce(sum(orig_bytes), 0)::DOUBLE AS sent, count(*)::INTEGER AS connections,
      count(DISTINCT epoch_us(seen_at) // 86400000000)::INTEGER AS days,
      (count(DISTINCT ip) FILTER (dst_port = 25))::INTEGER AS "mailServers"
    FROM contact WHERE ${outwards} GROUP BY src`);
  const found = new Map(rows.map(({ src, ...row }) => [src, { ...row, hours: Array<number>(24).fill(0) }]));
  const local = new Map<number, number>();
  const localHour = (hour: number): number => {
    const instant = Temporal.Instant.fromEpochMilliseconds(hour * 3_600_000);
    return instant.toZonedDateTimeISO(timeZone).hour;
  };
  const hourly = `SELECT src, (epoch_us(seen_at) // 3600000000)::INTEGER AS hour, count(*)::INTEGER AS count
    FROM contact WHERE ${outwards} GROUP BY 1, 2`;
  for await (const chunk of duck.stream<{ src: string; hour: number; count: number }>(hourly)) {
    for (const { src, hour, count } of chunk) {
      if (!local.has(hour)) local.set(hour, localHour(hour));
      const hours = found.get(src)?.hours;
      const at = local.get(hour) as number;
      if (hours !== undefined) hours[at] = (hours[at] ?? 0) + count;
    }
  }
  return found;
}

async function gatherDestinations(
  duck: Duck,
  addresses: readonly string[],
): Promise<Map<string, Destination[]>> {
  const rows: (Omit<Destination, "domain"> & { src: string })[] = [];
  await duck.run("CREATE OR REPLACE TABLE server (ip VARCHAR)");
  for (let at = 0; at < addresses.length; at += 500) {
    const some = addresses.slice(at, at + 500);
    await duck.run(`INSERT INTO server VALUES ${some.map((_, place) => `($${place + 1})`).join(", ")}`, some);
  }
  const sql = `
    SELECT src, CASE WHEN named THEN regexp_replace(dst, ':[0-9]+$', '') ELSE ip END AS host, named,
      -- Behind a proxy the port is the name's own, not the proxy's.
      coalesce(CASE WHEN proxied THEN try_cast(nullif(regexp_extract(dst, ':([0-9]+)$', 1), '') AS INTEGER)
        ELSE dst_port END, 0)::INTEGER AS port, count(*)::INTEGER AS connections,
      count(DISTINCT epoch_us(seen_at) // 86400000000)::INTEGER AS days,
      coalesce(sum(orig_bytes), 0)::DOUBLE AS sent
    FROM contact WHERE src IN (SELECT ip FROM server) AND dst_side = 'external' GROUP BY 1, 2, 3, 4
    QUALIFY row_number() OVER (PARTITION BY src ORDER BY count(*) DESC, host)
      <= ${limits.destinationsOfHost}`;
  for await (const chunk of duck.stream<(typeof rows)[number]>(sql)) rows.push(...chunk);
  const all = rows.map((row) => ({ ...row, domain: row.named ? registeredDomain(row.host) : null }));
  return Map.groupBy(all, ({ src }) => src);
}

/** Names that lead to our hosts, as name servers said. */
async function namesOf(duck: Duck): Promise<Map<string, string>> {
  const rows = await duck.rows<{ ip: string; name: string }>(`
    SELECT ip, mode(query) AS name FROM (SELECT query, unnest(answers) AS ip FROM dns)
    WHERE ip IN (SELECT ip FROM ours) AND NOT ends_with(query, '.arpa') GROUP BY ip`);
  return new Map(rows.map(({ ip, name }) => [ip, name]));
}
