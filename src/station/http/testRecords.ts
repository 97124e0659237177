import { SekishoError } from "../../lib/error.ts";
import { FINDINGS, type RecordsCode } from "../../gates/records/findings.ts";
import { maskLiterals } from "../service/maskLiterals.ts";
import {
  RECORDS_STATES,
  type RecordsEventFilter,
  type RecordsEventRow,
  type RecordsEventView,
  type RecordsState,
  type StagedFile,
  type WaitingApproval,
} from "../service/recordsTypes.ts";
import type { DecisionView, LedgerRow, Person, Services } from "../services.ts";
import { testReaders } from "./testReaders.ts";
import { swellRecords } from "./testRecordsMuch.ts";
import type { TestAmount } from "./testTrafficData.ts";

type Add = (draft: Parameters<Services["ledger"]["record"]>[0]) => string;
type Seed = Pick<RecordsEventRow, "person" | "client" | "state" | "severity"> & {
  code: RecordsCode;
  verb: string;
  why?: string;
};

const SEEDS: Seed[] = [
  {
    person: "tanaka",
    client: "10.1.50.17",
    state: "held",
    severity: "medium",
    code: "over-estimate",
    verb: "SELECT",
  },
  {
    person: "operator-09",
    client: "10.1.50.29",
    state: "cut",
    severity: "high",
    code: "budget-reached",
    verb: "COPY",
    why: "hour",
  },
  {
    person: "operator-09",
    client: "10.1.50.29",
    state: "refused",
    severity: "high",
    code: "gathers-customers",
    verb: "SELECT",
  },
  {
    person: "bi-report",
    client: "10.1.30.40",
    state: "told",
    severity: "high",
    code: "outside-pattern",
    verb: "SELECT",
  },
  {
    person: "operator-02",
    client: "10.1.50.22",
    state: "told",
    severity: "critical",
    code: "canary-read",
    verb: "SELECT",
  },
  {
    person: "suzuki",
    client: "10.1.50.31",
    state: "denied",
    severity: "medium",
    code: "over-estimate",
    verb: "SELECT",
  },
  {
    person: "sato",
    client: "10.1.50.32",
    state: "approved",
    severity: "medium",
    code: "over-estimate",
    verb: "SELECT",
  },
];

/** Events of the records gate, the newest first; the first statement waits. */
function testEvents(now: Date, count: number): RecordsEventRow[] {
  return Array.from({ length: count }, (_, index): RecordsEventRow => {
    const { code, why = null, ...seed } = SEEDS[index === 0 ? 0 : 1 + (index % (SEEDS.length - 1))] as Seed;
    const { technique, severity } = FINDINGS[code];
    const estimated = code === "over-estimate";
    return {
      ...seed,
      id: `01890000-0000-7000-8000-00000e${String(index).padStart(6, "0")}`,
      at: new Date(now.getTime() - index * 17 * 60_000 - 40_000).toISOString(),
      kind: "statement",
      email: `${seed.person}@agency.example`,
      application: index % 3 === 0 ? "psql" : "DBeaver 25.1",
      database: "reservations",
      relations: index % 2 === 0 ? ["public.customers"] : ["public.customers", "public.bookings"],
      purpose: index % 4 === 0 ? "refund" : null,
      columns: 4,
      reasons: [{ code, technique, severity }],
      order: estimated ? "group operators" : null,
      dry: false,
      why,
      limit: why === null ? null : 100,
      customers: why === null ? null : 100,
      estimate: estimated ? 310_000 : null,
      customersMax: estimated ? 372_100 : null,
      until: null,
      decisionId: seed.state === "held" ? `01890000-0000-7000-8000-00000d000001` : null,
    };
  });
}

const FILES: StagedFile[] = [
  {
    path: "/srv/share/tmp/cust_2016.dat",
    occasion: "deleted",
    kind: "csv",
    bytes: 214_000_000,
    records: 1_180_000,
    estimated: true,
    items: { name: 1_180_000, email: 1_176_400, phone: 1_102_000, passport: 4_300 },
    writer: { user: "svc-report", process: "psql" },
    sha256: "9f".repeat(32),
    kept: "parts",
  },
  {
    path: "/home/operator-09/ダウンロード/顧客一覧.xlsx",
    occasion: "settled",
    kind: "xlsx",
    bytes: 1_840_000,
    records: 4_210,
    estimated: false,
    items: { name: 4_210, kana: 4_210, phone: 4_188 },
    writer: { user: "operator-09", process: null },
    sha256: "3c".repeat(32),
    kept: "whole",
  },
];

