import type { NoticeLanguage } from "../items.ts";

/** Characters that are written so in one of the two Chinese scripts only, and are common in notices. */
const simplified = /[们这为个请证护时间务会说对发电话邮认识询问关书经过员单应该让给]/gu;
const traditional = /[們這為個請證護時間務會說對發電話郵認識詢問關書經過員單應該讓給]/gu;

/** Whether a text is not in the language that it should be in, by its script. */
export function languageProblem(text: string, language: NoticeLanguage): boolean {
  const count = (of: RegExp): number => text.match(of)?.length ?? 0;
  const kana = count(/[\p{Script=Hiragana}\p{Script=Katakana}]/gu);
  const han = count(/\p{Script=Han}/gu);
  const hangul = count(/\p{Script=Hangul}/gu);
  const latin = count(/\p{Script=Latin}/gu);
  const all = kana + han + hangul + latin;
  if (all === 0) return true;
  switch (language) {
    case "ja":
      return kana < 0.2 * all;
    case "en":
      return latin < 0.8 * all;
    case "ko":
      return hangul < 0.5 * all;
    case "zh-Hans":
      return han < 0.5 * all || kana > 0.05 * all || count(traditionalOnly) > count(simplifiedOnly);
    case "zh-Hant":
      return han < 0.5 * all || kana > 0.05 * all || count(simplifiedOnly) > count(traditionalOnly);
  }
}

/** What stands in both lists (書 is none of them) says nothing. */
const onlyIn = (one: RegExp, other: RegExp): RegExp => {
  const others = new Set(other.source);
  const own = [...new Set(one.source)].filter(
    (letter) => /\p{Script=Han}/u.test(letter) && !others.has(letter),
  );
  return new RegExp(`[${own.join("")}]`, "gu");
};
const simplifiedOnly = onlyIn(simplified, traditional);
const traditionalOnly = onlyIn(traditional, simplified);
