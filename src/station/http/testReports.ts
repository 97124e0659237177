import { makeEntry } from "../../ledger/draft.ts";
import type { Person } from "../services.ts";
import type { TestServices } from "./testServices.ts";

/** Whoever is not the person at the page: a second one, for what needs two. */
export const jiro: Person = { id: "jiro", name: "鈴木 次郎", email: "jiro@example.com", roles: ["approver"] };

const at = { happenedAt: "2016-03-21T00:00:00Z", knownAt: "2016-03-29T01:00:00Z" };

/** An incident of which something is known, something not, and one thing in two ways. */
export async function openCase(services: TestServices): Promise<string> {
  const incident = await services.incidentRoom.open("販売サーバーからの情報流出", jiro.id);
  const claims = [
    { fact: "knew", value: "2016-05-13", source: "調査会社の総括" },
    { fact: "improper-purpose", value: true, source: "調査会社の報告" },
    { fact: "we-process-for-others", value: false, source: "法務" },
    { fact: "high-grade-encryption", value: false, source: "情報システム部" },
    { fact: "persons", value: 7_930_000, source: "復元データの件数" },
    { fact: "persons", value: 6_788_334, source: "重複を除いた集計" },
  ] as const;
  for (const claim of claims) {
    await services.incidents.claim(incident, { ...claim, bound: false, replaces: null }, jiro);
  }
  await services.room.note(
    incident,
    "event",
    { data: at, text: { what: "サーバーにファイルが作られ、消された", knownTo: "調査会社" } },
    jiro,
  );
  const outline = { ja: "サーバーから情報が流出した。", en: "Data left a server." };
  await services.reports.passage(
    incident,
    { topic: "outline", partner: null, replaces: null, text: outline },
    jiro,
  );
  return incident;
}

/** A result of the scope that was handed over, as its last step leaves it in the ledger. */
export function handOver(services: TestServices): void {
  const persons = { fewest: 6_788_334, most: 6_788_334 };
  const data = { persons, records: 7_930_000, countedAt: "2016-06-24", files: [] };
  const draft = { kind: "observed" as const, code: "scope-handed-over", about: {}, data };
  const entry = makeEntry(draft, { by: "scope", now: Temporal.Now.instant() });
  services.rows.push({ index: services.rows.length, entry });
}

const long = `${"とても長い説明が続く".repeat(20)} ${"x".repeat(240)}`;

/** Far more than a page should have to hold. */
export async function overfill(services: TestServices, incident: string): Promise<void> {
  const { choices } = await services.reports.list(incident);
  for (const { code } of choices.topics) {
    for (const partner of [null, "a".repeat(64)]) {
      const text = { ja: long, en: long };
      await services.reports.passage(incident, { topic: code, partner, replaces: null, text }, jiro);
    }
  }
  for (let one = 0; one < 40; one += 1) {
    const text = { what: long, knownTo: long.slice(0, 390) };
    await services.room.note(incident, "event", { data: at, text }, jiro);
    const claim = { fact: "persons", value: one, bound: false, source: long, replaces: null } as const;
    await services.incidents.claim(incident, claim, jiro);
  }
  const { passages } = await services.reports.list(incident);
  for (const { id } of passages.slice(0, 12))
    await services.reports.allowPublic(incident, { entry: id, allowed: true, reason: long }, jiro);
  for (let one = 0; one < 12; one += 1)
    await services.reports.draft(incident, { kind: "partner", partner: "a".repeat(64) }, jiro);
}
