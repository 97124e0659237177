import { open } from "node:fs/promises";
import { makeLook } from "../gates/records/access/looks.ts";
import {
  exportSeen,
  seenBy,
  whoRead,
  type CustomerRead,
  type ReadStatement,
} from "../gates/records/access/query.ts";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { visibleText } from "../lib/visibleText.ts";
import { openRecordsPlace, recordLook } from "./recordsPlace.ts";

const whoHelp = `sekisho records who --customer KEY [--since TIME] [--until TIME] [--json|--csv]

Who read this customer: every statement that gave her data out, newest first.

  --customer KEY    the customer's key, as it stands in the database
  --since, --until  2016-03-15, 2016-03-15T09:00 (UTC), or with a zone; everything by default
  --limit N         statements (1000)
  --json, --csv     for programs
  --config FILE     default: sekisho.yaml

The look itself is an entry in the ledger. Exit status: 0 done, also where nobody did.
`;

const seenByHelp = `sekisho records seen-by PERSON | --client ADDRESS [--since TIME] [--until TIME]

What a person read, or what was read from a machine: its statements, newest first, and how many customers.

  --client ADDRESS  instead of a person: which customers could that PC have read?
  --since, --until  2016-03-15, 2016-03-15T09:00 (UTC), or with a zone; everything by default
  --customers FILE  write the customers' keys to this file (CSV, readable by you only)
  --limit N         statements shown (100)
  --json            for programs
  --config FILE     default: sekisho.yaml

The look itself is an entry in the ledger. Exit status: 0 done, also where nothing was read.
`;

