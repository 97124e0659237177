import { hash } from "node:crypto";
import type { FactName } from "../law/facts.ts";
import { makeEntry } from "../ledger/draft.ts";
import type { EntryDraft, EntryId, EvidenceHash } from "../ledger/entry.ts";
import type { CaseRow, Material } from "./material.ts";
import { readMaterial } from "./readMaterial.ts";
import { codes, type Written } from "./reportCodes.ts";
import type { Topic } from "./topics.ts";

/** For tests: the ledger's entries of one incident, written at days that the test names. */
export class TestCase {
  readonly rows: CaseRow[] = [];
  readonly texts = new Map<string, Buffer>();
  readonly incident: string;

  constructor(openedOn: string, title: string) {
    this.incident = "01953a1b-1111-7000-8000-000000000001";
    const evidence = [this.keep(title)];
    const about = { incident: this.incident, person: "opener" };
    this.add(openedOn, { kind: "decided", code: "incident-opened", about, evidence, data: { number: 1 } });
  }

  keep(text: string): EvidenceHash {
    const name = hash("sha256", text) as EvidenceHash;
    this.texts.set(name, Buffer.from(text));
    return name;
  }

  /** `on`: a day, at noon in Tokyo, or an instant. */
  add(on: string, draft: EntryDraft): EntryId {
    const now = momentOf(on);
    const entry = makeEntry(draft, { by: "station", now });
    this.rows.push({ index: this.rows.length, entry });
    return entry.id;
  }

  claim(
    on: string,
    fact: FactName,
    said: { value: number | boolean | string; source: string; bound?: boolean; replaces?: EntryId },
  ): EntryId {
    const { value, source, bound = false, replaces = null } = said;
    return this.add(on, {
      kind: "observed",
      code: "fact-claimed",
      about: { incident: this.incident, fact, person: "claimant" },
      rests: replaces === null ? [] : [replaces],
      evidence: [this.keep(source)],
      data: { fact, value, bound, replaces },
    });
  }

  passage(on: string, topic: Topic, text: Written, partner: string | null = null): EntryId {
    return this.add(on, {
      kind: "observed",
      code: codes.passage,
      about: { incident: this.incident, topic, person: "writer" },
      evidence: [this.keep(JSON.stringify(text))],
      data: { topic, partner, replaces: null },
    });
  }

  /** Days count from noon in Tokyo. */
  event(on: string, at: { happened: string; known: string; to: string }, what: string): EntryId {
    const [happenedAt, knownAt] = [at.happened, at.known].map((day) => momentOf(day).toString());
    return this.add(on, {
      kind: "observed",
      code: "event-noted",
      about: { incident: this.incident, person: "writer" },
      evidence: [this.keep(JSON.stringify({ what, knownTo: at.to }))],
      data: { happenedAt: happenedAt as string, knownAt: knownAt as string },
    });
  }

  allow(on: string, entry: string, allowed = true): EntryId {
    const about = { incident: this.incident, entry, person: "releaser" };
    return this.add(on, { kind: "decided", code: codes.forPublic, about, data: { allowed } });
  }

  /** What was on record at the end of a day in Tokyo. */
  async material(day: string): Promise<Material> {
    const end = Temporal.PlainDate.from(day).add({ days: 1 }).toZonedDateTime("Asia/Tokyo");
    const found = await readMaterial(this.incident, this.rows, {
      organisation: "株式会社例示旅行",
      timeZone: "Asia/Tokyo",
      asOf: end.toInstant().subtract({ milliseconds: 1 }),
      ledgerSize: this.rows.length,
      open: async (evidence) => this.texts.get(evidence) ?? null,
    });
    if (found === null) throw new Error("the incident was not open yet");
    return found;
  }
}

function momentOf(on: string): Temporal.Instant {
  if (on.includes("T")) return Temporal.Instant.from(on);
  const noon = { timeZone: "Asia/Tokyo", plainTime: "12:00" };
  return Temporal.PlainDate.from(on).toZonedDateTime(noon).toInstant();
}

/**
 * The 2016 case as it would have been recorded: each entry on the day on which somebody said it,
 * contradictions included. After the published facts; no sentence of a source is quoted.
 */
export function caseOf2016(): TestCase {
  const one = new TestCase("2016-03-19", "販売サーバーからの不審な通信");
  addEvents(one);
  addClaims(one);
  addPassages(one);
  return one;
}

