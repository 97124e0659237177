import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TestSource } from "./testRecord.ts";

const encoder = new TextEncoder();
const source = new TestSource();

/** Items of each person of a line of a source of which nothing is known, as "kind=canonical form". */
function understand(text: string): string[][] {
  source.begin();
  source.read(encoder.encode(text));
  return source.persons();
}

const row =
  "佐藤 花子,ｻﾄｳ ﾊﾅｺ,昭和60年3月2日,hanako@mail.example,〒100-0005,東京都千代田区丸の内1-2-3,090-0123-4567";
const items = [
  "name=佐藤 花子",
  "kana=サトウ ハナコ",
  "birth-date=1985-03-02",
  "email=hanako@mail.example",
  "postal-code=100-0005",
  "address=千代田区丸の内1-2-3",
  "phone=09001234567",
];

test("read() understands fields in any order", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(row.split(","), { minLength: 7, maxLength: 7 }), (fields) => {
      const [person] = understand(fields.join(","));
      assert.deepEqual(person?.toSorted(), items.toSorted());
    }),
    { seed: 2016, numRuns: 200 },
  );
});

for (const separator of ["\t", ";", "|"]) {
  test(`read() finds the separator ${JSON.stringify(separator)}`, () => {
    assert.deepEqual(understand(row.replaceAll(",", separator)), [items]);
  });
}

test("read() takes quoted fields with separators, quotes and newlines in them", () => {
  const [person] = understand('"佐藤 花子","a ""b"", c\nd",hanako@mail.example,"1985-03-02"');
  assert.deepEqual(person, [
    "name=佐藤 花子",
    "unknown=",
    "email=hanako@mail.example",
    "birth-date=1985-03-02",
  ]);
});

test("read() mends text that was decoded wrongly", () => {
  const latin = Buffer.from("佐藤花子").toString("latin1");
  assert.deepEqual(understand(`${latin},a@mail.example`), [["name=佐藤 花子", "email=a@mail.example"]]);
  const cp932 = new TextDecoder("shift_jis").decode(Buffer.from("佐藤花子様方"));
  assert.match(understand(`${cp932},a@mail.example`)[0]?.[0] ?? "", /^(?:name|unknown)=/);
});

test("read() cuts up fields that are glued together", () => {
  const [person] = understand("佐藤花子hanako@mail.example 090-0123-4567 1985-03-02");
  assert.deepEqual(person?.toSorted(), [
    "birth-date=1985-03-02",
    "email=hanako@mail.example",
    "name=佐藤 花子",
    "phone=09001234567",
  ]);
});

test("secondPerson() parts two rows in one line", () => {
  const persons = understand(`${row},鈴木 一郎,スズキ イチロウ,1970-01-01,ichiro@mail.example`);
  assert.equal(persons.length, 2);
  assert.deepEqual(persons[0], items);
  assert.deepEqual(persons[1], [
    "name=鈴木 一郎",
    "kana=スズキ イチロウ",
    "birth-date=1970-01-01",
    "email=ichiro@mail.example",
  ]);
});

test("take() tells birth, issue and end of a passport apart", () => {
  assert.deepEqual(understand("佐藤 花子,2012-05-01,XT0123456,1985-03-02,2022-05-01"), [
    [
      "name=佐藤 花子",
      "passport-issued=2012-05-01",
      "passport=XT0123456",
      "birth-date=1985-03-02",
      "passport-expires=2022-05-01",
    ],
  ]);
});

test("take() says that lines without a person are none", () => {
  for (const line of [
    "商品A,1200,2016-05-01,東京営業所",
    "GET /index.html HTTP/1.1,200",
    "100-0005",
    "2016-05-01,1,2",
    "温泉のある宿を検索しました。条件：大人2名、1泊、朝食付き 3k2",
    "佐藤 11",
    "2016-03-15 10:22:31,INFO,session opened,10.1.2.3",
  ])
    assert.deepEqual(understand(line), []);
});

test("read() learns what columns hold, and what is a word and no name", () => {
  source.begin();
  const kindsOf = (text: string): string[] => {
    source.read(encoder.encode(text));
    return source.kinds();
  };
  const family = "佐藤鈴木高橋田中伊藤渡辺山本中村小林加藤";
  for (let number = 0; number < 400; number += 1) {
    const at = (number % 10) * 2;
    kindsOf(
      `${family.slice(at, at + 2)} 花子,電話予約,R${10_000_000 + number},198${number % 10}-03-02,2016/05/01`,
    );
  }
  assert.deepEqual(kindsOf("蛇穴 彌榮,電話予約,R12345678,1985-03-02,2016/05/01"), [
    "name",
    "other",
    "other",
    "birth-date",
    "other-date",
  ]);
});

test("read() takes a column for what its name says", () => {
  source.begin(["お名前", "連絡先電話番号", "備考"]);
  source.read(encoder.encode("蛇穴 彌榮,0301234567,5"));
  assert.deepEqual(source.kinds(), ["name", "phone", "unknown"]);
});

test("read() and what follows it do not throw on any bytes", () => {
  source.begin();
  const { exports } = source.machine;
  const texts = fc.array(
    fc.constantFrom(",", '"', "佐藤", "ｻﾄｳﾊﾅｺ", "㌀", "ﾞ", "1985/3/2", "@", "090", "Ã¦", "\ufffd"),
    {
      maxLength: 200,
    },
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    texts.map((all) => encoder.encode(all.join(""))),
  );
  fc.assert(
    fc.property(bytes, (some) => {
      source.read(some);
      const second = exports.secondPerson();
      exports.takePerson(0, second);
      exports.takePerson(second, exports.itemCount.value);
    }),
    { seed: 2016, numRuns: 5_000 },
  );
});
