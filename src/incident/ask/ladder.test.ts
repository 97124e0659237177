import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { dueStep, type Matter, type Rung, type Told } from "./ladder.ts";
import { Shift } from "./onCall.ts";

const since = Temporal.Instant.from("2016-03-15T01:00:00Z");
const matter: Matter = { id: "decision 1", role: "approver", since, until: since.add({ hours: 4 }) };
const roster = [
  { name: "a", email: "a@x.example", roles: ["approver"] },
  { name: "b", email: "b@x.example", roles: ["approver"] },
  { name: "p", email: "p@x.example", roles: ["privacy-officer"] },
  { name: "o", email: "o@x.example", roles: ["operator"] },
];
const rungs: Rung[] = [
  { afterMinutes: 0, to: "on-call" },
  { afterMinutes: 10, to: "role" },
  { afterMinutes: 30, to: "everyone" },
];
const shifts = [Shift.parse({ role: "approver", persons: ["b@x.example"] })];

function due(minutes: number, known: { told?: Told[]; taken?: boolean } = {}, more: { rota?: Shift[] } = {}) {
  const now = since.add({ seconds: Math.round(minutes * 60) });
  return dueStep(
    matter,
    { told: known.told ?? [], taken: known.taken ?? false },
    { rungs, shifts: more.rota ?? shifts, roster, timeZone: "Asia/Tokyo", staleHours: 24, now },
  );
}
const told = (step: number): Told => ({ step, way: "mail", reached: [] });

describe("dueStep()", () => {
  test("asks who is on duty first, then the role, then everybody who may answer", () => {
    assert.deepEqual(due(0), { step: 0, persons: ["b@x.example"] });
    assert.deepEqual(due(10, { told: [told(0)] }), { step: 1, persons: ["b@x.example", "a@x.example"] });
    assert.deepEqual(due(30, { told: [told(0), told(1)] }), {
      step: 2,
      persons: ["b@x.example", "a@x.example", "p@x.example"],
    });
  });
  test("asks the role where nobody is on duty", () => {
    assert.deepEqual(due(0, {}, { rota: [] })?.persons, ["a@x.example", "b@x.example"]);
  });
  test("asks once for each step", () => {
    assert.equal(due(9.9, { told: [told(0)] }), null);
    assert.equal(due(200, { told: [told(2)] }), null);
  });
  test("asks once for all steps that were missed", () => {
    assert.equal(due(45)?.step, 2);
  });
  test("asks nobody once somebody has taken it on", () => {
    assert.equal(due(30, { taken: true }), null);
  });
  test("wakes nobody for what is settled, stale, or not yet there", () => {
    assert.equal(due(240), null);
    const stale = { ...matter, until: null };
    const now = since.add({ hours: 24, seconds: 1 });
    const rules = { rungs, shifts, roster, timeZone: "Asia/Tokyo", staleHours: 24, now };
    assert.equal(dueStep(stale, { told: [], taken: false }, rules), null);
    assert.equal(due(-1), null);
  });
  test("never asks a step twice, and never fewer persons than before, whenever it is called", () => {
    const minutes = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(minutes, (calls) => {
        const seen: Told[] = [];
        let before = 0;
        for (const at of calls.toSorted((one, other) => one - other)) {
          const step = due(at, { told: seen });
          if (step === null) continue;
          assert.ok(!seen.some((one) => one.step >= step.step));
          assert.ok(step.persons.length >= before);
          before = step.persons.length;
          seen.push(told(step.step));
        }
      }),
      { seed: 2016 },
    );
  });
});
