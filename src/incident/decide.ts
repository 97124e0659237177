import { sql, type Kysely, type Transaction } from "kysely";
import type { Said } from "../gate.ts";
import type { EntryDraft, EntryId, EvidenceHash } from "../ledger/entry.ts";
import type { Json } from "../lib/canonicalJson.ts";
import type { EvidenceStore } from "../ledger/evidence.ts";
import type { Recorder } from "../ledger/recorder.ts";
import { SekishoError } from "../lib/error.ts";
import { makeUuidV7 } from "../lib/identifier.ts";
import { projectRoom } from "./projectRoom.ts";

/** One way to answer, with what it does and how it is undone. */
export type Option = { code: string; label: Said; consequence: Said; undo: Said };

/** A question to a person: it has an owner, a deadline and a default that happens when nobody answers. */
export type Question = {
  code: string;
  /** One decision per subject: asking again for the same one finds the first. */
  subject: string;
  about: Record<string, string>;
  question: Said;
  options: Option[];
  owner: { role: string; person: string | null };
  secondPerson: boolean;
  deadline: Temporal.Instant;
  defaultOption: string;
  restsOn: EntryId[];
};

export type DecisionState = "asked" | "seconding" | "answered" | "defaulted" | "withdrawn";

export type Answerer = { id: string; name: string };
export type Answer = { person: string; personName: string; option: string; reason: string; at: string };

export type Decision = Omit<Question, "deadline" | "restsOn" | "subject"> & {
  id: string;
  state: DecisionState;
  askedAt: string;
  deadline: string;
  answers: Answer[];
  outcome: string | null;
  /** Ledger entries of this decision, oldest first; the last one is what an enforcement rests on. */
  entries: EntryId[];
};

/** What shows that a person gave an answer: a signature over what she answered, in the evidence store. */
export type Proof = { evidence: EvidenceHash; data: Record<string, Json> };

export const limits = { reasonCharactersMax: 2_000 } as const;

/**
 * Pure: what an answer makes of a decision. Where a second person is needed the first answer only proposes;
 * the
 * second must be another person with the same option, and a different option puts the question anew.
 */
export function weighAnswer(
  decision: Pick<Decision, "state" | "options" | "secondPerson" | "answers">,
  answer: { person: string; option: string; reason: string },
): { state: DecisionState; code: string } {
  if (decision.state !== "asked" && decision.state !== "seconding") {
    throw new SekishoError("conflict", "Cannot answer: this question was decided already", {
      hint: "reload the page",
    });
  }
  if (!decision.options.some((option) => option.code === answer.option)) {
    const known = decision.options.map((option) => option.code).join(", ");
    throw new SekishoError("usage", `Cannot answer "${answer.option}": it is no option`, {
      hint: `answer one of: ${known}`,
    });
  }
  checkReason(answer.reason, "answer");
  if (!decision.secondPerson) return { state: "answered", code: "decision-answered" };
  if (decision.state === "asked") return { state: "seconding", code: "decision-proposed" };
  const first = decision.answers.at(-1);
  if (first?.person === answer.person) {
    throw new SekishoError("not-permitted", "Cannot second your own answer: another person has to", {
      hint: "ask a second approver to open this page",
    });
  }
  if (first?.option === answer.option) return { state: "answered", code: "decision-answered" };
  return { state: "asked", code: "decision-contradicted" };
}

function checkReason(reason: string, act: "answer" | "dissent"): void {
  if (reason.trim() !== "" && reason.length <= limits.reasonCharactersMax) return;
  throw new SekishoError("usage", `Cannot ${act} without a reason of 1 to 2000 characters`, {
    hint: "say in a sentence why",
  });
}

export type DecisionsOptions = {
  db: Kysely<any>;
  recorder: Recorder;
  evidence: EvidenceStore;
  now: () => Temporal.Instant;
  /**
   * Called after a decision was settled, by a person or by its default. May be called again after a
   * restart.
   */
  onSettled: (decision: Decision) => Promise<void>;
};

/**
 * Asks, takes answers, and lets deadlines fall to their defaults. Every step is in the ledger before it
 * counts.
 */
export class Decisions {
  readonly #options: DecisionsOptions;

  constructor(options: DecisionsOptions) {
    this.#options = options;
  }

  /** Puts a question; where its subject was asked before, gives that decision back. */
  async ask(question: Question): Promise<Decision> {
    const { db, recorder, now } = this.#options;
    const known = await db
      .selectFrom("decision")
      .select("id")
      .where("subject", "=", question.subject)
      .executeTakeFirst();
    if (known !== undefined) return this.get((known as { id: string }).id);
    const askedAt = now();
    const id = makeUuidV7(askedAt.epochMilliseconds);
    const entry = await recorder.append({
      kind: "decided",
      code: "decision-asked",
      about: { ...question.about, decision: id },
      rests: question.restsOn,
      data: {
        question: question.code,
        options: question.options.map((option) => option.code),
        role: question.owner.role,
        secondPerson: question.secondPerson,
        deadline: question.deadline.toString(),
        default: question.defaultOption,
      },
    });
    const row = {
      id,
      code: question.code,
      state: "asked",
      subject: question.subject,
      about: JSON.stringify({ ...question.about, decision: id }),
      question: JSON.stringify(question.question),
      options: JSON.stringify(question.options),
      owner_role: question.owner.role,
      owner_person: question.owner.person,
      second_person: question.secondPerson,
      asked_at: askedAt.toString(),
      deadline: question.deadline.toString(),
      default_option: question.defaultOption,
      outcome: null,
      entries: JSON.stringify([entry.id]),
    };
    await db
      .insertInto("decision")
      .values(row)
      .onConflict((conflict) => conflict.column("subject").doNothing())
      .execute();
    return this.#bySubject(question.subject);
  }

