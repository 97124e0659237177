import type { Said, Severity } from "../../gate.ts";

/** What a sentence may name. Personal data of customers is never among it. */
export type About = {
  person: string;
  /** Where the person sits: address, and the program's name. */
  client: string;
  /** Relations with personal columns, for people. */
  relations: string;
  /** What decided, from the judge: "string_agg(customers.email)". */
  detail: string;
  /** A figure: customers, statements, bytes. */
  count: number;
  limit: number;
  /** "hour", "day", "statement", "kilobytes". */
  window: string;
};

type Row = { technique: string | null; severity: Severity; say: (about: About) => Said };

const windows: Record<string, Said> = {
  hour: { en: "an hour", ja: "1時間" },
  day: { en: "a day", ja: "1日" },
  statement: { en: "a statement", ja: "1文" },
  kilobytes: { en: "an hour, in kilobytes", ja: "1時間（KB）" },
};

const figure = (value: number): string => value.toLocaleString("en");

/** Everything that the records gate can find, by code. Closed: ledger and reports count by it. */
export const FINDINGS = {
  "budget-reached": {
    technique: "T1213.006",
    severity: "high",
    say: ({ person, relations, limit, window }) => ({
      en:
        `${person} reached the limit of ${figure(limit)} ` +
        `for ${windows[window]?.en ?? window} in ${relations}.`,
      ja: `${person}が${relations}で、${windows[window]?.ja ?? window}あたり${figure(limit)}人の上限に達しました。`,
    }),
  },
  "over-estimate": {
    technique: "T1213.006",
    severity: "medium",
    say: ({ person, relations, count, limit }) => ({
      en:
        `${person} wants about ${figure(count)} customers of ${relations}; ` +
        `${figure(limit)} are left in the budget.`,
      ja: `${person}が${relations}の約${figure(count)}人を読もうとしています（残りの上限は${figure(limit)}人）。`,
    }),
  },
  "gathers-customers": {
    technique: "T1213.006",
    severity: "high",
    say: ({ person, detail }) => ({
      en: `${person} asks for one value that gathers many customers: ${detail}.`,
      ja: `${person}が、多数の顧客を一つの値に集める文を送りました: ${detail}`,
    }),
  },
  "launders-columns": {
    technique: "T1074",
    severity: "high",
    say: ({ person, detail }) => ({
      en: `${person} copies personal columns to where nobody watches them: ${detail}.`,
      ja: `${person}が個人情報の列を監視外の場所へ写そうとしました: ${detail}`,
    }),
  },
  "leaves-by-server": {
    technique: "T1074.002",
    severity: "critical",
    say: ({ person, detail }) => ({
      en: `${person} sends data past the gate, by the server itself: ${detail}.`,
      ja: `${person}がサーバー経由でゲートを通さずにデータを出そうとしました: ${detail}`,
    }),
  },
  "unknown-routine": {
    technique: "T1059",
    severity: "medium",
    say: ({ person, detail }) => ({
      en: `${person} calls a routine whose body is not known: ${detail}.`,
      ja: `${person}が中身の分からない関数を呼び出しました: ${detail}`,
    }),
  },
  "forbidden-routine": {
    technique: "T1059",
    severity: "high",
    say: ({ person, detail }) => ({
      en: `${person} calls a routine that reads past any judge: ${detail}.`,
      ja: `${person}が判定を回避できる関数を呼び出しました: ${detail}`,
    }),
  },
  "forbidden-relation": {
    technique: "T1213.006",
    severity: "high",
    say: ({ person, detail }) => ({
      en: `${person} reads a system table that holds samples of personal columns: ${detail}.`,
      ja: `${person}が個人情報の標本を含むシステム表を読もうとしました: ${detail}`,
    }),
  },
  "cannot-parse": {
    technique: null,
    severity: "low",
    say: ({ person, detail }) => ({
      en: `A statement of ${person} cannot be read: ${detail}.`,
      ja: `${person}の文を解釈できません: ${detail}`,
    }),
  },
  "cannot-resolve": {
    technique: null,
    severity: "low",
    say: ({ person, detail }) => ({
      en: `A statement of ${person} names what is not in the catalog: ${detail}.`,
      ja: `${person}の文に、目録にない名前があります: ${detail}`,
    }),
  },
  "changes-meaning": {
    technique: null,
    severity: "medium",
    say: ({ person, detail }) => ({
      en: `${person} changes how statements are read: ${detail}.`,
      ja: `${person}が文の解釈を変える設定をしようとしました: ${detail}`,
    }),
  },
  defines: {
    technique: null,
    severity: "medium",
    say: ({ person, detail }) => ({
      en: `${person} defines something in the database: ${detail}.`,
      ja: `${person}がデータベースの定義を変えようとしました: ${detail}`,
    }),
  },
  "no-key": {
    technique: "T1213.006",
    severity: "medium",
    say: ({ person, relations }) => ({
      en: `${person} reads ${relations} without the customer's key: nobody can say whom.`,
      ja: `${person}が顧客番号なしで${relations}を読もうとしました。誰の情報か特定できません。`,
    }),
  },
  "not-permitted": {
    technique: "T1078",
    severity: "high",
    say: ({ person, relations, client }) => ({
      en: `${person} is in no group and reads ${relations} from ${client}.`,
      ja: `どの区分にも属さない${person}が${client}から${relations}を読もうとしました。`,
    }),
  },
  "outside-pattern": {
    technique: "T1078",
    severity: "high",
    say: ({ person, relations, client }) => ({
      en: `${person} sends a statement that is not among its written ones, from ${client} (${relations}).`,
      ja: `サービスアカウント${person}が${client}から、登録されていない文を送りました（${relations}）。`,
    }),
  },
  "blind-extraction": {
    technique: "T1213.006",
    severity: "high",
    say: ({ person, count, relations }) => ({
      en: `${person} asked ${figure(count)} times an hour about hidden personal columns of ${relations}.`,
      ja: `${person}が1時間に${figure(count)}回、${relations}の個人情報を表示せずに条件だけで問い合わせました。`,
    }),
  },
  "canary-read": {
    technique: "T1213.006",
    severity: "critical",
    say: ({ person, client, relations }) => ({
      en: `${person} read a canary in ${relations} from ${client}. No real work needs this customer.`,
      ja: `${person}が${client}から${relations}のおとり顧客を読みました。正当な業務では読まれない顧客です。`,
    }),
  },
  "break-glass": {
    technique: null,
    severity: "critical",
    say: ({ person, client, limit }) => ({
      en: `${person} broke the glass from ${client}: ${limit} minutes without limits, all recorded.`,
      ja: `${person}が${client}から緊急解除を行いました。${limit}分間は制限なしで、すべて記録されます。`,
    }),
  },
  "unreadable-encoding": {
    technique: null,
    severity: "low",
    say: ({ person, detail }) => ({
      en: `The session of ${person} speaks ${detail}; personal data is judged in UTF8 only.`,
      ja: `${person}の接続の文字コードは${detail}です。個人情報の判定はUTF8のみで行います。`,
    }),
  },
  "record-unwritable": {
    technique: null,
    severity: "critical",
    say: ({ person }) => ({
      en: `The record of accesses could not be written; a reading of ${person} was ended.`,
      ja: `閲覧記録を書き込めないため、${person}の読み取りを打ち切りました。`,
    }),
  },
  "schema-drift": {
    technique: null,
    severity: "medium",
    say: ({ relations, detail }) => ({
      en: `The columns of ${relations} have changed: ${detail}.`,
      ja: `${relations}の列が変わりました: ${detail}`,
    }),
  },
  "staged-file": {
    technique: "T1074.001",
    severity: "critical",
    say: ({ detail, count, person }) => ({
      en: `A file with about ${figure(count)} personal records appeared, written by ${person}: ${detail}.`,
      ja: `このホストに約${figure(count)}件の個人情報を含むファイルが現れました（作成者: ${person}）: ${detail}`,
    }),
  },
  "disk-short": {
    technique: "T1074.001",
    severity: "high",
    say: ({ detail }) => ({
      en: `The disk is short because of new files: ${detail}.`,
      ja: `新しいファイルのためにディスクの空きが不足しています: ${detail}`,
    }),
  },
  "watch-broken": {
    technique: "T1562.001",
    severity: "high",
    say: ({ detail }) => ({
      en: `The watch on files does not see everything: ${detail}.`,
      ja: `ファイル監視に抜けがあります: ${detail}`,
    }),
  },
  "canary-staged": {
    technique: "T1074.001",
    severity: "critical",
    say: ({ detail, person }) => ({
      en: `A canary customer lies in a file written by ${person}: ${detail}.`,
      ja: `${person}が書いたファイルにおとり顧客が含まれています: ${detail}`,
    }),
  },
  "function-call": {
    technique: "T1059",
    severity: "medium",
    say: ({ person }) => ({
      en: `${person} calls a routine by its number, past the grammar of SQL.`,
      ja: `${person}がSQLを経由せずに関数を番号で呼び出しました。`,
    }),
  },
} satisfies Record<string, Row>;

export type RecordsCode = keyof typeof FINDINGS;
export const RECORDS_CODES = Object.keys(FINDINGS) as RecordsCode[];
