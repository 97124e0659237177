import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { Keyring } from "../../../ledger/keyring.ts";
import { realDisk } from "../../../lib/disk.ts";
import { makeUuidV7 } from "../../../lib/identifier.ts";
import { SpoolKeeper } from "../spoolKeeper.ts";
import { AccessArchive, openSealedDuck } from "./archive.ts";
import { AccessSpool, type AccessBegin } from "./accessSpool.ts";
import { foldersOf, listDays, readDay } from "./dayIndex.ts";
import { exportSeen, seenBy, whoRead } from "./query.ts";

const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

async function makePlace() {
  const dataFolder = mkdtempSync(join(tmpdir(), "sekisho-archive-"));
  folders.push(dataFolder);
  const keyring = await Keyring.open(realDisk, join(dataFolder, "keys"));
  const onProblem = (problem: string): never => assert.fail(problem);
  const spool = new SpoolKeeper({ folder: foldersOf(dataFolder).spool, keyring, onProblem });
  let now = Date.now();
  const archive = new AccessArchive({ dataFolder, keyring, onProblem, now: () => now });
  return { dataFolder, keyring, spool, archive, onProblem, setNow: (to: number) => (now = to) };
}

function beginOf(person: string, more: Partial<AccessBegin> = {}): AccessBegin {
  return {
    statement: makeUuidV7(Date.now()),
    person,
    session: "s",
    at: Date.now(),
    client: "192.0.2.1",
    application: "psql",
    database: "d",
    purpose: null,
    verb: "SELECT",
    touches: { "public.customers": ["email"] },
    grant: null,
    text: "ab".repeat(32),
    ...more,
  };
}

function writeRead(spool: AccessSpool, begin: AccessBegin, customers: readonly string[], keyless = 0): void {
  const number = spool.begin(begin);
  for (const customer of customers) {
    const bytes = Buffer.from(customer);
    spool.key(number, bytes, { start: 0, end: bytes.length });
  }
  if (keyless > 0) spool.keyless(number, keyless);
  const figures = { rows: customers.length, customers: customers.length + keyless, bytes: 10 };
  const { statement } = begin;
  spool.end(number, { statement, at: Date.now(), ...figures, milliseconds: 5, outcome: "complete" });
  spool.flush();
}

function openSpool(keeper: SpoolKeeper, thread = 0): AccessSpool {
  const spool: AccessSpool = new AccessSpool({
    first: keeper.make(thread),
    askForNext: () => spool.prepare(keeper.make(thread)),
  });
  spool.prepare(keeper.make(thread));
  return spool;
}

test("whoRead() and seenBy() say the same from the spool, the record and merged files", async () => {
  const place = await makePlace();
  const spool = openSpool(place.spool);
  const [one, two, three] = [beginOf("alice"), beginOf("bob", { client: "192.0.2.2" }), beginOf("alice")];
  writeRead(spool, one, ["4711", "4712"]);
  writeRead(spool, two, ["4711", "佐藤"], 3);
  assert.ok(spool.rotate());
  writeRead(spool, three, ["4712", "4713"]);
  const look = async () => {
    const { reads, keyless } = await whoRead(place, "4711");
    const alice = await seenBy(place, { person: "alice" });
    const machine = await seenBy(place, { client: "192.0.2.2" });
    const exported: string[] = [];
    await exportSeen(
      place,
      { person: "alice" },
      {
        take: async (rows) =>
          void exported.push(...rows.map(({ customer, times }) => `${customer} ${times}`)),
      },
    );
    assert.deepEqual(reads.map(({ statement }) => statement).sort(), [one.statement, two.statement].sort());
    assert.deepEqual(reads.find(({ person }) => person === "bob")?.touches, {
      "public.customers": ["email"],
    });
    assert.equal(reads.find(({ person }) => person === "bob")?.customers, 5);
    assert.equal(reads.find(({ person }) => person === "bob")?.outcome, "complete");
    assert.deepEqual(keyless, { statements: 1, customers: 3 });
    assert.deepEqual([alice.statementCount, alice.customers, alice.keyless, alice.more], [2, 3, 0, false]);
    assert.deepEqual([machine.statementCount, machine.customers, machine.keyless], [1, 2, 3]);
    assert.deepEqual(exported, ["4711 1", "4712 2", "4713 1"]);
    assert.deepEqual((await whoRead(place, "47")).reads, []);
  };
  await look();
  assert.equal(place.spool.finished().length, 1, "the file that is being written is not finished");
  assert.deepEqual(await place.archive.archive(place.spool.finished()), place.spool.finished());
  await look();
  spool.close();
  const all = place.spool.list();
  await place.archive.archive(all);
  await look();
  const days = await listDays(foldersOf(place.dataFolder).record);
  const parts = await readDay(foldersOf(place.dataFolder).record, days[0] as string);
  assert.ok(parts.parts.length >= 4);
  place.setNow(Date.now() + 2 * 86_400_000);
  await place.archive.merge(days);
  await look();
  const merged = await readDay(foldersOf(place.dataFolder).record, days[0] as string);
  assert.deepEqual(merged.parts.map(({ table, rows }) => `${table} ${rows}`).sort(), [
    "access 7",
    "statement 3",
  ]);
  await place.archive.close();
});

