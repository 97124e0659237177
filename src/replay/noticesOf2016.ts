import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NoticeSettings } from "../notice/settings.ts";
import { BounceTaker } from "../notice/bounce/takeBounce.ts";
import { importList } from "../notice/list/importList.ts";
import { measureList, readList } from "../notice/list/listFile.ts";
import { releaseCampaign } from "../notice/release.ts";
import { sendCampaign } from "../notice/send/sendCampaign.ts";
import { statusOfCampaign } from "../notice/status.ts";
import { getCampaign, takeCampaign, type NoticeRoom } from "../notice/store/campaign.ts";
import { bounceMails } from "../notice/testBounces.ts";
import { TestSink, WAYS, type Taken, type Way } from "../notice/testSink.ts";
import { initTexts } from "../notice/texts/textFolder.ts";
import { makeVersion, openKeys } from "../notice/texts/version.ts";
import { noticeRoomOf } from "../station/noticeRoom.ts";
import type { Person } from "../station/services.ts";
import type { Stage } from "./act.ts";

export type NoticeFigures = {
  persons: number;
  sent: number;
  bounced: number;
  /** Who goes on to another address, a letter or the public notice. */
  nextChannel: number;
  doubt: number;
  /** Persons in no state, and notices that were taken twice: both must be 0. */
  lost: number;
  twice: number;
  perSecond: number;
};

export const limits = { bouncesAtOnce: 200 } as const;

/** Of a thousand recipients, so many behave so; in 2016 about a fifth of the notices reached nobody. */
const shares: readonly (readonly [Way, number])[] = [
  ["refuses-recipient", 60],
  ["refuses-body", 10],
  ["bounces-dsn", 60],
  ["bounces-qmail", 10],
  ["bounces-exchange", 10],
  ["stalls-taken", 2],
  ["stalls-lost", 1],
];

/** A mail server of the recipients, each of whom behaves in one way, told by her address. */
class Recipients extends TestSink {
  override wayOf(_from: string, to: string): Way {
    let place = createHash("sha256").update(to).digest().readUInt32BE(0) % 1_000;
    for (const [way, share] of shares) {
      if (place < share) return way;
      place -= share;
    }
    return WAYS[0];
  }
}

/** Sends a notice to everybody whom act four has found, over real SMTP, and takes what comes back. */
export async function sendNotices(
  stage: Stage,
  incident: string,
  two: readonly [Person, Person],
): Promise<NoticeFigures> {
  const returned: Taken[] = [];
  const sink = new Recipients({ onTaken: (mail) => void returned.push(mail) });
  const port = await sink.listen();
  try {
    const room = noticeRoomOf(stage.station.station);
    const settings = settingsOf(port);
    const name = `replay-${Date.now().toString(36)}`;
    const campaign = await takeCampaign(room, name);
    await importPersons(stage, room, name);
    const folder = join(stage.folder, "notices");
    await writeTexts(folder);
    const dkim = await openKeys(room, settings);
    for (const { name: by } of two) {
      const now = await getCampaign(room, name);
      const version = await makeVersion(room, now, { settings, folder, dkim });
      await releaseCampaign(room, now, { version, by, authenticated: true });
    }
    const began = performance.now();
    const released = await getCampaign(room, name);
    const end = await sendCampaign(room, released, { settings, timeZone: "Asia/Tokyo", once: true });
    const seconds = (performance.now() - began) / 1_000;
    const bounced = await takeBounces(room, returned, sink);
    const status = await statusOfCampaign(room, campaign);
    await tellReports(stage, incident, name, status);
    return figuresOf(status, { sink, seconds, bounced, done: end.sent + end.refused + end.doubt });
  } finally {
    await sink.close();
  }
}

function settingsOf(port: number): NoticeSettings {
  return NoticeSettings.parse({
    senders: [{ address: "notice@ijtb.example", name: "Example Travel" }],
    bounceDomain: "bounce.ijtb.example",
    dkim: { domain: "ijtb.example" },
    relays: [{ host: "127.0.0.1", port, tls: "none" }],
    connections: 16,
    answerSeconds: 2,
    rates: { perSecond: 10_000, domainPerSecond: 10_000 },
  });
}

/** The persons of act four with the addresses of their customers' rows. */
async function importPersons(stage: Stage, room: NoticeRoom, name: string): Promise<void> {
  const customers = join(stage.folder, "customers.csv");
  const file = { path: join(stage.folder, "scope", "recovered", "persons.parquet"), customers };
  const campaign = await getCampaign(room, name);
  await importList(room, campaign, readList(file), { source: await measureList(file), onBad: () => {} });
  rmSync(customers, { force: true });
}

async function writeTexts(folder: string): Promise<void> {
  const languages = ["ja", "en", "zh-Hans", "zh-Hant", "ko"] as const;
  initTexts(folder, null, languages);
  const values = languages.map((language) => {
    const said = language === "ja" ? japanese : (others[language] ?? others.en);
    const lines = Object.entries(said).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
    return `${language}:\n${lines.join("\n")}\n`;
  });
  writeFileSync(join(folder, "values.yaml"), values.join(""), { mode: 0o600 });
}

