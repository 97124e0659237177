import { sql } from "kysely";
import type { NoticeLanguage } from "../items.ts";
import { limits as listLimits } from "../list/importList.ts";
import { readPerson, type ListedPerson, type Profile } from "../list/person.ts";
import { sealContext, type Campaign, type NoticeRoom } from "../store/campaign.ts";

/** A notice that this run alone may send. */
export type Leased = {
  number: number;
  step: 1 | 2;
  attempts: number;
  lane: number;
  seed: number;
  person: ListedPerson;
  profile: Profile;
  language: NoticeLanguage;
};

type Row = {
  number: number;
  step: number;
  attempts: number;
  lane: number;
  seed: number;
  person: string;
  sealed: Uint8Array;
  profile: Profile;
  language: NoticeLanguage;
};

/** Leases up to `room[lane]` due notices of each lane and at most `most` in all, the longest due first. */
export async function lease(
  place: Pick<NoticeRoom, "db" | "now">,
  campaign: Campaign,
  options: { run: number; room: ReadonlyMap<number, number>; most: number },
): Promise<Leased[]> {
  const wanted = JSON.stringify([...options.room].map(([lane, most]) => ({ lane, most })));
  const { rows } = await sql<Row>`
    with due as (
      select d.number from json_to_recordset(${wanted}::json) as w(lane smallint, most integer),
        lateral (select number from notice_send
          where campaign = ${campaign.id} and lane = w.lane and state = 'queued'
            and next_at <= ${place.now().toString()}::timestamptz
          order by next_at, number limit w.most for update skip locked) d
      limit ${options.most}),
    mine as (
      update notice_send s set state = 'leased', run = ${options.run} from due where s.number = due.number
      returning s.number, s.step, s.attempts, s.lane, s.seed, s.grp)
    select m.number, m.step, m.attempts, m.lane, m.seed, p.person, p.sealed, g.profile, g.language
    from mine m join notice_person p on p.number = m.number
      join notice_group g on g.campaign = ${campaign.id} and g.number = m.grp
    order by m.number`.execute(place.db);
  return rows.map(({ person, sealed, number, step, ...row }) => ({
    ...row,
    number: Number(number),
    step: step as 1 | 2,
    person: readPerson(campaign.keys.open(sealed, sealContext(campaign, person))),
  }));
}

export const allLanes: readonly number[] = Array.from({ length: listLimits.lanes }, (_, lane) => lane);

/**
 * Marks leased notices as being handed over, before the first byte of any of them is sent: whoever finds
 * them so later knows that they may have arrived. Gives the numbers that may go: those that are still this
 * run's, in a campaign that is still being sent.
 */
export async function markHanding(
  place: Pick<NoticeRoom, "db">,
  campaign: Campaign,
  options: { run: number; notices: readonly { number: number; hash: string; second: number }[] },
): Promise<Set<number>> {
  const { rows } = await sql<{ number: number }>`
    update notice_send s set state = 'handing', hash = decode(r.hash, 'hex'), at = to_timestamp(r.second)
    from json_to_recordset(${JSON.stringify(options.notices)}::json)
      as r(number bigint, hash text, second bigint)
    where s.number = r.number and s.run = ${options.run} and s.state = 'leased'
      and exists (select 1 from notice_campaign where id = ${campaign.id} and state = 'sending')
    returning s.number`.execute(place.db);
  return new Set(rows.map(({ number }) => Number(number)));
}

/** Gives back what this run leased and has not begun. */
export async function giveBack(
  place: Pick<NoticeRoom, "db">,
  run: number,
  numbers: readonly number[] | null,
): Promise<void> {
  if (numbers === null) {
    await sql`update notice_send set state = 'queued', run = null
      where run = ${run} and state = 'leased'`.execute(place.db);
  } else if (numbers.length > 0) {
    await sql`update notice_send set state = 'queued', run = null, hash = null, at = null
      where run = ${run} and state in ('leased', 'handing')
        and number in (select value::bigint from json_array_elements_text(${JSON.stringify(numbers)}::json))
    `.execute(place.db);
  }
}
