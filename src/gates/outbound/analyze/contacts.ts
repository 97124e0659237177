import { join } from "node:path";
import { quoteSql, type Duck } from "../../../lib/openDuck.ts";
import type { Inventory, Side } from "../hosts.ts";

/**
 * From the record to contacts: one row for each connection and each name that it asked for. Makes the table
 * `address`, `named` and the view `contact`; expects the views `connection` and `naming`.
 */
export async function makeContacts(
  duck: Duck,
  options: { inventory: Inventory; guessInternal: boolean },
): Promise<{ guessed: { address: string; share: number }[]; addresses: number }> {
  const addresses = await makeAddresses(duck, options.inventory);
  const guessed = options.guessInternal ? await guessInternal(duck) : [];
  const names = await hasNames(duck);
  await makeNamed(duck, addresses, names);
  await duck.run(contactSql(await hasOpen(duck), names));
  return { guessed, addresses };
}

/** Names have numbers too, after those of the addresses. */
async function makeNamed(duck: Duck, addresses: number, names: boolean): Promise<void> {
  const all = `SELECT DISTINCT ${fullName("n")} AS name FROM naming n WHERE n.host IS NOT NULL`;
  await duck.run(`
    CREATE OR REPLACE TABLE named AS
    SELECT (${addresses} + row_number() OVER () - 1)::INTEGER AS id, name
    FROM (${names ? all : "SELECT NULL::VARCHAR AS name WHERE false"})`);
}

function fullName(table: string): string {
  return `${table}.host || coalesce(':' || ${table}.host_port, '')`;
}

/** Only pairs of one of ours and a stranger; what stays inside, and what only passes by, is left out. */
const worthALook = "(src_side = 'internal') <> (dst_side = 'internal')";

/**
 * Writes what the pairs are made of into a temporary file, narrow and with numbers instead of names: it is
 * gone through several times. Makes the view `meeting`.
 */
export async function makeMeetings(duck: Duck): Promise<void> {
  const file = quoteSql(join(duck.folder, "meetings.parquet"));
  await duck.run(`
    COPY (
      SELECT src_id, dst_id, ip_id, src_side = 'internal' AS outwards, epoch_us(seen_at) / 1e6 AS "at",
        duration_us AS micros, orig_bytes AS sent, resp_bytes AS received,
        least(coalesce(orig_ip_bytes, orig_bytes, -1), 2147483647)::INTEGER AS size,
        orig_ip_bytes + resp_ip_bytes AS both_bytes, coalesce(dst_port, 0)::USMALLINT AS port,
        open, proxied, no_host, proto = 'udp' AS udp
      FROM contact WHERE ${worthALook}
    ) TO ${file} (FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE 122880)`);
  await duck.run(`CREATE OR REPLACE VIEW meeting AS SELECT * FROM read_parquet(${file})`);
}

async function makeAddresses(duck: Duck, inventory: Inventory): Promise<number> {
  await duck.run(`CREATE OR REPLACE TABLE address
    (id INTEGER, ip VARCHAR, side VARCHAR, listed BOOLEAN, host VARCHAR, role VARCHAR)`);
  const appender = await duck.connection.createAppender("address");
  let count = 0;
  const sql = "SELECT src AS ip FROM connection UNION SELECT dst FROM connection";
  for await (const rows of duck.stream<{ ip: string }>(sql)) {
    for (const { ip } of rows) {
      const known = inventory.find(ip);
      appender.appendInteger(count);
      appender.appendVarchar(ip);
      appender.appendVarchar(inventory.sideOf(ip) satisfies Side);
      appender.appendBoolean(inventory.hasList(ip));
      if (known === null) appender.appendNull();
      else appender.appendVarchar(known.name);
      if (known === null) appender.appendNull();
      else appender.appendVarchar(known.role);
      appender.endRow();
      count += 1;
    }
  }
  appender.closeSync();
  return count;
}

/**
 * A sensor beside a machine on the open Internet sees nothing internal by its address. Where most connections
 * are between strangers, an address with a part in at least half of them is the one that the sensor watches.
 */
