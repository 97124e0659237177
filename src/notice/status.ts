import { sql } from "kysely";
import { releasesOf, type Release } from "./release.ts";
import { refusalContext } from "./send/settle.ts";
import type { Campaign, CampaignState, NoticeRoom } from "./store/campaign.ts";
import { countGroups } from "./texts/version.ts";

export type Refusals = { domain: string; status: string; count: number };
export type CampaignStatus = {
  campaign: string;
  state: CampaignState;
  list: number;
  persons: number;
  /** Persons by state and channel: "sent 1" is sent to the first address. */
  states: Record<string, number>;
  groups: { group: string; persons: number }[];
  releases: Pick<Release, "person" | "at" | "authenticated">[];
  textVersion: string | null;
  /** What is tried again later, and when the first of it is due. */
  later: number;
  nextAt: string | null;
  refusals: Refusals[];
  bounces: Record<string, number>;
};

const refusalsMax = 30;

/** Where a campaign is: everyone counted once. */
export async function statusOfCampaign(room: NoticeRoom, campaign: Campaign): Promise<CampaignStatus> {
  const { id, textVersion } = campaign;
  const states = await sql<{ state: string; step: number; count: number }>`
    select state, step, count(*)::integer as count from notice_send
    where campaign = ${id} and seed = 0 group by state, step order by state, step`.execute(room.db);
  const later = await sql<{ count: number; next: Date | null }>`
    select count(*)::integer as count, min(next_at) as next from notice_send
    where campaign = ${id} and state = 'queued' and next_at > ${room.now().toString()}::timestamptz
  `.execute(room.db);
  const bounces = await sql<{ kind: string; count: number }>`
    select kind, count(*)::integer as count from notice_bounce where campaign in (${id}, 0)
    group by kind order by kind`.execute(room.db);
  const groups = await countGroups(room, campaign);
  return {
    campaign: campaign.name,
    state: campaign.state,
    list: campaign.list,
    persons: states.rows.reduce((sum, { count }) => sum + count, 0),
    states: Object.fromEntries(states.rows.map(({ state, step, count }) => [`${state} ${step}`, count])),
    groups: groups.map(({ profile, language, persons }) => ({ group: `${profile}.${language}`, persons })),
    releases: textVersion === null ? [] : await releasesOf(room, campaign, textVersion),
    textVersion,
    later: later.rows[0]?.count ?? 0,
    nextAt: later.rows[0]?.next?.toISOString() ?? null,
    refusals: await refusalsOf(room, campaign),
    bounces: Object.fromEntries(bounces.rows.map(({ kind, count }) => [kind, count])),
  };
}

/** The domains that refused most, with their statuses. */
export async function refusalsOf(room: NoticeRoom, campaign: Campaign): Promise<Refusals[]> {
  const { rows } = await sql<{ sealed: Uint8Array; status: string; count: number }>`
    select domain_sealed as sealed, status, count from notice_refusal where campaign = ${campaign.id}
    order by count desc limit ${refusalsMax}`.execute(room.db);
  return rows.map(({ sealed, status, count }) => ({
    domain: campaign.keys.open(sealed, refusalContext(campaign)),
    ...{ status, count },
  }));
}
