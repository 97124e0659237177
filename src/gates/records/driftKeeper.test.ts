import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EvidenceStore } from "../../ledger/evidence.ts";
import { Keyring } from "../../ledger/keyring.ts";
import { realDisk } from "../../lib/disk.ts";
import { CatalogKeeper } from "./catalogKeeper.ts";
import type { Crossed } from "./describeReading.ts";
import { DriftKeeper } from "./driftKeeper.ts";
import { RecordsMemory } from "./memory.ts";
import { RecordsStage, skip, TestGate } from "./testRecords.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-drift-"));
let stage: RecordsStage;
let gate: TestGate;

before(async () => {
  if (skip !== false) return;
  stage = new RecordsStage(300);
  gate = await stage.gate({ policy: { defaultGroup: "g", groups: [{ name: "g" }] } });
});
after(async () => {
  await stage?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("DriftKeeper tells of a new column that looks like phone numbers, once", { skip }, async () => {
  const passed: Crossed[] = [];
  const problems: string[] = [];
  const onProblem = (problem: string): void => void problems.push(problem);
  const { settings } = gate;
  const catalog = new CatalogKeeper({ settings, onCatalog: () => {}, onProblem });
  const keeper = new DriftKeeper({
    settings,
    catalog,
    evidence: new EvidenceStore(realDisk, folder, await Keyring.open(realDisk, join(folder, "keys"))),
    memory: new RecordsMemory(join(folder, "memory.sqlite")),
    pass: async (crossed) => void passed.push(crossed),
    onProblem,
  });
  assert.deepEqual(await keeper.look(), []);
  const admin = await gate.direct();
  await admin.query("alter table products add contact text");
  await admin.query("update products set contact = '090-1234-' || lpad(id::text, 4, '0')");
  await admin.end();
  const [drift] = await keeper.look();
  assert.deepEqual(
    [drift?.relation, drift?.column, drift?.kind, drift?.what],
    ["public.products", "contact", "phone", "new-column"],
  );
  assert.deepEqual(await keeper.look(), []);
  assert.deepEqual(problems, []);
  const [told] = passed;
  assert.deepEqual(
    [told?.code, told?.judgement.reasons[0]?.code, told?.about["relations"]],
    ["columns-changed", "schema-drift", "public.products"],
  );
  await catalog.stop();
});
