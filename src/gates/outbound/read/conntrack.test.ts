import assert from "node:assert/strict";
import { test } from "node:test";
import { ConntrackReader } from "./conntrack.ts";

/** As the enforcer makes them of the list of open connections, for those that began unseen. */
const found =
  "[1458000000.000000]\t    [NEW] ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.5 dst=203.0.113.7 " +
  "sport=45860 dport=443 packets=6 bytes=420 src=203.0.113.7 dst=10.0.0.5 sport=443 dport=45860 " +
  "packets=5 bytes=770 [ASSURED] mark=0 delta-time=3600 use=1 id=2052391250";

test("ConntrackReader takes an open connection that was found in the list", () => {
  const { seen, problem } = new ConntrackReader().read(found);
  assert.equal(problem, null);
  const [row] = seen;
  assert.ok(row?.table === "connection");
  assert.deepEqual(
    [row.at, row.open, row.src, row.dst, row.dstPort, row.origIpBytes, row.respIpBytes, row.uid],
    [1_458_000_000e6, true, "10.0.0.5", "203.0.113.7", 443, 420, 770, "2052391250"],
  );
});

test("ConntrackReader says what is wrong with every prefix of a line, and throws at none", () => {
  const reader = new ConntrackReader();
  for (let length = 0; length < found.length; length += 1) {
    const { seen, problem } = reader.read(found.slice(0, length));
    assert.ok(problem !== null || seen.length === 1);
  }
});

for (const [what, line] of [
  ["a port that is none", found.replace("dport=443", "dport=99443")],
  ["an address that is none", found.replace("dst=203.0.113.7", "dst=203.0.113.777")],
  ["no addresses", "[1458000000.000000]\t    [NEW] ipv4 2 tcp 6 431999 ESTABLISHED"],
  ["another event", found.replace("[NEW]", "[OLD]")],
  ["bytes of something else", "\u0000\u0001\u0002"],
] as const) {
  test(`ConntrackReader has a problem with ${what}`, () => {
    const { seen, problem } = new ConntrackReader().read(line);
    assert.deepEqual([seen, typeof problem], [[], "string"]);
  });
}
