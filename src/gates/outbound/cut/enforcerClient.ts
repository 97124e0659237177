import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SekishoError } from "../../../lib/error.ts";
import { connectLocal, FramedSocket } from "../../../lib/framedSocket.ts";
import { findMarkedProcess } from "../../../lib/processMark.ts";
import { siblingModule } from "../../../lib/sibling.ts";
import { FromEnforcer, type CutOrder, type CutPlan, type CutProof, type ToEnforcer } from "./cutOrder.ts";

export const limits = {
  answerMsMax: 10_000,
  intelMsMax: 120_000,
  reconnectMs: 50,
  startMsMax: 10_000,
  /** One that ends at once is not started in a tight loop. */
  startAgainMs: 300,
  waitingMax: 1_000,
} as const;

/** How to start the enforcer, where the gate does it; null where it runs on its own (systemd). */
export type EnforcerStart = { stateFile: string; networkNamespace: string | null; logFile: string | null };

export type EnforcerHandlers = {
  onProof?: (proof: CutProof) => void;
  onDrift?: (drift: { what: string; mended: boolean }) => void;
  onProblem?: (problem: string) => void;
  /** The link is there (again); these orders are in force. */
  onLinked?: (orders: CutOrder[]) => void;
};

export type EnforcerAnswer = {
  ok: boolean;
  problem: string | null;
  proof: CutProof | null;
  proofs: CutProof[];
};
type Answer = Extract<FromEnforcer, { type: "answer" }>;
type Request = Extract<ToEnforcer, { request: number }>;
type Waiting = { message: Request; resolve: (answer: EnforcerAnswer) => void; timer: NodeJS.Timeout };

/**
 * The gate's side of the link to the enforcer. It connects, starts the enforcer where it is asked to, and
 * takes over one that runs already. What is asked while the enforcer is away is kept and said at once when
 * it is back, in the order in which it was asked.
 */
export class EnforcerClient {
  readonly #socketPath: string;
  readonly #token: string;
  readonly #start: EnforcerStart | null;
  readonly #handlers: EnforcerHandlers;
  #plan: CutPlan | null = null;
  #link: FramedSocket | null = null;
  #ready = false;
  #greeted: { resolve: () => void; fail: () => void }[] = [];
  readonly #asked = new Map<number, Waiting>();
  #requests = 0;
  #watching: ((lines: string[], lost: number) => void) | null = null;
  #connecting = false;
  #retry: NodeJS.Timeout | null = null;
  #startAgainAtMs = 0;
  #closed = false;

  constructor(
    options: { socketPath: string; token?: string; start: EnforcerStart | null },
    handlers: EnforcerHandlers,
  ) {
    this.#socketPath = options.socketPath;
    this.#token = options.token ?? lastingToken(`${options.socketPath}.token`);
    this.#start = options.start;
    this.#handlers = handlers;
  }

  /** The running enforcer's process, where it left its mark. */
  get pid(): number | null {
    return findMarkedProcess(`${this.#socketPath}.pid`);
  }

  get linked(): boolean {
    return this.#ready;
  }

