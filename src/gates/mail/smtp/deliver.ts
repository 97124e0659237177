import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import type { NextHop } from "../settings.ts";

/** What the next hop said about one message. */
export type Delivery =
  | { outcome: "accepted"; accepted: string[]; refused: RefusedRecipient[]; reply: string }
  /** Its own answer: 4xx or 5xx. Nothing was taken over. */
  | { outcome: "refused"; code: number; reply: string; refused: RefusedRecipient[] }
  /** It could not be reached, or did not answer before the message was sent: nothing was taken over. */
  | { outcome: "unreachable"; problem: string }
  /**
   * The connection was lost after the message was sent and before the answer: it may have been taken over.
   */
  | { outcome: "in-doubt"; problem: string };

export type RefusedRecipient = { recipient: string; code: number; reply: string };

/** Recipients that the next hop asks to try again later, while it took the message for others. */
export function deferredOf(delivery: Extract<Delivery, { outcome: "accepted" }>): RefusedRecipient[] {
  return delivery.refused.filter((one) => one.code < 500);
}

export type Outgoing = {
  from: string;
  to: readonly string[];
  raw: Buffer;
  smtpUtf8: boolean;
  /** Called once, just before the message's bytes go out: from here on the outcome may be in doubt. */
  onSending: () => void;
};

export const limits = {
  idleConnectionsMax: 20,
  idleMsMax: 5_000,
  messagesPerConnectionMax: 100,
  connectMsMax: 10_000,
  greetingMsMax: 30_000,
  /** For all answers before the message goes out: the client waits meanwhile, and has its own limits. */
  envelopeMsMax: 120_000,
  /** RFC 5321 4.5.3.2.6: ten minutes after the final dot, because giving up early makes duplicates. */
  answerMsMax: 600_000,
} as const;

/** The bounds that a test makes smaller. */
export type DeliverTimes = { greetingMsMax: number; envelopeMsMax: number; answerMsMax: number };

type SmtpError = Error & { responseCode?: number; response?: string; code?: string; recipient?: string };
type SentInfo = { accepted: string[]; rejected: string[]; rejectedErrors?: SmtpError[]; response: string };
type Idle = { connection: Utf8Connection; sent: number; timer: NodeJS.Timeout };

/** The client behind the gate: a few kept connections to one next hop. */
export class Deliverer {
  readonly #hop: NextHop;
  readonly #hostname: string;
  readonly #times: DeliverTimes;
  readonly #idle: Idle[] = [];
  #closed = false;

  constructor(hop: NextHop, hostname: string, times: DeliverTimes = limits) {
    this.#hop = hop;
    this.#hostname = hostname;
    this.#times = times;
  }

  /** Hands a message to the next hop. Never rejects: every outcome is a value. */
  async deliver(outgoing: Outgoing): Promise<Delivery> {
    const kept = this.#idle.pop();
    if (kept !== undefined) {
      clearTimeout(kept.timer);
      const delivery = await this.#send(kept.connection, kept.sent, outgoing);
      // A kept connection may have been closed by the other side while it was idle.
      if (delivery.outcome !== "unreachable") return delivery;
    }
    const opened = await this.#openByPolicy();
    if ("outcome" in opened) return opened;
    return this.#send(opened.connection, 0, outgoing);
  }

