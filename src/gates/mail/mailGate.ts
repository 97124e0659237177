import { join } from "node:path";
import { pass, type Gate, type OrdersInForce } from "../../gate.ts";
import { CanaryFinder, canaryPlaceOf } from "../../gateCanaries.ts";
import { hashOfSettings, type GateStatus, type Order } from "../../gateLink.ts";
import { GateRecorder } from "../../gateRecorder.ts";
import { EvidenceStore } from "../../ledger/evidence.ts";
import { Keyring } from "../../ledger/keyring.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import { realDisk } from "../../lib/disk.ts";
import { textOfError } from "../../lib/error.ts";
import { makeUuidV7 } from "../../lib/identifier.ts";
import { findByMark } from "../../lib/processMark.ts";
import { createDnsResolver } from "./dns.ts";
import { MailEnforcer, type Answer, type ReceivedMail } from "./enforce.ts";
import { domainOf } from "./heldMail.ts";
import { judgeMail, judgeOutgoing, judgeUnread, type MailAct } from "./judge.ts";
import { traceOf } from "./traceOf.ts";
import { MailMemory, type Transaction } from "./memory.ts";
import { observeMail } from "./observe.ts";
import { createReaderPool, type ReaderPool } from "./reader/createReaderPool.ts";
import type { MailSettings } from "./settings.ts";
import { Courier } from "./smtp/courier.ts";
import { Flight, listen, type Arrived, type Listening } from "./smtp/listen.ts";

export type MailGateOptions = {
  settings: MailSettings;
  dataFolder: string;
  version: string;
  token: string;
  log: (level: "info" | "warn" | "error", message: string, fields?: Record<string, unknown>) => void;
  onStop: () => void;
};

export const limits = { hopsMax: 100, pruneMs: 3_600_000, problemAgainMs: 30_000 } as const;

export type RunningGate = { listening: Listening[]; close(): Promise<void> };

/** Starts the mail gate in this process: listeners, readers, memory, and the link to the station. */
export async function startMailGate(options: MailGateOptions): Promise<RunningGate> {
  const gate = await MailGate.open(options);
  try {
    await gate.listen();
  } catch (error) {
    await gate.close();
    throw error;
  }
  return gate;
}

type Counters = Record<
  "received" | "passed" | "held" | "refused" | "deferred" | "repeated" | "failed",
  number
>;

