import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { PublishedTree } from "../ledger/read.ts";
import { Entry } from "../ledger/entry.ts";
import { realDisk } from "../lib/disk.ts";
import { findMarkedProcess, isAlive } from "../lib/processMark.ts";
import { sendOne, textMail } from "../gates/mail/testGate.ts";
import { openTestHop } from "../gates/mail/testHop.ts";
import { freePort } from "../lib/freePort.ts";
import { connectLocalPort, waitUntil } from "./testPorts.ts";

const cli = fileURLToPath(new URL("../cli.ts", import.meta.url));

type Run = { child: ChildProcess; output: () => string; ended: Promise<number | null> };

function sekisho(context: TestContext, ...argv: string[]): Run {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", cli, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, SEKISHO_GATE_WATCHES: String(process.pid), DATABASE_URL: "" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  context.after(() => void child.kill("SIGKILL"));
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  return { child, output: () => output, ended };
}

type World = { folder: string; config: string; gatePort: number; consolePort: number; hopPort: number };

async function stage(context: TestContext, change: Partial<World> = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-start-"));
  const hop = await openTestHop();
  context.after(async () => {
    await hop.close();
    await waitUntil(() => gateOf(folder) === null, "the gate's end", 20_000).catch(() => {
      const pid = gateOf(folder);
      if (pid !== null) process.kill(pid, "SIGKILL");
    });
    rmSync(folder, { recursive: true, force: true });
  });
  const world: World = {
    folder,
    config: join(folder, "sekisho.yaml"),
    gatePort: await freePort(),
    consolePort: await freePort(),
    hopPort: hop.port,
    ...change,
  };
  writeConfig(world);
  return world;
}

function writeConfig(world: World, shadow = false): void {
  const text = `organisation: Start
console: { port: ${world.consolePort} }
log: { level: warn }
mail:
  inbound:
    port: ${world.gatePort}
    domains: [ijtb.example]
    nextHop: { host: 127.0.0.1, port: ${world.hopPort}, tls: never }
  dns: { enabled: false }
  reader: { workers: 1 }
  policy: { shadow: ${shadow} }
`;
  writeFileSync(world.config, text);
}

const gateOf = (folder: string): number | null => findMarkedProcess(join(folder, "data/run/mail.pid"));