  /** RFC 7435 3: where TLS is a matter of opportunity, a handshake that fails leaves plain text. */
  async #openByPolicy(): Promise<Opened> {
    const opened = await this.#open(this.#hop.tls);
    const again = "outcome" in opened && opened.tlsFailed && this.#hop.tls === "opportunistic";
    return again ? this.#open("never") : opened;
  }

  #open(tls: NextHop["tls"]): Promise<Opened> {
    const { host, port } = this.#hop;
    const connection = new Utf8Connection({
      host,
      port,
      name: this.#hostname,
      secure: false,
      ignoreTLS: tls === "never",
      opportunisticTLS: tls === "opportunistic",
      requireTLS: tls === "required" || tls === "verified",
      tls: { rejectUnauthorized: tls === "verified" },
      connectionTimeout: limits.connectMsMax,
      greetingTimeout: this.#times.greetingMsMax,
      socketTimeout: this.#times.answerMsMax,
    });
    return new Promise((resolve) => {
      // A server that greets with a refusal refuses us, not the message (as Postfix smtp_skip_5xx_greeting).
      const fail = (error: SmtpError): void => {
        connection.close();
        resolve({ outcome: "unreachable", problem: problemOf(error), tlsFailed: error.code === "ETLS" });
      };
      const timer = setTimeout(() => fail(new Error("no answer to EHLO")), this.#times.envelopeMsMax);
      connection.once("error", fail);
      connection.connect((error?: Error) => {
        clearTimeout(timer);
        if (error) return fail(error);
        connection.removeAllListeners("error");
        resolve({ connection });
      });
    });
  }

  #send(connection: Utf8Connection, sent: number, outgoing: Outgoing): Promise<Delivery> {
    const state = { sending: false, whole: false };
    let settled = false;
    const unfit = unfitFor(connection, outgoing);
    if (unfit !== null) {
      this.#keep(connection, sent);
      return Promise.resolve(unfit);
    }
    return new Promise((resolve) => {
      const settle = (delivery: Delivery): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        connection.removeAllListeners("error");
        connection.removeAllListeners("end");
        connection.on("error", () => connection.close());
        // A server that answered in the middle of the message would take the rest for commands.
        const inStep = delivery.outcome === "accepted" || (delivery.outcome === "refused" && !state.sending);
        if (inStep) this.#keep(connection, sent + 1);
        else connection.close();
        resolve(delivery);
      };
      const fail = (error: SmtpError): void => settle(failureOf(error, state.sending));
      const timer = setTimeout(() => {
        if (!state.sending) fail(new Error("no answer before the message"));
      }, this.#times.envelopeMsMax);
      connection.removeAllListeners("error");
      connection.once("error", fail);
      // The library may close before it says why: its reason comes in the same turn and goes first.
      connection.once("end", () => setImmediate(() => fail(new Error("connection closed"))));
      const { from, to, raw } = outgoing;
      const envelope = { from, to: [...to], size: raw.length, use8BitMime: hasEightBit(raw) };
      const source = messageSource(raw, {
        onFirst: () => {
          outgoing.onSending();
          state.sending = true;
        },
        onLast: () => (state.whole = true),
      });
      source.on("error", fail);
      connection.utf8 = outgoing.smtpUtf8;
      connection.send(envelope, source, (error, info) => {
        if (error) fail(error as SmtpError);
        else if (!state.whole) fail(new Error("it answered before it had the message"));
        else settle(acceptedOf(info as unknown as SentInfo));
      });
    });
  }

  #keep(connection: Utf8Connection, sent: number): void {
    if (
      this.#closed ||
      sent >= limits.messagesPerConnectionMax ||
      this.#idle.length >= limits.idleConnectionsMax
    ) {
      connection.quit();
      return;
    }
    connection.reset((error) => {
      if (error) return connection.close();
      const timer = setTimeout(() => {
        this.#forget(connection);
        connection.quit();
      }, limits.idleMsMax);
      timer.unref();
      connection.once("end", () => this.#forget(connection));
      this.#idle.push({ connection, sent, timer });
    });
  }

  #forget(connection: Utf8Connection): void {
    const place = this.#idle.findIndex((idle) => idle.connection === connection);
    if (place >= 0) this.#idle.splice(place, 1);
  }

  close(): void {
    this.#closed = true;
    for (const idle of this.#idle.splice(0)) {
      clearTimeout(idle.timer);
      idle.connection.close();
    }
  }
}

type Opened =
  { connection: Utf8Connection } | (Extract<Delivery, { outcome: "unreachable" }> & { tlsFailed: boolean });

/**
 * Says SMTPUTF8 where the message came with it: the library does so only for addresses, but header fields may
 * need it as well (RFC 6531 3.4). It has no option for that.
 */
class Utf8Connection extends SMTPConnection {
  utf8 = false;

  get offersUtf8(): boolean {
    return (this as unknown as { _supportedExtensions: string[] })._supportedExtensions.includes("SMTPUTF8");
  }