class MailGate implements RunningGate {
  readonly #options: MailGateOptions;
  readonly #keyring: Keyring;
  readonly #canaries: CanaryFinder;
  readonly #memory: MailMemory;
  readonly #recorder: GateRecorder;
  readonly #enforcer: MailEnforcer;
  readonly #readers: ReaderPool;
  readonly #courier: Courier;
  readonly #gate: Gate<ReceivedMail, MailAct, Answer>;
  readonly #flight = new Flight();
  readonly #underWay = new Set<string>();
  readonly #counters: Counters = {
    received: 0,
    passed: 0,
    held: 0,
    refused: 0,
    deferred: 0,
    repeated: 0,
    failed: 0,
  };
  listening: Listening[] = [];
  #inForce: OrdersInForce | null = null;
  #stopping = false;
  #statusTimer: NodeJS.Timeout | null = null;
  #pruneTimer: NodeJS.Timeout | null = null;
  #lastError: string | null = null;
  #problemAt = 0;

  private constructor(options: MailGateOptions, keyring: Keyring) {
    const { settings, dataFolder } = options;
    this.#options = options;
    this.#keyring = keyring;
    this.#canaries = new CanaryFinder(canaryPlaceOf(options.dataFolder, keyring));
    this.#memory = new MailMemory(memoryPathOf(dataFolder));
    this.#recorder = new GateRecorder({
      gate: "mail",
      version: options.version,
      token: options.token,
      settings: hashOfSettings(settings),
      socketPath: join(dataFolder, "run", "station.sock"),
      spoolFolder: join(dataFolder, "mail", "spool"),
      onOrder: (order) => void this.#carryOut(order),
      onStop: options.onStop,
      onConnection: (connected) => this.#connectionChanged(connected),
      onProblem: (error) => this.#problem(error),
    });
    this.#courier = new Courier({
      hostname: settings.hostname,
      inbound: settings.inbound.nextHop,
      outbound: settings.outbound?.nextHop ?? null,
      memoryPath: memoryPathOf(dataFolder),
      onProblem: (problem) => this.#problem(new Error(problem)),
    });
    this.#enforcer = new MailEnforcer({
      hostname: settings.hostname,
      shadow: settings.policy.shadow,
      recorder: this.#recorder,
      evidence: new EvidenceStore(realDisk, join(dataFolder, "evidence"), keyring),
      memory: this.#memory,
      courier: this.#courier,
      now: () => Temporal.Now.instant(),
    });
    const { workers, secondsMax, memoryBytesMax } = settings.reader;
    const dns = settings.dns.enabled ? createDnsResolver(settings.dns) : null;
    this.#readers = createReaderPool({
      workers,
      msMax: secondsMax * 1_000,
      rssBytesMax: memoryBytesMax,
      dns,
    });
    this.#gate = {
      describe: describeMail,
      judge: (received) => this.#judge(received),
      enforce: (act, crossing) => this.#enforcer.enforce(act, crossing),
    };
  }

  static async open(options: MailGateOptions): Promise<MailGate> {
    const keyring = await Keyring.open(realDisk, join(options.dataFolder, "keys"));
    const gate = new MailGate(options, keyring);
    try {
      await gate.#recordOrdersInForce();
    } catch (error) {
      await gate.close();
      throw error;
    }
    return gate;
  }

  async listen(): Promise<void> {
    const { settings, log } = this.#options;
    const context = {
      receive: (arrived: Arrived) => this.#receive(arrived),
      flight: this.#flight,
      onProblem: (error: Error) => this.#problem(error),
    };
    this.listening.push(await listen(settings, "inbound", context));
    if (settings.outbound !== undefined) this.listening.push(await listen(settings, "outbound", context));
    for (const { address, port } of this.listening) log("info", "mail gate listens", { address, port });
    this.#tellStatus();
    this.#statusTimer = setInterval(() => this.#tellStatus(), 1_000);
    this.#memory.prune(Date.now());
    this.#pruneTimer = setInterval(
      () => this.#withoutHarm(() => this.#memory.prune(Date.now())),
      limits.pruneMs,
    );
  }

  /** Every act rests on the orders in force at its time; the text of them is evidence. */
  async #recordOrdersInForce(): Promise<void> {
    const { settings, dataFolder } = this.#options;
    const store = new EvidenceStore(realDisk, join(dataFolder, "evidence"), this.#keyring);
    const object = await store.put(Buffer.from(JSON.stringify(settings.policy)));
    const entry = await this.#recorder.append({
      kind: "decided",
      code: "orders-in-force",
      about: { gate: "mail" },
      evidence: [object],
      data: { orders: settings.policy.orders.map((order) => order.name), shadow: settings.policy.shadow },
    });
    this.#inForce = { entry: entry.id };
  }

  async #receive(arrived: Arrived): Promise<{ answer: Answer; noteSent: () => void }> {
    const { fingerprint, hops } = traceOf(arrived.transport, arrived.raw);
    this.#counters.received += 1;
    // RFC 5321 6.3: a message that has been everywhere goes in a circle.
    if (hops > limits.hopsMax) {
      this.#counters.refused += 1;
      return {
        answer: { code: 554, text: "5.4.6 too many hops, the message goes in a circle" },
        noteSent() {},
      };
    }
    if (this.#underWay.has(fingerprint)) {
      return {
        answer: { code: 451, text: "4.3.0 this message is being taken already, try again later" },
        noteSent() {},
      };
    }
    this.#underWay.add(fingerprint);
    try {
      const answer = await this.#answer(arrived, fingerprint);
      this.#recorder.flush();
      this.#count(answer);
      return { answer, noteSent: () => this.#noteAnswered(fingerprint, answer) };
    } finally {
      this.#underWay.delete(fingerprint);
    }
  }

  async #answer(arrived: Arrived, fingerprint: string): Promise<Answer> {
    const before = this.#memory.transaction(fingerprint, Date.now());
    const takenOver = before !== null && (before.state === "delivered" || before.state === "held");
    // An identical message that was answered before may be meant; one with a Message-ID is the same one
    // (RFC 5322 3.6.4).
    if (takenOver && (!before.answered || hasIdentity(arrived.raw))) return this.#answerRepeated(before);
    if (before?.state === "sending" && findByMark(before.courier) !== null) {
      // A courier of a gate that was killed still waits for the answer of the next hop.
      return { code: 451, text: "4.3.0 this message is being delivered already, try again later" };
    }
    const inDoubt = before?.state === "sending" || before?.state === "in-doubt";
    const reached = before === null || takenOver ? [] : before.reached;
    const again = inDoubt || reached.length > 0 || before?.state === "holding";
    const mail = again ? (before as Transaction).mail : makeUuidV7(Date.now());
    const { transport, places } = withoutReached(arrived.transport, reached);
    const seen = await this.#observe({ ...arrived, transport }, mail);
    const { raw, smtpUtf8, protocol } = arrived;
    const received = { mail, fingerprint, inDoubt, places, reached, raw, smtpUtf8, protocol, seen };
    const answer = await pass(this.#gate, received, {
      recorder: this.#recorder satisfies Recorder,
      inForce: this.#inForce as OrdersInForce,
    });
    if (answer.code === 250) this.#withoutHarm(() => this.#meet(received));
    return answer;
  }

  #answerRepeated(before: Transaction): Answer {
    this.#counters.repeated += 1;
    if (before.state === "delivered" && !before.answered) this.#recordLateDelivery(before.mail);
    this.#recorder.note({
      kind: "observed",
      code: "mail-repeated",
      about: { gate: "mail", mail: before.mail },
      data: { was: before.state, answered: before.answered },
    });
    return { code: 250, text: `2.0.0 accepted before as ${before.mail}` };
  }

  /** For what comes after the message was taken over: its answer stands, whatever happens here. */
  #withoutHarm(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#problem(error as Error);
    }
  }

  /** The gate was killed between the delivery and its entry; the courier noted the outcome. */
  #recordLateDelivery(mail: string): void {
    const data = { state: "in-place", late: true };
    this.#recorder.note({ kind: "enforced", code: "mail-delivered", about: { gate: "mail", mail }, data });
  }

  async #observe(arrived: Arrived, mail: string): Promise<ReceivedMail["seen"]> {
    const observed = await observeMail(this.#readers, arrived, {
      at: Temporal.Now.instant(),
      historyOf: (address) => this.#memory.history(this.#namesOf(address)),
      canaryIn: (text) => this.#canaries.find(text)[0]?.text ?? null,
    });
    if (observed.ok) return observed.seen;
    this.#counters.failed += 1;
    this.#lastError = `a message could not be read: ${observed.problem}`.slice(0, 300);
    this.#options.log("warn", "a message could not be read", { mail, problem: observed.problem });
    return { ...observed.seen, reading: null };
  }

  #namesOf(address: string): { fromAddress: string; fromDomain: string } {
    return {
      fromAddress: this.#keyring.pseudonymOf(`address ${address.toLowerCase()}`),
      fromDomain: this.#keyring.pseudonymOf(`domain ${domainOf(address)}`),
    };
  }

  #judge(received: ReceivedMail) {
    const { seen } = received;
    const { policy } = this.#options.settings;
    if (seen.transport.direction === "outbound") return judgeOutgoing(seen);
    return seen.reading === null
      ? judgeUnread(policy)
      : judgeMail({ ...seen, reading: seen.reading }, policy);
  }

  /** Who wrote to us, and to whom we wrote, is known from now on. */
  #meet(received: ReceivedMail): void {
    const { transport, reading, at } = received.seen;
    if (transport.direction === "outbound") {
      const names = transport.rcptTo.map((address) => this.#namesOf(address).fromAddress);
      this.#memory.meet(names, "to", at.epochMilliseconds);
      return;
    }
    const from = reading?.from[0]?.address;
    const delivered = this.#memory.transaction(received.fingerprint, Date.now())?.state === "delivered";
    if (from === undefined || !delivered) return; // A held message makes nobody known.
    const { fromAddress, fromDomain } = this.#namesOf(from);
    this.#memory.meet([fromAddress, fromDomain], "from", at.epochMilliseconds);
  }

  #noteAnswered(fingerprint: string, answer: Answer): void {
    if (answer.code === 250) this.#withoutHarm(() => this.#memory.noteAnswered(fingerprint));
  }

  #count(answer: Answer): void {
    if (answer.code >= 500) this.#counters.refused += 1;
    else if (answer.code >= 400) this.#counters.deferred += 1;
    else if (answer.text.includes("for review")) this.#counters.held += 1;
    else this.#counters.passed += 1;
  }

  readonly #ordersUnderWay = new Set<string>();

  async #carryOut(order: Order): Promise<void> {
    if (this.#ordersUnderWay.has(order.order)) return;
    this.#ordersUnderWay.add(order.order);
    try {
      await this.#enforcer.carryOut(order);
    } catch (error) {
      this.#problem(error as Error);
    } finally {
      this.#ordersUnderWay.delete(order.order);
    }
  }

  #connectionChanged(connected: boolean): void {
    const message = connected
      ? "station found"
      : "station lost: judging by standing orders, entries go to the spool";
    this.#options.log(connected ? "info" : "warn", message, { spooled: this.#recorder?.waiting ?? 0 });
    if (connected && this.listening.length > 0) this.#tellStatus();
  }

  #tellStatus(): void {
    const status: GateStatus = {
      type: "status",
      state: this.#stopping ? "stopping" : "ready",
      spooled: this.#recorder.waiting,
      shadow: this.#options.settings.policy.shadow,
      listening: this.listening.map(({ address, port }) => `${address}:${port}`),
      counters: { ...this.#counters },
      lastError: this.#lastError,
    };
    this.#recorder.tell(status);
  }

  /** What goes on for long (a full disk) is said now and then. */
  #problem(error: Error): void {
    const problem = textOfError(error).slice(0, 300);
    const now = performance.now();
    if (problem === this.#lastError && now - this.#problemAt < limits.problemAgainMs) return;
    [this.#lastError, this.#problemAt] = [problem, now];
    this.#options.log("error", "mail gate problem", { problem });
  }

  /** Takes no new connection, answers what is under way, and leaves the rest in the spool. */
  async close(): Promise<void> {
    this.#stopping = true;
    this.#tellStatus();
    for (const timer of [this.#statusTimer, this.#pruneTimer]) if (timer !== null) clearInterval(timer);
    await Promise.all(this.listening.map((one) => one.close()));
    const until = performance.now() + 10_000;
    while (this.#underWay.size > 0 && performance.now() < until)
      await new Promise((go) => setTimeout(go, 20));
    await this.#courier.close();
    await this.#readers.close();
    await this.#recorder.close(2_000);
    this.#memory.close();
  }
}

function memoryPathOf(dataFolder: string): string {
  return join(dataFolder, "mail", "memory.sqlite");
}

/** The entry of a received message: no address, no subject, nothing that a person wrote. */
function describeMail(received: ReceivedMail) {
  const { transport, reading } = received.seen;
  const from = reading?.from[0]?.address ?? transport.mailFrom;
  return {
    kind: "observed" as const,
    code: "mail-received",
    about: { gate: "mail", mail: received.mail },
    data: {
      direction: transport.direction,
      client: transport.clientAddress,
      senderDomain: domainOf(from),
      envelopeDomain: domainOf(transport.mailFrom),
      recipients: transport.rcptTo.length,
      bytes: received.raw.length,
      sha256: reading?.sha256 ?? null,
      read: reading !== null,
    },
  };
}

/** The envelope without the recipients that have the message; places are those in the sorted envelope. */
function withoutReached(
  transport: Arrived["transport"],
  reached: readonly number[],
): { transport: Arrived["transport"]; places: number[] } {
  const sorted = [...transport.rcptTo].sort();
  const left = transport.rcptTo.filter((address) => !reached.includes(sorted.indexOf(address)));
  return {
    transport: { ...transport, rcptTo: left },
    places: left.map((address) => sorted.indexOf(address)),
  };
}

/** Whether the header section has a Message-ID, so that equal bytes are the same message. */
function hasIdentity(raw: Buffer): boolean {
  const end = raw.indexOf("\r\n\r\n");
  const header = raw.toString("latin1", 0, end < 0 ? Math.min(raw.length, 65_536) : end);
  return /^message-id:/im.test(header);
}
