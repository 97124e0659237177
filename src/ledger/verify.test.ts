import assert from "node:assert/strict";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { realDisk } from "../lib/disk.ts";
import { Ledger } from "./append.ts";
import { signCheckpoint } from "./checkpoint.ts";
import { makeEntry } from "./draft.ts";
import type { EvidenceHash } from "./entry.ts";
import { EvidenceStore } from "./evidence.ts";
import { Keyring } from "./keyring.ts";
import { emptyRoot } from "./merkle.ts";
import { generateSigningKey, readSigner } from "./note.ts";
import { decodeBundle, encodeBundle } from "./tiles.ts";
import { verifyLedger } from "./verify.ts";

const signer = readSigner("test.invalid/ledger", generateSigningKey());
const now = Temporal.Instant.from("2016-03-15T00:00:00Z");
const size = 600;
let whole: string;
let early: string;
let evidence: EvidenceHash;
const scratch = mkdtempSync(join(tmpdir(), "sekisho-verify-"));

before(async () => {
  whole = join(scratch, "whole");
  const keyring = await Keyring.open(realDisk, join(whole, "keys"));
  const store = new EvidenceStore(realDisk, join(whole, "evidence"), keyring);
  evidence = await store.put(Buffer.from("a held mail"));
  const ledger = await Ledger.open({ disk: realDisk, folder: join(whole, "ledger"), signer });
  for (let number = 0; number < size; number++) {
    const draft = { kind: "observed", code: "mail-received", about: { mail: String(number) } } as const;
    const entry = makeEntry(number === 7 ? { ...draft, evidence: [evidence] } : draft, {
      by: "gate/mail",
      now,
    });
    const appended = ledger.append(entry);
    if (number !== 299) continue;
    await appended;
    await ledger.publish();
    early = readFileSync(join(whole, "ledger/checkpoint"), "utf8");
  }
  await ledger.close();
});
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Verifies a copy of the ledger after `change`; gives back "code: where: detail" lines. */
async function problemsAfter(
  change: (folder: string) => void,
  options: { older?: string[] } = {},
): Promise<string[]> {
  const folder = mkdtempSync(join(scratch, "copy-"));
  cpSync(whole, folder, { recursive: true });
  change(join(folder, "ledger"));
  const keyring = await Keyring.open(realDisk, join(folder, "keys"));
  const store = new EvidenceStore(realDisk, join(folder, "evidence"), keyring);
  const result = await verifyLedger({
    disk: realDisk,
    folder: join(folder, "ledger"),
    verifier: signer.verifier,
    deep: true,
    checkEvidence: (names) => store.check(names),
    ...options,
  });
  assert.equal(result.ok, result.problems.length === 0);
  return result.problems.map(({ code, where, detail }) => `${code}: ${where}: ${detail}`);
}

function edit(path: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(path, change(readFileSync(path)));
}

function flip(path: string, at: number): void {
  edit(path, (bytes) => {
    bytes[at] = (bytes[at] as number) ^ 0x20;
    return bytes;
  });
}

function editEntries(path: string, change: (entries: Buffer[]) => Buffer[]): void {
  edit(path, (bytes) => encodeBundle(change(decodeBundle(bytes).entries)));
}

test("verifyLedger() finds nothing in a whole ledger that continues an older checkpoint", async () => {
  assert.deepEqual(await problemsAfter(() => {}, { older: [early] }), []);
});

test("verifyLedger() finds a flipped byte anywhere in any file", async () => {
  const ledger = join(whole, "ledger");
  const files = readdirSync(ledger, { recursive: true, encoding: "utf8" })
    .filter(
      (name) => statSync(join(ledger, name)).isFile() && name !== "key.pub" && !name.startsWith("open/"),
    )
    // Of an older, narrower tile nothing is read once a wider one is there.
    .filter((name) => !/\.p\/\d+$/.test(name) || name.endsWith("/88") || name.endsWith("/2"));
  assert.ok(files.length >= 8, files.join(" "));
  for (const name of files) {
    const bytes = statSync(join(ledger, name)).size;
    for (let step = 0; step < 12; step++) {
      const at = Math.floor((bytes - 1) * (step / 11));
      const problems = await problemsAfter((folder) => flip(join(folder, name), at));
      assert.ok(problems.length > 0, `${name} at ${at}`);
      const named = problems.some((problem) => problem.includes(name.replace(/\.p\/\d+$/, "")));
      assert.ok(named, `${name} at ${at}: ${problems.join("; ")}`);
    }
  }
});

