import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  AccessSpool,
  headOfSpool,
  readSpool,
  type AccessBegin,
  type AccessRecord,
  type SpoolFile,
} from "./accessSpool.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-spool-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function fileOf(): SpoolFile {
  const path = join(folder, `${++files}.spool`);
  return { path, head: "{}", key: Buffer.alloc(32, files), iv: Buffer.alloc(16, 7) };
}

function beginOf(statement: string): AccessBegin {
  return {
    statement,
    person: "alice",
    session: "s",
    at: 1,
    client: "192.0.2.1",
    application: "psql",
    database: "d",
    purpose: null,
    verb: "SELECT",
    touches: { "public.customers": ["email"] },
    grant: null,
    text: "00",
  };
}

function read(file: SpoolFile): AccessRecord[] {
  const parts = headOfSpool(file.path);
  return parts === null ? [] : [...readSpool(parts.body, file)];
}

function keys(records: AccessRecord[]): string[] {
  return records.flatMap((record) =>
    record.kind === "key" ? [`${record.statement} ${record.customer}`] : [],
  );
}

test("AccessSpool gives back what was written, and nothing of it can be read without the key", () => {
  const file = fileOf();
  const spool = new AccessSpool({ first: file, askForNext: () => {} });
  const one = spool.begin(beginOf("one"));
  const key = Buffer.from("x4711y");
  spool.key(one, key, { start: 1, end: 5 });
  spool.keyless(one, 3);
  spool.flush();
  spool.end(one, {
    statement: "one",
    at: 2,
    rows: 4,
    customers: 4,
    bytes: 99,
    milliseconds: 1,
    outcome: "complete",
  });
  spool.close();
  const records = read(file);
  assert.deepEqual(
    records.map(({ kind }) => kind),
    ["begin", "key", "keyless", "end"],
  );
  assert.deepEqual(keys(records), ["one 4711"]);
  assert.equal(readFileSync(file.path).includes("4711"), false);
  assert.deepEqual(keys(read({ ...file, key: Buffer.alloc(32, 99) })), []);
});

test("AccessSpool can be read to the last whole batch, wherever it was torn off", () => {
  const file = fileOf();
  const spool = new AccessSpool({ first: file, askForNext: () => {} });
  const number = spool.begin(beginOf("torn"));
  const borders: [number, number][] = [];
  for (let batch = 1; batch <= 4; batch++) {
    spool.key(number, Buffer.from(`k${batch}`), { start: 0, end: 2 });
    spool.flush();
    borders.push([readFileSync(file.path).length, batch]);
  }
  spool.close();
  const size = readFileSync(file.path).length;
  for (let end = size; end > 3; end--) {
    truncateSync(file.path, end);
    const whole = borders.filter(([border]) => border <= end).length;
    assert.equal(keys(read(file)).length, whole);
  }
});

test("AccessSpool begins the next file with the statements that go on", () => {
  const [first, second] = [fileOf(), fileOf()];
  let asked = 0;
  const spool = new AccessSpool({ first, askForNext: () => void (asked += 1) });
  spool.prepare(second);
  const number = spool.begin(beginOf("long"));
  spool.key(number, Buffer.from("a"), { start: 0, end: 1 });
  spool.flush();
  assert.equal(spool.rotate(), true);
  assert.equal(asked, 1);
  spool.key(number, Buffer.from("b"), { start: 0, end: 1 });
  spool.close();
  assert.deepEqual(keys(read(first)), ["long a"]);
  assert.deepEqual(keys(read(second)), ["long b"]);
});
