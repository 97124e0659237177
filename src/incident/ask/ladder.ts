import { onCallAt, type Shift } from "./onCall.ts";

/** Somebody who can be asked, as the roster has her. */
export type Askable = { email: string; name: string; roles: readonly string[] };

/** Whom a step goes to, so many minutes after the question was put. */
export type Rung = { afterMinutes: number; to: "on-call" | "role" | "everyone" };

/** What waits for a person. */
export type Matter = {
  /** "decision <id>" or "deadline <entry>": one name for one matter. */
  id: string;
  role: string;
  since: Temporal.Instant;
  /** When it is too late to ask: it has fallen to its default, or the deadline has passed. */
  until: Temporal.Instant | null;
};

export type Told = { step: number; way: string; reached: readonly string[] };

/** A step that is due: which one, and whom it is for. */
export type DueStep = { step: number; persons: string[] };

/**
 * Pure: the step of asking that is due now, or null. A matter that somebody has taken on is asked no more;
 * nobody is woken for one that is settled or stale; and what was missed while the station was away is not
 * made up for step by step: the widest circle that is due is asked once, and holds all the others.
 */
export function dueStep(
  matter: Matter,
  known: { told: readonly Told[]; taken: boolean },
  rules: {
    rungs: readonly Rung[];
    shifts: readonly Shift[];
    roster: readonly Askable[];
    timeZone: string;
    staleHours: number;
    now: Temporal.Instant;
  },
): DueStep | null {
  const { now, rungs } = rules;
  if (known.taken) return null;
  if (matter.until !== null && Temporal.Instant.compare(now, matter.until) >= 0) return null;
  const minutes = matter.since.until(now).total("minutes");
  if (minutes < 0 || minutes > rules.staleHours * 60) return null;
  const step = rungs.findLastIndex(({ afterMinutes }) => afterMinutes <= minutes);
  if (step < 0 || known.told.some((told) => told.step >= step)) return null;
  const persons = rungs.slice(0, step + 1).flatMap((rung) => personsOf(rung, matter, rules));
  return { step, persons: [...new Set(persons)] };
}

function personsOf(
  rung: Rung,
  matter: Matter,
  rules: { shifts: readonly Shift[]; roster: readonly Askable[]; timeZone: string; now: Temporal.Instant },
): string[] {
  const { roster, shifts, timeZone } = rules;
  const ofRole = roster.filter(({ roles }) => roles.includes(matter.role)).map(({ email }) => email);
  if (rung.to === "role") return ofRole;
  if (rung.to === "everyone") {
    const answer = ["approver", "privacy-officer", "administrator"];
    const wide = roster.filter(({ roles }) => roles.some((role) => answer.includes(role)));
    return [...ofRole, ...wide.map(({ email }) => email)];
  }
  const onCall = onCallAt(shifts, matter.role, { instant: rules.now, timeZone });
  // A rota that has a hole must not mean that nobody is asked.
  return onCall.length > 0 ? onCall : ofRole;
}
