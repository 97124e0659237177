import { z } from "zod";
import type { Said } from "../gate.ts";
import type { EntryId } from "../ledger/entry.ts";
import { SekishoError } from "../lib/error.ts";
import { clocksOf, type LegalClock } from "../law/clocks.ts";
import type { Audience, Claim, FactName } from "../law/facts.ts";
import type { Law } from "../law/law.ts";
import { checkClaimValue } from "../law/parseClaim.ts";
import { readIncident } from "./incidentRows.ts";
import type { IncidentWriter, Reasoned } from "./incidentWriter.ts";
import { OutsideSource } from "./room/items.ts";

/** What a person says of a fact, and where she has it from. */
export type NewClaim = {
  fact: FactName;
  value: Claim["value"];
  /** The number is not known, but it is at most this. */
  bound?: boolean;
  /** A claim that this one is put in the place of. */
  replaces?: string;
  /** In her words; may hold personal data. */
  source: string;
  /** An article or a report of somebody else that says so. */
  outside?: OutsideSource | undefined;
  audience?: Audience;
  /** Entries of the ledger that show it. */
  restsOn?: readonly EntryId[];
};

export type KnownClaim = Claim & { sourceEvidence: string | null; audience: Audience; rests: string[] };

/** A duty's clock as it stands, with what it was before, and whether the duty was done. */
export type ClockRow = {
  law: string;
  lawName: Said;
  duty: LegalClock["duty"];
  judged: LegalClock["judged"];
  claim: KnownClaim | null;
  deadline: string | null;
  lastDay: string | null;
  counted: Said;
  former: { deadline: string | null; lastDay: string | null; toldAt: string }[];
  done: { entry: string; by: string; at: string } | null;
};

/**
 * What is claimed of an incident's facts, and the clocks that run from them. Contradictions stand side by
 * side until a named person settles them; a clock that changes keeps what it was before.
 */
export class FactRegister {
  readonly #writer: IncidentWriter;
  readonly #laws: readonly Law[];

  constructor(writer: IncidentWriter, laws: readonly Law[]) {
    this.#writer = writer;
    this.#laws = laws;
  }

