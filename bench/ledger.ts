import { mkdtempSync, openSync, closeSync, fdatasyncSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ledger } from "../src/ledger/append.ts";
import { makeEntry } from "../src/ledger/draft.ts";
import { generateSigningKey, readSigner } from "../src/ledger/note.ts";
import { verifyLedger } from "../src/ledger/verify.ts";
import { realDisk } from "../src/lib/disk.ts";

/**
 * Appends and verifications a second, beside the limits of this disk in the same run: one flush per entry
 * (what a
 * ledger without batches could do) and the same bytes in one file with a flush every 4,096 entries.
 */
const entries = Number(process.argv[2] ?? 200_000);
const folder = mkdtempSync(join(process.env["SEKISHO_BENCH_FOLDER"] ?? tmpdir(), "sekisho-bench-"));
const now = Temporal.Instant.from("2016-03-15T00:00:00Z");

function entryOf(number: number) {
  const about = { gate: "mail", mail: "01953a1b-1111-7000-8000-000000000001" };
  const data = {
    direction: "inbound",
    senderDomain: "customer.example",
    bytes: number,
    recipients: 1,
    read: true,
  };
  return makeEntry({ kind: "observed", code: "mail-received", about, data }, { by: "gate/mail", now });
}

function flushesPerSecond(): number {
  const file = openSync(join(folder, "flush"), "w");
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < 1_500) {
    writeSync(file, "x".repeat(400));
    fdatasyncSync(file);
    count += 1;
  }
  closeSync(file);
  return count / ((performance.now() - started) / 1000);
}

function rawWritesPerSecond(): number {
  const file = openSync(join(folder, "raw"), "w");
  const line = Buffer.alloc(400, 0x61);
  const started = performance.now();
  for (let number = 0; number < entries; number += 4_096) {
    writeSync(file, Buffer.concat(Array.from({ length: 4_096 }, () => line)));
    fdatasyncSync(file);
  }
  closeSync(file);
  return entries / ((performance.now() - started) / 1000);
}

async function appendsPerSecond(inFlight: number): Promise<{ waited: number; closed: number }> {
  const ledger = await Ledger.open({ disk: realDisk, folder: join(folder, `ledger-${inFlight}`), signer });
  const started = performance.now();
  let [next, count] = [0, Math.min(entries, inFlight === 1 ? 2_000 : entries)];
  async function writer(): Promise<void> {
    while (next < count) await ledger.append(entryOf(next++));
  }
  await Promise.all(Array.from({ length: inFlight }, writer));
  const waited = count / ((performance.now() - started) / 1000);
  await ledger.close();
  const closed = count / ((performance.now() - started) / 1000);
  count = 0;
  return { waited, closed };
}

function print(name: string, value: number, note: string): void {
  process.stdout.write(
    `${name.padEnd(44)} ${Math.round(value).toLocaleString("en").padStart(10)} /s  ${note}\n`,
  );
}

const signer = readSigner("bench.invalid/ledger", generateSigningKey());
try {
  const flushes = flushesPerSecond();
  const raw = rawWritesPerSecond();
  print("flushes of this disk, one after another", flushes, "the limit of one flush per entry");
  print("the same bytes, raw, a flush per 4,096", raw, "the limit of a batch");
  const alone = await appendsPerSecond(1);
  print(
    "append, one writer that waits",
    alone.waited,
    `${(alone.waited / flushes).toFixed(2)} × one flush per entry`,
  );
  for (const inFlight of [64, 1_024, 8_192]) {
    const { waited, closed } = await appendsPerSecond(inFlight);
    const [ofFlush, ofRaw] = [(waited / flushes).toFixed(1), (waited / raw).toFixed(2)];
    const ratio = `${ofFlush} × one flush per entry, ${ofRaw} × raw`;
    print(
      `append, ${inFlight} writers that wait`,
      waited,
      `${ratio}; with tiles published ${Math.round(closed)}`,
    );
  }
  for (const deep of [false, true]) {
    const result = await verifyLedger({ disk: realDisk, folder: join(folder, "ledger-8192"), deep });
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    print(
      deep ? "verify --deep (every entry parsed)" : "verify",
      result.size / result.seconds,
      `${result.size} entries`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