async function guessInternal(duck: Duck): Promise<{ address: string; share: number }[]> {
  const guessed = await duck.rows<{ address: string; share: number }>(`
    WITH strangers AS (
      SELECT c.src, c.dst FROM connection c
      JOIN address s ON s.ip = c.src AND s.side = 'external'
      JOIN address d ON d.ip = c.dst AND d.side = 'external'
    ), part AS (SELECT src AS ip FROM strangers UNION ALL SELECT dst FROM strangers)
    SELECT ip AS address, count(*)::DOUBLE / (SELECT count(*) FROM strangers) AS share
    FROM part GROUP BY ip HAVING share >= 0.5
      AND (SELECT count(*) FROM strangers) * 2 >= (SELECT count(*) FROM connection)
    ORDER BY share DESC LIMIT 1`);
  const [first] = guessed;
  if (first === undefined) return [];
  await duck.run("UPDATE address SET side = 'internal' WHERE ip = $1", [first.address]);
  return [first];
}

async function hasOpen(duck: Duck): Promise<boolean> {
  return (await duck.rows("SELECT 1 FROM connection WHERE open LIMIT 1")).length > 0;
}

async function hasNames(duck: Duck): Promise<boolean> {
  return (await duck.rows("SELECT 1 FROM naming LIMIT 1")).length > 0;
}

/** An open connection is written down again and again: its last state counts, and none once it has ended. */
const withLastOfOpen = `
  SELECT * FROM connection WHERE NOT open
  UNION ALL
  SELECT unnest(last) FROM (
    SELECT max_by(c, coalesce(c.duration_us, 0)) AS last FROM connection c
    WHERE c.open AND NOT EXISTS (SELECT 1 FROM connection e WHERE NOT e.open AND e.uid = c.uid)
    GROUP BY c.sensor, c.uid, c.src, c.dst)`;

function contactSql(open: boolean, names: boolean): string {
  const source = open ? `(${withLastOfOpen})` : "connection";
  const name = fullName("n");
  return `
    CREATE OR REPLACE VIEW contact AS
    SELECT c.seen_at, c.src, ${names ? `coalesce(${name}, c.dst)` : "c.dst"} AS dst, c.dst AS ip,
      c.src_port, c.dst_port, c.proto, c.service, c.duration_us,
      -- Connection tracking counts with headers only.
      coalesce(c.orig_bytes, c.orig_ip_bytes) AS orig_bytes,
      coalesce(c.resp_bytes, c.resp_ip_bytes) AS resp_bytes,
      c.orig_ip_bytes, c.resp_ip_bytes,
      -- Connection tracking tells of the beginning as open, and of the end only minutes after it.
      c.open AND c.sensor <> 'conntrack' AS open, c.uid,
      s.id AS src_id, d.id AS ip_id, ${names ? "coalesce(o.id, d.id)" : "d.id"} AS dst_id,
      ${names ? "n.host IS NOT NULL" : "false"} AS named,
      ${names ? "coalesce(n.proxied, false)" : "false"} AS proxied,
      ${names ? "coalesce(n.no_host, false)" : "false"} AS no_host,
      s.side AS src_side,
      CASE WHEN ${names ? "coalesce(n.proxied, false)" : "false"} THEN 'external' ELSE d.side END AS dst_side
    FROM ${source} c
    JOIN address s ON s.ip = c.src
    JOIN address d ON d.ip = c.dst
    ${names ? `LEFT JOIN (${namesOfUid}) n ON n.uid = c.uid AND n.src = c.src` : ""}
    ${names ? `LEFT JOIN named o ON o.name = ${name} AND o.name <> c.dst` : ""}
    WHERE s.side <> 'nowhere' AND d.side <> 'nowhere'`;
}

/** The names that a connection asked for; without any, whether it asked for none where it should have. */
const namesOfUid = `
  SELECT uid, src, host, host_port, bool_or(proxied) AS proxied,
    bool_or(kind = 'http' AND host IS NULL) AS no_host
  FROM naming WHERE uid IS NOT NULL AND (host IS NOT NULL OR kind = 'http')
  GROUP BY uid, src, host, host_port`;
