import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { japanAppi } from "../law/laws/japanAppi.ts";
import { makeEntry } from "../ledger/draft.ts";
import type { Entry, EntryDraft } from "../ledger/entry.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import type { Recorder } from "../ledger/recorder.ts";
import { realDisk } from "../lib/disk.ts";
import { migrate } from "../lib/sql/migrate.ts";
import type { State } from "../lib/sql/openState.ts";
import type { TestStore } from "../lib/sql/testStores.ts";
import { migrations } from "../station/migrations/index.ts";
import { Asking } from "./ask/asking.ts";
import type { Askable } from "./ask/ladder.ts";
import { AskSettings } from "./ask/settings.ts";
import type { AskMessage, WayResult } from "./ask/ways.ts";
import { Decisions } from "./decide.ts";
import { Incidents } from "./incidents.ts";
import { IncidentWriter } from "./incidentWriter.ts";
import { projectIncident } from "./projectIncident.ts";
import { Room } from "./room/room.ts";

export const testRoster: Askable[] = [
  { name: "第一", email: "first@station.example", roles: ["approver"] },
  { name: "第二", email: "second@station.example", roles: ["approver"] },
  { name: "個人情報", email: "privacy@station.example", roles: ["privacy-officer"] },
  { name: "観察", email: "auditor@station.example", roles: ["auditor"] },
];

/** An incident room over a real state store and evidence store, under a clock that the test sets. */
export class TestOffice {
  readonly state: State;
  readonly evidence: EvidenceStore;
  readonly entries: Entry[] = [];
  /** What people were told, and whom it was for. */
  readonly told: { message: AskMessage; persons: readonly string[]; at: string }[] = [];
  /** How the next ways of telling end; all reach by mail where a test says nothing. */
  tell: (persons: readonly string[]) => WayResult[] = (persons) => [
    { way: "mail", reached: [...persons], problem: null },
  ];
  now = Temporal.Instant.from("2016-04-01T00:00:00Z");
  settings: AskSettings = AskSettings.parse({
    mail: { host: "localhost", from: "sekisho@station.example" },
  });
  writer!: IncidentWriter;
  incidents!: Incidents;
  decisions!: Decisions;
  room!: Room;
  asking!: Asking;
  readonly #folder: string;

  private constructor(state: State, folder: string, keyring: Keyring) {
    this.state = state;
    this.#folder = folder;
    this.evidence = new EvidenceStore(realDisk, join(folder, "evidence"), keyring);
    this.restart();
  }

  static async open(store: TestStore): Promise<TestOffice> {
    const state = await store.open();
    await migrate(state.db, migrations);
    const folder = mkdtempSync(join(tmpdir(), "sekisho-office-"));
    return new TestOffice(state, folder, await Keyring.open(realDisk, join(folder, "keys")));
  }

  /** Makes all of it anew but the stores. */
  restart(): void {
    const recorder: Recorder = {
      append: async (draft) => this.record(draft),
      note: (draft) => this.record(draft),
      flush() {},
    };
    const { db } = this.state;
    const { evidence } = this;
    const now = (): Temporal.Instant => this.now;
    this.writer = new IncidentWriter({ db, recorder, evidence });
    const policy = { windowHours: 240, opensFrom: "high" as const, opensAt: [], shared: [] };
    this.incidents = new Incidents(this.writer, { laws: [japanAppi], policy, now });
    this.decisions = new Decisions({ db, recorder, evidence, now, onSettled: async () => {} });
    this.room = new Room(this.writer);
    this.asking = new Asking({
      writer: this.writer,
      decisions: this.decisions,
      deadlines: this.incidents.deadlines,
      laws: [japanAppi],
      settings: this.settings,
      roster: testRoster,
      timeZone: "Asia/Tokyo",
      origin: () => "https://sekisho.example",
      now,
      tell: async (message, persons) => {
        this.told.push({ message, persons, at: this.now.toString() });
        return this.tell(persons);
      },
    });
  }

  /** Brings the newest entries a second time, as the index does. */
  async index(count: number): Promise<void> {
    for (const entry of this.entries.slice(-count)) await projectIncident(this.state.db, entry);
  }

  record(draft: EntryDraft): Entry {
    const entry = makeEntry(draft, { by: "station", now: this.now });
    this.entries.push(entry);
    return entry;
  }

  async close(): Promise<void> {
    await this.state.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
