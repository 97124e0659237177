import { inNetworks } from "../../../lib/networks.ts";
import type { MailSettings } from "../settings.ts";

type Session = { id: string; remoteAddress: string };

/**
 * How many connections each client address has, and how many messages it began in this minute. Front hosts
 * bring the mail of many clients: only those whom they name are counted.
 */
export class Clients {
  readonly #limits: MailSettings["limits"];
  readonly #fronts: readonly string[];
  /** Address of each open session, as it was when the session began: a front host may change it later. */
  readonly #sessions = new Map<string, string>();
  readonly #connections = new Map<string, number>();
  #messages = new Map<string, number>();
  #windowStart = 0;

  constructor(limits: MailSettings["limits"], fronts: readonly string[]) {
    this.#limits = limits;
    this.#fronts = fronts;
  }

  enter(session: Session): boolean {
    const address = session.remoteAddress;
    if (inNetworks(address, this.#fronts)) return true;
    const count = (this.#connections.get(address) ?? 0) + 1;
    this.#sessions.set(session.id, address);
    this.#connections.set(address, count);
    return count <= this.#limits.connectionsPerClientMax;
  }

  leave(session: { id: string }): void {
    const address = this.#sessions.get(session.id);
    if (address === undefined) return; // Never entered: a front host, or one that left before its greeting.
    this.#sessions.delete(session.id);
    const count = (this.#connections.get(address) ?? 1) - 1;
    if (count <= 0) this.#connections.delete(address);
    else this.#connections.set(address, count);
  }

  takeMessage(session: Session, now: number): boolean {
    const address = session.remoteAddress;
    if (inNetworks(address, this.#fronts)) return true;
    if (now - this.#windowStart >= 60_000) {
      this.#messages = new Map();
      this.#windowStart = now;
    }
    const count = (this.#messages.get(address) ?? 0) + 1;
    this.#messages.set(address, count);
    return count <= this.#limits.messagesPerClientPerMinute;
  }
}

/**
 * How long a session may go without bringing a message to its end. A client that sends a byte now and then is
 * never silent, and would hold its place for ever.
 */
export class Deadlines {
  readonly #milliseconds: number;
  readonly #onPassed: (session: string) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(seconds: number, onPassed: (session: string) => void) {
    this.#milliseconds = seconds * 1_000;
    this.#onPassed = onPassed;
  }

  /** Begins, or begins anew. */
  begin(session: string): void {
    this.end(session);
    const timer = setTimeout(() => {
      this.#timers.delete(session);
      this.#onPassed(session);
    }, this.#milliseconds);
    this.#timers.set(session, timer.unref());
  }

  end(session: string): void {
    clearTimeout(this.#timers.get(session));
    this.#timers.delete(session);
  }
}
