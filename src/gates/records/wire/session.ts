import { ClientSide } from "./clientSide.ts";
import { Queue, type Expected } from "./expected.ts";
import { ServerSide } from "./serverSide.ts";
import { SessionNames } from "./sessionNames.ts";
import type { Reading, Watch, WirePort } from "./ports.ts";
import { encodeError, encodeExecute, type Refusal } from "./protocol.ts";
import { expectation, expect } from "./expected.ts";

export const limits = {
  /** Longest text of SQL that is judged. */
  textBytesMax: 64 * 1024 ** 2,
  /** Longest Bind that is read whole. */
  bindBytesMax: 16 * 1024 ** 2,
  /** Longest row of a reading that is counted: it must be whole before any of it may go. */
  rowBytesMax: 16 * 1024 ** 2,
  /** Errors and notices are read so far. */
  sideBytesMax: 1024 ** 2,
  /** Bytes of the client that wait while somebody decides. */
  waitingBytesMax: 1024 ** 2,
} as const;

/** Why messages of the client wait: somebody decides, rows must have passed, or a cancel is on its way. */
export type Block = "decision" | "rows" | "cut";

/**
 * One session behind its sign-in, without I/O: bytes of either side go in, and bytes, a cancel or the end
 * come out of its port. What the server answers is matched with what was asked by one queue, so each row is
 * known by the statement that asked for it (PostgreSQL 18 documentation, 54.2).
 */
export class Session {
  readonly port: WirePort;
  readonly watch: Watch;
  readonly queue = new Queue<Expected>();
  readonly names: SessionNames;
  readonly client: ClientSide;
  readonly server: ServerSide;
  /** Number of the batch that the next Sync ends. */
  batch = 0;
  /** A batch in which the server has met an error: it answers nothing more of it but its Sync (54.2.3). */
  failedBatch = -1;
  #block: Block | null = null;
  #cutting: { expected: Expected; cancelTaken: boolean } | null = null;
  /** Messages of ours for the client that wait for a border between two of the server's. */
  #notices: Buffer[] = [];
  #ended = false;
  /** What a CancelRequest for this session says after its code: process and secret (54.7). */
  cancelKey: Buffer | null = null;

  constructor(port: WirePort, watch: Watch) {
    this.port = port;
    this.watch = watch;
    this.names = new SessionNames((prepared) => this.client.refresh(prepared));
    this.client = new ClientSide(this);
    this.server = new ServerSide(this);
    this.queue.push(expectation(expect.start, 0));
  }

  fromClient(bytes: Buffer): void {
    if (this.#ended) return;
    this.client.push(bytes);
    // While something waits the client is read on, so that its end is heard; but not for ever.
    if (this.client.waiting > limits.waitingBytesMax) this.port.pauseClient();
  }

  fromServer(bytes: Buffer): void {
    if (this.#ended) return;
    this.server.push(bytes);
    this.#sendNotices();
    this.#goOn();
  }

  /** Either side is gone. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { readings } of this.queue) for (const reading of readings) reading?.end("open");
    this.names.end();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The session cannot go on: the client is told, and both sides are closed. */
  fail(refusal: Refusal): void {
    if (this.#ended) return;
    if (this.server.between) this.port.toClient(encodeError(refusal, "FATAL"));
    this.end();
    this.port.end();
  }

  /** What the client has asked and the server has not answered yet. */
  get idle(): boolean {
    return this.queue.length === 0;
  }

  /** A message between those of the server: at once where it can be, else at the next border. */
  notify(notice: Buffer): void {
    this.#notices.push(notice);
    this.#sendNotices();
  }

  #sendNotices(): void {
    if (this.#notices.length === 0 || !this.server.between) return;
    for (const notice of this.#notices.splice(0)) this.port.toClient(notice);
  }

  /** A message goes to the server, whose answer is awaited unless it is deaf until Sync. */
  expect(expected: Expected): void {
    if (this.failedBatch === this.batch && expected.kind !== expect.sync) return;
    this.queue.push(expected);
  }

  /* ---- what waits ---- */

  get blocked(): Block | null {
    return this.#block;
  }

  block(why: Block): void {
    this.#block = why;
    this.client.stop();
  }

  unblock(): void {
    this.#block = null;
    this.client.go();
    if (this.#block === null && !this.#ended) this.port.resumeClient();
  }

  /** Takes up the client's messages again where nothing stands in their way any more. */
  #goOn(): void {
    if (this.#ended) return;
    if (this.#cutting !== null) {
      const { expected, cancelTaken } = this.#cutting;
      if (!cancelTaken || this.#isExpected(expected)) return;
      this.#cutting = null;
      if (this.#block === "cut") this.unblock();
    }
    if (this.#block === "rows" && !this.client.rowsUnderWay) this.unblock();
  }

  #isExpected(wanted: Expected): boolean {
    for (const expected of this.queue) if (expected === wanted) return true;
    return false;
  }

  /* ---- the cut ---- */

  /**
   * A row may not go: the server is told to cancel, what it still sends is dropped, and the client gets our
   * error in its place. Nothing of the client goes on before the cancel has been taken: a late one would
   * hit the next statement.
   */
  cut(expected: Expected, reading: Reading): void {
    if (expected.cut) return;
    expected.cut = true;
    expected.refusal = reading.refusal();
    const cutting = { expected, cancelTaken: false };
    this.#cutting = cutting;
    if (this.#block === null) this.block("cut");
    else if (this.#block === "rows") this.#block = "cut";
    this.port.cancel(() => {
      cutting.cancelTaken = true;
      this.#goOn();
    });
  }

  /**
   * What was cut had ended on the server before the cancel came. The client believes that its batch has
   * failed, so it must fail: a portal that does not exist sees to that.
   */
  poison(): void {
    const expected = expectation(expect.execute, this.batch);
    expected.silent = true;
    this.expect(expected);
    this.port.toServer(encodeExecute("sekisho cut"));
  }
}
