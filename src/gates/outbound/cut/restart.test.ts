import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { CutAct } from "./cutOrder.ts";
import { EnforcerClient, type EnforcerHandlers } from "./enforcerClient.ts";
import { addresses, noNamespaces, orderOf, planOf, TestNet } from "./testNet.ts";

const skip = noNamespaces;
const { pc, other } = addresses;
const isolatePc: CutAct = { do: "isolate", address: pc };
const both = [`udp ${pc}`, `udp ${other}`];

let net: TestNet;
let client: EnforcerClient;
let drifts: string[] = [];
let problems: string[] = [];

function connect(folder: string, more: EnforcerHandlers = {}): EnforcerClient {
  return new EnforcerClient(
    {
      socketPath: join(net.folder, "enforcer.sock"),
      start: {
        stateFile: join(folder, "state.json"),
        networkNamespace: net.namespace("gateway"),
        logFile: join(net.folder, "enforcer.log"),
      },
    },
    { onDrift: ({ what }) => drifts.push(what), onProblem: (problem) => problems.push(problem), ...more },
  );
}

async function ids(): Promise<string[]> {
  return (await client.list()).proofs.map(({ id }) => id).sort();
}

async function killEnforcer(): Promise<void> {
  const pid = client.pid as number;
  process.kill(pid, "SIGKILL");
  while (client.pid === pid) await sleep(5);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The state file follows the kernel; it is awaited, because nobody else waits for it. */
async function untilWritten(path: string, text: string): Promise<void> {
  const end = performance.now() + 5_000;
  const holds = () => existsSync(path) && readFileSync(path, "utf8").includes(text);
  while (!holds() && performance.now() < end) await sleep(20);
  assert.ok(holds(), `${path} does not hold "${text.slice(0, 40)}"`);
}

before(async () => {
  if (skip !== false) return;
  net = new TestNet();
  await net.serve("outside");
  net.send("pc", `udp ${addresses.outside} 7000`);
  net.send("other", `udp ${addresses.outside} 7000`);
  client = connect(net.folder);
  await client.plan(planOf());
  assert.deepEqual(await net.untilFlowing("outside", both), both);
});

after(() => {
  if (skip !== false) return;
  client.close();
  net.close();
});

test("a gate that goes changes nothing; the next one takes over the running enforcer", { skip }, async () => {
  await client.apply(orderOf("left", isolatePc));
  const pid = client.pid;
  client.close();
  assert.deepEqual(await net.flowing("outside"), [`udp ${other}`]);
  client = connect(net.folder);
  await client.plan(planOf());
  assert.equal(client.pid, pid);
  assert.deepEqual(await ids(), ["left"]);
  await client.lift("left");
});

test("after kill -9 of the enforcer the rules stay, are found again, and still end", { skip }, async () => {
  await client.apply(orderOf("short", isolatePc, 4));
  await client.apply(orderOf("long", { do: "block", addresses: ["192.0.2.9"], names: ["evil.example"] }));
  await killEnforcer();
  assert.deepEqual(await net.flowing("outside"), [`udp ${other}`]);
  // Asked while nobody listens: carried out when it is back.
  const late = client.apply(orderOf("late", { do: "isolate", address: other }));
  assert.equal((await late).ok, true);
  assert.deepEqual(await ids(), ["late", "long", "short"]);
  await client.lift("late");
  assert.deepEqual(await net.untilFlowing("outside", both), both);
  assert.deepEqual(await ids(), ["long"]);
  await client.lift("long");
});

test("a lost state file loses no order: the kernel remembers it", { skip }, async () => {
  const order = orderOf("remembered", {
    do: "block",
    addresses: ["192.0.2.0/24"],
    names: ["a.example", "b.example"],
  });
  await client.apply(order);
  await killEnforcer();
  rmSync(join(net.folder, "state.json"));
  await client.plan(planOf());
  assert.deepEqual(await ids(), ["remembered"]);
  await untilWritten(join(net.folder, "state.json"), "b.example");
  await killEnforcer();
  writeFileSync(join(net.folder, "state.json"), "{ not JSON");
  await client.plan(planOf());
  assert.deepEqual(await ids(), ["remembered"]);
  await client.lift("remembered");
});

test("rules that were flushed while the enforcer was dead are put back from the file", { skip }, async () => {
  await client.apply(orderOf("flushed", isolatePc));
  await sleep(200);
  await killEnforcer();
  net.inside("gateway", "nft", "flush", "ruleset");
  await client.plan(planOf());
  assert.deepEqual(await ids(), ["flushed"]);
  assert.deepEqual(await net.untilFlowing("outside", [`udp ${other}`]), [`udp ${other}`]);
  await client.lift("flushed");
});

test("after kill -9 of the nft process the next order is in place all the same", { skip }, async () => {
  for (let round = 0; round < 5; round += 1) {
    const children = execFileSync("pgrep", ["-P", String(client.pid), "nft"], { encoding: "utf8" });
    for (const pid of children.trim().split("\n")) process.kill(Number(pid), "SIGKILL");
    const answer = await client.apply(orderOf("after", isolatePc));
    assert.deepEqual([answer.ok, answer.problem], [true, null]);
    assert.ok((answer.proof?.inPlaceMs as number) < 1_000);
    assert.deepEqual(await net.untilFlowing("outside", [`udp ${other}`]), [`udp ${other}`]);
    await client.lift("after");
  }
});

test("an nft process that hangs does not keep an order from being in place", { skip }, async () => {
  const children = execFileSync("pgrep", ["-P", String(client.pid), "nft"], { encoding: "utf8" });
  for (const pid of children.trim().split("\n")) process.kill(Number(pid), "SIGSTOP");
  const answer = await client.apply(orderOf("hung", isolatePc));
  assert.deepEqual([answer.ok, answer.problem], [true, null]);
  assert.ok((answer.proof?.inPlaceMs as number) < 2_000);
  assert.deepEqual(await net.untilFlowing("outside", [`udp ${other}`]), [`udp ${other}`]);
  await client.lift("hung");
});

test(
  "on a full disk an order takes effect, the problem is told, and the file is written later",
  { skip },
  async () => {
    const disk = join(net.folder, "small");
    execFileSync("mkdir", [disk]);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]);
    try {
      await killEnforcer();
      client.close();
      // Another state file: what is in force is known from the kernel.
      client = connect(disk);
      await client.plan(planOf());
      execFileSync("/bin/sh", ["-c", `head -c 65536 /dev/zero > ${disk}/full 2>/dev/null || true`]);
      problems = [];
      const answer = await client.apply(orderOf("full", isolatePc));
      assert.deepEqual([answer.ok, answer.problem], [true, null]);
      assert.deepEqual(await net.untilFlowing("outside", [`udp ${other}`]), [`udp ${other}`]);
      await sleep(300);
      assert.match(problems.join(), /cannot write the state file.*ENOSPC/);
      rmSync(join(disk, "full"));
      await untilWritten(join(disk, "state.json"), '"full"');
      await client.lift("full");
      await killEnforcer();
      client.close();
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
    client = connect(net.folder);
    await client.plan(planOf());
  },
);

