import type { Duck } from "../record/openDuck.ts";
import type { Inventory, Side } from "../hosts.ts";

/**
 * From the record to contacts: one row for each connection and each name that it asked for, between two
 * sides that are worth a look. Makes the tables `address` and `contact`; expects the views `connection` and
 * `naming`.
 */
export async function makeContacts(
  duck: Duck,
  options: { inventory: Inventory; guessInternal: boolean },
): Promise<{ guessed: { address: string; share: number }[]; addresses: number }> {
  const addresses = await makeAddresses(duck, options.inventory);
  const guessed = options.guessInternal ? await guessInternal(duck) : [];
  await duck.run(contactSql(await hasOpen(duck), await hasNames(duck)));
  return { guessed, addresses };
}

async function makeAddresses(duck: Duck, inventory: Inventory): Promise<number> {
  await duck.run(`CREATE OR REPLACE TABLE address
    (ip VARCHAR, side VARCHAR, listed BOOLEAN, host VARCHAR, role VARCHAR)`);
  const appender = await duck.connection.createAppender("address");
  let count = 0;
  const sql = "SELECT src AS ip FROM connection UNION SELECT dst FROM connection";
  for await (const rows of duck.stream<{ ip: string }>(sql)) {
    for (const { ip } of rows) {
      const known = inventory.find(ip);
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
  const name = "n.host || coalesce(':' || n.host_port, '')";
  return `
    CREATE OR REPLACE VIEW contact AS
    SELECT c.seen_at, c.src, ${names ? `coalesce(${name}, c.dst)` : "c.dst"} AS dst, c.dst AS ip,
      c.src_port, c.dst_port, c.proto, c.service, c.duration_us, c.orig_bytes, c.resp_bytes,
      c.orig_ip_bytes, c.resp_ip_bytes,
      -- Connection tracking tells of the beginning as open, and of the end only minutes after it.
      c.open AND c.sensor <> 'conntrack' AS open, c.uid,
      ${names ? "n.host IS NOT NULL" : "false"} AS named,
      ${names ? "coalesce(n.proxied, false)" : "false"} AS proxied,
      ${names ? "coalesce(n.no_host, false)" : "false"} AS no_host,
      s.side AS src_side,
      CASE WHEN ${names ? "coalesce(n.proxied, false)" : "false"} THEN 'external' ELSE d.side END AS dst_side
    FROM ${source} c
    JOIN address s ON s.ip = c.src
    JOIN address d ON d.ip = c.dst
    ${names ? `LEFT JOIN (${namesOfUid}) n ON n.uid = c.uid AND n.src = c.src` : ""}
    WHERE s.side <> 'nowhere' AND d.side <> 'nowhere'`;
}

/** The names that a connection asked for; without any, whether it asked for none where it should have. */
const namesOfUid = `
  SELECT uid, src, host, host_port, bool_or(proxied) AS proxied,
    bool_or(kind = 'http' AND host IS NULL) AS no_host
  FROM naming WHERE uid IS NOT NULL AND (host IS NOT NULL OR kind = 'http')
  GROUP BY uid, src, host, host_port`;
