import { sql } from "kysely";
import { SekishoError } from "../lib/error.ts";
import { stepAfter } from "./list/listRow.ts";
import { readPerson } from "./list/person.ts";
import { sealContext, type Campaign, type NoticeRoom } from "./store/campaign.ts";

/** What a person may order for notices of which nobody knows whether they arrived. */
export const DOUBT_RULES = ["count-as-sent", "send-again", "letter"] as const;
export type DoubtRule = (typeof DOUBT_RULES)[number];

export type Doubtful = { person: string; step: number; at: Date; why: string };

type Row = { number: number; person: string; sealed: Uint8Array; step: number; at: Date; why: string };

const pageRows = 1_000;

async function page(room: NoticeRoom, campaign: Campaign, after: number): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select s.number, p.person, p.sealed, s.step, s.at, coalesce(s.answer, '') as why
    from notice_send s join notice_person p using (number)
    where s.campaign = ${campaign.id} and s.state = 'doubt' and s.number > ${after}
    order by s.number limit ${pageRows}`.execute(room.db);
  return rows;
}

/** Everyone whose notice is in doubt, in the order of the list. */
export async function* listDoubt(room: NoticeRoom, campaign: Campaign): AsyncGenerator<Doubtful> {
  for (let after = 0; ;) {
    const rows = await page(room, campaign, after);
    for (const { person, step, at, why } of rows) yield { person, step, at, why };
    const last = rows.at(-1);
    if (last === undefined) return;
    after = Number(last.number);
  }
}

/**
 * Ends doubt by a rule that a named person chose, for everyone or for some: count it as sent; send it again,
 * which may arrive twice; or write a letter. On record before it takes effect. Gives how many.
 */
export async function resolveDoubt(
  room: NoticeRoom,
  campaign: Campaign,
  order: { rule: DoubtRule; by: string; reason: string; persons: readonly string[] | null },
): Promise<number> {
  const { rule, by, reason, persons } = order;
  if (by.trim() === "" || reason.trim() === "") {
    throw new SekishoError("usage", "Cannot resolve doubt without a name and a reason", {
      hint: 'say both: --as "Hanako Sato" --reason "…"',
    });
  }
  await room.record({
    kind: "decided",
    code: "notice-doubt-resolved",
    about: { campaign: campaign.name, person: by.trim().slice(0, 256), rule },
    evidence: [await room.evidence.put(Buffer.from(reason, "utf8"))],
    data: { rule, persons: persons === null ? "all" : persons.length },
  });
  const wanted = persons === null ? null : new Set(persons);
  let resolved = 0;
  for (let after = 0; ;) {
    const rows = await page(room, campaign, after);
    const own = rows.filter(({ person }) => wanted === null || wanted.has(person));
    if (own.length > 0) resolved += await resolveRows(room, campaign, { rule, rows: own });
    const last = rows.at(-1);
    if (last === undefined) return resolved;
    after = Number(last.number);
  }
}

async function resolveRows(
  room: NoticeRoom,
  campaign: Campaign,
  { rule, rows }: { rule: DoubtRule; rows: readonly Row[] },
): Promise<number> {
  const now = room.now().toString();
  const after = rows.map(({ number, person, sealed, step }) => {
    if (rule === "count-as-sent") return { number: String(number), state: "sent", step };
    if (rule === "send-again") return { number: String(number), state: "queued", step };
    const read = readPerson(campaign.keys.open(sealed, sealContext(campaign, person)));
    return { number: String(number), ...stepAfter(read, 2) };
  });
  // The mail that is in doubt stays among the tries, with its proof; the row forgets it unless it counts.
  const kept = rule === "count-as-sent";
  const { numAffectedRows } = await sql`
    update notice_send s set state = r.state, step = r.step, attempts = 0, next_at = ${now}::timestamptz,
      batch = case when ${kept} then s.batch end, hash = case when ${kept} then s.hash end,
      at = case when ${kept} then s.at end
    from json_to_recordset(${JSON.stringify(after)}::json) as r(number bigint, state text, step smallint)
    where s.number = r.number and s.state = 'doubt'`.execute(room.db);
  return Number(numAffectedRows ?? 0);
}
