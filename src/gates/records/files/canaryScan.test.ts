import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { canaryPlaceOf, writeCanaryTokens } from "../../../gateCanaries.ts";
import { Keyring } from "../../../ledger/keyring.ts";
import { realDisk } from "../../../lib/disk.ts";
import { FileScanner } from "./fileScanner.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-canary-scan-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("FileScanner counts the canaries of a file, packed or not, and none in a file of others", async () => {
  const keyring = await Keyring.open(realDisk, join(folder, "keys"));
  const canary = { email: "hanako12@travel.example", phone: "090-0123-4567", passport: null };
  await writeCanaryTokens(folder, keyring, [canary]);
  const scanner = new FileScanner(canaryPlaceOf(folder, keyring));
  const line = `1,佐藤 花子,${canary.email},09001234567\n`;
  const others = line.replace("hanako12", "hanako13").replace("4567", "4568");
  const files: [string, Buffer, number][] = [
    ["staged.csv", Buffer.from(others + line), 2],
    ["staged", gzipSync(others + line), 2],
    ["others.csv", Buffer.from(others), 0],
  ];
  for (const [name, bytes, canaries] of files) {
    writeFileSync(join(folder, name), bytes);
    const today = Temporal.PlainDate.from("2016-03-25");
    assert.equal((await scanner.scanFile(join(folder, name), { today })).canaries, canaries, name);
  }
  await scanner.close();
});
