import type { JudgedStatement, JudgedText } from "../verdict.ts";
import type { Decision, Reading, Statements, Watch } from "./ports.ts";
import { decodeFields, encodeMessage, headerBytes, type Refusal } from "./protocol.ts";
import { Session } from "./session.ts";

/** Plays both sides of a session in tests: messages in, and what came out as short words. */

export const passes: JudgedStatement = {
  class: "pass",
  codes: ["no-personal-data"],
  detail: "",
  verb: "SELECT",
  writes: false,
  touches: [],
  conditions: 0,
  personalOutput: [],
  keys: [],
  keyless: 0,
  nullCounts: [],
  keyTypes: [],
  copyOut: null,
  copyIn: false,
  effect: null,
};

export const personal: JudgedStatement = {
  ...passes,
  class: "count",
  codes: ["personal-columns"],
  touches: [{ relation: "public.customers", columns: [{ name: "email", kind: "email" }] }],
  keys: [0],
  nullCounts: [1],
  keyTypes: [20],
};

export const over: Refusal = { sqlState: "53400", message: "budget", hint: "ask" };
export const no: Refusal = { sqlState: "42501", message: "no", hint: "ask" };

/** Lets so many rows pass. */
export class RowLimit implements Reading {
  readonly mayCut = true;
  left: number;
  ended: string | null = null;
  described = 0;

  constructor(left: number) {
    this.left = left;
  }
  row(): boolean {
    return --this.left >= 0;
  }
  copyRow(): boolean {
    return --this.left >= 0;
  }
  describe(): void {
    this.described += 1;
  }
  refusal(): Refusal {
    return over;
  }
  end(outcome: string): void {
    this.ended ??= outcome;
  }
}

export type TestWatchOptions = {
  /** By text; else every text passes. */
  texts?: Record<string, JudgedStatement[]>;
  decide?: (statements: Statements, later: (decision: Decision) => void) => Decision;
  recordFails?: boolean;
};

/** A session between a client and a server that are played by the test. */
export class TestWire {
  readonly session: Session;
  readonly decided: Statements[] = [];
  readonly tookHold: string[] = [];
  readonly watch: Watch;
  #toClient = Buffer.alloc(0);
  #toServer = Buffer.alloc(0);
  cancels: (() => void)[] = [];
  ended = false;