  async #bySubject(subject: string): Promise<Decision> {
    const row = await this.#options.db
      .selectFrom("decision")
      .select("id")
      .where("subject", "=", subject)
      .executeTakeFirstOrThrow();
    return this.get((row as { id: string }).id);
  }

  /** Throws not-found. */
  async get(id: string, db: Kysely<any> = this.#options.db): Promise<Decision> {
    const [decision] = await this.#read((query) => query.where("id", "=", id), { limit: 1, db });
    if (decision !== undefined) return decision;
    throw new SekishoError("not-found", `Cannot find decision ${id}`, { hint: "see the list of decisions" });
  }

  /** Those that wait come first, by deadline. */
  async list(filter: { state?: DecisionState | undefined; limit: number }): Promise<Decision[]> {
    const { state } = filter;
    return this.#read((query) => (state === undefined ? query : query.where("state", "=", state)), {
      limit: filter.limit,
      db: this.#options.db,
    });
  }

  /** All that are about one of some things, oldest first. */
  async of(key: string, values: readonly string[]): Promise<Decision[]> {
    const about = sql`${sql.ref("decision.about")}::json ->> ${key}`;
    const found = await this.#read((query) => query.where(about, "in", values), {
      limit: 500,
      db: this.#options.db,
    });
    return found.toSorted((one, other) => (one.askedAt < other.askedAt ? -1 : 1));
  }

  async #read(narrow: (query: any) => any, options: { limit: number; db: Kysely<any> }): Promise<Decision[]> {
    const { db, limit } = options;
    const waiting = sql`case when state in ('asked', 'seconding') then 0 else 1 end`;
    const query = narrow(db.selectFrom("decision").selectAll());
    const rows = (await query.orderBy(waiting).orderBy("deadline").limit(limit).execute()) as DecisionRow[];
    const ids = rows.map((row) => row.id);
    const answers =
      ids.length === 0
        ? []
        : ((await db
            .selectFrom("decision_answer")
            .selectAll()
            .where("decision_id", "in", ids)
            .orderBy("number")
            .execute()) as AnswerRow[]);
    return rows.map((row) =>
      decisionOf(
        row,
        answers.filter((answer) => answer.decision_id === row.id),
      ),
    );
  }

  /**
   * Takes one person's answer. Throws conflict, not-permitted or usage. `proof` is kept beside her reason:
   * what
   * shows later that it was she who answered this.
   */
  async answer(
    id: string,
    person: Answerer,
    answer: { option: string; reason: string; proof?: Proof },
  ): Promise<Decision> {
    const { db, now } = this.#options;
    const settled = await db.transaction().execute(async (transaction) => {
      await transaction.selectFrom("decision").select("id").where("id", "=", id).forUpdate().execute();
      const decision = await this.get(id, transaction);
      const weighed = weighAnswer(decision, { ...answer, person: person.id });
      const at = now();
      const entry = await this.#recordAnswer(decision, { ...weighed, person, answer });
      await transaction
        .insertInto("decision_answer")
        .values({
          decision_id: id,
          number: decision.answers.length + 1,
          person: person.id,
          person_name: person.name,
          option: answer.option,
          reason: answer.reason,
          at: at.toString(),
        })
        .execute();
      await this.#move(transaction, decision, {
        state: weighed.state,
        outcome: weighed.state === "answered" ? answer.option : null,
        entry,
      });
      return weighed.state === "answered";
    });
    const decision = await this.get(id);
    if (settled) await this.#options.onSettled(decision);
    return decision;
  }

  /** What a person wrote may hold personal data, so the ledger names it and the evidence store keeps it. */
  async #recordAnswer(
    decision: Decision,
    given: {
      code: string;
      state: DecisionState;
      person: Answerer;
      answer: { option: string; reason: string; proof?: Proof };
    },
  ): Promise<EntryId> {
    const { recorder, evidence } = this.#options;
    const { proof } = given.answer;
    const reason = await evidence.put(Buffer.from(JSON.stringify({ reason: given.answer.reason }), "utf8"));
    const entry = await recorder.append({
      kind: "decided",
      code: given.code,
      about: { ...decision.about, person: given.person.id },
      rests: decision.entries.slice(-1),
      evidence: [reason, ...(proof === undefined ? [] : [proof.evidence])],
      data: { option: given.answer.option, state: given.state, ...proof?.data },
    });
    return entry.id;
  }

  /** Somebody who thinks otherwise says so, before or after it was settled; it changes nothing else. */
  async dissent(id: string, person: Answerer, reason: string): Promise<void> {
    const { recorder, evidence, db } = this.#options;
    const decision = await this.get(id);
    checkReason(reason, "dissent");
    const hash = await evidence.put(Buffer.from(JSON.stringify({ reason }), "utf8"));
    const entry = await recorder.append({
      kind: "decided",
      code: "decision-dissented",
      about: { ...decision.about, person: person.id },
      rests: decision.entries.slice(-1),
      evidence: [hash],
      data: {},
    });
    await projectRoom(db, entry);
  }

  /** Who thought otherwise, oldest first; reasons lie in the evidence store. */
  async dissents(id: string): Promise<{ person: string; at: string; reasonEvidence: string | null }[]> {
    const rows = (await this.#options.db
      .selectFrom("decision_dissent")
      .selectAll()
      .where("decision_id", "=", id)
      .orderBy("entry")
      .execute()) as { person: string; at: Date; reason_evidence: string | null }[];
    return rows.map((row) => ({
      person: row.person,
      at: row.at.toISOString(),
      reasonEvidence: row.reason_evidence,
    }));
  }

  async #move(
    db: Transaction<any> | Kysely<any>,
    decision: Decision,
    to: { state: DecisionState; outcome: string | null; entry: EntryId },
  ): Promise<void> {
    await db
      .updateTable("decision")
      .set({ state: to.state, outcome: to.outcome, entries: JSON.stringify([...decision.entries, to.entry]) })
      .where("id", "=", decision.id)
      .execute();
  }

  /**
   * Takes a question back because nobody needs its answer any more; false where it was settled before.
   * `restsOn` says what has become of its matter.
   */
  withdraw(id: string, restsOn: EntryId): Promise<boolean> {
    return this.#end(id, (decision) => ({
      state: "withdrawn",
      outcome: null,
      draft: {
        kind: "decided",
        code: "decision-withdrawn",
        about: decision.about,
        rests: [...decision.entries.slice(-1), restsOn],
        data: {},
      },
    }));
  }

  /** Lets every question whose deadline has passed fall to its default; returns how many. */
  async settleDue(): Promise<number> {
    const { db, now, onSettled } = this.#options;
    const at = now();
    const due = await this.#read(
      (query) => query.where("state", "in", ["asked", "seconding"]).where("deadline", "<=", at.toString()),
      { limit: 1_000, db },
    );
    let defaulted = 0;
    for (const { id } of due) {
      if (!(await this.#fallToDefault(id))) continue;
      defaulted += 1;
      await onSettled(await this.get(id));
    }
    return defaulted;
  }

  /**
   * False where a person answered in the same moment: an answer counts, and the question is not settled
   * twice.
   */
  #fallToDefault(id: string): Promise<boolean> {
    return this.#end(id, (decision) => ({
      state: "defaulted",
      outcome: decision.defaultOption,
      draft: {
        kind: "decided",
        code: "decision-defaulted",
        about: decision.about,
        rests: decision.entries.slice(-1),
        data: { option: decision.defaultOption, deadline: decision.deadline },
      },
    }));
  }

  #end(
    id: string,
    ending: (decision: Decision) => { state: DecisionState; outcome: string | null; draft: EntryDraft },
  ): Promise<boolean> {
    const { db, recorder } = this.#options;
    return db.transaction().execute(async (transaction) => {
      await transaction.selectFrom("decision").select("id").where("id", "=", id).forUpdate().execute();
      const decision = await this.get(id, transaction);
      if (decision.state !== "asked" && decision.state !== "seconding") return false;
      const { state, outcome, draft } = ending(decision);
      const entry = await recorder.append(draft);
      await this.#move(transaction, decision, { state, outcome, entry: entry.id });
      return true;
    });
  }
}

