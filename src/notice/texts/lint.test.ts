import assert from "node:assert/strict";
import { test } from "node:test";
import type { NoticeLanguage } from "../items.ts";
import type { Profile } from "../list/person.ts";
import { testValues } from "../testNotices.ts";
import { defaultText, defaultValues } from "./defaultTexts.ts";
import { lintText, lintValues } from "./lint.ts";
import type { GivenValues } from "./placeholders.ts";
import { RULES, type Rule } from "./rules.ts";
import { parse } from "yaml";

const senders = ["info@agency.example", "news@agency.example"];
const ja = defaultText("standard", "ja");

type Row = {
  what: string;
  rule: Rule | null;
  text?: string;
  bytes?: Uint8Array;
  line?: number;
  profile?: Profile;
  language?: NoticeLanguage;
  values?: GivenValues;
};
const add = (line: string): string => ja.replace("\n\n", `\n\n${line}\n`);

const rows: Row[] = [
  { what: "the shipped text", rule: null, text: ja },
  { what: "a shipped text with CRLF", rule: null, text: ja.replaceAll("\n", "\r\n") },
  { what: "Shift_JIS", rule: "encoding", bytes: Buffer.from([0x82, 0xa0, 0x0a]) },
  { what: "a very long text", rule: "text-too-long", text: ja + "あ\n".repeat(30_000) },
  { what: "no subject", rule: "subject-missing", text: ja.slice(ja.indexOf("\n\n") + 2), line: 1 },
  { what: "an empty subject", rule: "subject-missing", text: `Subject: \n\n${ja}`, line: 1 },
  {
    what: "a long subject",
    rule: "subject-too-long",
    text: ja.replace("【重要】", "重".repeat(160)),
    line: 1,
  },
  {
    what: "an address of a page",
    rule: "link",
    text: add("https://agency.example/ をご覧ください。"),
    line: 3,
  },
  {
    what: "a full-width address of a page",
    rule: "link",
    text: add("ｈｔｔｐｓ：／／ａ．ｊｐをご覧ください。"),
    line: 3,
  },
  { what: "www", rule: "link", text: add("www.agency をご覧ください。"), line: 3 },
  { what: "a bare domain", rule: "bare-domain", text: add("agency.co.jp をご覧ください。"), line: 3 },
  {
    what: "a domain with full-width dots",
    rule: "bare-domain",
    text: add("agency．com をご覧ください。"),
    line: 3,
  },
  { what: "an IP address", rule: "bare-domain", text: add("192.0.2.1 をご覧ください。"), line: 3 },
  { what: "a time and a version", rule: null, text: add("9.30 からです(e.g. 第2.0版)。") },
  { what: "an attachment", rule: "attachment", text: add("添付のファイルをご確認ください。"), line: 3 },
  { what: "a download", rule: "attachment", text: add("書類をダウンロードしてください。"), line: 3 },
  { what: "no attachment", rule: null, text: add("添付ファイルはありません。") },
  { what: "HTML", rule: "markup", text: add("<b>重要</b>です。"), line: 3 },
  { what: "Markdown", rule: "markup", text: add("**重要**です。"), line: 3 },
  { what: "a zero-width space", rule: "hidden-character", text: add("重\u200b要です。"), line: 3 },
  { what: "a direction mark", rule: "hidden-character", text: add("重\u202e要です。"), line: 3 },
  { what: "a tab", rule: "hidden-character", text: add("\t重要です。"), line: 3 },
  { what: "a line of 1,000 octets", rule: "line-too-long", text: add("あ".repeat(333)), line: 3 },
  { what: "a line of 996 octets", rule: null, text: add("あ".repeat(332)) },
  { what: "another sender", rule: "address-unknown", text: add("info@agency2.example からです。"), line: 3 },
  {
    what: "another telephone",
    rule: "number-unknown",
    text: add("03-1234-5678 へお電話ください。"),
    line: 3,
  },
  { what: "the hotline itself", rule: null, text: add("0120-000-000 へお電話ください。") },
  { what: "a card number", rule: "data-value", text: add("4111 1111 1111 1111 です。"), line: 3 },
  { what: "a passport number", rule: "data-value", text: add("旅券番号 TZ1234567 です。"), line: 3 },
  { what: "dates of the matter", rule: null, text: add("2007-09-28 から 2016-03-21 までです。") },
  { what: "an unknown placeholder", rule: "placeholder-unknown", text: add("{address} 様"), line: 3 },
  { what: "a placeholder with a blank", rule: "placeholder-unknown", text: add("{ name } 様"), line: 3 },
  { what: "a full-width placeholder", rule: "placeholder-unknown", text: add("｛name｝ 様"), line: 3 },
  { what: "half a placeholder", rule: "placeholder-broken", text: add("{name 様"), line: 3 },
  { what: "no value", rule: "value-missing", text: ja, values: { ...testValues.ja, cause: " " } },
  { what: "no item: cause", rule: "item-missing", text: ja.replace(/■ 原因\n\{cause\}\n\n/, "") },
  { what: "a heading alone", rule: "item-missing", text: ja.replace("{cause}\n", "") },
  {
    what: "an item in own words",
    rule: null,
    text: ja.replace("{cause}", "取引先を装ったメールによる感染です。"),
  },
  {
    what: "no list of items",
    rule: "item-missing",
    text: ja.replace("{items}", "お客様の情報全般が対象です。"),
  },
  { what: "no name", rule: "personal-missing", text: ja.replace("{name}", "お客") },
  { what: "no reference", rule: "personal-missing", text: ja.replace("{reference}", "なし") },
  { what: "no hotline", rule: "hotline-missing", text: ja.replace("{hotline}", "窓口") },
  { what: "no hours", rule: "hours-missing", text: ja.replace("{hours}", "随時") },
  { what: "nothing of what is never asked", rule: "never-ask-missing", text: ja.replace("{never}", "") },
  {
    what: "what is never asked in own words",
    rule: null,
    text: ja.replace("{never}", "カード番号や暗証番号をお尋ねすることはありません。"),
  },
  { what: "one of two senders", rule: "sender-missing", text: ja.replace("{senders}", senders[0] as string) },
  { what: "a partner's text without it", rule: "partner-missing", text: ja, profile: "partner" },
  { what: "a partner for everyone", rule: "partner-unexpected", text: add("{partner}のお客様へ。") },
  { what: "a minor's text to the minor", rule: "guardian-missing", text: ja, profile: "minor" },
  { what: "a passport text without one", rule: "passport-missing", text: ja, profile: "passport" },
  { what: "English in the Japanese file", rule: "language-wrong", text: defaultText("standard", "en") },
  {
    what: "traditional characters in the simplified file",
    rule: "language-wrong",
    text: defaultText("standard", "zh-Hant"),
    language: "zh-Hans",
  },
  {
    what: "simplified characters in the traditional file",
    rule: "language-wrong",
    text: defaultText("standard", "zh-Hans"),
    language: "zh-Hant",
  },
  { what: "Japanese in the Korean file", rule: "language-wrong", text: ja, language: "ko" },
];

