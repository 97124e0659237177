import assert from "node:assert/strict";
import { test } from "node:test";
import { CutOrder, Passage } from "./cutOrder.ts";
import { driftOf, readListing } from "./listing.ts";
import { planOf } from "./testNet.ts";
import { passageRules, readJournal, stopTable, wantedOf } from "./ruleset.ts";
import { changeText } from "./transaction.ts";
import { readAges } from "./kernel.ts";
import { planProblems, refusalOf, warningsOf } from "./orderWarnings.ts";

function order(id: string, act: unknown): CutOrder {
  return CutOrder.parse({ id, act, orderedAt: "2016-03-20T12:00:00Z", until: "2016-03-20T13:00:00Z" });
}

const back = "ct state established,related,untracked accept";
const passages: [string, Partial<Passage>, string[]][] = [
  [
    "there and back by port",
    { from: ["10.9.0.0/24"], to: ["10.0.0.0/8", "10.1.1.1"], protocol: "tcp", ports: [22, 22] },
    [
      "ip saddr { 10.9.0.0/24 } ip daddr { 10.0.0.0/8 } meta l4proto tcp th dport { 22 } accept",
      `ip saddr { 10.0.0.0/8 } ip daddr { 10.9.0.0/24 } meta l4proto tcp th sport { 22 } ${back}`,
    ],
  ],
  [
    "ports alone",
    { ports: [53] },
    ["meta l4proto { tcp, udp } th dport { 53 } accept", `meta l4proto { tcp, udp } th sport { 53 } ${back}`],
  ],
  ["nothing where it would be everything", { protocol: "tcp" }, []],
  ["nothing where the families do not meet", { from: ["10.0.0.1"], to: ["fd00::1"] }, []],
];
for (const [what, passage, rules] of passages) {
  test(`passageRules() opens ${what}`, () => {
    assert.deepEqual(passageRules(Passage.parse({ name: "a", ...passage })), rules);
  });
}

test("wantedOf() keeps an order whole in its journal, whatever is in its id and names", () => {
  const kept = {
    order: order('a"; flush ruleset; #', {
      do: "block",
      addresses: ["192.0.2.1"],
      names: ["x".repeat(200), "é"],
    }),
    note: { any: 1 },
  };
  const { journals } = wantedOf([kept]);
  const [[name, pieces]] = [...journals] as [[string, string[]]];
  assert.match(name, /^order_[0-9a-f]{20}$/);
  assert.ok(pieces.every((piece) => /^[\w-]{1,112}$/.test(piece)));
  assert.deepEqual(readJournal(pieces), kept);
});

test("readJournal() gives undefined for what is none, and does not unpack without bound", async () => {
  const { deflateRawSync } = await import("node:zlib");
  const bomb = deflateRawSync(Buffer.alloc(64 * 1024 ** 2)).toString("base64url");
  assert.equal(readJournal([bomb]), undefined);
  assert.equal(readJournal(["%%%"]), undefined);
  assert.equal(readJournal([]), undefined);
});

test("changeText() lets no word of an order into a command", () => {
  const hostile = order('x" }; flush ruleset; add element inet a b { "', {
    do: "isolate",
    address: "10.0.0.1",
  });
  const commands = changeText("sekisho", wantedOf([]), wantedOf([{ order: hostile, note: 0 }]));
  assert.equal(commands.join("; ").includes("flush ruleset;"), false);
  assert.match(
    commands[0] as string,
    /^add element inet sekisho stop4 \{ 10\.0\.0\.1 comment "[\w.:-]+" \}$/,
  );
});

test("changeText() makes an interval set anew where a wider network takes the place of a narrow one", () => {
  const narrow = wantedOf([
    { order: order("a", { do: "cut-zone", zone: "z", networks: ["10.1.0.0/16"] }), note: 0 },
  ]);
  const wide = wantedOf([
    { order: order("b", { do: "cut-zone", zone: "z", networks: ["10.0.0.0/8"] }), note: 0 },
  ]);
  assert.deepEqual(changeText("sekisho_watch", narrow, wide), [
    "flush set inet sekisho_watch stopnet4",
    'add element inet sekisho_watch stopnet4 { 10.0.0.0/8 comment "b" }',
  ]);
});

test("readListing() and driftOf() take anything that nft may print", () => {
  const table = stopTable(planOf());
  const wanted = wantedOf([]);
  for (const output of [
    "",
    "Error: x",
    '{"nftables"',
    '{"nftables": 3}',
    '{"nftables": [{"set": 1}, null, 7]}',
  ]) {
    assert.equal(readListing(output), null);
  }
  assert.deepEqual(driftOf(table, null, { wanted, fixed: null }), ["table sekisho is missing"]);
  const listed = readListing(
    '{"nftables": [{"chain": {"name": "stops"}}, ' +
      '{"set": {"name": "stop4", "elem": ["192.0.2.1", {"x": 1}]}}]}\n',
  );
  const drift = driftOf(table, listed, { wanted, fixed: null }).join();
  assert.match(drift, /chain administrators is missing.*rules of chain stops were changed/);
  assert.match(drift, /set stop4 holds 2 elements that nobody ordered/);
});

test("readAges() reads what is left of a minute as an age", () => {
  const output = "elements = { 192.0.2.1 expires 59s992ms, 2001:db8::1 expires 1m, ipv4 expires 4ms }";
  assert.deepEqual(
    [...readAges(output)],
    [
      ["192.0.2.1", 8],
      ["2001:db8::1", 0],
      ["ipv4", 59_996],
    ],
  );
});

test("warningsOf() says where an order meets the administrators, or that they have no path", () => {
  const admin = order("a", { do: "isolate", address: "10.77.9.10" });
  assert.match(warningsOf(admin, planOf()).join(), /meets the administrators' path "console"/);
  assert.deepEqual(warningsOf(order("a", { do: "isolate", address: "10.77.1.10" }), planOf()), []);
  assert.match(
    warningsOf(admin, planOf({ administrators: [] })).join(),
    /no administrators' path is written down/,
  );
});

test("refusalOf() refuses names that are none and orders for nothing", () => {
  const block = (addresses: string[], names: string[]) =>
    refusalOf(order("a", { do: "block", addresses, names }));
  assert.equal(block(["192.0.2.1"], ["*.evil.example."]), null);
  assert.match(block([], ["a b"]) ?? "", /not a name/);
  assert.match(block([], []) ?? "", /nothing to block/);
});

test("planProblems() names a path that does not open anything", () => {
  assert.match(planProblems(planOf({ goesOn: [Passage.parse({ name: "all" })] })).join(), /path "all"/);
});
