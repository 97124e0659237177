import { expect, type Expected } from "./expected.ts";
import { handling, MessageStream } from "./messageStream.ts";
import type { Reading } from "./ports.ts";
import {
  decodeFields,
  decodeRowDescription,
  encodeError,
  encodeErrorFields,
  encodeMessage,
  encodeNoticeFields,
  headerBytes,
  readCString,
  server,
  type DescribedColumn,
} from "./protocol.ts";
import { limits, type Session } from "./session.ts";

const nothing = Buffer.alloc(0);

/** What an answer may belong to, as bits. */
const kinds = {
  start: 1 << expect.start,
  parse: 1 << expect.parse,
  bind: 1 << expect.bind,
  describe: 1 << expect.describe,
  close: 1 << expect.close,
  execute: 1 << expect.execute,
  sync: 1 << expect.sync,
  query: 1 << expect.query,
  functionCall: 1 << expect.functionCall,
} as const;

/** What the server sends: rows are counted before they go, and nothing goes that was cut. */
export class ServerSide {
  readonly #session: Session;
  readonly #stream: MessageStream;
  /** What goes to the client of this chunk, and how many parts it has: the places are used again. */
  readonly #out: (Buffer | null)[] = [];
  #parts = 0;
  /** The reading to which rows belong now; null where they only pass. */
  #reading: Reading | null = null;
  /** The head of the queue as it was followed. */
  #followed: Expected | undefined = undefined;
  /** Rows may come, and nobody counts them. */
  #rowsPass = false;
  /** Rows of a statement that was cut. */
  #dropsRows = false;
  #rowsBegun = false;
  /** How many of the parts stand before the first row that was counted in this chunk. */
  #safe = 0;
  #broken = false;
  #started = false;

