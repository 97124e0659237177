import type {
  ColumnsView,
  CustomerView,
  ReadersOverview,
  RecordsEventRow,
  RecordsEventView,
  RecordsService,
  StagedFile,
  WaitingApproval,
} from "../service/recordsTypes.ts";

/** What people and machines do to pages: names as long as may be, words without a break, and far too many. */

const PERSONS = [
  "svc_reservation_reporting_nightly_reconciliation_exporter_00001",
  "個人情報保護管理者代行・西日本営業本部予約センター第二課主任",
  "o",
  "maximilian-alexander.von-hohenzollern-sigmaringen@subsidiary.agency.example",
];
const CLIENTS = ["2001:db8:85a3:8d3:1319:8a2e:370:7348", "10.1.50.17"];
const APPLICATION =
  "Reservation Reporting Suite Enterprise Edition 2016.03.15-hotfix-1180 (x86_64-pc-linux-gnu)";
const RELATION = "reservations_archive_2016.customers_with_passports_and_travel_companions_partition";
const HUGE = 9_007_199_254_740_991;

const personAt = (index: number): string => `${PERSONS[index % PERSONS.length]}${index < 4 ? "" : index}`;
const relationAt = (index: number): string => `${RELATION}_${String(index).padStart(4, "0")}`;
const columnAt = (index: number): string => `travel_companion_passport_number_as_entered_by_agency_${index}`;
const list = <Item>(length: number, of: (index: number) => Item): Item[] =>
  Array.from({ length }, (_, index) => of(index));

/** A statement that no screen holds: many lines, one without any place to break, Japanese without spaces. */
export const LONG_STATEMENT = [
  "select",
  ...list(400, (index) => `  c.${columnAt(index)} as "列の表示名その${index}",`),
  `  '${"x".repeat(5_000)}',`,
  `  ${"東京都千代田区丸の内一丁目".repeat(80)}`,
  `from ${relationAt(0)} c where c.id in (${list(2_000, (index) => index * 7_919).join(",")})`,
].join("\n");

function swellRow<Row extends RecordsEventRow>(row: Row, index: number): Row {
  const person = personAt(index);
  const client = CLIENTS[index % 2] as string;
  const relations = row.relations.length === 0 ? [] : list(30, relationAt);
  const count = row.customers === null ? null : HUGE;
  const estimate = row.estimate === null ? null : HUGE;
  const grown = { relations, columns: 12_000, customers: count, estimate, limit: row.limit && HUGE };
  const purpose = "払戻し対応（お客様相談室からの依頼）".repeat(8);
  return {
    ...row,
    ...grown,
    person,
    client,
    application: APPLICATION,
    purpose,
    order: `group ${PERSONS[0]}`,
  };
}

function swellFile(file: StagedFile): StagedFile {
  const path = `/srv/share/${"とても長いフォルダ名".repeat(6)}/${"a".repeat(255)}.dat`;
  return { ...file, path, bytes: HUGE, records: HUGE, writer: { user: personAt(0), process: APPLICATION } };
}

function swellView(view: RecordsEventView): RecordsEventView {
  const said = (text: string) => `${text} ${relationAt(0)}, `.repeat(12);
  const touches = list(30, (index) => ({ relation: relationAt(index), columns: list(20, columnAt) }));
  return {
    ...swellRow(view, 0),
    text: view.kind === "statement" ? LONG_STATEMENT : "",
    because: view.because.map(({ code, said: { en, ja } }) => ({
      code,
      said: { en: said(en), ja: said(ja) },
    })),
    touches: view.touches.length === 0 ? [] : touches,
    file: view.file === null ? null : swellFile(view.file),
  };
}

function swellWaiting(waiting: WaitingApproval, index: number): WaitingApproval {
  const { question } = waiting.decision;
  const grow = (text: string) => `${personAt(index)} ${text} ${list(12, relationAt).join(", ")}`;
  const decision = { ...waiting.decision, question: { en: grow(question.en), ja: grow(question.ja) } };
  return {
    ...waiting,
    decision,
    event: swellRow(waiting.event, index),
    before: { approved: 99_999, denied: 88_888 },
  };
}

