import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { composeMail } from "../fixtures/composeMail.ts";
import { mail2016 } from "../fixtures/mail2016.ts";
import { ordinaryMails } from "../fixtures/ordinaryMails.ts";
import type { Transport } from "../seen.ts";
import { createReaderPool, type ReaderPoolOptions } from "./createReaderPool.ts";

const transport: Transport = {
  clientAddress: "192.0.2.7",
  clientName: null,
  helo: "mail.example",
  mailFrom: "a@x.example",
  rcptTo: ["b@y.example"],
  direction: "inbound",
};
const usual: ReaderPoolOptions = { workers: 2, msMax: 20_000, rssBytesMax: 1024 ** 3, dns: null };
const { raw } = mail2016({ archive: "zip" });

test("read() reads many messages in worker processes", async (context) => {
  const pool = createReaderPool(usual);
  context.after(() => pool.close());
  const mails = ordinaryMails();
  const results = await Promise.all(mails.map((mail) => pool.read(mail.raw, transport)));
  assert.ok(results.every((result) => result.ok));
  const subjects = results.map((result) => (result.ok ? result.reading.subject : ""));
  assert.equal(subjects[0], "予約変更のお願い");
});

test("read() gives a typed failure for a message that is late, and reads the others", async (context) => {
  const pool = createReaderPool({ ...usual, workers: 1, msMax: 300 });
  context.after(() => pool.close());
  await pool.read(raw, transport);
  const head = "From: a@x.example\r\nSubject: slow\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
  const slow = Buffer.from(head + "=41=42=43\r\n".repeat(2_000_000));
  const [late, ...others] = await Promise.all([
    pool.read(slow, transport),
    ...Array.from({ length: 5 }, () => pool.read(raw, transport)),
  ]);
  assert.deepEqual([late?.ok, late?.ok === false && late.code], [false, "timeout"]);
  assert.ok(others.every((result) => result.ok));
});

test("read() gives a typed failure where a worker grows too large", async (context) => {
  const pool = createReaderPool({ ...usual, workers: 1, rssBytesMax: 1_000_000, msMax: 10_000 });
  context.after(() => pool.close());
  const large = composeMail({
    from: "a@x.example",
    to: "b@y.example",
    subject: "large",
    text: "",
    attachments: [{ name: "a.bin", bytes: Buffer.alloc(20_000_000, "x") }],
  });
  const result = await pool.read(large, transport);
  assert.deepEqual(result.ok === false && result.code, "memory");
});

test("read() reads again what was under way in a worker that died", async (context) => {
  const pool = createReaderPool({ ...usual, workers: 2 });
  context.after(() => pool.close());
  await pool.read(raw, transport);
  const reading = Array.from({ length: 40 }, () => pool.read(raw, transport));
  for (const pid of pool.processes()) process.kill(pid, "SIGKILL");
  const results = await Promise.all(reading);
  assert.ok(results.every((result) => result.ok));
  assert.ok((await pool.read(raw, transport)).ok);
});

test("close() answers what still waits", async (context) => {
  const pool = createReaderPool({ ...usual, workers: 1 });
  context.after(() => pool.close());
  const waiting = Array.from({ length: 8 }, () => pool.read(raw, transport));

  await pool.close();
  for (const result of await Promise.all(waiting)) assert.equal(result.ok, false);
  assert.equal((await pool.read(raw, transport)).ok, false);
});

test("a worker has no network, no files but the code, and no further processes", () => {
  const script = `
    const denied = (error) => error.code === "ERR_ACCESS_DENIED" || process.stdout.write(error.code + " ");
    const attempts = [
      () => require("node:net").connect(1, "127.0.0.1").on("error", denied),
      () => require("node:dns").lookup("x.invalid", denied),
      () => require("node:fs").writeFileSync("/tmp/sekisho-worker-was-here", ""),
      () => require("node:fs").readFileSync("/etc/passwd"),
      () => require("node:child_process").spawnSync("true"),
      () => new (require("node:worker_threads").Worker)("", { eval: true }),
    ];
    for (const attempt of attempts) try { attempt(); } catch (error) { denied(error); }
    setTimeout(() => process.exit(0), 300)`;
  const source = fileURLToPath(new URL("../../../..", import.meta.url));
  const output = execFileSync(process.execPath, [
    "--permission",
    `--allow-fs-read=${source}src`,
    "-e",
    script,
  ]);
  assert.equal(output.toString(), "");
});
