import type { LoadedConfig } from "../../config.ts";
import { SekishoError } from "../../lib/error.ts";
import type { Person } from "../services.ts";
import { createApprovalService, type ApprovalOptions } from "./approvalService.ts";
import {
  changeOf,
  fileOf,
  listEvents,
  openEvent,
  rowOfEvent,
  selectEvents,
  type EventOptions,
  type EventRecord,
} from "./recordsEvents.ts";
import { readersOverview } from "./recordsReaders.ts";
import type {
  CanariesView,
  ColumnsView,
  CustomerQuestion,
  CustomerView,
  RecordsService,
} from "./recordsTypes.ts";

const limits = { changesMax: 200, ringsMax: 200 } as const;

/** Looks up who read a customer in the record, which lies in files. */
export type AskRecord = (
  customer: string,
  span: { since: string | null; until: string | null },
) => Promise<CustomerView>;

export type RecordsOptions = EventOptions &
  ApprovalOptions & {
    loaded: LoadedConfig;
    /** Null: this station keeps no record of readings. */
    askRecord: AskRecord | null;
    /** Pseudonym of a customer, under which the ledger may name her. */
    nameCustomer: (customer: string) => string;
    /** Canaries by table, as the gate planted them. */
    planted: () => Promise<CanariesView["planted"]>;
  };

/** The records gate as the pages see it: who reads, what waits, what is personal, what rang. */
export function createRecordsService(options: RecordsOptions): RecordsService {
  const { db, loaded } = options;
  const settings = loaded.config.records;
  return {
    readers: (hours) => readersOverview(db, settings, { hours, now: Date.now() }),
    events: (filter) => listEvents(db, filter),
    event: (id, viewer, { reveal }) => openEvent(options, { id, viewer, reveal }),
    ...createApprovalService(options),
    columns: () => columnsOf(options),
    customer: (question, viewer) => askAbout(options, question, viewer),
    async canaries() {
      const rows = (await selectEvents(db)
        .where((where: any) =>
          where.or([
            where("reasons", "like", '%"canary-read"%'),
            where("reasons", "like", '%"canary-staged"%'),
          ]),
        )
        .orderBy("seen_at", "desc")
        .limit(limits.ringsMax)
        .execute()) as EventRecord[];
      return { planted: await options.planted(), rings: rows.map(rowOfEvent) };
    },
    async files(limit) {
      const rows = (await selectEvents(db)
        .where("kind", "in", ["file", "watch"])
        .orderBy("seen_at", "desc")
        .limit(limit)
        .execute()) as EventRecord[];
      return rows.map((row) => ({ ...rowOfEvent(row), file: fileOf(JSON.parse(row.data)) }));
    },
  };
}

async function columnsOf({ db, loaded }: RecordsOptions): Promise<ColumnsView> {
  const { customers, tables = [] } = loaded.config.records ?? {};
  const rows = (await selectEvents(db)
    .where("kind", "=", "columns")
    .orderBy("seen_at", "desc")
    .limit(limits.changesMax)
    .execute()) as EventRecord[];
  return {
    customers: customers ?? null,
    tables: tables.map(({ table, key, personal, notPersonal }) => ({
      table,
      key: key ?? null,
      personal: Object.entries(personal).map(([column, kind]) => ({ column, kind })),
      notPersonal,
    })),
    changes: rows.flatMap((row) => {
      const change = changeOf(row.relations, JSON.parse(row.data));
      return change === null ? [] : [{ ...change, id: row.id, at: row.seen_at.toISOString() }];
    }),
  };
}

/**
 * To ask about a customer is itself a look at personal data, so the ledger has it first, with the key as
 * evidence.
 */
async function askAbout(
  { askRecord, evidence, recorder, nameCustomer }: RecordsOptions,
  question: CustomerQuestion,
  viewer: Person,
): Promise<CustomerView> {
  if (askRecord === null) {
    throw new SekishoError("setup-incomplete", "Cannot ask who read a customer: there is no record", {
      hint: "configure the records gate in sekisho.yaml",
    });
  }
  const { customer, since = null, until = null, purpose } = question;
  const kept = await evidence.put(Buffer.from(JSON.stringify({ customer, since, until }), "utf8"));
  await recorder.append({
    kind: "observed",
    code: "accesses-viewed",
    about: { gate: "records", person: viewer.id, subject: nameCustomer(customer) },
    evidence: [kept],
    data: { view: "who", purpose, since, until },
  });
  return askRecord(customer, { since, until });
}
