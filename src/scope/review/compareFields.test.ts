import assert from "node:assert/strict";
import { test } from "node:test";
import { compareFields, MARKS } from "./compareFields.ts";

const rows = [
  ["name", "髙橋 一郎", "name_kanji", "高橋　一郎", "variant"],
  ["name", "高橋一郎", "name_kanji", "高橋 一郎", "same"],
  ["name", "工藤 和弥", "name_kanji", "佐藤 花子", "differs"],
  ["kana", "ﾀｶﾊｼ ｲﾁﾛｳ", "name_kana", "タカハシ　イチロウ", "same"],
  ["kana", "タカハシ イチロ", "name_kana", "タカハシ イチロウ", "similar"],
  ["roman-name", "ICHIRO TAKAHASHI", "name_roman", "Takahashi Ichiro", "variant"],
  ["birth-date", "昭和60年3月2日", "birth_date", "1985-03-02", "same"],
  ["birth-date", "1985/03/05", "birth_date", "1985-03-02", "similar"],
  ["birth-date", "1971-12-30", "birth_date", "1985-03-02", "differs"],
  ["sex", "男", "sex", "male", "same"],
  ["sex", "F", "sex", "male", "differs"],
  ["email", "Ichiro@Mail.example", "email", "ichiro@mail.example", "same"],
  ["email", "ichiro1@mail.example", "email", "ichiro@mail.example", "similar"],
  ["phone", "+81 90-0123-4567", "phone", "09001234567", "same"],
  ["phone", "090-0123-4576", "phone", "090-0123-4567", "similar"],
  ["postal-code", "〒1000005", "postal_code", "100-0005", "same"],
  ["address", "千代田区丸の内一丁目2番3号", "address", "東京都千代田区丸の内1-2-3", "same"],
  ["passport", "xa0012345", "passport_number", "XA0012345", "same"],
  ["passport", "XA0012345", "passport_number", "", "missing"],
  ["unknown", "国内旅行", "", "", "only-record"],
] as const;

for (const [kind, value, column, held, mark] of rows) {
  test(`compareFields() marks ${kind} ${value} beside ${held || "nothing"} as ${mark}`, () => {
    const field = { field: 0, kind, value, normalised: "" };
    const [pair] = compareFields([field], column === "" || held === "" ? {} : { [column]: held });
    assert.deepEqual([pair?.kind, pair?.record, pair?.mark], [kind, value, mark]);
  });
}

test("every mark has a row", () => assert.deepEqual(new Set(rows.map((row) => row[4])), new Set(MARKS)));

test("compareFields() takes the nearer of two telephones, and shows what the record lacks", () => {
  const fields = [{ field: 2, kind: "phone", value: "03-0123-4567", normalised: "0301234567" }];
  const pairs = compareFields(fields, { phone: "090-0123-0000", phone2: "03-0123-4567", sex: "女" });
  assert.deepEqual(
    pairs.map(({ kind, customer, mark }) => [kind, customer, mark]),
    [
      ["sex", "女", "missing"],
      ["phone", "03-0123-4567", "same"],
    ],
  );
});

test("compareFields() shows a record alone where the customer's row is away", () => {
  const pairs = compareFields([{ field: 0, kind: "email", value: "a@b.example", normalised: "" }], null);
  assert.deepEqual(pairs, [{ kind: "email", record: "a@b.example", customer: null, mark: "missing" }]);
});
