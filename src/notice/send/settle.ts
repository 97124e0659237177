import { sql } from "kysely";
import { stepAfter } from "../list/listRow.ts";
import { laneOf } from "../list/importList.ts";
import { mailboxOf } from "../list/person.ts";
import type { Campaign, NoticeRoom, NoticeState } from "../store/campaign.ts";
import type { NoticeSettings } from "../settings.ts";
import type { Answer } from "./journal.ts";
import type { Leased } from "./lease.ts";

/** However often it was tried: once a day. */
const waitMsMax = 24 * 3_600_000;

/** One notice with what became of it. */
export type Settled = { leased: Leased; domain: string; answer: Answer; batch: string | null };

/** What follows for the person: the row as it is from now on. */
type After = {
  number: number;
  state: NoticeState;
  step: number;
  attempts: number;
  lane: number;
  next: number;
  status: string;
  text: string;
  batch: string | null;
  /** Whether this try is kept as one that did not bring the notice. */
  tried: string | null;
  tried_step: number;
};

/**
 * Whether an answer ends this channel. 5.7.x says that the server does not want *us*: that is no fault of the
 * address, so it is tried again like a refusal that may pass, and counts after the last try only.
 */
export function isFinal({ attempts }: Leased, answer: Answer, retry: NoticeSettings["retry"]): boolean {
  const passes = answer.outcome === "deferred" || answer.status.startsWith("5.7.");
  return !passes || attempts + 1 >= retry.attemptsMax;
}

/**
 * What follows from an answer. A refusal for good leads to the next channel; one that may pass to another try
 * later, and after the last to the next channel.
 */
export function followUp(
  { leased, answer, batch }: Settled,
  context: { retry: NoticeSettings["retry"]; now: number; laneOf: (domain: string) => number },
): After {
  const { number, step, lane, person } = leased;
  const attempts = leased.attempts + 1;
  const kept = { number, status: answer.status, text: answer.text, tried_step: step };
  if (answer.outcome === "sent" || answer.outcome === "doubt") {
    const state = answer.outcome === "sent" ? "sent" : "doubt";
    const tried = state === "doubt" ? "doubt" : null;
    return { ...kept, state, step, attempts, lane, next: 0, batch, tried };
  }
  if (!isFinal(leased, answer, context.retry)) {
    const wait = context.retry.firstMinutes * 60_000 * 2 ** (attempts - 1);
    const next = context.now + Math.min(wait, waitMsMax);
    return { ...kept, state: "queued", step, attempts, lane, next, batch: null, tried: null };
  }
  const seed = leased.seed > 0;
  const after = seed ? { step: 4 as const, state: "substitute" as const } : stepAfter(person, step);
  const domain = after.step === 2 ? (mailboxOf(person.emails[1] ?? "")?.domain ?? "") : "";
  return {
    ...kept,
    ...after,
    attempts: 0,
    lane: after.step === 2 ? context.laneOf(domain) : lane,
    next: context.now,
    batch: null,
    tried: answer.outcome === "deferred" ? "given-up" : "refused",
  };
}

/** Writes what became of notices, what was tried in vain, and the count of refusals by domain: at once. */
export async function settle(
  place: Pick<NoticeRoom, "db" | "now">,
  campaign: Campaign,
  options: { run: number; settled: readonly Settled[]; retry: NoticeSettings["retry"] },
): Promise<void> {
  const { run, settled, retry } = options;
  if (settled.length === 0) return;
  const now = place.now().epochMilliseconds;
  const lane = (domain: string): number => laneOf(campaign.keys.indexOf("domain", domain));
  const rows = settled.map((one) => ({
    ...followUp(one, { retry, now, laneOf: lane }),
    batch_of_try: one.batch,
  }));
  const refusals = JSON.stringify(refusalsOf(campaign, settled));
  await sql`
    with given as (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as r(number bigint, state text,
        step smallint, attempts smallint, lane smallint, next double precision, status text, text text,
        batch uuid, tried text, tried_step smallint, batch_of_try uuid)),
    before as (
      select s.number, s.at, s.hash from notice_send s join given using (number)
      where s.run = ${run} and s.state = 'handing'),
    changed as (
      update notice_send s set state = g.state, step = g.step, attempts = g.attempts, lane = g.lane,
        next_at = to_timestamp(g.next / 1000), answer = g.text, batch = g.batch, run = null,
        hash = case when g.batch is null then null else s.hash end,
        at = case when g.batch is null then null else s.at end
      from given g where s.number = g.number and s.run = ${run} and s.state = 'handing'
      returning s.number),
    tried as (
      insert into notice_try (number, campaign, step, outcome, status, answer, at, hash, batch)
      select g.number, ${campaign.id}, g.tried_step, g.tried, g.status, g.text, b.at, b.hash, g.batch_of_try
      from given g join before b using (number) where g.tried is not null)
    insert into notice_refusal (campaign, domain_key, domain_sealed, status, count)
    select ${campaign.id}, domain::bigint, decode(sealed, 'base64'), status, count
    from json_to_recordset(${refusals}::json) as r(domain text, sealed text, status text, count integer)
    on conflict (campaign, domain_key, status)
      do update set count = notice_refusal.count + excluded.count`.execute(place.db);
}

export const refusalContext = (campaign: Pick<Campaign, "name">): string => `${campaign.name} domain`;

function refusalsOf(campaign: Campaign, settled: readonly Settled[]): object[] {
  const counts = new Map<string, { domain: string; status: string; count: number }>();
  for (const { domain, answer } of settled) {
    if (answer.outcome === "sent") continue;
    const key = `${answer.status} ${domain}`;
    const one = counts.get(key) ?? { domain, status: answer.status, count: 0 };
    one.count += 1;
    counts.set(key, one);
  }
  return [...counts.values()].map(({ domain, status, count }) => ({
    domain: campaign.keys.indexOf("domain", domain),
    sealed: campaign.keys.seal(domain, refusalContext(campaign)).toString("base64"),
    status,
    count,
  }));
}
