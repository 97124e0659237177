import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql, type Kysely } from "kysely";
import type { LoadedConfig } from "../config.ts";
import { Decisions, type Decision } from "../incident/decide.ts";
import type { Incidents } from "../incident/incidents.ts";
import { signOf } from "../incident/signOf.ts";
import { Ledger, type AppendedRow } from "../ledger/append.ts";
import { makeEntry } from "../ledger/draft.ts";
import type { EntryDraft, EntryId, EvidenceHash } from "../ledger/entry.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import type { Recorder } from "../ledger/recorder.ts";
import { realDisk } from "../lib/disk.ts";
import { textOfError } from "../lib/error.ts";
import { migrate } from "../lib/sql/migrate.ts";
import { openState, type State } from "../lib/sql/openState.ts";
import { bulkReadQuestion, orderOfBulkRead } from "./bulkReadQuestion.ts";
import { heldStatements, withdrawnStatements } from "./heldStatements.ts";
import { cutQuestion, orderOfCut } from "./cutDecisions.ts";
import { heldMailQuestion } from "./heldMailQuestion.ts";
import { findGate, noteGate } from "./holdGate.ts";
import { holdDataFolder } from "./holdDataFolder.ts";
import { IncidentDesk } from "./incidentDesk.ts";
import { hashOfSettings } from "../gateLink.ts";
import { GateServer } from "./gateServer.ts";
import { keepUnreadable } from "./keepUnreadable.ts";
import { LedgerIndex } from "./ledgerIndex.ts";
import { migrations } from "./migrations/index.ts";
import { GateOrders } from "./orders.ts";
import { refreshSuppressions } from "./refreshSuppressions.ts";
import { Live } from "./service/liveService.ts";
import { Supervisor } from "./supervise.ts";

export const limits = { settleMsMax: 5_000, questionsMax: 50 } as const;

export type StationLog = (
  level: "info" | "warn" | "error",
  message: string,
  fields?: Record<string, unknown>,
) => void;

export type StationOptions = {
  loaded: LoadedConfig;
  databaseUrl?: string | undefined;
  log: StationLog;
  onFatal: (error: Error) => void;
};

/** The station without its HTTP side: ledger, index, decisions, orders, and the processes of the gates. */
export class Station {
  readonly startedAt = Temporal.Now.instant().toString();
  readonly loaded: LoadedConfig;
  readonly keyring: Keyring;
  readonly ledger: Ledger;
  readonly evidence: EvidenceStore;
  readonly state: State;
  readonly index: LedgerIndex;
  readonly decisions: Decisions;
  readonly desk: IncidentDesk;
  readonly orders: GateOrders;
  readonly live: Live;
  readonly supervisor: Supervisor;
  readonly recorder: Recorder;
  readonly counters = new Map<string, Record<string, number>>();
  readonly #options: StationOptions;
  readonly #gates: GateServer;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #hold: { release(): void };
  #started = false;
  #suppressedOn = "";
  #reacting: Promise<void> = Promise.resolve();

