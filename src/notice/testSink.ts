import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/**
 * In which way a recipient's server behaves. The local part of the address says it: way3.17@… is way 3.
 * 1 to 8 are eight ways to bounce, of which 5 to 7 answer with a mail later on.
 */
export const WAYS = [
  "takes",
  "refuses-recipient",
  "refuses-body",
  "refuses-sender",
  "closes",
  "bounces-dsn",
  "bounces-qmail",
  "bounces-exchange",
  "defers-forever",
  "greylists",
  "stalls-taken",
  "stalls-lost",
] as const;
export type Way = (typeof WAYS)[number];

export const addressIn = (way: Way, number: number, domain: string): string =>
  `way${WAYS.indexOf(way)}.${number}@${domain}`;

export type Taken = { from: string; to: string; message: string };

/** A mail server that takes mails, refuses them in many ways, and counts by return address what it took. */
export class TestSink {
  readonly server: Server;
  /** How often a mail with this return address was taken, whether its sender heard so or not. */
  readonly taken = new Map<string, number>();
  readonly #onTaken: ((mail: Taken) => void) | undefined;
  readonly #tried = new Set<string>();
  readonly #sockets = new Set<Socket>();
  /** Whether the final answers are withheld, of everything. */
  silent = false;
  commands = 0;

  constructor(options: { onTaken?: (mail: Taken) => void; pipelining?: boolean } = {}) {
    this.#onTaken = options.onTaken;
    this.server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
      socket.setNoDelay(true);
      new Dialogue(this, socket, options.pipelining ?? true);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return (this.server.address() as AddressInfo).port;
  }

  /** The way of a recipient, with greylisting over after the first try. */
  wayOf(from: string, to: string): Way {
    const way = WAYS[Number(/^way(\d+)\./.exec(to)?.[1] ?? 0)] ?? "takes";
    if (way !== "greylists") return way;
    if (this.#tried.has(from)) return "takes";
    this.#tried.add(from);
    return way;
  }

  take(mail: Taken): void {
    this.taken.set(mail.from, (this.taken.get(mail.from) ?? 0) + 1);
    this.#onTaken?.(mail);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

let queued = 0;

class Dialogue {
  readonly #sink: TestSink;
  readonly #socket: Socket;
  readonly #pipelining: boolean;
  #rest = "";
  #body: string[] | null = null;
  #from = "";
  #to = "";
  #way: Way = "takes";

  constructor(sink: TestSink, socket: Socket, pipelining: boolean) {
    this.#sink = sink;
    this.#socket = socket;
    this.#pipelining = pipelining;
    socket.setEncoding("latin1");
    socket.on("data", (text) => this.#hear(String(text)));
    socket.write("220 sink.example ESMTP\r\n");
  }

  #hear(text: string): void {
    this.#rest += text;
    let out = "";
    for (;;) {
      if (this.#body !== null) {
        const end = this.#rest.startsWith(".\r\n") ? 0 : this.#rest.indexOf("\r\n.\r\n");
        if (end < 0) break;
        const body = this.#rest.slice(0, end === 0 ? 0 : end + 2);
        this.#rest = this.#rest.slice(end === 0 ? 3 : end + 5);
        this.#body = null;
        out += this.#end(body.replaceAll("\r\n..", "\r\n."));
        continue;
      }
      const end = this.#rest.indexOf("\r\n");
      if (end < 0) break;
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + 2);
      out += this.#answer(line);
    }
    if (out !== "" && !this.#socket.destroyed) this.#socket.write(out, "latin1");
  }

  #answer(line: string): string {
    this.#sink.commands += 1;
    const word = line.slice(0, 4).toUpperCase();
    if (word === "EHLO")
      return `250-sink.example\r\n${this.#pipelining ? "250-PIPELINING\r\n" : ""}250 8BITMIME\r\n`;
    if (word === "MAIL") {
      this.#from = /<(.*)>/.exec(line)?.[1] ?? "";
      this.#to = "";
      return "250 2.1.0 Ok\r\n";
    }
    if (word === "RCPT") return this.#recipient(/<(.*)>/.exec(line)?.[1] ?? "");
    if (word === "DATA") {
      if (this.#to === "") return "503 5.5.1 no recipient\r\n";
      this.#body = [];
      return "354 go ahead\r\n";
    }
    if (word === "QUIT") {
      this.#socket.end("221 2.0.0 bye\r\n");
      return "";
    }
    return "250 2.0.0 Ok\r\n";
  }

  #recipient(to: string): string {
    this.#way = this.#sink.wayOf(this.#from, to);
    if (this.#way === "refuses-recipient") return `550 5.1.1 <${to}>: user unknown\r\n`;
    if (this.#way === "refuses-sender") return "553 5.1.8 sender's domain is not taken here\r\n";
    if (this.#way === "defers-forever") return "450 4.2.1 mailbox is locked\r\n";
    if (this.#way === "greylists") return "451 4.7.1 greylisted, come again\r\n";
    if (this.#way === "closes") {
      this.#socket.end("421 4.3.2 closing the channel\r\n");
      return "";
    }
    this.#to = to;
    return "250 2.1.5 Ok\r\n";
  }

  #end(message: string): string {
    if (this.#way === "refuses-body") return "552 5.2.2 mailbox is full\r\n";
    if (this.#way === "stalls-lost") return "";
    this.#sink.take({ from: this.#from, to: this.#to, message });
    this.#to = "";
    if (this.#way === "stalls-taken" || this.#sink.silent) return "";
    queued += 1;
    return `250 2.0.0 Ok: queued as ${queued.toString(36).toUpperCase()}\r\n`;
  }
}
