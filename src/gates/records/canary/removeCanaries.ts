import pg from "pg";
import type { Canary } from "./canaryFile.ts";

/** Deletes the rows of canaries, those that rest on others first. Gives how many went. */
export async function removeCanaries(client: pg.Client, canaries: readonly Canary[]): Promise<number> {
  let gone = 0;
  await client.query("begin");
  try {
    for (const { rows } of canaries)
      for (const { table, key, value } of [...rows].reverse()) {
        const quoted = table
          .split(".")
          .map((word) => pg.escapeIdentifier(word))
          .join(".");
        const where = `${pg.escapeIdentifier(key)}::text = $1`;
        gone += (await client.query(`delete from ${quoted} where ${where}`, [value])).rowCount ?? 0;
      }
    await client.query("commit");
    return gone;
  } catch (error) {
    await client.query("rollback").catch(() => {}); // The first error says what happened.
    throw error;
  }
}
