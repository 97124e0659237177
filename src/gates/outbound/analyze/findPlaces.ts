import type { Finding } from "../findings.ts";
import type { Inventory } from "../hosts.ts";
import { judgePlaces, type PlaceMet } from "../judge/place.ts";
import type { Places } from "../places.ts";
import type { Duck } from "../../../lib/openDuck.ts";
import type { HostRole } from "../settings.ts";

const daySeconds = 86_400;

/**
 * Places that are new for a role on the last day of the data. Memory grows with roles and places, not with
 * addresses.
 */
export async function findNewPlaces(
  duck: Duck,
  given: { places: Places; inventory: Inventory; groupOf: (src: string, dst: string) => string },
): Promise<Finding[]> {
  const [span] = await duck.rows<{ first: number | null; last: number | null }>(
    `SELECT min("at") AS first, max("at") AS last FROM meeting WHERE outwards`,
  );
  if (span?.first == null || span.last == null || span.last - span.first < 2 * daySeconds) return [];
  const { places, inventory, groupOf } = given;
  const met = new Map<string, PlaceMet>();
  const sql = `
    WITH first_of AS (
      SELECT a.role, m.ip_id, min("at") AS first_at, count(*)::INTEGER AS contacts,
        arg_min(m.src_id, "at") AS src_id, arg_min(m.dst_id, "at") AS dst_id
      FROM meeting m JOIN address a ON a.id = m.src_id WHERE m.outwards AND NOT m.proxied GROUP BY 1, 2)
    SELECT coalesce(f.role, 'other') AS role, i.ip, f.first_at AS "firstAt", f.contacts, s.ip AS src,
      coalesce(n.name, i.ip) AS dst
    FROM first_of f JOIN address i ON i.id = f.ip_id JOIN address s ON s.id = f.src_id
      LEFT JOIN named n ON n.id = f.dst_id`;
  type Row = { role: HostRole; ip: string; firstAt: number; contacts: number; src: string; dst: string };
  for await (const rows of duck.stream<Row>(sql)) {
    for (const { ip, ...row } of rows) {
      const place = places.of(ip);
      for (const kind of ["country", "network"] as const) {
        const name = place[kind];
        if (name === null) continue;
        const key = `${row.role} ${kind} ${name}`;
        const known = met.get(key);
        const contacts = (known?.contacts ?? 0) + row.contacts;
        if (known !== undefined && known.firstAt <= row.firstAt) known.contacts = contacts;
        else met.set(key, { ...row, kind, place: name, contacts, host: "", group: "" });
      }
    }
  }
  const named = [...met.values()].map((one) => ({
    ...one,
    host: inventory.nameOf(one.src),
    group: groupOf(one.src, one.dst),
  }));
  return judgePlaces(named, { from: span.first, lastDay: span.last - daySeconds });
}

/** Puts country and network of the other side into the figures of every finding that has one. */
export async function addPlaces(
  duck: Duck,
  findings: readonly Finding[],
  given: { places: Places; inventory: Inventory },
): Promise<Finding[]> {
  const { places, inventory } = given;
  const isOut = (side: string): boolean => side !== "" && inventory.sideOf(side) === "external";
  const names = new Set(findings.map(({ dst }) => dst).filter((dst) => isOut(dst) && !isAddress(dst)));
  const addresses = await addressesOf(duck, names);
  return findings.map((finding) => {
    const { src, dst, figures } = finding;
    // Strangers stand first where they call us.
    const other = isOut(dst) ? dst : isOut(src) ? src : null;
    const address = other === null ? null : isAddress(other) ? other : (addresses.get(other) ?? null);
    if (address === null) return finding;
    const { country, network } = places.of(address);
    const place = { ...(country === null ? {} : { country }), ...(network === null ? {} : { network }) };
    return { ...finding, figures: { ...figures, ...place } };
  });
}

function isAddress(side: string): boolean {
  return /^[0-9.]+$/.test(side) || /:.*:/.test(side);
}

async function addressesOf(duck: Duck, names: ReadonlySet<string>): Promise<Map<string, string>> {
  if (names.size === 0) return new Map();
  await duck.run("CREATE OR REPLACE TABLE asked_name (name VARCHAR)");
  const appender = await duck.connection.createAppender("asked_name");
  for (const name of names) {
    appender.appendVarchar(name);
    appender.endRow();
  }
  appender.closeSync();
  const rows = await duck.rows<{ name: string; ip: string }>(`
    SELECT n.name, a.ip FROM (
      SELECT dst_id, min(ip_id) AS ip_id FROM meeting
      WHERE NOT proxied AND dst_id IN (SELECT id FROM named WHERE name IN (SELECT name FROM asked_name))
      GROUP BY dst_id) m
    JOIN named n ON n.id = m.dst_id JOIN address a ON a.id = m.ip_id`);
  return new Map(rows.map(({ name, ip }) => [name, ip]));
}
