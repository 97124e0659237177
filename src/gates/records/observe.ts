import type { Reason } from "../../gate.ts";
import type { EvidenceHash } from "../../ledger/entry.ts";
import { makeUuidV7 } from "../../lib/identifier.ts";
import type { Crossed, KeptReading, ReportedAct } from "./describeReading.ts";
import type { RecordsCode } from "./findings.ts";
import { reasonOf } from "./judgeReading.ts";
import type { Stop } from "./reading.ts";
import type { PersonAt, StatementReport } from "./threadLink.ts";

/** What a thread reports, as it passes through the gate's loop. */

const acts: Partial<Record<StatementReport["act"], ReportedAct["do"]>> = {
  refuse: "refuse",
  hold: "hold",
  cut: "cut",
};

export function crossedOf(
  report: StatementReport,
  evidence: readonly EvidenceHash[],
  terms: { customersMax: number; deadlineMinutes: number },
): Crossed {
  const { who, statement, touches } = report;
  const act = acts[report.act] ?? "tell";
  const asked = act === "hold" ? { ...terms, estimate: report.estimate } : {};
  return {
    code: "statement-seen",
    about: {
      statement,
      person: who.person,
      ...(who.email === null ? {} : { email: who.email }),
      client: who.client,
      application: who.application,
      database: who.database,
      session: who.session,
      relations: Object.keys(touches).join(" "),
    },
    data: {
      verb: report.verb,
      touches,
      service: who.service,
      purpose: who.purpose,
      columns: Object.values(touches).flat().length,
    },
    evidence,
    judgement: { act: { do: act }, reasons: reasonsOf(report), order: report.order },
    dry: report.dry,
    outcome: {
      ...asked,
      ...(report.stop === null
        ? {}
        : { why: report.stop.why, limit: report.stop.limit, customers: report.stop.customers }),
    },
  };
}

function reasonsOf(report: StatementReport): Reason<RecordsCode>[] {
  return report.stop === null ? report.reasons : [reasonOfStop(report, report.stop)];
}

function reasonOfStop({ who, touches }: StatementReport, stop: Stop): Reason<RecordsCode> {
  const code: RecordsCode =
    stop.why === "canary" ? "canary-read" : stop.why === "unreadable" ? "cannot-parse" : "budget-reached";
  return reasonOf(code, {
    person: who.person,
    client: who.client,
    relations: Object.keys(touches).join(", ") || "-",
    detail: "a row",
    count: stop.customers,
    limit: stop.limit,
    window: stop.why,
  });
}

/** What the evidence store keeps of a report: the text and the sentences may hold personal data. */
export function keptOf(report: StatementReport & { customers?: string[] }): KeptReading {
  const reasons = reasonsOf(report).map(({ code, because }) => ({ code, because }));
  const { customers } = report;
  return { text: report.text, reasons, ...(customers === undefined ? {} : { customers }) };
}

function toldReport(
  who: PersonAt,
  code: RecordsCode,
  about: { text: string; limit: number; touches: Record<string, string[]>; order: string; verb: string },
): StatementReport {
  const relations = Object.keys(about.touches).join(", ") || "-";
  const named = {
    person: who.person,
    client: who.application === "" ? who.client : `${who.application} (${who.client})`,
    relations,
    detail: "",
    count: 0,
    limit: about.limit,
    window: "hour",
  };
  return {
    statement: makeUuidV7(Date.now()),
    who,
    act: "let-through",
    reasons: [reasonOf(code, named)],
    order: about.order,
    text: about.text,
    verb: about.verb,
    touches: about.touches,
    estimate: null,
    stop: null,
    dry: false,
  };
}

/** The reason that the person gave stands in for a text. */
export function glassReport(who: PersonAt, reason: string, minutes: number): StatementReport {
  return toldReport(who, "break-glass", {
    text: reason,
    limit: minutes,
    touches: {},
    order: "break-glass",
    verb: "SET",
  });
}

/** A canary rang. */
export function canaryReport(
  who: PersonAt,
  read: { statement: string; customer: string; relations: string[] },
): StatementReport & { customers: string[] } {
  const touches = Object.fromEntries(read.relations.map((relation) => [relation, []]));
  const about = { text: "", limit: 0, touches, order: "canary", verb: "SELECT" };
  const report = toldReport(who, "canary-read", about);
  return { ...report, statement: read.statement, customers: [read.customer] };
}
