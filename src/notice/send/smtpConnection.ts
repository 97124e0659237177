import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { SekishoError } from "../../lib/error.ts";
import { ReplyReader, type Reply } from "./replyReader.ts";

/** Where mails are handed over. */
export type Server = {
  host: string;
  port: number;
  tls: "implicit" | "required" | "offered" | "none";
  /** Whether its certificate must fit. */
  verify: boolean;
  user?: string | undefined;
  passwordFile?: string | undefined;
};

export type ConnectionTimes = { commandSeconds: number; answerSeconds: number };

/** What became of one mail at a server. */
export type HandedOver =
  /** The server took it. */
  | { end: "sent"; reply: Reply }
  /** The server refused it: for good (5xx), or for now (4xx). */
  | { end: "refused"; reply: Reply; stage: "mail" | "rcpt" | "data" | "body" }
  /** Everything was sent, and no answer came: nobody knows. */
  | { end: "doubt"; why: string }
  /** The connection ended before the last byte was sent: the server cannot have taken it. */
  | { end: "unsent"; why: string };

class ConnectionLost extends Error {}

/**
 * One connection to an SMTP server (RFC 5321), one mail after another. Where the server offers PIPELINING
 * (RFC 2920), MAIL, RCPT and DATA go out together. Whether the final dot has been given to the kernel decides
 * between "unsent", which may be tried again, and "doubt", which may not.
 */
export class SmtpConnection {
  readonly #times: ConnectionTimes;
  #socket: Socket;
  #reader = new ReplyReader();
  #replies: Reply[] = [];
  #waiting: { resolve(reply: Reply): void; reject(error: Error): void } | null = null;
  #lost: string | null = null;
  #extensions = new Set<string>();
  #mails = 0;

  private constructor(socket: Socket, times: ConnectionTimes) {
    this.#times = times;
    this.#socket = socket;
    this.#listen(socket);
  }

  get mails(): number {
    return this.#mails;
  }

  /** Whether another mail can be sent over it. */
  get usable(): boolean {
    return this.#lost === null;
  }

  /** Connects, greets, encrypts and signs in. Throws peer-unavailable, or an `SmtpRefusal` for a reply. */
  static async open(
    server: Server,
    options: { helloName: string; times: ConnectionTimes },
  ): Promise<SmtpConnection> {
    const { times, helloName } = options;
    const socket = await connectTo(server, times.commandSeconds * 1_000);
    const connection = new SmtpConnection(socket, times);
    try {
      await connection.#greet(server, helloName);
      return connection;
    } catch (error) {
      connection.#socket.destroy();
      if (error instanceof SmtpRefusal || error instanceof SekishoError) throw error;
      throw unavailable(server, (error as Error).message, error);
    }
  }

