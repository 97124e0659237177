import { SekishoError } from "../lib/error.ts";
import type { EntryId } from "../ledger/entry.ts";
import { setCampaign, type Campaign, type NoticeRoom } from "./store/campaign.ts";
import { keepVersion, type Version } from "./texts/version.ts";

export type Release = { person: string; at: Date; entry: EntryId; place: number; authenticated: boolean };

/** Who has released this very version of the texts for this very list. */
export async function releasesOf(
  room: Pick<NoticeRoom, "db">,
  campaign: Pick<Campaign, "id" | "list">,
  version: string,
): Promise<Release[]> {
  return (await room.db
    .selectFrom("notice_release")
    .select(["person", "at", "entry", "place", "authenticated"])
    .where("campaign", "=", campaign.id)
    .where("text_version", "=", version)
    .where("list", "=", campaign.list)
    .orderBy("at")
    .execute()) as Release[];
}

/**
 * One of the two releases that a campaign needs: by a named person, of these texts, for this list. The second
 * one by another person releases it. `authenticated` says whether the name was proven (the station's
 * passkeys) or only given (the command line).
 */
export async function releaseCampaign(
  room: NoticeRoom,
  campaign: Campaign,
  options: { version: Version; by: string; authenticated: boolean },
): Promise<{ releases: Release[]; released: boolean }> {
  const { version, authenticated } = options;
  const by = options.by.normalize("NFKC").trim().replace(/\s+/gu, " ");
  if (by === "" || by.length > 200) {
    throw new SekishoError("usage", "Cannot release without a name", {
      hint: 'say who releases: --as "Hanako Sato"',
    });
  }
  if (version.problems.length > 0) {
    throw new SekishoError(
      "not-permitted",
      `Cannot release: ${version.problems.length} rules are broken in the texts`,
      { hint: "see them with: sekisho notice lint" },
    );
  }
  if (version.groups.length === 0) {
    throw new SekishoError("not-found", "Cannot release: the campaign has no persons", {
      hint: "import a list first: sekisho notice import FILE",
    });
  }
  if (campaign.state === "sending") {
    throw new SekishoError("conflict", "Cannot release a campaign that is being sent", {
      hint: "pause it first: sekisho notice pause",
    });
  }
  const before = await releasesOf(room, campaign, version.version);
  const fold = (name: string): string => name.toLowerCase().replace(/\s/gu, "");
  if (before.some(({ person }) => fold(person) === fold(by))) {
    throw new SekishoError("not-permitted", "Cannot release: the same person has released it already", {
      hint: "a second person has to look at it and release it",
    });
  }
  await keepVersion(room, campaign, version);
  const release = await record(room, campaign, { version, by, authenticated, before });
  const releases = [...before, release];
  const released = releases.length >= 2;
  if (released)
    await setCampaign(room, campaign, {
      state: "released",
      text_version: version.version,
      release_entry: release.entry,
    });
  return { releases, released };
}

async function record(
  room: NoticeRoom,
  campaign: Campaign,
  given: { version: Version; by: string; authenticated: boolean; before: readonly Release[] },
): Promise<Release> {
  const { version, by, authenticated, before } = given;
  const { entry, place } = await room.record({
    kind: "decided",
    code: "notice-released",
    about: { campaign: campaign.name, person: by, texts: version.version },
    rests: before.map((one) => one.entry),
    data: {
      texts: version.version,
      list: campaign.list,
      release: before.length + 1,
      authenticated,
      groups: version.groups.map(({ profile, language, persons, withheld }) => ({
        ...{ profile, language, persons, withheld },
      })),
    },
  });
  const at = room.now();
  await room.db
    .insertInto("notice_release")
    .values({
      campaign: campaign.id,
      text_version: version.version,
      list: campaign.list,
      person: by,
      authenticated,
      at: at.toString(),
      entry: entry.id,
      place,
    })
    .execute();
  return { person: by, at: new Date(at.epochMilliseconds), entry: entry.id, place, authenticated };
}
