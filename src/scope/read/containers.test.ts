import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { readPaths, testFolder } from "./testReading.ts";
import { workbookOf, zipOf } from "./testSheets.ts";

const csv =
  "氏名,生年月日,メール\n山田 太郎,1985-03-02,taro@example.jp\n鈴木 花子,1990-12-31,hanako@example.jp\n";
const lines = csv.trimEnd().split("\n");
const sevenZip = ["/usr/bin/7z", "/usr/bin/7za"].find((path) => existsSync(path));
const withoutSevenZip = sevenZip === undefined ? { skip: "7z is not installed" } : {};

async function readOne(
  name: string,
  bytes: Buffer,
  limits: Parameters<typeof readPaths>[1] = {},
): ReturnType<typeof readPaths> {
  using folder = testFolder();
  return await readPaths([folder.write(name, bytes)], limits);
}

test("readTask() reads members of archives within archives, and says by which way", async () => {
  const nested = zipOf({
    "inner.zip": zipOf({ "deep/b.csv": csv }),
    "a.csv.gz": gzipSync(csv),
    "c.csv": csv,
  });
  const { records, problems } = await readOne("outer.zip", nested);
  assert.deepEqual(problems, []);
  for (const path of ["inner.zip!deep/b.csv", "a.csv.gz!a.csv", "c.csv"]) {
    const found = records.filter((record) => record.path === path);
    assert.deepEqual(
      found.map(({ text }) => text),
      lines,
      path,
    );
    assert.equal(found[1]?.offset, Buffer.byteLength(`${lines[0]}\n`));
    assert.equal(found[1]?.line, 2);
  }
  assert.equal(records.length, 9);
});

test("readTask() reads zstd, and gzip of several members", async () => {
  const zstd = await readOne("x.csv.zst", zstdCompressSync(csv));
  assert.deepEqual(
    zstd.records.map(({ text }) => text),
    lines,
  );
  const gzip = await readOne("x.csv.gz", Buffer.concat([gzipSync(csv), gzipSync(csv)]));
  assert.deepEqual(
    gzip.records.map(({ text }) => text),
    [...lines, ...lines],
  );
});

test("readTask() gives what is there of a truncated gzip, and says that it is broken", async () => {
  const rows = Array.from(
    { length: 9_000 },
    (_, at) => `${at},山田${at * 7919},taro${at * 104729}@example.jp`,
  );
  const whole = gzipSync(rows.join("\n"));
  const { records, problems } = await readOne("cut.csv.gz", whole.subarray(0, whole.length / 2));
  assert.ok(records.length > 3_000 && records.length < 8_000, `${records.length} records`);
  assert.deepEqual(
    records.slice(0, 3_000).map(({ text }) => text),
    rows.slice(0, 3_000),
  );
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["broken"],
  );
  assert.match(problems[0]?.message ?? "", /cut\.csv/);
});

test("readTask() finds members of a ZIP whose directory is cut off", async () => {
  const whole = zipOf({ "a.csv": csv, "b.csv": csv });
  const { records, problems } = await readOne("cut.zip", whole.subarray(0, whole.length - 60));
  assert.equal(records.length, 6);
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["broken"],
  );
});

test("readTask() stops at a bomb, and reads what lies beside it", async () => {
  const bomb = gzipSync(Buffer.alloc(8 * 1024 ** 2, `${"a".repeat(99)}\n`));
  const limits = { ratioFromBytes: 1024 ** 2 };
  const { records, problems } = await readOne("bomb.zip", zipOf({ "bomb.gz": bomb, "z.csv": csv }), limits);
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["too-large"],
  );
  assert.deepEqual(
    records.slice(-3).map(({ text }) => text),
    lines,
  );
});

test("readTask() says where archives lie too deep or hold too much", async () => {
  let deep = zipOf({ "a.csv": csv });
  for (let depth = 0; depth < 6; depth += 1) deep = zipOf({ "in.zip": deep, "beside.csv": csv });
  const { records, problems } = await readOne("deep.zip", deep);
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["too-deep"],
  );
  assert.equal(records.length, 4 * 3);
  const many = zipOf(Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`${at}.csv`, csv])));
  const few = await readOne("many.zip", many, { membersMax: 10 });
  assert.ok(few.problems.some(({ code }) => code === "too-many"));
  assert.ok(few.records.length >= 9 * 3 && few.records.length <= 11 * 3, `${few.records.length}`);
});

