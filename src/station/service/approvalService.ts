import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Decision, Decisions } from "../../incident/decide.ts";
import { EvidenceHash } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import { SekishoError } from "../../lib/error.ts";
import { ApprovalPasskeys, type SignedApproval } from "../approvalPasskeys.ts";
import { mayDo } from "../http/permissions.ts";
import type { DecisionService, Person } from "../services.ts";
import { findEvent, selectEvents, rowOfEvent, type EventRecord } from "./recordsEvents.ts";
import type { RecordsService, WaitingApproval } from "./recordsTypes.ts";

export type ApprovalOptions = {
  db: Kysely<any>;
  recorder: Recorder;
  evidence: EvidenceStore;
  decisions: Decisions;
  views: DecisionService;
  /** Where people open the console: passkeys belong to its name. */
  origin: string;
  now?: () => number;
};

/** Whether the answerer is the person who wants to read: nobody approves her own reading. */
export function isReader(about: Record<string, string>, person: Pick<Person, "name" | "email">): boolean {
  const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
  const { email, person: login = "" } = about;
  if (email !== undefined) return same(email, person.email);
  // Where the configuration does not say whose login it is, the name has to do.
  return (
    same(login, person.name) || same(login, person.email) || same(login, person.email.split("@")[0] ?? "")
  );
}

/** Throws not-permitted for the reader herself, whatever she answers. */
export function refuseReader(decision: Pick<Decision, "code" | "about">, person: Person): void {
  if (decision.code !== "bulk-read" || !isReader(decision.about, person)) return;
  throw new SekishoError("not-permitted", "Cannot answer: this is your own reading", {
    hint: "another person has to answer it",
  });
}

/** Throws where an answer to a bulk reading needs more than a signed-in person. */
export function refuseWithoutPasskey(decision: Pick<Decision, "code">, option: string): void {
  if (decision.code !== "bulk-read" || option !== "approve") return;
  throw new SekishoError("not-permitted", "Cannot approve without a passkey", {
    hint: "approve it on its page under Records, Waiting for approval",
  });
}

type Approvals = Pick<RecordsService, "waiting" | "approval" | "beginApproval" | "approve">;

/** Held statements: who waits, and the approval by a second person's passkey. */
export function createApprovalService(options: ApprovalOptions): Approvals {
  const { db, decisions, views, recorder, evidence } = options;
  const passkeys = new ApprovalPasskeys({
    db,
    origin: options.origin,
    now: options.now ?? (() => Date.now()),
    signedBy: (decision) => signedBy(options, decision),
  });

  return {
    async waiting(viewer) {
      const rows = (await selectEvents(db)
        .innerJoin("decision", "decision.id", "records_event.decision_id")
        .where("decision.state", "=", "asked")
        .orderBy("decision.deadline")
        .limit(100)
        .execute()) as EventRecord[];
      return Promise.all(rows.map((row) => waitingOf(options, row, viewer)));
    },
    async approval(id, viewer) {
      const decision = await decisions.get(id);
      const row = await findEvent(db, statementOf(decision));
      return waitingOf(options, row, viewer);
    },
    async beginApproval(id, approver) {
      const decision = await decisions.get(id);
      refuseSettled(decision);
      refuseReader(decision, approver);
      return passkeys.begin(decision, approver.id);
    },
    async approve(id, approver, { nonce, assertion, reason }) {
      const decision = await decisions.get(id);
      refuseSettled(decision);
      const about = { ...decision.about, decision: id, person: approver.id };
      const kept = await (async () => {
        refuseReader(decision, approver);
        return passkeys.prove(decision, approver.id, { nonce, assertion });
      })().catch(async (error: unknown) => {
        // Somebody tries to approve what she may not: whoever reviews approvals must hear of it.
        if (error instanceof SekishoError && error.code === "not-permitted") {
          const data = { why: error.message };
          const rests = decision.entries.slice(-1);
          await recorder.append({ kind: "observed", code: "approval-proof-refused", about, rests, data });
        }
        throw error;
      });
      const proof = {
        evidence: await evidence.put(Buffer.from(JSON.stringify(kept), "utf8")),
        data: { factor: "passkey", challenge: kept.challenge },
      };
      await decisions.answer(id, approver, { option: "approve", reason, proof });
      return views.get(id);
    },
  };
}

function statementOf(decision: Decision): string {
  const statement = decision.about["statement"];
  if (decision.code === "bulk-read" && statement !== undefined) return statement;
  throw new SekishoError("not-found", `Cannot find approval ${decision.id}`, {
    hint: "see the list of what waits",
  });
}

function refuseSettled(decision: Decision): void {
  statementOf(decision);
  if (decision.state === "asked") return;
  throw new SekishoError("conflict", "Cannot answer: this question was decided already", {
    hint: "reload the page",
  });
}

/** What a passkey signs, from what the gate has said of the statement. Throws where it no longer waits. */
async function signedBy(
  { db, evidence }: ApprovalOptions,
  decision: Decision,
): Promise<Omit<SignedApproval, "nonce" | "approves" | "decision">> {
  const row = await findEvent(db, statementOf(decision));
  const [hash] = JSON.parse(row.evidence) as string[];
  if (row.state !== "held" || hash === undefined) {
    throw new SekishoError("conflict", "Cannot approve: nobody waits for this statement any more", {
      hint: "reload the page",
    });
  }
  const kept = JSON.parse((await evidence.get(EvidenceHash.parse(hash))).toString("utf8")) as {
    text: string;
  };
  const event = rowOfEvent(row);
  return {
    statement: event.id,
    textSha256: createHash("sha256").update(kept.text).digest("hex"),
    person: event.person,
    estimate: event.estimate,
    customersMax: event.customersMax ?? 0,
  };
}

async function waitingOf(
  { db, views }: ApprovalOptions,
  row: EventRecord,
  viewer: Person,
): Promise<WaitingApproval> {
  const event = rowOfEvent(row);
  const decision = await views.get(event.decisionId ?? "");
  const reader = isReader(decision.about, viewer);
  const owns = viewer.roles.includes(decision.owner.role) || mayDo(viewer.roles, "decision.answer");
  const passkeys = (await db
    .selectFrom("passkey")
    .select((expression: any) => expression.fn.countAll().as("count"))
    .where("userId", "=", viewer.id)
    .executeTakeFirstOrThrow()) as { count: string | number };
  const since = Temporal.Now.instant().subtract({ hours: 24 * 30 });
  const before = (await db
    .selectFrom("records_event")
    .innerJoin("decision", "decision.id", "records_event.decision_id")
    .select(["decision.outcome"])
    .select((expression: any) => expression.fn.countAll().as("count"))
    .where("person", "=", event.person)
    .where("seen_at", ">=", since.toString())
    .groupBy("decision.outcome")
    .execute()) as { outcome: string | null; count: string | number }[];
  const countOf = (outcome: string): number =>
    Number(before.find((one) => one.outcome === outcome)?.count ?? 0);
  return {
    decision,
    event,
    mayAnswer: !reader && owns,
    isReader: reader,
    passkeys: Number(passkeys.count),
    before: { approved: countOf("approve"), denied: countOf("deny") },
  };
}
