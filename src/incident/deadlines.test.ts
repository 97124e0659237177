import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { makeEntry } from "../ledger/draft.ts";
import type { Entry } from "../ledger/entry.ts";
import type { EvidenceStore } from "../ledger/evidence.ts";
import type { Recorder } from "../ledger/recorder.ts";
import { japanAppi } from "../law/laws/japanAppi.ts";
import { euGdpr } from "../law/laws/euGdpr.ts";
import { migrate } from "../lib/sql/migrate.ts";
import type { State } from "../lib/sql/openState.ts";
import { testStores } from "../lib/sql/testStores.ts";
import { migrations } from "../station/migrations/index.ts";
import type { FactName } from "../law/facts.ts";
import { Incidents } from "./incidents.ts";
import { IncidentWriter } from "./incidentWriter.ts";
import { projectIncident } from "./projectIncident.ts";

const said = { person: "hanako", reason: "受付番号 123" };
const policy = { windowHours: 240, opensFrom: "high" as const, opensAt: [], shared: [] };

/** An incident room under a clock that the test sets; `restart` makes all of it anew but the store. */
class Office {
  readonly #state: State;
  readonly entries: Entry[] = [];
  now = Temporal.Instant.from("2016-04-01T00:00:00Z");
  incidents!: Incidents;

  constructor(state: State) {
    this.#state = state;
    this.restart();
  }

  restart(): void {
    const append: Recorder["append"] = async (draft) => {
      const entry = makeEntry(draft, { by: "station", now: this.now });
      this.entries.push(entry);
      return entry;
    };
    const evidence = { put: async () => "ab".repeat(32) } as unknown as EvidenceStore;
    const writer = new IncidentWriter({ db: this.#state.db, recorder: { append } as Recorder, evidence });
    this.incidents = new Incidents(writer, { laws: [japanAppi, euGdpr], policy, now: () => this.now });
  }

  async open(facts: Readonly<Partial<Record<FactName, boolean | number | string>>>): Promise<string> {
    const id = await this.incidents.open("a case", "hanako");
    for (const [fact, value] of Object.entries(facts))
      await this.incidents.facts.claim(id, { fact: fact as FactName, value, source: "seen" }, "hanako");
    return id;
  }

  /** What was told, as "duty hours instant". */
  told(): string[] {
    return this.entries
      .filter(({ code }) => code.startsWith("deadline-"))
      .map(({ at, data }) => `${data["duty"]} ${data["hours"]} ${at}`);
  }
}

const japan = {
  "improper-purpose": true,
  "high-grade-encryption": false,
  "we-process-for-others": false,
  knew: "2016-04-01",
} as const;

for (const store of testStores()) {
  describe(`deadlines in ${store.kind}`, { skip: store.skip }, () => {
    after(() => store.close());

    test("tellDue() over 61 days and many restarts tells each step once, at its instant", async (context) => {
      const state = await store.open();
      context.after(() => state.close());
      await migrate(state.db, migrations);
      const office = new Office(state);
      await office.open(japan);
      for (let half = 0; half < 61 * 48; half += 1) {
        office.now = office.now.add({ minutes: 30 });
        if (half % 5 === 0) office.restart();
        // The index brings an entry a second time.
        if (half % 7 === 0)
          for (const entry of office.entries.slice(-3)) await projectIncident(state.db, entry);
        if (half % 4 === 0) await office.incidents.deadlines.tellDue();
        await office.incidents.deadlines.tellDue();
      }
      assert.deepEqual(office.told(), [
        // Five days from the first of April, which is day one: the fifth ends at 15:00 UTC.
        "preliminary 72 2016-04-02T15:00:00.000Z",
        "preliminary 24 2016-04-04T15:00:00.000Z",
        "preliminary 4 2016-04-05T11:00:00.000Z",
        "preliminary 0 2016-04-05T15:00:00.000Z",
        "final-improper-purpose 72 2016-05-27T15:00:00.000Z",
        "final-improper-purpose 24 2016-05-29T15:00:00.000Z",
        "final-improper-purpose 4 2016-05-30T11:00:00.000Z",
        "final-improper-purpose 0 2016-05-30T15:00:00.000Z",
      ]);
    });

    test("tellDue() tells what a change of facts makes due, and nothing done or stale", async (context) => {
      const state = await store.open();
      context.after(() => state.close());
      await migrate(state.db, migrations);
      const office = new Office(state);
      const incident = await office.open(japan);
      const { facts } = office.incidents;
      // Away for four days: one word, not four.
      office.now = Temporal.Instant.from("2016-04-05T12:00:00Z");
      assert.deepEqual(
        (await office.incidents.deadlines.tellDue()).map(({ duty, hours }) => `${duty} ${hours}`),
        ["preliminary 4"],
      );
      await facts.done(incident, { law: "jp-appi", duty: "preliminary", at: office.now }, said);
      office.now = Temporal.Instant.from("2016-04-06T00:00:00Z");
      assert.deepEqual(await office.incidents.deadlines.tellDue(), []);
      // Somebody settles on another day: what was near is far again.
      const later = await facts.claim(
        incident,
        { fact: "knew", value: "2016-05-13", source: "seen" },
        "hanako",
      );
      await facts.pick(incident, later, said);
      office.now = Temporal.Instant.from("2016-05-30T15:00:00Z");
      assert.deepEqual(
        await office.incidents.deadlines.tellDue(),
        [],
        "the first of April does not count any more",
      );
      office.now = Temporal.Instant.from("2016-07-11T15:00:00Z");
      assert.deepEqual(
        (await office.incidents.deadlines.tellDue()).map(({ duty, hours }) => `${duty} ${hours}`),
        ["final-improper-purpose 0"],
      );
    });
  });
}