function fileEvents(now: Date): (RecordsEventRow & { file: StagedFile })[] {
  const [base] = testEvents(now, 1);
  return FILES.map((file, index) => ({
    ...(base as RecordsEventRow),
    id: `01890000-0000-7000-8000-00000f${String(index).padStart(6, "0")}`,
    at: new Date(now.getTime() - (index + 1) * 3_700_000).toISOString(),
    kind: "file",
    person: `${file.writer.user} / ${file.writer.process ?? "?"}`,
    state: "told",
    severity: "critical",
    reasons: [{ code: "staged-file", technique: "T1074.001", severity: "critical" }],
    relations: [],
    verb: "",
    estimate: null,
    decisionId: null,
    file,
  }));
}

export type TestRecords = { events: RecordsEventRow[]; amount: TestAmount; show(amount: TestAmount): void };
const AMOUNTS: Record<TestAmount, number> = {
  none: 0,
  usual: 40,
  much: 900,
  "no-cut": 40,
  "no-gate": 0,
};

/** The records gate in memory; approvals with passkeys need the real station. */
export function createTestRecords(options: {
  now: Date;
  amount: TestAmount;
  ledger: { rows: LedgerRow[]; add: Add };
  decisions: DecisionView[];
}): { data: TestRecords; service: Services["records"] } {
  const { now, ledger, decisions } = options;
  const data: TestRecords = {
    events: [],
    amount: options.amount,
    show(amount) {
      data.amount = amount;
      data.events = testEvents(now, AMOUNTS[amount]);
    },
  };
  data.show(options.amount);
  if (data.events.length > 0) decisions.push(testQuestion(now, data.events[0] as RecordsEventRow));
  const some = (): boolean => data.events.length > 0;
  const look = (code: string, viewer: Person, about: Record<string, string>): void => {
    ledger.add({ kind: "observed", code, by: `person/${viewer.id}`, about });
  };
  const asked = (viewer: Person): WaitingApproval[] => {
    const decision = decisions.find(({ code }) => code === "bulk-read");
    const [event] = data.events;
    if (decision === undefined || event === undefined) return [];
    const before = { approved: 3, denied: 1 };
    const may = viewer.roles.includes("approver");
    return [{ decision, event, mayAnswer: may, isReader: false, passkeys: 1, before }];
  };
  const service: Services["records"] = {
    readers: async (hours) => testReaders(now, hours, data.amount),
    events: async (filter) => filterEvents(data.events, filter),
    async event(id, viewer, { reveal }) {
      const row = [...data.events, ...fileEvents(now)].find((event) => event.id === id);
      if (row === undefined) throw missing(`event ${id}`);
      look("evidence-viewed", viewer, { gate: "records", statement: id });
      return viewOf(row, reveal !== null);
    },
    waiting: async (viewer) => asked(viewer).filter(({ decision }) => decision.state === "asked"),
    async approval(id, viewer) {
      const found = asked(viewer).find(({ decision }) => decision.id === id);
      if (found === undefined) throw missing(`approval ${id}`);
      return found;
    },
    beginApproval: async (id) => {
      throw missing(`approval ${id}`);
    },
    approve: async (id) => {
      throw missing(`approval ${id}`);
    },
    columns: async () => testColumns(now, some()),
    async customer({ customer, purpose }, viewer) {
      look("accesses-viewed", viewer, { gate: "records" });
      if (!some() || customer !== "4711" || purpose === undefined)
        return { readings: [], persons: [], keyless: 0, more: false };
      return testCustomer(now);
    },
    canaries: async () => ({
      planted: some()
        ? [
            { table: "public.customers", count: 40 },
            { table: "public.bookings", count: 12 },
          ]
        : [],
      rings: data.events.filter(({ reasons }) => reasons.some(({ code }) => code === "canary-read")),
    }),
    files: async (limit) => (some() ? fileEvents(now).slice(0, limit) : []),
  };
  return { data, service: swellRecords(service, () => data.amount === "much") };
}

function missing(what: string): SekishoError {
  return new SekishoError("not-found", `Cannot find ${what}`, { hint: "see the list" });
}

function filterEvents(all: RecordsEventRow[], filter: RecordsEventFilter) {
  const fit = all.filter((row) => {
    if (filter.kind !== undefined && row.kind !== filter.kind) return false;
    if (filter.person !== undefined && row.person !== filter.person) return false;
    if (filter.severity !== undefined && row.severity !== filter.severity) return false;
    if (filter.code !== undefined && !row.reasons.some(({ code }) => code === filter.code)) return false;
    return filter.text === undefined || `${row.person} ${row.client}`.includes(filter.text);
  });
  const counts = Object.fromEntries(RECORDS_STATES.map((state) => [state, 0])) as Record<
    RecordsState,
    number
  >;
  for (const { state } of fit) counts[state] += 1;
  const shown = fit.filter(({ state }) => filter.state === undefined || state === filter.state);
  const { before } = filter;
  const start = before === undefined ? 0 : shown.findIndex(({ id }) => id === before.split("~")[1]) + 1;
  return { rows: shown.slice(start, start + filter.limit), total: shown.length, counts };
}

