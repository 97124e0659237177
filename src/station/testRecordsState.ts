import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoadedConfig } from "../config.ts";
import { RecordsSettings } from "../gates/records/settings.ts";
import { Decisions } from "../incident/decide.ts";
import { makeEntry } from "../ledger/draft.ts";
import type { Entry, EntryDraft, EvidenceHash } from "../ledger/entry.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import type { Recorder } from "../ledger/recorder.ts";
import { realDisk } from "../lib/disk.ts";
import { makeUuidV7 } from "../lib/identifier.ts";
import { migrate } from "../lib/sql/migrate.ts";
import type { State } from "../lib/sql/openState.ts";
import type { TestStore } from "../lib/sql/testStores.ts";
import { bulkReadQuestion } from "./bulkReadQuestion.ts";
import { heldStatements } from "./heldStatements.ts";
import { LedgerIndex } from "./ledgerIndex.ts";
import { migrations } from "./migrations/index.ts";
import { project } from "./project.ts";
import { createDecisionService } from "./service/decisionService.ts";
import { createRecordsService, type AskRecord } from "./service/recordsService.ts";
import type { GateOrders } from "./orders.ts";

export const testOrigin = "http://localhost:7000";

const settings = RecordsSettings.parse({
  tables: [
    { table: "public.customers", key: "id", personal: { email: "email" }, notPersonal: ["created_at"] },
  ],
  persons: [{ login: "alice", email: "alice@agency.example", group: "operators" }],
  policy: {
    defaultGroup: "operators",
    groups: [{ name: "operators", budget: { hour: 100, day: 500 } }],
  },
});

/**
 * The records gate's side of a station in a state store, with real tables, decisions and evidence, and no
 * gate.
 */
export class RecordsState {
  readonly state: State;
  readonly evidence: EvidenceStore;
  readonly entries: Entry[] = [];
  readonly decisions: Decisions;
  readonly records: ReturnType<typeof createRecordsService>;
  readonly views: ReturnType<typeof createDecisionService>;
  /** Milliseconds that the clock of approvals is ahead. */
  ahead = 0;
  readonly #folder: string;

  private constructor(
    state: State,
    folder: string,
    parts: { keyring: Keyring; askRecord: AskRecord | null },
  ) {
    this.state = state;
    this.#folder = folder;
    const { db } = state;
    this.evidence = new EvidenceStore(realDisk, join(folder, "evidence"), parts.keyring);
    const recorder: Recorder = {
      append: (draft) => this.take(draft),
      note: () => {
        throw new Error("the station waits for its entries");
      },
      flush() {},
    };
    const stores = { db, recorder, evidence: this.evidence };
    const now = (): Temporal.Instant => Temporal.Now.instant();
    this.decisions = new Decisions({ ...stores, now, onSettled: async () => {} });
    const orders = { results: async () => new Map() } as unknown as GateOrders;
    this.views = createDecisionService(this.decisions, orders);
    this.records = createRecordsService({
      ...stores,
      index: new LedgerIndex({ db, ledger: null as never, onIndexed: async () => {}, onProblem: () => {} }),
      decisions: this.decisions,
      views: this.views,
      loaded: { config: { records: settings } } as LoadedConfig,
      origin: testOrigin,
      now: () => Date.now() + this.ahead,
      askRecord: parts.askRecord,
      nameCustomer: () => "a pseudonym",
      planted: async () => [],
    });
  }

  static async open(store: TestStore, options: { askRecord?: AskRecord } = {}): Promise<RecordsState> {
    const state = await store.open();
    await migrate(state.db, migrations);
    const folder = mkdtempSync(join(tmpdir(), "sekisho-records-state-"));
    const keyring = await Keyring.open(realDisk, join(folder, "keys"));
    return new RecordsState(state, folder, { keyring, askRecord: options.askRecord ?? null });
  }

  /** An entry reaches the tables, as the index would bring it there. */
  async take(draft: EntryDraft): Promise<Entry> {
    const entry = makeEntry(draft, { by: "gate/records", now: Temporal.Now.instant() });
    this.entries.push(entry);
    await project(this.state.db, [{ index: this.entries.length, entry }]);
    return entry;
  }

  keep(text: string): Promise<EvidenceHash> {
    const because = { en: "alice wants to read.", ja: "aliceが読もうとしています。" };
    const kept = { text, reasons: [{ code: "over-estimate", because }] };
    return this.evidence.put(Buffer.from(JSON.stringify(kept)));
  }

  /** The entries of a statement that is held, and the question that they put; gives the decision's id. */
  async hold(
    text: string,
    estimate: number | null = 2_000,
  ): Promise<{ decision: string; statement: string }> {
    const statement = makeUuidV7(Date.now());
    const about = {
      gate: "records",
      statement,
      person: "alice",
      email: "alice@agency.example",
      client: "192.0.2.17",
      application: "psql",
      relations: "public.customers",
    };
    const evidence = [await this.keep(text)];
    const data = { verb: "SELECT", touches: { "public.customers": ["email"] }, columns: 1, purpose: null };
    await this.take({ kind: "observed", code: "statement-seen", about, evidence, data });
    const reasons = [{ code: "over-estimate", technique: null, severity: "medium" }];
    await this.take({ kind: "judged", code: "records-judged", about, data: { reasons } });
    await this.take({
      kind: "enforced",
      code: "statement-held",
      about,
      data: { state: "done", estimate, customersMax: 2_500, deadlineMinutes: 10 },
    });
    const [held] = await heldStatements(this.state.db, 1);
    if (held === undefined) throw new Error("nothing is held");
    const { id } = await this.decisions.ask(bulkReadQuestion(held, settings));
    await this.state.db
      .updateTable("records_event")
      .set({ decision_id: id })
      .where("id", "=", statement)
      .execute();
    return { decision: id, statement };
  }

  async close(): Promise<void> {
    await this.state.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
