import { sql, type Kysely } from "kysely";
import { z } from "zod";
import { decodeHeldMail, type HeldMail } from "../../gates/mail/heldMail.ts";
import type { EvidenceHash, EntryId } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import { SekishoError } from "../../lib/error.ts";
import type { LedgerIndex } from "../ledgerIndex.ts";
import {
  HELD_STATES,
  type DeskService,
  type HeldMailFilter,
  type HeldMailRow,
  type HeldMailView,
} from "../services.ts";
import type { HeldState, LedgerRow, Person, Purpose } from "../services.ts";

const leastUuid = "00000000-0000-0000-0000-000000000000";

type Row = {
  mail: string;
  received_at: Date;
  state: HeldState;
  sender: string;
  sender_domain: string;
  recipients: string;
  bytes: number;
  attachments: number;
  reasons: string;
  order_name: string | null;
  second_person: boolean;
  evidence: string;
  held_entry: string;
  asked_decision: string | null;
  deadline: Date | null;
  default_option: string | null;
};

/** Where a page begins. The least UUID stands for a border without a mail. */
const Cursor = z.object({
  receivedAt: z.iso.datetime(),
  mail: z.uuid().or(z.literal(leastUuid)).default(leastUuid),
});

export type DeskOptions = {
  db: Kysely<any>;
  recorder: Recorder;
  evidence: EvidenceStore;
  index: LedgerIndex;
};

/** The mail desk: lists are masked; every look at a held mail is an entry before anything is shown. */
export function createDeskService(options: DeskOptions): DeskService {
  const { db, recorder, evidence } = options;

  async function list(filter: HeldMailFilter) {
    const rows = (await narrow(joined(db), filter)
      .orderBy("received_at", "desc")
      .orderBy("mail", "desc")
      .limit(filter.limit)
      .execute()) as Row[];
    const total = (await narrow(db.selectFrom("held_mail"), { ...filter, before: undefined })
      .select(sql<number>`count(*)`.as("count"))
      .executeTakeFirst()) as { count: number };
    return { rows: rows.map(rowOf), total: Number(total.count), counts: await countStates(db) };
  }

  async function find(mail: string): Promise<Row> {
    const row = /^[0-9a-f-]{36}$/.test(mail)
      ? await joined(db).where("mail", "=", mail).executeTakeFirst()
      : undefined;
    if (row !== undefined) return row as Row;
    throw new SekishoError("not-found", `Cannot find held mail ${mail}`, {
      hint: "see the list of held mail",
    });
  }

  async function look(row: Row, viewer: Person, act: { code: string; purpose: Purpose }): Promise<void> {
    await recorder.append({
      kind: "observed",
      code: act.code,
      about: { gate: "mail", mail: row.mail, person: viewer.id },
      rests: [row.held_entry as EntryId],
      evidence: [row.evidence as EvidenceHash],
      data: { purpose: act.purpose },
    });
  }

  async function open(mail: string, viewer: Person, purpose: Purpose): Promise<HeldMailView> {
    const row = await find(mail);
    await look(row, viewer, { code: "evidence-viewed", purpose });
    const held = decodeHeldMail(await evidence.get(row.evidence as EvidenceHash));
    const entries = await options.index.search({ about: { key: "mail", value: mail }, limit: 200 });
    return viewOf(row, held, entries.reverse());
  }

  async function raw(mail: string, viewer: Person, purpose: Purpose): Promise<Uint8Array> {
    const row = await find(mail);
    await look(row, viewer, { code: "evidence-exported", purpose });
    return decodeHeldMail(await evidence.get(row.evidence as EvidenceHash)).raw;
  }

  return { list, open, raw };
}

function viewOf(row: Row, held: HeldMail, entries: LedgerRow[]): HeldMailView {
  const { reading } = held;
  return {
    ...rowOf(row),
    transport: held.transport,
    subject: reading?.subject ?? "",
    from: reading?.from ?? [],
    to: reading?.to ?? [],
    replyTo: reading?.replyTo ?? [],
    date: reading?.date ?? null,
    messageId: reading?.messageId ?? null,
    text: reading?.text ?? "",
    headers: reading?.headers ?? [],
    links: reading?.links ?? [],
    parts: reading?.parts ?? [],
    defects: reading?.defects ?? [],
    authentication: reading?.authentication ?? null,
    because: held.reasons.map((reason) => ({ ...reason, part: reason.part ?? null })),
    chain: entries.map(({ index, entry: { id, kind, code, at, by } }) => ({ id, index, kind, code, at, by })),
    evidence: row.evidence,
    sha256: reading?.sha256 ?? "",
  };
}

/** The ledger names a decision a moment before its row is there to answer: only the row counts. */
function joined(db: Kysely<any>) {
  return db
    .selectFrom("held_mail")
    .leftJoin("decision", "decision.id", "held_mail.decision_id")
    .selectAll("held_mail")
    .select(["decision.id as asked_decision", "decision.deadline", "decision.default_option"]);
}

function narrow(query: any, filter: HeldMailFilter): any {
  let narrowed = query;
  if (filter.state !== undefined) narrowed = narrowed.where("held_mail.state", "=", filter.state);
  if (filter.reason !== undefined)
    narrowed = narrowed.where("reasons", "like", `%"code":"${escapeLike(filter.reason)}"%`);
  for (const word of (filter.text ?? "").split(/\s+/).filter((one) => one !== "")) {
    narrowed = narrowed.where(
      sql`(sender || ' ' || recipients || ' ' || reasons || ' ' || held_mail.mail::text)`,
      "ilike",
      `%${escapeLike(word)}%`,
    );
  }
  const [receivedAt, mail] = filter.before?.split("~") ?? [];
  if (receivedAt !== undefined) {
    const parsed = Cursor.safeParse({ receivedAt, mail });
    if (!parsed.success) {
      throw new SekishoError("usage", "Cannot list held mail: the page border is malformed", {
        hint: "begin again without `before`",
      });
    }
    const border = parsed.data;
    narrowed = narrowed.where(
      sql<boolean>`(received_at, held_mail.mail) < (${border.receivedAt}::timestamptz, ${border.mail}::uuid)`,
    );
  }
  return narrowed;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, "\\$&");
}

async function countStates(db: Kysely<any>): Promise<Record<HeldState, number>> {
  const rows = (await db
    .selectFrom("held_mail")
    .select(["state", sql<number>`count(*)`.as("count")])
    .groupBy("state")
    .execute()) as { state: HeldState; count: number }[];
  const counts = Object.fromEntries(HELD_STATES.map((state) => [state, 0])) as Record<HeldState, number>;
  for (const row of rows) counts[row.state] = Number(row.count);
  return counts;
}

function rowOf(row: Row): HeldMailRow {
  return {
    mail: row.mail,
    receivedAt: row.received_at.toISOString(),
    state: row.state,
    senderMasked: row.sender,
    senderDomain: row.sender_domain,
    recipientsMasked: JSON.parse(row.recipients) as string[],
    bytes: Number(row.bytes),
    attachments: row.attachments,
    reasons: JSON.parse(row.reasons) as HeldMailRow["reasons"],
    order: row.order_name,
    secondPerson: row.second_person,
    decisionId: row.asked_decision,
    deadline: row.deadline?.toISOString() ?? null,
    defaultOption: row.default_option,
  };
}
