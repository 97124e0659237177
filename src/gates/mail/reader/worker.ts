import { constants } from "node:fs";
import { textOfError } from "../../../lib/error.ts";
import type { DnsAnswer, DnsResolver } from "../dns.ts";
import { referenceImpressions } from "../content/referenceIcons.ts";
import type { MailReading, Transport } from "../seen.ts";
import { readMessage } from "./readMessage.ts";

export type ToWorker =
  | { type: "read"; id: number; raw: Uint8Array; transport: Transport; dnsMsMax: number | null }
  | { type: "answer"; ask: number; answer: DnsAnswer };

export type FromWorker =
  | { type: "ready" }
  | { type: "done"; id: number; reading: MailReading }
  | { type: "failed"; id: number; problem: string }
  | { type: "dns"; ask: number; name: string; record: string };

/*
 * The process in which hostile bytes are parsed. It runs under Node's permission model: no network, no files
 * but the code, no further processes. It has nothing but this channel, over which it may ask the name
 * service.
 */
// 7z-wasm asks for the file system's constants by an old way that the permission model closes. It gets these
// and nothing else.
Object.defineProperty(process, "binding", { value: () => ({ fs: constants }) });

const waiting = new Map<number, (answer: DnsAnswer) => void>();
let asked = 0;

function send(message: FromWorker): void {
  process.send?.(message);
}

function dnsOverChannel(messageMsMax: number): DnsResolver {
  return {
    messageMsMax,
    resolve(name, type) {
      asked += 1;
      const ask = asked;
      send({ type: "dns", ask, name, record: type });
      return new Promise((resolve) => waiting.set(ask, resolve));
    },
  };
}

async function read(message: Extract<ToWorker, { type: "read" }>): Promise<void> {
  const raw = Buffer.from(message.raw.buffer, message.raw.byteOffset, message.raw.byteLength);
  const dns = message.dnsMsMax === null ? null : dnsOverChannel(message.dnsMsMax);
  try {
    const reading = await readMessage(raw, message.transport, dns);
    send({ type: "done", id: message.id, reading });
  } catch (error) {
    send({ type: "failed", id: message.id, problem: textOfError(error).slice(0, 300) });
  }
}

process.on("message", (message: ToWorker) => {
  if (message.type === "read") void read(message);
  else {
    waiting.get(message.ask)?.(message.answer);
    waiting.delete(message.ask);
  }
});
process.on("disconnect", () => process.exit(0));
// What every message needs is made before the first one comes.
referenceImpressions();
send({ type: "ready" });
