import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EvidenceStore } from "../../ledger/evidence.ts";
import { Entry } from "../../ledger/entry.ts";
import { Keyring } from "../../ledger/keyring.ts";
import { realDisk } from "../../lib/disk.ts";
import { startMailGate } from "./mailGate.ts";
import { MailSettings } from "./settings.ts";

export type TestGate = {
  folder: string;
  port: number;
  outboundPort: number;
  /** Entries of the spool, since there is no station to take them. */
  entries(code?: string): Entry[];
  evidence(): Promise<EvidenceStore>;
  problems: string[];
  close(): Promise<void>;
};

export type TestGateOptions = {
  hopPort: number;
  /** Merged into the settings, section by section. */
  settings?: Record<string, unknown>;
  outbound?: Record<string, unknown>;
  /** Kept when given, and removed on closing otherwise. */
  folder?: string;
};

/** The mail gate in this process, with its readers and its courier, and without a station. */
export async function openTestGate(options: TestGateOptions): Promise<TestGate> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "sekisho-gate-"));
  const problems: string[] = [];
  const gate = await startMailGate({
    settings: settingsOf(options),
    dataFolder: folder,
    version: "test",
    token: "token",
    log: (level, message, fields) => {
      if (level === "error") problems.push(`${message} ${JSON.stringify(fields ?? {})}`);
    },
    onStop() {},
  });
  const ports = (gate as unknown as { listening: { port: number }[] }).listening.map(({ port }) => port);
  return {
    folder,
    port: ports[0] as number,
    outboundPort: ports[1] ?? 0,
    entries: (code) => readSpool(folder).filter((entry) => code === undefined || entry.code === code),
    async evidence() {
      const keyring = await Keyring.open(realDisk, join(folder, "keys"));
      return new EvidenceStore(realDisk, join(folder, "evidence"), keyring);
    },
    problems,
    async close() {
      await gate.close();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function settingsOf(options: TestGateOptions): MailSettings {
  const nextHop = { host: "127.0.0.1", port: options.hopPort, tls: "never" };
  const given = options.settings ?? {};
  const outbound = { port: 0, from: ["127.0.0.1"], nextHop, ...options.outbound };
  return MailSettings.parse({
    hostname: "gate.example",
    dns: { enabled: false },
    reader: { workers: 1 },
    ...given,
    inbound: { port: 0, domains: ["ijtb.example"], nextHop, ...(given["inbound"] as object | undefined) },
    ...(options.outbound === undefined ? {} : { outbound }),
  });
}

function readSpool(folder: string): Entry[] {
  const spool = join(folder, "mail", "spool");
  return readdirSync(spool)
    .filter((name) => name.startsWith("segment"))
    .sort()
    .flatMap((name) => readFileSync(join(spool, name), "utf8").split("\n"))
    .filter((line) => line !== "")
    .map((line) => Entry.parse(JSON.parse(line)));
}

/** A raw SMTP session: sends what it is given and resolves with one whole reply. */
export class TestClient {
  readonly socket: Socket;
  #heard = "";
  closed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#heard += chunk.toString("utf8");
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
  }

  /** Connects and waits for the greeting. */
  static async open(port: number, options: { before?: string; from?: string } = {}): Promise<TestClient> {
    const socket = createConnection({
      port,
      host: "127.0.0.1",
      ...(options.from === undefined ? {} : { localAddress: options.from }),
    });
    const client = new TestClient(socket);
    if (options.before !== undefined) socket.write(options.before);
    await client.reply();
    return client;
  }

  /** The next reply, whole; what was heard so far where the connection closed. */
  async reply(msMax = 20_000): Promise<string> {
    const until = performance.now() + msMax;
    for (;;) {
      const whole = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3}(?: [^\r\n]*)?\r\n/.exec(this.#heard);
      if (whole !== null) {
        this.#heard = this.#heard.slice(whole[0].length);
        this.last = whole[0].trimEnd();
        return this.last;
      }
      if (this.closed || performance.now() > until) return this.closed ? "closed" : "silent";
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, until - performance.now()));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  last = "";

  async say(line: string): Promise<string> {
    this.socket.write(`${line}\r\n`);
    return this.reply();
  }

  /** Up to the 354. */
  async envelope(from = "hanako@customer.example", to = ["inquiry@ijtb.example"]): Promise<string> {
    const replies = [await this.say(`MAIL FROM:<${from}>`)];
    for (const one of to) replies.push(await this.say(`RCPT TO:<${one}>`));
    replies.push(await this.say("DATA"));
    return replies.join("\n");
  }

  async send(raw: string | Buffer, from?: string, to?: string[]): Promise<string> {
    const replies = await this.envelope(from, to);
    if (!this.last.startsWith("354")) return replies;
    this.socket.write(raw);
    return this.say(".");
  }

  close(): void {
    this.socket.destroy();
  }
}

/** An ordinary text of its own for each number, with a Message-ID unless told otherwise. */
export function textMail(number: number | string, options: { id?: boolean; more?: string } = {}): string {
  const id = options.id === false ? "" : `Message-ID: <${number}@customer.example>\r\n`;
  const head = `From: Hanako <hanako@customer.example>\r\nTo: inquiry@ijtb.example\r\nSubject: ${number}\r\n`;
  const date = "Date: Tue, 15 Mar 2016 10:00:00 +0900\r\n";
  return `${head}${id}${date}${options.more ?? ""}\r\ntext of ${number}\r\n`;
}

/** Sends one message in a session of its own; the reply to its final dot, or to what went wrong before. */
export async function sendOne(
  port: number,
  raw: string | Buffer,
  envelope: { from?: string; to?: string[] } = {},
): Promise<string> {
  const client = await TestClient.open(port);
  await client.say("EHLO client.example");
  const reply = await client.send(raw, envelope.from, envelope.to);
  client.close();
  return reply;
}
