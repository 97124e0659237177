import { sql } from "kysely";
import type { Entry, EntryId } from "../ledger/entry.ts";
import { SekishoError } from "../lib/error.ts";
import { makeUuidV7 } from "../lib/identifier.ts";
import type { Law } from "../law/law.ts";
import { correlate, type CorrelationPolicy, type Key, type Member, type Step } from "./correlate.ts";
import { Deadlines } from "./deadlines.ts";
import { FactRegister } from "./factRegister.ts";
import { idsOf, readIncident, readIncidents, type IncidentRow } from "./incidentRows.ts";
import type { IncidentWriter, Reasoned } from "./incidentWriter.ts";
import type { ToldSign } from "./signOf.ts";

export const limits = { signsMax: 20_000 } as const;

/** A finding on record, with why it is where it is. */
export type KnownFinding = Member & ToldSign & { why: { with: string; key: Key } | null };

/**
 * The incident room: findings that belong together. Every step is an entry of the ledger before it counts;
 * the tables can be made anew from it. What is claimed of the facts, and the clocks, are in `facts`.
 */
export class Incidents {
  readonly facts: FactRegister;
  readonly deadlines: Deadlines;
  readonly #writer: IncidentWriter;
  readonly #policy: CorrelationPolicy;
  readonly #now: () => Temporal.Instant;
  /** Signs that were looked at since the start: what waits is joined by what comes, not by looking again. */
  readonly #looked = new Set<string>();

  constructor(
    writer: IncidentWriter,
    options: { laws: readonly Law[]; policy: CorrelationPolicy; now: () => Temporal.Instant },
  ) {
    this.#writer = writer;
    this.#policy = options.policy;
    this.#now = options.now;
    this.facts = new FactRegister(writer, options.laws);
    this.deadlines = new Deadlines(writer, options.now);
  }

