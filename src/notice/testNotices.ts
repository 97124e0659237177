import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { Ledger } from "../ledger/append.ts";
import { makeEntry } from "../ledger/draft.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import { realDisk } from "../lib/disk.ts";
import { migrate } from "../lib/sql/migrate.ts";
import { openState } from "../lib/sql/openState.ts";
import { migrations } from "../station/migrations/index.ts";
import { LANGUAGES } from "./items.ts";
import type { ListRow } from "./list/importList.ts";
import type { ListedPerson } from "./list/person.ts";
import { NoticeSettings } from "./settings.ts";
import { readEntryAt } from "./store/readEntryAt.ts";
import type { NoticeRoom } from "./store/campaign.ts";
import type { Values } from "./texts/placeholders.ts";
import { initTexts, valuesFile } from "./texts/textFolder.ts";

/** A room of its own for a test, in a folder that goes with `close()`. */
export async function openTestRoom(
  options: { folder?: string; databaseUrl?: string } = {},
): Promise<NoticeRoom & { close(): Promise<void> }> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "sekisho-notice-"));
  mkdirSync(folder, { recursive: true });
  const keyring = await Keyring.open(realDisk, join(folder, "keys"));
  const signer = await keyring.openSigner("notice.test/ledger");
  const ledger = await Ledger.open({ disk: realDisk, folder: join(folder, "ledger"), signer });
  const state = await openState({ databaseUrl: options.databaseUrl, folder: join(folder, "state") });
  await migrate(state.db, migrations);
  const now = (): Temporal.Instant => Temporal.Now.instant();
  return {
    db: state.db,
    keyring,
    evidence: new EvidenceStore(realDisk, join(folder, "evidence"), keyring),
    ledger: {
      append: (entry) => ledger.append(entry),
      read: (place, id) => readEntryAt(realDisk, join(folder, "ledger"), { place, id, signer }),
    },
    record: async (draft) => {
      const entry = makeEntry(draft, { by: "test", now: now() });
      return { entry, place: await ledger.append(entry) };
    },
    now,
    folder,
    close: async () => {
      await ledger.close();
      await state.close();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Settings that send to a server on this machine. */
export function testSettings(port: number, more: object = {}): NoticeSettings {
  return NoticeSettings.parse({
    senders: [
      { address: "info@agency.example", name: "旅行代理店" },
      { address: "news@agency.example", name: "旅行代理店" },
    ],
    bounceDomain: "bounce.agency.example",
    helloName: "mail.agency.example",
    dkim: { domain: "agency.example" },
    relays: [{ host: "127.0.0.1", port, tls: "none" }],
    rates: { perSecond: 100_000, domainPerSecond: 100_000 },
    ...more,
  });
}

export const testValues: Values = {
  ja: {
    organisation: "株式会社見本旅行",
    outline:
      "2016年3月15日に届いたメールの添付ファイルを開いたことにより、当社のパソコンがウイルスに感染し、サーバに保存していたお客様の情報が外部に送られたおそれがあります。",
    cause: "取引先を装ったメールによるウイルスの感染です。当社の対策が十分ではありませんでした。",
    harm: "現在のところ、お客様の情報が悪用されたという報告は受けておりません。心当たりのない連絡にご注意ください。",
    other: "外部との通信を遮断し、警察に相談しております。詳しい経緯は分かり次第お知らせいたします。",
    hotline: "0120-000-000",
    hours: "毎日 9:00–20:30",
  },
  en: {
    organisation: "Sample Travel K.K.",
    outline:
      "On 15 March 2016 computers of ours were infected, and data of customers may have been sent outside.",
    cause: "A mail that pretended to come from a business partner brought a virus in.",
    harm: "We know of no misuse so far. Please be careful with messages that you do not expect.",
    other: "We have cut the connections and told the police. We will tell you more when we know more.",
    hotline: "0120-000-000",
    hours: "9:00 to 20:30 every day",
  },
  "zh-Hans": {
    organisation: "样本旅行株式会社",
    outline: "2016年3月15日,本公司的电脑感染了病毒,保存在服务器上的客户信息可能被发送到外部。",
    cause: "原因是一封假冒合作伙伴的邮件带来的病毒感染,我们的防范措施不足。",
    harm: "目前我们没有收到信息被滥用的报告。请对陌生的联系保持警惕,不要随意回复。",
    other: "我们已经切断了与外部的通信,并向警方报告。如有新的情况,我们会再次通知您。",
    hotline: "0120-000-000",
    hours: "每天 9:00–20:30",
  },
  "zh-Hant": {
    organisation: "樣本旅行株式會社",
    outline: "2016年3月15日,本公司的電腦感染了病毒,保存在伺服器上的客戶資料可能被傳送到外部。",
    cause: "原因是一封假冒合作夥伴的郵件帶來的病毒感染,我們的防範措施不足。",
    harm: "目前我們沒有收到資料被濫用的報告。請對陌生的聯絡保持警惕,不要隨意回覆。",
    other: "我們已經切斷了與外部的通訊,並向警方報告。如有新的情況,我們會再次通知您。",
    hotline: "0120-000-000",
    hours: "每天 9:00–20:30",
  },
  ko: {
    organisation: "견본여행 주식회사",
    outline:
      "2016년 3월 15일 당사의 컴퓨터가 바이러스에 감염되어 고객님의 정보가 외부로 전송되었을 우려가 있습니다.",
    cause: "거래처를 가장한 이메일로 인한 바이러스 감염이며, 당사의 대책이 충분하지 못했습니다.",
    harm: "현재까지 정보가 악용되었다는 보고는 없습니다. 모르는 연락에 주의해 주시기 바랍니다.",
    other: "외부와의 통신을 차단하고 경찰에 신고하였습니다. 새로운 사실이 확인되면 다시 알려 드리겠습니다.",
    hotline: "0120-000-000",
    hours: "매일 9:00–20:30",
  },
};

/** All shipped texts with values that pass the linter. */
export function writeTestTexts(folder: string): void {
  initTexts(folder, null, LANGUAGES);
  writeFileSync(join(folder, valuesFile), stringify(testValues));
}

export function testPerson(number: number, more: Partial<ListedPerson> = {}): ListedPerson {
  return {
    id: `p${number}`,
    name: `見本 花子${number}`,
    languages: [],
    emails: [`hanako${number}@mail${number % 5}.example.jp`],
    postalCode: "100-0005",
    address: `東京都千代田区丸の内1-2-${number}`,
    phones: [`090-0${String(number).padStart(3, "0")}-4567`],
    customers: [`C${number}`],
    birth: "1985-03-02",
    items: ["name", "email", "birth-date"],
    partner: "",
    validPassport: false,
    minor: false,
    withheld: "",
    ...more,
  };
}

export async function* listOf(persons: Iterable<ListedPerson>): AsyncGenerator<ListRow> {
  let line = 1;
  for (const person of persons) yield { line: ++line, ok: true, person };
}
