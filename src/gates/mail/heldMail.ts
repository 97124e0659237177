import { z } from "zod";
import { SekishoError } from "../../lib/error.ts";
import type { MailReading, Transport } from "./seen.ts";
import type { Reason } from "../../gate.ts";

/** A held message as it lies in the evidence store: what was read and judged, then the bytes as received. */
export type HeldMail = {
  mail: string;
  receivedAt: string;
  transport: Transport;
  smtpUtf8: boolean;
  /** Null where reading failed. */
  reading: MailReading | null;
  reasons: (Reason & { part?: string | null })[];
  order: string | null;
  raw: Buffer;
};

const magic = Buffer.from("SKM1");
const Head = z.looseObject({ mail: z.string(), receivedAt: z.string() });

/** "SKM1", the length of the JSON head, the head, the raw message. */
export function encodeHeldMail(held: HeldMail): Buffer {
  const { raw, ...head } = held;
  const json = Buffer.from(JSON.stringify(head), "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([magic, length, json, raw]);
}

/** Throws evidence-malformed where the object is no held mail. */
export function decodeHeldMail(content: Buffer): HeldMail {
  const end = content.length >= 8 ? 8 + content.readUInt32BE(4) : Number.POSITIVE_INFINITY;
  if (content.subarray(0, 4).equals(magic) && end <= content.length) {
    // Written by this gate and sealed by the store, so its shape is known.
    const head = Head.parse(JSON.parse(content.toString("utf8", 8, end)));
    return { ...(head as unknown as Omit<HeldMail, "raw">), raw: content.subarray(end) };
  }
  throw new SekishoError("evidence-malformed", "Cannot read the held mail: the object is of another kind", {
    hint: "run: sekisho ledger verify --deep",
  });
}

/** RFC 1035 2.3.4; what a header field says may be of any length, and an entry may not. */
const domainCharactersMax = 255;

/** "taro@example.jp" as "t***@example.jp". */
export function maskAddress(address: string): string {
  if (!address.includes("@")) return address === "" ? "<>" : "***";
  const first = [...address.slice(0, address.lastIndexOf("@"))][0] ?? "";
  return `${printable(first)}***@${domainPart(address)}`;
}

/** The part after the last @, lower case, not longer than a domain can be; empty for the null sender. */
export function domainOf(address: string): string {
  return domainPart(address).toLowerCase();
}

function domainPart(address: string): string {
  const at = address.lastIndexOf("@");
  return at < 0 ? "" : printable(address.slice(at + 1, at + 1 + domainCharactersMax));
}

/** A stranger's bytes stand in entries, and no store takes all of them (PostgreSQL no NUL). */
function printable(text: string): string {
  return text.toWellFormed().replace(/[\0-\x1f\x7f]/g, "?");
}
