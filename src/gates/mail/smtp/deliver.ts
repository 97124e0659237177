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

export type Outgoing = {
  from: string;
  to: readonly string[];
  raw: Buffer;
  smtpUtf8: boolean;
  /** Called once, just before the message's bytes go out: from here on the outcome may be in doubt. */
  onSending: () => void;
};

export const limits = { idleConnectionsMax: 20, idleMsMax: 5_000, messagesPerConnectionMax: 100 } as const;

type SmtpError = Error & { responseCode?: number; response?: string; code?: string; recipient?: string };
type SentInfo = { accepted: string[]; rejected: string[]; rejectedErrors?: SmtpError[]; response: string };
type Idle = { connection: SMTPConnection; sent: number; timer: NodeJS.Timeout };

/** The client behind the gate: a few kept connections to one next hop. */
export class Deliverer {
  readonly #hop: NextHop;
  readonly #hostname: string;
  readonly #idle: Idle[] = [];
  #closed = false;

  constructor(hop: NextHop, hostname: string) {
    this.#hop = hop;
    this.#hostname = hostname;
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
    const opened = await this.#open();
    if ("outcome" in opened) return opened;
    return this.#send(opened.connection, 0, outgoing);
  }

  #open(): Promise<{ connection: SMTPConnection } | Delivery> {
    const { host, port, tls } = this.#hop;
    const connection = new SMTPConnection({
      host,
      port,
      name: this.#hostname,
      secure: false,
      ignoreTLS: tls === "never",
      opportunisticTLS: tls === "opportunistic",
      requireTLS: tls === "required" || tls === "verified",
      tls: { rejectUnauthorized: tls === "verified" },
      connectionTimeout: 10_000,
      greetingTimeout: 30_000,
      // RFC 5321 4.5.3.2.6: ten minutes after the final dot, because giving up early makes duplicates.
      socketTimeout: 600_000,
    });
    return new Promise((resolve) => {
      connection.once("error", (error: SmtpError) => {
        connection.close();
        if (error.responseCode === undefined) resolve({ outcome: "unreachable", problem: problemOf(error) });
        else resolve({ outcome: "refused", code: error.responseCode, reply: replyOf(error), refused: [] });
      });
      connection.connect(() => {
        connection.removeAllListeners("error");
        resolve({ connection });
      });
    });
  }

  #send(connection: SMTPConnection, sent: number, outgoing: Outgoing): Promise<Delivery> {
    let sending = false;
    let settled = false;
    return new Promise((resolve) => {
      const settle = (delivery: Delivery): void => {
        if (settled) return;
        settled = true;
        connection.removeAllListeners("error");
        connection.removeAllListeners("end");
        connection.on("error", () => connection.close());
        if (delivery.outcome === "accepted" || delivery.outcome === "refused")
          this.#keep(connection, sent + 1);
        else connection.close();
        resolve(delivery);
      };
      const fail = (error: SmtpError): void => settle(failureOf(error, sending));
      connection.removeAllListeners("error");
      connection.once("error", fail);
      connection.once("end", () => fail(new Error("connection closed")));
      const { from, to, raw, smtpUtf8 } = outgoing;
      const envelope = { from, to: [...to], size: raw.length, use8BitMime: hasEightBit(raw), smtpUtf8 };
      const source = messageSource(raw, () => {
        sending = true;
        outgoing.onSending();
      });
      connection.send(envelope, source, (error, info) => {
        if (error) fail(error as SmtpError);
        else settle(acceptedOf(info as unknown as SentInfo));
      });
    });
  }

  #keep(connection: SMTPConnection, sent: number): void {
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

  #forget(connection: SMTPConnection): void {
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

/** A source that says when its first byte is asked for: nodemailer asks only after the 354 to DATA. */
function messageSource(raw: Buffer, onFirstRead: () => void): Readable {
  let at = 0;
  return new Readable({
    highWaterMark: 256 * 1024,
    read(size) {
      if (at === 0) onFirstRead();
      if (at >= raw.length) {
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
  if (error.responseCode !== undefined) {
    const refused = (error.rejectedErrors ?? []).map(refusalOf);
    return { outcome: "refused", code: error.responseCode, reply: replyOf(error), refused };
  }
  return { outcome: sending ? "in-doubt" : "unreachable", problem: problemOf(error) };
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