test("another plan holds at once, with the orders in force", { skip }, async () => {
  await client.apply(orderOf("planned", { do: "cut-off" }));
  assert.deepEqual(await net.untilFlowing("outside", []), []);
  await client.plan(
    planOf({ goesOn: [{ name: "other", from: [other], to: [], protocol: "udp", ports: [7000] }] }),
  );
  assert.deepEqual(await net.untilFlowing("outside", [`udp ${other}`]), [`udp ${other}`]);
  await client.lift("planned");
});

test(
  "an order of the longest names and most addresses is taken whole, and found again whole",
  { skip },
  async () => {
    const label = (at: number, part: number) =>
      createHash("sha256").update(`${at} ${part}`).digest("hex").slice(0, 48);
    const names = Array.from({ length: 256 }, (_, at) =>
      [0, 1, 2, 3].map((part) => label(at, part)).join("."),
    );
    const addresses = names.map((_, at) => `2001:db8:${at.toString(16)}:7777:8888:9999:aaaa:bbbb`);
    const answer = await client.apply(orderOf("x".repeat(64), { do: "block", addresses, names }));
    assert.deepEqual([answer.ok, answer.problem], [true, null]);
    await killEnforcer();
    rmSync(join(net.folder, "state.json"));
    await client.plan(planOf());
    assert.deepEqual(await ids(), ["x".repeat(64)]);
    await untilWritten(join(net.folder, "state.json"), names[255] as string);
    await client.lift("x".repeat(64));
  },
);

test("two gates at a time are both answered, and both told", { skip }, async () => {
  const told: string[] = [];
  const second = connect(net.folder, { onProof: ({ id, state }) => told.push(`${id} ${state}`) });
  await second.plan(planOf());
  assert.equal((await client.apply(orderOf("shared", isolatePc))).ok, true);
  // What is lifted before it was proven in place is told as ended only.
  for (let tries = 0; tries < 200 && !told.includes("shared in-place"); tries++) await sleep(25);
  assert.equal((await second.lift("shared")).ok, true);
  // The proof of the end is a message of its own, after the answer.
  for (let tries = 0; tries < 200 && !told.includes("shared ended"); tries++) await sleep(25);
  second.close();
  assert.deepEqual(
    ["shared in-place", "shared ended"].filter((word) => !told.includes(word)),
    [],
  );
  assert.deepEqual(await ids(), []);
});

test("who does not know the token is not heard", { skip }, async () => {
  const told: string[] = [];
  const stranger = new EnforcerClient(
    { socketPath: join(net.folder, "enforcer.sock"), token: "wrong", start: null },
    { onLinked: () => told.push("linked") },
  );
  const planned = assert.rejects(stranger.plan(planOf()), /Cannot reach the enforcer/);
  await sleep(300);
  assert.equal((await client.list()).ok, true);
  stranger.close();
  await planned;
  assert.deepEqual(told, []);
});
