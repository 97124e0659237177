import assert from "node:assert/strict";
import { test } from "node:test";
import type { FindingRow } from "../../station/services.ts";
import { groupFindings } from "./groupFindings.ts";
import { isAddress, withoutPort } from "./hosts.ts";

function row(id: string, given: Partial<FindingRow>): FindingRow {
  return {
    id,
    at: "2016-03-20T00:00:00Z",
    by: "analysis",
    severity: "low",
    reasons: [],
    host: "db",
    hostAddress: "10.1.30.5",
    destination: "bad.example",
    group: "10.1.30.5 bad.example",
    order: null,
    act: null,
    cut: null,
    decisionId: null,
    hiddenBy: null,
    ...given,
  };
}

const reason = (code: "beacon" | "strobe") => ({ code, technique: null, severity: "high" });

test("groupFindings() makes one line of a behaviour: the newest, the gravest, all its kinds", () => {
  const rows = [
    row("c", { reasons: [reason("beacon")] }),
    row("b", { group: "other" }),
    row("a", { severity: "critical", reasons: [reason("beacon"), reason("strobe")], hiddenBy: "known" }),
  ];
  const [first, second, ...more] = groupFindings(rows, false);
  assert.deepEqual(more, []);
  assert.equal(second?.newest.id, "b");
  assert.equal(first?.newest.id, "c");
  assert.equal(first?.severity, "critical");
  assert.deepEqual(first?.codes, ["beacon", "strobe"]);
  assert.deepEqual([first?.count, first?.hidden], [2, 1]);
  assert.equal(groupFindings(rows, true).length, 3);
});

for (const [destination, bare] of [
  ["bad.example:443", "bad.example"],
  ["bad.example", "bad.example"],
  ["203.0.113.9:8443", "203.0.113.9"],
  ["2001:db8::1", "2001:db8::1"],
  ["[2001:db8::1]:443", "2001:db8::1"],
] as const) {
  test(`withoutPort() gives ${bare} for ${destination}`, () => assert.equal(withoutPort(destination), bare));
}

test("isAddress() knows addresses from names", () => {
  assert.deepEqual(["10.1.30.5", "2001:db8::1", "::1"].map(isAddress), [true, true, true]);
  assert.deepEqual(["db", "bad.example:443", "10.1.30.0/24", ""].map(isAddress), [
    false,
    false,
    false,
    false,
  ]);
});
