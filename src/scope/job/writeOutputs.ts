import { join } from "node:path";
import { beginParquet, endParquet, type RowGroup } from "../../lib/parquet/writeParquet.ts";
import { countPersons, type Counted } from "./countPersons.ts";
import type { Columns, OutputPool, Staged } from "./stageOutputs.ts";
import { writeOutput, type OutputAsked } from "./outputTask.ts";
import { LINK_COLUMNS, type LinkTally } from "./writeLinks.ts";
import { noTally, PERSON_COLUMNS, type PersonTally } from "./writePersons.ts";

/** Writes on the thread that asks. */
export const ownThread: OutputPool = { write: async (asked) => asked.map(writeOutput) };

const recordsOfTask = 500_000;
const personsOfTask = 400_000;

/** Writes person_of.parquet, and links.parquet and persons.parquet, each as `.part`; counts what is there. */
export async function writeFiles(
  staged: Staged,
  {
    work,
    out,
    pool,
    itemRecords,
  }: { work: string; out: string; pool: OutputPool } & Pick<Columns, "itemRecords">,
): Promise<{ counted: Counted; excluded: number }> {
  const files = {
    links: beginParquet(join(out, "links.parquet.part")),
    persons: beginParquet(join(out, "persons.parquet.part")),
  };
  const { recordIds, personOf, records } = staged;
  const asked: OutputAsked[] = [];
  const ask = (
    what: "links" | "persons",
    { from, to, size }: { from: number; to: number; size: number },
  ): void => {
    for (; from < to; from += size)
      asked.push({ do: "write", what, staged, from, to: Math.min(to, from + size), file: files[what] });
  };
  ask("persons", { from: 1, to: staged.count + 1, size: personsOfTask });
  ask("links", { from: 0, to: recordIds.length, size: recordsOfTask });
  const file = join(work, "person_of.parquet");
  asked.push({ do: "write", what: "person-of", staged: { recordIds, personOf, records }, file });
  const links: LinkTally = { certain: 0, review: 0 };
  const persons: PersonTally = noTally();
  const groups: Record<"links" | "persons", RowGroup[]> = { links: [], persons: [] };
  for (const answer of await pool.write(asked)) {
    if (answer.what === "links") sum(links, answer.tally);
    if (answer.what === "persons") sum(persons, answer.tally);
    if (answer.what === "links" || answer.what === "persons") groups[answer.what].push(...answer.rowGroups);
  }
  endParquet(files.links.file, LINK_COLUMNS, { groups: groups.links, packed: true });
  endParquet(files.persons.file, PERSON_COLUMNS, { groups: groups.persons, packed: true });
  return { counted: countPersons(staged, { links, persons, itemRecords }), excluded: persons.excluded };
}

/** Adds the numbers of one part to those of all. */
function sum<Tally extends LinkTally | PersonTally>(all: Tally, part: Tally): void {
  for (const name of Object.keys(all) as (keyof Tally)[]) {
    const [one, other] = [all[name], part[name]];
    if (typeof one === "number") all[name] = (one + (other as number)) as Tally[keyof Tally];
    else
      for (let at = 0; at < 32; at += 1)
        (one as Float64Array)[at] =
          ((one as Float64Array)[at] as number) + ((other as Float64Array)[at] as number);
  }
}
