import { randomInt } from "node:crypto";
import pg from "pg";
import { SekishoError } from "../../../lib/error.ts";
import type { PersonalKind } from "../../../personal/kinds.ts";
import { makePerson, type GeneratedPerson } from "../../../personal/generatePersons.ts";
import type { RecordsSettings, TableSettings } from "../settings.ts";
import type { Canary } from "./canaryFile.ts";
import { findFreeKey } from "./freeKey.ts";
import { someRow } from "./someRow.ts";
import { readTable, type Row, type Table } from "./readTable.ts";
import { reshape } from "./reshape.ts";

export const limits = { canariesMax: 10_000, attemptsMax: 20 } as const;

export type PlantOptions = {
  settings: Pick<RecordsSettings, "customers" | "tables">;
  count: number;
  /** A domain, or one address whose local part may be extended with `+…`. */
  mailbox: string;
  /** Telephone numbers of one's own; else numbers that ring nowhere. */
  phones?: readonly string[];
  /** Tables besides the customers'; else all that the settings name. */
  tables?: readonly string[];
  /** Everything is tried, and taken back. */
  dryRun?: boolean;
};

/**
 * Plants customers who do not exist among those who do: each is a copy of a neighbour with other personal
 * data, between two existing keys where one is free and with times between theirs, and stands in the other
 * tables as a customer does. All of them or, where one cannot be planted, none.
 */
export async function plantCanaries(client: pg.Client, options: PlantOptions): Promise<Canary[]> {
  const { settings, count, dryRun = false } = options;
  if (!Number.isInteger(count) || count < 1 || count > limits.canariesMax) {
    throw new SekishoError("usage", `Cannot plant ${count} canaries`, {
      hint: `plant from 1 to ${limits.canariesMax}`,
    });
  }
  const { customers } = settings;
  if (customers === undefined) {
    throw new SekishoError("config-invalid", "Cannot plant canaries: no table of customers is named", {
      hint: "add records.customers; sekisho records discover proposes it",
    });
  }
  const personalOf = (name: string): TableSettings | undefined =>
    settings.tables.find(({ table }) => table === name);
  const main = await readTable(client, customers.table, personalOf(customers.table));
  const others: { table: Table; key: string }[] = [];
  for (const { table, key, personal } of settings.tables) {
    if (table === customers.table || key === undefined) continue;
    if (options.tables !== undefined && !options.tables.includes(table)) continue;
    others.push({ table: await readTable(client, table, { table, key, personal, notPersonal: [] }), key });
  }
  const canaries: Canary[] = [];
  await client.query("begin");
  try {
    for (let number = 0; number < count; number++)
      canaries.push(await plantOne(client, { options, main, key: customers.key, others, number }));
    await client.query(dryRun ? "rollback" : "commit");
  } catch (error) {
    await client.query("rollback").catch(() => {}); // The first error says what happened.
    throw error instanceof SekishoError ? error : explain(error);
  }
  return canaries;
}

function explain(cause: unknown): SekishoError {
  const { message, code } = cause as { message: string; code?: string };
  return new SekishoError("peer-unavailable", `Cannot plant canaries: PostgreSQL says ${message}`, {
    hint:
      code === "42501"
        ? "name an account that may read and insert, with --user and --password-file"
        : "nothing was planted; see the message",
    cause,
  });
}

type Work = {
  options: PlantOptions;
  main: Table;
  key: string;
  others: { table: Table; key: string }[];
  number: number;
};

async function plantOne(client: pg.Client, work: Work): Promise<Canary> {
  const { options, main, key, others, number } = work;
  const partition = main.partitions[number % Math.max(1, main.partitions.length)] ?? null;
  const person = personOf(options, number);
  const place = await findFreeKey(client, main, { key, partition });
  const customer = await insertCopy(client, main, { ...place, key, person, own: { [key]: place.free } });
  const rows = [{ table: main.name, key, value: customer }];
  for (const other of others) {
    const spot = await findNeighbours(client, other);
    if (spot === null) continue; // An empty table has no rows that one more could hide among.
    const own = { [other.key]: customer };
    await insertCopy(client, other.table, { ...spot, key: other.key, person, own });
    rows.push({ table: other.table.name, key: other.key, value: customer });
  }
  const { name, kana, email, phone, passport, birthDate } = person;
  return { customer, name, kana, email, phone, passport, birthDate, rows, plantedAt: Date.now() };
}

function personOf({ mailbox, phones }: PlantOptions, number: number): GeneratedPerson {
  const person = makePerson(() => randomInt(2 ** 40) / 2 ** 40);
  const local = person.email.split("@")[0] as string;
  const tag = `${local}${randomInt(10, 100)}`;
  const [owner, domain] = mailbox.includes("@") ? (mailbox.split("@") as [string, string]) : [null, mailbox];
  return {
    ...person,
    email: owner === null ? `${tag}@${domain}` : `${owner}+${tag}@${domain}`,
    phone: phones?.[number % phones.length] ?? person.phone,
  };
}

