import type { RefusedRecipient } from "./deliver.ts";
import { printMailDate } from "./stampHeaders.ts";

/** A notice that some recipients of an accepted message were refused by the server behind. */
export type NoticeOptions = {
  hostname: string;
  mail: string;
  to: string;
  refused: readonly RefusedRecipient[];
  at: Temporal.Instant;
  original: Buffer;
};

/**
 * RFC 3464: a delivery status notification, with the header section of the original and nothing of its
 * body.
 */
export function deliveryNotice(options: NoticeOptions): Buffer {
  const boundary = `sekisho-${options.mail}`;
  const listed = options.refused.map((one) => `<${one.recipient}>: ${one.code} ${one.reply}`).join("\r\n");
  const status = options.refused.map((one) => recipientStatus(one)).join("\r\n\r\n");
  const header = headerSection(options.original);
  const lines = [
    `From: Mail gate <MAILER-DAEMON@${options.hostname}>`,
    `To: <${options.to}>`,
    `Date: ${printMailDate(options.at)}`,
    `Message-ID: <${options.mail}.notice@${options.hostname}>`,
    "Subject: Undelivered mail returned to sender",
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    "",
    `--${boundary}`,
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    "次の宛先には届きませんでした。ほかの宛先には届いています。",
    "Your message did not reach these recipients. It reached the others.",
    "",
    listed,
    `--${boundary}`,
    "Content-Type: message/delivery-status",
    "",
    `Reporting-MTA: dns; ${options.hostname}`,
    "",
    status,
    `--${boundary}`,
    "Content-Type: text/rfc822-headers",
    "",
  ];
  const end = `\r\n--${boundary}--\r\n`;
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n`), header, Buffer.from(end)]);
}

function recipientStatus(one: RefusedRecipient): string {
  const enhanced =
    /^([245]\.\d{1,3}\.\d{1,3})\b/.exec(one.reply)?.[1] ?? (one.code >= 500 ? "5.0.0" : "4.0.0");
  return [
    `Final-Recipient: rfc822; ${one.recipient}`,
    "Action: failed",
    `Status: ${enhanced}`,
    `Diagnostic-Code: smtp; ${one.code} ${one.reply}`,
  ].join("\r\n");
}

function headerSection(raw: Buffer): Buffer {
  const end = raw.indexOf("\r\n\r\n");
  return raw.subarray(0, Math.min(end < 0 ? raw.length : end + 2, 64 * 1024));
}
