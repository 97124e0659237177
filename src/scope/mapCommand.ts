import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { printMap, proposeMap } from "./map/proposeMap.ts";
import { sampleTable } from "./map/sampleTable.ts";

const help = `sekisho scope map --customers SOURCE > map.yaml

Proposes which column of a customer table holds what, from the columns' names and the values of 2,000 rows.
A person looks at it before it is used. No value of the table is printed.

  --customers SOURCE  CSV, Parquet, or postgres://USER@HOST/DATABASE?table=SCHEMA.TABLE

Exit status: 0 the proposal can be used, 1 something needed was not found, 2 a mistake in the arguments.
`;

/** Runs \`sekisho scope map\`; gives the exit status. */
export async function mapCommand(argv: string[]): Promise<number> {
  const options = { customers: { type: "string" }, help: { type: "boolean", short: "h" } } as const;
  const { values, positionals } = readArguments(argv, options, "sekisho scope map");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const source = values.customers ?? positionals[0];
  if (source === undefined || positionals.length > 1) {
    throw new SekishoError("usage", "Cannot propose a map without --customers", {
      hint: "try: sekisho scope map --customers customers.csv",
    });
  }
  const sample = await sampleTable(source);
  const proposed = proposeMap(sample, Temporal.Now.plainDateISO());
  process.stdout.write(printMap(sample, proposed));
  return proposed.missing.length === 0 ? 0 : 1;
}
