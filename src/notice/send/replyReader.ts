/** One answer of an SMTP server: its code, and its lines without code, joined by blanks. */
export type Reply = { code: number; text: string };

export const limits = { replyCharactersMax: 16_384, keptCharacters: 400 } as const;

/**
 * Takes an SMTP server's bytes apart into replies (RFC 5321 4.2). No I/O. Throws a `TypeError` for what is
 * none, and for a reply that does not end.
 */
export class ReplyReader {
  #rest = "";
  #lines: string[] = [];
  #size = 0;

  take(bytes: Uint8Array): Reply[] {
    this.#rest += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    const replies: Reply[] = [];
    for (let end = this.#rest.indexOf("\n"); end >= 0; end = this.#rest.indexOf("\n")) {
      const line = this.#rest.slice(0, end).replace(/\r$/, "");
      this.#rest = this.#rest.slice(end + 1);
      const reply = this.#takeLine(line);
      if (reply !== null) replies.push(reply);
    }
    if (this.#rest.length + this.#size > limits.replyCharactersMax)
      throw new TypeError("a reply without end");
    return replies;
  }

  #takeLine(line: string): Reply | null {
    const [, code = "", more = "", text = ""] = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line) ?? [];
    if (code === "") throw new TypeError("what came is no SMTP reply");
    this.#size += line.length;
    if (this.#size > limits.replyCharactersMax) throw new TypeError("a reply without end");
    this.#lines.push(text);
    if (more === "-") return null;
    const reply = { code: Number(code), text: this.#lines.join(" ") };
    this.#lines = [];
    this.#size = 0;
    return reply;
  }
}

/** The enhanced status of a reply (RFC 3463), else its code as one: 550 is 5.0.0. */
export function statusOf(reply: Reply): string {
  return /^([245]\.\d{1,3}\.\d{1,3})\b/.exec(reply.text)?.[1] ?? `${String(reply.code).slice(0, 1)}.0.0`;
}

/**
 * A server's answer as it may be kept and shown: without addresses, which servers like to repeat, and
 * without what a terminal would act upon.
 */
export function printAnswer(reply: Reply, charactersMax = limits.keptCharacters): string {
  const text = reply.text
    .replace(/[^\x20-\x7e]/g, "?")
    .replace(/<[^<>]*@[^<>]*>|[^\s<>()[\]:;,"']+@[^\s<>()[\]:;,"']+/g, "<address>")
    .replace(/\bRCPT TO:\S*/gi, "RCPT TO:<address>");
  return `${reply.code} ${text}`.trim().slice(0, charactersMax);
}
