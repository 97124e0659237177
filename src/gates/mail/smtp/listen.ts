import { readFileSync } from "node:fs";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { SekishoError } from "../../../lib/error.ts";
import { inNetworks } from "../../../lib/networks.ts";
import type { Answer } from "../enforce.ts";
import { domainOf } from "../heldMail.ts";
import type { Transport } from "../seen.ts";
import type { MailSettings } from "../settings.ts";
import type { Stamp } from "./stampHeaders.ts";

/** A message as the session brought it. */
export type Arrived = { transport: Transport; raw: Buffer; smtpUtf8: boolean; protocol: Stamp["protocol"] };

/** Answers one message; `noteSent` is called when the answer was handed to the client's connection. */
export type Receive = (arrived: Arrived) => Promise<{ answer: Answer; noteSent: () => void }>;

export type Listening = { address: string; port: number; close(): Promise<void> };

type Direction = Transport["direction"];

/** Bytes of messages that are in memory at this moment, over both listeners. */
export class Flight {
  bytes = 0;
}

/**
 * The SMTP server in front: sizes, rates and relaying are bounded here; what a message is, is for `receive`.
 * A message is answered once, after all its bytes have come.
 */
export async function listen(
  settings: MailSettings,
  direction: Direction,
  context: { receive: Receive; flight: Flight; onProblem: (error: Error) => void },
): Promise<Listening> {
  const listener = direction === "inbound" ? settings.inbound : settings.outbound;
  if (listener === undefined) throw new Error("no outbound listener is configured");
  const { xclientFrom, proxyFrom } = settings.inbound;
  const fronts = direction === "inbound" ? [...xclientFrom, ...proxyFrom] : [];
  const clients = new ClientLimits(settings.limits, fronts);
  const server = new SMTPServer({
    name: settings.hostname,
    banner: "ESMTP",
    ...tlsOptions(settings),
    authOptional: true,
    // Without a certificate of its own it offers none: the library's built-in key is known to everyone.
    disabledCommands: settings.tls === undefined ? ["AUTH", "STARTTLS"] : ["AUTH"],
    disableReverseLookup: true,
    size: settings.limits.messageBytesMax,
    // Old Japanese carrier addresses (a..b@) break RFC 5321 and are real customers.
    lenientAddressParsing: true,
    maxClients: settings.limits.connectionsMax,
    socketTimeout: settings.limits.idleSeconds * 1_000,
    closeTimeout: 5_000,
    useXClient: direction === "inbound" ? settings.inbound.xclientFrom : [],
    // Postfix tells its before-queue filter the true client by XFORWARD.
    useXForward: direction === "inbound" ? settings.inbound.xclientFrom : [],
    useProxy: direction === "inbound" ? settings.inbound.proxyFrom : [],
    onConnect(session, callback) {
      callback(refuseConnection(session, { direction, settings, clients }));
    },
    onMailFrom(_address, session, callback) {
      callback(clients.takeMessage(session, Date.now()) ? null : reply(450, "4.7.1 too many messages"));
    },
    onRcptTo(address, session, callback) {
      callback(refuseRecipient(address.address, session, { direction, settings }));
    },
    onData(stream, session, callback) {
      void receiveData(stream, session, { direction, settings, ...context }).then(
        ({ answer, noteSent }) => {
          if (answer.code === 250) callback(null, answer.text);
          else callback(reply(answer.code, answer.text));
          noteSent();
        },
        (error: Error) => {
          context.onProblem(error);
          callback(reply(451, "4.3.0 the gate could not take the message, try again later"));
        },
      );
    },
    onClose: (session) => clients.leave(session),
  });
  server.on("error", (error: Error) => context.onProblem(error));
  await listenOn(server, listener);
  const address = server.server.address();
  const port = typeof address === "object" && address !== null ? address.port : listener.port;
  return {
    address: listener.host,
    port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function listenOn(server: SMTPServer, listener: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    function fail(cause: NodeJS.ErrnoException): void {
      const code = cause.code === "EADDRINUSE" ? "port-in-use" : "setup-incomplete";
      const message = `Cannot listen on ${listener.host}:${listener.port}: ${cause.message}`;
      reject(
        new SekishoError(code, message, { hint: "choose another port, or end what holds this one", cause }),
      );
    }
    server.server.once("error", fail);
    server.listen(listener.port, listener.host, () => {
      server.server.removeListener("error", fail);
      resolve();
    });
  });
}

function tlsOptions(settings: MailSettings): { cert?: Buffer; key?: Buffer } {
  if (settings.tls === undefined) return {};
  return { cert: readFileSync(settings.tls.certificateFile), key: readFileSync(settings.tls.keyFile) };
}

function reply(code: number, text: string): Error & { responseCode: number } {
  return Object.assign(new Error(text), { responseCode: code });
}

type Context = { direction: Direction; settings: MailSettings; clients: ClientLimits };

