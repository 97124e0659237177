import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { PERSONAL_KINDS } from "./kinds.ts";
import { isMyNumber, isPaymentCard } from "./checkDigits.ts";
import { classifyCell } from "./classifyCell.ts";
import { makePerson, seededRandom } from "./generatePersons.ts";
import { halfWidthOf, hiraganaOf } from "./kana.ts";

const today = Temporal.PlainDate.from("2016-06-14");

/** What a cell holds, and what it is: `kind`, `kind?` where a column has to say the rest, or nothing. */
const rows = `
佐藤 花子               | name
佐藤　花子              | name
佐藤花子                | name
佐々木 健太郎           | name
髙橋 さくら             | name
山田太郎様              | name
五十嵐 凛               | name
林 一郎                 | name
田中                    | name?
サトウ ハナコ           | kana
ｻﾄｳ ﾊﾅｺ                 | kana
さとう はなこ           | kana
スズキイチロウ          | kana
ﾜﾀﾅﾍﾞｼﾞｭﾝ               | kana
SATO HANAKO             | roman-name
Hanako Sato             | roman-name
Satoh, Ichirou          | roman-name
MR. TARO YAMADA         | roman-name
John Smith              | roman-name
1985-03-02              | birth-date?
1985/3/2                | birth-date?
1985年3月2日            | birth-date?
昭和55年3月2日          | birth-date?
昭和５５年３月２日      | birth-date?
S55.3.2                 | birth-date?
平成元年1月8日          | birth-date?
H3-12-31                | birth-date?
19850302                | birth-date?
1985-03-02 00:00:00     | birth-date?
03/02/1985              | birth-date?
女                      | sex
男性                    | sex
Female                  | sex
M                       | sex?
hanako.sato@mail.example | email
taro+news@a-b.example   | email
佐藤花子 <hanako@mail.example> | email
Hanako <hanako@mail.example> | email
090-0123-4567           | phone
09001234567             | phone
０９０−０１２３−４５６７ | phone
03-0123-4567            | phone
(03)0123-4567           | phone
03(0123)4567            | phone
0120-000-000            | phone
+81-90-0123-4567        | phone
+819001234567           | phone
050-0123-4567           | phone
0301234567              | phone?
〒100-0005              | postal-code
〒1000005               | postal-code
100-0005                | postal-code
１００−０００５          | postal-code
1000005                 | postal-code?
東京都千代田区丸の内1-2-3 | address
東京都千代田区丸の内１丁目２番３号 | address
〒100-0005 東京都千代田区丸の内1-2-3 | address
北海道札幌市中央区北一条西5-2 コーポ青葉201 | address
千代田区丸の内1-2-3     | address
丸の内1-2-3             | address
京都府                  | address?
1-2-3 Marunouchi, Chiyoda-ku, Tokyo | address
XT0123456               | passport
123456789018            | my-number?
1234 5678 9018          | my-number?
4111111111111111        | payment-card
3530-1113-3330-0000     | payment-card
電話は090-0123-4567です。折り返しお願いします。 | free-text
連絡先: hanako@mail.example まで | free-text
                        |
2016                    |
12345                   |
0                       |
1,280                   |
¥12,800                 |
2016-06-14T10:23:45Z    |
2016-06-14 10:23        |
2030-01-01              |
1850-01-01              |
1985-13-02              |
S70.3.2                 |
192.168.10.24           |
2001:db8::1             |
00:1a:2b:3c:4d:5e       |
550e8400-e29b-41d4-a716-446655440000 |
d41d8cd98f00b204e9800998ecf8427e |
ORD-2016-000123         |
JTB-0012345             |
4111111111111112        |
123456789012            |
1466592000000           |
9784101010014           |
sekisho@1.2.3           |
user@localhost          |
山田電機                |
高橋商店                |
松本城                  |
中野区                  |
林業                    |
東京                    |
株式会社山田            |
京都清水寺ツアー        |
ノートパソコン          |
カメラ                  |
デジタルカメラ          |
New York                |
Red Wine                |
pending                 |
https://www.example.com/?id=0312345678 |
/var/log/messages       |
`;

