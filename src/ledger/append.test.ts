import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { realDisk } from "../lib/disk.ts";
import { TestDisk } from "../lib/testDisk.ts";
import { Ledger } from "./append.ts";
import { makeEntry } from "./draft.ts";
import type { Entry } from "./entry.ts";
import { generateSigningKey, readSigner } from "./note.ts";
import { checkProof, proveEntry } from "./prove.ts";
import { PublishedTree } from "./read.ts";
import { verifyLedger } from "./verify.ts";

const signer = readSigner("test.invalid/ledger", generateSigningKey());
const now = Temporal.Instant.from("2016-03-15T00:00:00Z");

function entryOf(number: number, rests: Entry["id"][] = []): Entry {
  const draft = { kind: "observed", code: "mail-received", about: { mail: String(number) }, rests } as const;
  return makeEntry(draft, { by: "gate/mail", now });
}

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-ledger-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("Ledger.append() gives indexes in order and survives a reopening", async (context) => {
  const folder = temporaryFolder(context);
  const ledger = await Ledger.open({ disk: realDisk, folder, signer });
  const indexes = await Promise.all(
    Array.from({ length: 700 }, (_, number) => ledger.append(entryOf(number))),
  );
  assert.deepEqual(
    indexes,
    Array.from({ length: 700 }, (_, number) => number),
  );
  await ledger.close();
  const again = await Ledger.open({ disk: realDisk, folder, signer });
  assert.equal(again.size, 700);
  assert.equal(await again.append(entryOf(700)), 700);
  await again.close();
  const result = await verifyLedger({ disk: realDisk, folder, deep: true });
  assert.deepEqual(result.problems, []);
  assert.equal(result.size, 701);
});

test("Ledger.append() takes the same entry once, also after a reopening", async (context) => {
  const folder = temporaryFolder(context);
  const ledger = await Ledger.open({ disk: realDisk, folder, signer });
  const entry = entryOf(1);
  const [first, second] = await Promise.all([ledger.append(entry), ledger.append(entry)]);
  assert.deepEqual([first, second, await ledger.append(entry)], [0, 0, 0]);
  await ledger.close();
  const again = await Ledger.open({ disk: realDisk, folder, signer });
  assert.equal(await again.append(entry), 0);
  assert.equal(again.size, 1);
  await again.close();
});

test("Ledger.append() refuses an entry over 65,535 bytes and says what to do", async (context) => {
  const ledger = await Ledger.open({ disk: realDisk, folder: temporaryFolder(context), signer });
  const large = makeEntry(
    { kind: "observed", code: "too-large", data: { text: "x".repeat(70_000) } },
    { by: "test", now },
  );
  await assert.rejects(ledger.append(large), { code: "limit-passed" });
  assert.equal(await ledger.append(entryOf(0)), 0);
  await ledger.close();
});

test("Ledger stops taking entries, and tells its owner, when the disk does not take a batch", async () => {
  let stopAt = Number.POSITIVE_INFINITY;
  const disk = new TestDisk({ seed: 1 });
  let fatal: Error | null = null;
  const ledger = await Ledger.open({
    disk,
    folder: "/l",
    signer,
    onFatal: (error) => (fatal = error),
    publishMs: 1e6,
  });
  await ledger.append(entryOf(0));
  stopAt = disk.operations + 1;
  const broken = new TestDisk({ seed: 1, stopAt: 1, files: disk.files });
  assert.ok(stopAt > 0);
  await assert.rejects(Ledger.open({ disk: broken, folder: "/l", signer }), { name: "PowerLost" });
  disk.append = async () => Promise.reject(new Error("ENOSPC"));
  await assert.rejects(ledger.publish());
  assert.notEqual(fatal, null);
  await assert.rejects(ledger.append(entryOf(1)), { code: "ledger-malformed" });
});

test("proveEntry() proves every entry to someone who has the public key alone", async (context) => {
  const folder = temporaryFolder(context);
  const ledger = await Ledger.open({ disk: realDisk, folder, signer });
  await Promise.all(Array.from({ length: 300 }, (_, number) => ledger.append(entryOf(number))));
  await ledger.close();
  const tree = (await PublishedTree.open(realDisk, folder)) as PublishedTree;
  for (let index = 0; index < 300; index += 7) {
    const proof = await proveEntry(tree, index);
    assert.deepEqual(checkProof(proof, signer.verifier), { ok: true });
    assert.equal(checkProof({ ...proof, entryBytes: `${proof.entryBytes} ` }, signer.verifier).ok, false);
    assert.equal(checkProof({ ...proof, index: index + 1 }, signer.verifier).ok, false);
    const forged = readSigner(signer.name, generateSigningKey());
    assert.equal(checkProof(proof, forged.verifier).ok, false);
  }
  await assert.rejects(proveEntry(tree, 300), { code: "not-found" });
});

test("PublishedTree.open() refuses a folder whose checkpoint is signed by another key", async (context) => {
  const folder = temporaryFolder(context);
  const ledger = await Ledger.open({ disk: realDisk, folder, signer });
  await ledger.append(entryOf(0));
  await ledger.close();
  const other = readSigner(signer.name, generateSigningKey());
  await assert.rejects(Ledger.open({ disk: realDisk, folder, signer: other }), { code: "ledger-malformed" });
});