test("AccessArchive tells of each file once, and forgets days after the retention", async () => {
  const place = await makePlace();
  const spool = openSpool(place.spool);
  writeRead(spool, beginOf("alice"), ["1"]);
  spool.close();
  await place.archive.archive(place.spool.list());
  const days = await place.archive.openDays(false);
  const files = await place.archive.untold(days);
  assert.deepEqual(files.map(({ table, rows }) => `${table} ${rows}`).sort(), ["access 1", "statement 1"]);
  await place.archive.markTold(files.map(({ path }) => path));
  assert.deepEqual(await place.archive.untold(days), []);
  rmSync(join(place.spool.folder, place.spool.list()[0] as string));
  assert.deepEqual(await place.archive.prune(30), []);
  assert.equal((await whoRead(place, "1")).reads.length, 1);
  place.setNow(Date.now() + 31.5 * 86_400_000);
  assert.deepEqual(await place.archive.prune(30), [{ day: days[0], files: 2 }]);
  assert.equal((await whoRead(place, "1")).reads.length, 0);
  await place.archive.close();
});

test("AccessArchive writes nothing that can be read without its key", async () => {
  const place = await makePlace();
  const spool = openSpool(place.spool);
  const secret = "CUSTOMER-4711-4711-4711";
  writeRead(spool, beginOf("alice-of-the-desk"), [secret]);
  spool.close();
  await place.archive.archive(place.spool.list());
  const { record } = foldersOf(place.dataFolder);
  const files = readdirSync(record, { recursive: true, encoding: "utf8" }).map((name) => join(record, name));
  const parquet = files.filter((file) => file.endsWith(".parquet"));
  assert.equal(parquet.length, 2);
  for (const file of files.filter((name) => statSync(name).isFile()))
    for (const word of [secret, "4711-4711", "alice-of-the-desk"])
      assert.equal(readFileSync(file).includes(word), false, `${word} in ${file}`);
  const duck = await openSealedDuck(256 * 1024 ** 2);
  const wrong = Buffer.alloc(32, 1).toString("base64");
  await duck.run(`PRAGMA add_parquet_key('wrong', '${wrong}')`);
  for (const file of parquet) {
    await assert.rejects(duck.rows(`SELECT * FROM read_parquet('${file}')`), /encrypted/);
    const opened = duck.rows(
      `SELECT * FROM read_parquet('${file}', encryption_config = {footer_key: 'wrong'})`,
    );
    await assert.rejects(opened, /AES tag/);
  }
  await duck.close();
  await place.archive.close();
});

test("AccessArchive loses and doubles nothing, wherever it is stopped", async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 });
  const property = fc.asyncProperty(sizes, fc.nat(60), fc.nat(40), async (reads, stop, torn) => {
    const place = await makePlace();
    const spool = openSpool(place.spool);
    let sum = 0;
    for (const [at, size] of reads.entries()) {
      writeRead(
        spool,
        beginOf("alice"),
        Array.from({ length: size }, (_, number) => `${at}-${number}`),
      );
      sum += size;
      if (at % 3 === 2) spool.rotate();
    }
    spool.close();
    // What no client got was not acknowledged: the last batch may be torn.
    const last = place.spool.list().at(-1) as string;
    const size = statSync(join(place.spool.folder, last)).size;
    const number = openSpool(place.spool, 1);
    number.begin(beginOf("alice"));
    number.key(1, Buffer.from("torn"), { start: 0, end: 4 });
    number.close();
    const other = place.spool.list().at(-1) as string;
    const whole = statSync(join(place.spool.folder, other)).size;
    truncateSync(join(place.spool.folder, other), whole - 1 - torn);
    assert.ok(size > 0);
    await stopAfter(stop, () => place.archive.archive(place.spool.list()));
    assert.equal((await seenBy(place, { person: "alice" })).customers, sum);
    const counts = async (): Promise<number> => {
      let times = 0;
      await exportSeen(
        place,
        { person: "alice" },
        {
          take: async (rows) => void rows.forEach((row) => (times += row.times)),
        },
      );
      return times;
    };
    assert.equal(await counts(), sum);
    await place.archive.archive(place.spool.list());
    assert.equal(await counts(), sum);
    await place.archive.close();
  });
  await fc.assert(property, { seed: 2016, numRuns: 12 });
});

/** Lets the disk fail after so many operations, as if the program had ended there. */
async function stopAfter(operations: number, act: () => Promise<unknown>): Promise<void> {
  const kept = { ...realDisk };
  let left = operations;
  for (const name of ["replace", "makeFolder"] as const)
    realDisk[name] = ((...words: [never, never]) => {
      if (left-- <= 0) throw new Error("stopped here");
      return (kept[name] as (...all: never[]) => Promise<void>)(...words);
    }) as never;
  try {
    await act();
  } catch (error) {
    assert.match(String(error), /stopped here/);
  } finally {
    Object.assign(realDisk, kept);
  }
}