const bundle = "tile/entries/001";
const lastBundle = "tile/entries/002.p/88";

test("verifyLedger() names an altered entry", async () => {
  const problems = await problemsAfter((folder) => {
    editEntries(join(folder, bundle), (entries) => {
      entries[3] = Buffer.from((entries[3] as Buffer).toString().replace('"mail":"259"', '"mail":"999"'));
      return entries;
    });
  });
  assert.deepEqual(problems, [`entry-altered: ${bundle}: entry 259 does not fit its leaf hash`]);
});

test("verifyLedger() names a removed entry", async () => {
  const problems = await problemsAfter((folder) => {
    editEntries(join(folder, bundle), (entries) => entries.toSpliced(10, 1));
  });
  assert.deepEqual(problems, [`entry-removed: ${bundle}: entry 266 of 512 cannot be read`]);
});

test("verifyLedger() names reordered entries", async () => {
  const problems = await problemsAfter((folder) => {
    editEntries(join(folder, bundle), (entries) =>
      entries.with(4, entries[5] as Buffer).with(5, entries[4] as Buffer),
    );
  });
  const detail = "entry 260, 261 stand in another order than they were signed";
  assert.deepEqual(problems, [`entries-reordered: ${bundle}: ${detail}`]);
});

test("verifyLedger() names a truncated tail", async () => {
  const shorter = await problemsAfter((folder) => {
    editEntries(join(folder, lastBundle), (entries) => entries.slice(0, 80));
  });
  assert.deepEqual(shorter, [`tail-truncated: ${lastBundle}: 8 entries from 592 of 600 cannot be read`]);
  const broken = await problemsAfter((folder) => truncateSync(join(folder, lastBundle), 1_000));
  assert.match(broken.join(), /tail-truncated: tile\/entries\/002.p\/88: .* \(breaks off at byte \d+\)/);
  const gone = await problemsAfter((folder) =>
    rmSync(join(folder, "tile/entries/002.p"), { recursive: true }),
  );
  assert.match(gone.join(), /tail-truncated: .*88 entries from 512 of 600/);
});

test("verifyLedger() finds a tail cut off together with its checkpoint, by an older one", async () => {
  const latest = readFileSync(join(whole, "ledger/checkpoint"), "utf8");
  const problems = await problemsAfter((folder) => writeFileSync(join(folder, "checkpoint"), early), {
    older: [latest],
  });
  const detail = "an older checkpoint names 600 entries, this ledger has 300";
  assert.deepEqual(problems, [`tail-truncated: checkpoint of size 600: ${detail}`]);
});

test("verifyLedger() names a forged checkpoint: another key, another root, another size", async () => {
  const forger = readSigner(signer.name, generateSigningKey());
  const forged = signCheckpoint({ origin: signer.name, size, root: emptyRoot }, forger);
  assert.match(
    (await problemsAfter((folder) => writeFileSync(join(folder, "checkpoint"), forged))).join(),
    /^checkpoint-forged/,
  );
  const otherRoot = signCheckpoint({ origin: signer.name, size, root: emptyRoot }, signer);
  assert.match(
    (await problemsAfter((folder) => writeFileSync(join(folder, "checkpoint"), otherRoot))).join(),
    /root-mismatch/,
  );
  const missing = await problemsAfter((folder) => rmSync(join(folder, "checkpoint")));
  assert.deepEqual(missing, ["checkpoint-missing: checkpoint: there is no checkpoint in this folder"]);
});

