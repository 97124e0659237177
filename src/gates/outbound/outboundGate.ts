import { join } from "node:path";
import { pass, type Gate, type OrdersInForce } from "../../gate.ts";
import { hashOfSettings, type GateStatus, type Order } from "../../gateLink.ts";
import { GateRecorder } from "../../gateRecorder.ts";
import { EvidenceStore } from "../../ledger/evidence.ts";
import { Keyring } from "../../ledger/keyring.ts";
import { realDisk } from "../../lib/disk.ts";
import { SekishoError, textOfError } from "../../lib/error.ts";
import { makeUuidV7 } from "../../lib/identifier.ts";
import type { Seen } from "./connection.ts";
import { CutLink } from "./cutLink.ts";
import { OutboundEnforcer } from "./enforce.ts";
import { FloodGuard } from "./floodGuard.ts";
import { noCounts } from "./counters.ts";
import { describeTraffic, gapFinding, lossFinding, sidesOf, type CrossedTraffic } from "./describeTraffic.ts";
import { findingOf, type Finding } from "./findings.ts";
import { Inventory } from "./hosts.ts";
import {
  judgeConnection,
  judgeTraffic,
  type OutboundAct,
  type SeenConnection,
  type SeenTraffic,
} from "./judge.ts";
import { suppress } from "./judge/suppress.ts";
import { keepFinding } from "./keepFinding.ts";
import { IntelligenceKeeper } from "./intelligenceKeeper.ts";
import { OutboundMemory } from "./memory.ts";
import { PlaceWatch } from "./placeWatch.ts";
import {
  hostOf,
  isFirstWord,
  learnNames,
  NameBook,
  observeConnection,
  observeNaming,
  observeQuery,
} from "./observe.ts";
import { cutActOf } from "./orderedCut.ts";
import { TrafficRecord, type FinishedFile } from "./record/recorder.ts";
import { RegularWork } from "./regularWork.ts";
import { SilenceWatch } from "./silence.ts";
import type { OutboundSettings } from "./settings.ts";
import { SteadyRecorder } from "./steadyRecorder.ts";
import { openSources, type Sources } from "./sources.ts";

export type OutboundGateOptions = {
  settings: OutboundSettings;
  dataFolder: string;
  version: string;
  token: string;
  log: (level: "info" | "warn" | "error", message: string, fields?: Record<string, unknown>) => void;
  onStop: () => void;
};

export const limits = {
  problemAgainMs: 30_000,
  closeMs: 5_000,
  /** A start has other work than reading where addresses are, which takes a second. */
  placesMs: 5_000,
  /** How long the start waits for the enforcer. */
  enforcerMs: 3_000,
  /** A host that speaks to everybody is one matter, not thousands: the record has every packet of it. */
  findingsPerHostPerHour: 50,
} as const;

export type RunningOutboundGate = { close(): Promise<void> };

/** Starts the outbound gate in this process: sources, record, judge, and the link to the enforcer. */
export async function startOutboundGate(options: OutboundGateOptions): Promise<RunningOutboundGate> {
  const gate = await OutboundGate.open(options);
  try {
    await gate.start();
  } catch (error) {
    await gate.close();
    throw error;
  }
  return gate;
}

class OutboundGate implements RunningOutboundGate {
  readonly #options: OutboundGateOptions;
  readonly #memory: OutboundMemory;
  readonly #recorder: GateRecorder;
  readonly #steady: SteadyRecorder;
  readonly #evidence: EvidenceStore;
  readonly #enforcer: OutboundEnforcer;
  readonly #inventory: Inventory;
  readonly #names = new NameBook();
  readonly #places: PlaceWatch;
  readonly #flood = new FloodGuard(limits.findingsPerHostPerHour);
  readonly #gate: Gate<CrossedTraffic, OutboundAct, void>;
  readonly #cutLink: CutLink | null;
  readonly #silence: SilenceWatch;
  readonly #counters = noCounts();
  readonly #work: RegularWork;
  readonly #intelligence: IntelligenceKeeper;
  #record: TrafficRecord | null = null;
  #sources: Sources | null = null;
  #inForce: OrdersInForce | null = null;
  #statusTimer: NodeJS.Timeout | null = null;
  #stopping = false;
  #ready = false;
  #lastError: string | null = null;
  #problemAt = 0;

