import type { Said } from "../../gate.ts";
import type { EntryId } from "../../ledger/entry.ts";
import type { Law } from "../../law/law.ts";
import { SekishoError } from "../../lib/error.ts";
import { timeOfUuidV7 } from "../../lib/identifier.ts";
import type { Decision, Decisions } from "../decide.ts";
import type { Deadlines } from "../deadlines.ts";
import type { IncidentWriter } from "../incidentWriter.ts";
import { dueStep, type Askable, type Matter } from "./ladder.ts";
import type { AskSettings } from "./settings.ts";
import type { AskMessage, WayResult } from "./ways.ts";

export const limits = { mattersMax: 200, retryMs: 60_000 } as const;

export type AskingOptions = {
  writer: IncidentWriter;
  decisions: Decisions;
  deadlines: Deadlines;
  laws: readonly Law[];
  settings: AskSettings;
  roster: readonly Askable[];
  timeZone: string;
  /** Where people open the console. */
  origin: () => string;
  now: () => Temporal.Instant;
  tell: (message: AskMessage, persons: readonly string[]) => Promise<WayResult[]>;
};

type Open = { matter: Matter; message: AskMessage; rests: EntryId[]; about: Record<string, string> };

/** Who was asked about a matter, and who took it on. */
export type Asked = {
  told: { step: number; way: string; reached: string[]; at: string }[];
  taken: { person: string; at: string; commentEvidence: string | null }[];
};

/**
 * Asks people about what waits, step by step, until somebody takes it on. What is due is read anew from the
 * decisions and clocks at every turn and kept nowhere else, so that a question that was answered, a deadline
 * that has moved or a restart leaves nothing behind that would wake somebody for nothing.
 */
export class Asking {
  readonly #options: AskingOptions;
  /** Ways that failed lately: when each may be tried again, and what was recorded of it. */
  readonly #failed = new Map<string, number>();

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /** Takes every step that is due now; gives how many matters were asked about. */
  async askDue(): Promise<number> {
    const { settings, roster, timeZone, now } = this.#options;
    let asked = 0;
    for (const open of await this.#open()) {
      const { told, taken } = await this.asked(open.matter.id);
      const step = dueStep(
        open.matter,
        { told, taken: taken.length > 0 },
        {
          rungs: settings.rungs,
          shifts: settings.onCall,
          staleHours: settings.staleHours,
          roster,
          timeZone,
          now: now(),
        },
      );
      if (step === null || this.#waitsFor(open.matter, step.step)) continue;
      if (await this.#ask(open, step)) asked += 1;
    }
    return asked;
  }

  #waitsFor({ id }: Matter, step: number): boolean {
    const again = this.#failed.get(`${id} ${step}`);
    return again !== undefined && this.#options.now().epochMilliseconds < again;
  }

  /** A step counts once a way has reached somebody; where there is none but the console, that is the way. */
  async #ask(open: Open, step: { step: number; persons: string[] }): Promise<boolean> {
    const { settings, now, writer } = this.#options;
    const onlyConsole = settings.mail === undefined && settings.webhooks.length === 0;
    const results = onlyConsole
      ? [{ way: "console", reached: step.persons, problem: null }]
      : await this.#options.tell(open.message, step.persons);
    const reached = results.filter((result) => result.reached.length > 0);
    for (const { way, reached: persons } of reached) {
      await writer.write({
        kind: "enforced",
        code: "ask-told",
        about: { ...open.about, matter: open.matter.id },
        rests: open.rests,
        data: { step: step.step, way, reached: this.#rosterNumbers(persons), state: "done" },
      });
    }
    const key = `${open.matter.id} ${step.step}`;
    const problems = results.flatMap(({ way, problem }) => (problem === null ? [] : [{ way, problem }]));
    if (problems.length > 0 && !this.#failed.has(key)) {
      await writer.write({
        kind: "enforced",
        code: "ask-failed",
        about: { ...open.about, matter: open.matter.id },
        rests: open.rests,
        data: { step: step.step, problems, state: "failed" },
      });
    }
    if (reached.length > 0) this.#failed.delete(key);
    else this.#failed.set(key, now().epochMilliseconds + limits.retryMs);
    return reached.length > 0;
  }

  /** No address gets into the ledger: persons are named by their place in the roster, from 1. */
  #rosterNumbers(persons: readonly string[]): string[] {
    const { roster } = this.#options;
    return persons.map((person) => {
      const at = roster.findIndex(({ email }) => email === person);
      if (at >= 0) return `roster-${at + 1}`;
      return person.includes("@") ? "not-in-roster" : person;
    });
  }