  private constructor(
    options: StationOptions,
    parts: { keyring: Keyring; ledger: Ledger; state: State; token: string; hold: { release(): void } },
  ) {
    const { loaded, log } = options;
    this.#options = options;
    this.#hold = parts.hold;
    this.loaded = loaded;
    this.keyring = parts.keyring;
    this.ledger = parts.ledger;
    this.state = parts.state;
    this.evidence = new EvidenceStore(realDisk, join(loaded.dataFolder, "evidence"), parts.keyring);
    this.recorder = recorderOf(parts.ledger);
    const now = (): Temporal.Instant => Temporal.Now.instant();
    const { db } = parts.state;
    this.live = new Live(db, loaded.config.timeZone);
    this.index = new LedgerIndex({
      db,
      ledger: parts.ledger,
      onIndexed: async (rows) => this.#react(rows),
      onProblem: (error) => log("error", "the index is behind the ledger", { problem: textOfError(error) }),
    });
    this.orders = new GateOrders({ db, now, send: (gate, order) => this.#gates.send(gate, order) });
    this.decisions = new Decisions({
      db,
      recorder: this.recorder,
      evidence: this.evidence,
      now,
      onSettled: (decision) => this.#carryOut(decision),
    });
    const { recorder, evidence, decisions } = this;
    this.desk = new IncidentDesk({ loaded, db, recorder, evidence, decisions, now });
    this.#gates = this.#createGateServer(parts.token);
    this.supervisor = this.#createSupervisor(parts.token);
  }

  /** Opens everything; throws a SekishoError that says what to mend. */
  static async open(options: StationOptions): Promise<Station> {
    const { loaded } = options;
    const folder = loaded.dataFolder;
    const hold = holdDataFolder(folder, "Cannot start");
    const opened: (() => Promise<void>)[] = [];
    try {
      return await Station.#openHeld(options, hold, opened);
    } catch (error) {
      for (const close of opened.reverse()) await close().catch(() => {});
      hold.release();
      throw error;
    }
  }

  static async #openHeld(
    options: StationOptions,
    hold: { release(): void },
    opened: (() => Promise<void>)[],
  ): Promise<Station> {
    const { loaded } = options;
    const folder = loaded.dataFolder;
    const keyring = await Keyring.open(realDisk, join(folder, "keys"));
    const signer = await keyring.openSigner(loaded.config.origin);
    const ledger = await Ledger.open({
      disk: realDisk,
      folder: join(folder, "ledger"),
      signer,
      onFatal: options.onFatal,
    });
    opened.push(() => ledger.close());
    const state = await openState({ databaseUrl: options.databaseUrl, folder: join(folder, "state") });
    opened.push(() => state.close());
    await migrate(state.db, migrations);
    return new Station(options, { keyring, ledger, state, token: linkToken(folder), hold });
  }

  /** Brings the index up to the ledger, takes up open work, and starts the gates. */
  async start(): Promise<void> {
    this.#started = true;
    await this.recorder.append({ kind: "observed", code: "station-started", data: {} });
    await this.index.start();
    await this.live.restore();
    await this.#takeUp();
    await this.desk.takeUp();
    await this.#gates.listen();
    this.supervisor.start();
    this.#every(1_000, () => this.decisions.settleDue());
    this.#every(5_000, () => this.orders.sendDue());
    this.#every(10_000, () => this.incidents.deadlines.tellDue());
    this.#every(5_000, () => this.desk.asking.askDue());
    this.#every(5_000, () => this.#takeUp());
    this.#every(5_000, () => this.#refreshSuppressions());
  }

  get incidents(): Incidents {
    return this.desk.incidents;
  }

  get db(): Kysely<any> {
    return this.state.db;
  }

  #createGateServer(token: string): GateServer {
    return new GateServer({
      socketPath: join(this.loaded.dataFolder, "run", "station.sock"),
      token,
      ledger: this.ledger,
      index: () => this.index,
      keepUnreadable: (gate, line) => keepUnreadable(this.evidence, gate, line),
      onHello: (gate, pid, settings) => {
        noteGate(this.loaded.dataFolder, gate, pid);
        this.supervisor.helloed(gate, pid, { current: settings === hashOfSettings(this.#settingsOf(gate)) });
        void this.orders.sendDue(gate);
      },
      onStatus: (gate, status) => {
        this.counters.set(gate, status.counters);
        this.supervisor.told(gate, status);
      },
      onLost: (gate) => this.supervisor.lost(gate),
      onProblem: (gate, problem) => this.#options.log("warn", problem, { gate }),
    });
  }

  #settingsOf(gate: string): unknown {
    const { config } = this.loaded;
    return gate === "mail" || gate === "outbound" || gate === "records" ? config[gate] : undefined;
  }

  #createSupervisor(token: string): Supervisor {
    const { loaded, log } = this.#options;
    return new Supervisor({
      gates: (["mail", "outbound", "records"] as const).filter((gate) => loaded.config[gate] !== undefined),
      configFile: loaded.file,
      token,
      runningPid: (gate) => findGate(loaded.dataFolder, gate),
      askToStop: (gate) => this.#gates.stop(gate),
      whyEnded: (gate) => takeFailure(join(loaded.dataFolder, "run", `${gate}.failed`)),
      onChange: () => {},
      log,
    });
  }

  /** What follows from new entries, in their order. */
  #react(rows: AppendedRow[]): Promise<void> {
    this.live.take(rows);
    this.#reacting = this.#reacting
      .then(async () => {
        await this.orders.follow(rows);
        if (rows.some((row) => signOf(row.entry) !== null)) await this.desk.takeUp();
        if (rows.some((row) => row.entry.code === "mail-held")) await this.#askAboutHeld();
        if (rows.some((row) => row.entry.code === "deciders-asked")) await this.#askDeciders();
        if (rows.some((row) => row.entry.code === "statement-held")) await this.#askAboutReadings();
        if (rows.some((row) => row.entry.code === "statement-withdrawn")) await this.#withdrawReadings();
      })
      .catch((error: unknown) => {
        this.#options.log("error", "could not follow up entries", { problem: textOfError(error) });
      });
    return Promise.resolve();
  }

