import assert from "node:assert/strict";
import { test } from "node:test";
import { clocksOf, type LegalClock } from "./clocks.ts";
import { lawOfContract } from "./contract.ts";
import { FACT_NAMES, type Claim, type FactName } from "./facts.ts";
import type { Law } from "./law.ts";
import { LAWS } from "./laws.ts";
import { authorityOrder } from "./laws/authorityOrder.ts";
import { euGdpr } from "./laws/euGdpr.ts";
import { japanAppi } from "./laws/japanAppi.ts";
import { koreaPipa } from "./laws/koreaPipa.ts";
import { singaporePdpa } from "./laws/singaporePdpa.ts";
import { usCalifornia } from "./laws/usCalifornia.ts";

type Said = Partial<Record<FactName, Claim["value"] | { atMost: number }>>;

/** Claims from a short form; each is its own entry. */
function say(said: Said): Claim[] {
  return Object.entries(said).map(([fact, value]) => ({
    id: fact,
    fact: fact as FactName,
    value: typeof value === "object" ? value.atMost : value,
    ...(typeof value === "object" ? { bound: true } : {}),
    by: "hanako",
    at: "2016-05-13T01:00:00Z",
  }));
}

function clockOf(law: Law, duty: string, claims: readonly Claim[]): LegalClock {
  const found = clocksOf(law, claims).filter((clock) => clock.duty.id === duty);
  assert.equal(found.length, 1, `${duty}: one clock`);
  return found[0] as LegalClock;
}

const text = (clock: LegalClock): string =>
  clock.lastDay?.toString() ?? clock.deadline?.toString() ?? `none (${clock.judged.answer})`;

const leak2016: Said = {
  "improper-purpose": true,
  persons: 6_788_334,
  "high-grade-encryption": false,
  "we-process-for-others": false,
};

test("Japan's clocks of the 2016 case: each candidate for the knowing has its own", () => {
  const knew = (id: string, day: string): Claim => ({
    ...(say({ knew: day })[0] as Claim),
    id,
  });
  const claims = [...say(leak2016), knew("a", "2016-04-01"), knew("b", "2016-05-13")];
  const days = (duty: string): string[] =>
    clocksOf(japanAppi, claims)
      .filter((clock) => clock.duty.id === duty && clock.judged.answer === "yes")
      .map(text);
  assert.deepEqual(days("preliminary"), ["2016-04-05", "2016-05-17"]);
  assert.deepEqual(days("final-improper-purpose"), ["2016-05-30", "2016-07-11"]);
  assert.deepEqual(days("final"), []);
  // Somebody picks one, with a reason: one clock is left.
  const picked = claims.map((claim) => (claim.id === "b" ? { ...claim, picked: true } : claim));
  assert.equal(text(clockOf(japanAppi, "preliminary", picked)), "2016-05-17");
  const order = say({ "report-ordered-until": "2016-06-24" });
  assert.equal(clockOf(authorityOrder, "report", order).deadline?.toString(), "2016-06-24T15:00:00Z");
});

const appiDays: readonly [knew: string, duty: string, last: string, why: string][] = [
  ["2026-06-01", "preliminary", "2026-06-05", "five days, the first among them"],
  ["2026-06-03", "preliminary", "2026-06-08", "the fifth is a Sunday"],
  ["2026-04-29", "preliminary", "2026-05-07", "3 to 6 May are holidays, the last in lieu"],
  ["2026-12-25", "preliminary", "2027-01-04", "from 29 December to 3 January nobody is there"],
  ["2024-01-31", "final-improper-purpose", "2024-04-01", "a leap day; 30 March is a Saturday"],
  ["2023-01-31", "final-improper-purpose", "2023-03-31", "no leap day"],
  ["2026-11-30", "final-improper-purpose", "2027-01-28", "over the year's end, which counts on the way"],
  ["2026-06-01T14:59:59Z", "preliminary", "2026-06-05", "a minute to midnight in Tokyo"],
  ["2026-06-01T15:00:00Z", "preliminary", "2026-06-08", "midnight in Tokyo: 6 June is a Saturday"],
];
for (const [knew, duty, last, why] of appiDays) {
  test(`Japan: who knew on ${knew} has until ${last} (${duty}): ${why}`, () => {
    assert.equal(text(clockOf(japanAppi, duty, say({ ...leak2016, knew }))), last);
  });
}