function refuseConnection(session: SMTPServerSession, context: Context): Error | null {
  const { direction, settings, clients } = context;
  if (direction === "outbound" && !inNetworks(session.remoteAddress, settings.outbound?.from ?? [])) {
    return reply(554, "5.7.1 only this organisation's own servers send through here");
  }
  return clients.enter(session) ? null : reply(421, "4.7.0 too many connections from your address");
}

/** RFC 5321 3.6.1: the way in takes mail for our own domains only. */
function refuseRecipient(
  address: string,
  session: SMTPServerSession,
  context: { direction: Direction; settings: MailSettings },
): Error | null {
  const { direction, settings } = context;
  if (session.envelope.rcptTo.length >= settings.limits.recipientsMax) {
    return reply(452, "4.5.3 too many recipients"); // RFC 5321 4.5.3.1.10
  }
  if (direction === "outbound") return null;
  const domain = domainOf(address);
  // RFC 5321 4.5.1: postmaster without a domain is taken always.
  if (domain === "" && address.toLowerCase() === "postmaster") return null;
  return settings.inbound.domains.includes(domain) ? null : reply(550, "5.7.1 relaying denied");
}

type DataContext = { direction: Direction; settings: MailSettings; receive: Receive; flight: Flight };

async function receiveData(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  context: DataContext,
): Promise<{ answer: Answer; noteSent: () => void }> {
  const { flight, settings } = context;
  const { messageBytesMax, bytesInFlightMax } = settings.limits;
  const chunks: Buffer[] = [];
  let taken = 0;
  try {
    let problem: Answer | null = null;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (problem !== null) continue; // The rest is read and dropped, so that the answer is heard.
      taken += chunk.length;
      flight.bytes += chunk.length;
      if (taken > messageBytesMax) problem = { code: 552, text: "5.3.4 message exceeds the maximum size" };
      else if (flight.bytes > bytesInFlightMax)
        problem = { code: 452, text: "4.3.1 out of memory, try again later" };
      if (problem === null) chunks.push(chunk);
      else chunks.length = 0;
    }
    if (problem !== null) return { answer: problem, noteSent() {} };
    return await context.receive(arrivedOf(Buffer.concat(chunks), session, context.direction));
  } finally {
    flight.bytes -= taken;
  }
}

function arrivedOf(raw: Buffer, session: SMTPServerSession, direction: Direction): Arrived {
  const { mailFrom, rcptTo } = session.envelope;
  const smtpUtf8 = (session.envelope as { smtpUtf8?: boolean }).smtpUtf8 === true;
  const secure = session.secure ? "S" : "";
  const extended = session.openingCommand === "HELO" ? "SMTP" : (`ESMTP${secure}` as const);
  return {
    raw,
    smtpUtf8,
    protocol: smtpUtf8 ? (`UTF8SMTP${secure}` as Stamp["protocol"]) : (extended as Stamp["protocol"]),
    transport: {
      clientAddress: session.remoteAddress.replace(/^::ffff:/i, "") || null,
      clientName:
        session.clientHostname === undefined || session.clientHostname === "" ? null : session.clientHostname,
      helo: session.hostNameAppearsAs || null,
      mailFrom: mailFrom === false ? "" : mailFrom.address,
      rcptTo: rcptTo.map((recipient) => recipient.address),
      direction,
    },
  };
}

/** What the limits need of a session. XFORWARD and XCLIENT change the address in the middle of it. */
type Client = { id: string; remoteAddress: string };

/**
 * Connections and messages of one client address, in a window of a minute. Front hosts that name the true
 * client
 * bring everybody's mail, so only the limit of all connections holds for them.
 */
export class ClientLimits {
  readonly #limits: MailSettings["limits"];
  readonly #fronts: ReadonlySet<string>;
  readonly #sessions = new Map<string, string>();
  readonly #connections = new Map<string, number>();
  #messages = new Map<string, number>();
  #windowStart = 0;

  constructor(limits: MailSettings["limits"], fronts: readonly string[]) {
    this.#limits = limits;
    this.#fronts = new Set(fronts);
  }

  /** False where this client has too many connections already. */
  enter(client: Client): boolean {
    const address = plain(client.remoteAddress);
    const count = (this.#connections.get(address) ?? 0) + 1;
    this.#sessions.set(client.id, address);
    this.#connections.set(address, count);
    return this.#fronts.has(address) || count <= this.#limits.connectionsPerClientMax;
  }

  leave(client: Client): void {
    const address = this.#sessions.get(client.id);
    if (address === undefined) return;
    this.#sessions.delete(client.id);
    const count = (this.#connections.get(address) ?? 1) - 1;
    if (count <= 0) this.#connections.delete(address);
    else this.#connections.set(address, count);
  }

  /** False where this client has sent too many messages in this minute. */
  takeMessage(client: Client, now: number): boolean {
    const address = plain(client.remoteAddress);
    if (this.#fronts.has(address)) return true;
    if (now - this.#windowStart >= 60_000) {
      this.#messages = new Map();
      this.#windowStart = now;
    }
    const count = (this.#messages.get(address) ?? 0) + 1;
    this.#messages.set(address, count);
    return count <= this.#limits.messagesPerClientPerMinute;
  }
}

function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