function viewOf(row: RecordsEventRow & { file?: StagedFile }, revealed: boolean): RecordsEventView {
  const text =
    row.kind === "statement"
      ? "select id, name, email, phone\n  from customers\n where prefecture = '東京都' and id > 40000"
      : "";
  const because = row.reasons.map(({ code }) => {
    const about = { person: row.person, client: row.client, relations: row.relations.join(", ") };
    const figures = { count: row.estimate ?? 100, limit: 100, window: "hour" };
    return {
      code,
      said: FINDINGS[code].say({ ...about, ...figures, detail: row.file?.path ?? "string_agg(email)" }),
    };
  });
  return {
    ...row,
    text: revealed ? text : maskLiterals(text),
    masked: !revealed,
    because,
    touches: row.relations.map((relation) => ({ relation, columns: ["name", "email", "phone"] })),
    file: row.file ?? null,
    change: null,
    chain: [],
  };
}

function testQuestion(now: Date, event: RecordsEventRow): DecisionView {
  const said = (en: string, ja: string) => ({ en, ja });
  return {
    id: event.decisionId ?? "",
    code: "bulk-read",
    state: "asked",
    question: said(
      "tanaka wants to read 4 columns of personal data of about 310,000 customers. May this statement run?",
      "tanakaが、10.1.50.17のpsqlで、約310,000人の顧客の個人情報4列（public.customers）を読もうとしています。実行を認めますか。",
    ),
    about: { gate: "records", statement: event.id, person: event.person },
    options: [
      {
        code: "approve",
        label: said("Approve this reading", "この閲覧を承認する"),
        consequence: said("This person may run this very statement.", "この文に限り実行できます。"),
        undo: said("What has been read cannot be called back.", "閲覧されたものは取り消せません。"),
      },
      {
        code: "deny",
        label: said("Refuse", "却下する"),
        consequence: said("The statement does not run.", "文は実行されません。"),
        undo: said("The person can ask again.", "本人はもう一度依頼できます。"),
      },
    ],
    owner: { role: "approver", person: null },
    secondPerson: false,
    askedAt: event.at,
    deadline: new Date(now.getTime() + 9 * 60_000).toISOString(),
    defaultOption: "deny",
    answers: [],
    outcome: null,
    enforcement: null,
    entries: [],
  };
}

function testColumns(now: Date, some: boolean): Awaited<ReturnType<Services["records"]["columns"]>> {
  if (!some) return { customers: null, tables: [], changes: [] };
  const at = new Date(now.getTime() - 7_200_000).toISOString();
  return {
    customers: { table: "public.customers", key: "id" },
    tables: [
      {
        table: "public.customers",
        key: "id",
        personal: [
          { column: "name", kind: "name" },
          { column: "kana", kind: "kana" },
          { column: "birth_date", kind: "birth-date" },
          { column: "email", kind: "email" },
          { column: "passport_no", kind: "passport" },
        ],
        notPersonal: ["created_at", "plan"],
      },
      {
        table: "public.bookings",
        key: "customer_id",
        personal: [{ column: "passport_no", kind: "passport" }],
        notPersonal: [],
      },
      {
        table: "public.letters",
        key: null,
        personal: [{ column: "body", kind: "free-text" }],
        notPersonal: [],
      },
    ],
    changes: [
      {
        id: "01890000-0000-7000-8000-00000c000001",
        at,
        relation: "public.bookings",
        column: "contact",
        kind: "phone",
        what: "new-column",
        confidence: 0.94,
      },
    ],
  };
}

function testCustomer(now: Date): Awaited<ReturnType<Services["records"]["customer"]>> {
  const readings = ["operator-09", "tanaka", "operator-09"].map((person, index) => ({
    at: new Date(now.getTime() - (index + 1) * 5_000_000).toISOString(),
    person,
    client: "10.1.50.29",
    application: "psql",
    statement: `01890000-0000-7000-8000-00000e${String(index).padStart(6, "0")}`,
    touches: { "public.customers": ["name", "email"] },
    purpose: null,
  }));
  const of = (person: string) => readings.filter((one) => one.person === person);
  const persons = ["operator-09", "tanaka"].map((person) => ({
    person,
    readings: of(person).length,
    firstAt: of(person).at(-1)?.at ?? "",
    lastAt: of(person)[0]?.at ?? "",
  }));
  return { readings, persons, keyless: 1, more: false };
}
