import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { realDisk } from "../lib/disk.ts";
import type { EvidenceHash } from "./entry.ts";
import { EvidenceStore } from "./evidence.ts";
import { Keyring } from "./keyring.ts";

async function openStore(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-evidence-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const keyring = await Keyring.open(realDisk, join(folder, "keys"));
  return { folder, keyring, store: new EvidenceStore(realDisk, join(folder, "evidence"), keyring) };
}

for (const bytes of [0, 1, 1_000, 1024 ** 2 - 1, 1024 ** 2, 1024 ** 2 + 1, 3 * 1024 ** 2 + 17]) {
  test(`EvidenceStore.get() gives back ${bytes} bytes`, async (context) => {
    const { store } = await openStore(context);
    const content = randomBytes(bytes);
    assert.ok((await store.get(await store.put(content))).equals(content));
  });
}

test("EvidenceStore.put() leaves nothing of the content on the disk", async (context) => {
  const { store, folder } = await openStore(context);
  const content = Buffer.from("お世話になっております。航空券控え".repeat(50));
  const name = await store.put(content);
  const path = join(folder, "evidence", name.slice(0, 2), name);
  assert.equal(readFileSync(path).includes(content.subarray(0, 24)), false);
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const { mode } = statSync(join(folder, file));
    assert.equal(mode & 0o077, 0, file);
  }
});

test("EvidenceStore.put() keeps the same content under another name each time", async (context) => {
  const { store } = await openStore(context);
  assert.notEqual(await store.put(Buffer.from("same")), await store.put(Buffer.from("same")));
});

test("EvidenceStore.get() refuses an altered file and a key of another object", async (context) => {
  const { store, folder } = await openStore(context);
  const [one, other] = [await store.put(Buffer.from("one")), await store.put(Buffer.from("other"))];
  const pathOf = (name: EvidenceHash): string => join(folder, "evidence", name.slice(0, 2), name);
  const bytes = readFileSync(pathOf(one));
  bytes[15] = (bytes[15] as number) ^ 1;
  await realDisk.replace(pathOf(one), bytes);
  await assert.rejects(store.get(one), { code: "evidence-malformed" });
  await realDisk.replace(`${pathOf(other)}.key`, readFileSync(`${pathOf(one)}.key`));
  await assert.rejects(store.get(other));
});

test("EvidenceStore.rewrap() moves all keys, and content stays readable", async (context) => {
  const { store, keyring, folder } = await openStore(context);
  const names = await Promise.all(["a", "b", "c"].map((text) => store.put(Buffer.from(text))));
  await keyring.rotate();
  assert.equal(await store.rewrap(), 3);
  assert.equal(await store.rewrap(), 0);
  const again = new EvidenceStore(
    realDisk,
    join(folder, "evidence"),
    await Keyring.open(realDisk, join(folder, "keys")),
  );
  assert.deepEqual((await Promise.all(names.map((name) => again.get(name)))).map(String), ["a", "b", "c"]);
});

test("EvidenceStore.get() says that an object is not there", async (context) => {
  const { store } = await openStore(context);
  await assert.rejects(store.get("0".repeat(64) as EvidenceHash), { code: "evidence-missing" });
});

test("Keyring.open() refuses keys that others may read, and says the mend", async (context) => {
  const { folder } = await openStore(context);
  const path = join(folder, "keys", "evidence.json");
  chmodSync(path, 0o640);
  await assert.rejects(Keyring.open(realDisk, join(folder, "keys")), {
    code: "key-permissions",
    message: `Cannot use ${path}: its mode is 640, so others may read it`,
    hint: `run: chmod go= ${path}`,
  });
});

test("Keyring.pseudonymOf() is the same for the same value and says nothing of it", async (context) => {
  const { keyring } = await openStore(context);
  assert.equal(keyring.pseudonymOf("taro@example.jp"), keyring.pseudonymOf("taro@example.jp"));
  assert.match(keyring.pseudonymOf("taro@example.jp"), /^[0-9a-f]{32}$/);
  assert.notEqual(keyring.pseudonymOf("taro@example.jp"), keyring.pseudonymOf("jiro@example.jp"));
});
