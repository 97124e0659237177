import type { PersonalKind } from "./kinds.ts";

/** What a column's name says: a strong name nearly settles it, a weak one needs fitting values. */
export type NameHint = { kind: PersonalKind; strong: boolean };

const anyOf = (words: string): string => words.trim().split(/\s+/).join("|");

/**
 * Last words of names of things that are counted, timed or owned by machines, whatever else stands in them.
 */
const machineWords = anyOf(`
  id ids uuid guid hash digest token count cnt num amount price qty flag flg status type kind size bytes url
  uri path
  ip mac host hostname version seq score rate ratio created updated deleted modified created_at updated_at
  deleted_at
  at on_off enabled verified sent
`);
const machineWordsJapanese = anyOf(`
  件数 回数 金額 価格 数量 区分 フラグ ステータス 更新 作成日 登録日 送信日 注文日 予約日 出発日 利用日
`);
const never = new RegExp(`(?:^|_)(?:${machineWords})$|^(?:is|has|num|count|total)_|${machineWordsJapanese}`);
const notPersons = new RegExp(
  anyOf(`
    product item goods company corp shop store hotel brand file host server table column event plan category
    tour
    course campaign branch bank city_name country 商品 会社 法人 企業 店舗 店名 支店 銀行 ホテル 施設 宿名 ファイル
    プラン コース 部署 国名 都市 ツアー 品名 件名 科目
  `),
);

const personWords = anyOf(`
  customer client member user person passenger guest traveler traveller contact full family given last first
  sur
  holder applicant employee staff patient owner
`);
const nameWordsJapanese = anyOf(`
  氏名 姓名 名前 苗字 名字 顧客名 会員名 宛名 お客様名 契約者名 代表者 担当者 搭乗者 旅行者
`);
const name = new RegExp(
  `(?:${personWords})_?name|shimei|(?:^|_)(?:sei|mei|namae|myoji|姓|名)(?:$|_)|${nameWordsJapanese}`,
);

const strong: readonly [RegExp, PersonalKind][] = [
  [/kana|furigana|phonetic|yomi|カナ|ｶﾅ|かな|フリガナ|ﾌﾘｶﾞﾅ|ふりがな|よみ|ヨミ|読み/, "kana"],
  [/roma(?:n|ji)|passport_?name|ローマ字|英字|英名|アルファベット/, "roman-name"],
  [/passport|ryoken|旅券|パスポート/, "passport"],
  [/my_?number|kojin_?bango|個人番号|マイナンバー/, "my-number"],
  [/birth|\bdob\b|(?:^|_)dob(?:$|_)|bday|seinengappi|tanjo|生年月日|誕生日|生年/, "birth-date"],
  [/e_?mail|(?:^|_)mail(?:$|_)|mail_?(?:address|addr|adr)|メール|ﾒｰﾙ|電子メール/, "email"],
  [
    /phone|(?:^|_)tel(?:$|_|no|\d)|denwa|mobile|keitai|(?:^|_)fax|電話|携帯|ＴＥＬ|ファックス|連絡先番号/,
    "phone",
  ],
  [/zip|postal|post_?code|yubin|郵便/, "postal-code"],
  [/addr|jusho|juusho|住所|street|prefecture|todofuken|都道府県|市区町村|番地|建物名|居所|本籍/, "address"],
  [/(?:^|_)(?:sex|gender|seibetsu)(?:$|_)|性別/, "sex"],
  [/card_?(?:no|number|num)|credit_?card|(?:^|_)pan(?:$|_)|カード番号/, "payment-card"],
  [name, "name"],
];
const weak: readonly [RegExp, PersonalKind][] = [
  [/(?:^|_)name(?:$|_|\d)|name$|(?:^|_)nm$|名$/, "name"],
  [
    /memo|note|remark|comment|inquiry|message|body|biko|備考|メモ|問い?合わ?せ|コメント|自由記入|本文|摘要/,
    "free-text",
  ],
  [/contact|連絡先/, "phone"],
  [/(?:^|_)(?:pref|city|town|address\d?|building)(?:$|_)|市町村|町名/, "address"],
];

const cache = new Map<string, NameHint | null>();

/** What a column's name says of its content, or null. English, Japanese, and Japanese in Roman letters. */
export function hintOfName(written: string): NameHint | null {
  const known = cache.get(written);
  if (known !== undefined) return known;
  const hint = findHint(written);
  if (cache.size > 10_000) cache.clear(); // Keys of hostile JSON are as many as it likes.
  cache.set(written, hint);
  return hint;
}

function findHint(written: string): NameHint | null {
  if (written.length > 128) return null;
  const plain = written
    .normalize("NFKC")
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[\s.\-/:]+/g, "_");
  if (never.test(plain)) return null;
  const hint = strong.find(([pattern]) => pattern.test(plain));
  if (hint !== undefined)
    return notPersons.test(plain) && isOfThings(hint[1]) ? null : { kind: hint[1], strong: true };
  if (notPersons.test(plain)) return null;
  const guess = weak.find(([pattern]) => pattern.test(plain));
  return guess === undefined ? null : { kind: guess[1], strong: false };
}

/** Shops have names, addresses and telephones too; nobody but a person has a birthday. */
function isOfThings(kind: PersonalKind): boolean {
  return ["name", "kana", "roman-name", "address", "phone", "email", "postal-code"].includes(kind);
}
