import { md5Answer, ScramClient } from "./scram.ts";
import { client, decodeFields, encodeInt32, encodeMessage, headerBytes, server } from "./protocol.ts";

/** What the server says while the gate signs in with the account that it holds. */
export type LoginStep =
  | { do: "wait" }
  | { do: "send"; bytes: Buffer }
  /** Signed in: the rest, from AuthenticationOk on, is the session's. */
  | { do: "done"; rest: Buffer }
  | { do: "fail"; problem: string };

export const limits = { loginBytesMax: 64 * 1024 } as const;

/**
 * Signs in to PostgreSQL with an account of the gate, without I/O (PostgreSQL 18 documentation, 54.2.1):
 * trust, password, MD5 and SCRAM, with channel binding where the leg has TLS.
 */
export class ServerLogin {
  readonly #user: string;
  readonly #password: string | null;
  readonly #binding: Buffer | null;
  #bytes = Buffer.alloc(0);
  #scram: ScramClient | null = null;

  constructor(options: { user: string; password: string | null; binding: Buffer | null }) {
    this.#user = options.user;
    this.#password = options.password;
    this.#binding = options.binding;
  }

  async push(chunk: Buffer): Promise<LoginStep> {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (this.#bytes.length > limits.loginBytesMax) return { do: "fail", problem: "it says too much" };
    for (;;) {
      if (this.#bytes.length < headerBytes) return { do: "wait" };
      const total = this.#bytes.readUInt32BE(1) + 1;
      if (this.#bytes.length < total) return { do: "wait" };
      const type = this.#bytes[0];
      const body = this.#bytes.subarray(headerBytes, total);
      if (type === server.authentication && body.readUInt32BE(0) === 0)
        return { do: "done", rest: this.#bytes };
      this.#bytes = this.#bytes.subarray(total);
      if (type === server.error) {
        const { C, M } = decodeFields(Buffer.from(body));
        return { do: "fail", problem: `${C ?? ""} ${M ?? ""}` };
      }
      if (type !== server.authentication) continue;
      const step = await this.#answer(Buffer.from(body));
      if (step !== null) return step;
    }
  }

  async #answer(body: Buffer): Promise<LoginStep | null> {
    const kind = body.readUInt32BE(0);
    if (this.#password === null)
      return { do: "fail", problem: "it asks for a password and none is configured" };
    if (kind === 3) return send(`${this.#password}\0`);
    if (kind === 5) return send(`${md5Answer(this.#password, this.#user, body.subarray(4, 8))}\0`);
    if (kind === 10) return this.#beginScram(body.toString("utf8", 4).split("\0"));
    if (kind === 11 && this.#scram !== null) return send(await this.#scram.final(body.toString("utf8", 4)));
    if (kind === 12 && this.#scram?.proves(body.toString("utf8", 4)) === true) return null;
    return { do: "fail", problem: `it asks for a sign-in that this gate does not know (${kind})` };
  }

  #beginScram(mechanisms: string[]): LoginStep {
    const plus = this.#binding !== null && mechanisms.includes("SCRAM-SHA-256-PLUS");
    if (!plus && !mechanisms.includes("SCRAM-SHA-256"))
      return { do: "fail", problem: `it offers only ${mechanisms.join(" ")}` };
    this.#scram = new ScramClient({
      password: this.#password as string,
      binding: plus ? this.#binding : null,
    });
    const first = Buffer.from(this.#scram.first());
    return {
      do: "send",
      bytes: encodeMessage(client.password, this.#scram.mechanism, "\0", encodeInt32(first.length), first),
    };
  }
}

function send(text: string): LoginStep {
  return { do: "send", bytes: encodeMessage(client.password, text) };
}