const hotline = "0120-000-000";
const japanese = {
  organisation: "株式会社エグザンプル・トラベル（再現）",
  outline: "2016年3月15日から、弊社のサーバーが外部から不正に操作されていました（再現）。",
  cause: "問い合わせ窓口に届いた標的型メールの添付ファイルが開かれたためです。",
  harm: "現在まで、お客様の情報が悪用されたという報告はありません。心当たりのない連絡にご注意ください。",
  other: "サーバーを隔離し、外部との通信を遮断しました。今後の調査の結果は弊社の窓口でお知らせします。",
  hotline,
  hours: "毎日 9時から20時まで",
};
const english = {
  organisation: "Example Travel K.K. (replay)",
  outline: "From 15 March 2016 our servers were operated by somebody from outside (replay).",
  cause: "An attachment of a mail to our inquiry desk was opened.",
  harm: "We know of no misuse so far. Please be careful with messages that you did not expect.",
  other: "We isolated the servers and cut off their traffic. Our hotline will tell what we find.",
  hotline,
  hours: "every day from 9:00 to 20:00 (Japan)",
};
const others: Record<string, typeof english> & { en: typeof english } = {
  en: english,
  "zh-Hans": {
    organisation: "Example Travel（演练）",
    outline: "自2016年3月15日起，本公司的服务器被外部非法操作（演练）。",
    cause: "因为有人打开了寄到咨询窗口的针对性邮件的附件。",
    harm: "目前没有收到信息被滥用的报告。请留意可疑的联系。",
    other: "本公司已隔离服务器并切断通信。调查结果将由咨询窗口告知。",
    hotline,
    hours: "每天9点至20点（日本时间）",
  },
  "zh-Hant": {
    organisation: "Example Travel（演練）",
    outline: "自2016年3月15日起，本公司的伺服器被外部非法操作（演練）。",
    cause: "因為有人打開了寄到諮詢窗口的針對性郵件的附件。",
    harm: "目前沒有收到資料被濫用的報告。請留意可疑的聯絡。",
    other: "本公司已隔離伺服器並切斷通訊。調查結果將由諮詢窗口告知。",
    hotline,
    hours: "每天9點至20點（日本時間）",
  },
  ko: {
    organisation: "Example Travel（재현）",
    outline: "2016년 3월 15일부터 당사 서버가 외부에서 부정하게 조작되었습니다（재현）.",
    cause: "문의 창구로 온 표적형 메일의 첨부 파일이 열렸기 때문입니다.",
    harm: "현재까지 정보가 악용되었다는 보고는 없습니다. 의심스러운 연락에 주의해 주십시오.",
    other: "서버를 격리하고 외부와의 통신을 차단했습니다. 조사 결과는 창구에서 알려 드립니다.",
    hotline,
    hours: "매일 9시부터 20시까지 (일본 시간)",
  },
};

/** Mails that come back to the return addresses, as three programs write them. */
async function takeBounces(room: NoticeRoom, taken: readonly Taken[], sink: Recipients): Promise<number> {
  const forms = { "bounces-dsn": "dsn", "bounces-qmail": "qmail", "bounces-exchange": "exchange" } as const;
  const mails = taken.flatMap(({ from, to }) => {
    const way = sink.wayOf(from, to);
    if (!(way in forms)) return [];
    const text = bounceMails[forms[way as keyof typeof forms]](from, to);
    return [{ bytes: Buffer.from(text), envelopeRecipient: from }];
  });
  const taker = new BounceTaker(room, { softBounceHours: 24 });
  for (let at = 0; at < mails.length; at += limits.bouncesAtOnce)
    await taker.take(mails.slice(at, at + limits.bouncesAtOnce));
  return mails.length;
}

type Status = Awaited<ReturnType<typeof statusOfCampaign>>;

function figuresOf(
  status: Status,
  of: { sink: Recipients; seconds: number; bounced: number; done: number },
): NoticeFigures {
  const { states, persons } = status;
  const inStates = (...names: string[]): number =>
    Object.entries(states)
      .filter(([name]) => names.includes(name.split(" ")[0] ?? ""))
      .reduce((sum, [, count]) => sum + count, 0);
  const placed = Object.values(states).reduce((sum, count) => sum + count, 0);
  return {
    persons,
    sent: inStates("sent"),
    bounced: of.bounced + status.refusals.reduce((sum, { count }) => sum + count, 0),
    nextChannel: inStates("letter", "lettered", "substitute"),
    doubt: inStates("doubt"),
    lost: persons - placed + inStates("leased", "handing", "waiting"),
    twice: [...of.sink.taken.values()].filter((times) => times > 1).length,
    perSecond: Math.round(of.done / of.seconds),
  };
}

/** The reports say how many were reached. */
async function tellReports(stage: Stage, incident: string, campaign: string, status: Status): Promise<void> {
  const states: Record<string, number> = {};
  for (const [name, count] of Object.entries(status.states)) {
    const [state = ""] = name.split(" ");
    states[state] = (states[state] ?? 0) + count;
  }
  const counts = { persons: status.persons, states };
  await stage.station.services.reports.countNotices(incident, { campaign, counts });
}