test("readTask() names what is encrypted and reads the rest", withoutSevenZip, async () => {
  using folder = testFolder();
  const file = folder.write("secret.csv", csv);
  const at = (name: string): string => file.replace("secret.csv", name);
  for (const name of ["locked.7z", "hidden.7z", "locked.zip"]) {
    const hide = name === "hidden.7z" ? ["-mhe=on"] : [];
    spawnSync(sevenZip as string, ["a", "-ppassword", ...hide, at(name), file]);
    const { records, problems } = await readPaths([at(name), file]);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ["encrypted"],
      name,
    );
    assert.match(problems[0]?.message ?? "", /unpack it with its password/);
    assert.equal(records.length, 3, name);
  }
});

test("readTask() reads 7z, xz, bzip2 by 7-Zip", withoutSevenZip, async () => {
  using folder = testFolder();
  const file = folder.write("plain.csv", csv);
  for (const kind of ["7z", "xz", "bzip2"]) {
    const archive = file.replace("plain.csv", `plain.csv.${kind}`);
    spawnSync(sevenZip as string, ["a", `-t${kind}`, archive, file]);
    const { records, problems } = await readPaths([archive]);
    assert.deepEqual(problems, [], kind);
    assert.deepEqual(
      records.map(({ text }) => text),
      lines,
      kind,
    );
  }
});

test("readTask() names an encrypted workbook", async () => {
  const head = Buffer.from("d0cf11e0a1b11ae1", "hex");
  const entry = Buffer.from("EncryptedPackage", "utf16le");
  const { problems } = await readOne(
    "locked.xlsx",
    Buffer.concat([head, Buffer.alloc(2_000), entry, Buffer.alloc(99)]),
  );
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["encrypted"],
  );
});

test("readTask() gives the rows of a workbook as cells, with the first row as columns", async () => {
  const rows = [
    ["氏名", "メモ"],
    ["山田 <太郎>", "a,b\nc"],
    ["", ""],
    ["鈴木 & 花子", "x"],
  ];
  const { records, problems } = await readOne("book.xlsx", workbookOf("顧客", rows));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    records.map(({ text, path, line, separator, columns }) => [text, path, line, separator, columns]),
    [
      ["氏名\u001fメモ", "顧客", 1, 0x1f, null],
      ["山田 <太郎>\u001fa,b\nc", "顧客", 2, 0x1f, rows[0]],
      ["鈴木 & 花子\u001fx", "顧客", 4, 0x1f, rows[0]],
    ],
  );
});

test("readTask() reads the first columns of a workbook with a million", async () => {
  const cells = `<c t="inlineStr"><is><t>あ</t></is></c>`.repeat(1_000_000);
  const sheet = `<worksheet><sheetData><row>${cells}</row><row><c><v>1</v></c></row></sheetData></worksheet>`;
  const before = process.memoryUsage().rss;
  const { records, problems } = await readOne(
    "wide.xlsx",
    zipOf({ "[Content_Types].xml": "<Types/>", "xl/worksheets/sheet1.xml": sheet }),
  );
  assert.equal(records.length, 2);
  assert.equal(records[0]?.text.split("\u001f").length, 16_384);
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["too-many"],
  );
  assert.ok(process.memoryUsage().rss - before < 512 * 1024 ** 2);
});

const mail = [
  "From: =?UTF-8?B?5bGx55Sw?= <yamada@example.jp>",
  "To: desk@example.com",
  "Subject: list",
  "MIME-Version: 1.0",
  'Content-Type: multipart/mixed; boundary="b"',
  "",
  "--b",
  "Content-Type: text/plain; charset=iso-2022-jp",
  "",
  "\u001b$B;3ED\u001b(B,090-1234-5678",
  "--b",
  'Content-Type: application/octet-stream; name="list.csv"',
  "Content-Transfer-Encoding: base64",
  'Content-Disposition: attachment; filename="list.csv"',
  "",
  Buffer.from(csv).toString("base64"),
  "--b--",
  "",
].join("\r\n");

test("readTask() reads texts and attachments of mails and mailboxes", async () => {
  const one = await readOne("one.eml", Buffer.from(mail));
  assert.deepEqual(one.problems, []);
  const listed = one.records.filter(({ path }) => path === "list.csv");
  assert.deepEqual(
    listed.map(({ text }) => text),
    lines,
  );
  assert.ok(one.records.some(({ path, text }) => path === "text" && text === "山田,090-1234-5678"));
  assert.ok(one.records.some(({ text }) => text === "山田,yamada@example.jp"));
  const box = `From a Thu Jan  1 00:00:00 2016\n${mail}\nFrom b Thu Jan  1 00:00:00 2016\n${mail}\n`;
  const two = await readOne("box.mbox", Buffer.from(box.replaceAll("\r\n", "\n")));
  assert.deepEqual(
    [...new Set(two.records.map(({ path }) => path))].filter((path) => path.endsWith("list.csv")),
    ["mail 1!list.csv", "mail 2!list.csv"],
  );
});
