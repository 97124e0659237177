import { readFileSync } from "node:fs";
import { resolve, dirname } from "node:path";
import { X509Certificate } from "node:crypto";
import { sql, type Kysely } from "kysely";
import type { LoadedConfig } from "../config.ts";
import { Asking } from "../incident/ask/asking.ts";
import { tellByAllWays, type AskMessage, type WayResult } from "../incident/ask/ways.ts";
import type { Decision, Decisions } from "../incident/decide.ts";
import { standsFor } from "../incident/incidentRows.ts";
import { Incidents } from "../incident/incidents.ts";
import { IncidentWriter } from "../incident/incidentWriter.ts";
import { directorsQuestion, leakQuestion } from "../incident/questions.ts";
import { Room } from "../incident/room/room.ts";
import { stampHash, type TimeStamp } from "../incident/timeStamp.ts";
import { lawOfContract } from "../law/contract.ts";
import type { Law } from "../law/law.ts";
import { LAWS } from "../law/laws.ts";
import type { EntryId } from "../ledger/entry.ts";
import type { EvidenceStore } from "../ledger/evidence.ts";
import type { Recorder } from "../ledger/recorder.ts";
import { SekishoError, textOfError } from "../lib/error.ts";

export const limits = { incidentsAskedMax: 50 } as const;

export type IncidentDeskOptions = {
  loaded: LoadedConfig;
  db: Kysely<any>;
  recorder: Recorder;
  evidence: EvidenceStore;
  decisions: Decisions;
  now: () => Temporal.Instant;
};

/**
 * The incident room in a running station: what findings open asks its questions, their answers become facts,
 * and people are asked until somebody takes a matter on.
 */
export class IncidentDesk {
  readonly laws: readonly Law[];
  readonly incidents: Incidents;
  readonly room: Room;
  readonly asking: Asking;
  readonly #options: IncidentDeskOptions;
  readonly #writer: IncidentWriter;
  /** Set once the console listens. */
  origin = "";

