import type { JudgedStatement, JudgedText } from "../verdict.ts";
import type { DescribedColumn, Fields, Refusal } from "./protocol.ts";

/** What the protocol asks of the sockets. Bytes may be used after the call: they are the caller's no more. */
export type WirePort = {
  toClient(bytes: Buffer): void;
  toServer(bytes: Buffer): void;
  /** Sends a CancelRequest with the session's key; `done` when the server has taken it (it closes). */
  cancel(done: () => void): void;
  /** No more bytes from the client until `resumeClient`. */
  pauseClient(): void;
  resumeClient(): void;
  /** Ends both sides. */
  end(): void;
};

/** Rows of one statement on their way to the client. */
export type Reading = {
  /** Whether it may come to a cut at all: then what follows it waits. */
  readonly mayCut: boolean;
  /** Whether this DataRow may go; `end` is behind its last byte, `start` at its column count. */
  row(bytes: Buffer, start: number, end: number): boolean;
  /** Whether this CopyData may go. */
  copyRow(bytes: Buffer, start: number, end: number): boolean;
  /** Formats and types of the columns, as soon as they are known. */
  describe(columns: readonly DescribedColumn[] | null, formats: readonly number[] | null): void;
  /** Why a row may not go. */
  refusal(): Refusal;
  end(outcome: "complete" | "cut" | "failed" | "open"): void;
};

/** What is to be done with a message that carries statements. */
export type Decision =
  | { do: "pass" }
  /** One place a statement; null: its rows are not counted. */
  | { do: "count"; readings: readonly (Reading | null)[] }
  | { do: "refuse"; refusal: Refusal }
  /** Somebody is asked: `decided` comes later. The notice goes to the client at once. */
  | { do: "wait"; notice: Buffer | null };

/** When a statement comes by. Planning a statement may run routines, so the gravest are stopped at Parse. */
export type Moment = "query" | "parse" | "execute";

export type Statements = {
  text: string;
  statements: readonly JudgedStatement[];
  moment: Moment;
  /** Row limit of Execute; 0: none. */
  rows: number;
};

/** Who judges, decides, counts and records, as the protocol knows it. */
export type Watch = {
  /** False: this database's statements are nobody's concern, and bytes only pass. */
  readonly judges: boolean;
  /** Null: it takes long; `later` is called with it. */
  judge(text: string, later: (judged: JudgedText) => void): JudgedText | null;
  /** At once, however long it takes. */
  judgeNow(text: string): JudgedText;
  /** Whether what was judged before must be judged again (the catalog has changed). */
  readonly generation: number;
  decide(statements: Statements, later: (decision: Decision) => void): Decision;
  functionCall(): Decision;
  /** A statement that was let through took hold: `SET sekisho.purpose = …` and its like. */
  tookHold(statement: JudgedStatement): void;
  /**
   * An error, notice or notification before it goes to the client: other fields, the same, or null to
   * withhold it. `touches`: the statement under way touches personal columns.
   */
  error(fields: Fields, touches: boolean): Fields;
  notice(fields: Fields): Fields | null;
  notification(payload: string): string;
  /** Whether side messages are looked at. */
  readonly limitsSideBytes: boolean;
  parameter(name: string, value: string): string | null;
  /** Called once for each chunk of rows, before the first and after the last: locks and the record. */
  beginRows(): void;
  /** Throws where the record cannot be written: then none of the chunk's counted rows may go. */
  endRows(): void;
  /** Why the record cannot be written. */
  recordRefusal(): Refusal;
};