const common = {
  since: { type: "string" },
  until: { type: "string" },
  limit: { type: "string" },
  json: { type: "boolean" },
  config: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Runs `sekisho records who`; gives the exit status. */
export async function whoCommand(argv: string[]): Promise<number> {
  const options = { ...common, customer: { type: "string" }, csv: { type: "boolean" } } as const;
  const { values, positionals } = readArguments(argv, options, "sekisho records who");
  if (values.help === true) {
    process.stdout.write(whoHelp);
    return 0;
  }
  const customer = values.customer ?? positionals[0];
  if (customer === undefined || positionals.length > 1)
    throw usage("Cannot say who: name one customer", "try: sekisho records who --customer 4711");
  const span = spanOf(values);
  const limit = limitOf(values.limit, 1_000);
  const place = await openRecordsPlace(values.config, "Cannot say who read a customer");
  await recordLook(place, makeLook("who", { customer }, place.keyring));
  const found = await whoRead({ ...place, onProblem: warn }, customer, { ...span, limit });
  if (values.json === true) process.stdout.write(`${JSON.stringify(found)}\n`);
  else if (values.csv === true) {
    process.stdout.write("first,last,person,client,application,purpose,verb,relations,approval,statement\n");
    for (const read of found.reads) process.stdout.write(`${csvOf(read).join(",")}\n`);
  } else {
    for (const read of found.reads) process.stdout.write(`${lineOf(read, read.firstAt)}\n`);
    const { statements, customers } = found.keyless;
    process.stdout.write(
      `${found.reads.length}${found.more ? " or more" : ""} statements read this customer\n`,
    );
    if (statements > 0) {
      process.stdout.write(
        `${statements} more gave out ${customers} rows without a key: she may be among them\n`,
      );
    }
  }
  return 0;
}

/** Runs `sekisho records seen-by`; gives the exit status. */
export async function seenByCommand(argv: string[]): Promise<number> {
  const options = { ...common, client: { type: "string" }, customers: { type: "string" } } as const;
  const { values, positionals } = readArguments(argv, options, "sekisho records seen-by");
  if (values.help === true) {
    process.stdout.write(seenByHelp);
    return 0;
  }
  const [person] = positionals;
  if ((person === undefined) === (values.client === undefined) || positionals.length > 1) {
    throw usage(
      "Cannot say what was seen: name one person, or one --client",
      "try: sekisho records seen-by alice --since 2016-03-15",
    );
  }
  const reader = person === undefined ? { client: values.client as string } : { person };
  const span = spanOf(values);
  const limit = limitOf(values.limit, 100);
  const place = await openRecordsPlace(values.config, "Cannot say what a person read");
  const subject = person ?? (values.client as string);
  await recordLook(place, makeLook("seen-by", subject, place.keyring));
  const whole = { ...place, onProblem: warn };
  const found = await seenBy(whole, reader, { ...span, limit });
  if (values.customers !== undefined) {
    await recordLook(place, makeLook("export", subject, place.keyring));
    await writeCustomers(values.customers, (take) => exportSeen(whole, reader, { ...span, take }));
  }
  if (values.json === true) {
    process.stdout.write(`${JSON.stringify(found)}\n`);
    return 0;
  }
  for (const statement of found.statements) process.stdout.write(`${lineOf(statement, statement.at)}\n`);
  if (found.more) process.stdout.write(`… and ${found.statementCount - found.statements.length} before\n`);
  const rows = found.keyless > 0 ? ` and ${found.keyless} rows without a key` : "";
  process.stdout.write(`${found.statementCount} statements, ${found.customers} different customers${rows}\n`);
  return 0;
}

type Customers = { customer: string; firstAt: number; lastAt: number; times: number }[];

async function writeCustomers(
  path: string,
  run: (take: (customers: Customers) => Promise<void>) => Promise<void>,
): Promise<void> {
  const file = await open(path, "wx", 0o600).catch((cause: unknown) => {
    throw new SekishoError("input-unreadable", `Cannot write the customers to ${path}`, {
      hint: "name a file that does not exist yet, in a folder that does",
      cause,
    });
  });
  try {
    await file.writeFile("customer,first,last,times\n");
    await run(async (customers) => {
      const lines = customers.map(
        ({ customer, firstAt, lastAt, times }) =>
          `${cell(customer)},${timeOf(firstAt)},${timeOf(lastAt)},${times}\n`,
      );
      await file.writeFile(lines.join(""));
    });
  } finally {
    await file.close();
  }
}

function lineOf(read: ReadStatement, at: number): string {
  const { person, client, application, verb, touches, customers, purpose, grant } = read;
  const columns = Object.entries(touches).map(([relation, names]) => `${relation}(${names.join(", ")})`);
  const parts = [
    timeOf(at),
    person,
    application === "" ? client : `${application} (${client})`,
    `${verb} ${columns.join(" ")}`,
    customers === null ? "not ended" : `${customers} customers`,
    ...(purpose === null ? [] : [`for ${purpose}`]),
    ...(grant === null ? [] : [`approved ${grant}`]),
  ];
  return parts.map((part) => visibleText(part)).join("  ");
}

function csvOf(read: CustomerRead): string[] {
  const { firstAt, lastAt, person, client, application, purpose, verb, touches, grant, statement } = read;
  const words = [person, client, application, purpose ?? "", verb, Object.keys(touches).join(" ")];
  return [timeOf(firstAt), timeOf(lastAt), ...words.map(cell), grant ?? "", statement];
}

/** A cell that no spreadsheet takes for a formula. */
function cell(text: string): string {
  const plain = /^[=+@\t\r-]/.test(text) && !/^-?\d+$/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

function timeOf(milliseconds: number): string {
  return Temporal.Instant.fromEpochMilliseconds(Math.trunc(milliseconds)).toString();
}

/** Reads --since and --until: milliseconds since 1970. */
export function spanOf({ since, until }: { since?: string | undefined; until?: string | undefined }) {
  return {
    since: since === undefined ? undefined : timeFrom("--since", since),
    until: until === undefined ? undefined : timeFrom("--until", until),
  };
}

function timeFrom(name: string, text: string): number {
  const whole = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(whole) ? whole : `${whole}Z`;
  try {
    return Temporal.Instant.from(zoned).epochMilliseconds;
  } catch (cause) {
    throw new SekishoError("usage", `Cannot read ${name} ${text}`, {
      hint: "write 2016-03-15, 2016-03-15T09:00 or 2016-03-15T09:00+09:00",
      cause,
    });
  }
}

function limitOf(text: string | undefined, usual: number): number {
  const limit = Number(text ?? usual);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000_000) return limit;
  throw usage(`Cannot take --limit ${text}`, "a whole number from 1 to 1000000 is needed");
}

function usage(message: string, hint: string): SekishoError {
  return new SekishoError("usage", message, { hint });
}

function warn(problem: string): void {
  process.stderr.write(`warning: ${problem}\n`);
}
