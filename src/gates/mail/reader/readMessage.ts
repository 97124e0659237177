import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import PostalMime, { type Email } from "postal-mime";
import { textOfError } from "../../../lib/error.ts";
import { authenticateMail, nothingAuthenticated } from "../authenticate.ts";
import { openBudget } from "../content/examineFile.ts";
import { examineParts } from "../content/examineMessage.ts";
import type { DnsResolver } from "../dns.ts";
import { decodeWords, rereadWords } from "../mime/encodedWord.ts";
import type { HeaderField } from "../mime/headerBlock.ts";
import { readMailboxes } from "../mime/mailboxes.ts";
import { decodeText } from "../mime/charset.ts";
import { bodyOf, walkMessage, type Part } from "../mime/walkMessage.ts";
import type { Defect, Mailbox, MailReading, SeenFile, Transport } from "../seen.ts";
import { compareReadings } from "./compareReadings.ts";
import { findLinks, textOfPage } from "./displayText.ts";
import { lineDefects } from "./lineDefects.ts";

export const readLimits = {
  textMax: 65_536,
  headersMax: 500,
  headerValueMax: 4096,
  defectsMax: 200,
} as const;

/** Reads everything that the judge needs out of the bytes of one message. Runs in a worker process. */
export async function readMessage(
  raw: Buffer,
  transport: Transport,
  dns: DnsResolver | null,
): Promise<MailReading> {
  const ms: Record<string, number> = {};
  const defects: Defect[] = [];
  const walked = timed(ms, "mime", () => walkMessage(raw));
  defects.push(...walked.defects, ...timed(ms, "mime", () => lineDefects(raw)));
  const display = await timedAsync(ms, "postalMime", () => readDisplay(raw));
  const authentication = await timedAsync(ms, "mailauth", () =>
    authenticateOrNothing(raw, transport, { dns, defects }),
  );
  const budget = openBudget(defects, ms);
  const place = { path: "", depth: 0, budget, spans: true };
  const parts = await timedAsync(ms, "content", () => examineParts(raw, walked.root, place));
  ms["content"] = Math.max(0, (ms["content"] ?? 0) - (ms["archives"] ?? 0));
  const header = new Header(walked.fields);
  const from = header.mailboxes("from");
  noteSenderDefects(header, from, defects);
  if (display.ok) defects.push(...timed(ms, "mime", () => compareReadings({ from, parts }, display.email)));
  else defects.push({ code: "readings-display", where: "body", detail: display.problem });
  const html = display.ok ? (display.email.html ?? "") : "";
  return {
    bytes: raw.length,
    sha256: createHash("sha256").update(raw).digest("hex"),
    messageId: header.text("message-id"),
    date: header.text("date"),
    subject: subjectOf(header),
    from,
    sender: header.mailboxes("sender"),
    replyTo: header.mailboxes("reply-to"),
    to: [...header.mailboxes("to"), ...header.mailboxes("cc")],
    inReplyTo: header.text("in-reply-to"),
    references: (header.text("references") ?? "").match(/<[^<>\s]{1,998}>/g)?.slice(-50) ?? [],
    text: display.ok ? textOf(display.email, html) : plainText(raw, walked.root).slice(0, readLimits.textMax),
    charset: charsetOf(parts, walked.root.charset),
    headers: header.all(),
    links: findLinks(html, display.ok ? (display.email.text ?? "") : ""),
    parts,
    defects: defects.slice(0, readLimits.defectsMax),
    authentication,
    ms: rounded(ms),
  };
}

type Display = { ok: true; email: Email } | { ok: false; problem: string };

/** The second reading, whose text people are shown. It must not inline messages that are attached. */
async function readDisplay(raw: Buffer): Promise<Display> {
  // It keeps every line as an object of its own: millions of short lines would exhaust the heap.
  if (hasTooManyLines(raw)) return { ok: false, problem: "too many short lines" };
  try {
    return { ok: true, email: await PostalMime.parse(raw, { forceRfc822Attachments: true }) };
  } catch (error) {
    return { ok: false, problem: textOfError(error) };
  }
}

const shortLinesMax = 250_000;

