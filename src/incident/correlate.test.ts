import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SEVERITIES, type Severity } from "../gate.ts";
import {
  correlate,
  type CorrelationPolicy,
  type Key,
  type Member,
  type Sign,
  type Step,
} from "./correlate.ts";
import { stageOf } from "./tactics.ts";

const policy: CorrelationPolicy = {
  windowHours: 240,
  opensFrom: "high",
  opensAt: ["outbound", "records"],
  shared: [],
};

/** "host=pc1 account=eve" as keys. */
function keysOf(text: string): Key[] {
  return text
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => {
      const [kind = "", value = ""] = word.split("=");
      return { kind: kind as Key["kind"], value };
    });
}

function sign(entry: string, keys: string, of: Partial<Sign> = {}): Sign {
  const at = "2016-03-19T00:00:00Z";
  return { entry, gate: "outbound", at, severity: "high", techniques: [], keys: keysOf(keys), ...of };
}

/** A room that takes signs one after the other, as the station does. */
class Room {
  readonly members: Member[] = [];
  readonly incidents = new Map<string, string>();
  readonly steps: Step[] = [];
  #next = 1;

  take(one: Sign, with_: CorrelationPolicy = policy): Step[] {
    const steps = correlate(one, this.members, {
      policy: with_,
      incidents: this.incidents,
      name: () => `I${this.#next++}`,
    });
    if (!this.members.some(({ entry }) => entry === one.entry))
      this.members.push({ ...one, incident: null, apart: [] });
    for (const step of steps) this.#apply(step);
    this.steps.push(...steps);
    return steps;
  }

  #apply(step: Step): void {
    if (step.do === "merge") {
      for (const member of this.members) if (member.incident === step.from) member.incident = step.into;
      this.incidents.delete(step.from);
      return;
    }
    if (step.do === "open") this.incidents.set(step.incident, new Date(this.incidents.size).toISOString());
    const member = this.members.find(({ entry }) => entry === step.sign);
    assert.ok(member !== undefined && member.incident === null, `${step.sign} joins once`);
    member.incident = step.incident;
  }

  of(entry: string): string | null {
    return this.members.find((member) => member.entry === entry)?.incident ?? null;
  }
}

test("correlate() puts the chain of 2016 into one incident, and says by what", () => {
  const room = new Room();
  room.take(sign("mail", "mail=m1 account=operator1", { gate: "mail", at: "2016-03-15T01:00:00Z" }));
  room.take(
    sign("beacon", "host=pc1 account=operator1 destination=198.51.100.7", { at: "2016-03-19T02:00:00Z" }),
  );
  room.take(sign("server", "host=db-admin destination=198.51.100.7", { at: "2016-03-21T02:00:00Z" }));
  room.take(sign("read", "host=db-admin account=dbadmin", { gate: "records", at: "2016-03-21T03:00:00Z" }));
  room.take(sign("file", "host=db-admin file=f1", { gate: "records", at: "2016-03-21T04:00:00Z" }));
  assert.deepEqual([...room.incidents.keys()], ["I1"]);
  assert.deepEqual(room.steps[1], {
    do: "join",
    incident: "I1",
    sign: "mail",
    why: {
      sign: "mail",
      with: "beacon",
      key: { kind: "account", value: "operator1" },
      hoursApart: 97,
    },
  });
});

