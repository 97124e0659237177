import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Ledger } from "../../ledger/append.ts";
import type { EntryId } from "../../ledger/entry.ts";
import { Keyring } from "../../ledger/keyring.ts";
import { realDisk } from "../../lib/disk.ts";
import { migrate } from "../../lib/sql/migrate.ts";
import { openState, type State } from "../../lib/sql/openState.ts";
import { collectCase } from "../../report/collectCase.ts";
import { readMaterial } from "../../report/readMaterial.ts";
import { LedgerFiles } from "../../report/readLedgerFiles.ts";
import { codes } from "../../report/reportCodes.ts";
import { caseOf2016 } from "../../report/testCase.ts";
import { LedgerIndex } from "../ledgerIndex.ts";
import { migrations } from "../migrations/index.ts";
import { reportSourceOf } from "./reportSource.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-source-"));
const one = caseOf2016();
const { incident } = one;
const merged = "01953a1b-1111-7000-8000-0000000000aa";
const other = "01953a1b-1111-7000-8000-0000000000bb";
let ledger: Ledger;
let state: State;
let index: LedgerIndex;
/** What must be found. */
const wanted = new Set<string>();

/** A finding with what a gate did about it. */
function addFinding(host: string): EntryId {
  const about = { gate: "outbound", hostAddress: host };
  const data = { reasons: [{ code: "beacon", technique: "T1071", severity: "high" }] };
  const day = "2016-03-24";
  const judged = one.add(day, { kind: "judged", code: "outbound-judged", about, data });
  const decided = one.add(day, { kind: "decided", code: "order-applied", about, rests: [judged] });
  const asked = one.add(day, { kind: "enforced", code: "cut-ordered", about, rests: [decided] });
  one.add(day, { kind: "enforced", code: "cut-in-place", about, rests: [asked] });
  return judged;
}
const joinTo = (of: string, finding: EntryId): EntryId =>
  one.add("2016-03-25", {
    kind: "judged",
    code: "finding-joined",
    about: { incident: of, finding },
    rests: [finding],
  });

before(async () => {
  const first = addFinding("10.0.0.8");
  joinTo(merged, first);
  const about = { incident, from: merged };
  one.add("2016-03-26", { kind: "judged", code: "incidents-merged", about, data: { why: null } });
  const data = { persons: { fewest: 10, most: 12 }, records: 20, countedAt: "2016-06-20", files: [] };
  const scope = one.add("2016-06-20", { kind: "observed", code: "scope-handed-over", about: {}, data });
  one.add("2016-06-20", { kind: "decided", code: codes.scope, about: { incident, scope }, rests: [scope] });
  for (const { entry } of one.rows) wanted.add(entry.id);
  // What is another incident's, or waits by itself, is not found.
  joinTo(other, addFinding("10.0.0.9"));
  addFinding("10.0.0.10");
  const keyring = await Keyring.open(realDisk, join(folder, "keys"));
  const signer = await keyring.openSigner("sekisho.example");
  ledger = await Ledger.open({ disk: realDisk, folder: join(folder, "ledger"), signer });
  for (const { entry } of one.rows) await ledger.append(entry);
  state = await openState({ folder: join(folder, "state") });
  await migrate(state.db, migrations);
  index = new LedgerIndex({ db: state.db, ledger, onIndexed: async () => {}, onProblem: () => {} });
  await index.start();
});
after(async () => {
  await index.stop();
  await ledger.close();
  await state.close();
  rmSync(folder, { recursive: true });
});

test("collectCase() finds the same entries in the station's index and in the ledger's files", async () => {
  const source = reportSourceOf(state.db, index);
  await source.settled();
  const files = await LedgerFiles.open(folder);
  const [indexed, read] = [await collectCase(source, incident), await collectCase(files, incident)];
  assert.deepEqual(new Set(read.map(({ entry }) => entry.id as string)), wanted);
  assert.deepEqual(indexed, read);
  assert.equal(await source.size(), await files.size());
});

test("readMaterial() takes findings, what was done about them, and the scope of these", async () => {
  const rows = await collectCase(await LedgerFiles.open(folder), incident);
  const material = await readMaterial(incident, rows, {
    organisation: "x",
    timeZone: "Asia/Tokyo",
    asOf: Temporal.Instant.from("2016-06-24T15:00:00Z"),
    ledgerSize: one.rows.length,
    open: async () => null,
  });
  assert.deepEqual(
    material?.findings.map(({ hosts }) => hosts),
    [["10.0.0.8"]],
  );
  assert.deepEqual(
    material?.acts.map(({ code }) => code),
    ["cut-ordered", "cut-in-place"],
  );
  assert.deepEqual(material?.scope?.persons, { fewest: 10, most: 12 });
  // Every text was erased: the record stands, without its words.
  assert.ok(material?.events.every(({ text }) => text === null) && material.events.length === 10);
});
