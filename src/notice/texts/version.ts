import { sql } from "kysely";
import { realDisk } from "../../lib/disk.ts";
import { SekishoError } from "../../lib/error.ts";
import { fingerprintOf, openDkimKeys, type DkimKey } from "../compose/dkim.ts";
import type { NoticeLanguage } from "../items.ts";
import type { Profile } from "../list/person.ts";
import type { NoticeSettings } from "../settings.ts";
import type { Campaign, NoticeRoom } from "../store/campaign.ts";
import type { TextProblem } from "./lint.ts";
import { readTexts, versionOf, type TextBody } from "./textFolder.ts";

/** A group of a campaign with how many persons it has. */
export type GroupCount = {
  number: number;
  profile: Profile;
  language: NoticeLanguage;
  persons: number;
  /** Of these, to whom nothing is sent. */
  withheld: number;
};

/** The groups of a campaign. Samples of our own are not counted. */
export async function countGroups(room: Pick<NoticeRoom, "db">, campaign: Campaign): Promise<GroupCount[]> {
  const { rows } = await sql<GroupCount>`
    select g.number, g.profile, g.language, count(s.number)::integer as persons,
      count(*) filter (where s.state = 'withheld')::integer as withheld
    from notice_group g join notice_send s on s.campaign = g.campaign and s.grp = g.number and s.seed = 0
    where g.campaign = ${campaign.id} group by g.number, g.profile, g.language
    order by g.profile, g.language`.execute(room.db);
  return rows;
}

export const dkimFolder = (room: Pick<NoticeRoom, "folder">): string => `${room.folder}/keys/notice`;

export function openKeys(room: Pick<NoticeRoom, "folder">, settings: NoticeSettings): Promise<DkimKey[]> {
  return openDkimKeys(realDisk, dkimFolder(room), settings.dkim);
}

export type Version = { version: string; body: TextBody; problems: TextProblem[]; groups: GroupCount[] };

/** The version that the texts folder makes now, with all that keeps it from being sent. Writes nothing. */
export async function makeVersion(
  room: NoticeRoom,
  campaign: Campaign,
  options: { settings: NoticeSettings; folder: string; dkim: readonly DkimKey[] },
): Promise<Version> {
  const { settings, folder, dkim } = options;
  const groups = await countGroups(room, campaign);
  const written = groups.filter(({ persons, withheld }) => persons > withheld);
  const senders = settings.senders.map(({ address }) => address);
  const { texts, values, problems } = readTexts(folder, written, senders);
  const [rsa, ed25519] = dkim.map(fingerprintOf);
  const body: TextBody = {
    texts,
    values,
    senders: settings.senders,
    bounceDomain: settings.bounceDomain,
    dkim: { domain: settings.dkim.domain, rsa: rsa ?? "", ed25519: ed25519 ?? null },
  };
  return { version: versionOf(body), body, problems, groups };
}

/** Keeps a version, so that what was sent can be made anew. */
export async function keepVersion(
  room: Pick<NoticeRoom, "db">,
  campaign: Campaign,
  { version, body }: Pick<Version, "version" | "body">,
): Promise<void> {
  await room.db
    .insertInto("notice_text")
    .values({ campaign: campaign.id, version, body: JSON.stringify(body) })
    .onConflict((conflict) => conflict.columns(["campaign", "version"]).doNothing())
    .execute();
}

/** A version that was kept. Throws not-found, and evidence-malformed where it is not what its name says. */
export async function getVersion(
  room: Pick<NoticeRoom, "db">,
  campaign: Pick<Campaign, "id">,
  version: string,
): Promise<TextBody> {
  const row = (await room.db
    .selectFrom("notice_text")
    .select("body")
    .where("campaign", "=", campaign.id)
    .where("version", "=", version)
    .executeTakeFirst()) as { body: string } | undefined;
  if (row === undefined) {
    throw new SekishoError("not-found", `Cannot find version ${version.slice(0, 16)} of the texts`, {
      hint: "it is not in this store: name the data folder that sent it",
    });
  }
  const body = JSON.parse(row.body) as TextBody;
  if (versionOf(body) === version) return body;
  throw new SekishoError("evidence-malformed", `Cannot use version ${version.slice(0, 16)} of the texts`, {
    hint: "the store was changed by hand; restore it from its backup",
  });
}