const cases: readonly [name: string, before: Sign[], now: Sign, outcome: string][] = [
  ["nothing in common: an incident of its own", [sign("a", "host=x")], sign("b", "host=y"), "open I2"],
  ["a value of another kind is not the same", [sign("a", "host=x")], sign("b", "account=x"), "open I2"],
  [
    "the same host in time",
    [sign("a", "host=x")],
    sign("b", "host=x", { at: "2016-03-29T00:00:00Z" }),
    "join I1",
  ],
  [
    "the same host, too long after",
    [sign("a", "host=x")],
    sign("b", "host=x", { at: "2016-03-29T00:00:01Z" }),
    "open I2",
  ],
  ["too slight to open one", [], sign("b", "host=x", { severity: "medium" }), ""],
  ["slight, but of a matter", [sign("a", "host=x")], sign("b", "host=x", { severity: "info" }), "join I1"],
  [
    "what had waited comes along, over another that waited",
    [sign("a", "host=x account=e", { severity: "low" }), sign("b", "account=e file=f", { severity: "low" })],
    sign("c", "host=x"),
    "open I1, join I1, join I1",
  ],
  [
    "two matters become one, and the older stays",
    [sign("a", "host=x"), sign("b", "host=y")],
    sign("c", "host=y destination=z host=x"),
    "join I1, merge I2 into I1",
  ],
];
for (const [name, before, now, outcome] of cases) {
  test(`correlate(): ${name}: ${outcome === "" ? "waits" : outcome}`, () => {
    const room = new Room();
    for (const one of before) room.take(one);
    const told = room
      .take(now)
      .map((step) =>
        step.do === "merge" ? `merge ${step.from} into ${step.into}` : `${step.do} ${step.incident}`,
      );
    assert.equal(told.join(", "), outcome);
  });
}

test("correlate() takes no notice of what everybody shares", () => {
  const room = new Room();
  const own = { ...policy, shared: keysOf("host=proxy") };
  room.take(sign("a", "host=proxy host=x"), own);
  assert.equal(room.take(sign("b", "host=proxy host=y"), own)[0]?.do, "open");
});

test("correlate() does not put back what a person took out", () => {
  const room = new Room();
  room.take(sign("a", "host=x"));
  room.take(sign("b", "host=x"));
  const b = room.members[1] as Member;
  room.members[1] = { ...b, incident: null, apart: ["I1"] };
  room.take(sign("c", "host=x"));
  assert.deepEqual([room.of("a"), room.of("b"), room.of("c")], ["I1", null, "I1"]);
});

test("correlate() of one window gives the same matters in whatever order signs come", () => {
  const value = fc.constantFrom("p", "q", "r", "s", "t", "u", "v", "w");
  const key = fc.record({ kind: fc.constantFrom("host", "account", "file"), value });
  const one = fc.record({
    keys: fc.array(key, { minLength: 1, maxLength: 3 }),
    severity: fc.constantFrom<Severity>(...SEVERITIES),
  });
  fc.assert(
    fc.property(
      fc.array(one, { minLength: 1, maxLength: 14 }),
      fc.infiniteStream(fc.nat()),
      (drawn, orders) => {
        const signs = drawn.map(({ keys, severity }, at) =>
          sign(`s${at}`, "", { keys: keys as Key[], severity }),
        );
        const shuffled = signs
          .map((each) => ({ each, place: orders.next().value as number }))
          .toSorted((a, b) => a.place - b.place)
          .map(({ each }) => each);
        assert.deepEqual(mattersOf(shuffled), mattersOf(signs));
      },
    ),
    { seed: 2016, numRuns: 500 },
  );
});

/** Who is with whom; signs that wait are left out. */
function mattersOf(signs: readonly Sign[]): string[] {
  const room = new Room();
  for (const one of signs) room.take(one);
  const groups = Map.groupBy(
    room.members.filter(({ incident }) => incident !== null),
    ({ incident }) => incident,
  );
  return [...groups.values()]
    .map((group) =>
      group
        .map(({ entry }) => entry)
        .sort()
        .join(" "),
    )
    .sort();
}

test("stageOf() says how far it has come", () => {
  assert.equal(stageOf(["T1566.001", "T1204.002"]), "execution");
  assert.equal(stageOf(["T1566.001", "T1048.003", "T1071.001"]), "exfiltration");
  assert.equal(stageOf([]), null);
});

test("what waited and comes along with a sign brings the incident it hangs together with", () => {
  const room = new Room();
  room.take(sign("web", "host=web destination=evil"));
  room.take(sign("database", "host=database destination=too"));
  // Both words of the control server were written down before either was looked at.
  const second = sign("control-evil", "host=control destination=evil", { at: "2016-03-19T02:00:00Z" });
  room.members.push({ ...second, incident: null, apart: [] });
  room.take(sign("control-too", "host=control destination=too", { at: "2016-03-19T02:00:00Z" }));
  assert.deepEqual([...new Set(room.members.map(({ incident }) => incident))], ["I1"]);
});
