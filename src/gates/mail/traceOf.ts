import { createHash } from "node:crypto";
import { removeFields } from "./smtp/stampHeaders.ts";

/**
 * Fields that servers on the way write anew at every attempt (RFC 5321 4.4, RFC 8601, RFC 7208 9.1): a front
 * Postfix puts its Received field on a message before it hands it to us, and a retry has another one.
 */
const traceFields = new Set([
  "received",
  "return-path",
  "delivered-to",
  "x-original-to",
  "authentication-results",
  "received-spf",
  "x-greylist",
]);

/**
 * The fingerprint of a transaction: its envelope, and its bytes without what the way put on them. `hops` is
 * how many servers it came through.
 */
export function traceOf(
  envelope: { mailFrom: string; rcptTo: readonly string[] },
  raw: Buffer,
): { fingerprint: string; hops: number } {
  let hops = 0;
  const digest = createHash("sha256");
  digest.update(`${JSON.stringify([envelope.mailFrom, [...envelope.rcptTo].sort()])}\n`);
  const kept = removeFields(raw, (name) => {
    if (name === "received") hops += 1;
    return traceFields.has(name);
  });
  for (const piece of kept) digest.update(piece);
  return { fingerprint: digest.digest("hex").slice(0, 40), hops };
}
