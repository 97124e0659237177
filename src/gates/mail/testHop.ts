import { createServer, type AddressInfo, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";

/** One message as it came over the wire: with its dots, without the final one. */
export type HopMessage = { from: string; to: string[]; wire: string };

/**
 * What the hop answers to a line: a reply, "" to say nothing, or null to close the connection. Asked with
 * "CONNECT" for the greeting and with "." for the final dot.
 */
export type HopScript = (line: string, hop: TestHop) => string | null | undefined;

export type TestHop = {
  port: number;
  messages: HopMessage[];
  lines: string[];
  connections: number;
  /** May be exchanged while it runs. */
  script: HopScript;
  close(): Promise<void>;
};

export type HopOptions = { extensions?: string[]; tls?: { cert: string; key: string }; port?: number };

/** A next hop that does what a script says; what the script leaves open is answered as a good server does. */
export async function openTestHop(
  script: HopScript = () => undefined,
  options: HopOptions = {},
): Promise<TestHop> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    hop.connections += 1;
    serve(socket, hop, options);
  });
  const hop: TestHop = {
    port: 0,
    messages: [],
    lines: [],
    connections: 0,
    script,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  hop.port = (server.address() as AddressInfo).port;
  return hop;
}

function serve(socket: Socket, hop: TestHop, options: HopOptions): void {
  const session = new Session(socket, hop, options);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => session.take(chunk));
  session.answer("CONNECT");
}

class Session {
  #socket: Socket;
  readonly #hop: TestHop;
  readonly #options: HopOptions;
  #secure = false;
  #data = false;
  #from = "";
  #to: string[] = [];
  #pending = "";

  constructor(socket: Socket, hop: TestHop, options: HopOptions) {
    this.#socket = socket;
    this.#hop = hop;
    this.#options = options;
  }

  answer(line: string): void {
    const scripted = this.#hop.script(line, this.#hop);
    const reply = scripted === undefined ? this.#usual(line) : scripted;
    if (reply === null) return void this.#socket.destroy();
    if (/^RCPT/i.test(line) && reply.startsWith("2")) this.#to.push(/<(.*)>/.exec(line)?.[1] ?? "");
    if (/^DATA/i.test(line) && reply.startsWith("3")) this.#data = true;
    if (reply !== "") this.#socket.write(`${reply}\r\n`, "latin1");
    if (/^QUIT/i.test(line)) this.#socket.end();
    if (/^STARTTLS/i.test(line) && reply.startsWith("2")) this.#startTls();
  }

  #usual(line: string): string {
    const { tls, extensions = ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 100000000"] } = this.#options;
    switch (line.split(/[ :]/)[0]?.toUpperCase()) {
      case "CONNECT":
        return "220 hop.example ESMTP";
      case "EHLO": {
        const offered = tls !== undefined && !this.#secure ? [...extensions, "STARTTLS"] : extensions;
        return ["hop.example", ...offered]
          .map((word, at, all) => `250${at === all.length - 1 ? " " : "-"}${word}`)
          .join("\r\n");
      }
      case "MAIL":
        [this.#from, this.#to] = [line.slice(10), []];
        return "250 2.1.0 ok";
      case "DATA":
        return this.#to.length === 0 ? "503 5.5.1 no recipient" : "354 go on";
      case "STARTTLS":
        return "220 2.0.0 go on";
      case "QUIT":
        return "221 2.0.0 bye";
      case ".":
      case "RCPT":
      case "RSET":
        return "250 2.0.0 ok";
      default:
        return "500 5.5.2 what";
    }
  }

  #startTls(): void {
    this.#socket.removeAllListeners("data");
    const secureContext = createSecureContext(this.#options.tls);
    const wrapped = new TLSSocket(this.#socket, { isServer: true, secureContext });
    wrapped.on("error", () => wrapped.destroy());
    wrapped.on("data", (chunk: Buffer) => this.take(chunk));
    [this.#socket, this.#secure] = [wrapped, true];
  }

  take(chunk: Buffer): void {
    this.#pending += chunk.toString("latin1");
    while (this.#data ? this.#takeMessage() : this.#takeLine());
  }

  #takeLine(): boolean {
    const end = this.#pending.indexOf("\r\n");
    if (end === -1) return false;
    const line = this.#pending.slice(0, end);
    this.#pending = this.#pending.slice(end + 2);
    this.#hop.lines.push(line);
    this.answer(line);
    return true;
  }

  #takeMessage(): boolean {
    const end = this.#pending.startsWith(".\r\n") ? -2 : this.#pending.indexOf("\r\n.\r\n");
    if (end === -1) return false;
    const wire = this.#pending.slice(0, Math.max(0, end + 2));
    this.#pending = this.#pending.slice(end + 5);
    this.#data = false;
    const kept = (this.#hop.script(".", this.#hop) ?? "250").startsWith("2");
    if (kept) this.#hop.messages.push({ from: this.#from, to: [...this.#to], wire });
    this.answer(".");
    return true;
  }
}