test("Japan: thirty days where nobody meant it, and a deadline ends with its day in Tokyo", () => {
  const said = { ...leak2016, "improper-purpose": false, knew: "2026-06-01" };
  const clock = clockOf(japanAppi, "final", say(said));
  assert.deepEqual([text(clock), clock.judged.answer], ["2026-06-30", "yes"]);
  assert.equal(clock.deadline?.toString(), "2026-06-30T15:00:00Z");
  assert.equal(clockOf(japanAppi, "final-improper-purpose", say(said)).judged.answer, "no");
});

const reportable: readonly [said: Said, answer: string, why: string][] = [
  [{ persons: 1_000 }, "unknown", "1,000 is not more than 1,000; the other kinds are open"],
  [{ persons: 1_001 }, "unknown", "more than 1,000, but encryption is open"],
  [{ persons: 1_001, "high-grade-encryption": false }, "unknown", "whose data they are is open"],
  [{ persons: { atMost: 5_000 }, "high-grade-encryption": false, ...ours() }, "yes", "an upper bound counts"],
  [{ persons: { atMost: 900 }, ...clean(), ...ours() }, "no", "at most 900, and of no other kind"],
  [{ "sensitive-data": true, "high-grade-encryption": false, ...ours() }, "yes", "one person is enough"],
  [{ "sensitive-data": true, "high-grade-encryption": true, ...ours() }, "no", "nobody can read it"],
  [{ "financial-harm": true, "high-grade-encryption": false, ...theirs() }, "no", "the principal reports"],
];
function ours(): Said {
  return { "we-process-for-others": false };
}
function theirs(): Said {
  return { "we-process-for-others": true };
}
function clean(): Said {
  return { "sensitive-data": false, "financial-harm": false, "improper-purpose": false };
}
for (const [said, answer, why] of reportable) {
  test(`Japan: whether a report is due over ${JSON.stringify(said)}: ${answer}, ${why}`, () => {
    const { judged } = clockOf(japanAppi, "preliminary", say({ ...said, knew: "2026-06-01" }));
    assert.equal(judged.answer, answer);
    assert.equal(judged.open.length > 0, answer === "unknown");
    assert.ok(judged.because.length > 0);
  });
}

test("Japan: a processor tells its principal", () => {
  const said = say({ ...leak2016, "we-process-for-others": true, knew: "2026-06-01" });
  assert.equal(clockOf(japanAppi, "principal", said).judged.answer, "yes");
  assert.equal(clockOf(japanAppi, "persons", said).judged.answer, "no");
});

test("GDPR: 72 hours to the minute, over summer time, and nothing before anybody is certain", () => {
  const said = { "persons-eu": 12, "risk-to-persons": true, "we-process-for-others": false } as const;
  const certain = "2026-03-28T10:30:00Z";
  const clock = clockOf(euGdpr, "authority", say({ ...said, "reasonably-certain": certain }));
  assert.equal(clock.deadline?.toString(), "2026-03-31T10:30:00Z");
  assert.equal(clockOf(euGdpr, "authority", say(said)).deadline, null);
  const day = say({ ...said, "reasonably-certain": "2026-03-28" });
  assert.equal(clockOf(euGdpr, "authority", day).deadline?.toString(), "2026-03-30T23:00:00Z");
});

test("GDPR: no risk, no report; whether it is one is open until somebody says so", () => {
  const base = { "persons-eu": 12, "we-process-for-others": false, "reasonably-certain": "2026-03-28" };
  const answer = (said: Said): string =>
    clockOf(euGdpr, "authority", say({ ...base, ...said })).judged.answer;
  assert.equal(answer({}), "unknown");
  assert.equal(answer({ "risk-to-persons": true }), "yes");
  assert.equal(answer({ "risk-to-persons": false }), "no");
  assert.equal(answer({ "persons-eu": 0 }), "no");
  assert.equal(answer({ "persons-eu": { atMost: 0 } }), "no");
});

test("California: 30 calendar days for residents, 15 after telling them for the Attorney General", () => {
  const said = { "persons-us-ca": 501, "unencrypted-data": true, knew: "2026-01-31T07:59:00Z" } as const;
  // In California it is still the 30th.
  assert.equal(text(clockOf(usCalifornia, "persons", say(said))), "2026-03-01");
  const told = say({ ...said, "persons-told": "2026-02-20" });
  assert.equal(text(clockOf(usCalifornia, "attorney-general", told)), "2026-03-07");
  const few = say({ ...said, "persons-us-ca": 500, "persons-told": "2026-02-20" });
  assert.equal(clockOf(usCalifornia, "attorney-general", few).judged.answer, "no");
});

