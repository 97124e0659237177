import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { domainToASCII } from "node:url";
import {
  SMTPServer,
  type SMTPServerDataStream,
  type SMTPServerOptions,
  type SMTPServerSession,
} from "smtp-server";
import { SekishoError, textOfError } from "../../../lib/error.ts";
import { inNetworks } from "../../../lib/networks.ts";
import type { Answer } from "../enforce.ts";
import { domainOf } from "../heldMail.ts";
import type { Transport } from "../seen.ts";
import type { MailSettings } from "../settings.ts";
import { Clients, Deadlines } from "./clients.ts";
import type { Stamp } from "./stampHeaders.ts";

/** RFC 5321 4.5.3.1.3 allows 256 octets to a path; some real ones are longer. */
export const limits = { addressCharactersMax: 320 } as const;

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
  const server = createServer(settings, direction, context);
  server.on("error", (error: Error) => {
    if (!isOfClient(error)) context.onProblem(error);
  });
  await listenOn(server, listener);
  const address = server.server.address();
  const port = typeof address === "object" && address !== null ? address.port : listener.port;
  return {
    address: listener.host,
    port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function createServer(
  settings: MailSettings,
  direction: Direction,
  context: { receive: Receive; flight: Flight; onProblem: (error: Error) => void },
): SMTPServer {
  const { xclientFrom, proxyFrom } = settings.inbound;
  const fronts = direction === "inbound" ? [...xclientFrom, ...proxyFrom] : [];
  const clients = new Clients(settings.limits, fronts);
  const deadlines = new Deadlines(settings.limits.transactionSeconds, (session) => {
    const connection = [...server.connections].find((one) => one.session.id === session);
    connection?.send(421, "4.4.2 no message came to its end in time, closing");
  });
  const server: SMTPServer = new SMTPServer({
    ...serverOptions(settings, direction),
    onConnect(session, callback) {
      deadlines.begin(session.id);
      callback(refuseConnection(session, { direction, settings, clients }));
    },
    onMailFrom(address, session, callback) {
      const refusal =
        refuseAddress(address.address, session) ??
        (clients.takeMessage(session, Date.now()) ? null : reply(450, "4.7.1 too many messages"));
      callback(refusal);
    },
    onRcptTo(address, session, callback) {
      callback(refuseRecipient(address.address, session, { direction, settings }));
    },
    onData(stream, session, callback) {
      const isOpen = (): boolean => [...server.connections].some((one) => one.session === session);
      const onWhole = (): void => deadlines.end(session.id); // From here on it is we who take the time.
      const received = receiveData(stream, session, { direction, settings, ...context, onWhole });
      void received
        .catch((error: Error) => {
          if (!isOfClient(error)) context.onProblem(error);
          return { answer: { code: 451, text: tryLater }, noteSent() {} };
        })
        .then(({ answer, noteSent }) => {
          const open = isOpen();
          if (open) deadlines.begin(session.id);
          if (answer.code === 250) callback(null, answer.text);
          else callback(reply(answer.code, answer.text));
          if (open) noteSent();
        })
        .catch(context.onProblem);
    },
    onClose(session) {
      clients.leave(session);
      deadlines.end(session.id);
    },
  });
  return server;
}

const tryLater = "4.3.0 the gate could not take the message, try again later";

function serverOptions(settings: MailSettings, direction: Direction): SMTPServerOptions {
  const trusted = direction === "inbound" ? settings.inbound : { xclientFrom: [], proxyFrom: [] };
  return {
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
    useXClient: trusted.xclientFrom,
    // Postfix tells its before-queue filter the true client by XFORWARD.
    useXForward: trusted.xclientFrom,
    useProxy: trusted.proxyFrom,
  };
}

/** A client that went away or talks nonsense is no trouble of ours. */
function isOfClient(error: Error & { code?: string; report?: boolean }): boolean {
  const codes = [
    "ECONNECTION",
    "ECONNRESET",
    "EPIPE",
    "ETIMEDOUT",
    "ERR_STREAM_PREMATURE_CLOSE",
    "SocketError",
  ];
  return codes.includes(error.code ?? "") || /^ERR_SSL_|^TLSError$/.test(error.code ?? "");
}

function listenOn(server: SMTPServer, listener: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    function fail(cause: NodeJS.ErrnoException): void {
      const code = cause.code === "EADDRINUSE" ? "port-in-use" : "setup-incomplete";
      const message = `Cannot listen on ${listener.host}:${listener.port}: ${cause.message}`;
      const hint = "choose another port, or end what holds this one";
      reject(new SekishoError(code, message, { hint, cause }));
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
  const { certificateFile, keyFile } = settings.tls;
  const files = { cert: readPem("certificateFile", certificateFile), key: readPem("keyFile", keyFile) };
  try {
    createSecureContext(files);
  } catch (cause) {
    const message = `Cannot use mail.tls: ${textOfError(cause)}`;
    const hint = `see that ${certificateFile} holds the PEM certificate of the PEM key in ${keyFile}`;
    throw new SekishoError("config-invalid", message, { hint, cause });
  }
  return files;
}

function readPem(key: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new SekishoError("config-invalid", `Cannot read mail.tls.${key}: ${textOfError(cause)}`, {
      hint: "name a PEM file that this user may read, or take mail.tls out",
      cause,
    });
  }
}

function reply(code: number, text: string): Error & { responseCode: number } {
  return Object.assign(new Error(text), { responseCode: code });
}

type Context = { direction: Direction; settings: MailSettings; clients: Clients };

function refuseConnection(session: SMTPServerSession, context: Context): Error | null {
  const { direction, settings, clients } = context;
  if (direction === "outbound" && !inNetworks(session.remoteAddress, settings.outbound?.from ?? [])) {
    return reply(554, "5.7.1 only this organisation's own servers send through here");
  }
  return clients.enter(session) ? null : reply(421, "4.7.0 too many connections from your address");
}

function refuseAddress(address: string, session: SMTPServerSession): Error | null {
  if (address.length > limits.addressCharactersMax) return reply(501, "5.1.3 address too long");
  // Bytes that are no UTF-8 would go on as another address than the one that was meant.
  if (address.includes("\ufffd")) return reply(501, "5.1.3 address is not UTF-8");
  const local = address.slice(0, Math.max(0, address.lastIndexOf("@")));
  // RFC 6531 3.4: such an address may come only with the parameter.
  if (/[^\0-\x7f]/.test(local) && (session.envelope as { smtpUtf8?: boolean }).smtpUtf8 !== true)
    return reply(553, "5.6.7 an international address needs SMTPUTF8");
  return null;
}

/** RFC 5321 3.6.1: the way in takes mail for our own domains only. */
function refuseRecipient(
  address: string,
  session: SMTPServerSession,
  context: { direction: Direction; settings: MailSettings },
): Error | null {
  const { direction, settings } = context;
  const refused = refuseAddress(address, session);
  if (refused !== null) return refused;
  if (session.envelope.rcptTo.length >= settings.limits.recipientsMax) {
    return reply(452, "4.5.3 too many recipients"); // RFC 5321 4.5.3.1.10
  }
  if (direction === "outbound") return null;
  const domain = domainOf(withAsciiDomain(address));
  // RFC 5321 4.5.1: postmaster without a domain is taken always.
  if (domain === "" && address.toLowerCase() === "postmaster") return null;
  const own = settings.inbound.domains.some((one) => one.toLowerCase() === domain);
  return own ? null : reply(550, "5.7.1 relaying denied");
}

/** RFC 5890 2.3.2.1: the library shows domains as people write them; mail servers want A-labels. */
function withAsciiDomain(address: string): string {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  if (at < 0 || !/[^\0-\x7f]/.test(domain)) return address;
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`;
}

type DataContext = {
  direction: Direction;
  settings: MailSettings;
  receive: Receive;
  flight: Flight;
  /** All bytes have come. */
  onWhole: () => void;
};

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
      else {
        flight.bytes -= taken;
        taken = chunks.length = 0;
      }
    }
    context.onWhole();
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
      clientName: nameOf(session),
      helo: session.hostNameAppearsAs || null,
      mailFrom: mailFrom === false ? "" : withAsciiDomain(mailFrom.address),
      rcptTo: rcptTo.map((recipient) => withAsciiDomain(recipient.address)),
      direction,
    },
  };
}

/** The library writes "[192.0.2.1]" where a client has no name. */
function nameOf(session: SMTPServerSession): string | null {
  const name = session.clientHostname || "";
  return name === "" || name.startsWith("[") ? null : name;
}