/** Two rows of which a copy is made. */
type Neighbours = { before: Row; after: Row };

async function findNeighbours(
  client: pg.Client,
  { table, key }: { table: Table; key: string },
): Promise<{ neighbours: Neighbours } | null> {
  const one = await someRow(client, table.quoted, key);
  return one === null ? null : { neighbours: { before: one, after: one } };
}

/** Inserts the copy; gives the text of its key. */
async function insertCopy(
  client: pg.Client,
  table: Table,
  what: {
    neighbours: Neighbours;
    key: string;
    person: GeneratedPerson;
    own: Record<string, string | null>;
  },
): Promise<string> {
  const { before, after } = what.neighbours;
  const { rows } = await client.query<{ row: Record<string, unknown> }>(
    `select to_jsonb(t) as row from ${before.table} t where ctid = $1::tid`,
    [before.ctid],
  );
  const model = rows[0]?.row ?? {};
  const changed: Record<string, unknown> = { ...what.own };
  const left = new Set<string>();
  for (const { name, unique, default: byDefault, generated } of table.columns) {
    if (generated || changed[name] === null) left.add(name);
    if (name in changed) continue;
    const kind = table.personal[name];
    const was = model[name];
    if (kind !== undefined && was !== null) changed[name] = valueOf(kind, what.person, was) ?? was;
    else if (unique && byDefault) left.add(name);
    else if (unique) {
      const spot = await findFreeKey(client, table, { key: name, partition: null });
      changed[name] = spot.free;
      if (spot.free === null) left.add(name);
    }
  }
  const kept = table.columns.filter(({ name }) => !left.has(name));
  const names = kept.map(({ name }) => pg.escapeIdentifier(name)).join(", ");
  // A time between those of the neighbours, as a row that came between them would have.
  const times = kept
    .filter(({ name, time }) => time && !(name in changed))
    .map(({ name }) => {
      const column = pg.escapeIdentifier(name);
      return `${pg.escapeLiteral(name)}, b.${column} + (a.${column} - b.${column}) * random()`;
    });
  for (const name of left) delete changed[name];
  const { rows: made } = await client.query<{ key: string }>(
    `insert into ${table.quoted} (${names}) overriding system value
     select ${names} from jsonb_populate_record(null::${table.quoted}, (
       select to_jsonb(b) || jsonb_strip_nulls(jsonb_build_object(${times.join(", ")})) || $1::jsonb
       from ${before.table} b, ${after.table} a where b.ctid = $2::tid and a.ctid = $3::tid))
     returning ${pg.escapeIdentifier(what.key)}::text as key`,
    [JSON.stringify(changed), before.ctid, after.ctid],
  );
  const [row] = made;
  if (row === undefined) throw new Error(`a row of ${table.name} changed meanwhile; try again`);
  return row.key;
}

/** A personal value in the way in which the neighbour's is written; null: keep the neighbour's. */
function valueOf(kind: PersonalKind, person: GeneratedPerson, was: unknown): unknown {
  const like = typeof was === "string" ? was : "";
  switch (kind) {
    case "name":
      return spaced(person.name, like);
    case "kana":
      return spaced(/[\u3041-\u3096]/.test(like) ? hiragana(person.kana) : person.kana, like);
    case "roman-name":
      return like === like.toUpperCase() ? person.roman : person.roman.toLowerCase();
    case "birth-date":
      return /^\d{8}$/.test(like) ? person.birthDate.replaceAll("-", "") : person.birthDate;
    case "sex":
      return sexLike(person.sex, like);
    case "email":
      return person.email;
    case "phone":
      return like.includes("-") || like === "" ? person.phone : person.phone.replaceAll("-", "");
    case "postal-code":
      return like.includes("-") || like === "" ? person.postalCode : person.postalCode.replace("-", "");
    case "address":
      return person.address;
    case "passport":
      return person.passport;
    case "my-number":
    case "payment-card":
    case "other":
      return typeof was === "string" ? reshape(was) : null;
    case "free-text":
      return ""; // The neighbour's may speak of her.
  }
}

const codesOfSex = ["F M", "f m", "female male", "FEMALE MALE", "女 男", "女性 男性", "2 1"];

/** In the site's own code, where it is a known one. */
function sexLike(sex: GeneratedPerson["sex"], like: string): string | null {
  const codes = codesOfSex.map((both) => both.split(" ")).find((both) => both.includes(like));
  return codes?.[sex === "female" ? 0 : 1] ?? null;
}

function spaced(name: string, like: string): string {
  if (like.includes("\u3000")) return name.replace(" ", "\u3000");
  return like === "" || like.includes(" ") ? name : name.replace(" ", "");
}

function hiragana(text: string): string {
  return text.replaceAll(/[\u30a1-\u30f6]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0x60));
}