for (const line of rows.split("\n").filter((row) => row.includes("|"))) {
  const [written = "", expected = ""] = line.split("|").map((part) => part.trim());
  const name = expected === "" ? "takes for nothing" : `takes for ${expected}`;
  test(`classifyCell() ${name}: ${written}`, () => {
    const found = classifyCell(written, today);
    if (expected === "") assert.ok(found === null || found.confidence < 0.2, JSON.stringify(found));
    else {
      assert.equal(found?.kind, expected.replace("?", ""));
      assert.equal((found?.confidence ?? 0) < 0.5, expected.endsWith("?"), JSON.stringify(found));
    }
  });
}

test("classifyCell() has a row for every kind but other", () => {
  const seen = new Set([...rows.matchAll(/\| ([a-z-]+)/g)].map((match) => match[1]));
  assert.deepEqual(seen, new Set(PERSONAL_KINDS.filter((kind) => kind !== "other")));
});

test("classifyCell() finds all that is written of generated persons, in every writing", () => {
  const random = seededRandom(2016);
  const missed = new Map<string, number>();
  for (let count = 0; count < 5_000; count += 1) {
    const person = makePerson(random);
    const cells: [string, string][] = [
      [person.name, "name"],
      [person.name.replace(" ", ""), "name"],
      [person.kana, "kana"],
      [halfWidthOf(person.kana), "kana"],
      [hiraganaOf(person.kana), "kana"],
      [person.roman, "roman-name"],
      [person.birthDate, "birth-date"],
      [person.email, "email"],
      [person.phone, "phone"],
      [person.landline, "phone"],
      [person.phone.replaceAll("-", ""), "phone"],
      [person.postalCode, "postal-code"],
      [person.address, "address"],
      [person.passport, "passport"],
    ];
    for (const [text, kind] of cells) {
      if (classifyCell(text, today)?.kind !== kind) missed.set(kind, (missed.get(kind) ?? 0) + 1);
    }
  }
  assert.deepEqual([...missed.keys()], [], JSON.stringify([...missed]));
});

const book = "/work/shared/data/names/last_name_org.csv";
test(
  "classifyCell() takes four of five persons of Japan for names, by a list of others",
  { skip: existsSync(book) ? false : `${book} is not here` },
  () => {
    const surnames = readFileSync(book, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    let persons = 0;
    let found = 0;
    for (const [kanji = "", count = "0"] of surnames) {
      persons += Number(count);
      const cell = classifyCell(`${kanji} 亜弥芽`, today); // A given name of no list.
      if (cell?.kind === "name" && cell.confidence >= 0.8) found += Number(count);
    }
    assert.ok(found / persons > 0.78, `${found} of ${persons}`);
  },
);

test("isMyNumber() passes one random number of eleven, and isPaymentCard() few", () => {
  const random = seededRandom(2016);
  const digits = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 10)).join("");
  const numbers = Array.from({ length: 22_000 }, () => digits(12)).filter(isMyNumber).length;
  assert.ok(numbers > 1_800 && numbers < 2_400, String(numbers));
  const cards = Array.from({ length: 20_000 }, () => digits(16)).filter(isPaymentCard).length;
  assert.ok(cards < 20_000 * 0.04, String(cards));
});

test("classifyCell() bears any text", () => {
  const pieces = fc.constantFrom(
    "佐藤",
    "０",
    "-",
    "ー",
    "@",
    "〒",
    "S55",
    "\u0000",
    "東京都",
    "𠮷",
    "\ud800",
    "1",
    " ",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(pieces).map((all) => all.join("")),
      ),
      (text) => {
        const found = classifyCell(text, today);
        assert.ok(found === null || (PERSONAL_KINDS.includes(found.kind) && found.confidence <= 1));
      },
    ),
    { seed: 2016, numRuns: 5_000 },
  );
});
