import { SekishoError } from "../../lib/error.ts";
import type {
  CutDrill,
  CutRow,
  CutWish,
  DecisionView,
  FindingFilter,
  FindingRow,
  LedgerRow,
  Person,
  Services,
} from "../services.ts";
import {
  testCard,
  testCuts,
  testFindings,
  testFindingView,
  testHost,
  testOverview,
  type TestAmount,
} from "./testTrafficData.ts";

type Add = (draft: Parameters<Services["ledger"]["record"]>[0]) => string;

/** What a test may look at and change; `show` fills it anew. */
export type TestTraffic = {
  findings: FindingRow[];
  cuts: CutRow[];
  amount: TestAmount;
  show(amount: TestAmount): void;
};

const AMOUNTS: Record<TestAmount, { findings: number; cuts: number }> = {
  none: { findings: 0, cuts: 0 },
  usual: { findings: 240, cuts: 8 },
  much: { findings: 700, cuts: 64 },
  "no-gate": { findings: 0, cuts: 0 },
  "no-cut": { findings: 240, cuts: 0 },
};

/** Traffic in memory: orders are carried out at once, and leave a decision behind. */
export function createTestTraffic(options: {
  now: Date;
  amount: TestAmount;
  ledger: { rows: LedgerRow[]; add: Add };
  decisions: DecisionView[];
}): { data: TestTraffic; service: Services["traffic"] } {
  const { now, ledger } = options;
  const data: TestTraffic = {
    findings: [],
    cuts: [],
    amount: options.amount,
    show(amount) {
      data.amount = amount;
      data.findings = testFindings(now, AMOUNTS[amount].findings);
      data.cuts = testCuts(now, AMOUNTS[amount].cuts);
    },
  };
  data.show(options.amount);
  const service: Services["traffic"] = {
    overview: async (hours) => testOverview(now, hours, data.amount),
    host: async (address, hours) => testHost(now, { address, hours }, data.findings),
    findings: async (filter) => filterFindings(data.findings, filter),
    finding: async (id, viewer) => {
      const row = data.findings.find((finding) => finding.id === id);
      if (row === undefined) throw missing(`finding ${id}`);
      const by = `person/${viewer.id}`;
      ledger.add({ kind: "observed", code: "evidence-viewed", by, about: { finding: id } });
      return testFindingView(
        row,
        ledger.rows.filter(({ entry }) => entry.about["finding"] === id),
      );
    },
    cuts: async ({ inForce, limit }) =>
      data.cuts.filter(({ state }) => inForce !== true || holds(state)).slice(0, limit),
    preview: async (wish) => previewOf(wish),
    card: async () => testCard(data.amount),
    ...actsOf(data, options),
  };
  return { data, service };
}

const holds = (state: CutRow["state"]): boolean => state === "asked" || state === "in-place";

function missing(what: string): SekishoError {
  return new SekishoError("not-found", `Cannot find ${what}`, { hint: "see the list" });
}

function filterFindings(all: FindingRow[], filter: FindingFilter) {
  const fit = all.filter((row) => {
    if (filter.code !== undefined && !row.reasons.some(({ code }) => code === filter.code)) return false;
    if (filter.severity !== undefined && row.severity !== filter.severity) return false;
    if (filter.host !== undefined && ![row.host, row.hostAddress].includes(filter.host)) return false;
    return filter.text === undefined || `${row.group} ${row.host}`.includes(filter.text);
  });
  const shown = fit.filter(({ hiddenBy }) => filter.hidden === true || hiddenBy === null);
  const hidden = fit.filter(({ hiddenBy }) => hiddenBy !== null).length;
  return { rows: shown.slice(0, filter.limit), total: fit.length - hidden, hidden };
}

