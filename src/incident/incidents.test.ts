import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Severity } from "../gate.ts";
import { makeEntry } from "../ledger/draft.ts";
import type { Entry, EntryDraft } from "../ledger/entry.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import type { Recorder } from "../ledger/recorder.ts";
import { LAWS } from "../law/laws.ts";
import { realDisk } from "../lib/disk.ts";
import { migrate } from "../lib/sql/migrate.ts";
import type { State } from "../lib/sql/openState.ts";
import { testStores, type TestStore } from "../lib/sql/testStores.ts";
import { migrations } from "../station/migrations/index.ts";
import { IncidentWriter } from "./incidentWriter.ts";
import { Incidents } from "./incidents.ts";
import { incidentTables, projectIncident } from "./projectIncident.ts";

const said = { person: "hanako", reason: "会議で決めた" };

/** An incident room over a real state store, with a clock that the test sets. */
class Room {
  readonly state: State;
  readonly incidents: Incidents;
  readonly evidence: EvidenceStore;
  readonly entries: Entry[] = [];
  now = Temporal.Instant.from("2016-03-15T00:00:00Z");
  readonly #folder: string;

  private constructor(state: State, folder: string, keyring: Keyring) {
    this.state = state;
    this.#folder = folder;
    this.evidence = new EvidenceStore(realDisk, join(folder, "evidence"), keyring);
    const recorder: Recorder = {
      append: async (draft) => this.record(draft),
      note: (draft) => this.record(draft),
      flush() {},
    };
    const writer = new IncidentWriter({ db: state.db, recorder, evidence: this.evidence });
    const policy = {
      windowHours: 240,
      opensFrom: "high" as const,
      opensAt: ["outbound", "records"],
      shared: [],
    };
    this.incidents = new Incidents(writer, { laws: LAWS, policy, now: () => this.now });
  }

  static async open(store: TestStore): Promise<Room> {
    const state = await store.open();
    await migrate(state.db, migrations);
    const folder = mkdtempSync(join(tmpdir(), "sekisho-incident-"));
    return new Room(state, folder, await Keyring.open(realDisk, join(folder, "keys")));
  }

  record(draft: EntryDraft): Entry {
    this.now = this.now.add({ milliseconds: 1 });
    const entry = makeEntry(draft, { by: "station", now: this.now });
    this.entries.push(entry);
    return entry;
  }

  /** A gate's judgement reaches the room, as the index brings it. */
  async judge(about: Record<string, string>, severity: Severity, technique = "T1071.001"): Promise<string> {
    const reasons = [{ code: "some-reason", technique, severity }];
    const code = `${about["gate"]}-judged`;
    const entry = this.record({ kind: "judged", code, about, data: { reasons } });
    await projectIncident(this.state.db, entry);
    await this.incidents.takeUp();
    return entry.id;
  }

  at(instant: string): void {
    this.now = Temporal.Instant.from(instant);
  }

  async read(): Promise<Record<string, unknown[]>> {
    const read: Record<string, unknown[]> = {};
    for (const table of incidentTables)
      read[table] = await this.state.db
        .selectFrom(table)
        .selectAll()
        .orderBy(table === "incident" ? "id" : "entry")
        .execute();
    return read;
  }

  async empty(): Promise<void> {
    for (const table of incidentTables) await this.state.db.deleteFrom(table).execute();
  }

