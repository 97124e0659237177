import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { compareJobs, type Comparison } from "./compare/compareJobs.ts";

const help = `sekisho scope compare OUT_A OUT_B [--list FILE.parquet] [--json]

What a newly found fragment adds: persons who are in job B and not in job A, and items that were not known
to have leaked of persons who are in both. A person is the same where a customer is the same; persons in no
customer table are the same where one of their records is equal.

  --list FILE  write these persons as Parquet: person_id (of B), customer_ids, certainty, new_person,
               new_items
  --json       print the numbers as one JSON object

Exit status: 0 done, 1 a job is not there or its lists are sealed, 2 a mistake in the arguments.
`;

/** Runs \`sekisho scope compare\`; gives the exit status. */
export async function compareCommand(argv: string[]): Promise<number> {
  const options = {
    list: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values, positionals } = readArguments(argv, options, "sekisho scope compare");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const [a, b] = positionals;
  if (a === undefined || b === undefined || positionals.length > 2) {
    throw new SekishoError("usage", "Cannot compare: name the folders of two jobs", {
      hint: "try: sekisho scope compare OUT_A OUT_B",
    });
  }
  const compared = await compareJobs(a, b, values.list ?? null);
  process.stdout.write(values.json === true ? `${JSON.stringify(compared)}\n` : tell(compared, { a, b }));
  return 0;
}

function tell({ persons, records, moreItems }: Comparison, { a, b }: { a: string; b: string }): string {
  const { certain, probable, unmatched } = persons.onlyInBBy;
  const lines = [
    `A ${a}: ${persons.a} persons, ${records.a} records`,
    `B ${b}: ${persons.b} persons, ${records.b} records`,
    `${persons.onlyInB} persons are only in B (${certain} certain, ${probable} probable, ${unmatched}` +
      " in no customer table)",
    `${persons.onlyInA} persons are only in A; ${persons.both} persons of B are in both`,
    `of ${moreItems.persons} persons in both more items leaked than A knew`,
    ...Object.entries(moreItems.byItem).map(
      ([item, count]) => `  ${item.padEnd(18)}${String(count).padStart(12)}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}
