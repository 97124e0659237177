import assert from "node:assert/strict";
import { test } from "node:test";
import { makeEntry } from "../ledger/draft.ts";
import type { Entry, EntryDraft } from "../ledger/entry.ts";
import { signOf } from "./signOf.ts";

function judged(change: Partial<EntryDraft> = {}): Entry {
  const reasons = [
    { code: "beacon", technique: "T1071.001", severity: "high" },
    { code: "first-seen", technique: null, severity: "low" },
  ];
  const about = { gate: "outbound", hostAddress: "10.16.5.50", destination: "198.51.100.7", finding: "f" };
  const draft: EntryDraft = { kind: "judged", code: "outbound-judged", about, data: { reasons }, ...change };
  return makeEntry(draft, { by: "gate/outbound", now: Temporal.Now.instant() });
}

test("signOf() takes the worst severity, every code, and what others can share", () => {
  const sign = signOf(judged());
  assert.deepEqual(
    [sign?.severity, sign?.codes, sign?.techniques],
    ["high", ["beacon", "first-seen"], ["T1071.001"]],
  );
  assert.deepEqual(sign?.keys, [
    { kind: "host", value: "10.16.5.50" },
    { kind: "destination", value: "198.51.100.7" },
  ]);
});

for (const loopback of ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"]) {
  test(`signOf() leaves ${loopback} out: every machine is that one to itself`, () => {
    const about = { gate: "records", client: loopback, person: "alice" };
    assert.deepEqual(signOf(judged({ about }))?.keys, [{ kind: "account", value: "alice" }]);
  });
}

const none: readonly [why: string, entry: Entry][] = [
  ["no judgement", judged({ kind: "observed" })],
  ["another entry", judged({ code: "clock-computed" })],
  ["no reason at all", judged({ data: { reasons: [] } })],
  ["too slight", judged({ data: { reasons: [{ code: "a", technique: null, severity: "low" }] } })],
  ["another form", judged({ data: { reasons: "many" } })],
];
for (const [why, entry] of none) {
  test(`signOf() gives null for ${why}`, () => assert.equal(signOf(entry), null));
}
