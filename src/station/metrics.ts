import { Gauge, Registry, collectDefaultMetrics } from "prom-client";
import type { Station } from "./openStation.ts";

/** What Prometheus reads at /metrics: no personal data, no address. */
export function createMetrics(station: Station): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "sekisho_" });
  addLedgerGauges(station, [registry]);
  addGateGauges(station, [registry]);
  return registry;
}

function addLedgerGauges(station: Station, registers: Registry[]): void {
  new Gauge({
    name: "sekisho_ledger_entries",
    help: "Entries in the ledger",
    registers,
    collect() {
      this.set(station.ledger.size);
    },
  });
  new Gauge({
    name: "sekisho_ledger_indexed",
    help: "Entries in the search index",
    registers,
    collect() {
      this.set(station.index.indexed);
    },
  });
  new Gauge({
    name: "sekisho_decisions_waiting",
    help: "Questions that nobody has answered yet",
    registers,
    async collect() {
      const rows = await station.db
        .selectFrom("decision")
        .select((expression) => expression.fn.countAll().as("count"))
        .where("state", "in", ["asked", "seconding"])
        .executeTakeFirst();
      this.set(Number((rows as { count: number } | undefined)?.count ?? 0));
    },
  });
}

function addGateGauges(station: Station, registers: Registry[]): void {
  new Gauge({
    name: "sekisho_gate_ready",
    help: "1 where the gate is ready",
    labelNames: ["gate"],
    registers,
    collect() {
      for (const gate of station.supervisor.statuses())
        this.set({ gate: gate.name }, gate.state === "ready" ? 1 : 0);
    },
  });
  new Gauge({
    name: "sekisho_gate_restarts",
    help: "Restarts of the gate since the station started",
    labelNames: ["gate"],
    registers,
    collect() {
      for (const gate of station.supervisor.statuses()) this.set({ gate: gate.name }, gate.restarts);
    },
  });
  new Gauge({
    name: "sekisho_gate_spooled",
    help: "Entries in the gate's disk spool",
    labelNames: ["gate"],
    registers,
    collect() {
      for (const gate of station.supervisor.statuses()) this.set({ gate: gate.name }, gate.spooled);
    },
  });
  new Gauge({
    name: "sekisho_gate_messages",
    help: "Messages by outcome since the gate started",
    labelNames: ["gate", "outcome"],
    registers,
    collect() {
      for (const [gate, counters] of station.counters) {
        for (const [outcome, count] of Object.entries(counters)) this.set({ gate, outcome }, count);
      }
    },
  });
}