function hasTooManyLines(raw: Buffer): boolean {
  if (raw.length < shortLinesMax) return false;
  let lines = 0;
  for (let at = raw.indexOf(10); at !== -1; at = raw.indexOf(10, at + 1)) lines += 1;
  return lines > shortLinesMax && raw.length / lines < 24;
}

/** The text of the first part that is text, where the second reading gives none. */
function plainText(raw: Buffer, part: Part): string {
  for (const child of part.children) {
    const text = plainText(raw, child);
    if (text !== "") return text;
  }
  if (part.children.length > 0 || !part.type.startsWith("text/")) return "";
  const text = decodeText(bodyOf(raw, part, []).subarray(0, readLimits.textMax * 3), part.charset).text;
  return part.type === "text/html" ? textOfPage(text) : text;
}

type AuthenticateContext = { dns: DnsResolver | null; defects: Defect[] };

async function authenticateOrNothing(raw: Buffer, transport: Transport, context: AuthenticateContext) {
  try {
    return await authenticateMail(raw, transport, context.dns);
  } catch (error) {
    // A message that breaks the checker has proved nothing, and that it does so is seen.
    context.defects.push({
      code: "authentication-failed",
      where: "header",
      detail: textOfError(error).slice(0, 100),
    });
    return { ...nothingAuthenticated(), spf: { result: "permerror", domain: null } };
  }
}

class Header {
  readonly #fields: HeaderField[];

  constructor(fields: HeaderField[]) {
    this.#fields = fields;
  }

  count(name: string): number {
    return this.#fields.filter((field) => field.lowerName === name).length;
  }

  field(name: string): HeaderField | null {
    return this.#fields.find((field) => field.lowerName === name) ?? null;
  }

  text(name: string): string | null {
    const value = this.field(name)?.value;
    return value === undefined ? null : decodeWords(value).slice(0, readLimits.headerValueMax);
  }

  mailboxes(name: string): Mailbox[] {
    return this.#fields
      .filter((field) => field.lowerName === name)
      .slice(0, 20)
      .flatMap((field) => readMailboxes(field.value));
  }

  all(): { name: string; value: string }[] {
    return this.#fields
      .slice(0, readLimits.headersMax)
      .map(({ name, value }) => ({ name, value: decodeWords(value).slice(0, readLimits.headerValueMax) }));
  }
}

/** A false charset label is common in Japanese subjects: the reading with fewer holes is shown. */
function subjectOf(header: Header): string {
  const value = header.field("subject")?.value ?? "";
  const subject = decodeWords(value);
  const again = subject.includes("\ufffd") ? rereadWords(value) : null;
  return (again?.text ?? subject).slice(0, readLimits.headerValueMax);
}

function noteSenderDefects(header: Header, from: Mailbox[], defects: Defect[]): void {
  const fields = header.count("from");
  // RFC 5322 3.6: exactly one From field.
  if (fields > 1) defects.push({ code: "from-several", where: "header", detail: `${fields}` });
  if (fields === 0) defects.push({ code: "from-missing", where: "header", detail: "no From field" });
  else if (!from.some((mailbox) => mailbox.domain !== "")) {
    const value = header.field("from")?.value ?? "";
    defects.push({ code: "from-malformed", where: "header", detail: value.slice(0, 100) });
  }
}

function textOf(email: Email, html: string): string {
  const text = email.text ?? "";
  return (text.trim() === "" && html !== "" ? textOfPage(html) : text)
    .slice(0, readLimits.textMax)
    .toWellFormed();
}

function charsetOf(parts: SeenFile[], root: string | null): string | null {
  return parts.length === 1 ? root : null;
}

function timed<T>(ms: Record<string, number>, step: string, run: () => T): T {
  const started = performance.now();
  try {
    return run();
  } finally {
    ms[step] = (ms[step] ?? 0) + performance.now() - started;
  }
}

/** Processor time of the process, since waiting for the name service is not work. */
async function timedAsync<T>(ms: Record<string, number>, step: string, run: () => Promise<T>): Promise<T> {
  const started = process.cpuUsage();
  try {
    return await run();
  } finally {
    const used = process.cpuUsage(started);
    ms[step] = (ms[step] ?? 0) + (used.user + used.system) / 1000;
  }
}

function rounded(ms: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(ms).map(([step, value]) => [step, Math.round(value * 100) / 100]));
}