  /** Takes up what came while nobody looked, oldest first; gives how many steps followed. */
  takeUp(): Promise<number> {
    return this.#writer.turn.take(async () => {
      const members = await this.#members();
      const incidents = new Map((await this.list()).map(({ id, openedAt }) => [id, openedAt]));
      let steps = 0;
      for (const member of members) {
        const waits = member.incident === null && member.apart.length === 0;
        if (!waits || this.#looked.has(member.entry)) continue;
        this.#looked.add(member.entry);
        steps += await this.#take(member, { members, incidents });
      }
      return steps;
    });
  }

  /** `members` and `incidents` follow what is carried out. */
  async #take(
    sign: Member,
    { members, incidents }: { members: Member[]; incidents: Map<string, string> },
  ): Promise<number> {
    // Taken along by an earlier one of this round.
    if (sign.incident !== null) return 0;
    const name = (): string => makeUuidV7(this.#now().epochMilliseconds);
    const steps = correlate(sign, members, { policy: this.#policy, incidents, name });
    for (const step of steps) {
      await this.#carryOut(step);
      if (step.do === "open") incidents.set(step.incident, this.#now().toString());
      if (step.do === "merge") incidents.delete(step.from);
      for (const member of members) {
        if (step.do === "merge") {
          if (member.incident === step.from) member.incident = step.into;
        } else if (member.entry === step.sign) member.incident = step.incident;
      }
    }
    return steps.length;
  }

  async #carryOut(step: Step): Promise<void> {
    if (step.do === "merge") {
      await this.#writer.write({
        kind: "judged",
        code: "incidents-merged",
        about: { incident: step.into, from: step.from },
        rests: [step.why.sign as EntryId, step.why.with as EntryId],
        data: { why: { with: step.why.with, key: step.why.key } },
      });
      return;
    }
    if (step.do === "open") await this.#open(step.incident, [step.sign as EntryId]);
    const why = step.do === "join" ? step.why : null;
    await this.#writer.write({
      kind: "judged",
      code: "finding-joined",
      about: { incident: step.incident, finding: step.sign },
      rests: [step.sign as EntryId, ...(why === null ? [] : [why.with as EntryId])],
      data: { why: why === null ? null : { with: why.with, key: why.key } },
    });
  }

  async #open(id: string, rests: EntryId[], by?: { title: string; person: string }): Promise<Entry> {
    const row = await this.#writer.db
      .selectFrom("incident")
      .select(sql<number>`max(number)`.as("last"))
      .executeTakeFirst();
    const number = Number((row as { last: number | null } | undefined)?.last ?? 0) + 1;
    return this.#writer.write({
      kind: "decided",
      code: "incident-opened",
      about: { incident: id, ...(by === undefined ? {} : { person: by.person }) },
      rests,
      evidence: by === undefined ? [] : [await this.#writer.keep(by.title)],
      data: { number },
    });
  }

  /** Opens one by hand: the breach may have happened outside the gates. */
  open(title: string, person: string): Promise<string> {
    return this.#writer.turn.take(async () => {
      const id = makeUuidV7(this.#now().epochMilliseconds);
      await this.#open(id, [], { title, person });
      await this.facts.recount(id);
      return id;
    });
  }

  list(): Promise<IncidentRow[]> {
    return readIncidents(this.#writer.db);
  }

  /** Throws not-found. */
  get(id: string): Promise<IncidentRow> {
    return readIncident(this.#writer.db, id);
  }

  /** An incident and all that were merged into it. */
  idsOf(id: string): Promise<string[]> {
    return idsOf(this.#writer.db, id);
  }

  /** The findings of an incident; of null, those that wait by themselves. */
  findings(incident: string | null): Promise<KnownFinding[]> {
    return this.#members((query) =>
      incident === null ? query.where("incident", "is", null) : query.where("incident", "=", incident),
    );
  }

  /** All that are in some incident. */
  joined(): Promise<KnownFinding[]> {
    return this.#members((query) => query.where("incident", "is not", null));
  }

  /** The newest of those that fit, oldest first. */
  async #members(narrow: (query: any) => any = (query) => query): Promise<KnownFinding[]> {
    const query = narrow(this.#writer.db.selectFrom("incident_sign").selectAll());
    const rows = (await query
      .orderBy("at", "desc")
      .orderBy("entry", "desc")
      .limit(limits.signsMax)
      .execute()) as SignRow[];
    return rows.reverse().map((row) => ({
      entry: row.entry,
      gate: row.gate,
      at: row.at.toISOString(),
      severity: row.severity,
      keys: JSON.parse(row.keys) as Member["keys"],
      techniques: JSON.parse(row.techniques) as string[],
      incident: row.incident,
      apart: JSON.parse(row.apart) as string[],
      codes: JSON.parse(row.codes) as string[],
      about: JSON.parse(row.about) as Record<string, string>,
      why: row.why === null ? null : (JSON.parse(row.why) as KnownFinding["why"]),
    }));
  }

  /** A person takes a finding out of an incident, with a reason; it does not come back by itself. */
  part(incident: string, finding: string, said: Reasoned): Promise<void> {
    return this.#writer.turn.take(async () => {
      const members = await this.findings(incident);
      if (!members.some(({ entry }) => entry === finding)) {
        throw new SekishoError("not-found", `Cannot take ${finding} out of ${incident}: it is not in it`, {
          hint: "reload the page",
        });
      }
      await this.#writer.decide(
        { code: "finding-parted", about: { incident, finding }, rests: [finding as EntryId] },
        said,
      );
    });
  }

  /** A person puts one incident into another. */
  merge(into: string, from: string, said: Reasoned): Promise<void> {
    return this.#writer.turn.take(async () => {
      const [one, other] = [await this.get(into), await this.get(from)];
      if (one.id === other.id) {
        throw new SekishoError("usage", "Cannot merge an incident with itself", {
          hint: "name two incidents",
        });
      }
      await this.#writer.decide(
        { code: "incidents-merged", about: { incident: into, from }, rests: [] },
        said,
      );
      await this.facts.recount(into);
    });
  }
}

type SignRow = {
  entry: string;
  incident: string | null;
  gate: string;
  at: Date;
  severity: Member["severity"];
  techniques: string;
  keys: string;
  apart: string;
  codes: string;
  about: string;
  why: string | null;
};