  async close(): Promise<void> {
    await this.state.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

for (const store of testStores()) {
  describe(`the incident room in ${store.kind}`, { skip: store.skip }, () => {
    let room: Room;
    before(async () => {
      room = await Room.open(store);
    });
    after(async () => {
      await room.close();
      await store.close();
    });

    test("takeUp() makes one incident of what belongs together, each with its reason", async () => {
      room.at("2016-03-15T01:00:00Z");
      const mail = await room.judge({ gate: "mail", mail: "01953a1b-1111-7000-8000-000000000001" }, "medium");
      room.at("2016-03-19T02:00:00Z");
      const beacon = { gate: "outbound", hostAddress: "10.16.5.50", destination: "198.51.100.7" };
      const first = await room.judge(beacon, "critical");
      room.at("2016-03-21T02:00:00Z");
      const read = { gate: "records", client: "10.16.5.50", person: "dbadmin" };
      const second = await room.judge(read, "high", "T1213.006");
      const rows = await room.incidents.list();
      assert.equal(rows.length, 1);
      const incident = rows[0]?.id as string;
      const found = await room.incidents.findings(incident);
      assert.deepEqual(
        found.map(({ entry }) => entry),
        [first, second],
      );
      assert.deepEqual(
        (await room.incidents.findings(null)).map(({ entry }) => entry),
        [mail],
      );
      const joined = room.entries.filter(({ code }) => code === "finding-joined").at(-1);
      assert.deepEqual(joined?.rests, [second, first]);
      assert.deepEqual(joined?.data["why"], { with: first, key: { kind: "host", value: "10.16.5.50" } });
    });

    test("part() takes a finding out, with a reason, and it stays out", async () => {
      const [row] = await room.incidents.list();
      const incident = row?.id as string;
      const [finding] = await room.incidents.findings(incident);
      await room.incidents.part(incident, finding?.entry as string, said);
      assert.equal(await room.incidents.takeUp(), 0);
      assert.equal((await room.incidents.findings(incident)).length, 1);
      await assert.rejects(room.incidents.part(incident, finding?.entry as string, said), {
        code: "not-found",
      });
      const last = room.entries.at(-1);
      assert.deepEqual([last?.code, last?.about["person"]], ["finding-parted", "hanako"]);
      assert.ok(!JSON.stringify(last).includes("会議"), "what a person wrote is not in the ledger");
    });

    test("claims: both candidates for the knowing have their clocks until somebody picks one", async () => {
      room.at("2016-05-16T00:00:00Z");
      const incident = await room.incidents.open("JTB 2016", "hanako");
      const { facts } = room.incidents;
      const claim = (fact: "knew", value: string) =>
        facts.claim(incident, { fact, value, source: "報告書" }, "taro");
      const yes = { source: "調査" };
      await facts.claim(incident, { fact: "improper-purpose", value: true, ...yes }, "taro");
      await facts.claim(incident, { fact: "high-grade-encryption", value: false, ...yes }, "taro");
      await facts.claim(incident, { fact: "we-process-for-others", value: false, ...yes }, "taro");
      await claim("knew", "2016-04-01");
      const later = await claim("knew", "2016-05-13");
      const days = async (duty: string): Promise<(string | null)[]> =>
        (await facts.clocks(incident))
          .filter((clock) => clock.law === "jp-appi" && clock.duty.id === duty)
          .map(({ lastDay }) => lastDay);
      assert.deepEqual(await days("preliminary"), ["2016-04-05", "2016-05-17"]);
      assert.deepEqual(await days("final-improper-purpose"), ["2016-05-30", "2016-07-11"]);
      await facts.pick(incident, later, said);
      assert.deepEqual(await days("preliminary"), ["2016-05-17"]);
      const [clock] = (await facts.clocks(incident)).filter(
        ({ law, duty }) => law === "jp-appi" && duty.id === "preliminary",
      );
      assert.deepEqual(
        clock?.former.map(({ lastDay }) => lastDay),
        ["2016-04-05"],
        "the first of April had started it",
      );
      // A line of the ledger says what each deadline was counted from.
      const told = room.entries.filter(
        ({ code, data }) => code === "clock-computed" && data["lastDay"] === "2016-05-17",
      );
      assert.ok(told[0]?.rests.includes(later as never));
    });

    test("claim() of a number moves the clocks that hang on it", async () => {
      const incident = await room.incidents.open("a count", "hanako");
      const { facts } = room.incidents;
      const base = { source: "計数" };
      await facts.claim(incident, { fact: "knew", value: "2026-06-01", ...base }, "taro");
      for (const fact of [
        "sensitive-data",
        "financial-harm",
        "improper-purpose",
        "high-grade-encryption",
        "we-process-for-others",
      ] as const)
        await facts.claim(incident, { fact, value: false, ...base }, "taro");
      const answer = async (): Promise<string | undefined> =>
        (await facts.clocks(incident)).find(({ law, duty }) => law === "jp-appi" && duty.id === "final")
          ?.judged.answer;
      assert.equal(await answer(), "unknown");
      const bound = await facts.claim(
        incident,
        { fact: "persons", value: 900, bound: true, ...base },
        "taro",
      );
      assert.equal(await answer(), undefined, "at most 900: no report is due");
      await facts.claim(incident, { fact: "persons", value: 1_200, replaces: bound, ...base }, "taro");
      assert.equal(await answer(), "yes");
      assert.equal((await facts.claims(incident)).filter(({ fact }) => fact === "persons").length, 2);
    });

    test("done() ends a clock, and says who did it and when", async () => {
      const incident = (await room.incidents.list()).at(-1)?.id as string;
      const { facts } = room.incidents;
      const at = Temporal.Instant.from("2026-06-04T03:00:00Z");
      await facts.done(incident, { law: "jp-appi", duty: "preliminary", at }, said);
      const clocks = await facts.clocks(incident);
      const done = clocks.find(({ law, duty }) => law === "jp-appi" && duty.id === "preliminary");
      assert.deepEqual([done?.done?.by, done?.done?.at], ["hanako", "2026-06-04T03:00:00.000Z"]);
      await assert.rejects(facts.done(incident, { law: "jp-appi", duty: "no such", at }, said), {
        code: "not-found",
      });
    });

    const wrong: readonly [fact: "persons" | "knew" | "improper-purpose", value: unknown, bound?: boolean][] =
      [
        ["persons", "many"],
        ["persons", -1],
        ["persons", 1.5],
        ["knew", "yesterday"],
        ["knew", "2016-02-30"],
        ["improper-purpose", 1],
        ["improper-purpose", true, true],
      ];
    for (const [fact, value, bound] of wrong) {
      const shown = `${JSON.stringify(value)}${bound === true ? " as a bound" : ""}`;
      test(`claim() refuses ${shown} for ${fact}`, async () => {
        const [row] = await room.incidents.list();
        const claim = { fact, value: value as number, source: "x", ...(bound === true ? { bound } : {}) };
        await assert.rejects(room.incidents.facts.claim(row?.id as string, claim, "taro"), { code: "usage" });
      });
    }

    test("merge() puts one into the other, with all that was claimed", async () => {
      const rows = await room.incidents.list();
      const [into, from] = [rows[0]?.id as string, rows[1]?.id as string];
      const claims = (await room.incidents.facts.claims(from)).length;
      await room.incidents.merge(into, from, said);
      assert.equal((await room.incidents.list()).length, rows.length - 1);
      assert.equal((await room.incidents.facts.claims(into)).length, claims);
      await assert.rejects(room.incidents.merge(into, into, said), { code: "usage" });
      await assert.rejects(
        room.incidents.facts.claim(from, { fact: "persons", value: 1, source: "x" }, "taro"),
        {
          code: "not-found",
        },
      );
    });

    test("the same entries make the same rows again, and twice does no harm", async () => {
      const before = await room.read();
      for (const entry of room.entries) await projectIncident(room.state.db, entry);
      assert.deepEqual(await room.read(), before);
      await room.empty();
      for (const entry of room.entries) await projectIncident(room.state.db, entry);
      assert.deepEqual(await room.read(), before);
    });
  });
}
