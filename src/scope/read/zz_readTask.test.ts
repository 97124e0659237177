import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RecordEncoding } from "./record.ts";
import { readPaths, testFolder } from "./testReading.ts";
import { encode, writable } from "./testText.ts";

const rows = [
  "1001,山田　太郎,ヤマダ タロウ,1985-03-02,taro@example.jp,150-0001,東京都渋谷区神宮前1-2-3",
  "1002,髙橋 花子,ﾀｶﾊｼ ﾊﾅｺ,昭和60年3月2日,hanako@example.jp,060-0001,北海道札幌市中央区北一条西2",
  "1003,鈴木 次郎,ｽｽﾞｷ ｼﾞﾛｳ,S60.3.2,jiro@example.com,530-0001,大阪府大阪市北区梅田3-1-1",
  "1004,佐々木 愛,ササキ アイ,1990/12/31,ai@example.jp,810-0001,福岡県福岡市中央区天神1",
];
for (const encoding of ["utf-8", "cp932", "euc-jp", "iso-2022-jp", "utf-16le", "utf-16be"] as const) {
  test(`readTask() gives the lines of a file in ${encoding} with their offsets`, async () => {
    using folder = testFolder();
    const pieces = rows.map((row) => encode(`${row}\r\n`, encoding));
    const file = folder.write("rows.csv", Buffer.concat(pieces));
    const { records, problems } = await readPaths([file]);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      records.map(({ text }) => text),
      rows.map((row) => writable(row, encoding)),
    );
    assert.deepEqual(
      records.map(({ encoding: found }) => found),
      rows.map(() => encoding),
    );
    let offset = 0;
    for (const [at, record] of records.entries()) {
      assert.equal(record.offset, offset);
      assert.equal(record.line, at + 1);
      offset += (pieces[at] as Buffer).length;
    }
  });
}

test("readTask() decides the encoding for each line", async () => {
  using folder = testFolder();
  const encodings = ["cp932", "utf-8", "euc-jp", "iso-2022-jp"] as const;
  const file = folder.write(
    "mixed.csv",
    Buffer.concat(rows.map((row, at) => encode(`${row}\n`, encodings[at] as RecordEncoding))),
  );
  const { records } = await readPaths([file]);
  assert.deepEqual(
    records.map(({ encoding }) => encoding),
    encodings,
  );
});

test("readTask() joins the lines of quoted fields, and lets a stray quote join nothing", async () => {
  using folder = testFolder();
  const text = ['1,"a\nb ""c"" d",x', '2,5" disk,y', '3,"never closed', "4,plain", '5,"e\r\n\r\nf"', "6,z"];
  const file = folder.write("quoted.csv", text.join("\n"));
  const { records } = await readPaths([file]);
  assert.deepEqual(
    records.map(({ text, line }) => [line, text]),
    text.map((row, at) => [[1, 3, 4, 5, 6, 9][at], row]),
  );
});

test("readTask() gives the same records however the input is cut into tasks", async () => {
  const cell = fc.oneof(
    fc.constantFrom(
      "山田",
      "ﾔﾏﾀﾞ",
      "a@b.jp",
      "",
      "1985-03-02",
      'x"y',
      '"q\nq"',
      '"open',
      '"',
      "長".repeat(30),
      `${"長い,".repeat(99)}`,
    ),
    fc.string({ maxLength: 12 }),
  );
  const line = fc
    .tuple(fc.array(cell, { minLength: 1, maxLength: 6 }), fc.constantFrom("\n", "\r\n", "\r"))
    .map(([cells, end]) => cells.join(",") + end);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(line, fc.constantFrom("utf-8" as const, "cp932" as const)), { maxLength: 60 }),
      fc.integer({ min: 1, max: 900 }),
      async (lines, taskBytes) => {
        using folder = testFolder();
        const bytes = Buffer.concat(lines.map(([text, encoding]) => encode(text, encoding)));
        const file = folder.write("any.txt", Buffer.concat([Buffer.from("id,name\n"), bytes]));
        const small = { gridBytes: 512, lineBytesMax: 256, imageLineBytesMax: 512, quotedBytesMax: 128 };
        const whole = await readPaths([file], small);
        const cut = await readPaths([file], { ...small, taskBytes, chunkBytes: 300 });
        const seen = ({ records }: typeof whole): unknown[] =>
          records.map(({ text, offset, encoding, part }) => [text, offset, encoding, part]);
        assert.deepEqual(seen(cut), seen(whole));
      },
    ),
    { seed: 7, numRuns: 700 },
  );
});
