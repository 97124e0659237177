import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pass, type Gate, type OrdersInForce } from "../../gate.ts";
import { hashOfSettings, type GateStatus, type Order } from "../../gateLink.ts";
import { GateRecorder } from "../../gateRecorder.ts";
import type { Entry } from "../../ledger/entry.ts";
import { EvidenceStore } from "../../ledger/evidence.ts";
import { Keyring } from "../../ledger/keyring.ts";
import { realDisk } from "../../lib/disk.ts";
import { textOfError } from "../../lib/error.ts";
import { ArchiveKeeper } from "./access/archiveKeeper.ts";
import { Approvals } from "./approvals.ts";
import { CatalogKeeper } from "./catalogKeeper.ts";
import { DriftKeeper } from "./driftKeeper.ts";
import { FileKeeper } from "./fileKeeper.ts";
import { describeReading, type Crossed, type ReportedAct } from "./describeReading.ts";
import { enforceReading } from "./enforce.ts";
import { FuseKeeper } from "./fuseKeeper.ts";
import { LongJudge } from "./longJudge.ts";
import { RecordsMemory } from "./memory.ts";
import { canaryReport, crossedOf, glassReport, keptOf } from "./observe.ts";
import type { RecordsSettings } from "./settings.ts";
import { KeptFiles } from "./keptFiles.ts";
import { personsFileOf, readPersons } from "./persons.ts";
import { SpoolKeeper } from "./spoolKeeper.ts";
import { Threads, type Thread } from "./threads.ts";
import type { FromThread, MinuteFigures, StatementReport, ThreadData } from "./threadLink.ts";

export type RecordsGateOptions = {
  settings: RecordsSettings;
  dataFolder: string;
  version: string;
  token: string;
  log: (level: "info" | "warn" | "error", message: string, fields?: Record<string, unknown>) => void;
  onStop: () => void;
};

export const limits = {
  problemAgainMs: 30_000,
  closeMs: 5_000,
  rotateMs: 60_000,
  figuresMs: 60_000,
} as const;

export type RunningRecordsGate = { readonly port: number; close(): Promise<void> };

/** Starts the records gate in this process: threads that pass bytes, the catalog, the record, approvals. */
export async function startRecordsGate(options: RecordsGateOptions): Promise<RunningRecordsGate> {
  const keyring = await Keyring.open(realDisk, join(options.dataFolder, "keys"));
  const gate = new RecordsGate(options, keyring);
  try {
    await gate.start();
  } catch (error) {
    await gate.close();
    throw error;
  }
  return gate;
}

class RecordsGate implements RunningRecordsGate {
  readonly #options: RecordsGateOptions;
  readonly #memory: RecordsMemory;
  readonly #recorder: GateRecorder;
  readonly #evidence: EvidenceStore;
  readonly #keyring: Keyring;
  readonly #spool: SpoolKeeper;
  readonly #fuses: FuseKeeper;
  readonly #archive: ArchiveKeeper;
  readonly #kept: KeptFiles;
  readonly #catalog: CatalogKeeper;
  readonly #approvals: Approvals;
  readonly #threads: Threads;
  readonly #drift: DriftKeeper;
  readonly #files: FileKeeper | null;
  readonly #gate: Gate<Crossed, ReportedAct, Entry>;
  readonly #seeds: [number, number, number, number];
  readonly #counters: Record<string, number> = {};
  readonly #ofThread = new Map<number, Record<string, number>>();
  readonly #figures = new Map<string, MinuteFigures>();
  /** Statements that wait, by thread and the thread's number of the question. */
  readonly #asked = new Map<string, string>();
  readonly #judge: LongJudge;
  #inForce: OrdersInForce | null = null;
  #timers: NodeJS.Timeout[] = [];
  #ready = false;
  #stopping = false;
  #lastError: string | null = null;
  #problemAt = 0;