  constructor(session: Session) {
    this.#session = session;
    this.#stream = new MessageStream({
      wants: (type, total) => this.#wants(type, total),
      take: (type, bytes, { start, end }) => this.#take(type, bytes, start, end),
      send: (bytes) => {
        this.#out[this.#parts++] = bytes;
      },
      malformed: (problem) => this.#desync(problem),
    });
  }

  get between(): boolean {
    return this.#stream.between;
  }

  push(bytes: Buffer): void {
    // What was asked since may be the first that is expected.
    const head = this.#head();
    if (head !== this.#followed) this.#follow(head);
    this.#stream.push(bytes);
    if (this.#rowsBegun) this.#endRows();
    this.#send();
    if (this.#broken)
      this.#session.fail({
        sqlState: "08P01",
        message: "Sekisho: the server said what was not asked for, and the session was ended",
        hint: "tell the administrator of the gate",
      });
  }

  #send(): void {
    const out = this.#out;
    const { port } = this.#session;
    for (let place = 0; place < this.#parts; place++) {
      port.toClient(out[place] as Buffer);
      out[place] = null;
    }
    this.#parts = 0;
  }

  /** The record comes before the rows: what it does not take does not go. */
  #endRows(): void {
    this.#rowsBegun = false;
    const { watch } = this.#session;
    try {
      watch.endRows();
    } catch {
      this.#parts = this.#safe;
      this.#send();
      this.#session.fail(watch.recordRefusal());
    }
  }

  #desync(_problem: string): void {
    this.#broken = true;
  }

  #wants(type: number, total: number): number {
    // Of a session that nobody judges only its beginning is read, for the key by which it is cancelled.
    if (!this.#session.watch.judges && this.#started) return handling.pass;
    if (type === server.dataRow || type === server.copyData) {
      if (this.#dropsRows) return handling.drop;
      if (this.#reading === null) return this.#rowsPass ? handling.pass : this.#unaskedRow();
      if (total <= limits.rowBytesMax) return handling.whole;
      this.#cutRow();
      return handling.drop;
    }
    if (type === server.error || type === server.notice)
      return total <= limits.sideBytesMax || type === server.error ? handling.whole : handling.pass;
    return handling.whole;
  }

  /** Nobody asked for rows. */
  #unaskedRow(): number {
    this.#unasked();
    return handling.drop;
  }

  /** A row that is longer than can be looked at: nobody knows whose it is. */
  #cutRow(): void {
    const expected = this.#head();
    if (expected === undefined || this.#reading === null) return;
    this.#session.cut(expected, this.#reading);
    this.#follow(expected);
  }

  /** CopyDone and CopyFail have no answer of their own. */
  #head(): Expected | undefined {
    const { queue } = this.#session;
    while (queue.first?.kind === expect.copyEnd) queue.shift();
    return queue.first;
  }

  #take(type: number, bytes: Buffer, start: number, end: number): Buffer | null {
    if (type === server.dataRow) return this.#row(bytes, start + headerBytes, end);
    if (type === server.copyData) return this.#copyRow(bytes, start + headerBytes, end);
    const step = this.#steps[type];
    if (step === undefined) return this.#unasked();
    return step(bytes, start + headerBytes, end);
  }

  #unasked(): Buffer {
    this.#broken = true;
    this.#stream.stop();
    return nothing;
  }

  #beginRows(): void {
    if (this.#rowsBegun) return;
    this.#rowsBegun = true;
    // What stands before in this chunk has been judged already and may go in any case.
    this.#safe = this.#parts;
    this.#session.watch.beginRows();
  }

  #row(bytes: Buffer, start: number, end: number): Buffer | null {
    const reading = this.#reading;
    if (reading === null) return nothing;
    this.#beginRows();
    if (reading.row(bytes, start, end)) return null;
    return this.#refuseRow(reading);
  }

  #copyRow(bytes: Buffer, start: number, end: number): Buffer | null {
    const reading = this.#reading;
    if (reading === null) return nothing;
    this.#beginRows();
    if (reading.copyRow(bytes, start, end)) return null;
    return this.#refuseRow(reading);
  }

  #refuseRow(reading: Reading): Buffer {
    const expected = this.#head();
    if (expected !== undefined) {
      this.#session.cut(expected, reading);
      this.#follow(expected);
    }
    return nothing;
  }

  /** Rows that come now belong to this; called whenever the head of the queue or its statement changes. */
  #follow(expected: Expected | undefined): void {
    this.#followed = expected;
    this.#dropsRows = expected?.cut ?? false;
    const counts = expected?.kind === expect.execute || expected?.kind === expect.query;
    this.#reading = counts && !this.#dropsRows ? (expected.readings[expected.at] ?? null) : null;
    this.#rowsPass = counts && !this.#dropsRows && this.#reading === null;
    const portal = expected?.portal;
    if (this.#reading !== null && portal != null) this.#reading.describe(portal.columns, portal.formats);
  }

  /** The head is done with. */
  #shift(): void {
    this.#session.queue.shift();
    this.#follow(this.#head());
  }

  /** The head must be of one of these kinds (bits); else what we know of the session is wrong: it ends. */
  #expects(kinds: number): Expected | null {
    const head = this.#head();
    if (head !== undefined && ((1 << head.kind) & kinds) !== 0) return head;
    this.#unasked();
    return null;
  }

  readonly #steps: Record<number, (bytes: Buffer, start: number, end: number) => Buffer | null> = {
    [server.parseComplete]: () => {
      const head = this.#expects(kinds.parse);
      if (head?.prepared != null) this.#session.names.setPrepared(head.name, head.prepared);
      return this.#done(head);
    },
    [server.bindComplete]: () => {
      const head = this.#expects(kinds.bind);
      if (head?.portal != null) this.#session.names.setPortal(head.name, head.portal);
      return this.#done(head);
    },
    [server.closeComplete]: () => {
      const head = this.#expects(kinds.close);
      if (head !== null) this.#session.client.closed(head.name);
      return this.#done(head);
    },
    [server.parameterDescription]: () => (this.#expects(kinds.describe) === null ? nothing : null),
    [server.noData]: () => this.#done(this.#expects(kinds.describe)),
    [server.rowDescription]: (bytes, start, end) => this.#describe(bytes, start, end),
    [server.commandComplete]: () => this.#complete(),
    [server.emptyQuery]: () => this.#complete(),
    [server.portalSuspended]: () => this.#suspend(),
    [server.error]: (bytes, start, end) => this.#error(bytes, start, end),
    [server.notice]: (bytes, start, end) => this.#notice(bytes, start, end),
    [server.notification]: (bytes, start, end) => this.#notification(bytes, start, end),
    [server.parameterStatus]: (bytes, start, end) => this.#parameter(bytes, start, end),
    [server.ready]: () => this.#ready(),
    [server.copyIn]: () => this.#copyIn(),
    [server.copyOut]: (bytes, start, end) => this.#copyOut(bytes, start, end),
    [server.copyDone]: () => (this.#head()?.cut === true ? nothing : null),
    [server.copyBoth]: () => this.#unasked(),
    [server.functionResponse]: () => (this.#expects(kinds.functionCall) === null ? nothing : null),
    [server.authentication]: () => (this.#expects(kinds.start) === null ? nothing : null),
    [server.negotiate]: () => (this.#expects(kinds.start) === null ? nothing : null),
    [server.keyData]: (bytes, start, end) => {
      this.#session.cancelKey = Buffer.from(bytes.subarray(start, end));
      return this.#expects(kinds.start) === null ? nothing : null;
    },
  };

  #done(head: Expected | null): Buffer | null {
    if (head === null) return nothing;
    this.#shift();
    return null;
  }

  #describe(bytes: Buffer, start: number, end: number): Buffer | null {
    const head = this.#expects(kinds.describe | kinds.query | kinds.execute);
    if (head === null || head.cut) return nothing;
    if (head.kind === expect.describe) {
      const { portal } = head;
      // Of what concerns nobody no row is looked at.
      if (portal !== null && portal.statement?.class !== "pass")
        portal.columns = decodeRowDescription(bytes, start, end);
      return this.#done(head);
    }
    this.#reading?.describe(decodeRowDescription(bytes, start, end), null);
    return null;
  }

  #copyOut(bytes: Buffer, start: number, end: number): Buffer | null {
    const head = this.#expects(kinds.query | kinds.execute);
    if (head === null || head.cut) return nothing;
    if (this.#reading !== null && start + 3 <= end) {
      const format = bytes[start] as number;
      const columns = bytes.readUInt16BE(start + 1);
      const described: DescribedColumn[] = Array.from({ length: columns }, () => ({ typeOid: 0, format }));
      this.#reading.describe(described, null);
    }
    return null;
  }

  /**
   * While rows of COPY come in, the server hears no Sync: those that were sent before the end of the copy get
   * no answer (54.2.6).
   */
  #copyIn(): Buffer | null {
    const head = this.#expects(kinds.query | kinds.execute);
    if (head === null) return nothing;
    let ended = false;
    this.#session.queue.keep((item, place) => {
      if (place === 0) return true;
      ended ||= item.kind === expect.copyEnd;
      return ended || item.kind !== expect.sync;
    });
    if (!ended) this.#session.client.copiesIn = true;
    return null;
  }

  #complete(): Buffer | null {
    const head = this.#expects(kinds.query | kinds.execute);
    if (head === null) return nothing;
    const { watch, names } = this.#session;
    if (head.cut) return this.#endOfCut(head);
    if (head.silent) {
      this.#shift();
      return nothing;
    }
    const statement = head.statements[head.at];
    head.readings[head.at]?.end("complete");
    if (statement !== undefined && watch.judges) {
      if (statement.effect !== null) names.apply(statement.effect, head.text, watch.generation);
      watch.tookHold(statement);
    }
    if (head.kind === expect.execute) return this.#done(head);
    head.at += 1;
    this.#follow(head);
    return null;
  }

  /** It had ended before the cancel came: the client gets our error all the same. */
  #endOfCut(head: Expected): Buffer {
    const told = this.#tell(head);
    head.readings[head.at]?.end("cut");
    if (head.kind !== expect.execute) return told;
    this.#session.client.endedBeforeCut(head);
    this.#shift();
    return told;
  }

  #tell(head: Expected): Buffer {
    if (head.told || head.refusal === null) return nothing;
    head.told = true;
    return encodeError(head.refusal);
  }

  #suspend(): Buffer | null {
    const head = this.#expects(kinds.execute);
    if (head === null) return nothing;
    if (head.cut) return this.#endOfCut(head);
    return this.#done(head);
  }

  #error(bytes: Buffer, start: number, end: number): Buffer | null {
    const head = this.#head();
    const { watch, queue, names } = this.#session;
    let instead: Buffer | null = null;
    if (head?.silent === true) instead = nothing;
    else if (head !== undefined && head.refusal !== null) instead = this.#tell(head);
    else if (watch.limitsSideBytes) {
      const fields = decodeFields(bytes.subarray(start, Math.min(end, start + limits.sideBytesMax)));
      instead = encodeErrorFields(watch.error(fields, head?.touches ?? false));
    }
    if (head === undefined || head.kind === expect.start || head.kind === expect.sync) return instead;
    for (const [place, reading] of head.readings.entries())
      if (place >= head.at) reading?.end(head.cut ? "cut" : "failed");
    if (head.kind === expect.query || head.kind === expect.functionCall) {
      // Ready follows; the rest of the text does not run.
      head.at = head.statements.length;
      this.#follow(head);
      return instead;
    }
    this.#session.failedBatch = head.batch;
    names.failed(head.batch);
    queue.keep((item) => item.batch !== head.batch || item.kind === expect.sync);
    this.#follow(this.#head());
    return instead;
  }

  #ready(): Buffer | null {
    this.#started = true;
    const head = this.#expects(kinds.start | kinds.query | kinds.sync | kinds.functionCall);
    return this.#done(head);
  }

  #notice(bytes: Buffer, start: number, end: number): Buffer | null {
    const { watch } = this.#session;
    if (!watch.limitsSideBytes) return null;
    const fields = watch.notice(decodeFields(bytes.subarray(start, end)));
    return fields === null ? nothing : encodeNoticeFields(fields);
  }

  #notification(bytes: Buffer, start: number, end: number): Buffer | null {
    const { watch } = this.#session;
    if (!watch.limitsSideBytes) return null;
    const channel = readCString(bytes, start + 4, end);
    const payload = channel === null ? null : readCString(bytes, channel.next, end);
    if (channel === null || payload === null) return nothing;
    const less = watch.notification(payload.text);
    if (less === payload.text) return null;
    return encodeMessage(server.notification, bytes.subarray(start, channel.next), less, "\0");
  }

  #parameter(bytes: Buffer, start: number, end: number): Buffer | null {
    const name = readCString(bytes, start, end);
    const value = name === null ? null : readCString(bytes, name.next, end);
    if (name === null || value === null) return nothing;
    const told = this.#session.watch.parameter(name.text, value.text);
    if (told === value.text) return null;
    return told === null ? nothing : encodeMessage(server.parameterStatus, name.text, "\0", told, "\0");
  }
}
