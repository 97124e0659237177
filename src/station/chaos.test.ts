import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { mail2016 } from "../gates/mail/fixtures/mail2016.ts";
import { Entry } from "../ledger/entry.ts";
import { PublishedTree } from "../ledger/read.ts";
import { verifyLedger } from "../ledger/verify.ts";
import { realDisk } from "../lib/disk.ts";
import { freePort } from "../lib/freePort.ts";
import { findMarkedProcess } from "../lib/processMark.ts";
import { randomOf } from "../lib/testDisk.ts";
import { sendMail } from "../replay/sendMail.ts";
import { waitUntil } from "./testPorts.ts";

const messages = Number(process.env["SEKISHO_CHAOS_MESSAGES"] ?? 2_000);
const seed = Number(process.env["SEKISHO_CHAOS_SEED"] ?? 2016);
const heldEvery = 10;

type World = {
  folder: string;
  config: string;
  consolePort: number;
  gatePort: number;
  nextHopPort: number;
  station: ChildProcess | null;
  nextHop: ChildProcess | null;
};

function startNextHop(world: World): void {
  const program = fileURLToPath(new URL("../gates/mail/testNextHop.ts", import.meta.url));
  const mailbox = join(world.folder, "mailbox");
  world.nextHop = spawn(process.execPath, [program, mailbox, String(world.nextHopPort)], { stdio: "ignore" });
}

function startStation(world: World): void {
  const program = fileURLToPath(new URL("../cli.ts", import.meta.url));
  world.station = spawn(process.execPath, [program, "start", "--config", world.config], {
    stdio: "ignore",
    env: { ...process.env, SEKISHO_GATE_WATCHES: String(process.pid), DATABASE_URL: "" },
  });
}

async function buildWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-chaos-"));
  const [gatePort, nextHopPort, consolePort] = [await freePort(), await freePort(), await freePort()];
  const config = join(folder, "sekisho.yaml");
  writeFileSync(
    config,
    `organisation: Chaos
console: { port: ${consolePort} }
log: { level: fatal }
mail:
  hostname: gate.example
  inbound:
    port: ${gatePort}
    domains: [ijtb.example]
    nextHop: { host: 127.0.0.1, port: ${nextHopPort}, tls: never }
  limits: { messagesPerClientPerMinute: 1000000 }
  dns: { enabled: false }
`,
  );
  mkdirSync(join(folder, "mailbox"));
  return { folder, config, consolePort, gatePort, nextHopPort, station: null, nextHop: null };
}

const program2016 = mail2016({ archive: "zip" }).raw.toString("latin1");

function rawMessage(number: number): Buffer {
  const id = `Message-ID: <${number}@chaos.example>`;
  if (number % heldEvery === 0) {
    const renewed = program2016.replace(/^message-id: .*$/im, id);
    return Buffer.from(renewed.includes(id) ? renewed : `${id}\r\n${program2016}`, "latin1");
  }
  const head = `From: hanako@customer.example\r\nTo: inquiry@ijtb.example\r\nSubject: ${number}\r\n${id}`;
  const date = "Date: Tue, 15 Mar 2016 10:00:00 +0900";
  return Buffer.from(`${head}\r\n${date}\r\n\r\n${"text of an ordinary mail\r\n".repeat(20)}`);
}

/** A client that tries again until it hears 250, as a mail server does. */
async function deliverUntilAccepted(world: World, number: number): Promise<void> {
  const raw = rawMessage(number);
  for (;;) {
    const envelope = { mailFrom: "hanako@customer.example", rcptTo: ["inquiry@ijtb.example"], raw };
    const sent = await sendMail({ host: "127.0.0.1", port: world.gatePort }, envelope).catch(() => null);
    if (sent?.code === 250) return;
    assert.ok(sent === null || sent.code < 500, `message ${number} was refused: ${sent?.reply}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Kills one of the three at random moments until told to stop; returns how often each was killed. */
async function killAtRandom(world: World, stop: AbortSignal): Promise<Record<string, number>> {
  const random = randomOf(seed);
  const kills: Record<string, number> = { gate: 0, station: 0, "next hop": 0 };
  while (!stop.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 300 + random() * 1_800));
    const victim = (["gate", "station", "next hop"] as const)[Math.floor(random() * 3)] as string;
    if (victim === "gate") {
      const pid = findMarkedProcess(join(world.folder, "data/run/mail.pid"));
      if (pid === null) continue;
      process.kill(pid, "SIGKILL");
    } else if (victim === "station") {
      world.station?.kill("SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, random() * 500));
      startStation(world);
    } else {
      world.nextHop?.kill("SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, random() * 300));
      startNextHop(world);
    }
    kills[victim] = (kills[victim] ?? 0) + 1;
  }
  return kills;
}

async function readEntries(folder: string): Promise<Entry[]> {
  const tree = (await PublishedTree.open(realDisk, join(folder, "data/ledger"))) as PublishedTree;
  const entries: Entry[] = [];
  for await (const { bytes } of tree.readEntries(0, tree.size))
    entries.push(Entry.parse(JSON.parse(bytes.toString())));
  return entries;
}

/** The spool has drained and the gate is taken up again. */
async function isCalm(world: World): Promise<boolean> {
  const origin = `http://127.0.0.1:${world.consolePort}`;
  const ready = await fetch(`${origin}/readyz`).catch(() => null);
  const metrics = await fetch(`${origin}/metrics`).catch(() => null);
  return ready?.status === 200 && /^sekisho_gate_spooled\{[^}]*\} 0$/m.test((await metrics?.text()) ?? "");
}

async function stopInOrder(child: ChildProcess | null): Promise<void> {
  assert.ok(child !== null && child.exitCode === null, "the station runs");
  const late = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const ended = new Promise((resolve) => child.once("exit", (...how) => resolve(how)));
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null], "the station ends in order within 30 s");
  clearTimeout(late);
}

