import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import type { ScopeResult } from "./job/runScope.ts";
import { writeReport } from "./report/writeReport.ts";

const help = `sekisho scope report OUT

Writes report.html and counts.csv of a finished job anew, from its counts.json and its lists.

Exit status: 0 done, 1 there is no finished job in OUT.
`;

/** The counts of a finished job. */
export function readCounts(out: string): ScopeResult {
  const file = join(out, "counts.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as ScopeResult;
  throw new SekishoError(
    "input-unreadable",
    `Cannot find a finished job in ${out}: counts.json is not there`,
    {
      hint: "name the folder that was given to sekisho scope with --out",
    },
  );
}

/** Runs \`sekisho scope report\`; gives the exit status. */
export async function reportCommand(argv: string[]): Promise<number> {
  const options = { help: { type: "boolean", short: "h" } } as const;
  const { values, positionals } = readArguments(argv, options, "sekisho scope report");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const [out] = positionals;
  if (out === undefined || positionals.length > 1) {
    throw new SekishoError("usage", "Cannot write a report: name one folder of a job", {
      hint: "try: sekisho scope report OUT",
    });
  }
  await writeReport(out, readCounts(out));
  process.stdout.write(`written: ${join(out, "report.html")}, ${join(out, "counts.csv")}\n`);
  return 0;
}
