import { makeUuidV7 } from "../../lib/identifier.ts";
import type { AccessBegin } from "./access/accessSpool.ts";
import type { Fuse } from "./fuse/fuse.ts";
import { digestOf, type Gatehouse } from "./gatehouse.ts";
import { judgeReading, type RecordsAct, type SeenStatement } from "./judgeReading.ts";
import type { Judgement } from "../../gate.ts";
import type { RecordsCode } from "./findings.ts";
import type { Budget, Group } from "./policy.ts";
import { CustomerReading, type ReadingTerms } from "./reading.ts";
import { cutTexts, recordRefusal, refusalOf, refusalOfStop, withholdText } from "./refusals.ts";
import type { Grant, PersonAt, StatementReport } from "./threadLink.ts";
import { clientOf, concernsNobody, touchesOf } from "./statementFacts.ts";
import type { JudgedStatement, JudgedText } from "./verdict.ts";
import type { Decision, Statements, Watch } from "./wire/ports.ts";
import { encodeNotice, type Fields, type Refusal } from "./wire/protocol.ts";

/** Encodings whose bytes below 0x80 are always ASCII, so that texts and rows are read as they are meant. */
const readableEncodings = new Set(["UTF8", "SQL_ASCII", "EUC_JP", "EUC_JIS_2004", "LATIN1", "UNICODE"]);

const cancelled: Refusal = {
  sqlState: "57014",
  message: "canceling statement due to user request",
  hint: "The request for approval has been withdrawn / 承認依頼は取り下げられました",
};

const letThrough: Decision = { do: "pass" };

const infinity = Number.POSITIVE_INFINITY;

type Judged = Judgement<RecordsAct, RecordsCode>;

/** One connection's watch: who reads, what each statement may give out, and what was given. */
export class SessionWatch implements Watch {
  readonly judges: boolean;
  readonly limitsSideBytes: boolean;
  readonly #house: Gatehouse;
  readonly #who: PersonAt;
  readonly #group: Group | null;
  readonly #shadow: boolean;
  /** Sends a message to the client between two of the server's. */
  notify: (notice: Buffer) => void = () => {};
  #fuse: Fuse;
  #budget: Budget;
  readonly #fuses = new Set<Fuse>();
  readonly #locked: Fuse[] = [];
  #encoding = "UTF8";
  #conforming = true;
  #openUntil = 0;
  #asked: { id: number; refuse: (refusal: Refusal) => void } | null = null;

  constructor(house: Gatehouse, who: PersonAt, options: { judges: boolean; fuse: Fuse }) {
    this.#house = house;
    this.#who = who;
    this.judges = options.judges;
    this.#fuse = options.fuse;
    this.#fuses.add(options.fuse);
    this.#group = who.group === null ? null : (house.groups.get(who.group) ?? null);
    this.#budget = this.#group?.budget ?? {};
    this.#shadow = house.data.settings.policy.shadow;
    const free = this.#group?.unknown === "allow" && this.#group.bulk === "allow";
    this.limitsSideBytes = this.judges && !this.#shadow && !free;
  }

  get who(): PersonAt {
    return this.#who;
  }

  get generation(): number {
    return this.#house.generation;
  }

  judge(text: string, later: (judged: JudgedText) => void): JudgedText | null {
    return this.#house.judge(text, later);
  }

  judgeNow(text: string): JudgedText {
    return this.#house.cache.judge(text).judged;
  }

  /* ---- decide ---- */

  decide(statements: Statements, later: (decision: Decision) => void): Decision {
    // Most statements concern nobody: no rule has anything to say about them.
    if (statements.statements.every(concernsNobody)) return letThrough;
    const opened = this.#opensGlass(statements, later);
    if (opened !== null) return opened;
    const fresh = { estimated: false, estimate: null };
    const unresolved = statements.statements.some(({ codes }) => codes[0] === "cannot-resolve");
    if (!unresolved || this.#group?.unknown === "allow") return this.#rule(statements, fresh, later);
    // What is not in the catalog may be newer than it: it is read once more, for this statement.
    this.#house.ask(
      (id) => ({ type: "catalog-stale", id }),
      "catalog",
      () => {
        const again = this.judgeNow(statements.text).statements;
        const named = statements.statements.some(
          ({ detail }, place) => detail !== again[place]?.detail && statements.moment === "execute",
        );
        const judged =
          again.length === statements.statements.length && !named
            ? { ...statements, statements: again }
            : statements;
        this.#late(this.#rule(judged, fresh, later), later);
      },
    );
    return { do: "wait", notice: null };
  }

