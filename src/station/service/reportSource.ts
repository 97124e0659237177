import type { Kysely } from "kysely";
import type { Entry } from "../../ledger/entry.ts";
import { limits, type CaseSource } from "../../report/collectCase.ts";
import type { ReportSource } from "./reportService.ts";
import type { CaseRow } from "../../report/material.ts";
import type { LedgerIndex } from "../ledgerIndex.ts";

/** Looks an incident's entries up in the station's index, which it waits for. */
export function reportSourceOf(db: Kysely<any>, index: LedgerIndex): ReportSource {
  const rowsOf = async (query: any): Promise<CaseRow[]> => {
    const rows = (await query.orderBy("index").limit(limits.rowsMax).execute()) as Stored[];
    return rows.map((row) => ({ index: Number(row.index), entry: JSON.parse(row.entry) as Entry }));
  };
  const entries = () => db.selectFrom("ledger_entry").select(["index", "entry"]);
  const source: CaseSource = {
    about: (key, value) => {
      const inAbout = db
        .selectFrom("ledger_about")
        .select("index")
        .where("key", "=", key)
        .where("value", "=", value);
      return rowsOf(entries().where("index", "in", inAbout));
    },
    byId: async (ids) =>
      ids.length === 0 ? [] : inParts(ids, (part) => rowsOf(entries().where("id", "in", part))),
    async restingOn(ids) {
      const found = new Map<string, CaseRow>();
      let level: readonly string[] = ids;
      for (let depth = 0; depth < limits.depthMax && level.length > 0; depth += 1) {
        const rows = await inParts(level, (part) => {
          const resting = db.selectFrom("ledger_rest").select("index").where("rests_on", "in", part);
          return rowsOf(entries().where("index", "in", resting));
        });
        const fresh = rows.filter(({ entry }) => !found.has(entry.id));
        for (const row of fresh) if (found.size < limits.actsMax) found.set(row.entry.id, row);
        level = fresh.map(({ entry }) => entry.id);
      }
      return [...found.values()];
    },
    size: async () => index.indexed,
  };
  return {
    ...source,
    async settled() {
      await index.settled();
    },
  };
}

type Stored = { index: number | bigint; entry: string };
const partMax = 1_000;

/** PostgreSQL takes no more parameters than a 16-bit number says. */
async function inParts(
  ids: readonly string[],
  read: (part: string[]) => Promise<CaseRow[]>,
): Promise<CaseRow[]> {
  const uuids = ids.filter((id) => /^[0-9a-f-]{36}$/.test(id));
  const rows: CaseRow[] = [];
  for (let at = 0; at < uuids.length; at += partMax)
    rows.push(...(await read(uuids.slice(at, at + partMax))));
  return rows;
}
