import type { Said } from "../../../gate.ts";
import { findingOf, type Finding } from "../findings.ts";
import type { Inventory } from "../hosts.ts";
import type { Duck } from "../../../lib/openDuck.ts";
import { viewRecord } from "../record/readRecord.ts";
import { listFiles } from "../record/recordFiles.ts";
import { groupOf } from "./analyzeTraffic.ts";
import type { Intelligence } from "./intelligence.ts";

export const limits = { hitsMax: 10_000, sidesOfDayMax: 10_000 } as const;

type Hit = { src: string; dst: string; list: string; contacts: number; firstAt: number; lastAt: number };

/**
 * Every meeting of ours with an indicator in the whole record, the newest day first. One day at a time is in
 * memory, and of it only what was met: so the search of a year costs reading two columns of it.
 */
export async function findPastHits(
  duck: Duck,
  folder: string,
  given: { inventory: Inventory; intelligence: Intelligence },
): Promise<{ findings: Finding[]; days: number }> {
  const { inventory, intelligence } = given;
  if (intelligence.size === 0) return { findings: [], days: 0 };
  const days = [...new Set((await listFiles(folder)).map(({ hour }) => hour.slice(0, 10)))].sort().reverse();
  const hits = new Map<string, Hit>();
  for (const day of days) {
    const since = Date.parse(`${day}T00:00:00Z`) * 1_000;
    await viewRecord(duck, folder, { since, until: since + 86_400e6 });
    for (const hit of await hitsOfDay(duck, intelligence)) takeHit(hits, hit, inventory);
  }
  const findings = [...hits.values()].map((hit) => findingOfHit(hit, inventory));
  return { findings, days: days.length };
}

async function hitsOfDay(duck: Duck, intelligence: Intelligence): Promise<Hit[]> {
  const { addresses, networks, names } = intelligence;
  const lists = new Map<string, string>();
  const look = async (sql: string, listOf: (side: string) => string | null): Promise<void> => {
    for await (const rows of duck.stream<{ side: string }>(sql)) {
      for (const { side } of rows) {
        const list = listOf(side);
        if (list !== null && lists.size < limits.sidesOfDayMax) lists.set(side, list);
      }
    }
  };
  if (addresses.size + networks.length > 0) {
    const sides = "SELECT dst AS side FROM connection UNION SELECT src FROM connection";
    await look(sides, (side) => intelligence.ofAddress(side));
  }
  if (names.size > 0) {
    const sides = "SELECT host AS side FROM naming WHERE host IS NOT NULL UNION SELECT query FROM dns";
    await look(sides, (side) => intelligence.ofName(side));
  }
  return lists.size === 0 ? [] : gatherHits(duck, lists);
}

/** Who met them, and when. */
async function gatherHits(duck: Duck, lists: ReadonlyMap<string, string>): Promise<Hit[]> {
  await duck.run("CREATE OR REPLACE TABLE evil (side VARCHAR)");
  const appender = await duck.connection.createAppender("evil");
  for (const side of lists.keys()) {
    appender.appendVarchar(side);
    appender.endRow();
  }
  appender.closeSync();
  const when = `epoch_us(min(seen_at)) / 1e6 AS "firstAt", epoch_us(max(seen_at)) / 1e6 AS "lastAt",
    count(*)::INTEGER AS contacts`;
  const evil = "(SELECT side FROM evil)";
  const rows = await duck.rows<Omit<Hit, "list"> & { evil: string }>(`
    SELECT src, dst, dst AS evil, ${when} FROM connection WHERE dst IN ${evil} GROUP BY 1, 2
    UNION ALL SELECT src, dst, src, ${when} FROM connection WHERE src IN ${evil} GROUP BY 1, 2
    UNION ALL SELECT src, host, host, ${when} FROM naming WHERE host IN ${evil} GROUP BY 1, 2
    UNION ALL SELECT src, query, query, ${when} FROM dns WHERE query IN ${evil} GROUP BY 1, 2
    LIMIT ${limits.hitsMax}`);
  return rows.map(({ evil: side, ...row }) => ({ ...row, list: lists.get(side) ?? "" }));
}

function takeHit(hits: Map<string, Hit>, hit: Hit, inventory: Inventory): void {
  const outwards = inventory.sideOf(hit.src) === "internal";
  if (outwards === (inventory.sideOf(hit.dst) === "internal")) return;
  const [ours, other] = outwards ? [hit.src, hit.dst] : [hit.dst, hit.src];
  const key = `${ours} ${other}`;
  const known = hits.get(key);
  if (known === undefined) {
    if (hits.size < limits.hitsMax) hits.set(key, { ...hit, src: ours, dst: other });
    return;
  }
  known.contacts += hit.contacts;
  known.firstAt = Math.min(known.firstAt, hit.firstAt);
  known.lastAt = Math.max(known.lastAt, hit.lastAt);
}

function findingOfHit(hit: Hit, inventory: Inventory): Finding {
  const { src, dst, list, contacts } = hit;
  const say = (seconds: number): string => new Date(seconds * 1_000).toISOString();
  const [firstAt, lastAt] = [say(hit.firstAt), say(hit.lastAt)];
  const more: Said = {
    en: `It was found in the record when the list changed: ${contacts} times from ${firstAt} to ${lastAt}.`,
    ja: `一覧の更新後、記録の中から見つかりました。${firstAt}から${lastAt}まで${contacts}回です。`,
  };
  const figures = { list, contacts, firstAt, lastAt, past: true };
  const about = { src, dst, group: groupOf(src, dst), figures, more: [more] };
  return findingOf("intelligence-hit", about, { host: inventory.nameOf(src), destination: dst, list });
}
