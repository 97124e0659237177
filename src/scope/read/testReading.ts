import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planInputs } from "./planInputs.ts";
import { readTask } from "./readTask.ts";
import type { ReadLimits } from "./limits.ts";
import type { ReadProblem, ReadTally, RecordPlace, RecordSink } from "./record.ts";

/** What a test sees of a record. */
export type SeenRecord = RecordPlace & { text: string; source: string };

/** A sink that keeps copies of all that it is given. */
export function keepingSink(): RecordSink & { records: SeenRecord[]; problems: ReadProblem[] } {
  const records: SeenRecord[] = [];
  const problems: ReadProblem[] = [];
  return {
    records,
    problems,
    record: (bytes, start, end, place) => {
      const text = Buffer.from(bytes.subarray(start, end)).toString("utf8");
      records.push({ ...place, text, source: "" });
    },
    problem: (problem) => void problems.push(problem),
  };
}

/** Reads files or folders in one process, task by task. */
export async function readPaths(
  paths: string[],
  limits: Partial<ReadLimits> = {},
): Promise<{ records: SeenRecord[]; problems: ReadProblem[]; tallies: ReadTally[] }> {
  const plan = await planInputs(paths, { limits });
  const sink = keepingSink();
  const tallies: ReadTally[] = [];
  for (const task of plan.tasks) {
    const before = sink.records.length;
    tallies.push(await readTask(task, sink, { limits }));
    for (const record of sink.records.slice(before)) record.source = task.input.source;
  }
  return { records: sink.records, problems: [...plan.problems, ...sink.problems], tallies };
}

/** A folder that goes away with the test. */
export function testFolder(): Disposable & { write(name: string, bytes: Uint8Array | string): string } {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-scope-"));
  return {
    write(name, bytes) {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
