import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { Keyring } from "../../ledger/keyring.ts";
import { realDisk } from "../../lib/disk.ts";
import { foldersOf } from "./access/dayIndex.ts";
import { RawClient } from "./rawClient.ts";
import { SpoolKeeper } from "./spoolKeeper.ts";
import { RecordsStage, skip, TestGate } from "./testRecords.ts";

/** A thread of the gate ends alone, as one does that runs out of memory: the others do not notice. */
describe("a thread that ends alone", { skip }, () => {
  const workers: Worker[] = [];
  const keep = (message: unknown): void => void workers.push((message as { worker: Worker }).worker);
  let stage: RecordsStage;
  let gate: TestGate;

  before(async () => {
    subscribe("worker_threads", keep);
    stage = new RecordsStage(20_000);
    gate = await stage.gate({
      policy: { defaultGroup: "operators", groups: [{ name: "operators", budget: { hour: 15_000 } }] },
    });
  });
  after(async () => {
    unsubscribe("worker_threads", keep);
    await stage?.close();
  });

  const open = (user: string): Promise<RawClient> =>
    RawClient.open({ port: gate.port, user, database: gate.place.database });

  /** One of the threads that pass bytes, which runs now. */
  const running = (): Worker => {
    const found = workers.findLast(({ threadName }) => threadName?.startsWith("records-") === true);
    assert.ok(found !== undefined);
    return found;
  };

  /** The threads are two again. */
  async function untilBack(): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      const threads = workers.filter(({ threadName }) => threadName?.startsWith("records-") === true);
      if (threads.length === 2) return;
      await sleep(50);
    }
    assert.fail("no other thread came");
  }

  /** Customers that the record names for a person, straight from the threads' files. */
  async function recordOf(person: string): Promise<Set<string>> {
    const keyring = await Keyring.open(realDisk, join(gate.folder, "keys"));
    const onProblem = (problem: string): never => assert.fail(problem);
    const spool = new SpoolKeeper({ folder: foldersOf(gate.folder).spool, keyring, onProblem });
    const persons = new Map<string, string>();
    const found = new Set<string>();
    for (const file of spool.list())
      for (const record of spool.read(file)) {
        if (record.kind === "begin") persons.set(record.begin.statement, record.begin.person);
        if (record.kind === "key" && persons.get(record.statement) === person) found.add(record.customer);
      }
    return found;
  }

  test("its connections end, the others go on, and another thread takes its place", async () => {
    // Linux shares them by their ports: among so many both threads have some.
    const clients = await Promise.all(Array.from({ length: 24 }, () => open("p1")));
    await running().terminate();
    const answers = await Promise.all(clients.map((raw) => raw.query("select 1")));
    const living = clients.filter((_, place) => answers[place]);
    assert.ok(living.length > 0 && living.length < clients.length, `${living.length} of ${clients.length}`);
    await untilBack();
    const next = await Promise.all(Array.from({ length: 24 }, () => open("p1")));
    assert.ok((await Promise.all(next.map((raw) => raw.query("select 1")))).every((answered) => answered));
    assert.match(gate.problems.join("\n"), /a thread ended and is started again/);
    for (const raw of [...clients, ...next]) raw.close();
  });

  test("in the middle of rows: no lock stays, no budget begins anew, and the record has all", async () => {
    for (const person of ["p2", "p3", "p4"]) {
      await untilBack();
      const before = await open(person);
      await before.query("select id, email from customers where id <= 5000");
      const seen = new Set(before.firstColumns);
      assert.equal(seen.size, 5_000);
      // Everywhere at once, so that some are in the thread that ends.
      const many = await Promise.all(Array.from({ length: 12 }, () => open(person)));
      const reads = many.map((raw) =>
        raw.query("select id, email from customers where id > 5000 order by id"),
      );
      await sleep(person === "p2" ? 5 : person === "p3" ? 20 : 40);
      await running().terminate();
      await Promise.all(reads);
      for (const raw of many) for (const customer of raw.firstColumns) seen.add(customer);
      await untilBack();
      const again = await open(person);
      await again.query("select id, email from customers where id <= 5000");
      assert.equal(again.firstColumns.length, 5_000, "who was read before may be read again");
      await again.query("select id, email from customers order by id desc");
      for (const customer of again.firstColumns) seen.add(customer);
      assert.ok(seen.size <= 15_000, `${seen.size} customers`);
      const recorded = await recordOf(person);
      assert.deepEqual(
        [...seen].filter((customer) => !recorded.has(customer)),
        [],
      );
      for (const raw of [before, again, ...many]) raw.close();
    }
  });
});
