/** Languages in which notices are written, as BCP 47 tags. */
export const LANGUAGES = ["ja", "en", "zh-Hans", "zh-Hant", "ko"] as const;
export type NoticeLanguage = (typeof LANGUAGES)[number];

type Names = Record<NoticeLanguage, string>;
const names = (ja: string, en: string, hans: string, hant: string, ko: string): Names => ({
  ja,
  en,
  "zh-Hans": hans,
  "zh-Hant": hant,
  ko,
});

/** The kinds of data that a notice may name, as the scope names them, and how each language says it. */
export const ITEMS = {
  name: names("お名前", "name", "姓名", "姓名", "성명"),
  kana: names("お名前のフリガナ", "name in kana", "姓名假名", "姓名假名", "성명(가나)"),
  "roman-name": names(
    "お名前のローマ字表記",
    "name in Roman letters",
    "罗马字姓名",
    "羅馬字姓名",
    "성명(로마자)",
  ),
  sex: names("性別", "sex", "性别", "性別", "성별"),
  "birth-date": names("生年月日", "date of birth", "出生日期", "出生日期", "생년월일"),
  email: names("メールアドレス", "e-mail address", "电子邮箱地址", "電子郵件地址", "이메일 주소"),
  "postal-code": names("郵便番号", "postal code", "邮政编码", "郵遞區號", "우편번호"),
  address: names("ご住所", "postal address", "住址", "住址", "주소"),
  phone: names("電話番号", "telephone number", "电话号码", "電話號碼", "전화번호"),
  passport: names("旅券番号", "passport number", "护照号码", "護照號碼", "여권 번호"),
  "passport-issued": names(
    "旅券の発行日",
    "passport date of issue",
    "护照签发日期",
    "護照發照日期",
    "여권 발급일",
  ),
  "passport-expires": names(
    "旅券の有効期間満了日",
    "passport date of expiry",
    "护照有效期截止日",
    "護照效期截止日",
    "여권 만료일",
  ),
  "my-number": names("個人番号", "Individual Number", "日本个人编号", "日本個人編號", "일본 개인번호"),
  "payment-card": names("クレジットカード番号", "card number", "信用卡号码", "信用卡號碼", "신용카드 번호"),
  "free-text": names(
    "ご連絡内容などの記載",
    "what was written in remarks",
    "备注内容",
    "備註內容",
    "비고 내용",
  ),
} as const satisfies Record<string, Names>;
export type Item = keyof typeof ITEMS;

export function isItem(text: string): text is Item {
  return Object.hasOwn(ITEMS, text);
}

const separators: Names = { ja: "、", en: ", ", "zh-Hans": "、", "zh-Hant": "、", ko: ", " };

/** The items of one person as a list in words, in the order of the table. */
export function sayItems(items: readonly Item[], language: NoticeLanguage): string {
  return (Object.keys(ITEMS) as Item[])
    .filter((item) => items.includes(item))
    .map((item) => ITEMS[item][language])
    .join(separators[language]);
}

/** The language in which a person is written to: the first that she reads and we write, else English. */
export function chooseLanguage(read: readonly string[]): NoticeLanguage {
  for (const tag of read) {
    const language = languageOfTag(tag);
    if (language !== null) return language;
  }
  return read.length === 0 ? "ja" : "en";
}

/** RFC 4647 look-up, with the script that a region writes (CLDR likely subtags). */
function languageOfTag(tag: string): NoticeLanguage | null {
  const [main = "", ...rest] = tag.toLowerCase().replaceAll("_", "-").split("-");
  if (main === "ja" || main === "en" || main === "ko") return main;
  if (main !== "zh" && main !== "cmn" && main !== "yue") return null;
  if (rest.includes("hant")) return "zh-Hant";
  if (rest.includes("hans")) return "zh-Hans";
  return main === "yue" || rest.some((part) => ["tw", "hk", "mo"].includes(part)) ? "zh-Hant" : "zh-Hans";
}
