import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EnforcerClient } from "./enforcerClient.ts";
import { addresses, noNamespaces, orderOf, planOf, TestNet } from "./testNet.ts";

const skip = noNamespaces;
const { pc, other, admin, outside } = addresses;
const everyone = [`tcp ${admin}`, `udp ${pc}`, `udp ${other}`];
const adminOnly = [`tcp ${admin}`];

let net: TestNet;
let client: EnforcerClient;
const drifts: string[] = [];

before(async () => {
  if (skip !== false) return;
  net = new TestNet();
  await net.serve("outside");
  net.send("pc", `udp ${outside} 7000`);
  net.send("other", `udp ${outside} 7000`);
  net.send("admin", `tcp ${outside} 7000`);
  client = connect();
  await client.plan(planOf());
  assert.deepEqual(await net.untilFlowing("outside", everyone), everyone);
});

after(() => {
  if (skip !== false) return;
  client.close();
  net.close();
});

function connect(): EnforcerClient {
  return new EnforcerClient(
    {
      socketPath: join(net.folder, "enforcer.sock"),
      start: {
        stateFile: join(net.folder, "state.json"),
        networkNamespace: net.namespace("gateway"),
        logFile: null,
      },
    },
    { onDrift: ({ what }) => drifts.push(what) },
  );
}

/** A list of 100,000 addresses as lists are: with comments, doubles, networks and lines that say nothing. */
function writeList(name: string, more: readonly string[]): string {
  const file = join(net.folder, name);
  const many = Array.from(
    { length: 100_000 },
    (_, at) => `172.${16 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`,
  );
  const odd = [
    "# a list",
    "",
    "192.0.2.1 # seen in March",
    "192.0.2.1",
    "2001:db8:bad::1,high",
    "not-an-address",
    "evil.example",
  ];
  writeFileSync(file, [...odd, ...many, ...more, "x".repeat(100_000)].join("\n"));
  return file;
}

/** What the program nft says of a set or table, without the elements where they are many. */
function listed(...words: string[]): string {
  return net.inside("gateway", "nft", ...words);
}

test("loadIntel() stops what is on the list, and orders do not wait for it", { skip }, async () => {
  const loading = client.loadIntel(writeList("one", [outside, "198.51.100.128/25", "198.51.0.0/16"]));
  const waits: number[] = [];
  let done = false;
  void loading.then(() => (done = true));
  while (!done) {
    const answer = await client.apply(
      orderOf("meanwhile", { do: "block", addresses: ["192.0.2.200"], names: [] }),
    );
    waits.push(answer.proof?.inPlaceMs as number);
    await client.lift("meanwhile");
  }
  const answer = await loading;
  assert.deepEqual([answer.ok, answer.problem], [true, "3 lines hold no address"]);
  assert.ok(waits.length > 3 && Math.max(...waits) < 1_000, `orders while loading: ${waits.join(" ")} ms`);
  assert.deepEqual(await net.untilFlowing("outside", adminOnly), adminOnly);
  const six = /set (intel6_\w+)/.exec(listed("-t", "list", "table", "inet", "sekisho_intel"))?.[1] as string;
  assert.match(listed("list", "set", "inet", "sekisho_intel", six), /2001:db8:bad::1/);
});

test("loadIntel() holds the old list until the new one is whole, and then only that", { skip }, async () => {
  assert.equal((await client.loadIntel(join(net.folder, "missing"))).ok, false);
  assert.deepEqual(await net.flowing("outside"), adminOnly);
  const before = (await net.stamps("outside"))[`udp ${pc}`]?.packets;
  assert.equal((await client.loadIntel(writeList("same", [outside]))).ok, true);
  assert.equal((await net.stamps("outside"))[`udp ${pc}`]?.packets, before);
  assert.equal((await client.loadIntel(writeList("two", ["198.18.0.1"]))).ok, true);
  assert.deepEqual(await net.untilFlowing("outside", everyone), everyone);
  assert.equal(listed("-t", "list", "table", "inet", "sekisho_intel").match(/set intel4_/g)?.length, 1);
});

test("a list that somebody flushes, or that a killed enforcer left, is loaded again", { skip }, async () => {
  assert.equal((await client.loadIntel(writeList("three", [outside]))).ok, true);
  assert.deepEqual(await net.untilFlowing("outside", adminOnly), adminOnly);
  net.inside("gateway", "nft", "delete", "table", "inet", "sekisho_intel");
  assert.deepEqual(await net.untilFlowing("outside", everyone, 1_000), everyone);
  assert.deepEqual(await net.untilFlowing("outside", adminOnly), adminOnly);
  assert.match(drifts.join(), /chains of table sekisho_intel are missing/);
  const pid = client.pid as number;
  process.kill(pid, "SIGKILL");
  assert.deepEqual(await net.flowing("outside"), adminOnly);
  net.inside("gateway", "nft", "flush", "ruleset");
  while (client.pid === pid) await new Promise((resolve) => setTimeout(resolve, 5));
  await client.plan(planOf());
  assert.deepEqual(await net.untilFlowing("outside", adminOnly), adminOnly);
});