function swellReaders(overview: ReadersOverview): ReadersOverview {
  const [first] = overview.readers;
  if (first === undefined) return overview;
  const readers = list(300, (index) => {
    const base = overview.readers[index % overview.readers.length] ?? first;
    const group = index % 3 === 0 ? (PERSONS[0] as string) : base.group;
    const budget = { hour: index % 5 === 0 ? null : HUGE, day: HUGE, statement: HUGE };
    const inHour = index % 4 === 0 ? HUGE : base.inHour;
    return {
      ...base,
      person: personAt(index),
      group,
      budget,
      inHour,
      inDay: HUGE,
      usual: HUGE,
      alarms: 123_456,
    };
  });
  return { ...overview, shadow: true, readers, record: { ...overview.record, files: 1_234_567, rows: HUGE } };
}

function swellColumns(view: ColumnsView, at: string): ColumnsView {
  const kinds = ["name", "passport", "free-text", "birth-date"];
  const personal = list(60, (index) => ({ column: columnAt(index), kind: kinds[index % 4] as string }));
  const tables = list(40, (index) => ({
    table: relationAt(index),
    key: index % 3 === 0 ? null : columnAt(index),
    personal,
    notPersonal: list(80, columnAt),
  }));
  const changes = list(120, (index) => ({
    id: `01890000-0000-7000-8000-00000c${String(index).padStart(6, "0")}`,
    ...{ at, relation: relationAt(index), column: columnAt(index), kind: "phone", what: "new-column" },
    confidence: 0.94,
  }));
  return { ...view, customers: { table: relationAt(0), key: columnAt(0) }, tables, changes };
}

function swellCustomer(view: CustomerView): CustomerView {
  const [first] = view.readings;
  if (first === undefined) return view;
  const touches = Object.fromEntries(list(8, (index) => [relationAt(index), list(12, columnAt)]));
  const readings = list(500, (index) => ({
    ...first,
    statement: `01890000-0000-7000-8000-00000e${String(index).padStart(6, "0")}`,
    ...{ person: personAt(index), client: CLIENTS[0] as string, application: APPLICATION, touches },
  }));
  const persons = list(200, (index) => ({
    person: personAt(index),
    readings: HUGE,
    ...{ firstAt: first.at, lastAt: first.at },
  }));
  return { readings, persons, keyless: HUGE, more: true };
}

/** The same service, whose answers are too much for any page as long as `swells` says so. */
export function swellRecords(service: RecordsService, swells: () => boolean): RecordsService {
  return {
    ...service,
    readers: async (hours) => when(swells, await service.readers(hours), swellReaders),
    events: async (filter) =>
      when(swells, await service.events(filter), (found) => ({ ...found, rows: found.rows.map(swellRow) })),
    event: async (id, viewer, options) => when(swells, await service.event(id, viewer, options), swellView),
    waiting: async (viewer) =>
      when(swells, await service.waiting(viewer), (all) =>
        all.flatMap((one) => list(30, (index) => swellWaiting(withId(one, index), index))),
      ),
    approval: async (id, viewer) =>
      when(swells, await service.approval(id, viewer), (one) => swellWaiting(one, 0)),
    columns: async () =>
      when(swells, await service.columns(), (view) => swellColumns(view, view.changes[0]?.at ?? "")),
    customer: async (question, viewer) =>
      when(swells, await service.customer(question, viewer), swellCustomer),
    canaries: async () =>
      when(swells, await service.canaries(), ({ rings }) => ({
        planted: list(120, (index) => ({ table: relationAt(index), count: HUGE })),
        rings: rings.map(swellRow),
      })),
    files: async (limit) =>
      when(swells, await service.files(limit), (rows) =>
        rows.map((row, index) => ({
          ...swellRow(row, index),
          file: row.file === null ? null : swellFile(row.file),
        })),
      ),
  };
}

/** The first keeps its number, so that its page can be opened. */
function withId(waiting: WaitingApproval, index: number): WaitingApproval {
  if (index === 0) return waiting;
  const { decision } = waiting;
  return {
    ...waiting,
    decision: { ...decision, id: `${decision.id.slice(0, -4)}${String(index).padStart(4, "0")}` },
  };
}

function when<Value>(holds: () => boolean, value: Value, change: (value: Value) => Value): Value {
  return holds() ? change(value) : value;
}