for (const { what, rule, line, ...given } of rows) {
  test(`lintText() says ${rule} for ${what}`, () => {
    const { language = "ja", profile = "standard" } = given;
    const bytes = given.bytes ?? Buffer.from(given.text as string);
    const values = given.values ?? testValues[language] ?? {};
    const told = lintText({ file: "x.txt", profile, language, bytes, values, senders });
    if (rule === null) return assert.deepEqual(told, []);
    const found = told.find((one) => one.rule === rule);
    assert.ok(found !== undefined, JSON.stringify(told));
    if (line !== undefined) assert.equal(found.line, line);
    assert.ok(found.mend.ja.length > 5 && found.problem.en.length > 3);
  });
}

test("every rule has a row, but for the one about missing files", () => {
  const tested = new Set(rows.map(({ rule }) => rule));
  const left = Object.keys(RULES).filter((rule) => !tested.has(rule as Rule));
  assert.deepEqual(left, ["text-missing"]);
});

test("lintValues() refuses the shipped values until each is written", () => {
  const shipped = parse(defaultValues(["ja"])) as { ja: GivenValues };
  const told = lintValues("values.yaml", shipped.ja, { language: "ja", senders });
  assert.deepEqual(new Set(told.map(({ rule }) => rule)), new Set(["value-missing"]));
  assert.equal(told.length, 7);
  assert.deepEqual(lintValues("values.yaml", testValues.ja ?? {}, { language: "ja", senders }), []);
});

test("lintValues() refuses a link and another language in a value", () => {
  const values = { ...testValues.ja, other: "see https://agency.example/ for more information, please" };
  const rules = lintValues("values.yaml", values, { language: "ja", senders }).map(({ rule }) => rule);
  assert.deepEqual(new Set(rules), new Set(["link", "language-wrong"]));
});