test("verifyLedger() names a ledger that was written anew, by an older checkpoint", async () => {
  const other = signCheckpoint({ origin: signer.name, size: 300, root: emptyRoot }, signer);
  const problems = await problemsAfter(() => {}, { older: [other] });
  assert.deepEqual(problems, ["not-a-prefix: checkpoint of size 300: this ledger is not its continuation"]);
});

test("verifyLedger() names missing and exchanged tiles", async () => {
  const missing = await problemsAfter((folder) => rmSync(join(folder, "tile/0/001")));
  assert.match(missing.join(), /tile-missing: tile\/0\/001/);
  const exchanged = await problemsAfter((folder) => {
    renameSync(join(folder, "tile/0/000"), join(folder, "tile/0/x"));
    renameSync(join(folder, "tile/0/001"), join(folder, "tile/0/000"));
    renameSync(join(folder, "tile/0/x"), join(folder, "tile/0/001"));
  });
  assert.match(exchanged.join(), /tile-altered: tile\/0\/000.*tile-altered: tile\/0\/001/);
});

test("verifyLedger() names evidence that is gone or altered, and not what was erased in order", async () => {
  const path = (folder: string): string => join(folder, "../evidence", evidence.slice(0, 2), evidence);
  const gone = await problemsAfter((folder) => rmSync(path(folder)));
  assert.match(
    gone.join(),
    /^evidence-missing: evidence [0-9a-f]{64}: an entry names it, and its file is gone$/,
  );
  const altered = await problemsAfter((folder) => flip(path(folder), 20));
  assert.match(altered.join(), /^evidence-altered/);
  const folder = mkdtempSync(join(scratch, "erased-"));
  cpSync(whole, folder, { recursive: true });
  const keyring = await Keyring.open(realDisk, join(folder, "keys"));
  const store = new EvidenceStore(realDisk, join(folder, "evidence"), keyring);
  await store.erase(evidence);
  await assert.rejects(store.get(evidence), { code: "evidence-erased" });
  assert.deepEqual(await store.check([evidence]), []);
});

test("verifyLedger() tells a torn end of the open batch from an altered frame", async () => {
  const folder = join(scratch, "open");
  const ledger = await Ledger.open({ disk: realDisk, folder, signer, publishMs: 1e6 });
  for (let number = 0; number < 3; number++) {
    await ledger.append(makeEntry({ kind: "observed", code: "mail-received" }, { by: "test", now }));
  }
  const name = readdirSync(join(folder, "open"))[0] as string;
  const bytes = readFileSync(join(folder, "open", name));
  const verify = async () =>
    (await verifyLedger({ disk: realDisk, folder })).problems.map((problem) => problem.code);
  assert.deepEqual(await verify(), []);
  writeFileSync(join(folder, "open", name), bytes.subarray(0, -5));
  assert.deepEqual(await verify(), ["open-torn"]);
  const altered = Buffer.from(bytes);
  altered[40] = (altered[40] as number) ^ 1;
  writeFileSync(join(folder, "open", name), altered);
  assert.deepEqual(await verify(), ["open-altered"]);
});

test("verifyLedger() finds nothing in a ledger that is being written and published meanwhile", async () => {
  const folder = join(scratch, "live");
  const ledger = await Ledger.open({ disk: realDisk, folder, signer, publishMs: 2 });
  const many = Array.from({ length: 40_000 }, () =>
    makeEntry({ kind: "observed", code: "mail-received" }, { by: "test", now }),
  );
  await Promise.all(many.map((entry) => ledger.append(entry)));
  await ledger.publish();
  let writing = true;
  const writer = (async () => {
    while (writing) {
      const entries = Array.from({ length: 40 }, () => {
        return makeEntry({ kind: "observed", code: "mail-received" }, { by: "test", now });
      });
      await Promise.all(entries.map((entry) => ledger.append(entry)));
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (let round = 0; round < 8; round++) {
    const { problems } = await verifyLedger({ disk: realDisk, folder });
    assert.deepEqual(
      problems.filter((problem) => problem.code !== "open-torn"),
      [],
      `round ${round}`,
    );
  }
  writing = false;
  await writer;
  await ledger.close();
  assert.ok(ledger.size > 40_500);
});
