import type { Kysely } from "kysely";
import type { AppendedRow } from "../ledger/append.ts";
import type { Entry } from "../ledger/entry.ts";
import { Order } from "../gateLink.ts";

/** How long after the nth failed attempt the next one is made. */
const backOffSeconds = [30, 60, 300, 900, 3_600] as const;

/** Entries that an order is being carried out, not what became of it. */
const underWay: ReadonlySet<string> = new Set(["release-asked", "cut-ordered", "cut-proved"]);

/**
 * Orders to gates that follow from decisions. An order is kept before it is sent, and is sent again until
 * an entry
 * of the gate says what became of it; the gate carries it out once.
 */
export class GateOrders {
  readonly #db: Kysely<any>;
  readonly #send: (gate: string, order: Order) => boolean;
  readonly #now: () => Temporal.Instant;

  constructor(options: {
    db: Kysely<any>;
    send: (gate: string, order: Order) => boolean;
    now: () => Temporal.Instant;
  }) {
    this.#db = options.db;
    this.#send = options.send;
    this.#now = options.now;
  }

  async add(order: Order, decision: string): Promise<void> {
    const row = {
      id: order.order,
      gate: order.gate,
      decision_id: decision,
      body: JSON.stringify(order),
      state: "open",
      next_at: this.#now().toString(),
      result: null,
    };
    await this.#db
      .insertInto("gate_order")
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await this.sendDue();
  }

  /** Sends the open orders whose time has come; returns how many were handed over. */
  async sendDue(gate?: string): Promise<number> {
    const now = this.#now();
    let query = this.#db.selectFrom("gate_order").select(["id", "gate", "body"]).where("state", "=", "open");
    query =
      gate === undefined ? query.where("next_at", "<=", now.toString()) : query.where("gate", "=", gate);
    const rows = (await query.orderBy("next_at").limit(500).execute()) as {
      id: string;
      gate: string;
      body: string;
    }[];
    let sent = 0;
    for (const row of rows) {
      // If the gate dies over it, it is asked again; it knows by the order's id what it has done. Noted
      // before, so that the time which its answer sets stays.
      const nextAt = now.add({ seconds: 30 }).toString();
      await this.#db.updateTable("gate_order").set({ next_at: nextAt }).where("id", "=", row.id).execute();
      if (this.#send(row.gate, Order.parse(JSON.parse(row.body)))) sent += 1;
    }
    return sent;
  }

  /** Reads the outcome of orders off new entries. */
  async follow(rows: AppendedRow[]): Promise<void> {
    for (const { entry } of rows) {
      const order = entry.about["order"];
      if (order === undefined || underWay.has(entry.code)) continue;
      await this.#settle(order, entry);
    }
  }

  async #settle(order: string, entry: Entry): Promise<void> {
    const data = entry.data as Record<string, unknown>;
    const result = JSON.stringify({
      state: data["state"],
      code: entry.code,
      at: entry.at,
      detail: detailOf(data),
    });
    const again = entry.code === "release-failed" && data["permanent"] !== true;
    if (!again) {
      await this.#db
        .updateTable("gate_order")
        .set({ state: "done", result })
        .where("id", "=", order)
        .execute();
      return;
    }
    const row = await this.#db
      .selectFrom("gate_order")
      .select("attempts")
      .where("id", "=", order)
      .executeTakeFirst();
    const attempts = ((row as { attempts: number } | undefined)?.attempts ?? 0) + 1;
    const seconds = backOffSeconds[Math.min(attempts, backOffSeconds.length) - 1] as number;
    const nextAt = this.#now().add({ seconds }).toString();
    await this.#db
      .updateTable("gate_order")
      .set({ attempts, next_at: nextAt, result })
      .where("id", "=", order)
      .where("state", "=", "open")
      .execute();
  }

  /** What became of the orders of these decisions. */
  async results(decisions: readonly string[]): Promise<Map<string, OrderResult>> {
    if (decisions.length === 0) return new Map();
    const rows = (await this.#db
      .selectFrom("gate_order")
      .select(["decision_id", "result", "state"])
      .where("decision_id", "in", decisions)
      .execute()) as { decision_id: string; result: string | null; state: string }[];
    return new Map(
      rows.map((row) => [
        row.decision_id,
        row.result === null
          ? { state: "asked", code: "order-open", at: "", detail: null }
          : (JSON.parse(row.result) as OrderResult),
      ]),
    );
  }
}

export type OrderResult = { state: string; code: string; at: string; detail: string | null };

function detailOf(data: Record<string, unknown>): string | null {
  const outcome = data["outcome"];
  return typeof outcome === "string"
    ? `${outcome}${typeof data["code"] === "number" ? ` ${data["code"]}` : ""}`
    : null;
}