  /** Somebody takes a matter on: nobody else is asked. Throws not-found for one that does not wait. */
  async take(matter: string, said: { person: string; comment: string }): Promise<void> {
    const { writer } = this.#options;
    const open = (await this.#open()).find((one) => one.matter.id === matter);
    if (open === undefined) {
      throw new SekishoError("not-found", `Cannot take on ${matter}: it does not wait for anybody`, {
        hint: "reload the page",
      });
    }
    const comment = await writer.keep(said.comment);
    await writer.write({
      kind: "decided",
      code: "ask-taken",
      about: { ...open.about, matter, person: said.person },
      rests: open.rests,
      evidence: [comment],
      data: {},
    });
  }

  /** What waits now, and what people are told of it. */
  async waiting(): Promise<{ id: string; message: AskMessage }[]> {
    return (await this.#open()).map(({ matter, message }) => ({ id: matter.id, message }));
  }

  async asked(matter: string): Promise<Asked> {
    const { db } = this.#options.writer;
    const told = (await db
      .selectFrom("ask_told")
      .selectAll()
      .where("matter", "=", matter)
      .orderBy("entry")
      .execute()) as { step: number; way: string; reached: string; told_at: Date }[];
    const taken = (await db
      .selectFrom("ask_taken")
      .selectAll()
      .where("matter", "=", matter)
      .orderBy("entry")
      .execute()) as { person: string; taken_at: Date; comment_evidence: string | null }[];
    return {
      told: told.map(({ step, way, reached, told_at }) => ({
        step,
        way,
        reached: JSON.parse(reached) as string[],
        at: told_at.toISOString(),
      })),
      taken: taken.map(({ person, taken_at, comment_evidence }) => ({
        person,
        at: taken_at.toISOString(),
        commentEvidence: comment_evidence,
      })),
    };
  }

  async #open(): Promise<Open[]> {
    const { settings, decisions } = this.#options;
    const waiting = [
      ...(await decisions.list({ state: "asked", limit: limits.mattersMax })),
      ...(await decisions.list({ state: "seconding", limit: limits.mattersMax })),
    ];
    const questions = waiting.filter(({ code }) => settings.about.includes(code));
    const clocks = settings.about.includes("deadline") ? await this.#deadlines() : [];
    return [...questions.map((decision) => this.#ofDecision(decision)), ...clocks];
  }

  #ofDecision(decision: Decision): Open {
    const { origin } = this.#options;
    const until = Temporal.Instant.from(decision.deadline);
    const silence = decision.options.find(({ code }) => code === decision.defaultOption);
    return {
      matter: {
        id: `decision ${decision.id}`,
        role: decision.owner.role,
        since: Temporal.Instant.from(decision.askedAt),
        until,
      },
      rests: decision.entries.slice(-1),
      about: decision.about,
      message: {
        subject: { ja: "【関所】判断が必要です", en: "Sekisho: a decision waits for you" },
        lines: [
          decision.question,
          {
            ja: `期限：${this.#momentOf(until)}`,
            en: `Until ${this.#momentOf(until)}`,
          },
          {
            ja: `期限までに回答がなければ「${silence?.label.ja ?? decision.defaultOption}」になります。`,
            en: `Without an answer until then: ${silence?.label.en ?? decision.defaultOption}.`,
          },
        ],
        url: `${origin()}/decisions/${decision.id}`,
      },
    };
  }

  /** The newest thing that was told of each clock that runs. */
  async #deadlines(): Promise<Open[]> {
    const { deadlines, laws, origin, writer } = this.#options;
    const running = (await deadlines.running()).filter(({ told }) => told !== null);
    if (running.length === 0) return [];
    const rows = (await writer.db
      .selectFrom("deadline_told")
      .select(["entry", "clock", "hours"])
      .where(
        "clock",
        "in",
        running.map(({ entry }) => entry),
      )
      .execute()) as { entry: string; clock: string; hours: number }[];
    return rows.flatMap((row) => {
      const clock = running.find(({ entry, told }) => entry === row.clock && told === row.hours);
      if (clock === undefined) return [];
      const law = laws.find(({ id }) => id === clock.law);
      const duty = law?.duties.find(({ id }) => id === clock.duty);
      const until = this.#momentOf(clock.deadline.toTemporalInstant());
      const name: Said = {
        ja: `${law?.name.ja ?? clock.law}：${duty?.name.ja ?? clock.duty}`,
        en: `${law?.name.en ?? clock.law}: ${duty?.name.en ?? clock.duty}`,
      };
      const passed = row.hours === 0;
      const when: Said = passed
        ? { ja: `期限（${until}）を過ぎました。`, en: `Its deadline (${until}) has passed.` }
        : { ja: `期限は${until}です。`, en: `It is due until ${until}.` };
      const subject: Said = passed
        ? { ja: "【関所】法定期限を過ぎました", en: "Sekisho: a legal deadline has passed" }
        : { ja: "【関所】法定期限が近づいています", en: "Sekisho: a legal deadline is near" };
      return [
        {
          matter: {
            id: `deadline ${row.entry}`,
            role: "privacy-officer",
            since: timeOfUuidV7(row.entry),
            until: null,
          },
          rests: [row.entry as EntryId],
          about: { incident: clock.incident },
          message: { subject, lines: [name, when], url: `${origin()}/incidents/${clock.incident}` },
        },
      ];
    });
  }

  #momentOf(instant: Temporal.Instant): string {
    const local = instant.toZonedDateTimeISO(this.#options.timeZone);
    const time = local.toPlainTime().toString({ smallestUnit: "minute" });
    return `${local.toPlainDate()} ${time} (${this.#options.timeZone})`;
  }
}
