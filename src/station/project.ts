import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { AppendedRow } from "../ledger/append.ts";
import type { Entry } from "../ledger/entry.ts";
import { incidentTables, projectIncident } from "../incident/projectIncident.ts";
import { projectRecords } from "./projectRecords.ts";
import { projectTraffic } from "./projectTraffic.ts";
import type { LiveEvent } from "./services.ts";

type Data = Record<string, string | number | boolean | null | string[]>;

/** What the pages count an entry as; null for entries that are no event at a gate. */
export function actOf(entry: Entry): LiveEvent["act"] | null {
  switch (entry.code) {
    case "mail-delivered":
      return "pass";
    case "traffic-found":
      return "finding";
    case "cut-in-place":
      return "cut";
    case "cut-ended":
      return "lift";
    case "mail-held":
    case "statement-held":
      return "hold";
    case "statement-cut":
      return "cut";
    case "statement-told":
    case "file-seen":
      return "finding";
    case "statement-approved":
      return "release";
    case "mail-refused":
    case "statement-refused":
    case "held-mail-refused":
      return "refuse";
    case "mail-stripped":
      return "strip";
    case "mail-released":
      return "release";
    case "release-failed":
    case "delivery-refused":
    case "next-hop-away":
    case "delivery-in-doubt":
    case "cut-failed":
      return "failed";
    case "mail-repeated":
      return "duplicate";
    default:
      return null;
  }
}

/** All tables that `project` fills. One that is made anew begins empty: some of them add up. */
export const projectedTables = [
  "held_mail",
  "gate_minute",
  "finding",
  "cut_order",
  "deciders_asked",
  "record_file",
  "records_event",
  "reader_hour",
  "access_file",
  ...incidentTables,
] as const;

/**
 * Reads held mail and rates off new entries. Each entry has its effect once, because the index moves with
 * it.
 */
export async function project(db: Kysely<any>, rows: AppendedRow[]): Promise<void> {
  const counts = new Map<string, { gate: string; minute: string; act: string; count: number }>();
  for (const { entry } of rows) {
    const act = actOf(entry);
    if (act !== null) countMinute(counts, entry, act);
    if (entry.code === "mail-held") await insertHeld(db, entry);
    else await moveHeld(db, entry);
    if (entry.about["gate"] === "outbound") await projectTraffic(db, entry);
    if (entry.about["gate"] === "records") await projectRecords(db, entry);
    await projectIncident(db, entry);
  }
  for (const row of counts.values()) {
    await db
      .insertInto("gate_minute")
      .values(row)
      .onConflict((conflict) =>
        conflict
          .columns(["gate", "minute", "act"])
          .doUpdateSet({ count: sql`gate_minute.count + excluded.count` }),
      )
      .execute();
  }
}

function countMinute(
  counts: Map<string, { gate: string; minute: string; act: string; count: number }>,
  entry: Entry,
  act: string,
): void {
  const minute = `${entry.at.slice(0, 16)}:00.000Z`;
  const gate = entry.about["gate"] ?? "mail";
  const row = counts.get(`${gate} ${minute} ${act}`) ?? { gate, minute, act, count: 0 };
  row.count += 1;
  counts.set(`${gate} ${minute} ${act}`, row);
}

/** What a gate says of a held mail. An entry of another form is kept in the ledger and shown nowhere else. */
const HeldData = z.object({
  sender: z.string(),
  senderDomain: z.string(),
  recipients: z.array(z.string()),
  bytes: z.number(),
  attachments: z.number(),
  reasons: z.array(z.object({ code: z.string(), technique: z.string().nullable(), severity: z.string() })),
  order: z.string().nullable(),
  secondPerson: z.boolean(),
});

async function insertHeld(db: Kysely<any>, entry: Entry): Promise<void> {
  const parsed = HeldData.safeParse(entry.data);
  const mail = z.uuid().safeParse(entry.about["mail"]);
  if (!parsed.success || !mail.success || entry.evidence[0] === undefined) return;
  const { data } = parsed;
  const row = {
    mail: mail.data,
    received_at: entry.at,
    state: "held",
    sender: data.sender.replaceAll("\0", "\ufffd"),
    sender_domain: data.senderDomain.replaceAll("\0", "\ufffd"),
    recipients: JSON.stringify(data.recipients),
    bytes: data.bytes,
    attachments: data.attachments,
    reasons: JSON.stringify(data.reasons),
    order_name: data.order,
    second_person: data.secondPerson,
    evidence: entry.evidence[0],
    held_entry: entry.id,
    decision_id: null,
  };
  // A gate that was killed between the entry and its answer holds the same mail once more.
  await db
    .insertInto("held_mail")
    .values(row)
    .onConflict((conflict) => conflict.column("mail").doNothing())
    .execute();
}

/** Which state of a held mail an entry leads to. */
const heldStates: Record<string, string> = {
  "release-asked": "releasing",
  "mail-released": "released",
  "held-mail-refused": "refused",
};

async function moveHeld(db: Kysely<any>, entry: Entry): Promise<void> {
  const mail = entry.about["mail"];
  if (mail === undefined) return;
  const state = entry.code === "release-failed" ? failedState(entry) : heldStates[entry.code];
  if (state !== undefined)
    await db.updateTable("held_mail").set({ state }).where("mail", "=", mail).execute();
  if (entry.code === "decision-asked" && entry.about["decision"] !== undefined) {
    const decision = { decision_id: entry.about["decision"] };
    await db.updateTable("held_mail").set(decision).where("mail", "=", mail).execute();
  }
}

function failedState(entry: Entry): string {
  return (entry.data as Data)["permanent"] === true ? "failed" : "releasing";
}