test("Korea: 72 hours from a possible leak; one person is enough where it came from outside", () => {
  const said = { "persons-kr": 3, "outside-access": true, knew: "2026-12-31T23:00:00Z" } as const;
  const clock = clockOf(koreaPipa, "authority", say(said));
  assert.deepEqual([clock.judged.answer, clock.deadline?.toString()], ["yes", "2027-01-03T23:00:00Z"]);
  const inside = { ...said, "outside-access": false, "sensitive-data": false, "unique-identifiers": false };
  assert.equal(clockOf(koreaPipa, "authority", say(inside)).judged.answer, "no");
  assert.equal(clockOf(koreaPipa, "persons", say(inside)).judged.answer, "yes");
});

test("Singapore: three calendar days after the assessment, which has thirty", () => {
  const said = { "persons-sg": 500, "we-process-for-others": false, knew: "2028-01-31" } as const;
  assert.equal(text(clockOf(singaporePdpa, "assessment", say(said))), "2028-03-01");
  const assessed = say({ ...said, assessed: "2028-02-27" });
  assert.equal(text(clockOf(singaporePdpa, "authority", assessed)), "2028-03-01");
});

test("a contract: hours, or business days of Japan", () => {
  const terms = {
    partner: "carrier",
    name: { ja: "提携会社", en: "Carrier" },
    timeZone: "Asia/Tokyo",
    version: "2016-01-01",
    clause: "第 12 条",
  } as const;
  const said = say({ persons: { atMost: 330_000 }, knew: "2026-05-01" });
  const hours = lawOfContract({ ...terms, within: { hours: 24 } });
  assert.equal(clockOf(hours, "partner", said).deadline?.toString(), "2026-05-01T15:00:00Z");
  const days = lawOfContract({ ...terms, within: { days: 2, counted: "japan-business" } });
  assert.equal(text(clockOf(days, "partner", said)), "2026-05-08");
});

test("every law is whole: items that exist, duties told apart, a day of check, facts that are known", () => {
  assert.equal(new Set(LAWS.map(({ id }) => id)).size, LAWS.length);
  for (const law of LAWS) {
    const codes = new Set(law.items.map(({ code }) => code));
    assert.equal(codes.size, law.items.length, law.id);
    assert.equal(new Set(law.duties.map(({ id }) => id)).size, law.duties.length, law.id);
    assert.ok(Temporal.PlainDate.from(law.checkedOn).year >= 2026 && law.sources.length > 0, law.id);
    for (const duty of law.duties) {
      for (const item of duty.items) assert.ok(codes.has(item), `${law.id} ${duty.id}: ${item}`);
      assert.ok(FACT_NAMES.includes(duty.from) && duty.source !== "", `${law.id} ${duty.id}`);
    }
    // Nobody has said anything: no duty is said to be there, none is said not to be.
    for (const clock of clocksOf(law, [])) {
      assert.deepEqual(
        [clock.judged.answer, clock.deadline],
        ["unknown", null],
        `${law.id} ${clock.duty.id}`,
      );
      assert.ok(clock.judged.open.length > 0);
    }
  }
});

test("claims: one that was replaced is out; two that contradict each other leave it open", () => {
  const [claim] = say({ persons: 7_930_000 }) as [Claim];
  const later = { ...claim, id: "later", value: 6_788_334, replaces: claim.id };
  const base = say({ "high-grade-encryption": false, "we-process-for-others": false, knew: "2026-06-01" });
  const judged = clockOf(japanAppi, "preliminary", [...base, claim, later]).judged;
  assert.deepEqual([judged.answer, judged.claims.includes(claim.id)], ["yes", false]);
  const harm = (id: string, value: boolean): Claim => ({ ...claim, id, fact: "financial-harm", value });
  const both = clockOf(japanAppi, "preliminary", [...base, ...say(clean()), harm("x", true)]);
  assert.deepEqual([both.judged.answer, both.judged.open], ["unknown", ["financial-harm", "persons"]]);
});