  constructor(options: IncidentDeskOptions) {
    const { loaded, db, recorder, evidence, decisions, now } = options;
    const { config } = loaded;
    this.#options = options;
    this.#writer = new IncidentWriter({ db, recorder, evidence });
    this.laws = [...LAWS, ...config.incident.contracts.map(lawOfContract)];
    this.incidents = new Incidents(this.#writer, { laws: this.laws, policy: config.incident, now });
    this.room = new Room(this.#writer);
    this.asking = new Asking({
      writer: this.#writer,
      decisions,
      deadlines: this.incidents.deadlines,
      laws: this.laws,
      settings: config.incident.ask,
      roster: config.roster,
      timeZone: config.timeZone,
      origin: () => this.origin,
      now,
      tell: (message, persons) => this.#tell(message, persons),
    });
  }

  /** Findings become incidents, and incidents their questions. */
  async takeUp(): Promise<void> {
    await this.incidents.takeUp();
    await this.askQuestions();
  }

  /** Every open incident with a finding asks whether data may have leaked, and then whether to tell. */
  async askQuestions(): Promise<void> {
    const { db, decisions, loaded, now } = this.#options;
    const settings = loaded.config.incident.questions;
    const { rows } = await sql<{ id: string; number: number; sign: string; code: string }>`
      select incident.id, incident.number, (
        select first.entry from incident_sign first where first.incident = incident.id
        order by first.at, first.entry limit 1) as sign, wanted.code
      from incident, (values ('may-have-leaked'), ('tell-directors')) as wanted (code)
      where incident.state = 'open'
        and exists (select 1 from incident_sign sign where sign.incident = incident.id)
        and not exists (
          select 1 from decision where decision.subject = wanted.code || ' ' || incident.id::text)
      order by incident.number limit ${limits.incidentsAskedMax}`.execute(db);
    for (const { id, number, sign, code } of rows) {
      const of = { number, askedAt: now(), restsOn: [sign as EntryId], settings };
      const question = code === "tell-directors" ? directorsQuestion(id, of) : leakQuestion(id, of);
      await decisions.ask(question);
    }
  }

  /** A question of an incident that was put into another one is that one's: nobody has to answer twice. */
  async withdrawMerged(): Promise<void> {
    const { db, decisions } = this.#options;
    const { rows } = await sql<{ id: string; entry: string }>`
      select decision.id, entry.id as entry from decision
      join incident on incident.id::text = decision.about::json ->> 'incident' and incident.state = 'merged'
      join ledger_about about on about.key = 'from' and about.value = incident.id::text
      join ledger_entry entry on entry.index = about.index and entry.code = 'incidents-merged'
      where decision.state in ('asked', 'seconding')
        and decision.code in ('may-have-leaked', 'tell-directors')
      limit ${limits.incidentsAskedMax}`.execute(db);
    for (const { id, entry } of rows) await decisions.withdraw(id, entry as EntryId);
  }

  /** What a settled question of an incident means. Does nothing a second time. */
  async carryOut(decision: Decision): Promise<void> {
    if (this.#carriedOut.has(decision.id)) return;
    // Marked first: the answer itself and the periodic look may come at the same moment.
    this.#carriedOut.add(decision.id);
    try {
      const what = `${decision.code} ${decision.outcome}`;
      if (what === "may-have-leaked yes") await this.#startClocks(decision);
      if (what === "tell-directors tell") await this.#tellDirectors(decision);
    } catch (error) {
      this.#carriedOut.delete(decision.id);
      throw error;
    }
  }

  /** Decisions that this process has carried out, or is carrying out. */
  readonly #carriedOut = new Set<string>();

  /** What a stop in the middle left: answers whose facts or mails are missing. */
  async carryOutSettled(): Promise<void> {
    await this.withdrawMerged();
    const { db, decisions } = this.#options;
    const rows = (await db
      .selectFrom("decision")
      .select("id")
      .where("code", "in", ["may-have-leaked", "tell-directors"])
      .where("outcome", "in", ["yes", "tell"])
      .where("state", "in", ["answered", "defaulted"])
      .orderBy("asked_at", "desc")
      .limit(limits.incidentsAskedMax)
      .execute()) as { id: string }[];
    for (const { id } of rows) {
      if (!this.#carriedOut.has(id)) await this.carryOut(await decisions.get(id));
    }
  }

  /**
   * Two moments of knowing stand side by side, and so two clocks, until a named person picks one: when the
   * first finding came (whatever department saw it), and when somebody said that data may have leaked.
   */
  async #startClocks(decision: Decision): Promise<void> {
    const { facts } = this.incidents;
    const incident = await standsFor(this.#options.db, decision.about["incident"] ?? "");
    const last = decision.entries.at(-1) as EntryId;
    const claims = await facts.claims(incident);
    const [first] = await this.incidents.findings(incident);
    const answer = decision.answers.at(-1);
    const person = answer?.person ?? "station";
    const said = { audience: "team" as const };
    const known = (fact: string): boolean =>
      claims.some((claim) => claim.fact === fact && claim.rests.includes(last));
    if (first !== undefined && !claims.some(({ rests }) => rests.includes(first.entry))) {
      const restsOn = [first.entry as EntryId];
      const source = "関所の最初の検知（最初の検知を見た部署が知った時） / First finding of the station";
      await facts.claim(incident, { ...said, fact: "knew", value: first.at, source, restsOn }, person);
    }
    if (!known("knew")) {
      const at = answer?.at ?? decision.deadline;
      const source =
        answer === undefined
          ? "期限までに回答がなく、漏えい等のおそれがあるものとされた時 / Nobody answered until the deadline"
          : "漏えい等のおそれがあると判断した時 / When it was said that data may have leaked";
      await facts.claim(incident, { ...said, fact: "knew", value: at, source, restsOn: [last] }, person);
    }
    if (known("improper-purpose") || first === undefined) return;
    const source = "関所の検知 / Findings of the station";
    for (const fact of ["improper-purpose", "outside-access"] as const) {
      if (claims.some((claim) => claim.fact === fact)) continue;
      const restsOn = [first.entry as EntryId, last];
      await facts.claim(incident, { ...said, fact, value: true, source, restsOn }, person);
    }
  }

  /** Written down once it is sent: a mail that comes twice does less harm than one that never comes. */
  async #tellDirectors(decision: Decision): Promise<void> {
    const { db, loaded, recorder } = this.#options;
    const incident = await standsFor(db, decision.about["incident"] ?? "");
    const last = decision.entries.at(-1) as EntryId;
    const done = await db
      .selectFrom("ledger_rest")
      .innerJoin("ledger_entry", "ledger_entry.index", "ledger_rest.index")
      .select("ledger_entry.id")
      .where("ledger_rest.rests_on", "=", last)
      .where("ledger_entry.code", "=", "directors-told")
      .executeTakeFirst();
    if (done !== undefined) return;
    const { directors } = loaded.config.incident.questions;
    const row = await this.incidents.get(incident);
    const results =
      directors.length === 0
        ? [{ way: "console", reached: [], problem: "no addresses are configured" }]
        : await this.#tell(directorsMessage(row.number, `${this.origin}/incidents/${incident}`), directors);
    const reached = results.reduce((sum, result) => sum + result.reached.length, 0);
    await recorder.append({
      kind: "enforced",
      code: "directors-told",
      about: { incident },
      rests: [last],
      data: {
        persons: directors.length,
        ways: results.map(({ way, problem }) => ({ way, problem })),
        state: reached > 0 ? "done" : "failed",
      },
    });
  }

  #tell(message: AskMessage, persons: readonly string[]): Promise<WayResult[]> {
    const { loaded } = this.#options;
    const { ask } = loaded.config.incident;
    const file = ask.mail?.passwordFile;
    let password: string | null = null;
    try {
      if (file !== undefined) password = readFileSync(placeOf(loaded, file), "utf8").trim();
    } catch (error) {
      const problem = `its password cannot be read: ${textOfError(error)}`;
      return Promise.resolve([{ way: "mail", reached: [], problem }]);
    }
    return tellByAllWays(ask, message, persons, { password });
  }

  /** Has a hash time-stamped; null where no authority is configured. Throws where it fails. */
  async stamp(hash: Buffer): Promise<TimeStamp | null> {
    const { loaded } = this.#options;
    const { timeStamp } = loaded.config.incident;
    if (timeStamp === undefined) return null;
    const { trustedFile } = timeStamp;
    const trusted = trustedFile === undefined ? [] : certificatesOf(placeOf(loaded, trustedFile));
    return stampHash(timeStamp.url, hash, trusted);
  }
}

function placeOf(loaded: LoadedConfig, file: string): string {
  return resolve(dirname(loaded.file), file);
}

function certificatesOf(file: string): Buffer[] {
  const parts = readFileSync(file, "utf8").match(
    /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
  );
  if (parts === null) {
    throw new SekishoError("config-invalid", `Cannot use ${file}: it holds no certificate in PEM form`, {
      hint: "set incident.timeStamp.trustedFile to the certificates of the authority",
    });
  }
  return parts.map((pem) => new X509Certificate(pem).raw);
}

function directorsMessage(number: number, url: string): AskMessage {
  return {
    subject: {
      ja: `【関所】インシデント${number}：経営への報告`,
      en: `Sekisho: incident ${number}, for the directors`,
    },
    lines: [
      {
        ja: "個人データの漏えい等のおそれがある事案として扱っています。事実・期限・判断待ちは下の画面にあります。",
        en: "Treated as a possible leak of personal data. Facts, deadlines, decisions are on this page.",
      },
    ],
    url,
  };
}
