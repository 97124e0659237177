import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersonalKind } from "./kinds.ts";
import { classifyColumn } from "./classifyColumn.ts";
import { hintOfName } from "./columnNames.ts";
import { isMyNumber } from "./checkDigits.ts";
import { makePerson, seededRandom, type GeneratedPerson } from "./generatePersons.ts";
import { halfWidthOf, hiraganaOf } from "./kana.ts";

const today = Temporal.PlainDate.from("2016-06-14");
const random = seededRandom(2016);
const people = Array.from({ length: 400 }, () => makePerson(random));
const digits = (count: number): string =>
  Array.from({ length: count }, () => Math.floor(random() * 10)).join("");
const myNumber = (): string => {
  for (;;) {
    const number = digits(12);
    if (isMyNumber(number)) return number;
  }
};
const day = (from: number, years: number): string =>
  `${from + Math.floor(random() * years)}-0${1 + Math.floor(random() * 9)}-1${Math.floor(random() * 9)}`;
const hex = (count: number): string =>
  digits(count * 2).replace(/\d\d/g, (two) => (Number(two) % 16).toString(16));
const oneOf = (texts: string): string => {
  const all = texts.split(" ");
  return all[Math.floor(random() * all.length)] as string;
};
const eraDate = (text: string): string => {
  const [year = 0, month = 0, dayOfMonth = 0] = text.split("-").map(Number);
  return year < 1989 ? `S${year - 1925}.${month}.${dayOfMonth}` : `H${year - 1988}.${month}.${dayOfMonth}`;
};

