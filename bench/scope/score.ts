import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { openDuck } from "../../src/lib/openDuck.ts";
import { scoreFields, type FieldScores } from "./scoreFields.ts";
import { joinTruth, scoreLinks, type LinkScores, type Scored } from "./scoreLinks.ts";
import { scorePersons, type ClusterScores, type PersonScores } from "./scorePersons.ts";

export type ScoreOptions = {
  /** The folder that generate.ts wrote. */
  truth: string;
  links: string;
  records: string;
  persons: string;
  /** A tool's counts.json, for its range of persons; null: no range is judged. */
  counts: string | null;
  /** Score against truth-image.parquet: what was carved out of image.dd. */
  image: boolean;
};

export type Scores = {
  links: LinkScores;
  persons: PersonScores;
  fields: FieldScores | null;
  /** Whether the tool's range holds the true number of customers in the leak; null without a range. */
  rangeHolds: boolean | null;
};

/** Scores the three files of a tool against the truth. Bounded in memory: DuckDB spills what does not fit. */
export async function scoreScope(options: ScoreOptions): Promise<Scores> {
  const paths = {
    truth: join(options.truth, options.image ? "truth-image.parquet" : "truth.parquet"),
    classes: join(options.truth, "classes.parquet"),
    persons: join(options.truth, "persons.parquet"),
  };
  const duck = await openDuck({ memoryBytesMax: 6 * 1024 ** 3, threads: 2 });
  try {
    await joinTruth(duck, paths, options);
    const links = await scoreLinks(duck, paths);
    const persons = await scorePersons(duck, paths, options.persons);
    const fields = join(options.truth, "fields.parquet");
    return {
      links,
      persons,
      fields:
        options.image || !existsSync(fields)
          ? null
          : await scoreFields(duck, { fields, records: options.records }),
      rangeHolds: rangeHolds(options.counts, persons),
    };
  } finally {
    await duck.close();
  }
}

/** counts.json: {"persons": {"fewest": …, "most": …}}. */
function rangeHolds(counts: string | null, { personsTrue }: PersonScores): boolean | null {
  if (counts === null) return null;
  type Told = { persons: { fewest: number; most: number } };
  const { fewest, most } = (JSON.parse(readFileSync(counts, "utf8")) as Told).persons;
  return fewest <= personsTrue && personsTrue <= most;
}

const four = (share: number): string => share.toFixed(5);

/** The figures as a table for people. */
export function printScores(scores: Scores): string {
  const { links, persons, fields } = scores;
  const lines = [
    `rows ${links.rows}, records found for ${links.rowsFound} (${percent(links.rowsFound, links.rows)})`,
    "",
    "record to customer          precision   recall        F1     right     wrong  expected",
    linkLine("all links", links.determinable),
    linkLine("certain links", links.certain),
    linkLine("and all customers' rows", links.all),
    `linked though in no customer table: ${links.strangersLinked}`,
    "",
    "persons                     pairwise p         r       B3 p         r  clusters      true",
    clusterLine("records", persons.records),
    clusterLine("determinable records", persons.determinableRecords),
    clusterLine("rows of the customers", persons.customers),
    `persons found ${persons.personsFound}, true ${persons.personsTrue} ` +
      `(${difference(persons.personsFound, persons.personsTrue)}); of customers ${persons.customersFound}, ` +
      `true ${persons.customersTrue} (${difference(persons.customersFound, persons.customersTrue)})`,
    ...(scores.rangeHolds === null
      ? []
      : [`the range of counts.json holds: ${scores.rangeHolds ? "yes" : "no"}`]),
    "",
    "class                            rows     found  determinable  precision    recall     wrong",
    ...links.classes.map(
      (one) =>
        `${one.name.padEnd(27)} ${String(one.rows).padStart(9)} ${String(one.found).padStart(9)} ` +
        `${String(one.determinableRows).padStart(13)}    ${four(one.precision)}   ${four(one.recall)} ` +
        `${String(one.wrong).padStart(9)}`,
    ),
  ];
  if (fields !== null) lines.push(...fieldLines(fields));
  return `${lines.join("\n")}\n`;
}

function linkLine(label: string, one: Scored): string {
  const counts = [one.right, one.wrong, one.expected].map((count) => String(count).padStart(9)).join(" ");
  return `${label.padEnd(26)} ${four(one.precision)}  ${four(one.recall)}  ${four(one.f1)} ${counts}`;
}

function fieldLines(fields: FieldScores): string[] {
  return [
    "",
    `fields of whole rows: ${fields.fields}; kind right ${four(fields.kindShare)}, ` +
      `value right ${four(fields.valueShare)}`,
    ...fields.kinds.map(
      (one) =>
        `${one.kind.padEnd(27)} ${String(one.fields).padStart(9)}  ` +
        `kind ${percent(one.kindRight, one.fields)}  value ${percent(one.valueRight, one.fields)}`,
    ),
    ...fields.mistakes.map(({ kind, said, count }) => `  ${kind} said to be ${said}: ${count}`),
  ];
}

function clusterLine(name: string, { pairwise, bCubed, clusters, trueClusters }: ClusterScores): string {
  const shares = [pairwise.precision, pairwise.recall, bCubed.precision, bCubed.recall].map(four).join("   ");
  const counts = [clusters, trueClusters].map((count) => String(count).padStart(9)).join(" ");
  return `${name.padEnd(26)}    ${shares} ${counts}`;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(2)} %`;
}

function difference(found: number, meant: number): string {
  return meant === 0 ? "–" : `${found >= meant ? "+" : ""}${((100 * (found - meant)) / meant).toFixed(2)} %`;
}

const usage =
  "node bench/scope/score.ts --truth DIR --links F --records F --persons F [--counts F] [--image] [--json]\n";

async function main(argv: string[]): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: argv,
    options: {
      truth: text,
      links: text,
      records: text,
      persons: text,
      counts: text,
      image: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const { truth, links, records, persons } = values;
  if (truth === undefined || links === undefined || records === undefined || persons === undefined)
    return void process.stdout.write(usage);
  const started = performance.now();
  const scores = await scoreScope({
    truth,
    links,
    records,
    persons,
    counts: values.counts ?? null,
    image: values.image,
  });
  process.stdout.write(values.json ? `${JSON.stringify(scores, null, 2)}\n` : printScores(scores));
  process.stderr.write(`scored in ${((performance.now() - started) / 1_000).toFixed(1)} s\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(process.argv.slice(2));
