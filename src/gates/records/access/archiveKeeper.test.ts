import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Keyring } from "../../../ledger/keyring.ts";
import type { Entry, EntryDraft } from "../../../ledger/entry.ts";
import type { Recorder } from "../../../ledger/recorder.ts";
import { realDisk } from "../../../lib/disk.ts";
import { makeUuidV7 } from "../../../lib/identifier.ts";
import { RecordsMemory } from "../memory.ts";
import { RecordsSettings } from "../settings.ts";
import { SpoolKeeper } from "../spoolKeeper.ts";
import { AccessSpool } from "./accessSpool.ts";
import { ArchiveKeeper } from "./archiveKeeper.ts";
import { foldersOf, listDays, readDay } from "./dayIndex.ts";
import { seenBy } from "./query.ts";

/** Children of this process that run the archive. */
function archives(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const parent = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1];
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return parent === String(process.pid) && command.includes("archiveProgram");
      } catch {
        return false; // It ended meanwhile.
      }
    })
    .map(Number);
}

/** Writes accesses as a thread does: `reads` statements of one customer each, and a file for every four. */
function writeSpool(keeper: SpoolKeeper, reads: number): string[] {
  const spool: AccessSpool = new AccessSpool({
    first: keeper.make(0),
    askForNext: () => spool.prepare(keeper.make(0)),
  });
  spool.prepare(keeper.make(0));
  const customers: string[] = [];
  for (let read = 0; read < reads; read++) {
    const [statement, customer] = [makeUuidV7(Date.now()), `c${read}`];
    const of = { statement, person: "alice", session: "s", at: Date.now(), client: "192.0.2.1" };
    const how = { application: "psql", database: "d", purpose: null, verb: "SELECT", grant: null };
    const touches = { "public.customers": ["email"] };
    const number = spool.begin({ ...of, ...how, touches, text: "ab".repeat(32) });
    spool.key(number, Buffer.from(customer), { start: 0, end: customer.length });
    const figures = { rows: 1, customers: 1, bytes: 10, milliseconds: 5 };
    spool.end(number, { statement, at: Date.now(), ...figures, outcome: "complete" });
    spool.flush();
    customers.push(customer);
    if (read % 4 === 3) spool.rotate();
  }
  spool.close();
  return customers;
}

test("kill -9 of the archive's process at any moment loses no access and doubles none", async (context) => {
  const dataFolder = mkdtempSync(join(tmpdir(), "sekisho-archive-killed-"));
  const keyring = await Keyring.open(realDisk, join(dataFolder, "keys"));
  const problems: string[] = [];
  const onProblem = (problem: string): void => void problems.push(problem);
  const spool = new SpoolKeeper({ folder: foldersOf(dataFolder).spool, keyring, onProblem });
  const memory = new RecordsMemory(join(dataFolder, "memory.sqlite"));
  const drafts: EntryDraft[] = [];
  const append = async (draft: EntryDraft): Promise<Entry> => {
    drafts.push(draft);
    return {} as Entry;
  };
  const recorder: Recorder = { append, note: () => ({}) as Entry, flush: () => {} };
  const settings = RecordsSettings.parse({ server: { host: "127.0.0.1" } });
  const keeper = new ArchiveKeeper({ dataFolder, spool, memory, settings, recorder, onProblem });
  context.after(async () => {
    await keeper.close();
    memory.close();
    rmSync(dataFolder, { recursive: true, force: true });
  });
  const customers = writeSpool(spool, 48);
  // The first rounds die at moments from before the child hears anything to about when it is done.
  let killed = 0;
  for (const delay of [0, 60, 120, 180, 240, 320, 400, 500, 700]) {
    const round = keeper.run();
    let [child] = archives();
    for (let tries = 0; child === undefined && tries < 200; tries++) {
      await sleep(2);
      [child] = archives();
    }
    if (child === undefined) continue;
    await sleep(delay);
    if (!archives().includes(child)) continue;
    process.kill(child, "SIGKILL");
    killed += 1;
    await round;
  }
  assert.ok(killed >= 3, `${killed} were killed`);
  assert.ok(
    problems.every((problem) => /ended with SIGKILL; it is tried again/.test(problem)),
    String(problems),
  );
  await keeper.run();
  assert.deepEqual(
    spool.finished().filter((file) => !memory.isArchived(file)),
    [],
  );
  const { record } = foldersOf(dataFolder);
  const days = await Promise.all((await listDays(record)).map((day) => readDay(record, day)));
  const parts = days.flatMap((day) => day.parts);
  const accesses = parts.filter(({ table }) => table === "access").reduce((sum, { rows }) => sum + rows, 0);
  assert.equal(accesses, customers.length);
  const seen = await seenBy({ dataFolder, keyring }, { person: "alice" });
  assert.deepEqual([seen.customers, seen.statementCount], [customers.length, customers.length]);
  // Every file of the record stands in the ledger by its hash, however often the child was killed.
  const told = new Set<unknown>(drafts.map(({ data }) => data?.["path"]));
  assert.deepEqual(
    parts.filter(({ path }) => !told.has(path)),
    [],
  );
});
