import type { EntryId } from "../../ledger/entry.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import type { Order } from "../../gateLink.ts";
import { digestOf } from "./gatehouse.ts";
import type { KeptRequest, RecordsMemory } from "./memory.ts";
import type { RecordsPolicy } from "./policy.ts";
import type { Grant, StatementReport } from "./threadLink.ts";

export type ApprovalsOptions = {
  policy: RecordsPolicy;
  memory: RecordsMemory;
  recorder: Recorder;
  now: () => number;
  onGrant: (grant: Grant) => void;
};

type Waiting = {
  request: KeptRequest;
  answer: (approved: Grant | null, because: string) => void;
  timer: NodeJS.Timeout;
};

/**
 * Statements that wait for a second person. The station asks her and sends the answer as an order; when
 * nobody answers in time, or the station is away, the answer is no.
 */
export class Approvals {
  readonly #options: ApprovalsOptions;
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: ApprovalsOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** How many customers an approval would give: the estimate and a fifth on top, within the policy. */
  customersOf(report: StatementReport): number {
    const { customersMax } = this.#options.policy.approval;
    return report.estimate === null
      ? customersMax
      : Math.min(customersMax, Math.ceil(report.estimate * 1.2) + 100);
  }

  /** Somebody has been asked; `answer` is called once, unless the client comes again by itself. */
  add(
    report: StatementReport,
    entry: EntryId,
    answer: ((approved: Grant | null, because: string) => void) | null,
  ): void {
    const { policy, memory, now } = this.#options;
    const milliseconds = policy.approval.deadlineMinutes * 60_000;
    const request: KeptRequest = {
      statement: report.statement,
      person: report.who.person,
      text: digestOf(report.text),
      customersMax: this.customersOf(report),
      until: now() + milliseconds,
      entry,
      state: "open",
    };
    memory.keepRequest(request);
    const timer = setTimeout(() => this.#settle(request, "denied", "nobody answered in time"), milliseconds);
    this.#waiting.set(report.statement, { request, timer, answer: answer ?? (() => {}) });
  }

  /** After a restart no client waits any more, but one that comes again may still be approved. */
  restore(): void {
    const { memory, now } = this.#options;
    for (const request of memory.openRequests()) {
      const left = request.until - now();
      if (left <= 0) {
        this.#settle(request, "denied", "nobody answered in time");
        continue;
      }
      const timer = setTimeout(() => this.#settle(request, "denied", "nobody answered in time"), left);
      this.#waiting.set(request.statement, { request, timer, answer: () => {} });
    }
  }

  /** The client has gone, or has cancelled. */
  withdraw(statement: string): void {
    const waiting = this.#waiting.get(statement);
    if (waiting !== undefined) this.#settle(waiting.request, "withdrawn", "the client did not wait");
  }

  /** The second person has answered. */
  carryOut(order: Order): void {
    const { memory, now, recorder } = this.#options;
    const statement = order.about["statement"] ?? "";
    const request = this.#waiting.get(statement)?.request ?? memory.findRequest(statement);
    const about = { gate: "records", statement, order: order.order };
    if (!memory.isNewOrder(order.order, now())) return;
    if (request === null || request.state !== "open") {
      const data = { state: "failed", because: "nobody waits for this any more" };
      recorder.note({ kind: "enforced", code: "approval-late", about, rests: [order.restsOn], data });
      return;
    }
    if (order.act !== "approve") {
      this.#settle(request, "denied", "a second person refused", order);
      return;
    }
    const until = now() + this.#options.policy.approval.minutes * 60_000;
    const { person, text, customersMax } = request;
    this.#settle(request, "approved", "", order, { id: statement, person, text, customersMax, until });
  }

  #settle(
    request: KeptRequest,
    state: KeptRequest["state"],
    because: string,
    order?: Order,
    grant: Grant | null = null,
  ): void {
    const { memory, recorder, onGrant } = this.#options;
    const waiting = this.#waiting.get(request.statement);
    if (waiting !== undefined) clearTimeout(waiting.timer);
    this.#waiting.delete(request.statement);
    memory.keepRequest({ ...request, state });
    if (grant !== null) memory.keepGrant(grant);
    const about = {
      gate: "records",
      statement: request.statement,
      person: request.person,
      ...(order === undefined ? {} : { order: order.order }),
    };
    const codes = {
      approved: "statement-approved",
      denied: "statement-denied",
      withdrawn: "statement-withdrawn",
    };
    recorder.note({
      kind: "enforced",
      code: codes[state as keyof typeof codes],
      about,
      rests: [request.entry as EntryId, ...(order === undefined ? [] : [order.restsOn])],
      data: {
        state: "done",
        because,
        ...(grant === null
          ? {}
          : { customersMax: grant.customersMax, until: new Date(grant.until).toISOString() }),
      },
    });
    // It is in the page cache before anything is let through on it.
    recorder.flush();
    if (grant !== null) onGrant(grant);
    waiting?.answer(grant, because);
  }

  /** No timer keeps the process. */
  close(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}
