import { sql } from "kysely";
import type { EntryId } from "../ledger/entry.ts";
import type { IncidentWriter } from "./incidentWriter.ts";

/** So many hours before a legal deadline, and when it has passed, it is told, once each. */
export const HOURS_BEFORE = [72, 24, 4, 0] as const;

export type ToldDeadline = {
  entry: EntryId;
  incident: string;
  law: string;
  duty: string;
  hours: (typeof HOURS_BEFORE)[number];
  deadline: string;
};

/** A clock that runs: of an open incident, with a deadline, and its duty not done. */
export type RunningClock = {
  entry: string;
  incident: string;
  law: string;
  duty: string;
  claim: string | null;
  answer: "yes" | "unknown";
  deadline: Date;
  /** The least number of hours that was told of this clock; null where nothing was. */
  told: number | null;
};

const hourMs = 3_600_000;

/**
 * Tells that a legal deadline is near or has passed. A step that was missed while the station was away is not
 * made up for: the nearest one says all that the earlier ones would have. A duty that was done is not told,
 * and a clock that was counted anew is told anew.
 */
export class Deadlines {
  readonly #writer: IncidentWriter;
  readonly #now: () => Temporal.Instant;

  constructor(writer: IncidentWriter, now: () => Temporal.Instant) {
    this.#writer = writer;
    this.#now = now;
  }

  /** Tells what has come since the last call. */
  tellDue(): Promise<ToldDeadline[]> {
    return this.#writer.turn.take(async () => {
      const now = this.#now().epochMilliseconds;
      const told: ToldDeadline[] = [];
      for (const clock of await this.running()) {
        const reached = HOURS_BEFORE.filter((hours) => now >= clock.deadline.getTime() - hours * hourMs);
        const hours = reached.at(-1);
        if (hours === undefined || (clock.told !== null && clock.told <= hours)) continue;
        told.push(await this.#tell(clock, hours));
      }
      return told;
    });
  }

  async #tell(clock: RunningClock, hours: ToldDeadline["hours"]): Promise<ToldDeadline> {
    const { incident, law, duty, claim } = clock;
    const deadline = clock.deadline.toISOString();
    const { id } = await this.#writer.write({
      kind: "judged",
      code: hours === 0 ? "deadline-passed" : "deadline-near",
      about: { incident, ...(claim === null ? {} : { claim }) },
      rests: [clock.entry as EntryId],
      data: { clock: clock.entry, law, duty, hours, deadline },
    });
    return { entry: id, incident, law, duty, hours, deadline };
  }

  /** All clocks that run: what is due first, then what may be, each by its deadline. */
  async running(): Promise<RunningClock[]> {
    const { rows } = await sql<RunningClock>`
      select clock.entry, clock.incident, clock.law, clock.duty, clock.claim, clock.answer, clock.deadline,
        (select min(told.hours) from deadline_told told where told.clock = clock.entry) as told
      from legal_clock clock join incident on incident.id = clock.incident
      where incident.state = 'open' and not clock.former and clock.answer <> 'no'
        and clock.deadline is not null and not exists (
          select 1 from duty_done done where done.incident = clock.incident and done.law = clock.law
            and done.duty = clock.duty and not done.undone)
      order by clock.answer desc, clock.deadline, clock.entry`.execute(this.#writer.db);
    return rows;
  }
}
