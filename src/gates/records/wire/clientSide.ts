import { expect, expectation, type Expected, type Portal, type Prepared } from "./expected.ts";
import { handling, leave, MessageStream } from "./messageStream.ts";
import { unresolved } from "./sessionNames.ts";
import type { Decision, Moment, Reading } from "./ports.ts";
import {
  client,
  decodeBind,
  encodeExecute,
  encodeMessage,
  encodeParse,
  encodeQuery,
  flushMessage,
  headerBytes,
  readCString,
} from "./protocol.ts";
import { limits, type Session } from "./session.ts";
import type { JudgedStatement, JudgedText } from "../verdict.ts";

const nothing = Buffer.alloc(0);

/** Texts of SQL that fail: sent in place of what was refused, so that the server keeps order and state. */
const failing = "sekisho refused";

/** A message with statements on its way through judge and decision. */
type Pending = {
  moment: Moment;
  /** The message as the client sent it. */
  message: { bytes: Buffer; start: number; end: number };
  expected: Expected;
  /** What will really run. */
  resolved: readonly JudgedStatement[];
  /** Goes to the server in its place where it is refused. */
  substitute: () => Buffer;
  rows: number;
  portal: Portal | null;
};

/** What the client sends: texts are judged before they go on, and what they ask for is expected. */
export class ClientSide {
  readonly #session: Session;
  readonly #stream: MessageStream;
  /** Rows of COPY come in: no Sync is heard until they end. */
  copiesIn = false;
  /** The reading whose rows must have passed before anything but Sync goes on. */
  #rows: Expected | null = null;
  #flushed = false;
  #wantsFlush = false;
  #batchWrites = false;
  #poison = false;

