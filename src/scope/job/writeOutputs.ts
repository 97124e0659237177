import { join } from "node:path";
import { beginParquet, endParquet, type RowGroup } from "../../lib/parquet/writeParquet.ts";
import { countPersons, type Counted } from "./countPersons.ts";
import { writeOutput, type OutputAsked } from "./outputTask.ts";
import { sharedLinks, type OutputPool, type Staged } from "./stageOutputs.ts";
import { LINK_COLUMNS, type LinkList } from "./writeLinks.ts";
import { noTally, PERSON_COLUMNS, type PersonTally } from "./writePersons.ts";

/** Writes on the thread that asks. */
export const ownThread: OutputPool = { write: async (asked) => asked.map(writeOutput) };

const recordsOfTask = 500_000;
const personsOfTask = 400_000;

/** Writes links.parquet as `.part`; it does not hang on the persons. */
export async function writeLinkFile(
  { links, recordIds, texts }: LinkList,
  { out, pool }: { out: string; pool: OutputPool },
): Promise<void> {
  const list = { links: sharedLinks(links), recordIds, texts };
  const { length } = recordIds;
  const file = beginParquet(join(out, "links.parquet.part"));
  const asked: OutputAsked[] = [];
  for (let from = 0; from < length; from += recordsOfTask)
    asked.push({
      do: "write",
      what: "links",
      list,
      from,
      to: Math.min(length, from + recordsOfTask),
      file,
    });
  const groups: RowGroup[] = [];
  for (const answer of await pool.write(asked)) if (answer.what === "links") groups.push(...answer.rowGroups);
  endParquet(file.file, LINK_COLUMNS, { groups, packed: true });
}

/** Writes persons.parquet as `.part` and person_of.parquet; counts what is there. */
export async function writePersonFiles(
  staged: Staged,
  { work, out, pool }: { work: string; out: string; pool: OutputPool },
): Promise<{ counted: Counted; excluded: number }> {
  const file = beginParquet(join(out, "persons.parquet.part"));
  const { recordIds, personOf, records } = staged;
  const asked: OutputAsked[] = [];
  const end = staged.count + 1;
  for (let from = 1; from < end; from += personsOfTask)
    asked.push({ do: "write", what: "persons", staged, from, to: Math.min(end, from + personsOfTask), file });
  const places = join(work, "person_of.parquet");
  asked.push({ do: "write", what: "person-of", staged: { recordIds, personOf, records }, file: places });
  const all = noTally();
  const groups: RowGroup[] = [];
  for (const answer of await pool.write(asked)) {
    if (answer.what !== "persons") continue;
    groups.push(...answer.rowGroups);
    add(all, answer.tally);
  }
  endParquet(file.file, PERSON_COLUMNS, { groups, packed: true });
  return { counted: countPersons(staged, all), excluded: all.excluded };
}

function add(all: PersonTally, { items, minors, valid, expired, excluded }: PersonTally): void {
  for (let item = 0; item < items.length; item += 1)
    all.items[item] = (all.items[item] as number) + (items[item] as number);
  all.minors += minors;
  all.valid += valid;
  all.expired += expired;
  all.excluded += excluded;
}
