import { rmSync } from "node:fs";
import { join } from "node:path";
import { joinParquet } from "../../lib/parquet/writeParquet.ts";
import {
  LINK_COLUMNS,
  PERSON_COLUMNS,
  writeOutput,
  type OutputAnswer,
  type OutputAsked,
} from "./outputTask.ts";
import type { Staged } from "./stageOutputs.ts";

/** Threads that write; see ThreadPool. */
export type OutputPool = { write(asked: readonly OutputAsked[]): Promise<OutputAnswer[]> };

/** Writes on the thread that asks. */
export const ownThread: OutputPool = { write: async (asked) => asked.map(writeOutput) };

const recordsOfTask = 500_000;
const personsOfTask = 400_000;

/** Writes links.parquet and persons.parquet, each as `.part`. */
export async function writeFiles(
  staged: Staged,
  { work, out, pool = ownThread }: { work: string; out: string; pool?: OutputPool },
): Promise<void> {
  const asked: OutputAsked[] = [];
  const ask = (what: "links" | "persons", from: number, to: number): void => {
    asked.push({ do: "write", what, staged, from, to, file: join(work, `${what}-${asked.length}.part`) });
  };
  const persons = staged.count + 1;
  for (let from = 1; from < persons; from += personsOfTask)
    ask("persons", from, Math.min(persons, from + personsOfTask));
  const { rows } = staged.records;
  for (let from = 0; from < rows; from += recordsOfTask)
    ask("links", from, Math.min(rows, from + recordsOfTask));
  const answers = await pool.write(asked);
  for (const [what, columns] of [
    ["links", LINK_COLUMNS],
    ["persons", PERSON_COLUMNS],
  ] as const) {
    const parts = asked.flatMap(({ what: made, file }, at) =>
      made === what ? [{ file, rowGroups: (answers[at] as OutputAnswer).rowGroups, packed: true }] : [],
    );
    joinParquet(join(out, `${what}.parquet.part`), columns, parts);
  }
  for (const { file } of asked) rmSync(file);
}
