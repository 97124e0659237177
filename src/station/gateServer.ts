import { timingSafeEqual } from "node:crypto";
import type { Server } from "node:net";
import { FromGate, type FromStation, type GateStatus, type Order } from "../gateLink.ts";
import type { Ledger } from "../ledger/append.ts";
import { encodeEntry, Entry, limits } from "../ledger/entry.ts";
import { FramedSocket, listenLocal } from "../lib/framedSocket.ts";
import { textOfError } from "../lib/error.ts";
import { Turn } from "../lib/turn.ts";
import type { LedgerIndex } from "./ledgerIndex.ts";

export type GateServerOptions = {
  socketPath: string;
  token: string;
  ledger: Ledger;
  index: () => LedgerIndex;
  /** What becomes of a line that is no entry. */
  keepUnreadable: (gate: string, line: string) => Promise<Entry>;
  onHello: (gate: string, pid: number, settings: string) => void;
  onStatus: (gate: string, status: GateStatus) => void;
  onLost: (gate: string) => void;
  onProblem: (gate: string, problem: string) => void;
};

/** The station's side of the link: takes entries of the gates into the ledger, and hands orders to them. */
export class GateServer {
  readonly #options: GateServerOptions;
  readonly #gates = new Map<string, FramedSocket>();
  readonly #links = new Set<FramedSocket>();
  #server: Server | null = null;

  constructor(options: GateServerOptions) {
    this.#options = options;
  }

  async listen(): Promise<void> {
    this.#server = await listenLocal(this.#options.socketPath, (socket) => {
      let gate: string | null = null;
      const turn = new Turn();
      const framed = new FramedSocket(socket, {
        onMessage: (raw) => {
          const parsed = FromGate.safeParse(raw);
          if (!parsed.success) return this.#refuse(framed, gate, "a message of an unknown form");
          const message = parsed.data;
          if (message.type === "hello") {
            if (!sameToken(message.token, this.#options.token))
              return this.#refuse(framed, null, "a wrong token");
            gate = message.gate;
            this.#gates.set(gate, framed);
            this.#options.onHello(gate, message.pid, message.settings);
          } else if (gate === null) {
            this.#refuse(framed, null, "no hello");
          } else if (message.type === "status") {
            this.#options.onStatus(gate, message);
          } else {
            const from = gate;
            void turn.take(() => this.#take(framed, from, message));
          }
        },
        onClose: () => {
          this.#links.delete(framed);
          if (gate === null || this.#gates.get(gate) !== framed) return;
          this.#gates.delete(gate);
          this.#options.onLost(gate);
        },
      });
      this.#links.add(framed);
    });
  }

  #refuse(framed: FramedSocket, gate: string | null, problem: string): void {
    this.#options.onProblem(gate ?? "unknown", `closed a link: ${problem}`);
    framed.close();
  }

  /** Entries are acknowledged when they are on disk; a line that is no entry is kept as an observation. */
  async #take(
    framed: FramedSocket,
    gate: string,
    message: { batch: number; again: boolean; lines: string[] },
  ) {
    const { ledger } = this.#options;
    try {
      const entries: Entry[] = [];
      for (const line of message.lines)
        entries.push(readEntry(line) ?? (await this.#options.keepUnreadable(gate, line)));
      const known = message.again
        ? await this.#options.index().known(entries.map((entry) => entry.id))
        : new Map();
      const fresh = entries.filter((entry) => !known.has(entry.id));
      await Promise.all(fresh.map((entry) => ledger.append(entry)));
      const taken: FromStation = {
        type: "taken",
        batch: message.batch,
        size: ledger.size,
        root: ledger.root.toString("base64"),
      };
      framed.send(taken);
    } catch (error) {
      this.#options.onProblem(gate, `cannot take entries: ${textOfError(error)}`);
      framed.close(); // The gate keeps them and sends them again.
    }
  }

  isConnected(gate: string): boolean {
    return this.#gates.has(gate);
  }

  /** False where the gate is away; the order stays open and is sent again. */
  send(gate: string, order: Order): boolean {
    const message: FromStation = { type: "order", order };
    return this.#gates.get(gate)?.send(message) ?? false;
  }

  stop(gate: string): boolean {
    const message: FromStation = { type: "stop" };
    return this.#gates.get(gate)?.send(message) ?? false;
  }

  close(): void {
    this.#server?.close();
    for (const framed of this.#links) framed.destroy();
  }
}

function sameToken(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function readEntry(line: string): Entry | null {
  try {
    const entry = Entry.parse(JSON.parse(line));
    return encodeEntry(entry).length <= limits.entryBytesMax ? entry : null;
  } catch {
    return null;
  }
}
