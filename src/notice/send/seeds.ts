import { sql } from "kysely";
import { laneOf } from "../list/importList.ts";
import { foldEmail, mailboxOf, printPerson, type ListedPerson, type Profile } from "../list/person.ts";
import type { NoticeLanguage } from "../items.ts";
import { sealContext, type Campaign, type NoticeRoom } from "../store/campaign.ts";

/** A person who does not exist, for samples in each language. */
export function samplePerson(email: string, profile: Profile, language: NoticeLanguage): ListedPerson {
  const has = (part: string): boolean => profile.split("-").includes(part);
  const name = { ja: "見本 花子", en: "Sample Reader", "zh-Hans": "样本", "zh-Hant": "樣本", ko: "견본" };
  return {
    id: "sample",
    name: name[language],
    languages: [language],
    emails: [email],
    ...{ postalCode: "", address: "", phones: [], customers: [], birth: "" },
    items: has("passport") ? ["name", "birth-date", "email", "passport"] : ["name", "birth-date", "email"],
    partner: has("partner") ? "Sample Partner" : "",
    validPassport: has("passport"),
    minor: has("minor"),
    withheld: "",
  };
}

/** Positions in a campaign: before all, after half, after all. */
const places = [1, 2, 3] as const;

type Group = { number: number; profile: Profile; language: NoticeLanguage };

/** Adds a sample of each group's text for each seed address and place, once. */
export async function addSeeds(
  room: NoticeRoom,
  campaign: Campaign,
  addresses: readonly string[],
): Promise<void> {
  const groups = (await room.db
    .selectFrom("notice_group")
    .select(["number", "profile", "language"])
    .where("campaign", "=", campaign.id)
    .execute()) as Group[];
  const rows = addresses.flatMap((address, at) =>
    groups.flatMap((group) => places.map((place) => seedRow(campaign, { address, at, group, place }))),
  );
  if (rows.length === 0) return;
  await sql`
    with given as (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as r(person text, digest text,
        sealed text, grp integer, lane smallint, seed smallint)),
    person as (
      insert into notice_person (campaign, person, digest, sealed)
      select ${campaign.id}, person, decode(digest, 'hex'), decode(sealed, 'base64') from given
      on conflict (campaign, person) do nothing returning number, person)
    insert into notice_send (number, campaign, grp, lane, state, step, next_at, seed)
    select person.number, ${campaign.id}, grp, lane, 'waiting', 1, timestamptz '1999-01-01 00:00Z', seed
    from person join given using (person)`.execute(room.db);
}

function seedRow(
  campaign: Campaign,
  { address, at, group, place }: { address: string; at: number; group: Group; place: number },
): object {
  const id = `seed:${at}:${group.number}:${place}`;
  const text = printPerson({ ...samplePerson(address, group.profile, group.language), id });
  const domain = mailboxOf(address)?.domain ?? "";
  return {
    person: id,
    digest: campaign.keys.digestOf(text),
    sealed: campaign.keys.seal(text, sealContext(campaign, id)).toString("base64"),
    grp: group.number,
    lane: laneOf(campaign.keys.indexOf("domain", foldEmail(domain))),
    seed: place,
  };
}

/** Queues the samples whose place has come; true where any has. The last ones come when all else is sent. */
export async function queueSeeds(
  room: NoticeRoom,
  campaign: Campaign,
  place: 1 | 2 | 3 = 3,
): Promise<boolean> {
  const { numAffectedRows } = await sql`update notice_send set state = 'queued'
    where campaign = ${campaign.id} and state = 'waiting' and seed <= ${place}
      and (${place} < 3 or not exists (select 1 from notice_send
        where campaign = ${campaign.id} and state = 'queued'))`.execute(room.db);
  return Number(numAffectedRows ?? 0) > 0;
}
