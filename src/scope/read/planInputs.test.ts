import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { SekishoError } from "../../lib/error.ts";
import { hashInput, planInputs } from "./planInputs.ts";
import { testFolder } from "./testReading.ts";
import { encode, noise, rowOf } from "./testText.ts";

test("planInputs() lists files below folders sorted, each by what its bytes are", async () => {
  using folder = testFolder();
  const root = dirname(folder.write("b.csv", "a,b\n"));
  mkdirSync(join(root, "sub"));
  folder.write("sub/disk.img", Buffer.concat([Buffer.alloc(4_096), noise(8_192, 1)]));
  folder.write("sub/c.gz", gzipSync("a,b\n"));
  folder.write("empty.txt", "");
  folder.write("mail.txt", "From: a@b.jp\r\nTo: c@d.jp\r\nSubject: x\r\n\r\nhello\r\n");
  folder.write("wide.txt", Buffer.from("\ufeffa,b\r\n", "utf16le"));
  folder.write("mixed.csv", Buffer.concat([encode(rowOf(1), "cp932"), encode(`\n${rowOf(2)}`, "utf-8")]));
  symlinkSync("/etc", join(root, "out"));
  const { inputs, tasks, problems } = await planInputs([root]);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    inputs.map(({ id, source, how }) => [id, source.slice(root.length + 1), how]),
    [
      [0, "b.csv", "text"],
      [1, "mail.txt", "container"],
      [2, "mixed.csv", "text"],
      [3, "sub/c.gz", "container"],
      [4, "sub/disk.img", "image"],
      [5, "wide.txt", "text"],
    ],
  );
  assert.deepEqual(
    tasks.map(({ id, input }) => [id, input.id]),
    inputs.map(({ id }) => [id, id]),
  );
});

test("planInputs() takes a file with padding behind a head of text for an image", async () => {
  using folder = testFolder();
  const text = Buffer.from(Array.from({ length: 2_000 }, (_, at) => `${rowOf(at)}\n`).join(""));
  const file = folder.write("export.blkls", Buffer.concat([text, Buffer.alloc(300_000), text]));
  assert.equal((await planInputs([file])).inputs[0]?.how, "image");
});

test("planInputs() cuts lines into tasks of one size, and no statement", async () => {
  using folder = testFolder();
  const lines = folder.write("lines.csv", "a,b\n".repeat(500));
  const dump = folder.write("dump.sql", "INSERT INTO c VALUES (1,'x');\n".repeat(90));
  const { tasks } = await planInputs([lines, dump], { limits: { taskBytes: 900 } });
  assert.deepEqual(
    tasks.map(({ input, start, end }) => [input.source.endsWith(".sql"), start, end]),
    [
      [true, 0, 2_700],
      [false, 0, 900],
      [false, 900, 1_800],
      [false, 1_800, 2_000],
    ],
  );
});

test("planInputs() names what is missing, and is an error where nothing is left", async () => {
  using folder = testFolder();
  const file = folder.write("a.csv", "a,b\n");
  const { inputs, problems } = await planInputs([file, `${file}.gone`]);
  assert.equal(inputs.length, 1);
  assert.deepEqual(
    problems.map(({ code, source }) => [code, source]),
    [["unreadable", `${file}.gone`]],
  );
  await assert.rejects(
    planInputs([`${file}.gone`]),
    (error) =>
      error instanceof SekishoError &&
      error.code === "input-unreadable" &&
      /a\.csv\.gone/.test(error.message),
  );
});

test("planInputs() stops at too many files and says so", async () => {
  using folder = testFolder();
  const root = dirname(folder.write("0.csv", "a"));
  for (let at = 1; at < 9; at += 1) writeFileSync(join(root, `${at}.csv`), "a,b");
  const { inputs, problems } = await planInputs([root], { limits: { filesMax: 4 } });
  assert.equal(inputs.length, 4);
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["too-many"],
  );
});

test("hashInput() is SHA-256 of the bytes, and needs no right to write", async () => {
  using folder = testFolder();
  const bytes = noise(3_000_000, 4);
  const file = folder.write("a.bin", bytes);
  chmodSync(file, 0o400);
  const { inputs } = await planInputs([file]);
  const [input] = inputs;
  assert.ok(input !== undefined);
  assert.equal(await hashInput(input), createHash("sha256").update(bytes).digest("hex"));
});
