import pg from "pg";
import { makeLook, type Look } from "../gates/records/access/looks.ts";
import { readCanaries, writeCanaries, type Canary } from "../gates/records/canary/canaryFile.ts";
import { plantCanaries } from "../gates/records/canary/plantCanaries.ts";
import { removeCanaries } from "../gates/records/canary/removeCanaries.ts";
import { openServerClient } from "../gates/records/openServerClient.ts";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { openRecordsPlace, recordLook, type RecordsPlace } from "./recordsPlace.ts";

const help = `sekisho records canary plant --count N --mailbox DOMAIN|ADDRESS [options]
sekisho records canary list [--json]
sekisho records canary export --as csv|sql      keys, to be left out of reports
sekisho records canary remove KEY… | --all

Customers who do not exist. Nobody has work with them: whoever reads one, or mails one, is told of.

  --count N             how many
  --mailbox WHERE       a domain of yours, or one address that takes name+anything@…
  --phone NUMBER        a number of yours for them, also several times; else numbers that ring nowhere
  --table NAME          tables besides the customers', also several times; else all of the settings
  --dry-run             try all of it and take it back
  --user, --password-file, --database   account that may insert (or delete); else the watcher's
  --config FILE         default: sekisho.yaml

The list is kept encrypted. A running gate takes changes up by itself; each look at it is in the ledger.
`;

const options = {
  count: { type: "string" },
  mailbox: { type: "string" },
  phone: { type: "string", multiple: true },
  table: { type: "string", multiple: true },
  "dry-run": { type: "boolean" },
  all: { type: "boolean" },
  as: { type: "string" },
  json: { type: "boolean" },
  user: { type: "string" },
  "password-file": { type: "string" },
  database: { type: "string" },
  config: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;
type Values = ReturnType<typeof readArguments<typeof options>>["values"];

/** Runs `sekisho records canary`; gives the exit status. */
export async function canaryCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho records canary");
  const [verb, ...keys] = positionals;
  if (values.help === true || verb === undefined) {
    process.stdout.write(help);
    return values.help === true ? 0 : 2;
  }
  const run = { plant, list, export: exportKeys, remove }[verb];
  if (run === undefined || (verb !== "remove" && keys.length > 0))
    throw usage(`Cannot run "canary ${positionals.join(" ")}"`, "try: sekisho records canary --help");
  const place = await openRecordsPlace(values.config, `Cannot ${verb} canaries`);
  await run(place, values, keys);
  return 0;
}

async function plant(place: RecordsPlace, values: Values): Promise<void> {
  const count = Number(values.count);
  const { mailbox } = values;
  if (
    !Number.isInteger(count) ||
    mailbox === undefined ||
    !/^([^@\s]+@)?[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(mailbox)
  ) {
    throw usage(
      "Cannot plant canaries without --count and --mailbox",
      "try: --count 20 --mailbox mail.example",
    );
  }
  const client = await clientOf(place, values);
  try {
    const planted = await plantCanaries(client, {
      settings: place.settings,
      count,
      mailbox,
      dryRun: values["dry-run"] === true,
      ...(values.phone === undefined ? {} : { phones: values.phone }),
      ...(values.table === undefined ? {} : { tables: values.table }),
    });
    const rows = planted.reduce((sum, canary) => sum + canary.rows.length, 0);
    if (values["dry-run"] === true) {
      process.stdout.write(
        `${planted.length} canaries could be planted, ${rows} rows; nothing was changed\n`,
      );
      return;
    }
    const { dataFolder, keyring } = place;
    try {
      await writeCanaries(dataFolder, keyring, [...readCanaries(dataFolder, keyring), ...planted]);
    } catch (error) {
      // Rows of which nobody knows that they are canaries would be customers.
      await removeCanaries(client, planted);
      throw error;
    }
    await note(place, "canaries-planted", planted.length);
    process.stdout.write(`${planted.length} canaries planted, ${rows} rows\n`);
  } finally {
    await client.end();
  }
}

async function list(place: RecordsPlace, values: Values): Promise<void> {
  const canaries = readCanaries(place.dataFolder, place.keyring);
  await note(place, "canaries", canaries.length);
  if (values.json === true) {
    process.stdout.write(`${JSON.stringify(canaries)}\n`);
    return;
  }
  for (const { customer, name, kana, email, phone, plantedAt } of canaries) {
    const at = Temporal.Instant.fromEpochMilliseconds(plantedAt).toString().slice(0, 10);
    process.stdout.write(`${[customer, name, kana, email, phone, at].join("\t")}\n`);
  }
}

async function exportKeys(place: RecordsPlace, values: Values): Promise<void> {
  const canaries = readCanaries(place.dataFolder, place.keyring);
  const keys = canaries.map(({ customer }) => customer).sort();
  if (values.as !== "sql" && values.as !== "csv")
    throw usage("Cannot export canaries: say how", "add --as csv or --as sql");
  await note(place, "canaries", keys.length);
  if (values.as === "csv") process.stdout.write(["customer", ...keys, ""].join("\n"));
  else {
    // A view is read by whoever reads reports: it shows keys that are to be left out, so mind who may.
    const rows = keys.map((key) => `(${pg.escapeLiteral(key)})`).join(", ");
    const some = `select * from (values ${rows}) as excluded (customer)`;
    const empty = "select null::text as customer where false";
    process.stdout.write(
      `create or replace view report_exclusions as ${keys.length === 0 ? empty : some};\n`,
    );
  }
}

async function remove(place: RecordsPlace, values: Values, keys: string[]): Promise<void> {
  const { dataFolder, keyring } = place;
  const canaries = readCanaries(dataFolder, keyring);
  const chosen = values.all === true ? canaries : canaries.filter(({ customer }) => keys.includes(customer));
  const strange = keys.find((key) => !canaries.some(({ customer }) => customer === key));
  if (chosen.length === 0 || strange !== undefined) {
    throw new SekishoError("not-found", `Cannot remove ${strange ?? "canaries"}: no such canary`, {
      hint: "run: sekisho records canary list",
    });
  }
  const client = await clientOf(place, values);
  try {
    const rows = await removeCanaries(client, chosen);
    await writeCanaries(dataFolder, keyring, without(canaries, chosen));
    await note(place, "canaries-removed", chosen.length);
    process.stdout.write(`${chosen.length} canaries removed, ${rows} rows\n`);
  } finally {
    await client.end();
  }
}

function without(canaries: readonly Canary[], gone: readonly Canary[]): Canary[] {
  return canaries.filter((canary) => !gone.includes(canary));
}

function clientOf({ settings }: RecordsPlace, values: Values): Promise<pg.Client> {
  const { user, database } = values;
  return openServerClient(settings, { user, passwordFile: values["password-file"], database });
}

function note(place: RecordsPlace, view: Look["view"], count: number): Promise<void> {
  return recordLook(place, makeLook(view, `${count} canaries`, place.keyring));
}

function usage(message: string, hint: string): SekishoError {
  return new SekishoError("usage", message, { hint });
}
