import type { Said } from "../../gate.ts";
import { PERSONAL, SHARED } from "./placeholders.ts";

const placeholders = [...PERSONAL, ...SHARED].map((name) => `{${name}}`).join(" ");

type Told = { problem: Said; mend: Said };
const told = (en: string, ja: string, mendEn: string, mendJa: string): Told => ({
  problem: { en, ja },
  mend: { en: mendEn, ja: mendJa },
});

/** Every rule that a text may break, with what is told of it. `what` is the place or word concerned. */
export const RULES = {
  encoding: () =>
    told("not UTF-8", "UTF-8 ではありません", "save the file as UTF-8", "UTF-8 で保存してください"),
  "text-too-long": (what: string) =>
    told(
      `longer than ${what} bytes`,
      `${what} バイトを超えています`,
      "say it more shortly",
      "短くしてください",
    ),
  "subject-missing": () =>
    told(
      "no subject",
      "件名がありません",
      'begin with "Subject: …" and a blank line',
      "1 行目に「Subject: 件名」、2 行目を空行にしてください",
    ),
  "subject-too-long": () =>
    told(
      "the subject is too long",
      "件名が長すぎます",
      "at most 150 characters",
      "150 文字以内にしてください",
    ),
  link: () =>
    told(
      "holds a link",
      "リンクが含まれています",
      "take it out: impersonators send links, genuine notices do not; name the hotline instead",
      "削除してください。なりすましと区別できるよう、リンクの代わりに電話窓口を示します",
    ),
  "bare-domain": (what: string) =>
    told(
      `${what} becomes a link in mail programs`,
      `${what} はメールソフトでリンクになります`,
      "take it out, or describe the place in words",
      "削除するか、言葉で説明してください",
    ),
  attachment: () =>
    told(
      "speaks of an attachment or a download",
      "添付ファイルまたはダウンロードに触れています",
      "a notice has neither: say so, or leave it out; how it happened stands in values.yaml",
      "通知には使いません。ない旨を書くか削除し、事案の説明は values.yaml の outline と cause に書いてください",
    ),
  markup: () =>
    told(
      "holds HTML or Markdown",
      "HTML または Markdown の記法が含まれています",
      "write plain text",
      "普通の文章にしてください",
    ),
  "hidden-character": () =>
    told(
      "holds a character that is not seen, or a tab",
      "見えない文字またはタブが含まれています",
      "type the line anew",
      "その行を打ち直してください",
    ),
  "line-too-long": () =>
    told(
      "longer than 998 octets (RFC 5322 2.1.1)",
      "1 行が 998 オクテットを超えています(RFC 5322 2.1.1)",
      "break the line",
      "改行してください",
    ),
  "address-unknown": (what: string) =>
    told(
      `${what} is no sender that the configuration names`,
      `${what} は設定にある送信元アドレスではありません`,
      "name only addresses of notice.senders",
      "notice.senders のアドレスだけを書いてください",
    ),
  "number-unknown": () =>
    told(
      "holds a number that looks like a telephone number and is not the hotline",
      "電話窓口ではない電話番号らしい数字があります",
      "name the hotline only",
      "電話窓口の番号だけを書いてください",
    ),
  "data-value": () =>
    told(
      "holds what looks like somebody's card or passport number",
      "カード番号または旅券番号らしい値があります",
      "name items, never values",
      "項目名だけを書き、値は書かないでください",
    ),
  "placeholder-unknown": (what: string) =>
    told(
      `${what} is no placeholder`,
      `${what} という差し込み項目はありません`,
      `use: ${placeholders}`,
      `使えるもの: ${placeholders}`,
    ),
  "placeholder-broken": () =>
    told(
      "a brace without its other half",
      "波括弧が閉じていません",
      "write placeholders as {name}",
      "差し込み項目は {name} のように書いてください",
    ),
  "value-missing": (what: string) =>
    told(
      `values.yaml says nothing for ${what}`,
      `values.yaml の ${what} が書かれていません`,
      "write it there",
      "values.yaml に書いてください",
    ),
  "item-missing": (what: string) =>
    told(
      `the item "${what}" that the law asks for is missing`,
      `法令が求める事項「${what}」がありません`,
      `add {${what}}, or a heading and a sentence (APPI Rules art. 10)`,
      `{${what}} を入れるか、見出しと本文を書いてください(個人情報保護法施行規則 10 条)`,
    ),
  "personal-missing": (what: string) =>
    told(
      `{${what}} is missing`,
      `{${what}} がありません`,
      `add {${what}}: without it neither reader nor hotline knows whom it concerns`,
      `{${what}} を入れてください。誰への通知か、読む人にも窓口にも分かりません`,
    ),
  "hotline-missing": () =>
    told(
      "the hotline's number is missing",
      "電話窓口の番号がありません",
      "add {hotline}",
      "{hotline} を入れてください",
    ),
  "hours-missing": () =>
    told(
      "the hotline's hours are missing",
      "電話窓口の受付時間がありません",
      "add {hours}",
      "{hours} を入れてください",
    ),
  "never-ask-missing": () =>
    told(
      "does not say what will never be asked",
      "決してお尋ねしない事項が書かれていません",
      "add {never}",
      "{never} を入れてください",
    ),
  "sender-missing": (what: string) =>
    told(
      `does not name the sender ${what}`,
      `送信元アドレス ${what} が書かれていません`,
      "add {senders}",
      "{senders} を入れてください",
    ),
  "partner-missing": () =>
    told(
      "does not name the partner",
      "提携先の名前がありません",
      "add {partner}",
      "{partner} を入れてください",
    ),
  "partner-unexpected": () =>
    told(
      "names a partner, and its readers have none",
      "提携先のないお客様向けに {partner} があります",
      "take {partner} out",
      "{partner} を削除してください",
    ),
  "guardian-missing": () =>
    told(
      "is about a minor and does not address the guardian",
      "未成年者についての通知なのに保護者に宛てていません",
      "address parent or guardian",
      "保護者様に宛ててください",
    ),
  "passport-missing": () =>
    told(
      "is for holders of valid passports and does not speak of them",
      "有効な旅券に関する通知なのに旅券に触れていません",
      "say what its holder can do",
      "旅券について、お客様ができることを書いてください",
    ),
  "language-wrong": (what: string) =>
    told(
      `${what === "" ? "the text" : what} is not in its language`,
      `${what === "" ? "本文" : what} がその言語で書かれていません`,
      "translate it, or put it into the file of its language",
      "翻訳するか、その言語のファイルに移してください",
    ),
  "text-missing": (what: string) =>
    told(
      `there is no text ${what}, and persons are in its group`,
      `${what} がありませんが、該当するお客様がいます`,
      "write it; sekisho notice texts --init makes one to start from",
      "作成してください。sekisho notice texts --init で雛形を作れます",
    ),
} as const satisfies Record<string, (what: string) => Told>;
export type Rule = keyof typeof RULES;
