import { whoRead, type AccessPlace } from "../../gates/records/access/query.ts";
import { readCanaries } from "../../gates/records/canary/canaryFile.ts";
import type { Keyring } from "../../ledger/keyring.ts";
import type { AskRecord } from "./recordsService.ts";
import type { CanariesView, CustomerView } from "./recordsTypes.ts";

const limits = { readingsShown: 500 } as const;

/** Asks the record of readings in a data folder who read a customer. */
export function askRecordIn(place: AccessPlace): AskRecord {
  return async (customer, { since, until }) => {
    const span = {
      ...(since === null ? {} : { since: Date.parse(since) }),
      ...(until === null ? {} : { until: Date.parse(until) }),
    };
    const { reads, more, keyless } = await whoRead(place, customer, span);
    const persons = [...Map.groupBy(reads, ({ person }) => person)].map(([person, own]) => ({
      person,
      readings: own.length,
      firstAt: momentOf(Math.min(...own.map(({ firstAt }) => firstAt))),
      lastAt: momentOf(Math.max(...own.map(({ lastAt }) => lastAt))),
    }));
    const readings = reads
      .slice(0, limits.readingsShown)
      .map(({ lastAt, person, client, application, statement, touches, purpose }) => ({
        at: momentOf(lastAt),
        person,
        client,
        application,
        statement,
        touches,
        purpose,
      }));
    const cut = more || reads.length > readings.length;
    return { persons, readings, keyless: keyless.statements, more: cut } satisfies CustomerView;
  };
}

/** How many canaries stand in each table. */
export async function countCanaries(dataFolder: string, keyring: Keyring): Promise<CanariesView["planted"]> {
  const tables = readCanaries(dataFolder, keyring).flatMap(({ rows }) => rows.map(({ table }) => table));
  const byTable = Map.groupBy(tables, (table) => table);
  return [...byTable].map(([table, all]) => ({ table, count: all.length }));
}

function momentOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