type DecisionRow = {
  id: string;
  code: string;
  state: DecisionState;
  about: string;
  question: string;
  options: string;
  owner_role: string;
  owner_person: string | null;
  second_person: boolean;
  asked_at: Date;
  deadline: Date;
  default_option: string;
  outcome: string | null;
  entries: string;
};

type AnswerRow = {
  decision_id: string;
  person: string;
  person_name: string;
  option: string;
  reason: string;
  at: Date;
};

function decisionOf(row: DecisionRow, answers: AnswerRow[]): Decision {
  return {
    id: row.id,
    code: row.code,
    state: row.state,
    about: JSON.parse(row.about) as Record<string, string>,
    question: JSON.parse(row.question) as Said,
    options: JSON.parse(row.options) as Option[],
    owner: { role: row.owner_role, person: row.owner_person },
    secondPerson: row.second_person,
    askedAt: row.asked_at.toISOString(),
    deadline: row.deadline.toISOString(),
    defaultOption: row.default_option,
    answers: answers.map((answer) => ({
      person: answer.person,
      personName: answer.person_name,
      option: answer.option,
      reason: answer.reason,
      at: answer.at.toISOString(),
    })),
    outcome: row.outcome,
    entries: JSON.parse(row.entries) as EntryId[],
  };
}
