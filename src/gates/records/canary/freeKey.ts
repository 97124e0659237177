import { randomUUID } from "node:crypto";
import pg from "pg";
import { SekishoError } from "../../../lib/error.ts";
import type { Row, Table } from "./readTable.ts";
import { reshape } from "./reshape.ts";
import { someRow } from "./someRow.ts";

export const limits = { windows: 12, windowRows: 5_000, shapes: 50 } as const;

/** A key that no row has (null: the column's default makes one), and the rows before and after it. */
export type FreeKey = { free: string | null; neighbours: { before: Row; after: Row } };

const integers = ["int2", "int4", "int8"];

type Found = { key: string; relation: string; ctid: string };

/**
 * Finds a key between two existing ones, so that a canary does not stand at the end. Where every number is
 * taken the column's default makes the next, or else the number after the last: later customers come behind.
 */
export async function findFreeKey(
  client: pg.Client,
  table: Table,
  { key, partition }: { key: string; partition: string | null },
): Promise<FreeKey> {
  const column = table.columns.find(({ name }) => name === key);
  if (column === undefined) {
    throw new SekishoError("not-found", `Cannot plant canaries: ${table.name} has no column ${key}`, {
      hint: "see records.customers and records.tables in sekisho.yaml",
    });
  }
  const from = partition ?? table.quoted;
  const name = pg.escapeIdentifier(key);
  if (integers.includes(column.type)) {
    const gap = await findGap(client, from, name);
    if (gap !== null) return gap;
  }
  const neighbours = await someNeighbours(client, from, key);
  if (column.default) return { free: null, neighbours };
  if (column.type === "uuid") return { free: randomUUID(), neighbours };
  if (integers.includes(column.type)) {
    const { rows } = await client.query<{ next: string }>(
      `select (max(${name}) + 1)::text as next from ${table.quoted}`,
    );
    const [last] = await rowsAround(client, from, { name, where: `order by ${name} desc limit 1` });
    const row = last ?? neighbours.before;
    return { free: rows[0]?.next ?? "1", neighbours: { before: row, after: row } };
  }
  return { free: await freeShape(client, table, { name, neighbours }), neighbours };
}

/** Looks into some windows of the keys for one that is not taken. */
async function findGap(client: pg.Client, from: string, name: string): Promise<FreeKey | null> {
  for (let window = 0; window < limits.windows; window++) {
    const { rows } = await client.query<{ before: string; next: string; gap: string }>(
      `with ends as (select min(${name}) as low, max(${name}) as high from ${from}),
       near as (select ${name} as k from ${from}
         where ${name} >= (select low + floor(random() * greatest(0, high - low))::int8 from ends)
         order by ${name} limit ${limits.windowRows}),
       pairs as (select k, lead(k) over (order by k) as next from near)
       select k::text as before, next::text as next,
         (k + 1 + floor(random() * (next - k - 1))::int8)::text as gap
       from pairs where next > k + 1 order by random() limit 1`,
    );
    const [found] = rows;
    if (found === undefined) continue;
    const where = `where ${name} in (${BigInt(found.before)}, ${BigInt(found.next)}) order by ${name}`;
    const [before, after] = await rowsAround(client, from, { name, where });
    if (before !== undefined && after !== undefined)
      return { free: found.gap, neighbours: { before, after } };
  }
  return null;
}

async function rowsAround(
  client: pg.Client,
  from: string,
  { name, where }: { name: string; where: string },
): Promise<Row[]> {
  const { rows } = await client.query<Found>(
    `select ${name}::text as key, tableoid::regclass::text as relation, ctid::text as ctid
     from ${from} ${where}`,
  );
  return rows.map(({ relation, ctid }) => ({ table: relation, ctid }));
}

async function someNeighbours(client: pg.Client, from: string, key: string): Promise<FreeKey["neighbours"]> {
  const row = await someRow(client, from, key);
  if (row !== null) return { before: row, after: row };
  throw new SekishoError("not-found", `Cannot plant canaries: ${from} has no rows to hide among`, {
    hint: "plant them when there are customers",
  });
}

/** Another text of the same shape that is not taken. */
async function freeShape(
  client: pg.Client,
  table: Table,
  { name, neighbours }: { name: string; neighbours: FreeKey["neighbours"] },
): Promise<string> {
  const { before } = neighbours;
  const { rows } = await client.query<{ key: string }>(
    `select ${name}::text as key from ${before.table} where ctid = $1::tid`,
    [before.ctid],
  );
  const model = rows[0]?.key ?? "";
  for (let attempt = 0; attempt < limits.shapes; attempt++) {
    const key = reshape(model);
    const { rowCount } = await client.query(`select from ${table.quoted} where ${name}::text = $1`, [key]);
    if (rowCount === 0 && key !== model) return key;
  }
  throw new SekishoError("not-found", `Cannot plant canaries: no key like those of ${table.name} is free`, {
    hint: "give the column a default that makes keys",
  });
}