  private constructor(options: OutboundGateOptions, keyring: Keyring) {
    const { settings, dataFolder } = options;
    this.#options = options;
    const folder = join(dataFolder, "outbound");
    this.#memory = new OutboundMemory(join(folder, "memory.sqlite"), (error) => this.#problem(error));
    this.#places = new PlaceWatch(this.#memory);
    this.#evidence = new EvidenceStore(realDisk, join(dataFolder, "evidence"), keyring);
    this.#inventory = new Inventory(settings.internal, settings.hosts);
    this.#recorder = new GateRecorder({
      gate: "outbound",
      version: options.version,
      token: options.token,
      settings: hashOfSettings(settings),
      socketPath: join(dataFolder, "run", "station.sock"),
      spoolFolder: join(folder, "spool"),
      onOrder: (order) => void this.#carryOut(order),
      onStop: options.onStop,
      onConnection: () => this.#tellStatus(),
      onProblem: (error) => this.#problem(error),
    });
    this.#steady = new SteadyRecorder(this.#recorder, (error) => this.#problem(error));
    const wanted = settings.cut !== undefined || settings.sources.conntrack;
    this.#cutLink = wanted
      ? new CutLink(settings, dataFolder, {
          onProof: (proof) => void this.#hearProof(proof),
          onDrift: (drift) => void this.#hearDrift(drift),
          onProblem: (problem) => this.#problem(new Error(problem)),
        })
      : null;
    this.#enforcer = new OutboundEnforcer({
      shadow: settings.policy.shadow,
      minutes: settings.cut?.minutes ?? 240,
      recorder: this.#steady,
      memory: this.#memory,
      cutter: settings.cut === undefined ? null : this.#cutLink,
      now: () => Temporal.Now.instant(),
    });
    this.#silence = new SilenceWatch({
      silenceMinutes: settings.record.silenceMinutes,
      sources: this.#memory.sources(),
    });
    this.#gate = {
      describe: describeTraffic,
      judge: (seen) => judgeTraffic(seen, settings.policy),
      enforce: (act, crossing) => this.#enforcer.enforce(act, crossing),
    };
    this.#intelligence = new IntelligenceKeeper({
      settings,
      folder,
      onFindings: (findings, by) => this.#takeFindings(findings, by),
      onChange: () => void this.#giveIntelligence(),
      onUnread: (unread) => {
        for (const { file, line, problem } of unread.slice(0, 20))
          options.log("warn", "an indicator could not be read", { file, line, problem });
      },
      onProblem: (problem) => this.#problem(new Error(problem)),
    });
    this.#work = new RegularWork({
      settings,
      folder: join(folder, "record"),
      onFindings: (findings, by) => this.#takeFindings(findings, by),
      onProblem: (problem) => this.#problem(new Error(problem)),
      onDay: () => this.#prune(),
    });
  }

  static async open(options: OutboundGateOptions): Promise<OutboundGate> {
    const keyring = await Keyring.open(realDisk, join(options.dataFolder, "keys"));
    const gate = new OutboundGate(options, keyring);
    try {
      await gate.#recordOrdersInForce();
    } catch (error) {
      await gate.close();
      throw error;
    }
    return gate;
  }

  async start(): Promise<void> {
    const { settings, dataFolder, log } = this.#options;
    await this.#intelligence.read();
    this.#record = await TrafficRecord.open({
      folder: join(dataFolder, "outbound", "record"),
      flushSeconds: settings.record.flushSeconds,
      onFile: (file) => this.#recordFile(file),
      onProblem: (problem) => this.#problem(new Error(problem)),
    });
    await this.#linkEnforcer();
    this.#sources = await openSources({
      settings,
      record: this.#record,
      cutLink: this.#cutLink,
      onSeen: (seen, source) => this.#take(seen, source),
      onUnread: (unread) => {
        this.#counters.unread += 1;
        this.#problem(new Error(`${unread.file}:${unread.line}: ${unread.problem}`));
      },
      onLost: (source, count) => this.#lose(source, count),
      onProblem: (problem) => this.#problem(new Error(problem)),
    });
    const readPlaces = (): Promise<void> =>
      this.#places.read(settings.asnFiles, (problem) => this.#problem(new Error(problem)));
    setTimeout(() => void readPlaces(), limits.placesMs).unref();
    this.#work.start();
    this.#intelligence.start();
    this.#ready = true;
    log("info", "outbound gate listens", { sources: this.#sources.names });
    this.#tellStatus();
    this.#statusTimer = setInterval(() => this.#everySecond(), 1_000);
  }

  /** Without the enforcer nothing can be cut, but what can be seen is recorded and judged all the same. */
  async #linkEnforcer(): Promise<void> {
    if (this.#cutLink === null) return;
    const linked = this.#cutLink.open().then(
      () => this.#giveIntelligence(),
      (error: unknown) => this.#problem(error as Error),
    );
    const waited = new Promise<void>((resolve) => setTimeout(resolve, limits.enforcerMs).unref());
    await Promise.race([linked, waited]);
  }

  /** Every act rests on the orders in force at its time; the text of them is evidence. */
  async #recordOrdersInForce(): Promise<void> {
    const { policy } = this.#options.settings;
    // A full disk keeps the gate from writing this down, not from its work.
    const object = await this.#evidence.put(Buffer.from(JSON.stringify(policy))).catch((error: unknown) => {
      this.#problem(error as Error);
      return null;
    });
    const entry = await this.#steady.append({
      kind: "decided",
      code: "orders-in-force",
      about: { gate: "outbound" },
      evidence: object === null ? [] : [object],
      data: { orders: policy.orders.map((order) => order.name), shadow: policy.shadow },
    });
    this.#inForce = { entry: entry.id };
  }

  async #giveIntelligence(): Promise<void> {
    const { settings, dataFolder } = this.#options;
    if (settings.cut?.intelligence !== true) return;
    const file = join(dataFolder, "outbound", "intelligence.txt");
    await this.#cutLink
      ?.keepIntelligence(this.#intelligence.current, file)
      .catch((error: unknown) => this.#problem(error as Error));
  }

  /* ---- what is seen ---- */

  #take(seen: readonly Seen[], source: string): void {
    const now = Date.now();
    this.#hearSource(source, now);
    const met: string[] = [];
    for (const row of seen) {
      if (row.table === "connection") this.#counters.connections += 1;
      learnNames(row, this.#names);
      const crossing = this.#observe(row);
      if (crossing === null) continue;
      met.push(crossing.dst);
      this.#judgeFirst(crossing);
    }
    if (met.length > 0) this.#memory.meet(met, now);
  }

  #hearSource(source: string, at: number): void {
    const gap = this.#silence.hear(source, at);
    if (gap !== null) void this.#takeFindings([gapFinding(source, gap, this.#options)], "record");
  }

  #observe(row: Seen): SeenConnection | null {
    const around = {
      inventory: this.#inventory,
      intelligence: this.#intelligence.current,
      names: this.#names,
      metBefore: (address: string) => this.#memory.metBefore(address),
      places: this.#places,
    };
    if (row.table === "naming") return observeNaming(row, around);
    if (row.table === "dns") return observeQuery(row, around);
    return isFirstWord(row) ? observeConnection(row, around) : null;
  }

  #judgeFirst(seen: SeenConnection): void {
    const found = judgeConnection(seen);
    if (found.length === 0) return;
    const { policy } = this.#options.settings;
    const given = { today: today(), nameOf: (address: string) => this.#inventory.nameOf(address) };
    const findings = suppress(found, policy, given).filter((finding) => this.#isNew(finding));
    if (findings.length === 0) return;
    // An address that many names share is somebody's shared front: then only the name is stopped.
    const shared = seen.names.length > 3;
    void this.#cross({
      at: seen.at,
      by: "first-packet",
      host: seen.host,
      addresses: shared || seen.dst === seen.names[0] ? [] : [seen.dst],
      names: [...seen.names.slice(0, 3)],
      findings,
    });
  }

  /** One behaviour is reported once a day; the record has every packet of it anyway. */
  #isNew(finding: Finding): boolean {
    const key = `${finding.code} ${finding.src} ${finding.dst}`;
    const now = Date.now();
    if (this.#flood.allows(`${finding.code} ${finding.src}`, now) && this.#memory.reportOnce(key, now))
      return true;
    this.#counters.repeated += 1;
    return false;
  }

  /** What an analysis or the gate itself found: one behaviour at a time goes through the loop. */
  async #takeFindings(found: readonly Finding[], by: SeenTraffic["by"]): Promise<void> {
    const fresh = found.filter((finding) => this.#isNew(finding));
    for (const ones of Map.groupBy(fresh, ({ group }) => group).values()) {
      const [first] = ones as [Finding];
      const ours = first.src !== "" && this.#inventory.sideOf(first.src) === "internal";
      await this.#cross({
        at: Temporal.Now.instant(),
        by,
        host: ours ? hostOf(first.src, this.#inventory) : null,
        ...sidesOf(ones),
        findings: ones,
      });
    }
  }

  async #cross(seen: SeenTraffic): Promise<void> {
    if (this.#inForce === null || this.#stopping) return;
    const hidden = seen.findings.every(({ hiddenBy }) => hiddenBy !== null);
    this.#counters[hidden ? "suppressed" : "findings"] += 1;
    const finding = makeUuidV7(seen.at.epochMilliseconds);
    try {
      const evidence = await keepFinding(seen, finding, {
        evidence: this.#evidence,
        recorder: this.#steady,
        onProblem: (error) => this.#problem(error),
      });
      await pass(
        this.#gate,
        { ...seen, finding, evidence },
        { recorder: this.#steady, inForce: this.#inForce },
      );
    } catch (error) {
      this.#problem(error as Error);
    }
  }

  /* ---- what is ordered ---- */

  async #carryOut(order: Order): Promise<void> {
    const rests = [order.restsOn];
    const by = { order: order.order, rests, about: { ...order.about, gate: "outbound" } };
    try {
      if (order.act === "lift") return await this.#enforcer.lift(order.about["cut"] ?? "", by);
      const minutes = Number(order.about["minutes"] ?? "") || null;
      if (order.act === "renew") {
        return await this.#enforcer.renew(order.about["cut"] ?? "", minutes ?? 60, by);
      }
      // It is sent again until its outcome is on record; what was done is not done twice.
      if (this.#memory.findOrder(order.order) !== null) return;
      const act = cutActOf(order, this.#options.settings);
      this.#counters.cuts += 1;
      const dry = order.about["drill"] !== undefined;
      await this.#enforcer.give({ act, minutes, about: by.about, rests, order: order.order, dry });
    } catch (error) {
      this.#problem(error as Error);
    }
  }

  async #hearProof(proof: Parameters<OutboundEnforcer["hear"]>[0]): Promise<void> {
    try {
      const leak = await this.#enforcer.hear(proof);
      if (leak === null) return;
      const about = { src: "", dst: proof.id, group: `cut ${proof.id}`, figures: { passed: leak.passed } };
      const finding = findingOf("cut-did-not-hold", about, { order: proof.id, packets: leak.passed });
      await this.#takeFindings([finding], "enforcer");
    } catch (error) {
      this.#problem(error as Error);
    }
  }

  async #hearDrift(drift: { what: string; mended: boolean }): Promise<void> {
    const minute = new Date().toISOString().slice(0, 16);
    // Each time counts: somebody who changes the rules again is not the same event.
    const about = { src: "", dst: `nftables ${minute}`, group: "cut drift", figures: { ...drift } };
    await this.#takeFindings([findingOf("cut-drift", about, drift)], "enforcer");
  }

  #lose(source: string, count: number): void {
    if (count === 0) return;
    this.#record?.lose(source, count);
    this.#counters.lost += count;
    void this.#takeFindings([lossFinding(source, count, today())], "record");
  }

  /** Each finished file of the record is under the ledger by its hash. */
  async #recordFile(file: FinishedFile): Promise<void> {
    const { path, table, hour, rows, bytes, sha256 } = file;
    const [day, of] = hour.split("/");
    await this.#recorder.append({
      kind: "observed",
      code: "record-file",
      about: { gate: "outbound", hour },
      data: { path, table, hour: `${day}T${of}:00:00.000Z`, rows, bytes, sha256 },
    });
  }

  /** What is older than the configuration says goes; the entry says that it was there. */
  async #prune(): Promise<void> {
    this.#memory.prune(Date.now());
    const { retentionDays } = this.#options.settings.record;
    for (const { day, files } of (await this.#record?.prune(retentionDays)) ?? []) {
      const data = { day, files, retentionDays };
      await this.#recorder.append({
        kind: "enforced",
        code: "record-pruned",
        about: { gate: "outbound" },
        data,
      });
    }
  }

  /* ---- the gate itself ---- */

  #everySecond(): void {
    this.#tellStatus();
    // Connection tracking that is listened to is not silent, even where nobody speaks.
    if (this.#cutLink?.linked === true && this.#options.settings.sources.conntrack)
      this.#hearSource("conntrack", Date.now());
    for (const { source, gap } of this.#silence.check(Date.now()))
      void this.#takeFindings([gapFinding(source, gap, this.#options)], "record");
    try {
      this.#memory.keepSources(this.#silence.heard);
    } catch (error) {
      this.#problem(error as Error);
    }
  }

  #problem(error: Error): void {
    const text = error instanceof SekishoError ? `${error.message}; ${error.hint}` : textOfError(error);
    this.#lastError = text.slice(0, 500);
    const now = Date.now();
    if (now - this.#problemAt < limits.problemAgainMs) return;
    this.#problemAt = now;
    this.#options.log("warn", "the outbound gate has a problem", { problem: text });
  }

  #tellStatus(): void {
    const status: GateStatus = {
      type: "status",
      state: this.#stopping ? "stopping" : this.#ready ? "ready" : "starting",
      spooled: this.#recorder.waiting,
      shadow: this.#options.settings.policy.shadow,
      listening: this.#sources?.names ?? [],
      counters: { ...this.#counters },
      lastError: this.#lastError,
    };
    this.#recorder.tell(status);
  }

  async close(): Promise<void> {
    this.#stopping = true;
    if (this.#statusTimer !== null) clearInterval(this.#statusTimer);
    this.#tellStatus();
    this.#work.stop();
    this.#intelligence.stop();
    await this.#sources?.close();
    await this.#record?.close().catch((error: unknown) => this.#problem(error as Error));
    // The enforcer and all that is in force stay: ending the gate is no way to lift a cut.
    this.#cutLink?.close();
    await this.#recorder.close(limits.closeMs).catch((error: unknown) => this.#problem(error as Error));
    this.#memory.close();
  }
}

function today(): string {
  return Temporal.Now.plainDateISO().toString();
}