type Make = (person: GeneratedPerson) => string;
/** Column, type, what is in it, and what it must be taken for. */
const rows: [name: string, type: string, make: Make, kind: PersonalKind | null][] = [
  ["c1", "text", ({ name }) => name, "name"],
  ["氏名", "text", ({ name }) => name.replace(" ", ""), "name"],
  ["shimei", "varchar", ({ surname }) => surname, "name"],
  ["customer_name", "text", () => oneOf("Schröder O'Neill Müller 胡錦 Đặng"), "name"],
  ["name", "text", ({ name }) => name, "name"],
  ["given_name", "text", ({ givenName }) => givenName, "name"],
  ["col_3", "text", ({ kana }) => kana, "kana"],
  ["フリガナ", "text", ({ kana }) => halfWidthOf(kana), "kana"],
  ["name_kana", "text", ({ kana }) => hiraganaOf(kana).replace(" ", ""), "kana"],
  ["name", "text", ({ kana }) => kana, "kana"],
  ["x", "text", ({ roman }) => roman, "roman-name"],
  ["passport_name", "text", ({ roman }) => roman, "roman-name"],
  ["c4", "date", ({ birthDate }) => birthDate, "birth-date"],
  ["生年月日", "text", ({ birthDate }) => eraDate(birthDate), "birth-date"],
  ["dob", "int4", ({ birthDate }) => birthDate.replaceAll("-", ""), "birth-date"],
  ["birthday", "timestamptz", ({ birthDate }) => `${birthDate} 00:00:00+00`, "birth-date"],
  ["性別", "text", ({ sex }) => (sex === "male" ? "男" : "女"), "sex"],
  ["sex", "int2", ({ sex }) => (sex === "male" ? "1" : "2"), "sex"],
  ["gender", "char", ({ sex }) => (sex === "male" ? "M" : "F"), "sex"],
  ["login", "text", ({ email }) => email, "email"],
  ["mailAddress", "text", ({ email }) => (random() < 0.8 ? "" : email), "email"],
  ["c7", "text", ({ phone }) => phone, "phone"],
  ["tel", "text", ({ landline }) => landline.replaceAll("-", ""), "phone"],
  ["phone_number", "int8", ({ phone }) => phone.replaceAll("-", "").slice(1), "phone"],
  ["contact", "text", ({ email }) => email, "email"],
  ["zip", "text", ({ postalCode }) => postalCode.replace("-", ""), "postal-code"],
  ["c9", "text", ({ postalCode }) => postalCode, "postal-code"],
  ["c10", "text", ({ address }) => address, "address"],
  ["addr2", "text", ({ street }) => street, "address"],
  ["住所1", "text", ({ prefecture }) => prefecture, "address"],
  ["旅券番号", "text", ({ passport }) => passport, "passport"],
  ["c12", "text", ({ passport }) => passport, "passport"],
  ["個人番号", "text", myNumber, "my-number"],
  ["c13", "text", myNumber, "my-number"],
  ["備考", "text", ({ phone }) => (random() < 0.7 ? "窓側を希望" : `到着後に${phone}へ電話`), "free-text"],
  ["メモ", "text", () => oneOf("窓側を希望 禁煙 アレルギーあり"), null],
  ["order_no", "text", () => digits(12), null],
  ["個人番号", "text", () => digits(12), null],
  ["order_id", "int8", () => `1${digits(9)}`, null],
  ["ordered_on", "date", () => day(2014, 2), null],
  ["created_at", "timestamptz", () => `${day(2014, 2)} 10:23:${digits(2)}+09`, null],
  ["price", "numeric", () => digits(5), null],
  ["c20", "text", () => digits(7), null],
  ["c21", "int8", () => `${Math.floor(1.4e12 + random() * 1e11)}`, null],
  ["c22", "text", () => hex(32), null],
  ["ip", "text", () => `10.${digits(2)}.${digits(2)}.1`, null],
  ["c23", "text", () => `192.168.${Math.floor(random() * 255)}.${Math.floor(random() * 255)}`, null],
  ["id", "uuid", () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`, null],
  ["product_name", "text", () => oneOf("林檎 カメラ 山田電機の掃除機 ノート 東芝テレビ 森永ミルク"), null],
  ["name", "text", () => oneOf("カメラ テレビ ノートパソコン デスク チェア 掃除機 冷蔵庫"), null],
  ["name", "text", () => oneOf("京都清水寺ツアー 北海道周遊 沖縄の海 ハワイ五日間 温泉の旅"), null],
  ["hotel_name", "text", () => oneOf("高橋旅館 ホテル松本 山田屋 森の宿"), null],
  ["city", "text", () => oneOf("Tokyo Osaka Kyoto Nagoya"), null],
  ["area", "text", () => oneOf("千葉 福島 山口 長崎 石川 宮崎 福岡"), null],
  ["status", "text", () => oneOf("paid open closed"), null],
  ["email_verified", "bool", () => "true", null],
  ["mail_count", "int4", () => digits(2), null],
  ["c30", "text", () => oneOf("S M L XL"), null],
  ["isbn", "text", () => `978${digits(10)}`, null],
  ["version", "text", () => `1.${digits(1)}.${digits(2)}`, null],
  ["flight", "text", () => `JL${digits(3)}`, null],
  ["c31", "text", () => oneOf("Red White Blue Dark Green"), null],
  ["c32", "text", () => "", null],
];

for (const [name, type, make, kind] of rows) {
  const values = people.map(make);
  test(`classifyColumn() takes "${name}" (${type}) with ${values[0]} for ${kind ?? "nothing"}`, () => {
    const found = classifyColumn(values, { name, type }, today);
    assert.equal(found.kind, kind, JSON.stringify(found));
    assert.equal(found.confidence >= 0.4, kind !== null, JSON.stringify(found));
    assert.ok(found.because.en !== "" && found.because.ja !== "");
  });
}

test("classifyColumn() needs no value where the name is plain, and says so", () => {
  const found = classifyColumn([], { name: "生年月日", type: "date" }, today);
  assert.deepEqual([found.kind, found.confidence], ["birth-date", 0.6]);
  assert.match(found.because.en, /empty/);
});

test("classifyColumn() says neither a value nor a part of one", () => {
  for (const [name, type, make] of rows) {
    const values = people.map(make).filter((value) => value.length > 3);
    const { because } = classifyColumn(values, { name, type }, today);
    assert.ok(!values.some((value) => because.en.includes(value) || because.ja.includes(value)));
  }
});

const names = `
氏名 name | カナ氏名 kana | シメイ - | mail email | E-mail email | メールアドレス email | tel phone | TEL1 phone
携帯電話 phone | 生年月日 birth-date | birthday birth-date | DOB birth-date | 住所 address | addr1 address
郵便番号 postal-code | zipCode postal-code | passport_no passport | 旅券番号 passport | firstName name
last_name name | 性別 sex | mail_sent_count - | product_name - | telemetry - | phone_verified -
file_name - | emailed_at - | category - | createdAt - | 商品名 - | 会社名 - | sex sex | name name | company_name -
customerId - | card_number payment-card | マイナンバー my-number | message free-text | smail -
`;
for (const row of names.split(/[|\n]/).filter((part) => part.trim() !== "")) {
  const [name = "", kind = ""] = row.trim().split(" ");
  test(`hintOfName() says ${kind === "-" ? "nothing" : kind} of ${name}`, () => {
    assert.equal(hintOfName(name)?.kind ?? "-", kind);
  });
}
