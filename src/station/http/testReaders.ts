import type { ReaderRow, ReadersOverview } from "../service/recordsTypes.ts";
import type { TestAmount } from "./testTrafficData.ts";

const COUNTS: Record<TestAmount, number> = { none: 0, usual: 14, much: 140, "no-cut": 14, "no-gate": 0 };

/** Readers hour by hour: quiet nights, busy afternoons, and one who reads all she may. */
export function testReaders(now: Date, hours: number, amount: TestAmount): ReadersOverview {
  const first = Math.floor(now.getTime() / 3_600_000) * 3_600_000 - (hours - 1) * 3_600_000;
  const starts = Array.from({ length: hours }, (_, place) =>
    new Date(first + place * 3_600_000).toISOString(),
  );
  return {
    gate: amount !== "no-gate",
    shadow: false,
    hours: starts,
    readers: Array.from({ length: COUNTS[amount] }, (_, place) => readerOf(place, starts)),
    record: {
      files: amount === "none" ? 0 : 412,
      rows: 1_204_512,
      bytes: 88_000_000,
      since: amount === "none" ? null : "2026-01-04T00:00:00.000Z",
      retentionDays: 1_095,
    },
  };
}

function readerOf(place: number, hours: readonly string[]): ReaderRow {
  const service = place === 2;
  const loud = place === 0;
  const customers = hours.map((at, hour) => {
    const local = (new Date(at).getUTCHours() + 9) % 24;
    const busy = service || (local >= 9 && local < 18);
    return busy ? (place * 7 + hour * 13) % (service ? 90 : 38) : 0;
  });
  if (loud) customers.splice(-2, 2, 61, 100);
  const person = service ? "bi-report" : loud ? "operator-09" : `operator-${String(place + 10)}`;
  return {
    person,
    email: service ? null : `${person}@agency.example`,
    group: service ? "reports" : "operators",
    service,
    budget: service ? { hour: null, day: 2_000, statement: null } : { hour: 100, day: 500, statement: null },
    inHour: loud ? 100 : (customers.at(-1) ?? 0),
    inDay: customers.slice(-24).reduce((sum, count) => sum + count, 0),
    lastAt: hours.at(-1) ?? "",
    customers,
    statements: customers.length * 3,
    bytes: customers.reduce((sum, count) => sum + count * 400, 0),
    usual: place === 5 ? null : 18,
    alarms: loud ? 3 : service ? 1 : 0,
  };
}
