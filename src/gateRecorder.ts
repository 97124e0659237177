import { Spool, type SpoolPlace } from "./ledger/spool.ts";
import { encodeEntry, type Entry, type EntryDraft } from "./ledger/entry.ts";
import { makeEntry } from "./ledger/draft.ts";
import type { Recorder } from "./ledger/recorder.ts";
import { connectLocal, FramedSocket } from "./lib/framedSocket.ts";
import { FromStation, type FromGate, type GateStatus, type Order } from "./gateLink.ts";

export const limits = {
  batchBytes: 512 * 1024,
  batchesOnTheWay: 4,
  answerMsMax: 2_000,
  reconnectMs: 250,
  diskAgainMs: 1_000,
} as const;

type Batch = { number: number; next: SpoolPlace; lines: number };

/**
 * A gate's side of the link: every entry goes to the disk spool first and to the station from there, in
 * order.
 * While the station is away the spool grows and the gate goes on.
 */
export class GateRecorder implements Recorder {
  readonly #options: GateRecorderOptions;
  readonly #spool: Spool;
  #socket: FramedSocket | null = null;
  #sent: SpoolPlace;
  #batches: Batch[] = [];
  #batchNumber = 0;
  #again = true;
  #kicked = false;
  #closed = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #waiters = new Map<string, () => void>();

  constructor(options: GateRecorderOptions) {
    this.#options = options;
    this.#spool = Spool.open(options.spoolFolder);
    this.#sent = this.#spool.taken;
    void this.#connect();
  }

  get waiting(): number {
    return this.#spool.waiting;
  }

  get connected(): boolean {
    return this.#socket !== null;
  }

  note(draft: EntryDraft): Entry {
    const entry = makeEntry(draft, { by: `gate/${this.#options.gate}`, now: Temporal.Now.instant() });
    this.#spool.add(encodeEntry(entry));
    this.#kick();
    return entry;
  }

  /** What was noted so far outlives this process: to be called before it takes effect. */
  flush(): void {
    this.#spool.flush();
  }

  /** Resolves when the station has the entry on its disk, or, where it is away, when it is on ours. */
  async append(draft: EntryDraft): Promise<Entry> {
    const entry = this.note(draft);
    if (this.#socket !== null) {
      const taken = await this.#waitForStation(entry.id);
      if (taken) return entry;
    }
    await this.#spool.sync();
    return entry;
  }

  #waitForStation(id: string): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(false), limits.answerMsMax);
      const settle = (taken: boolean): void => {
        clearTimeout(timer);
        this.#waiters.delete(id);
        resolve(taken);
      };
      this.#waiters.set(id, () => settle(this.#socket !== null));
    });
  }

  /** Tells the station how the gate is. */
  tell(status: GateStatus): void {
    this.#socket?.send(status satisfies FromGate);
  }

  async #connect(): Promise<void> {
    if (this.#closed) return;
    try {
      const socket = await connectLocal(this.#options.socketPath);
      const framed = new FramedSocket(socket, {
        onMessage: (message) => this.#hear(message),
        onClose: () => this.#lost(),
      });
      const { gate, version, token, settings } = this.#options;
      framed.send({ type: "hello", gate, pid: process.pid, version, token, settings } satisfies FromGate);
      this.#socket = framed;
      this.#sent = this.#spool.taken;
      this.#batches = [];
      this.#idsOfBatch.clear();
      this.#again = true;
      this.#options.onConnection(true);
      this.#kick();
    } catch {
      this.#retry();
    }
  }

  #lost(): void {
    if (this.#socket === null) return;
    this.#socket = null;
    for (const settle of [...this.#waiters.values()]) settle();
    this.#options.onConnection(false);
    this.#retry();
  }

  #retry(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#connect(), limits.reconnectMs);
  }

  #kick(): void {
    if (this.#kicked) return;
    this.#kicked = true;
    setImmediate(() => {
      this.#kicked = false;
      try {
        this.#spool.flush();
        this.#send();
      } catch (error) {
        this.#options.onProblem(error as Error);
        setTimeout(() => this.#kick(), limits.diskAgainMs).unref();
      }
    });
  }

  #send(): void {
    while (this.#socket !== null && this.#batches.length < limits.batchesOnTheWay) {
      const { lines, next } = this.#spool.read(this.#sent, limits.batchBytes);
      if (lines.length === 0) {
        this.#again = false;
        return;
      }
      const number = ++this.#batchNumber;
      if (
        !this.#socket.send({ type: "entries", batch: number, again: this.#again, lines } satisfies FromGate)
      )
        return;
      this.#batches.push({ number, next, lines: lines.length });
      this.#sent = next;
      this.#rememberIds(number, lines);
    }
  }

  readonly #idsOfBatch = new Map<number, string[]>();

  #rememberIds(number: number, lines: string[]): void {
    if (this.#waiters.size === 0) return;
    const ids = lines
      .map((line) => (JSON.parse(line) as { id: string }).id)
      .filter((id) => this.#waiters.has(id));
    if (ids.length > 0) this.#idsOfBatch.set(number, ids);
  }

  #hear(raw: unknown): void {
    const message = FromStation.parse(raw);
    if (message.type === "order") this.#options.onOrder(message.order);
    else if (message.type === "stop") this.#options.onStop();
    else this.#taken(message.batch);
  }

  #taken(number: number): void {
    const batch = this.#batches[0];
    if (batch === undefined || batch.number !== number) return;
    this.#batches.shift();
    this.#spool.take(batch.next, batch.lines);
    for (const id of this.#idsOfBatch.get(number) ?? []) this.#waiters.get(id)?.();
    this.#idsOfBatch.delete(number);
    this.#kick();
  }

  /** Waits a while for the station to take what is left; the rest stays in the spool. */
  async close(waitMs: number): Promise<void> {
    const until = performance.now() + waitMs;
    while (this.#spool.waiting > 0 && this.#socket !== null && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.close();
    await this.#spool.sync();
    this.#spool.close();
  }
}

export type GateRecorderOptions = {
  gate: string;
  version: string;
  /** Shared by the station and its gates through the environment; other local programs do not know it. */
  token: string;
  /** Hash of the settings that the gate runs by. */
  settings: string;
  socketPath: string;
  spoolFolder: string;
  onOrder: (order: Order) => void;
  onStop: () => void;
  onConnection: (connected: boolean) => void;
  /** The disk did not take or give entries; they wait, and it is tried again. */
  onProblem: (error: Error) => void;
};
