import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openDuck, quoteSql } from "../../src/lib/openDuck.ts";
import { Draw, Shuffle, Weighted } from "./draw.ts";
import { generateScope } from "./generate.ts";
import { classBit, type LeakClass } from "./leakClasses.ts";
import { planLeakFiles } from "./leakFile.ts";

const root = mkdtempSync(join(tmpdir(), "sekisho-generate-"));
const options = {
  seed: 2016,
  customers: 3_000,
  leakRows: 3_200,
  easy: false,
  namesFolder: null,
  workers: 1,
  format: "csv",
  fieldsSample: 500,
  image: null,
} as const;
const folders = { one: join(root, "one"), two: join(root, "two"), image: join(root, "image") };

before(async () => {
  await generateScope({ ...options, folder: folders.one });
  await generateScope({ ...options, folder: folders.two, workers: 2 });
  await generateScope({ ...options, leakRows: 600, folder: folders.image, image: "dense" });
});
after(() => rmSync(root, { recursive: true, force: true }));

async function rowsOf<T>(sql: string): Promise<T[]> {
  const duck = await openDuck();
  try {
    return await duck.rows<T>(sql);
  } finally {
    await duck.close();
  }
}

function hashesOf(folder: string): string[] {
  const files = ["customers.csv", ...readdirSync(join(folder, "leak")).map((name) => join("leak", name))];
  return files.map(
    (name) =>
      `${name} ${createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex")}`,
  );
}

type Told = {
  file: string;
  offset: number;
  line: number;
  person: number;
  customer_ids: string[];
  classes: number;
  items: string;
  determinable: boolean;
};
const truthOf = (folder: string, name = "truth.parquet"): Promise<Told[]> =>
  rowsOf<Told>(`SELECT * FROM ${quoteSql(join(folder, name))} ORDER BY file, "offset"`);
const has = (row: Told, name: LeakClass): boolean => Math.floor(row.classes / 2 ** classBit[name]) % 2 === 1;

const labels = { "utf-8": "utf-8", cp932: "shift_jis", "euc-jp": "euc-jp", "utf-16le": "utf-16le" } as const;

test("generateScope() writes the same bytes for any number of workers", async () => {
  assert.deepEqual(hashesOf(folders.one), hashesOf(folders.two));
  assert.deepEqual(await truthOf(folders.one), await truthOf(folders.two));
});

test("generateScope() makes as many customers and rows as were asked for", async () => {
  const lines = readFileSync(join(folders.one, "customers.csv"), "utf8").trimEnd().split("\r\n");
  assert.equal(lines.length, options.customers + 1);
  const truth = await truthOf(folders.one);
  assert.equal(truth.length, options.leakRows);
});

test("generateScope() tells the byte at which each row begins, and its line", async () => {
  const truth = await truthOf(folders.one);
  for (const file of planLeakFiles(options)) {
    const bytes = readFileSync(join(folders.one, "leak", file.name));
    const decoder = new TextDecoder(labels[file.style.encoding]);
    const rows = truth.filter((row) => row.file === file.name);
    const end = (at: number): number => rows[at + 1]?.offset ?? bytes.length;
    let line = file.header === null ? 1 : 2;
    for (const [at, row] of rows.entries()) {
      assert.equal(row.line, line, `${file.name} at ${row.offset}`);
      const text = decoder.decode(bytes.subarray(row.offset, end(at)));
      const alone = text.endsWith(file.style.lineEnd);
      assert.ok(alone || (has(row, "two-in-a-line") && text.endsWith(file.style.separator)), text);
      line += text.split("\n").length - 1;
    }
  }
});

test("generateScope() tells of whole rows which kind of field stands where", async () => {
  const truth = await truthOf(folders.one);
  const fields = await rowsOf<{
    file: string;
    offset: number;
    field: number;
    kind: string;
    normalised: string;
  }>(`SELECT * FROM ${quoteSql(join(folders.one, "fields.parquet"))}`);
  assert.ok(fields.length > 1_000);
  let mails = 0;
  for (const file of planLeakFiles(options)) {
    const bytes = readFileSync(join(folders.one, "leak", file.name));
    const decoder = new TextDecoder(labels[file.style.encoding]);
    const rows = truth.filter((row) => row.file === file.name);
    for (const field of fields.filter((one) => one.file === file.name && one.kind === "email")) {
      const at = rows.findIndex((row) => row.offset === field.offset);
      const text = decoder.decode(bytes.subarray(field.offset, rows[at + 1]?.offset ?? bytes.length));
      const cells = text.replace(/"[^"]*"/g, (cell) => cell.slice(1, -1).replaceAll(",", ";"));
      const cell = cells.trimEnd().split(file.style.separator)[field.field] ?? "";
      assert.equal(cell.normalize("NFKC").toLowerCase(), field.normalised);
      mails += 1;
    }
  }
  assert.ok(mails > 100);
});

