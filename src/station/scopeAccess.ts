import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLook } from "../gates/records/access/looks.ts";
import {
  exportSeen,
  type AccessSpan,
  type Reader,
  type SeenCustomer,
} from "../gates/records/access/query.ts";
import type { RecordsSettings } from "../gates/records/settings.ts";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { openDuck, quoteSql, type Duck } from "../lib/openDuck.ts";
import { PERSONAL_KINDS } from "../personal/kinds.ts";
import { fieldOfKind, type CustomerField } from "../scope/job/customerColumns.ts";
import { openCustomers, type OpenCustomers } from "../scope/job/customerSource.ts";
import { readMap } from "../scope/scopeCommand.ts";
import { spanOf } from "./readersCommand.ts";
import { openRecordsPlace, recordLook } from "./recordsPlace.ts";

const help = `sekisho scope accesses --by PERSON | --client ADDRESS --customers SOURCE --to FILE.jsonl

What an account read through the records gate, as an input of sekisho scope: a row for each customer, with the
values of those personal columns that were read, taken from the customer table as it is now.

  --by PERSON          the account; or --client ADDRESS: all that came from a machine
  --since, --until     2016-03-15, 2016-03-15T09:00 (UTC), or with a zone; everything by default
  --customers SOURCE   the customer table, as for sekisho scope; --map FILE says which column holds what
  --to FILE            written here as JSON Lines, readable by you only
  --config FILE        default: sekisho.yaml

The look itself is an entry in the ledger. Exit status: 0 done, also where nothing was read.
`;

const options = {
  by: { type: "string" },
  client: { type: "string" },
  since: { type: "string" },
  until: { type: "string" },
  customers: { type: "string" },
  map: { type: "string" },
  to: { type: "string" },
  config: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Fields of a customer table that a personal column can be. */
const fields = PERSONAL_KINDS.flatMap((one) => fieldOfKind[one] ?? []);

/** Runs \`sekisho scope accesses\`; gives the exit status. */
export async function scopeAccessCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho scope accesses");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const { by, client, customers, to } = values;
  if ((by === undefined) === (client === undefined) || positionals.length > 0)
    throw usage("Cannot say what was read: name one person (--by) or one address (--client)");
  if (customers === undefined || to === undefined)
    throw usage("Cannot write it without --customers and --to");
  if (existsSync(to)) {
    throw new SekishoError("conflict", `Cannot write to ${to}: it is there already`, {
      hint: "name a file that does not exist yet",
    });
  }
  const place = await openRecordsPlace(values.config, "Cannot say what was read");
  const reader: Reader = by === undefined ? { client: client as string } : { person: by };
  await recordLook(place, makeLook("export", by ?? (client as string), place.keyring));
  const work = mkdtempSync(join(tmpdir(), "sekisho-accesses-"));
  const duck = await openDuck({ memoryBytesMax: 2 * 1024 ** 3, tempFolder: work });
  try {
    const map = values.map === undefined ? null : readMap(values.map);
    const table = await openCustomers(customers, { map, folder: work });
    const span: AccessSpan = spanOf(values);
    const columns = fieldsOfColumns(place.settings);
    await duck.run("CREATE TABLE seen (customer VARCHAR, fields INTEGER)");
    const onProblem = (problem: string): void => void process.stderr.write(`warning: ${problem}\n`);
    const take = (read: SeenCustomer[]): Promise<void> => stage(duck, read, columns);
    await exportSeen({ ...place, onProblem }, reader, { ...span, take });
    const rows = await writeRows(duck, table, to);
    process.stdout.write(`${rows} customers were read; written to ${to}\n`);
    return 0;
  } finally {
    await duck.close();
    rmSync(work, { recursive: true, force: true });
  }
}

function usage(message: string): SekishoError {
  return new SekishoError("usage", message, { hint: "try: sekisho scope accesses --help" });
}

/** "public.customers email" → its field. */
function fieldsOfColumns({ tables }: RecordsSettings): Map<string, CustomerField> {
  const found = new Map<string, CustomerField>();
  for (const { table, personal } of tables) {
    for (const [column, kind] of Object.entries(personal ?? {})) {
      const field = fieldOfKind[kind];
      if (field !== undefined) found.set(`${table} ${column}`, field);
    }
  }
  return found;
}

async function stage(
  duck: Duck,
  read: readonly SeenCustomer[],
  columns: ReadonlyMap<string, CustomerField>,
): Promise<void> {
  const appender = await duck.connection.createAppender("seen");
  for (const { customer, touches } of read) {
    let bits = 0;
    for (const [relation, names] of touches.flatMap((one) => Object.entries(one))) {
      for (const name of names) {
        const field = columns.get(`${relation} ${name}`);
        if (field !== undefined) bits |= 1 << fields.indexOf(field);
      }
    }
    appender.appendVarchar(customer);
    appender.appendInteger(bits);
    appender.endRow();
  }
  appender.closeSync();
}

/** Joins what was read with the values; a customer who is no longer in the table has the key alone. */
async function writeRows(duck: Duck, table: OpenCustomers, to: string): Promise<number> {
  const { map } = table;
  const column = (field: CustomerField): string => `"${(map[field] ?? "").replaceAll('"', '""')}"`;
  const held = fields.filter((field) => map[field] !== undefined);
  const list = held.map(
    (field) =>
      `CASE WHEN (s.fields & ${1 << fields.indexOf(field)}) <> 0 THEN c.${column(field)} END AS ${field}`,
  );
  const how = `header = true, all_varchar = true, delim = ',', quote = '"'`;
  const source = `read_csv(${quoteSql(table.file)}, ${how})`;
  await duck.run(
    `COPY (SELECT ${["s.customer AS customer_id", ...list].join(", ")}
       FROM seen s LEFT JOIN ${source} c ON c.${column("customer_id")} = s.customer ORDER BY s.customer)
     TO ${quoteSql(`${to}.part`)} (FORMAT json)`,
  );
  chmodSync(`${to}.part`, 0o600);
  renameSync(`${to}.part`, to);
  const [row] = await duck.rows<{ n: number }>("SELECT count(*) AS n FROM seen");
  return row?.n ?? 0;
}