  constructor(options: RecordsGateOptions, keyring: Keyring) {
    const { settings, dataFolder } = options;
    this.#options = options;
    this.#keyring = keyring;
    const folder = join(dataFolder, "records");
    this.#memory = new RecordsMemory(join(folder, "memory.sqlite"));
    this.#evidence = new EvidenceStore(realDisk, join(dataFolder, "evidence"), keyring);
    const onProblem = (problem: string): void => this.#problem(problem);
    this.#spool = new SpoolKeeper({ folder: join(folder, "spool"), keyring, onProblem });
    this.#seeds = seedsOf(keyring.secretFor("records fuse"));
    this.#fuses = new FuseKeeper({
      policy: settings.policy,
      seeds: this.#seeds,
      groupOf: (person) => groupOf(settings, person),
    });
    this.#recorder = new GateRecorder({
      gate: "records",
      version: options.version,
      token: options.token,
      settings: hashOfSettings(settings),
      socketPath: join(dataFolder, "run", "station.sock"),
      spoolFolder: join(folder, "entries"),
      onOrder: (order) => this.#carryOut(order),
      onStop: options.onStop,
      onConnection: () => this.#tellStatus(),
      onProblem: (error) => this.#problem(textOfError(error)),
    });
    const own = { settings, dataFolder, keyring, onProblem, recorder: this.#recorder };
    this.#archive = new ArchiveKeeper({ ...own, spool: this.#spool, memory: this.#memory });
    this.#kept = new KeptFiles({ ...own, send: (message) => this.#threads.send(message) });
    this.#catalog = new CatalogKeeper({
      settings,
      onCatalog: (catalog) => {
        this.#judge.renew(catalog);
        this.#threads.send({ type: "catalog", catalog, id: null });
      },
      onProblem,
    });
    this.#approvals = new Approvals({
      policy: settings.policy,
      memory: this.#memory,
      recorder: this.#recorder,
      now: () => Date.now(),
      onGrant: (grant) => this.#threads.send({ type: "grant", grant }),
    });
    this.#gate = {
      describe: describeReading,
      judge: (seen) => seen.judgement,
      enforce: (act, crossing) => enforceReading(act, crossing, this.#recorder),
    };
    const keeps = {
      evidence: this.#evidence,
      memory: this.#memory,
      pass: (crossed: Crossed) => this.#pass(crossed),
      onProblem,
    };
    this.#judge = new LongJudge(settings.knownRoutines);
    this.#drift = new DriftKeeper({ settings, catalog: this.#catalog, ...keeps });
    const { watch } = settings;
    this.#files = watch === undefined ? null : new FileKeeper({ watch, dataFolder, keyring, ...keeps });
    this.#threads = new Threads({
      wanted: settings.workers,
      port: settings.port,
      dataFor: (number, place) => this.#dataFor(number, place),
      onMessage: (message, thread) => this.#hear(message, thread),
      onLost: (thread, problem) => this.#lost(thread, problem),
    });
  }

  get port(): number {
    return this.#threads.port;
  }

  async start(): Promise<void> {
    const { settings, log } = this.#options;
    await this.#recordOrdersInForce();
    for (const file of this.#spool.list()) this.#fuses.restore(this.#spool.read(file), Date.now());
    this.#approvals.restore();
    await this.#catalog.start();
    await this.#threads.start();
    // What the folders lack is told; it keeps nobody from reading.
    await this.#files?.start().catch((error: unknown) => this.#problem(textOfError(error)));
    this.#drift.start();
    this.#ready = true;
    log("info", "records gate listens", { host: settings.host, port: this.port });
    this.#tellStatus();
    this.#every(1_000, () => this.#tellStatus());
    this.#every(limits.figuresMs, () => this.#noteFigures());
    this.#every(limits.rotateMs, () => this.#threads.send({ type: "rotate" }));
    this.#every(limits.rotateMs, () => void this.#archive.run());
    this.#every(1_000, () => this.#kept.look());
    void this.#archive.run();
  }

  #every(milliseconds: number, act: () => void): void {
    this.#timers.push(setInterval(act, milliseconds));
  }

  #dataFor(number: number, place: { port: number; shares: boolean }): ThreadData {
    const { settings, dataFolder, version } = this.#options;
    const { tls, server } = settings;
    return {
      number,
      settings,
      ...place,
      seeds: this.#seeds,
      secret: Buffer.from(this.#keyring.secretFor("records sign-in"), "hex"),
      catalog: this.#catalog.current,
      canaries: this.#kept.canaries(),
      grants: this.#memory.grants(Date.now()),
      verifiers: readPersons(personsFileOf(settings, dataFolder)),
      passwords: passwordsOf(settings),
      spool: this.#spool.make(number),
      version,
      tls:
        tls === undefined
          ? null
          : { cert: readFileSync(tls.certFile, "utf8"), key: readFileSync(tls.keyFile, "utf8") },
      serverCa: server.caFile === undefined ? null : readFileSync(server.caFile, "utf8"),
    };
  }

  /** Every act rests on the policy in force at its time; the text of it is evidence. */
  async #recordOrdersInForce(): Promise<void> {
    const { policy } = this.#options.settings;
    const object = await this.#evidence.put(Buffer.from(JSON.stringify(policy)));
    const entry = await this.#recorder.append({
      kind: "decided",
      code: "orders-in-force",
      about: { gate: "records" },
      evidence: [object],
      data: { orders: policy.groups.map(({ name }) => name), shadow: policy.shadow },
    });
    this.#inForce = { entry: entry.id };
  }

  /* ---- what the threads say ---- */

  #hear(message: FromThread, thread: Thread): void {
    const answer = this.#answers[message.type] as
      ((message: FromThread, thread: Thread) => Promise<void> | void) | undefined;
    void Promise.resolve(answer?.(message, thread)).catch((error: unknown) =>
      this.#problem(textOfError(error)),
    );
  }

  readonly #answers: {
    [Type in FromThread["type"]]?: (
      message: Extract<FromThread, { type: Type }>,
      thread: Thread,
    ) => Promise<void> | void;
  } = {
    fuse: ({ id, person, purpose }, thread) => {
      thread.send({ type: "fuse", id, shared: this.#fuses.get(person, purpose).shared });
    },
    "next-spool": (_message, thread) => thread.send({ type: "spool", file: this.#spool.make(thread.number) }),
    report: async ({ report }) => void (await this.#tell(report)),
    ask: (message, thread) => this.#ask(message, thread),
    withdraw: ({ id }, thread) => {
      const statement = this.#asked.get(`${thread.number} ${id}`);
      if (statement !== undefined) this.#approvals.withdraw(statement);
    },
    estimate: async ({ id, database, text, relations }, thread) => {
      const customers = await this.#catalog.estimate(database, text, relations);
      thread.send({ type: "estimated", id, customers });
    },
    judge: async ({ id, text }, thread) => {
      thread.send({ type: "judged", id, judged: await this.#judge.judge(text) });
    },
    "break-glass": (message, thread) => this.#breakGlass(message, thread),
    canary: (message) => this.#ring(message),
    "catalog-stale": async ({ id }, thread) => {
      const catalog = await this.#catalog.read();
      const known = catalog ?? { version: "", relations: [], routines: [] };
      if (id !== null) thread.send({ type: "catalog", catalog: known, id });
    },
    "cancel-held": ({ key }) => this.#threads.send({ type: "cancel-held", key }),
    status: ({ counters, figures }, thread) => {
      this.#ofThread.set(thread.number, counters);
      for (const one of figures) this.#addFigures(one);
    },
    problem: ({ problem }) => this.#problem(problem),
  };

  async #tell(report: StatementReport): Promise<Entry> {
    const kept = keptOf(report);
    const object = await this.#evidence.put(Buffer.from(JSON.stringify(kept)));
    const deadline = this.#options.settings.policy.approval.deadlineMinutes;
    const seen = crossedOf(report, [object], {
      customersMax: this.#approvals.customersOf(report),
      deadlineMinutes: deadline,
    });
    return this.#pass(seen);
  }

  #pass(seen: Crossed): Promise<Entry> {
    return pass(this.#gate, seen, {
      recorder: this.#recorder,
      inForce: this.#inForce as OrdersInForce,
    });
  }

  async #ask({ id, report, retry }: Extract<FromThread, { type: "ask" }>, thread: Thread): Promise<void> {
    // A client that comes again and again asks once.
    const key = `${thread.number} ${id}`;
    if (!retry) this.#asked.set(key, report.statement);
    const entry = await this.#tell(report);
    this.#approvals.add(
      report,
      entry.id,
      retry
        ? null
        : (grant, because) => {
            this.#asked.delete(key);
            thread.send({ type: "answered", id, approved: grant !== null, grant, because });
          },
    );
    thread.send({ type: "asked", id, request: report.statement });
  }

  /** Nothing opens before it is on the ledger's disk, or, where the station is away, on ours. */
  async #breakGlass(
    { id, who, reason, minutes }: Extract<FromThread, { type: "break-glass" }>,
    thread: Thread,
  ): Promise<void> {
    const report = glassReport(who, reason, minutes);
    try {
      await this.#tell(report);
      await this.#recorder.append({
        kind: "decided",
        code: "glass-broken",
        about: { gate: "records", person: who.person, statement: report.statement },
        rests: this.#inForce === null ? [] : [this.#inForce.entry],
        data: { minutes, until: new Date(Date.now() + minutes * 60_000).toISOString() },
      });
      thread.send({ type: "glass-broken", id, recorded: true });
    } catch (error) {
      this.#problem(textOfError(error));
      thread.send({ type: "glass-broken", id, recorded: false });
    }
  }

  async #ring({
    who,
    statement,
    customer,
    relations,
  }: Extract<FromThread, { type: "canary" }>): Promise<void> {
    await this.#tell(canaryReport(who, { statement, customer, relations }));
  }

  #carryOut(order: Order): void {
    try {
      this.#approvals.carryOut(order);
    } catch (error) {
      this.#problem(textOfError(error));
    }
  }

  #lost(thread: Thread, problem: string): void {
    this.#fuses.breakLocksOf(thread.id);
    // The next one counts from nought; what this one had counted stays in the sums, but for its connections.
    for (const [name, value] of Object.entries(this.#ofThread.get(thread.number) ?? {}))
      if (name !== "open") this.#counters[name] = (this.#counters[name] ?? 0) + value;
    this.#ofThread.delete(thread.number);
    this.#problem(`a thread ended and is started again: ${problem || "no reason given"}`);
  }

  /* ---- figures ---- */

  #addFigures(one: MinuteFigures): void {
    const sum = this.#figures.get(one.person);
    if (sum === undefined) {
      this.#figures.set(one.person, { ...one });
      return;
    }
    sum.statements += one.statements;
    sum.customers += one.customers;
    sum.rows += one.rows;
    sum.bytes += one.bytes;
  }

  /** Who read how many, once a minute; the customers themselves are in the record. */
  #noteFigures(): void {
    for (const { person, statements, customers, rows, bytes } of this.#figures.values()) {
      const { hour, day } = this.#fuses.get(person, null).read();
      this.#recorder.note({
        kind: "observed",
        code: "customers-read",
        about: { gate: "records", person },
        data: { statements, customers, rows, bytes, hour, day },
      });
    }
    this.#figures.clear();
  }

  #tellStatus(): void {
    const { settings } = this.#options;
    const counters: Record<string, number> = { ...this.#counters, waiting: this.#approvals.waiting };
    for (const own of this.#ofThread.values())
      for (const [name, value] of Object.entries(own)) counters[name] = (counters[name] ?? 0) + value;
    const status: GateStatus = {
      type: "status",
      state: this.#stopping ? "stopping" : this.#ready ? "ready" : "starting",
      spooled: this.#recorder.waiting,
      shadow: settings.policy.shadow,
      listening: this.#ready ? [`${settings.host}:${this.port}`] : [],
      counters,
      lastError: this.#lastError,
    };
    this.#recorder.tell(status);
  }

  #problem(problem: string): void {
    this.#lastError = problem.slice(0, 500);
    const now = Date.now();
    if (now - this.#problemAt < limits.problemAgainMs) return;
    this.#problemAt = now;
    this.#options.log("warn", problem);
  }

  async close(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#drift.stop();
    await this.#judge.stop();
    await this.#files?.close();
    await this.#threads.stop();
    this.#noteFigures();
    this.#approvals.close();
    await this.#catalog.stop();
    await this.#archive.close();
    await this.#recorder.close(limits.closeMs);
    this.#memory.close();
  }
}

function seedsOf(secret: string): [number, number, number, number] {
  const bytes = createHash("sha256").update(secret).digest();
  return [0, 4, 8, 12].map((at) => bytes.readInt32LE(at)) as [number, number, number, number];
}

function groupOf(settings: RecordsSettings, person: string): string | null {
  const known = settings.persons.find(({ login }) => login === person);
  return known?.group ?? settings.policy.defaultGroup ?? null;
}

function passwordsOf(settings: RecordsSettings): Record<string, string> {
  const passwords: Record<string, string> = {};
  for (const { user, passwordFile } of settings.accounts)
    if (passwordFile !== undefined) passwords[user] = readFileSync(passwordFile, "utf8").trim();
  return passwords;
}
