import { createHash, randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import type { Incidents } from "../../incident/incidents.ts";
import type { NoticeRoom } from "../../notice/store/campaign.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import { SekishoError } from "../../lib/error.ts";
import { join } from "node:path";
import { EvidenceStore } from "../../ledger/evidence.ts";
import { Keyring } from "../../ledger/keyring.ts";
import { realDisk } from "../../lib/disk.ts";
import type { Entry, EntryDraft, EntryId, EvidenceHash, Kind } from "../../ledger/entry.ts";
import type {
  DecisionView,
  FindingRow,
  HeldMailFilter,
  HeldMailRow,
  HeldState,
  LedgerQuery,
  LedgerRow,
  LiveEvent,
  Person,
  RatePoint,
  Services,
} from "../services.ts";
import { HELD_STATES } from "../services.ts";
import { createScopeService } from "../service/scopeService.ts";
import { testMailRow, testMailView } from "./testMails.ts";
import type { ReportSource } from "../service/reportService.ts";
import type { TestAmount } from "./testTrafficData.ts";
import { testAftermath } from "./testAftermath.ts";
import { createTestRecords, type TestRecords } from "./testRecords.ts";
import { createTestTraffic, type TestTraffic } from "./testTraffic.ts";

/** Services in memory, for tests of the HTTP layer and of the pages. Not the station. */
export type TestServices = Services & {
  rows: LedgerRow[];
  mails: HeldMailRow[];
  decisionViews: DecisionView[];
  trafficData: TestTraffic;
  recordsData: TestRecords;
  /** Over jobs that really lie in the data folder. */
  scope: ReturnType<typeof createScopeService>;
  /** Over the tables of the test's state store. */
  incidentRoom: Incidents;
  noticeRoom: NoticeRoom;
  emit(event: Partial<LiveEvent>): void;
};

export function createTestServices(options: {
  mails: number;
  dataFolder: string;
  db: Kysely<any>;
  keyring: Keyring;
  nameOf?: (person: string) => Promise<string | null>;
  now?: Date;
}): TestServices {
  const now = options.now ?? new Date();
  const ledger = new TestLedger();
  const mails = Array.from({ length: options.mails }, (_, index) => testMailRow(index, now));
  const decisionViews = mails.flatMap((mail) => (mail.decisionId === null ? [] : [decisionFor(mail, now)]));
  for (const mail of mails.slice(0, 300)) ledger.addMail(mail);
  const amount = options.mails === 0 ? "none" : options.mails > 1000 ? "much" : "usual";
  const traffic = createTestTraffic({ now, amount, ledger, decisions: decisionViews });
  for (const finding of traffic.data.findings.slice(0, 40)) ledger.addFinding(finding);
  const records = createTestRecords({ now, amount, ledger, decisions: decisionViews });
  const nameOf = options.nameOf ?? (async () => null);
  const evidence = new EvidenceStore(realDisk, join(options.dataFolder, "evidence"), options.keyring);
  const append = async (draft: EntryDraft): Promise<Entry> => {
    const id = ledger.add({ ...(draft as Draft), by: "station" });
    return (ledger.rows.find(({ entry }) => entry.id === id) as LedgerRow).entry;
  };
  const recorder = { append } as Recorder;
  const aftermath = testAftermath({
    ...options,
    recorder,
    evidence,
    nameOf,
    append,
    source: ledger.source(),
  });
  const listeners = new Set<(event: LiveEvent) => void>();
  const emit = (event: Partial<LiveEvent>): void => {
    const whole = {
      ...liveEvent(mails[0] ?? testMailRow(0, now), ledger.rows.length),
      entryId: randomUUID(),
      ...event,
    };
    for (const listener of listeners) listener(whole);
  };
  return {
    rows: ledger.rows,
    mails,
    decisionViews,
    trafficData: traffic.data,
    recordsData: records.data,
    emit,
    station: { status: async () => statusOf(now, ledger.rows.length, traffic.data.amount) },
    live: liveOf(mails, traffic.data, { now, busy: options.mails, listeners }),
    desk: deskOf(mails, ledger),
    traffic: traffic.service,
    records: records.service,
    scope: createScopeService({
      dataFolder: options.dataFolder,
      record: async (draft) => ledger.add(draft),
      receiver: async () => ({ evidence, append, dataFolder: options.dataFolder }),
      nameOf,
    }),
    ...aftermath,
    decisions: decisionsOf(decisionViews, mails, ledger),
    ledger: ledger.service(),
  };
}

function liveOf(
  mails: HeldMailRow[],
  traffic: TestTraffic,
  of: { now: Date; busy: number; listeners: Set<(event: LiveEvent) => void> },
): Services["live"] {
  return {
    recent: async (limit) => {
      const events = [...mails.slice(0, limit).map(liveEvent), ...outboundEvents(traffic)];
      return events.toSorted((one, other) => (one.at < other.at ? 1 : -1)).slice(0, limit);
    },
    rates: async (minutes) => ratesOf(minutes, of.busy, of.now),
    byReason: async () => countReasons(mails),
    subscribe: (listener) => {
      of.listeners.add(listener);
      return () => of.listeners.delete(listener);
    },
  };
}

function statusOf(
  now: Date,
  size: number,
  amount: TestAmount,
): Awaited<ReturnType<Services["station"]["status"]>> {
  const since = new Date(now.getTime() - 3_600_000).toISOString();
  const gate = { pid: 4242, restarts: 0, shadow: false, spooled: 0, note: null, lastError: null };
  return {
    version: "0.1.0",
    startedAt: since,
    organisation: "Example Travel",
    timeZone: "Asia/Tokyo",
    state: "ready",
    stateStore: "pglite",
    gates: [
      { name: "mail", state: "ready", since, ...gate },
      ...(amount === "no-gate"
        ? []
        : [
            { name: "outbound", state: "ready" as const, since, ...gate, pid: 4243 },
            { name: "records", state: "ready" as const, since, ...gate, pid: 4244 },
          ]),
    ],
    ledger: { size, root: "00".repeat(32), checkpointAt: now.toISOString(), origin: "sekisho.example" },
  };
}

function liveEvent(mail: HeldMailRow, index: number): LiveEvent {
  return {
    entryId: `01890000-0000-7000-8000-${mail.mail.slice(1).padStart(12, "0")}`,
    index,
    at: mail.receivedAt,
    gate: "mail",
    act: index % 3 === 0 ? "hold" : "pass",
    subject: mail.senderDomain,
    reasons: mail.reasons.map(({ code, severity }) => ({ code, severity })),
    mail: mail.mail,
    finding: null,
    reading: null,
  };
}

function outboundEvents({ findings, cuts }: TestTraffic): LiveEvent[] {
  const common = { index: 0, gate: "outbound", mail: null, finding: null, reading: null };
  const found = findings.slice(0, 20).map(({ id, at, host, destination, reasons }) => {
    const subject = `${host} → ${destination}`;
    // Other ids than those of the mails' entries.
    const entryId = id.replace("-8000-", "-8001-");
    return { ...common, entryId, at, act: "finding" as const, subject, reasons };
  });
  const acts = cuts.slice(0, 6).map(({ id, orderedAt, target, state }) => {
    const act = state === "ended" ? ("lift" as const) : ("cut" as const);
    return { ...common, entryId: id, at: orderedAt, act, subject: target, reasons: [] };
  });
  return [...found, ...acts];
}

function ratesOf(minutes: number, busy: number, now: Date): RatePoint[] {
  return Array.from({ length: minutes }, (_, index) => {
    const at = new Date(now.getTime() - (minutes - index) * 60_000).toISOString();
    if (busy === 0) return { at, passed: 0, held: 0, refused: 0 };
    const wave = Math.round(12 + 9 * Math.sin(index / 7) + ((index * 7919) % 5));
    return { at, passed: wave, held: index % 9 === 0 ? 2 : 0, refused: index % 17 === 0 ? 1 : 0 };
  });
}

function countReasons(mails: HeldMailRow[]): { code: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { code } of mails.flatMap((mail) => mail.reasons)) {
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const rows = [...counts].map(([code, count]) => ({ code, count }));
  return rows.toSorted((one, other) => other.count - one.count);
}

function missing(what: string): SekishoError {
  return new SekishoError("not-found", `Cannot find ${what}`, { hint: "go back to the list" });
}

function deskOf(mails: HeldMailRow[], ledger: TestLedger): Services["desk"] {
  const find = (id: string): HeldMailRow => {
    const mail = mails.find((row) => row.mail === id);
    if (mail === undefined) throw missing(`mail ${id}`);
    return mail;
  };
  const look = (code: string, mail: string, viewer: Person): void => {
    ledger.add({ kind: "observed", code, by: `person/${viewer.id}`, about: { mail } });
  };
  return {
    list: async (filter) => {
      const rows = mails.filter((mail) => fits(mail, filter));
      const { before } = filter;
      const start = before === undefined ? 0 : rows.findIndex((row) => row.mail === before.split("~")[1]) + 1;
      const counts = Object.fromEntries(HELD_STATES.map((state) => [state, 0])) as Record<HeldState, number>;
      for (const mail of mails) counts[mail.state] += 1;
      return { rows: rows.slice(start, start + filter.limit), total: rows.length, counts };
    },
    open: async (id, viewer) => {
      look("evidence-viewed", id, viewer);
      const chain = ledger.rows.filter(({ entry }) => entry.about["mail"] === id);
      return testMailView(find(id), chain);
    },
    raw: async (id, viewer) => {
      look("evidence-exported", find(id).mail, viewer);
      return Buffer.from("From: someone@example.com\r\n\r\ntext\r\n");
    },
  };
}

function fits(mail: HeldMailRow, filter: HeldMailFilter): boolean {
  if (filter.state !== undefined && mail.state !== filter.state) return false;
  if (filter.reason !== undefined && !mail.reasons.some(({ code }) => code === filter.reason)) return false;
  return filter.text === undefined || `${mail.senderMasked} ${mail.mail}`.includes(filter.text);
}

function decisionFor(mail: HeldMailRow, now: Date): DecisionView {
  return {
    id: mail.decisionId ?? "",
    code: "release-mail",
    state: "asked",
    question: {
      en: `Release the mail from ${mail.senderDomain}?`,
      ja: `${mail.senderDomain} からのメールを通しますか。`,
    },
    about: { mail: mail.mail },
    options: OPTIONS,
    owner: { role: "approver", person: null },
    secondPerson: mail.secondPerson,
    askedAt: mail.receivedAt,
    deadline: mail.deadline ?? now.toISOString(),
    defaultOption: "refuse",
    answers: [],
    outcome: null,
    enforcement: null,
    entries: [],
  };
}

const OPTIONS: DecisionView["options"] = [
  {
    code: "release",
    label: { en: "Release", ja: "通す" },
    consequence: { en: "The mail goes to its recipients.", ja: "メールは宛先に届きます。" },
    undo: { en: "A delivered mail cannot be taken back.", ja: "届いたメールは取り戻せません。" },
  },
  {
    code: "refuse",
    label: { en: "Refuse", ja: "却下" },
    consequence: {
      en: "The mail is not delivered; it stays as evidence.",
      ja: "届けず、証拠として残します。",
    },
    undo: { en: "It can be released while evidence is kept.", ja: "証拠の保存期間中は通せます。" },
  },
];

function decisionsOf(views: DecisionView[], mails: HeldMailRow[], ledger: TestLedger): Services["decisions"] {
  const find = async (id: string): Promise<DecisionView> => {
    const decision = views.find((view) => view.id === id);
    if (decision === undefined) throw missing(`decision ${id}`);
    return decision;
  };
  return {
    list: async ({ state, limit }) =>
      views.filter((view) => state === undefined || view.state === state).slice(0, limit),
    get: find,
    answer: async (id, person, { option, reason }) => {
      const decision = await find(id);
      if (decision.answers.some((answer) => answer.person === person.id)) {
        const hint = "ask another approver";
        throw new SekishoError("not-permitted", "Cannot give both answers: a second person is needed", {
          hint,
        });
      }
      const at = new Date().toISOString();
      decision.answers.push({ person: person.id, personName: person.name, option, reason, at });
      const about = { decision: id, ...decision.about };
      const by = `person/${person.id}`;
      decision.entries.push(ledger.add({ kind: "decided", code: "decision-answered", by, about }));
      if (decision.secondPerson && decision.answers.length < 2) decision.state = "seconding";
      else {
        decision.state = "answered";
        decision.outcome = option;
        decision.enforcement = { state: "in-place", code: "mail-released", at, detail: null };
        const mail = mails.find((row) => row.mail === decision.about["mail"]);
        if (mail !== undefined) mail.state = option === "release" ? "released" : "refused";
      }
      return decision;
    },
  };
}

type Draft = Parameters<Services["ledger"]["record"]>[0] & {
  rests?: EntryId[];
  evidence?: EvidenceHash[];
  at?: string;
};

class TestLedger {
  readonly rows: LedgerRow[] = [];

  add(draft: Draft): string {
    const id = randomUUIDv7() as EntryId;
    const { kind, code, by, about = {}, rests = [], evidence = [], data = {} } = draft;
    const at = draft.at ?? new Date().toISOString();
    const entry: Entry = { id, kind, code, at, by, about, rests, evidence, data };
    this.rows.push({ index: this.rows.length, entry });
    return id;
  }

  addMail(mail: HeldMailRow): void {
    const about = { mail: mail.mail, domain: mail.senderDomain };
    const at = mail.receivedAt;
    let rests: EntryId[] = [];
    const steps: [Kind, string][] = [
      ["observed", "mail-received"],
      ["judged", "mail-judged"],
      ["decided", "standing-order"],
      ["enforced", "mail-held"],
    ];
    for (const [kind, code] of steps) {
      rests = [this.add({ kind, code, by: "gate/mail", about, rests, at }) as EntryId];
    }
  }

  addFinding(finding: FindingRow): void {
    const { id, at, host, hostAddress, destination, cut, order } = finding;
    const about = { gate: "outbound", finding: id, host, hostAddress, destination };
    const by = "gate/outbound";
    let rests: EntryId[] = [];
    const steps: [Kind, string][] = [
      ["observed", "traffic-found"],
      ["judged", "outbound-judged"],
    ];
    if (order !== null) steps.push(["decided", "order-applied"]);
    if (cut !== null) steps.push(["enforced", "cut-ordered"], ["enforced", "cut-in-place"]);
    for (const [kind, code] of steps) {
      rests = [this.add({ kind, code, by, about, rests, at }) as EntryId];
    }
  }

  /** As the station's index answers it. */
  source(): ReportSource {
    const rowsOf = async (keep: (entry: Entry) => boolean): Promise<LedgerRow[]> =>
      this.rows.filter(({ entry }) => keep(entry));
    return {
      about: (key, value) => rowsOf(({ about }) => about[key] === value),
      byId: (ids) => rowsOf(({ id }) => ids.includes(id)),
      restingOn: (ids) => rowsOf(({ rests }) => rests.some((rest) => ids.includes(rest))),
      size: async () => this.rows.length,
      settled: async () => {},
    };
  }

  service(): Services["ledger"] {
    const find = (id: string): LedgerRow => {
      const row = this.rows.find(({ entry }) => entry.id === id);
      if (row === undefined) throw missing(`entry ${id}`);
      return row;
    };
    return {
      search: async (query) => ({ rows: this.#search(query), size: this.rows.length }),
      walk: async (id) => {
        const entry = find(id);
        const restedOnBy = this.rows.filter((row) => row.entry.rests.includes(entry.entry.id));
        return { entry, restsOn: this.#walk(entry, 1), restedOnBy };
      },
      prove: async (id) => {
        const { index } = find(id);
        const leafHash = createHash("sha256").update(id).digest("hex");
        const proof = {
          leafHash,
          path: [leafHash],
          checkpoint: "sekisho.example\n1\n\n",
          entryBytes: "e30=",
        };
        return { index, treeSize: this.rows.length, ...proof };
      },
      verify: async () => {
        const size = this.rows.length;
        return { ok: true, size, root: "00".repeat(32), seconds: 0.04, problems: [] };
      },
      checkpoint: async () => "sekisho.example\n1\n\n",
      record: async (draft) => this.add(draft),
    };
  }

  #walk(row: LedgerRow, depth: number): { row: LedgerRow; depth: number; via: string }[] {
    return row.entry.rests.flatMap((id) => {
      const below = this.rows.find(({ entry }) => entry.id === id);
      if (below === undefined) return [];
      return [{ row: below, depth, via: row.entry.id }, ...this.#walk(below, depth + 1)];
    });
  }

  #search(query: LedgerQuery): LedgerRow[] {
    const fit = this.rows.filter(({ index, entry }) => {
      if (query.kind !== undefined && entry.kind !== query.kind) return false;
      if (query.code !== undefined && entry.code !== query.code) return false;
      const { about } = query;
      if (about !== undefined && entry.about[about.key] !== about.value) return false;
      if (query.beforeIndex !== undefined && index >= query.beforeIndex) return false;
      return query.text === undefined || JSON.stringify(entry).includes(query.text);
    });
    return fit.toReversed().slice(0, query.limit);
  }
}

/** RFC 9562 5.7. */
function randomUUIDv7(): string {
  const bytes = Buffer.from(randomUUID().replaceAll("-", ""), "hex");
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
