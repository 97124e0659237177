import { SignatureTable } from "../signatures/columns.ts";
import type { OutputAsked } from "./outputTask.ts";
import type { OutputPool } from "./stageOutputs.ts";

/** Reads the signatures of all tasks into one table, in the order of the tasks, each file on some thread. */
export async function gatherOnThreads(
  parts: readonly { file: string; rows: number }[],
  pool: OutputPool,
): Promise<SignatureTable> {
  const all = new SignatureTable(parts.reduce((sum, part) => sum + part.rows, 0));
  const table = { rows: all.rows, memory: all.memory };
  const asked: OutputAsked[] = [];
  let at = 0;
  for (const { file, rows } of parts) {
    if (rows > 0) asked.push({ do: "write", what: "signatures", file, table, at, rows });
    at += rows;
  }
  await pool.write(asked);
  return all;
}