  /** A decision that comes later than its question. */
  #late(decision: Decision, later: (decision: Decision) => void): void {
    if (decision.do !== "wait") later(decision);
    else if (decision.notice !== null) this.notify(decision.notice);
  }

  #rule(
    statements: Statements,
    known: { estimated: boolean; estimate: number | null },
    later: (decision: Decision) => void,
  ): Decision {
    const grant = this.#house.grantOf(this.#who.person, statements.text, Date.now());
    const judged = statements.statements.map((statement) => ({
      statement,
      judgement: judgeReading(this.#see(statement, statements, { ...known, grant })),
    }));
    const gravest =
      judged.find(({ judgement }) => judgement.act.do === "refuse") ??
      judged.find(({ judgement }) => judgement.act.do === "hold") ??
      judged.find(({ judgement }) => judgement.act.do === "estimate");
    this.#tellReasons(judged, statements, { gravest, ...known });
    if (gravest === undefined || (this.#shadow && gravest.judgement.act.do !== "estimate"))
      return this.#count(judged, statements, grant);
    const { statement, judgement } = gravest;
    if (judgement.act.do === "estimate") return this.#estimate(statement, statements, later);
    const report = this.#report(statement, judgement, { text: statements.text, ...known });
    if (judgement.act.do === "refuse") {
      this.#house.count("refused");
      return { do: "refuse", refusal: refusalOf(judgement.reasons, report.statement) };
    }
    return this.#hold(statements, report, later);
  }

  #see(
    statement: JudgedStatement,
    { text, moment }: Statements,
    known: { estimated: boolean; estimate: number | null; grant: Grant | null },
  ): SeenStatement {
    const group = this.#group;
    const now = Date.now();
    const readable = readableEncodings.has(this.#encoding) && this.#conforming;
    const { hour, day } = this.#fuse.read();
    const budget = this.#budget;
    const left = Math.max(
      0,
      Math.min(
        budget.statement ?? infinity,
        (budget.hour ?? infinity) - hour,
        (budget.day ?? infinity) - day,
      ),
    );
    return {
      statement,
      moment,
      group,
      approved: known.grant !== null,
      open: this.#openUntil > now,
      unreadable: readable ? null : this.#conforming ? this.#encoding : "standard_conforming_strings = off",
      written: group === null ? null : this.#house.isWritten(group, text),
      conditions: this.#countCondition(statement, moment),
      estimate: known.estimate,
      estimated: known.estimated,
      left,
      about: { person: this.#who.person, client: clientOf(this.#who) },
    };
  }

  /** Statements that ask about personal columns without showing them, in this hour. */
  #countCondition(statement: JudgedStatement, moment: string): number {
    if (moment === "parse" || statement.class !== "pass" || statement.touches.length === 0) return 0;
    this.#fuse.lock(minuteNow());
    this.#fuse.add("conditions", Math.max(1, statement.conditions ?? 1), infinity);
    const sum = this.#fuse.amount("conditions");
    this.#fuse.unlock();
    return sum;
  }

  /** People hear of what is refused or held, and of what only tells. */
  #tellReasons(
    judged: { statement: JudgedStatement; judgement: Judged }[],
    { text, moment }: Statements,
    context: { gravest: { judgement: Judged } | undefined; estimate: number | null },
  ): void {
    const act = context.gravest?.judgement.act.do;
    if (act === "estimate" || (act === "hold" && !this.#shadow)) return;
    for (const { statement, judgement } of judged) {
      if (judgement.reasons.length === 0 || (moment === "parse" && judgement.act.do !== "refuse")) continue;
      const report = this.#report(statement, judgement, { text, estimate: context.estimate });
      this.#house.send({ type: "report", report });
    }
  }

  #report(
    statement: JudgedStatement,
    judgement: Judged,
    context: { text: string; estimate: number | null },
  ): StatementReport {
    return {
      statement: makeUuidV7(Date.now()),
      who: this.#who,
      act: judgement.act.do,
      reasons: judgement.reasons,
      order: judgement.order,
      text: context.text,
      verb: statement.verb,
      touches: touchesOf(statement),
      estimate: context.estimate,
      stop: null,
      dry: this.#shadow && judgement.act.do !== "count" && judgement.act.do !== "let-through",
    };
  }

  #estimate(
    statement: JudgedStatement,
    statements: Statements,
    later: (decision: Decision) => void,
  ): Decision {
    const relations = statement.touches.map(({ relation }) => relation);
    const { database } = this.#who;
    this.#house.ask(
      (id) => ({ type: "estimate", id, database, text: statements.text, relations }),
      "estimated",
      ({ customers }) => {
        this.#late(this.#rule(statements, { estimated: true, estimate: customers }, later), later);
      },
    );
    return { do: "wait", notice: null };
  }

  /** The client waits, or comes again: a second person is asked on another device. */
  #hold(statements: Statements, report: StatementReport, later: (decision: Decision) => void): Decision {
    const { style, deadlineMinutes } = this.#house.data.settings.policy.approval;
    const retry = style === "retry";
    this.#house.count("held");
    const id = this.#house.ask(
      (id) => ({ type: "ask", id, report, retry }),
      "answered",
      ({ approved, because }) => {
        this.#asked = null;
        if (retry) return;
        if (approved) {
          this.#late(this.#rule(statements, { estimated: true, estimate: report.estimate }, later), later);
          return;
        }
        later({ do: "refuse", refusal: refusalOf(report.reasons, `${report.statement}: ${because}`) });
      },
    );
    if (!retry) this.#asked = { id, refuse: (refusal) => later({ do: "refuse", refusal }) };
    if (retry) {
      const refusal = refusalOf(report.reasons, report.statement);
      const hint =
        "A second person has been asked. Run the same statement again once it is approved " +
        `/ 承認後に同じ文を再実行してください [${report.statement}]`;
      return { do: "refuse", refusal: { ...refusal, hint } };
    }
    const notice = encodeNotice(
      `Sekisho holds this statement: a second person is asked, for at most ${deadlineMinutes} minutes`,
      `別の担当者に承認を求めています（最長${deadlineMinutes}分）。Ctrl-C で取り消せます [${report.statement}]`,
    );
    return { do: "wait", notice };
  }

  /** The client does not wait any more: it is gone, or has cancelled. */
  withdraw(): void {
    if (this.#asked === null) return;
    const { id, refuse } = this.#asked;
    this.#asked = null;
    this.#house.send({ type: "withdraw", id });
    this.#house.forget(id);
    refuse(cancelled);
  }

  get holds(): boolean {
    return this.#asked !== null;
  }

  /* ---- the glass, and the purpose ---- */

  #opensGlass({ statements, moment }: Statements, later: (decision: Decision) => void): Decision | null {
    const minutes = this.#group?.breakGlassMinutes ?? 0;
    if (minutes === 0 || moment === "parse") return null;
    for (const { effect } of statements) {
      if (effect?.do !== "set" || effect.name !== "sekisho.break_glass") continue;
      const reason = effect.value?.trim() ?? "";
      if (reason === "") {
        this.#openUntil = 0;
        continue;
      }
      const who = this.#who;
      // Nothing opens before it is on record.
      this.#house.ask(
        (id) => ({ type: "break-glass", id, who, reason, minutes }),
        "glass-broken",
        ({ recorded }) => {
          if (recorded) this.#openUntil = Date.now() + minutes * 60_000;
          later(recorded ? { do: "pass" } : { do: "refuse", refusal: recordRefusal });
        },
      );
      return { do: "wait", notice: null };
    }
    return null;
  }

  tookHold(statement: JudgedStatement): void {
    if (statement.codes.includes("defines")) this.#house.send({ type: "catalog-stale", id: null });
    const { effect } = statement;
    if (effect?.do !== "set" || effect.name !== "sekisho.purpose") return;
    const purpose = effect.value === null || effect.value.trim() === "" ? null : effect.value.slice(0, 64);
    this.#who.purpose = purpose;
    const known = this.#group?.purposes.find(({ name }) => name === purpose) ?? null;
    this.#budget = known?.budget ?? this.#group?.budget ?? {};
    const group = this.#group?.name ?? "";
    void this.#house.fuseOf(this.#who.person, group, known?.name ?? null).then((fuse) => {
      this.#fuse = fuse;
      this.#fuses.add(fuse);
    });
  }

  /* ---- rows ---- */

  #count(
    judged: { statement: JudgedStatement; judgement: Judged }[],
    statements: Statements,
    grant: Grant | null,
  ): Decision {
    const { moment, text } = statements;
    if (moment === "parse") return { do: "pass" };
    const readings = judged.map(({ statement }) => {
      if (statement.class !== "count" && statement.class !== "bulk") return null;
      // Nobody can say how many are in one row of these: each counts as one at the least.
      const counted =
        statement.class === "bulk" ? { ...statement, keyless: Math.max(1, statement.keyless) } : statement;
      return new CustomerReading(counted, this.#terms(counted, { text, grant }));
    });
    return readings.some((reading) => reading !== null) ? { do: "count", readings } : { do: "pass" };
  }

  #terms(statement: JudgedStatement, { text, grant }: { text: string; grant: Grant | null }): ReadingTerms {
    const free = grant !== null || this.#openUntil > Date.now() || this.#group === null;
    const budget = free ? {} : this.#budget;
    const id = makeUuidV7(Date.now());
    let begun: AccessBegin | null = null;
    const begin = (): AccessBegin => (begun ??= this.#begin(statement, { id, text, grant }));
    const { spool, seeds, canaries } = this.#house;
    return {
      fuse: free ? null : this.#fuse,
      statementLimit: grant?.customersMax ?? budget.statement ?? infinity,
      personalBytesLimit: (budget.kilobytesPerHour ?? infinity) * 1_024,
      hourLimit: budget.hour ?? infinity,
      dayLimit: budget.day ?? infinity,
      seeds,
      spool,
      begin,
      canaries,
      onCanary: this.#group?.onCanary ?? "tell",
      shadow: this.#shadow,
      tellCanary: (customer) => {
        const relations = statement.touches.map(({ relation }) => relation);
        this.#house.send({ type: "canary", who: this.#who, statement: id, customer, relations });
      },
      tellStop: (stop) => {
        this.#house.count("cut");
        const about = { text, grant, id, stop };
        this.#house.send({ type: "report", report: this.#reportOfStop(statement, about) });
      },
      tellEnd: (figures) => this.#house.addFigures(this.#who.person, figures),
      refuse: (stop) => refusalOfStop(stop, id),
      now: () => Date.now(),
    };
  }

  #reportOfStop(
    statement: JudgedStatement,
    about: { text: string; id: string; stop: StatementReport["stop"] },
  ): StatementReport {
    return {
      statement: about.id,
      who: this.#who,
      act: "cut",
      reasons: [],
      order: this.#group === null ? null : `group ${this.#group.name}`,
      text: about.text,
      verb: statement.verb,
      touches: touchesOf(statement),
      estimate: null,
      stop: about.stop,
      dry: this.#shadow,
    };
  }

  #begin(statement: JudgedStatement, about: { id: string; text: string; grant: Grant | null }): AccessBegin {
    const { person, session, client, application, database, purpose } = this.#who;
    return {
      statement: about.id,
      person,
      session,
      at: Date.now(),
      client,
      application,
      database,
      purpose,
      verb: statement.verb,
      touches: touchesOf(statement),
      grant: about.grant?.id ?? null,
      text: digestOf(about.text),
    };
  }

  beginRows(): void {
    const minute = minuteNow();
    for (const fuse of this.#fuses) {
      fuse.lock(minute);
      this.#locked.push(fuse);
    }
  }

  endRows(): void {
    try {
      this.#house.spool.flush();
    } finally {
      this.release();
    }
  }

  /** Lets go of what a chunk of rows had locked. */
  release(): void {
    for (const fuse of this.#locked.splice(0)) fuse.unlock();
  }

  recordRefusal(): Refusal {
    this.#house.count("unrecorded");
    return recordRefusal;
  }

  functionCall(): Decision {
    if (this.#shadow || this.#group?.unknown === "allow" || this.#openUntil > Date.now())
      return { do: "pass" };
    const refusal = refusalOf([], "function call");
    return { do: "refuse", refusal };
  }

  /* ---- what else could carry data ---- */

  error(fields: Fields, touches: boolean): Fields {
    const { sideBytesPerMessage } = this.#house.data.settings.policy;
    const shown = cutTexts(touches ? withholdText(fields) : fields, sideBytesPerMessage);
    return this.#takeSideBytes(shown)
      ? shown
      : withholdText({ ...shown, C: fields["C"] ?? "XX000", P: undefined });
  }

  notice(fields: Fields): Fields | null {
    const shown = cutTexts(fields, this.#house.data.settings.policy.sideBytesPerMessage);
    return this.#takeSideBytes(shown) ? shown : null;
  }

  notification(payload: string): string {
    const { sideBytesPerMessage } = this.#house.data.settings.policy;
    const shown = cutTexts({ M: payload }, sideBytesPerMessage)["M"] ?? "";
    return this.#takeSideBytes({ M: shown }) ? shown : "";
  }

  #takeSideBytes(fields: Fields): boolean {
    const bytes = Object.values(fields).reduce((sum, text) => sum + Buffer.byteLength(text ?? ""), 0);
    this.#fuse.lock(minuteNow());
    const taken = this.#fuse.add("sideBytes", bytes, this.#house.data.settings.policy.sideBytesPerHour);
    this.#fuse.unlock();
    return taken;
  }

  parameter(name: string, value: string): string | null {
    if (name === "client_encoding") this.#encoding = value.toUpperCase();
    else if (name === "standard_conforming_strings") this.#conforming = value === "on";
    else if (name === "session_authorization" && this.#house.data.settings.signIn === "gate")
      return this.#who.person;
    return value;
  }
}

function minuteNow(): number {
  return Math.floor(Date.now() / 60_000);
}