function previewOf({ act, target }: Pick<CutWish, "act" | "target">) {
  if (act === "isolate" && !/^[0-9a-f.:]+$/i.test(target)) {
    throw new SekishoError("usage", `Cannot isolate "${target}"`, { hint: "name the address of one host" });
  }
  const wide = act === "cut-off" || act === "cut-zone";
  return {
    connections: wide ? 18_240 : 13,
    hosts: wide ? Array.from({ length: 50 }, (_, index) => `operator-${index + 1}`) : ["customer-db"],
    destinations: wide ? ["payment.example:443", "map.example:443"] : ["update-check.example:443"],
    warnings: wide ? ["administrators jump host"] : act === "isolate" ? ["no-administrators"] : [],
  };
}

function actsOf(
  data: TestTraffic,
  options: { ledger: { add: Add }; decisions: DecisionView[] },
): Pick<Services["traffic"], "cut" | "lift" | "renew" | "drill" | "drills"> {
  const drills: CutDrill[] = [];
  const decide = (person: Person, given: { act: string; target: string; reason: string; cut: string }) => {
    const made = decisionOf(person, given, data.cuts.length + options.decisions.length);
    const about = { decision: made.id, cut: given.cut };
    const by = `person/${person.id}`;
    made.entries.push(options.ledger.add({ kind: "decided", code: "decision-answered", by, about }));
    options.decisions.unshift(made);
    return made.id;
  };
  const find = (id: string): CutRow => {
    const row = data.cuts.find((cut) => cut.id === id && holds(cut.state));
    if (row === undefined) throw missing(`an order ${id} in force`);
    return row;
  };
  return {
    drill: async (person) => {
      const wish = { act: "rehearse", target: "", reason: "drill", cut: "" };
      const decisionId = decide(person, wish);
      drills.unshift({
        decisionId,
        startedAt: new Date().toISOString(),
        state: "answered",
        outcome: "rehearse",
        answeredBy: person.name,
        secondsToAnswer: 42,
        inPlaceMs: 3,
      });
      return { decisionId };
    },
    drills: async (limit) => drills.slice(0, limit),
    cut: async (person, wish) => {
      const id = `01890000-0000-7000-9000-1${String(data.cuts.length).padStart(11, "0")}`;
      const decisionId = decide(person, { ...wish, cut: id });
      const at = Date.now();
      const row = testCuts(new Date(at), 1)[0] as CutRow;
      const until = new Date(at + wish.minutes * 60_000).toISOString();
      const own = { id, act: wish.act, target: wish.target, until, decisionId, order: null, finding: null };
      const orderedAt = new Date(at).toISOString();
      data.cuts.unshift({ ...row, ...own, orderedAt, provedAt: orderedAt, stopped: 0 });
      return { decisionId };
    },
    lift: async (id, person, reason) => {
      const row = find(id);
      const decisionId = decide(person, { act: "lift", target: row.target, reason, cut: id });
      Object.assign(row, { state: "ended", endedAt: new Date().toISOString(), endedBy: "a decision" });
      return { decisionId };
    },
    renew: async (id, person, { minutes, reason }) => {
      const row = find(id);
      row.until = new Date(Date.now() + minutes * 60_000).toISOString();
      return { decisionId: decide(person, { act: "renew", target: row.target, reason, cut: id }) };
    },
  };
}

function decisionOf(
  person: Person,
  given: { act: string; target: string; reason: string; cut: string },
  number: number,
): DecisionView {
  const at = new Date().toISOString();
  const said = { en: `${given.act} ${given.target}`, ja: `${given.act} ${given.target}` };
  const { act: option, reason } = given;
  return {
    id: `cut${String(number).padStart(6, "0")}`,
    code: "cut",
    state: "answered",
    question: said,
    about: { gate: "outbound", cut: given.cut, target: given.target },
    options: [{ code: option, label: said, consequence: said, undo: said }],
    owner: { role: "approver", person: null },
    secondPerson: false,
    askedAt: at,
    deadline: at,
    defaultOption: "wait",
    answers: [{ person: person.id, personName: person.name, option, reason, at }],
    outcome: option,
    enforcement: { state: "in-place", code: "cut-in-place", at, detail: null },
    entries: [],
  };
}