function addEvents(one: TestCase): void {
  const [firm, it] = ["監視・調査会社", "情報システム部門"];
  const rows: [on: string, happened: string, to: string, what: string][] = [
    [
      "2016-03-19",
      "2016-03-19",
      firm,
      "ウェブサーバーから外部への不審な通信を検知し、当該サーバーを切り離した",
    ],
    ["2016-03-20", "2016-03-20", it, "通信先 1 件を遮断した"],
    ["2016-03-24", "2016-03-24", firm, "制御サーバーからの通信が判明し、通信先 2 件を遮断した"],
    ["2016-03-25", "2016-03-25", it, "通信先をさらに遮断し、外部への通信が止まった"],
    ["2016-04-01", "2016-03-21", firm, "個人情報を含むおそれのあるファイルの作成と削除の痕跡が見つかった"],
    ["2016-04-22", "2016-03-15", firm, "問合せ窓口に届いたメールの添付ファイルを開いた端末が感染した"],
    ["2016-05-16", "2016-05-16", "担当役員", "担当役員に報告した"],
    ["2016-05-30", "2016-05-30", "警察", "警察に相談した"],
    ["2016-05-31", "2016-05-31", "観光庁", "観光庁に報告した"],
    ["2016-06-14", "2016-06-14", "公衆", "公表した"],
  ];
  for (const [on, happened, to, what] of rows) one.event(on, { happened, known: on, to }, what);
}

function addClaims(one: TestCase): void {
  one.claim("2016-04-01", "improper-purpose", {
    value: true,
    source: "調査会社: 標的型メールによる侵入の疑い",
  });
  one.claim("2016-04-01", "knew", {
    value: "2016-04-01",
    source: "調査会社の報告: ファイルに個人情報が含まれるおそれ",
  });
  one.claim("2016-05-13", "knew", {
    value: "2016-05-13",
    source: "調査会社の総括: 個人情報漏えいのおそれとして扱う",
  });
  one.claim("2016-06-10", "persons", {
    value: 7_930_000,
    bound: true,
    source: "復元データの件数（重複を含む）",
  });
  one.claim("2016-06-10", "unique-identifiers", { value: true, source: "復元データに旅券番号" });
  one.claim("2016-06-14", "we-process-for-others", { value: false, source: "法務" });
  one.claim("2016-06-14", "high-grade-encryption", { value: false, source: "情報システム部" });
  one.claim("2016-06-15", "report-ordered-until", { value: "2016-06-24", source: "観光庁の命令書" });
  one.claim("2016-06-16", "persons-told", { value: "2016-06-16", source: "通知送信の開始" });
  one.claim("2016-06-24", "persons", { value: 6_788_334, source: "正規化と重複除去を終えた集計" });
}

function addPassages(one: TestCase): void {
  const rows: [on: string, topic: Topic, ja: string, en: string][] = [
    [
      "2016-04-22",
      "cause",
      "取引先を装ったメールの添付ファイルによる感染と、そこからの侵入拡大。",
      "Infection by the attachment of a mail in a partner's name, and the spread from there.",
    ],
    [
      "2016-06-10",
      "data-items",
      "氏名、性別、生年月日、メールアドレス、住所、郵便番号、電話番号、旅券番号、旅券取得日。",
      "Name, sex, date of birth, mail address, address, postal code, telephone, passport number and date.",
    ],
    ["2016-06-10", "persons", "有効な旅券番号は約 4,300 件。", "About 4,300 passport numbers are valid."],
    [
      "2016-06-14",
      "published",
      "2016-06-14 に報道発表とウェブサイトで公表した。",
      "Made public on 2016-06-14, by press release and on the web site.",
    ],
    [
      "2016-06-14",
      "measures",
      "対策本部を設置し、通信先を遮断し、感染端末を隔離した。",
      "Headquarters were set up, destinations blocked, infected machines isolated.",
    ],
    ["2016-06-24", "persons", "有効な旅券番号は 4,359 件。", "4,359 passport numbers are valid."],
    [
      "2016-06-24",
      "secondary-harm",
      "当社を装う不審なメールの申告が約 100 件あった。悪用の確認はない。",
      "About 100 persons reported mails in our name; no misuse is confirmed.",
    ],
    [
      "2016-06-24",
      "prevention",
      "入口・出口対策の強化、データベースの権限の細分化、演習。",
      "Stronger entry and exit control, finer rights on the database, exercises.",
    ],
    [
      "2016-06-24",
      "measures-before",
      "標的型メール訓練、ウイルス対策ソフト、外部監視。",
      "Exercises with mock mails, antivirus software, outside monitoring.",
    ],
    [
      "2016-06-24",
      "present",
      "不正な通信は止まっている。本人への通知を続けている。",
      "The traffic has ended. Persons are still being told.",
    ],
    [
      "2016-06-24",
      "other",
      "個人情報保護委員会の新制度の施行前の事案である。",
      "The case is from before the present law was in force.",
    ],
  ];
  for (const [on, topic, ja, en] of rows) one.passage(on, topic, { ja, en });
}