async function readyz(world: World): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${world.consolePort}/readyz`).catch(() => null);
  return (await response?.text()) ?? "";
}

const isReady = async (world: World): Promise<boolean> => (await readyz(world)).startsWith("ready");

async function entriesOf(folder: string): Promise<Entry[]> {
  const tree = (await PublishedTree.open(realDisk, join(folder, "data/ledger"))) as PublishedTree;
  const entries: Entry[] = [];
  for await (const { bytes } of tree.readEntries(0, tree.size))
    entries.push(Entry.parse(JSON.parse(bytes.toString())));
  return entries;
}

test("a console port in use: the command says so, ends, and leaves no gate", async (context) => {
  const world = await stage(context);
  const holder = createServer().listen(world.consolePort, "127.0.0.1");
  context.after(() => void holder.close());
  const run = sekisho(context, "start", "--config", world.config);
  assert.equal(await run.ended, 1);
  assert.match(run.output(), /Cannot listen on 127\.0\.0\.1:\d+ for the console: .*EADDRINUSE/);
  assert.match(run.output(), /set console\.port to another port/);
  assert.equal(gateOf(world.folder), null);
});

test("a mail port in use: the station stands, says why, and takes it when it is free", async (context) => {
  const world = await stage(context);
  const holder = createServer().listen(world.gatePort, "127.0.0.1");
  context.after(() => void holder.close());
  const run = sekisho(context, "start", "--config", world.config);
  const why = /Cannot listen on [^"]*EADDRINUSE[^"]*; choose another port, or end what holds this one/;
  // Once by the gate itself, and once by the station, which shows it as the state of the gate.
  await waitUntil(() => run.output().match(new RegExp(why, "g"))?.length === 2, "the reason", 20_000);
  await waitUntil(async () => (await readyz(world)).includes("mail restarting"), "the state", 20_000);
  await new Promise((resolve) => holder.close(resolve));
  await waitUntil(() => isReady(world), "the gate", 30_000);
  run.child.kill("SIGTERM");
  assert.equal(await run.ended, 0);
});

test("two that start at once: one stands, the other says who has the folder", async (context) => {
  const world = await stage(context);
  const second = { ...world, config: join(world.folder, "second.yaml"), consolePort: await freePort() };
  writeConfig(second);
  const runs = [world, second].map((one) => sekisho(context, "start", "--config", one.config));
  const first = await Promise.race(runs.map(async (run) => ({ run, status: await run.ended })));
  assert.equal(first.status, 1);
  assert.match(first.run.output(), /Cannot start: .* already uses .*data/);
  const left = runs.find((run) => run !== first.run) as Run;
  await waitUntil(async () => (await isReady(world)) || (await isReady(second)), "the other one", 30_000);
  for (const argv of [
    ["evidence", "rotate"],
    ["ledger", "reindex"],
  ]) {
    const command = sekisho(context, ...argv, "--config", world.config);
    assert.equal(await command.ended, 1);
    assert.match(command.output(), /: a station \(process \d+\) already uses /);
  }
  left.child.kill("SIGTERM");
  assert.equal(await left.ended, 0);
  assert.equal(gateOf(world.folder), null);
});

test("a stop in the middle of the start is a stop in order", async (context) => {
  const world = await stage(context);
  const run = sekisho(context, "start", "--config", world.config);
  await waitUntil(() => gateOf(world.folder) !== null, "the gate's process", 20_000);
  run.child.kill("SIGTERM");
  assert.equal(await run.ended, 0, run.output());
  assert.equal(gateOf(world.folder), null);
  assert.equal((await entriesOf(world.folder)).at(-1)?.code, "station-stopped");
});

test("a gate that ran on by old orders is started again with the new ones", async (context) => {
  const world = await stage(context);
  const first = sekisho(context, "start", "--config", world.config);
  await waitUntil(() => isReady(world), "the first", 30_000);
  const gate = gateOf(world.folder);
  first.child.kill("SIGKILL");
  await first.ended;
  assert.match(await sendOne(world.gatePort, textMail("while it is away")), /^250/);
  const same = sekisho(context, "start", "--config", world.config);
  await waitUntil(() => isReady(world), "the second", 30_000);
  assert.equal(gateOf(world.folder), gate, "the same orders: the gate is taken up");
  same.child.kill("SIGKILL");
  await same.ended;
  writeConfig(world, true);
  const changed = sekisho(context, "start", "--config", world.config);
  await waitUntil(async () => gateOf(world.folder) !== gate && (await isReady(world)), "the third", 40_000);
  changed.child.kill("SIGTERM");
  assert.equal(await changed.ended, 0);
  const entries = await entriesOf(world.folder);
  const shadows = entries
    .filter((entry) => entry.code === "orders-in-force")
    .map((entry) => entry.data["shadow"]);
  assert.deepEqual(shadows, [false, true]);
  assert.equal(entries.filter((entry) => entry.code === "mail-delivered").length, 1);
});

test("a gate whose mark is lost is taken up, not doubled, and ends with the station", async (context) => {
  const world = await stage(context);
  const first = sekisho(context, "start", "--config", world.config);
  await waitUntil(() => isReady(world), "the first", 30_000);
  const gate = gateOf(world.folder) as number;
  first.child.kill("SIGKILL");
  await first.ended;
  // As if the station had been killed between the gate's start and the note of its number.
  const mark = join(world.folder, "data/run/mail.pid");
  const known = readFileSync(mark, "utf8");
  writeFileSync(mark, "");
  const second = sekisho(context, "start", "--config", world.config);
  await waitUntil(() => isReady(world), "the second", 30_000);
  assert.equal(readFileSync(mark, "utf8"), known, "the gate that ran on");
  assert.match(await sendOne(world.gatePort, textMail("after that")), /^250/);
  second.child.kill("SIGTERM");
  const late = setTimeout(() => second.child.kill("SIGKILL"), 25_000);
  assert.equal(await second.ended, 0, second.output());
  clearTimeout(late);
  assert.equal(isAlive(gate), false);
  const entries = await entriesOf(world.folder);
  assert.equal(entries.filter((entry) => entry.code === "orders-in-force").length, 1);
  assert.equal(entries.filter((entry) => entry.code === "mail-delivered").length, 1);
});

test("lines of a spool that are no entries are kept, and those behind them come through", async (context) => {
  const world = await stage(context);
  const spool = join(world.folder, "data/mail/spool");
  mkdirSync(spool, { recursive: true });
  const long = JSON.stringify({ kind: "observed", text: "x".repeat(70_000) });
  writeFileSync(join(spool, "segment-000000000000"), `no entry at all\n${long}\n`);
  const run = sekisho(context, "start", "--config", world.config);
  await waitUntil(() => isReady(world), "the gate", 30_000);
  const evil = `From: x@${"a".repeat(100_000)}.example\r\n`;
  const nul = textMail("nul").replace("customer.example>", "cust\0omer.example>");
  assert.match(await sendOne(world.gatePort, evil + textMail("long").replace(/^From.*\r\n/, "")), /^250/);
  assert.match(await sendOne(world.gatePort, nul), /^250/);
  run.child.kill("SIGTERM");
  assert.equal(await run.ended, 0, run.output());
  const entries = await entriesOf(world.folder);
  const unreadable = entries.filter((entry) => entry.code === "entry-unreadable");
  assert.deepEqual(
    unreadable.map((entry) => entry.data["bytes"]),
    [15, long.length],
  );
  assert.equal(entries.filter((entry) => entry.code === "mail-received").length, 2);
  assert.equal(readFileSync(join(spool, "taken"), "utf8").length > 0, true);
  assert.equal(await connectLocalPort(world.gatePort), false);
});