  /**
   * Every held mail puts its question; one that has none yet is found by its missing row. The entry alone is
   * not enough: the station may have died between the two.
   */
  async #askAboutHeld(): Promise<void> {
    const settings = this.loaded.config.mail?.held;
    if (settings === undefined) return;
    const rows = (await this.db
      .selectFrom("held_mail")
      .select(["mail", "held_entry", "received_at", "held_mail.second_person"])
      .leftJoin("decision", "decision.id", "held_mail.decision_id")
      .where("decision.id", "is", null)
      .where("held_mail.state", "=", "held")
      .limit(500)
      .execute()) as { mail: string; held_entry: string; received_at: Date; second_person: boolean }[];
    for (const row of rows) {
      const held = {
        mail: row.mail,
        heldEntry: row.held_entry as EntryId,
        // Silence counts from when somebody was asked: the station may have been away since the mail was
        // held.
        askedAt: Temporal.Now.instant(),
        secondPerson: row.second_person,
      };
      const decision = await this.decisions.ask(heldMailQuestion(held, settings));
      await this.db
        .updateTable("held_mail")
        .set({ decision_id: decision.id })
        .where("mail", "=", row.mail)
        .execute();
    }
  }

  /**
   * Where a standing order says so, the deciders of the cut-off are asked. What else one host does within an
   * hour of the question is the same matter: nobody is asked ten times in the worst night of the year.
   */
  async #askDeciders(): Promise<void> {
    const settings = this.loaded.config.outbound;
    if (settings === undefined) return;
    for (let asked = 0; asked < limits.questionsMax; asked++) {
      const row = await this.#nextToAsk();
      if (row === undefined) return;
      const question = {
        finding: row.finding_id,
        entry: row.entry as EntryId,
        about: JSON.parse(row.about) as Record<string, string>,
        at: Temporal.Now.instant(),
      };
      await this.decisions.ask(cutQuestion(question, settings));
    }
  }

  async #nextToAsk(): Promise<{ finding_id: string; entry: string; about: string } | undefined> {
    const hostOf = (table: string) => sql`${sql.ref(`${table}.about`)}::json ->> 'hostAddress'`;
    const { rows } = await sql<{ finding_id: string; entry: string; about: string }>`
      select asked.finding_id, asked.entry, asked.about from deciders_asked asked
      where asked.asked_at > now() - interval '1 day' and not exists (
        select 1 from decision where decision.code = 'cut'
          and ${hostOf("decision")} = ${hostOf("asked")}
          and asked.asked_at < decision.asked_at + interval '1 hour')
      order by asked.asked_at limit 1`.execute(this.db);
    return rows[0];
  }

  /** Statements that wait for a second person put their question. */
  async #askAboutReadings(): Promise<void> {
    const settings = this.loaded.config.records;
    if (settings === undefined) return;
    for (const held of await heldStatements(this.db, limits.questionsMax)) {
      const decision = await this.decisions.ask(bulkReadQuestion(held, settings));
      await this.db
        .updateTable("records_event")
        .set({ decision_id: decision.id })
        .where("id", "=", held.id)
        .execute();
    }
  }

  /** Where nobody waits any more, nobody has to answer. */
  async #withdrawReadings(): Promise<void> {
    for (const { decision, entry } of await withdrawnStatements(this.db, limits.questionsMax)) {
      await this.decisions.withdraw(decision, entry);
    }
  }

  /** A settled decision becomes an order to its gate. */
  async #carryOut(decision: Decision): Promise<void> {
    if (decision.about["incident"] !== undefined) return this.desk.carryOut(decision);
    const asked = orderOfCut(decision) ?? orderOfBulkRead(decision);
    if (asked !== null) return this.orders.add(asked, decision.id);
    if (decision.code !== "held-mail" || decision.outcome === null) return;
    const mail = decision.about["mail"] ?? "";
    const row = (await this.db
      .selectFrom("held_mail")
      .select("evidence")
      .where("mail", "=", mail)
      .executeTakeFirst()) as { evidence: string } | undefined;
    if (row === undefined) return;
    const order = {
      order: decision.id,
      gate: "mail",
      act: decision.outcome === "release" ? ("release" as const) : ("refuse" as const),
      about: decision.about,
      evidence: [row.evidence as EvidenceHash],
      restsOn: decision.entries.at(-1) as EntryId,
    };
    await this.orders.add(order, decision.id);
  }

  /**
   * Takes up what a stop in the middle left: held mail without a question, settled decisions without an
   * order.
   */
  async #takeUp(): Promise<void> {
    await this.#askAboutHeld();
    await this.#askDeciders();
    await this.#askAboutReadings();
    await this.#withdrawReadings();
    await this.desk.carryOutSettled();
    const rows = (await this.db
      .selectFrom("decision")
      .leftJoin("gate_order", "gate_order.decision_id", "decision.id")
      .select("decision.id")
      .where("decision.state", "in", ["answered", "defaulted"])
      .where((where) =>
        where.or([
          where("decision.code", "in", ["held-mail", "cut", "cut-drill"]),
          // Where nobody answered, the gate has said no by itself.
          where.and([where("decision.code", "=", "bulk-read"), where("decision.state", "=", "answered")]),
        ]),
      )
      .where("decision.outcome", "<>", "wait")
      .where("gate_order.id", "is", null)
      .limit(200)
      .execute()) as { id: string }[];
    for (const row of rows) await this.#carryOut(await this.decisions.get(row.id));
  }

  /** At the start, and when a day begins on which a suppression may have ended: past findings too. */
  async #refreshSuppressions(): Promise<void> {
    const settings = this.loaded.config.outbound;
    const today = Temporal.Now.plainDateISO().toString();
    if (settings === undefined || this.#suppressedOn === today) return;
    const getEvidence = (hash: EvidenceHash): Promise<Buffer> => this.evidence.get(hash);
    const { inForce, hidden, shown } = await refreshSuppressions(this.db, settings, { today, getEvidence });
    this.#suppressedOn = today;
    const code = "suppressions-in-force";
    const [last] = await this.index.search({ code, limit: 1 });
    const before = JSON.stringify(last?.entry.data["suppressions"] ?? []);
    if (hidden === 0 && shown === 0 && before === JSON.stringify(inForce)) return;
    const data = { suppressions: inForce, hidden, shown };
    await this.recorder.append({ kind: "decided", code, about: { gate: "outbound" }, data });
  }

  #every(milliseconds: number, act: () => Promise<unknown>): void {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      act()
        .catch((error: unknown) =>
          this.#options.log("error", "a periodic task failed", { problem: textOfError(error) }),
        )
        .finally(() => (busy = false));
    }, milliseconds);
    this.#timers.push(timer);
  }

  /**
   * Ends in order: gates first, so that their last entries are taken, then the index, the ledger and the
   * state.
   */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.supervisor.stop();
    if (this.#started) {
      await this.recorder.append({ kind: "observed", code: "station-stopped", data: {} });
      // A state store that is away must not keep the station from ending: the next start catches up.
      await this.index.settled(limits.settleMsMax);
    }
    await this.index.stop();
    await this.#reacting;
    this.#gates.close();
    await this.ledger.close();
    await this.state.close();
    this.#hold.release();
  }
}

function recorderOf(ledger: Ledger): Recorder {
  const write = (draft: EntryDraft) => makeEntry(draft, { by: "station", now: Temporal.Now.instant() });
  return {
    async append(draft) {
      const entry = write(draft);
      await ledger.append(entry);
      return entry;
    },
    note(draft) {
      const entry = write(draft);
      ledger.append(entry).catch(() => {}); // The ledger itself has told its owner.
      return entry;
    },
    flush() {}, // The station lets nothing through.
  };
}

/**
 * Gates outlive the station, so the word by which they know each other is kept, readable by its owner only.
 */
function linkToken(folder: string): string {
  const path = join(folder, "run", "token");
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    const token = randomBytes(24).toString("base64url");
    writeFileSync(path, `${token}\n`, { mode: 0o600 });
    return token;
  }
}

/** What a gate wrote before it ended, once. */
function takeFailure(path: string): string | null {
  try {
    const text = readFileSync(path, "utf8").slice(0, 500);
    rmSync(path, { force: true });
    return text;
  } catch {
    return null;
  }
}