  _sendCommand(line: string, logged?: string): void {
    const asked =
      this.utf8 && this.offersUtf8 && line.startsWith("MAIL FROM:") && !line.includes(" SMTPUTF8");
    inherited._sendCommand.call(this, asked ? `${line} SMTPUTF8` : line, logged);
  }
}

const inherited = SMTPConnection.prototype as unknown as {
  _sendCommand: (line: string, logged?: string) => void;
};

/** RFC 6531 3.2: what needs SMTPUTF8 is not sent to a server without it. */
function unfitFor(connection: Utf8Connection, outgoing: Outgoing): Delivery | null {
  const { from, to, raw, smtpUtf8 } = outgoing;
  if (connection.offersUtf8) return null;
  const inAddress = [from, ...to].some((address) => /[^\0-\x7f]/.test(address));
  const end = raw.indexOf("\r\n\r\n");
  const needed = inAddress || (smtpUtf8 && hasEightBit(raw.subarray(0, end < 0 ? raw.length : end)));
  if (!needed) return null;
  const reply = "5.6.7 the mail server behind this gate takes no international mail (SMTPUTF8)";
  return { outcome: "refused", code: 550, reply, refused: [] };
}

/** A source that says when its first byte is asked for: nodemailer asks only after the 354 to DATA. */
function messageSource(raw: Buffer, hooks: { onFirst: () => void; onLast: () => void }): Readable {
  let at = 0;
  return new Readable({
    highWaterMark: 256 * 1024,
    read(size) {
      try {
        if (at === 0) hooks.onFirst();
      } catch (error) {
        this.destroy(error as Error);
        return;
      }
      if (at >= raw.length) {
        hooks.onLast();
        this.push(null);
        return;
      }
      this.push(raw.subarray(at, at + size));
      at += size;
    },
  });
}

function hasEightBit(raw: Buffer): boolean {
  for (let at = 0; at < raw.length; at++) if ((raw[at] as number) > 0x7f) return true;
  return false;
}

function acceptedOf(info: SentInfo): Delivery {
  return {
    outcome: "accepted",
    accepted: info.accepted,
    refused: (info.rejectedErrors ?? []).map(refusalOf),
    reply: info.response.slice(0, 512),
  };
}

function refusalOf(error: SmtpError): RefusedRecipient {
  return { recipient: error.recipient ?? "", code: error.responseCode ?? 450, reply: replyOf(error) };
}

function failureOf(error: SmtpError & { rejectedErrors?: SmtpError[] }, sending: boolean): Delivery {
  const refused = (error.rejectedErrors ?? []).map(refusalOf);
  const own = error.responseCode === undefined ? ownRefusalOf(error) : null;
  if (own !== null) return { outcome: "refused", ...own, refused };
  const code = error.responseCode;
  // RFC 5321 4.2.1: anything that is neither 4xx nor 5xx is no answer to what was asked.
  if (code === undefined || code < 400 || code > 599)
    return { outcome: sending ? "in-doubt" : "unreachable", problem: problemOf(error) };
  // RFC 5321 4.2.2: 421 ends the other connection, not the one of our client.
  if (code !== 421) return { outcome: "refused", code, reply: replyOf(error), refused };
  return sending
    ? { outcome: "refused", code: 451, reply: replyOf(error), refused }
    : { outcome: "unreachable", problem: problemOf(error) };
}

/** What the library refuses by itself: trying again would not help. */
function ownRefusalOf(error: SmtpError): { code: number; reply: string } | null {
  if (error.code === "EMESSAGE" && error.message.startsWith("Message size larger"))
    return { code: 552, reply: "5.3.4 message too large for the mail server behind this gate" };
  if (error.code === "EENVELOPE") return { code: 553, reply: "5.1.3 the address cannot be sent on" };
  return null;
}

/** The text after the code, on one line. */
function replyOf(error: SmtpError): string {
  const text = error.response ?? error.message;
  return text
    .replace(/\r?\n\d{3}[- ]/g, " ")
    .replace(/^\d{3}[- ]/, "")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, 480);
}

function problemOf(error: SmtpError): string {
  return `${error.code ?? "error"}: ${error.message}`.slice(0, 300);
}