  constructor(session: Session) {
    this.#session = session;
    this.#stream = new MessageStream({
      wants: (type, total) => this.#wants(type, total),
      take: (type, bytes, range) => this.#take(type, bytes, range),
      send: (bytes) => session.port.toServer(bytes),
      malformed: (problem) => this.#fail("08P01", problem),
    });
  }

  push(bytes: Buffer): void {
    this.#stream.push(bytes);
    this.#flush();
  }

  /** Behind all that has gone to the server. */
  #flush(): void {
    if (!this.#wantsFlush) return;
    this.#wantsFlush = false;
    this.#session.port.toServer(flushMessage);
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.#stream.waiting;
  }

  stop(): void {
    this.#stream.stop();
  }

  go(): void {
    if (this.#poison) {
      this.#poison = false;
      this.#session.poison();
    }
    this.#stream.go();
    this.#flush();
  }

  /** Whether a reading that may come to a cut is still under way. */
  get rowsUnderWay(): boolean {
    if (this.#rows === null) return false;
    for (const expected of this.#session.queue) if (expected === this.#rows) return true;
    this.#rows = null;
    return false;
  }

  /** What was cut had ended on the server; unless its Sync is on its way, its batch must fail there. */
  endedBeforeCut(head: Expected): void {
    for (const { kind, batch } of this.#session.queue)
      if (kind === expect.sync && batch === head.batch) return;
    this.#poison = true;
  }

  #fail(sqlState: string, problem: string): void {
    this.#session.fail({
      sqlState,
      message: `Sekisho: ${problem}`,
      hint: "send a smaller message, or tell the administrator of the gate",
    });
  }

  #wants(type: number, total: number): number {
    if (!this.#session.watch.judges || type === client.copyData || type === client.password)
      return handling.pass;
    if (type === client.query || type === client.parse) return this.#orTooLong(total, limits.textBytesMax);
    if (type === client.bind) return this.#orTooLong(total, limits.bindBytesMax);
    if (type === client.functionCall) return this.#orTooLong(total, limits.bindBytesMax);
    return this.#orTooLong(total, 65_536);
  }

  #orTooLong(total: number, most: number): number {
    if (total <= most) return handling.whole;
    this.#fail("54000", `a message of ${total} bytes; the gate reads ${most}`);
    return handling.drop;
  }

  #take(type: number, bytes: Buffer, range: { start: number; end: number }): Buffer | null {
    if (this.#mustWait(type)) return this.#leave();
    const step = this.#steps[type];
    // What PostgreSQL does not know it refuses itself.
    return step === undefined ? null : step(bytes, range.start, range.end);
  }

  /** After a reading that may be cut only Sync may go on, and not even that where its batch has written. */
  #mustWait(type: number): boolean {
    if (!this.rowsUnderWay || type === client.terminate) return false;
    const kind = this.#rows?.kind;
    if (kind === expect.execute && type === client.sync && !this.#batchWrites) return false;
    if (type === client.copyData || type === client.flush) return false;
    return true;
  }

  /** The message waits with all that follows; the server is asked for what it has. */
  #leave(): Buffer {
    const session = this.#session;
    if (this.#rows?.kind === expect.execute && !this.#flushed) this.#flushed = this.#wantsFlush = true;
    session.block("rows");
    return leave;
  }

  readonly #steps: Record<number, (bytes: Buffer, start: number, end: number) => Buffer | null> = {
    [client.query]: (bytes, start, end) => this.#query(bytes, start, end),
    [client.parse]: (bytes, start, end) => this.#parse(bytes, start, end),
    [client.bind]: (bytes, start, end) => this.#bind(bytes, start, end),
    [client.describe]: (bytes, start, end) => this.#describe(bytes, start, end),
    [client.execute]: (bytes, start, end) => this.#execute(bytes, start, end),
    [client.close]: (bytes, start, end) => this.#close(bytes, start, end),
    [client.sync]: () => this.#sync(),
    [client.copyDone]: () => this.#copyEnd(),
    [client.copyFail]: () => this.#copyEnd(),
    [client.functionCall]: () => this.#functionCall(),
  };

  #expect(kind: number): Expected {
    const expected = expectation(kind, this.#session.batch);
    this.#session.expect(expected);
    return expected;
  }

  #sync(): null {
    if (!this.copiesIn) this.#expect(expect.sync);
    this.#session.batch += 1;
    this.#batchWrites = false;
    this.#rows = null;
    return null;
  }

  #copyEnd(): null {
    this.copiesIn = false;
    this.#expect(expect.copyEnd);
    return null;
  }

  #functionCall(): Buffer | null {
    const decision = this.#session.watch.functionCall();
    const expected = this.#expect(expect.functionCall);
    if (decision.do !== "refuse") return null;
    expected.refusal = decision.refusal;
    // A routine that does not exist, without arguments (54.7).
    return encodeMessage(client.functionCall, Buffer.alloc(10));
  }

  #close(bytes: Buffer, start: number, end: number): null {
    const expected = this.#expect(expect.close);
    const name = readCString(bytes, start + headerBytes + 1, end);
    expected.name = `${String.fromCharCode(bytes[start + headerBytes] ?? 0)}${name?.text ?? ""}`;
    return null;
  }

  /** CloseComplete: "S" or "P" and the name. */
  closed(name: string): void {
    const { names } = this.#session;
    if (name.startsWith("S")) names.closePrepared(name.slice(1));
    else names.closePortal(name.slice(1));
  }

  #describe(bytes: Buffer, start: number, end: number): null {
    const expected = this.#expect(expect.describe);
    const name = readCString(bytes, start + headerBytes + 1, end);
    if (bytes[start + headerBytes] === 0x50 && name !== null)
      expected.portal = this.#session.names.findPortal(name.text) ?? null;
    return null;
  }

  /* ---- texts ---- */

  #query(bytes: Buffer, start: number, end: number): Buffer | null {
    const text = readCString(bytes, start + headerBytes, end)?.text ?? "";
    const expected = expectation(expect.query, this.#session.batch);
    expected.text = text;
    const substitute = (): Buffer => encodeQuery(failing);
    const message = { bytes, start, end };
    const pending = { moment: "query", message, expected, substitute, rows: 0, portal: null } as const;
    return this.#judge(
      text,
      (judged) => {
        expected.statements = judged.statements;
        return this.#decide({ ...pending, resolved: this.#resolve(judged.statements) });
      },
      message,
    );
  }

  /** What will really run of these statements, which follow each other. */
  #resolve(statements: readonly JudgedStatement[]): readonly JudgedStatement[] {
    if (statements.length === 0 || (statements.length === 1 && statements[0]?.effect === null))
      return statements;
    const overlay = new Map<string, JudgedStatement | null>();
    return statements.map((statement) => this.#session.names.resolve(statement, overlay));
  }

  #parse(bytes: Buffer, start: number, end: number): Buffer | null {
    const name = readCString(bytes, start + headerBytes, end);
    const text = name === null ? null : readCString(bytes, name.next, end);
    const expected = expectation(expect.parse, this.#session.batch);
    if (name === null || text === null) {
      this.#session.expect(expected);
      return null;
    }
    const message = { bytes, start, end };
    const substitute = (): Buffer => encodeParse(name.text, failing);
    const pending = { moment: "parse", message, expected, substitute, rows: 0, portal: null } as const;
    return this.#judge(
      text.text,
      (judged) => {
        const prepared = this.#prepare(text.text, judged);
        expected.name = name.text;
        expected.prepared = prepared;
        expected.text = text.text;
        this.#session.names.expectPrepared(name.text, prepared, this.#session.batch);
        // What it stands for is known when it runs; a name of its own is no matter yet.
        return this.#decide({ ...pending, resolved: judged.statements });
      },
      message,
    );
  }

  #prepare(text: string, judged: JudgedText): Prepared {
    // The server takes one statement in Parse; of several it refuses all.
    const statement = judged.statements.length > 1 ? unresolved : (judged.statements[0] ?? null);
    return { text, inside: null, statement, generation: this.#session.watch.generation };
  }

  /** Judged again where the catalog has changed since: a view may show other columns now. */
  refresh(prepared: Prepared): JudgedStatement | null {
    const { watch } = this.#session;
    if (prepared.generation === watch.generation || !watch.judges) return prepared.statement;
    const { statements } = watch.judgeNow(prepared.text);
    prepared.generation = watch.generation;
    const made = statements.find(
      ({ effect }) => effect?.do === "prepare" && effect.name === prepared.inside,
    )?.effect;
    prepared.statement =
      made?.do === "prepare"
        ? made.statement
        : prepared.inside === null && statements.length <= 1
          ? (statements[0] ?? null)
          : unresolved;
    return prepared.statement;
  }

  #bind(bytes: Buffer, start: number, end: number): null {
    const expected = this.#expect(expect.bind);
    const bind = decodeBind(bytes, start + headerBytes, end);
    if (bind === null) return null;
    const prepared = this.#session.names.findPrepared(bind.statement);
    if (prepared === undefined) return null;
    const portal: Portal = {
      prepared,
      statement: prepared.statement,
      formats: bind.resultFormats,
      reading: null,
      columns: null,
    };
    expected.name = bind.portal;
    expected.portal = portal;
    this.#session.names.expectPortal(bind.portal, portal, this.#session.batch);
    return null;
  }

  #execute(bytes: Buffer, start: number, end: number): Buffer | null {
    const name = readCString(bytes, start + headerBytes, end);
    const expected = expectation(expect.execute, this.#session.batch);
    if (name === null || name.next + 4 > end) {
      this.#session.expect(expected);
      return null;
    }
    const portal = this.#session.names.findPortal(name.text) ?? null;
    const own = portal === null ? null : this.refresh(portal.prepared);
    const known = portal === null || portal.prepared.statement !== null;
    const statement = own ?? (known ? unresolved : null);
    expected.portal = portal;
    expected.text = portal?.prepared.text ?? "";
    expected.statements = statement === null ? [] : [statement];
    const pending: Pending = {
      moment: "execute",
      message: { bytes, start, end },
      expected,
      resolved: this.#resolve(expected.statements),
      substitute: () => encodeExecute("sekisho refused"),
      rows: bytes.readInt32BE(name.next),
      portal,
    };
    // The same portal again: what it has given out so far counts on.
    if (portal?.reading != null) return this.#go(pending, { do: "count", readings: [portal.reading] });
    return this.#decide(pending);
  }

  /* ---- judge, decide, go ---- */

  #judge(
    text: string,
    then: (judged: JudgedText) => Buffer | null,
    message: { bytes: Buffer; start: number; end: number },
  ): Buffer | null {
    let kept: Buffer | null = null;
    const judged = this.#session.watch.judge(text, (late) => {
      if (this.#session.ended || kept === null) return;
      const instead = then(late);
      if (this.#session.blocked !== "decision" || this.#awaits) return;
      this.#forward(instead ?? kept);
    });
    if (judged !== null) return then(judged);
    kept = Buffer.from(message.bytes.subarray(message.start, message.end));
    message.bytes = kept;
    message.end -= message.start;
    message.start = 0;
    this.#session.block("decision");
    return nothing;
  }

  /** Somebody is asked about a message. */
  #awaits = false;

  #decide(pending: Pending): Buffer | null {
    const { watch } = this.#session;
    const { expected, resolved, moment, rows, message } = pending;
    const statements = { text: expected.text, statements: resolved, moment, rows };
    let kept: Buffer | null = null;
    const decision = watch.decide(statements, (late) => {
      if (this.#session.ended || kept === null) return;
      this.#awaits = false;
      this.#forward(this.#go(pending, late) ?? kept);
    });
    if (decision.do !== "wait") return this.#go(pending, decision);
    this.#awaits = true;
    kept = Buffer.from(message.bytes.subarray(message.start, message.end));
    if (this.#session.blocked === null) this.#session.block("decision");
    if (decision.notice !== null) this.#session.notify(decision.notice);
    return nothing;
  }

  #forward(bytes: Buffer): void {
    this.#session.port.toServer(bytes);
    if (this.#session.blocked === "decision") this.#session.unblock();
  }

  /** Null: the message goes as it came. */
  #go(pending: Pending, decision: Decision): Buffer | null {
    const { expected, resolved, moment } = pending;
    this.#session.expect(expected);
    expected.touches = resolved.some(({ touches }) => touches.length > 0);
    if (decision.do === "refuse") {
      expected.refusal = decision.refusal;
      return pending.substitute();
    }
    if (moment === "parse") return null;
    if (moment === "execute" && resolved.some(({ writes }) => writes)) this.#batchWrites = true;
    if (decision.do === "count") this.#count(pending, decision.readings);
    return null;
  }

  #count(pending: Pending, readings: readonly (Reading | null)[]): void {
    const { expected, portal } = pending;
    expected.readings = readings;
    const [first] = readings;
    if (portal !== null && first != null) portal.reading = first;
    if (!readings.some((reading) => reading?.mayCut === true)) return;
    this.#rows = expected;
    this.#flushed = false;
  }
}
