import { existsSync } from "node:fs";
import { join } from "node:path";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { keysOfIndex, rowsOfIndex } from "./job/customerIndex.ts";
import { writeRecordKeys } from "./job/keyFile.ts";

const help = `sekisho scope keys DIR --out FILE

Writes the keyed hashes of all records of a job, or of all customers of an index, as one Parquet file, by
which another engine (Spark, DuckDB) can join them; docs/scope.md says how. DIR is the folder of a job or of
an index. Whoever has the file and the key of the index can test guesses: keep it like the index.

  --out FILE  where the file goes; it must not be there yet

Exit status: 0 written, 1 an error, 2 a mistake in the arguments.
`;

const options = { out: { type: "string" }, help: { type: "boolean", short: "h" } } as const;

/** Runs `sekisho scope keys`; gives the exit status. */
export async function keysCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho scope keys");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const [folder] = positionals;
  const { out } = values;
  if (folder === undefined || positionals.length > 1 || out === undefined) {
    throw new SekishoError("usage", "Cannot write keys without one folder and --out", {
      hint: "try: sekisho scope keys --help",
    });
  }
  if (existsSync(out)) {
    throw new SekishoError("conflict", `Cannot write keys to ${out}: it is there already`, {
      hint: "name another file, or remove it",
    });
  }
  const isIndex = existsSync(join(folder, "now", "index.json"));
  if (isIndex) await keysOfIndex(folder, out);
  const rows = isIndex ? rowsOfIndex(folder) : writeRecordKeys(folder, out);
  process.stdout.write(`written: ${out}, ${rows} rows\n`);
  return 0;
}
