import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError, textOfError } from "../lib/error.ts";
import { Progress } from "../lib/progress.ts";
import { CUSTOMER_FIELDS, type CustomerMap } from "./job/customerColumns.ts";
import { readExclusion } from "./job/exclusions.ts";
import { runScope, type ScopeResult } from "./job/runScope.ts";

const help = `sekisho scope INPUT… --customers FILE|postgres://… --out DIR [options]

Turns recovered data into the list of affected persons. INPUT: files and folders (CSV, TSV, JSON Lines, xlsx,
SQL dumps, mail, text, zip, gz, 7z, nested), disk images, unallocated space. Inputs are only read.

  --customers SOURCE  the customer table: CSV, Parquet, or postgres://USER@HOST/DATABASE?table=SCHEMA.TABLE
  --map FILE          which column holds what (YAML); without it columns are known by their names
  --index DIR         an index of the customer table, made when there is none or the table has changed; its
                      key is DIR.key: keep it apart
  --out DIR           where the files go: records.parquet, links.parquet, persons.parquet, counts.json
  --at DATE           the day on which the data left, for minors and passports (today)
  --exclude WHAT=NAME a product that was not touched (service, site, partner …), any number of times: persons
                      of whom only such rows were found are counted apart and not to be told
  --again             throw an unfinished or older job in DIR away
  --threads N         threads that read (one for each processor)
  --json              print the counts as one JSON object

Besides: sekisho scope map | index | keys | accesses | report | review | compare | hand-over | seal | erase,
each with --help. An INPUT of such a name is written ./map.

A job that was stopped goes on where it was when the same command is run again.
Exit status: 0 done, 1 done but something could not be read, 2 a mistake in the arguments or an error.
`;

const options = {
  customers: { type: "string" },
  map: { type: "string" },
  index: { type: "string" },
  out: { type: "string" },
  at: { type: "string" },
  exclude: { type: "string", multiple: true },
  again: { type: "boolean" },
  threads: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Runs `sekisho scope`; gives the exit status. */
export async function scopeCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho scope");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if (positionals.length === 0) throw usage("Cannot scope nothing: no INPUT is named");
  if (values.customers === undefined) throw usage("Cannot say who is affected without --customers");
  if (values.out === undefined) throw usage("Cannot write the list without --out");
  const progress = new Progress({ phase: "planning", total: null });
  const result = await runScope({
    inputs: positionals,
    customers: values.customers,
    map: values.map === undefined ? null : readMap(values.map),
    index: values.index ?? null,
    out: values.out,
    at: readDay(values.at),
    exclude: (values.exclude ?? []).map(readExclusion),
    again: values.again === true,
    ...(values.threads === undefined ? {} : { threads: readCount(values.threads) }),
    onProgress: (phase, done, total) => {
      progress.tell({ phase, total });
      progress.set(done);
    },
  }).finally(() => progress.end());
  process.stdout.write(values.json === true ? `${JSON.stringify(result)}\n` : tell(result, values.out));
  return result.problems.length > 0 ? 1 : 0;
}

function usage(message: string): SekishoError {
  return new SekishoError("usage", message, { hint: "try: sekisho scope --help" });
}

function readCount(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw usage(`Cannot use ${text} threads`);
  return Number(text);
}

function readDay(text: string | undefined): Temporal.PlainDate {
  if (text === undefined) return Temporal.Now.plainDateISO();
  try {
    return Temporal.PlainDate.from(text);
  } catch {
    throw new SekishoError("usage", `Cannot read the date "${text}"`, { hint: "write it as 2016-06-14" });
  }
}

const Map = z.strictObject(
  Object.fromEntries(CUSTOMER_FIELDS.map((field) => [field, z.string().optional()])),
);

/** Reads a map of columns from YAML. */
export function readMap(file: string): CustomerMap {
  try {
    return Map.parse(parse(readFileSync(file, "utf8"))) as CustomerMap;
  } catch (cause) {
    throw new SekishoError("config-invalid", `Cannot read the map ${file}: ${textOfError(cause)}`, {
      hint: `write lines such as "email: mail_address"; fields: ${CUSTOMER_FIELDS.join(", ")}`,
      cause,
    });
  }
}

function tell(result: ScopeResult, out: string): string {
  const { persons, records, links, passports } = result;
  const range = persons.fewest === persons.most ? `${persons.most}` : `${persons.fewest} to ${persons.most}`;
  const lines = [
    `${range} persons in ${records.found} records`,
    `${persons.matched} of them are customers, ${persons.notCustomers} are in no table`,
    `${links.certain} links are certain, ${links.review} wait for review`,
    `${result.duplicates} records are of persons seen before`,
    `minors: ${result.minors}; passports: ${passports.persons} (${passports.valid} valid on ${result.at})`,
    ...Object.entries(result.byItem)
      .filter(([, count]) => count.records > 0)
      .map(
        ([item, count]) =>
          `  ${item.padEnd(18)}${column(count.records)} records${column(count.persons)} persons`,
      ),
    ...result.problems.slice(0, 20).map((problem) => `not read: ${problem.message}`),
    `written to ${out}`,
  ];
  return `${lines.join("\n")}\n`;
}

function column(count: number): string {
  return String(count).padStart(12);
}