  constructor(options: TestWatchOptions = {}) {
    const judge = (text: string): JudgedText => ({
      statements: options.texts?.[text] ?? [passes],
      literalsDoNotMatter: false,
    });
    this.watch = {
      judges: true,
      generation: 0,
      judge,
      judgeNow: judge,
      decide: (statements, later) => {
        this.decided.push(statements);
        return options.decide?.(statements, later) ?? { do: "pass" };
      },
      functionCall: () => ({ do: "refuse", refusal: no }),
      tookHold: ({ verb }) => void this.tookHold.push(verb),
      error: (fields, touches) => (touches ? { ...fields, M: "withheld" } : fields),
      notice: (fields) => fields,
      notification: () => "",
      limitsSideBytes: true,
      parameter: (_name, value) => value,
      beginRows: () => {},
      endRows: () => {
        if (options.recordFails === true) throw new Error("the disk is full");
      },
      recordRefusal: () => no,
    };
    this.session = new Session(
      {
        toClient: (bytes) => void (this.#toClient = Buffer.concat([this.#toClient, bytes])),
        toServer: (bytes) => void (this.#toServer = Buffer.concat([this.#toServer, bytes])),
        cancel: (done) => void this.cancels.push(done),
        pauseClient: () => {},
        resumeClient: () => {},
        end: () => void (this.ended = true),
      },
      this.watch,
    );
  }

  /** The client says; gives what the server hears. */
  client(...messages: Buffer[]): string {
    this.session.fromClient(Buffer.concat(messages));
    return this.heardByServer();
  }

  /** The server says; gives what the client hears. */
  server(...messages: Buffer[]): string {
    this.session.fromServer(Buffer.concat(messages));
    return this.heardByClient();
  }

  heardByServer(): string {
    const bytes = this.#toServer;
    this.#toServer = Buffer.alloc(0);
    return words(bytes, describeClient);
  }

  heardByClient(): string {
    const bytes = this.#toClient;
    this.#toClient = Buffer.alloc(0);
    return words(bytes, describeServer);
  }

  /** Past the sign-in, idle. */
  started(): this {
    this.server(say.ok(), say.ready());
    return this;
  }
}

function words(bytes: Buffer, describe: (type: string, body: Buffer) => string): string {
  const said: string[] = [];
  let at = 0;
  while (at + headerBytes <= bytes.length) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    said.push(describe(String.fromCharCode(bytes[at] as number), bytes.subarray(at + headerBytes, end)));
    at = end;
  }
  return said.join(" ");
}

function describeClient(type: string, body: Buffer): string {
  if (type === "Q") return `Q(${cString(body)})`;
  if (type === "P") return `P(${cString(body, body.indexOf(0) + 1)})`;
  if (type === "E") return `E(${cString(body)})`;
  return type;
}

function describeServer(type: string, body: Buffer): string {
  if (type === "E" || type === "N") {
    const { C, M } = decodeFields(body);
    return `${type}(${C} ${M})`;
  }
  if (type === "D") return `D(${body.toString("utf8", 6)})`;
  if (type === "d") return `d(${body.toString("utf8").trim()})`;
  return type;
}

function cString(body: Buffer, at = 0): string {
  return body.toString("utf8", at, body.indexOf(0, at));
}

const byte = (character: string): number => character.charCodeAt(0);

/** Messages of the client. */
export const ask = {
  query: (text: string) => encodeMessage(byte("Q"), `${text}\0`),
  parse: (text: string, name = "") => encodeMessage(byte("P"), `${name}\0${text}\0\0\0`),
  bind: (name = "", portal = "") => encodeMessage(byte("B"), `${portal}\0${name}\0\0\0\0\0\0\0`),
  describe: (portal = "") => encodeMessage(byte("D"), `P${portal}\0`),
  execute: (portal = "") => encodeMessage(byte("E"), `${portal}\0\0\0\0\0`),
  sync: () => encodeMessage(byte("S")),
  flush: () => encodeMessage(byte("H")),
  copyData: (text: string) => encodeMessage(byte("d"), text),
  copyDone: () => encodeMessage(byte("c")),
  functionCall: () => encodeMessage(byte("F"), "\0\0\0\u0001\0\0\0\0\0\0"),
  terminate: () => encodeMessage(byte("X")),
} as const;

/** Messages of the server. */
export const say = {
  ok: () => encodeMessage(byte("R"), "\0\0\0\0"),
  ready: (state = "I") => encodeMessage(byte("Z"), state),
  row: (text: string) =>
    encodeMessage(byte("D"), Buffer.from([0, 1, 0, 0, 0, Buffer.byteLength(text)]), text),
  rows: () => encodeMessage(byte("T"), `\0\u0001id\0${"\0".repeat(18)}`),
  complete: (tag: string) => encodeMessage(byte("C"), `${tag}\0`),
  error: (state: string, text: string) => encodeMessage(byte("E"), `SERROR\0C${state}\0M${text}\0\0`),
  parsed: () => encodeMessage(byte("1")),
  bound: () => encodeMessage(byte("2")),
  noData: () => encodeMessage(byte("n")),
  suspended: () => encodeMessage(byte("s")),
  copyIn: () => encodeMessage(byte("G"), "\0\0\0"),
  copyOut: () => encodeMessage(byte("H"), "\0\0\u0001\0\0"),
  copyData: (text: string) => encodeMessage(byte("d"), text),
  copyDone: () => encodeMessage(byte("c")),
  notice: (text: string) => encodeMessage(byte("N"), `SNOTICE\0C00000\0M${text}\0\0`),
} as const;
