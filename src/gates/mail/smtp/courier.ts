import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { siblingModule } from "../../../lib/sibling.ts";
import type { NextHop } from "../settings.ts";
import type { Delivery } from "./deliver.ts";

/**
 * Under which name the courier notes the outcome of a delivery, so that it outlives the gate. `places` are
 * those of the recipients in the sorted envelope, `reached` those that need the message no more.
 */
export type DeliveryMark = (
  { of: "transaction"; fingerprint: string; mail: string } | { of: "order"; order: string }
) & { places: readonly number[]; reached: readonly number[] };

export type Parcel = {
  hop: "inbound" | "outbound";
  from: string;
  to: readonly string[];
  raw: Buffer;
  smtpUtf8: boolean;
  mark: DeliveryMark | null;
};

export type ToCourier = Omit<Parcel, "raw"> & { id: number; raw: Uint8Array };
/** `delivery` is null in the first message, which says that the courier is ready. */
export type FromCourier = { id: number; delivery: Delivery | null };

export type CourierOptions = {
  hostname: string;
  inbound: NextHop;
  outbound: NextHop | null;
  memoryPath: string;
  onProblem: (problem: string) => void;
};

export const limits = { startMsMin: 100, startMsMax: 10_000, steadyMs: 30_000 } as const;

/** The gate's end of the courier process; starts a new one when it dies, ever more slowly. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #waiting = new Map<number, (delivery: Delivery) => void>();
  #process: ChildProcess;
  #next = 1;
  #closed = false;
  #startedAt = 0;
  #backOffMs: number = limits.startMsMin;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#process = this.#start();
  }

  #start(): ChildProcess {
    const { hostname, inbound, outbound, memoryPath } = this.#options;
    const program = fileURLToPath(siblingModule(import.meta.url, "./courierProgram"));
    const settings = JSON.stringify({ hostname, inbound, outbound, memory: memoryPath });
    this.#startedAt = performance.now();
    const child = fork(program, [settings], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    child.on("message", (message: FromCourier) => {
      if (message.delivery === null) return;
      this.#waiting.get(message.id)?.(message.delivery);
      this.#waiting.delete(message.id);
    });
    child.once("exit", () => this.#lost(child));
    child.on("error", (error) => this.#options.onProblem(`courier: ${error.message}`));
    return child;
  }

  #lost(child: ChildProcess): void {
    if (this.#closed || child !== this.#process) return;
    this.#options.onProblem("the courier ended and is started again");
    for (const [id, settle] of this.#waiting) {
      this.#waiting.delete(id);
      settle({ outcome: "in-doubt", problem: "the courier ended" });
    }
    const steady = performance.now() - this.#startedAt > limits.steadyMs;
    this.#backOffMs = steady ? limits.startMsMin : Math.min(limits.startMsMax, this.#backOffMs * 2);
    this.#timer = setTimeout(() => (this.#process = this.#start()), this.#backOffMs);
  }

  /** Hands a message to the next hop. Never rejects: every outcome is a value. */
  deliver(parcel: Parcel): Promise<Delivery> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#process.send({ ...parcel, id } satisfies ToCourier, (error) => {
        if (error === null || !this.#waiting.delete(id)) return;
        resolve({ outcome: "unreachable", problem: "the courier is away" });
      });
    });
  }

  /** The courier ends what it has begun, then goes. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(timer);
  }
}