  async #greet(server: Server, helloName: string): Promise<void> {
    this.#expect(await this.#reply(), 220);
    await this.#hello(helloName);
    if (server.tls === "required" || server.tls === "offered") {
      if (this.#extensions.has("STARTTLS")) {
        this.#expect(await this.#command("STARTTLS"), 220);
        await this.#encrypt(server);
        await this.#hello(helloName);
      } else if (server.tls === "required") {
        throw new SekishoError("peer-unavailable", `Cannot send over ${server.host}: it offers no STARTTLS`, {
          hint: "encrypt there, or set tls: offered for this relay",
        });
      }
    }
    if (server.user !== undefined) await this.#signIn(server, server.user);
  }

  async #hello(name: string): Promise<void> {
    const reply = await this.#command(`EHLO ${name}`);
    if (reply.code !== 250) this.#expect(await this.#command(`HELO ${name}`), 250);
    // Lines were joined by blanks; keywords of extensions are words of their own all the same.
    this.#extensions = new Set(reply.code === 250 ? reply.text.toUpperCase().split(" ") : []);
  }

  async #encrypt(server: Server): Promise<void> {
    const plain = this.#socket;
    // What came unencrypted behind the answer would be taken for the server's words (RFC 3207 6).
    if (this.#replies.length > 0) throw new ConnectionLost("the server spoke before TLS began");
    for (const event of ["data", "end", "close", "error"]) plain.removeAllListeners(event);
    const secure = connectTls({ socket: plain, ...tlsOptions(server) });
    await untilEvent(secure, "secureConnect", this.#times.commandSeconds * 1_000);
    this.#socket = secure;
    this.#reader = new ReplyReader();
    this.#listen(secure);
  }

  async #signIn(server: Server, user: string): Promise<void> {
    const password = readFileSync(server.passwordFile ?? "", "utf8").replace(/\r?\n$/, "");
    const word = Buffer.from(`\0${user}\0${password}`).toString("base64");
    this.#expect(await this.#command(`AUTH PLAIN ${word}`), 235);
  }

  #expect(reply: Reply, code: number): void {
    if (reply.code !== code) throw new SmtpRefusal(reply);
  }

  /**
   * Hands one mail over. `beforeDot` is called when the server waits for the body, just before the final dot
   * can be sent: what it writes down is what a later process knows.
   */
  async send(
    mail: { from: string; to: string; message: string },
    beforeDot: () => void,
  ): Promise<HandedOver> {
    this.#mails += 1;
    try {
      const refused = await this.#envelope(mail);
      if (refused !== null) return refused;
    } catch (error) {
      return { end: "unsent", why: this.#end(error) };
    }
    const { message } = mail;
    const stuffed = message.includes("\r\n.") ? message.replaceAll("\r\n.", "\r\n..") : message;
    if (this.#lost !== null) return { end: "unsent", why: this.#lost };
    try {
      beforeDot();
    } catch (error) {
      // What cannot be written down is not sent: the disk is full, or the journal gone.
      return { end: "unsent", why: this.#end(error) };
    }
    try {
      this.#write(`${stuffed.endsWith("\r\n") ? stuffed : `${stuffed}\r\n`}.\r\n`);
      const reply = await this.#reply(this.#times.answerSeconds);
      return reply.code >= 200 && reply.code < 300
        ? { end: "sent", reply }
        : { end: "refused", reply: this.#heard(reply), stage: "body" };
    } catch (error) {
      return { end: "doubt", why: this.#end(error) };
    }
  }

  /** MAIL, RCPT and DATA; null when the server waits for the body. */
  async #envelope({ from, to }: { from: string; to: string }): Promise<HandedOver | null> {
    const commands = [`MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, "DATA"];
    const pipelined = this.#extensions.has("PIPELINING");
    if (pipelined) this.#write(commands.map((command) => `${command}\r\n`).join(""));
    const stages = ["mail", "rcpt", "data"] as const;
    let refused: HandedOver | null = null;
    for (const [at, stage] of stages.entries()) {
      if (!pipelined) this.#write(`${commands[at] as string}\r\n`);
      const reply = await this.#reply();
      const wanted = stage === "data" ? reply.code === 354 : reply.code >= 200 && reply.code < 300;
      if (!wanted) refused ??= { end: "refused", reply: this.#heard(reply), stage };
      else if (stage === "data" && refused !== null) {
        // RFC 2920 3.1: a server that says 354 without a recipient gets an empty message, which it refuses.
        this.#write(".\r\n");
        await this.#reply();
      }
      // After 421 nothing more comes.
      if (refused !== null && (!pipelined || !this.usable)) break;
    }
    if (refused !== null && this.usable && !pipelined) await this.#command("RSET");
    return refused;
  }

  /** RFC 5321 3.8: after 421 the server closes. */
  #heard(reply: Reply): Reply {
    if (reply.code === 421) this.#lose("the server closed the channel");
    return reply;
  }

  /** Ends in order, and does not wait long for it. */
  async close(): Promise<void> {
    if (this.usable) {
      try {
        this.#write("QUIT\r\n");
        await this.#reply(1);
      } catch {
        // It is over either way.
      }
    }
    this.#lose("closed");
    this.#socket.destroy();
  }

  async #command(line: string): Promise<Reply> {
    this.#write(`${line}\r\n`);
    return this.#reply();
  }

  #write(text: string): void {
    if (this.#lost !== null) throw new ConnectionLost(this.#lost);
    this.#socket.write(text, "latin1");
  }

  #reply(seconds = this.#times.commandSeconds): Promise<Reply> {
    const ready = this.#replies.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (this.#lost !== null) return Promise.reject(new ConnectionLost(this.#lost));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#lose(`no answer in ${seconds} s`), seconds * 1_000);
      const settle = <Value>(act: (value: Value) => void) => {
        return (value: Value): void => {
          clearTimeout(timer);
          this.#waiting = null;
          act(value);
        };
      };
      this.#waiting = { resolve: settle(resolve), reject: settle(reject) };
    });
  }

  #listen(socket: Socket): void {
    socket.on("data", (bytes: Buffer) => {
      try {
        this.#replies.push(...this.#reader.take(bytes));
      } catch (error) {
        return this.#lose((error as Error).message);
      }
      if (this.#waiting === null) return;
      const reply = this.#replies.shift();
      if (reply !== undefined) this.#waiting.resolve(reply);
    });
    socket.on("error", (error) => this.#lose(codeOf(error)));
    socket.on("end", () => this.#lose("the server closed the connection"));
    socket.on("close", () => this.#lose("the connection is closed"));
  }

  #lose(why: string): void {
    this.#lost ??= why;
    this.#waiting?.reject(new ConnectionLost(this.#lost));
    if (!this.#socket.destroyed) this.#socket.end();
  }

  #end(error: unknown): string {
    const why = error instanceof Error ? error.message : String(error);
    this.#lose(why);
    this.#socket.destroy();
    return why;
  }
}

/** The server answered, and said no to us, not to a mail. */
export class SmtpRefusal extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super(`the server answered ${reply.code}`);
    this.reply = reply;
  }
}

function tlsOptions(server: Server): { servername?: string; rejectUnauthorized: boolean } {
  const named = /[a-z]/i.test(server.host) ? { servername: server.host } : {};
  return { ...named, rejectUnauthorized: server.verify };
}

async function connectTo(server: Server, milliseconds: number): Promise<Socket> {
  const { host, port } = server;
  const socket =
    server.tls === "implicit" ? connectTls({ host, port, ...tlsOptions(server) }) : connect({ host, port });
  socket.setNoDelay(true);
  try {
    await untilEvent(socket, server.tls === "implicit" ? "secureConnect" : "connect", milliseconds);
  } catch (error) {
    socket.destroy();
    throw unavailable(server, codeOf(error as Error), error);
  }
  return socket;
}

function untilEvent(socket: Socket, event: string, milliseconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error("no answer in time")), milliseconds);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    socket.once("error", fail);
    socket.once("close", () => fail(new Error("the connection was closed")));
    socket.once(event, () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      socket.removeAllListeners("close");
      resolve();
    });
  });
}

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? error.message;

function unavailable(server: Server, why: string, cause: unknown): SekishoError {
  return new SekishoError(
    "peer-unavailable",
    `Cannot reach the mail server ${server.host}:${server.port}: ${why}`,
    {
      hint: "see that it runs, that its name and port are right, and that its certificate fits",
      cause,
    },
  );
}
