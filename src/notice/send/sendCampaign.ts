import { hostname } from "node:os";
import type { EntryId } from "../../ledger/entry.ts";
import { SekishoError } from "../../lib/error.ts";
import { Composer } from "../compose/composer.ts";
import { fingerprintOf } from "../compose/dkim.ts";
import { releasesOf } from "../release.ts";
import type { NoticeSettings } from "../settings.ts";
import { getCampaign, setCampaign, type Campaign, type NoticeRoom } from "../store/campaign.ts";
import { getVersion, openKeys } from "../texts/version.ts";
import { addSeeds } from "./seeds.ts";
import { Sender, type SendEnd } from "./sender.ts";

export type SendOptions = {
  settings: NoticeSettings;
  timeZone: string;
  once?: boolean;
  onProblem?: (problem: string) => void;
  /** Gets the sender when it begins, to show what it does. */
  onStart?: (sender: Sender) => void;
};

/**
 * Sends a released campaign, or goes on with one that was interrupted. Throws not-permitted where two people
 * have not released these texts for this list.
 */
export async function sendCampaign(
  room: NoticeRoom,
  campaign: Campaign,
  options: SendOptions,
): Promise<SendEnd> {
  const { settings, timeZone } = options;
  const { version, release } = await requireRelease(room, campaign);
  const body = await getVersion(room, campaign, version);
  const dkim = await openKeys(room, settings);
  const [rsa = ""] = dkim.map(fingerprintOf);
  if (rsa !== body.dkim.rsa) {
    throw new SekishoError("conflict", "Cannot send: the DKIM key is not the one that was released", {
      hint: "restore keys/notice, or release again",
    });
  }
  const composer = new Composer({ campaign, body, dkim, timeZone });
  await addSeeds(room, campaign, settings.seeds);
  await room.record({
    kind: "decided",
    code: "notice-sending",
    about: { campaign: campaign.name },
    rests: [release],
    data: { texts: version },
  });
  await setCampaign(room, campaign, { state: "sending" });
  const helloName = settings.helloName ?? hostname();
  const sender = new Sender(room, campaign, { ...options, composer, version, release, helloName });
  options.onStart?.(sender);
  const end = await sender.run();
  const now = await getCampaign(room, campaign.name);
  if (now.state === "sending") await setCampaign(room, campaign, { state: "released" });
  return end;
}

async function requireRelease(
  room: NoticeRoom,
  campaign: Campaign,
): Promise<{ version: string; release: EntryId }> {
  const { textVersion: version, releaseEntry: release, state } = campaign;
  if (state === "paused") {
    throw new SekishoError("not-permitted", "Cannot send: the campaign is paused", {
      hint: "run: sekisho notice resume --as NAME",
    });
  }
  const releases = version === null ? [] : await releasesOf(room, campaign, version);
  const enough = releases.length >= 2 && (state === "released" || state === "sending");
  if (enough && version !== null && release !== null) return { version, release: release as EntryId };
  throw new SekishoError("not-permitted", "Cannot send: two people have to release texts and list first", {
    hint: "run: sekisho notice release --as NAME, twice, by two people",
  });
}