  /** Somebody says what is so. What was said before stays beside it until a person settles which holds. */
  claim(incident: string, claim: NewClaim, person: string): Promise<string> {
    return this.#writer.turn.take(async () => {
      await readIncident(this.#writer.db, incident);
      checkClaimValue(claim.fact, claim.value, claim.bound === true);
      const known = await this.claims(incident);
      if (claim.replaces !== undefined && !known.some(({ id }) => id === claim.replaces)) {
        throw new SekishoError(
          "not-found",
          `Cannot replace ${claim.replaces}: it is no claim of this incident`,
          {
            hint: "reload the page",
          },
        );
      }
      const source = await this.#writer.keep(textOfSource(claim));
      const entry = await this.#writer.write({
        kind: "observed",
        code: "fact-claimed",
        about: { incident, fact: claim.fact, person },
        rests: [
          ...(claim.restsOn ?? []),
          ...(claim.replaces === undefined ? [] : [claim.replaces as EntryId]),
        ],
        evidence: [source],
        data: {
          fact: claim.fact,
          value: claim.value,
          bound: claim.bound === true,
          replaces: claim.replaces ?? null,
          audience: claim.audience ?? "team",
        },
      });
      await this.recount(incident);
      return entry.id;
    });
  }

  /** Of several claims of a fact a named person picks one, with a reason. */
  pick(incident: string, claim: string, said: Reasoned): Promise<void> {
    return this.#writer.turn.take(async () => {
      const found = (await this.claims(incident)).find(({ id }) => id === claim);
      if (found === undefined) {
        throw new SekishoError("not-found", `Cannot pick ${claim}: it is no claim of this incident`, {
          hint: "reload the page",
        });
      }
      const about = { incident, claim, fact: found.fact };
      await this.#writer.decide({ code: "fact-picked", about, rests: [claim as EntryId] }, said);
      await this.recount(incident);
    });
  }

  /** All that was claimed, oldest first. */
  async claims(incident: string): Promise<KnownClaim[]> {
    const rows = (await this.#writer.db
      .selectFrom("claim")
      .selectAll()
      .where("incident", "=", incident)
      .orderBy("said_at")
      .orderBy("entry")
      .execute()) as ClaimRow[];
    return rows.map((row) => ({
      id: row.entry,
      fact: row.fact,
      value: JSON.parse(row.value) as Claim["value"],
      ...(row.bound ? { bound: true } : {}),
      by: row.said_by,
      at: row.said_at.toISOString(),
      ...(row.replaces === null ? {} : { replaces: row.replaces }),
      ...(row.picked_at === null ? {} : { picked: true }),
      sourceEvidence: row.source_evidence,
      audience: row.audience,
      rests: JSON.parse(row.rests) as string[],
    }));
  }

  /**
   * Counts every clock anew, and records those that have changed: each rests on the claims that it was
   * counted from, so whoever reads a deadline can ask where it comes from.
   */
  async recount(incident: string): Promise<void> {
    const claims = await this.claims(incident);
    const stored = (await this.#clockRows(incident)).filter(({ former }) => !former);
    const clocks = this.#laws.flatMap((law) => clocksOf(law, claims));
    for (const clock of clocks) {
      const before = stored.find((row) => isOf(row, clock));
      const { answer } = clock.judged;
      const same = before?.answer === answer && isSameMoment(before.deadline, clock.deadline);
      // A duty that was never there, and is not, is no news.
      if (same || (before === undefined && answer === "no")) continue;
      await this.#tell(incident, clock);
    }
    // Its claim was replaced, or another one was picked.
    for (const { law, duty, claim, entry } of stored.filter((row) => !clocks.some((one) => isOf(row, one)))) {
      await this.#writer.write({
        kind: "judged",
        code: "clock-ended",
        about: { incident, ...(claim === null ? {} : { claim }) },
        rests: [entry as EntryId],
        data: { law, duty },
      });
    }
  }

  async #tell(incident: string, clock: LegalClock): Promise<void> {
    const { duty, judged, from, deadline, lastDay, counted } = clock;
    await this.#writer.write({
      kind: "judged",
      code: "clock-computed",
      about: { incident, ...(from === null ? {} : { claim: from.id }) },
      rests: [...new Set([...(from === null ? [] : [from.id]), ...judged.claims])] as EntryId[],
      data: {
        law: clock.law,
        version: clock.version,
        duty: duty.id,
        answer: judged.answer,
        deadline: deadline?.toString() ?? null,
        lastDay: lastDay?.toString() ?? null,
        counted,
      },
    });
  }

  async #clockRows(incident: string): Promise<StoredClock[]> {
    const rows = (await this.#writer.db
      .selectFrom("legal_clock")
      .selectAll()
      .where("incident", "=", incident)
      .orderBy("told_at")
      .orderBy("entry")
      .execute()) as (Omit<StoredClock, "deadline" | "toldAt"> & { deadline: Date | null; told_at: Date })[];
    return rows.map((row) => ({
      ...row,
      deadline: row.deadline?.toISOString() ?? null,
      toldAt: row.told_at.toISOString(),
    }));
  }

  /** The wall of clocks: what is due by deadline, then what may be due, and last what was done. */
  async clocks(incident: string): Promise<ClockRow[]> {
    const claims = await this.claims(incident);
    const stored = await this.#clockRows(incident);
    const done = (await this.#writer.db
      .selectFrom("duty_done")
      .selectAll()
      .where("incident", "=", incident)
      .where("undone", "=", false)
      .execute()) as { entry: string; law: string; duty: string; done_by: string; done_at: Date }[];
    const rows = this.#laws.flatMap((law) =>
      clocksOf(law, claims)
        .filter(({ judged }) => judged.answer !== "no")
        .map(({ duty, judged, from, deadline, lastDay, counted }): ClockRow => {
          const id = from?.id ?? null;
          const mine = done.find((one) => one.law === law.id && one.duty === duty.id);
          return {
            law: law.id,
            lawName: law.name,
            duty,
            judged,
            claim: claims.find((claim) => claim.id === id) ?? null,
            deadline: deadline?.toString() ?? null,
            lastDay: lastDay?.toString() ?? null,
            counted,
            former: stored
              .filter((row) => row.former && row.deadline !== null && isDuty(row, law.id, duty.id))
              .map((row) => ({ deadline: row.deadline, lastDay: row.last_day, toldAt: row.toldAt })),
            done:
              mine === undefined
                ? null
                : { entry: mine.entry, by: mine.done_by, at: mine.done_at.toISOString() },
          };
        }),
    );
    const placeOf = (row: ClockRow): string =>
      `${row.done === null ? 0 : 1} ${row.judged.answer === "yes" ? 0 : 1} ${row.deadline ?? "9999"} ` +
      `${row.law} ${row.duty.id}`;
    return rows.toSorted((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));
  }

  /** A duty was done: a report was filed, the persons were told. `at`: when. */
  done(
    incident: string,
    duty: { law: string; duty: string; at: Temporal.Instant },
    said: Reasoned,
  ): Promise<void> {
    return this.#writer.turn.take(async () => {
      await readIncident(this.#writer.db, incident);
      const law = this.#laws.find(({ id }) => id === duty.law);
      if (law?.duties.some(({ id }) => id === duty.duty) !== true) {
        throw new SekishoError("not-found", `Cannot find the duty ${duty.duty} of ${duty.law}`, {
          hint: "see the clocks of the incident",
        });
      }
      const evidence = await this.#writer.keep(said.reason);
      await this.#writer.write({
        kind: "enforced",
        code: "duty-done",
        about: { incident, person: said.person },
        evidence: [evidence],
        data: { law: duty.law, duty: duty.duty, at: duty.at.toString(), state: "done" },
      });
    });
  }
}

/** A plain text, or JSON where somebody else is quoted; `readSource` reads both. */
function textOfSource({ source, outside }: NewClaim): string {
  return outside === undefined ? source : JSON.stringify({ text: source, outside });
}

const Source = z.strictObject({ text: z.string(), outside: OutsideSource });

/** What a claim's evidence says. */
export function readSource(text: string): { text: string; outside: OutsideSource | null } {
  if (!text.startsWith("{")) return { text, outside: null };
  try {
    const parsed = Source.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : { text, outside: null };
  } catch {
    return { text, outside: null };
  }
}

function isDuty(row: StoredClock, law: string, duty: string): boolean {
  return row.law === law && row.duty === duty;
}

function isOf(row: StoredClock, clock: LegalClock): boolean {
  return isDuty(row, clock.law, clock.duty.id) && row.claim === (clock.from?.id ?? null);
}

function isSameMoment(one: string | null, other: Temporal.Instant | null): boolean {
  if (one === null || other === null) return one === other;
  return Date.parse(one) === other.epochMilliseconds;
}

type ClaimRow = {
  entry: string;
  fact: FactName;
  value: string;
  bound: boolean;
  said_by: string;
  said_at: Date;
  replaces: string | null;
  picked_at: Date | null;
  source_evidence: string | null;
  audience: Audience;
  rests: string;
};
type StoredClock = {
  entry: string;
  law: string;
  duty: string;
  claim: string | null;
  answer: string;
  deadline: string | null;
  last_day: string | null;
  former: boolean;
  toldAt: string;
};