async function clearAway(world: World): Promise<void> {
  world.station?.kill("SIGKILL");
  world.nextHop?.kill("SIGKILL");
  const pid = findMarkedProcess(join(world.folder, "data/run/mail.pid"));
  if (pid !== null) process.kill(pid, "SIGKILL");
  rmSync(world.folder, { recursive: true, force: true, maxRetries: 5 });
}

/** How often each message number is in the mailbox. */
function countDelivered(folder: string): Map<number, string[]> {
  const delivered = new Map<number, string[]>();
  for (const name of readdirSync(join(folder, "mailbox"))) {
    const raw = readFileSync(join(folder, "mailbox", name), "latin1");
    const number = Number(/^message-id: <(\d+)@chaos/im.exec(raw)?.[1]);
    const mail = /^sekisho-verdict: .*mail=([0-9a-f-]{36})/im.exec(raw)?.[1] ?? "";
    delivered.set(number, [...(delivered.get(number) ?? []), mail]);
  }
  return delivered;
}

const title = `no message is lost, none doubled without a trace, by kill -9 of gate, station and next hop`;

test(`${title}: ${messages} messages, seed ${seed}`, { timeout: 600_000 }, async (context) => {
  const world = await buildWorld();
  const stop = new AbortController();
  context.after(() => stop.abort());
  context.after(() => clearAway(world));
  startNextHop(world);
  startStation(world);
  let next = 1;
  const client = async (): Promise<void> => {
    while (next <= messages && !stop.signal.aborted) await deliverUntilAccepted(world, next++);
  };
  await deliverUntilAccepted(world, 0);
  const killing = killAtRandom(world, stop.signal);
  await Promise.all(Array.from({ length: 8 }, client));
  stop.abort();
  const kills = await killing;
  await waitUntil(() => isCalm(world), "a station that is ready and has all entries", 60_000);
  await stopInOrder(world.station);
  const folder = join(world.folder, "data/ledger");
  const verified = await verifyLedger({ disk: realDisk, folder, deep: true });
  assert.deepEqual(verified.problems, []);
  const entries = await readEntries(world.folder);
  judge(world, entries, { kills, tell: (line) => context.diagnostic(line) });
});

function judge(
  world: World,
  entries: Entry[],
  context: { kills: Record<string, number>; tell: (line: string) => void },
) {
  const delivered = countDelivered(world.folder);
  const numbers = Array.from({ length: messages + 1 }, (_, number) => number);
  const lost = numbers.filter((number) => number % heldEvery !== 0 && !delivered.has(number));
  const leaked = numbers.filter((number) => number % heldEvery === 0 && delivered.has(number));
  const doubled = numbers.filter((number) => (delivered.get(number)?.length ?? 0) > 1);
  const resent = new Set(
    entries
      .filter((entry) => entry.code === "delivery-asked" && entry.data["resent"] === true)
      .map((entry) => entry.about["mail"]),
  );
  const withoutTrace = doubled.filter((number) => !delivered.get(number)?.every((mail) => resent.has(mail)));
  const held = new Set(
    entries.filter((entry) => entry.code === "mail-held").map((entry) => entry.about["mail"]),
  );
  const ids = new Set(entries.map((entry) => entry.id));
  const dangling = entries.filter((entry) => entry.rests.some((rest) => !ids.has(rest)));
  const killed = Object.entries(context.kills).map(([who, count]) => `${who} ${count}`);
  context.tell(`killed with -9: ${killed.join(", ")}; ${entries.length} entries`);
  context.tell(
    `delivered ${delivered.size}, held ${held.size}; ` +
      `in doubt and sent again ${resent.size}, doubled ${doubled.length}`,
  );
  assert.deepEqual(lost, [], "lost");
  assert.deepEqual(leaked, [], "held mail that was delivered");
  assert.deepEqual(withoutTrace, [], "doubled without a trace");
  assert.equal(held.size, numbers.filter((number) => number % heldEvery === 0).length, "held mails");
  assert.equal(ids.size, entries.length, "an entry stands twice");
  assert.deepEqual(dangling, [], "entries that rest on nothing");
}
