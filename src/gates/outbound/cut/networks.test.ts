import assert from "node:assert/strict";
import { test } from "node:test";
import { covers, overlap, printNetwork, readNetwork, widest, type Network } from "./networks.ts";

const rows = [
  ["192.0.2.1", "192.0.2.1"],
  ["192.0.2.1/32", "192.0.2.1"],
  ["192.0.2.77/24", "192.0.2.0/24"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["255.255.255.255", "255.255.255.255"],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
  ["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["::", "::"],
  ["::1", "::1"],
  ["fe80::/10", "fe80::/10"],
  ["1::", "1::"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:201", "192.0.2.1"],
  ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
  ["::ffff:0:0/95", "::fffe:0:0/95"],
] as const;

for (const [text, printed] of rows) {
  test(`readNetwork() and printNetwork() make "${printed}" of "${text}"`, () => {
    const network = readNetwork(text) as Network;
    assert.equal(printNetwork(network), printed);
    assert.deepEqual(readNetwork(printed), network);
  });
}

for (const text of [
  "",
  "x",
  "1.2.3",
  "1.2.3.4/33",
  "1.2.3.4/",
  "1.2.3.4/8/8",
  "1.2.3.4/-1",
  "::/129",
  "fe80::1%eth0",
]) {
  test(`readNetwork() gives null for "${text}"`, () => assert.equal(readNetwork(text), null));
}

test("covers() and overlap() go by family and prefix", () => {
  const [wide, narrow, six] = ["10.0.0.0/8", "10.1.2.3", "::/0"].map((text) => readNetwork(text) as Network);
  assert.ok(wide && narrow && six);
  assert.equal(covers(wide, narrow), true);
  assert.equal(covers(narrow, wide), false);
  assert.equal(covers(six, narrow), false);
  assert.equal(overlap(narrow, wide), true);
});

test("widest() keeps no network that another one holds", () => {
  const networks = [
    "10.1.0.0/16",
    "10.0.0.0/8",
    "10.2.3.4",
    "11.0.0.0/9",
    "10.0.0.0/8",
    "fd00::/8",
    "fd00::1",
  ];
  const kept = widest(networks.map((text) => readNetwork(text) as Network)).map(printNetwork);
  assert.deepEqual(kept.sort(), ["10.0.0.0/8", "11.0.0.0/9", "fd00::/8"]);
});
