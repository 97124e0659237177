import assert from "node:assert/strict";
import { test } from "node:test";
import { readPaths, testFolder } from "./testReading.ts";
import { encode } from "./testText.ts";

async function cellsOf(
  name: string,
  bytes: Buffer | string,
  limits: Parameters<typeof readPaths>[1] = {},
): Promise<{ rows: [number, string[], readonly string[] | null][]; codes: string[] }> {
  using folder = testFolder();
  const { records, problems } = await readPaths([folder.write(name, bytes)], limits);
  for (const { separator } of records) assert.equal(separator, 0x1f);
  return {
    rows: records.map(({ offset, text, columns }) => [offset, text.split("\u001f"), columns]),
    codes: problems.map(({ code }) => code),
  };
}

test("readTask() gives each tuple of INSERT as a record with the names of its columns", async () => {
  const dump = [
    "-- MySQL dump 10.13",
    "CREATE TABLE `c` (`name` varchar(20) DEFAULT ');');",
    "INSERT INTO `c` (`id`, `氏名`, mail) VALUES (1,'山田 \\'太郎\\'',NULL),(2,'O''Neil (x), y','a@b.jp'),",
    "(3,N'鈴木', CAST('2016-01-01' AS date));",
    'INSERT INTO d VALUES (1,"x;y",2.5);',
    "",
  ].join("\n");
  const columns = ["id", "氏名", "mail"];
  for (const chunkBytes of [1024 ** 2, 7]) {
    const { rows } = await cellsOf("dump.sql", dump, { chunkBytes });
    assert.deepEqual(
      rows.map(([, cells, names]) => [cells, names]),
      [
        [["1", "山田 '太郎'", ""], columns],
        [["2", "O'Neil (x), y", "a@b.jp"], columns],
        [["3", "鈴木", "2016-01-01"], columns],
        [["1", "x;y", "2.5"], null],
      ],
    );
    for (const [offset] of rows) assert.equal(Buffer.from(dump)[offset], "(".charCodeAt(0));
  }
});

test("readTask() reads a dump in CP932, whose letters hold backslashes", async () => {
  const dump = "-- MySQL dump\nINSERT INTO `c` VALUES (1,'表示','ソ\\'s'),(2,'能','予');\n";
  const { rows } = await cellsOf("dump.sql", encode(dump, "cp932"));
  assert.deepEqual(
    rows.map(([, cells]) => cells),
    [
      ["1", "表示", "ソ's"],
      ["2", "能", "予"],
    ],
  );
});

test("readTask() gives each line of COPY as a record, up to its end", async () => {
  const dump =
    "--\n-- PostgreSQL database dump\n--\nSET x = 1;\n" +
    'COPY public.c (id, name, "mail") FROM stdin;\n1\t山田\\t太郎\t\\N\n2\t鈴木\tj@x.jp\n\\.\n\nSELECT 1;\n';
  const { rows } = await cellsOf("dump.sql", dump);
  assert.deepEqual(rows, [
    [Buffer.from(dump).indexOf("1\t山田"), ["1", "山田\t太郎", ""], ["id", "name", "mail"]],
    [Buffer.from(dump).indexOf("2\t鈴木"), ["2", "鈴木", "j@x.jp"], ["id", "name", "mail"]],
  ]);
});

test("readTask() cuts a row of a dump that is too long, and says so once", async () => {
  const dump = `INSERT INTO c VALUES (1,'${"長".repeat(900)}'),(2,'${"x".repeat(2_000)}'),(3,'y');\n`;
  const { rows, codes } = await cellsOf("dump.sql", dump, { lineBytesMax: 1_000 });
  assert.deepEqual(codes, ["line-too-long"]);
  assert.deepEqual(
    rows.map(([, cells]) => cells[0]),
    ["1", "2", "3"],
  );
  assert.deepEqual(rows[2]?.[1], ["3", "y"]);
});

test("readTask() gives each line of JSON Lines as a record, with paths as columns", async () => {
  const lines = [
    '{"id":1,"a":{"city":"東京","mails":["x@y.jp","z"]}}',
    '{"id":2,"a":{"city":null,"mails":[true,"w"]}}',
  ];
  const { rows } = await cellsOf("rows.jsonl", `${lines.join("\n")}\n`);
  const columns = ["id", "a.city", "a.mails.0", "a.mails.1"];
  assert.deepEqual(rows, [
    [0, ["1", "東京", "x@y.jp", "z"], columns],
    [Buffer.byteLength(`${lines[0]}\n`), ["2", "", "true", "w"], columns],
  ]);
});

test("readTask() gives elements of JSON arrays as records, wherever the arrays are", async () => {
  const json =
    '{"total": 2, "items": [\n {"id": 1, "name": "山田 [x]",\n "tags": ["p", "q"]},\n' +
    ' {"id": 2, "name": "\\"}"}],\n "z": [[1, 2]]}';
  const { rows, codes } = await cellsOf("rows.json", json);
  assert.deepEqual(codes, []);
  assert.deepEqual(
    rows
      .slice(0, 3)
      .map(([offset, cells]) => [json.slice(0, json.length).length > 0 && Buffer.from(json)[offset], cells]),
    [
      [0x7b, ["1", "山田 [x]", "p", "q"]],
      [0x7b, ["2", '"}']],
      [0x5b, ["1", "2"]],
    ],
  );
  // What stands around the elements is one record more: nothing is lost.
  assert.equal(rows[3]?.[1][0], "2");
});

test("readTask() says that JSON ends too early, and bounds its depth", async () => {
  const cut = await cellsOf("cut.json", '[\n{"a":1},\n{"b":');
  assert.deepEqual([cut.rows.map(([, cells]) => cells), cut.codes], [[["1"]], ["broken"]]);
  const deep = await cellsOf("deep.json", `[\n${'{"a":'.repeat(40)}1${"}".repeat(40)}]`);
  assert.equal(deep.rows[0]?.[1].length, 1);
});

test("readTask() gives a line that is too long in pieces, at separators, and says so once", async () => {
  using folder = testFolder();
  const long = Array.from({ length: 3_000 }, (_, at) => `山田${at}`).join(",");
  const file = folder.write("long.csv", `a,b\n${long}\nc,d\n`);
  const { records, problems } = await readPaths([file], {
    lineBytesMax: 4_096,
    gridBytes: 8_192,
    chunkBytes: 999,
  });
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["line-too-long"],
  );
  assert.deepEqual([records[0]?.text, records.at(-1)?.text], ["a,b", "c,d"]);
  const pieces = records.slice(1, -1);
  assert.ok(pieces.length > 5 && pieces.every(({ text }) => Buffer.byteLength(text) <= 4_096 * 2));
  // At a multiple of the grid a letter may be cut in two.
  const joined = pieces.map(({ text }) => text).join("");
  assert.ok(joined.replaceAll("\ufffd", "").length > long.length - 20);
  assert.deepEqual([pieces[0]?.part, pieces[1]?.part, pieces.at(-1)?.part], ["head", "middle", "tail"]);
});
