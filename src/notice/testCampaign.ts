import { hash } from "node:crypto";
import { importList } from "./list/importList.ts";
import type { ListedPerson } from "./list/person.ts";
import { releaseCampaign } from "./release.ts";
import type { NoticeSettings } from "./settings.ts";
import { getCampaign, takeCampaign, type Campaign, type NoticeRoom } from "./store/campaign.ts";
import { listOf } from "./testNotices.ts";
import { makeVersion, openKeys } from "./texts/version.ts";

/** A campaign "june" of these persons, released by two, ready to be sent. */
export async function releasedCampaign(
  room: NoticeRoom,
  options: { persons: readonly ListedPerson[]; settings: NoticeSettings; texts: string },
): Promise<Campaign> {
  const { persons, settings, texts: folder } = options;
  const source = { name: "list", sha256: hash("sha256", JSON.stringify(persons)) };
  const onBad = (): never => {
    throw new Error("a made person is not taken");
  };
  await importList(room, await takeCampaign(room, "june"), listOf(persons), { source, onBad });
  const campaign = await getCampaign(room, "june");
  const dkim = await openKeys(room, settings);
  const version = await makeVersion(room, campaign, { settings, folder, dkim });
  for (const by of ["佐藤 花子", "鈴木 一郎"])
    await releaseCampaign(room, campaign, { version, by, authenticated: false });
  return getCampaign(room, "june");
}