test("generateScope() gives each row the customer rows of its person", async () => {
  const persons = await rowsOf<{ customer_id: string; person: number }>(
    `SELECT * FROM ${quoteSql(join(folders.one, "persons.parquet"))}`,
  );
  const byPerson = Map.groupBy(persons, ({ person }) => person);
  for (const row of await truthOf(folders.one)) {
    const meant = (byPerson.get(row.person) ?? []).map(({ customer_id }) => customer_id).sort();
    assert.deepEqual([...row.customer_ids].sort(), meant);
    if (row.determinable) assert.ok(meant.length > 0);
  }
});

test("generateScope() has every class among its rows but the rarest", async () => {
  const truth = await truthOf(folders.one);
  const rare = new Set(["passport", "twin-outsider", "glued", "newline-in-field", "same-name-neighbour"]);
  const missing = (Object.keys(classBit) as LeakClass[]).filter(
    (name) => !rare.has(name) && !truth.some((row) => has(row, name)),
  );
  assert.deepEqual(missing, []);
});

test("generateScope() repeats rows byte for byte", async () => {
  const truth = await truthOf(folders.one);
  const repeats = truth.filter((row) => has(row, "repeat"));
  assert.ok(repeats.length > 80 && repeats.length < 260, `${repeats.length} repeats`);
  const texts = truth.map((row, at) => {
    const next = truth[at + 1];
    const end = next?.file === row.file ? next.offset : undefined;
    return readFileSync(join(folders.one, "leak", row.file))
      .subarray(row.offset, end)
      .toString("latin1");
  });
  const whole = truth
    .map((row, at) => ({ row, text: texts[at] }))
    .filter(({ row }) => !has(row, "two-in-a-line"));
  for (const { row, text } of whole.filter(({ row }) => has(row, "repeat"))) {
    const same = whole.filter(
      (other) => other.row !== row && other.row.file === row.file && other.text === text,
    );
    assert.ok(same.some((other) => other.row.person === row.person));
  }
});

test("generateScope() with an image tells where each surviving row lies in it", async () => {
  const truth = await truthOf(folders.image, "truth-image.parquet");
  const image = readFileSync(join(folders.image, "image.dd"));
  assert.equal(image.length % 4_096, 0);
  assert.ok(truth.length > 500, `${truth.length} rows left`);
  const rows = await truthOf(folders.image);
  const bytes = new Map(
    readdirSync(join(folders.image, "leak")).map((name) => [
      name,
      readFileSync(join(folders.image, "leak", name)),
    ]),
  );
  const texts = new Set(
    rows.map((row, at) => {
      const end = rows[at + 1]?.file === row.file ? rows[at + 1]?.offset : undefined;
      return bytes.get(row.file)?.subarray(row.offset, end).toString("latin1");
    }),
  );
  const whole = truth.filter((row) => (row as Told & { whole: boolean }).whole);
  for (const row of whole) {
    const found = image.subarray(row.offset, row.offset + 4_000).toString("latin1");
    assert.ok([...texts].some((text) => text !== undefined && text !== "" && found.startsWith(text)));
  }
});

test("Shuffle is a permutation, and place() its inverse", () => {
  for (const count of [1, 2, 7, 1_000, 4_096]) {
    const shuffle = new Shuffle(count, 5);
    const seen = new Set(Array.from({ length: count }, (_, number) => shuffle.at(number)));
    assert.equal(seen.size, count);
    for (let number = 0; number < count; number += 1) assert.equal(shuffle.place(shuffle.at(number)), number);
  }
});

test("Weighted picks by weight", () => {
  const weighted = new Weighted([1, 0, 3]);
  const draw = new Draw().reset(1, 2, 3);
  const counts = [0, 0, 0];
  for (let turn = 0; turn < 8_000; turn += 1) counts[weighted.pick(draw.next())]! += 1;
  assert.equal(counts[1], 0);
  assert.ok(counts[0]! > 1_800 && counts[0]! < 2_200, `${counts[0]} of 8000`);
});