  /** Tells the plan, connecting first where need be; resolves when the enforcer has it in place. */
  async plan(plan: CutPlan): Promise<void> {
    this.#plan = plan;
    this.#ready = false;
    const greeted = Promise.withResolvers<void>();
    const fail = () => {
      const hint =
        this.#start === null ? "start the enforcer" : "see its log; it needs CAP_NET_ADMIN and nft";
      const message = `Cannot reach the enforcer at ${this.#socketPath}`;
      greeted.reject(new SekishoError("peer-unavailable", message, { hint }));
    };
    const timer = setTimeout(fail, limits.startMsMax);
    this.#greeted.push({ resolve: greeted.resolve, fail });
    if (this.#link === null) void this.#connect();
    else this.#sendPlan();
    await greeted.promise.finally(() => clearTimeout(timer));
  }

  /** Carries out an order; a dry one is only rehearsed. */
  apply(order: CutOrder, options: { dry?: boolean } = {}): Promise<EnforcerAnswer> {
    return this.#ask({ type: "apply", request: this.#next(), order, dry: options.dry ?? false });
  }

  renew(id: string, until: string): Promise<EnforcerAnswer> {
    return this.#ask({ type: "renew", request: this.#next(), id, until });
  }

  lift(id: string): Promise<EnforcerAnswer> {
    return this.#ask({ type: "lift", request: this.#next(), id });
  }

  /** The proofs of all orders in force. */
  list(): Promise<EnforcerAnswer> {
    return this.#ask({ type: "list", request: this.#next() });
  }

  /** Replaces the intelligence list by that of a file; resolves when it is loaded. */
  loadIntel(file: string): Promise<EnforcerAnswer> {
    return this.#ask({ type: "intel", request: this.#next(), file }, limits.intelMsMax);
  }

  /** Follows connection tracking; null ends it. Goes on by itself after a reconnection. */
  watchConnections(onLines: ((lines: string[], lost: number) => void) | null): void {
    this.#watching = onLines;
    if (this.#ready)
      this.#link?.send({ type: "watch-connections", on: onLines !== null } satisfies ToEnforcer);
  }

  /** Ends the link; the enforcer and all that is in force stay. */
  close(): void {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#link?.close();
    this.#link = null;
    this.#ready = false;
    for (const request of [...this.#asked.keys()]) this.#fail(request, "the link was closed");
    for (const { fail } of this.#greeted.splice(0)) fail();
  }

  #next(): number {
    return (this.#requests += 1);
  }

  #ask(message: Request, msMax: number = limits.answerMsMax): Promise<EnforcerAnswer> {
    return new Promise((resolve) => {
      if (this.#asked.size >= limits.waitingMax || this.#closed) {
        const problem = this.#closed ? "the link was closed" : "too many requests wait for the enforcer";
        resolve({ ok: false, problem, proof: null, proofs: [] });
        return;
      }
      const timer = setTimeout(() => this.#fail(message.request, `no answer in ${msMax} ms`), msMax);
      this.#asked.set(message.request, { message, resolve, timer });
      if (this.#ready) this.#link?.send(message);
    });
  }

  #fail(request: number, problem: string): void {
    const waiting = this.#asked.get(request);
    if (waiting === undefined) return;
    // An order is never given up: it stays in line for the enforcer's return, though nobody awaits it now.
    const keeps = waiting.message.type === "apply" && !waiting.message.dry && !this.#closed && !this.#ready;
    if (!keeps) this.#asked.delete(request);
    clearTimeout(waiting.timer);
    waiting.resolve({ ok: false, problem, proof: null, proofs: [] });
  }

  async #connect(): Promise<void> {
    if (this.#connecting || this.#closed || this.#link !== null) return;
    this.#connecting = true;
    try {
      const socket = await connectLocal(this.#socketPath);
      if (this.#closed as boolean) {
        socket.destroy();
        return;
      }
      socket.setNoDelay?.(true);
      this.#link = new FramedSocket(socket, {
        onMessage: (message) => this.#read(message),
        onClose: () => this.#away(),
      });
      this.#sendPlan();
    } catch {
      this.#startEnforcer();
      this.#again();
    } finally {
      this.#connecting = false;
    }
  }

  #away(): void {
    this.#link = null;
    this.#ready = false;
    this.#again();
  }

  #again(): void {
    if (this.#closed || this.#retry !== null) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      void this.#connect();
    }, limits.reconnectMs);
  }

  #sendPlan(): void {
    if (this.#plan === null) return;
    this.#link?.send({ type: "plan", token: this.#token, plan: this.#plan } satisfies ToEnforcer);
  }

  /** Detached, because it outlives the gate; and not again while it may be on its way. */
  #startEnforcer(): void {
    const start = this.#start;
    const now = performance.now();
    if (start === null || this.pid !== null || now < this.#startAgainAtMs) return;
    this.#startAgainAtMs = now + limits.startMsMax;
    const program = fileURLToPath(siblingModule(import.meta.url, "./runEnforcer"));
    const command = [
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      program,
      this.#socketPath,
      start.stateFile,
    ];
    const inside =
      start.networkNamespace === null ? command : ["ip", "netns", "exec", start.networkNamespace, ...command];
    const log = start.logFile === null ? null : openSync(start.logFile, "a", 0o600);
    const child = spawn(inside[0] as string, inside.slice(1), {
      detached: true,
      stdio: ["ignore", "ignore", log ?? "ignore"],
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", SEKISHO_LINK_TOKEN: this.#token },
    });
    if (log !== null) closeSync(log);
    child.once("error", (error) =>
      this.#handlers.onProblem?.(`the enforcer does not start: ${error.message}`),
    );
    child.once("exit", () => (this.#startAgainAtMs = performance.now() + limits.startAgainMs));
    child.unref();
  }

  #read(message: unknown): void {
    const read = FromEnforcer.safeParse(message);
    if (!read.success) {
      this.#handlers.onProblem?.("the enforcer said something that was not understood");
      return;
    }
    const told = read.data;
    if (told.type === "hello") this.#greet(told.orders);
    else if (told.type === "answer") this.#answer(told);
    else if (told.type === "proof") this.#handlers.onProof?.(told.proof);
    else if (told.type === "drift") this.#handlers.onDrift?.(told);
    else if (told.type === "connections") this.#watching?.(told.lines, told.lost);
    else this.#handlers.onProblem?.(told.problem);
  }

  #greet(orders: CutOrder[]): void {
    this.#ready = true;
    // Asked again where the answer was lost with the link: every request may be carried out twice.
    for (const { message } of this.#asked.values()) this.#link?.send(message);
    if (this.#watching !== null) this.watchConnections(this.#watching);
    this.#handlers.onLinked?.(orders);
    for (const { resolve } of this.#greeted.splice(0)) resolve();
  }

  #answer(answer: Answer): void {
    const waiting = this.#asked.get(answer.request);
    if (waiting === undefined) return;
    this.#asked.delete(answer.request);
    clearTimeout(waiting.timer);
    const { ok, problem, proof } = answer;
    waiting.resolve({ ok, problem, proof, proofs: answer.proofs ?? [] });
  }
}

/**
 * The token lies beside the socket, for this user only: a station that was killed and came back must find
 * the enforcer that went on without it.
 */
function lastingToken(path: string): string {
  try {
    const token = readFileSync(path, "utf8").trim();
    if (token.length >= 32) return token;
  } catch {
    // There is none yet.
  }
  const token = randomBytes(32).toString("base64url");
  writeFileSync(path, `${token}\n`, { mode: 0o600 });
  return token;
}
