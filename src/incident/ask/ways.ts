import { createTransport } from "nodemailer";
import type { Said } from "../../gate.ts";
import { textOfError } from "../../lib/error.ts";
import type { AskSettings } from "./settings.ts";

export const limits = { answerMsMax: 10_000 } as const;

/** What people are told: no personal data, only what waits, until when, and where to answer. */
export type AskMessage = { subject: Said; lines: readonly Said[]; url: string };

/** How one way of asking ended: whom it reached; `problem`: why it reached nobody. */
export type WayResult = { way: string; reached: string[]; problem: string | null };

/** Sends a message by every way that is set up; a way that fails does not stop the others. */
export async function tellByAllWays(
  settings: AskSettings,
  message: AskMessage,
  persons: readonly string[],
  secrets: { password: string | null },
): Promise<WayResult[]> {
  const ways: Promise<WayResult>[] = [];
  if (settings.mail !== undefined && persons.length > 0)
    ways.push(tellByMail(settings.mail, message, { persons, password: secrets.password }));
  for (const [at, webhook] of settings.webhooks.entries())
    ways.push(tellByWebhook(webhook, message, `webhook-${at + 1}`));
  return Promise.all(ways);
}

/** Plain text in both languages, no attachment; the one link is the console's own. */
async function tellByMail(
  mail: NonNullable<AskSettings["mail"]>,
  message: AskMessage,
  to: { persons: readonly string[]; password: string | null },
): Promise<WayResult> {
  const transport = createTransport({
    host: mail.host,
    port: mail.port,
    secure: mail.tls === "implicit",
    requireTLS: mail.tls === "starttls",
    ignoreTLS: mail.tls === "off",
    connectionTimeout: limits.answerMsMax,
    greetingTimeout: limits.answerMsMax,
    socketTimeout: limits.answerMsMax,
    ...(mail.user === undefined ? {} : { auth: { user: mail.user, pass: to.password ?? "" } }),
  });
  try {
    const info = await transport.sendMail({
      from: mail.from,
      to: [...to.persons],
      subject: `${message.subject.ja} / ${message.subject.en}`,
      text: `${textOf(message, "ja")}\n\n${textOf(message, "en")}\n\n${message.url}\n`,
      headers: { "Auto-Submitted": "auto-generated", Importance: "high" },
    });
    const refused = new Set(info.rejected.map(String));
    const reached = to.persons.filter((person) => !refused.has(person));
    const problem = refused.size === 0 ? null : `refused for ${refused.size} of ${to.persons.length}`;
    return { way: "mail", reached, problem };
  } catch (error) {
    return { way: "mail", reached: [], problem: textOfError(error).slice(0, 300) };
  } finally {
    transport.close();
  }
}

/** Slack and Teams (workflow) take JSON of their own; LINE WORKS and others take a text. */
async function tellByWebhook(
  { url, form }: AskSettings["webhooks"][number],
  message: AskMessage,
  way: string,
): Promise<WayResult> {
  const text = `${wholeOf(message, "ja")}\n\n${wholeOf(message, "en")}\n${message.url}`;
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(bodyOf(form, text, message)),
      redirect: "error",
      signal: AbortSignal.timeout(limits.answerMsMax),
    });
    await answer.body?.cancel();
    if (answer.ok) return { way, reached: [way], problem: null };
    return { way, reached: [], problem: `it answered ${answer.status}` };
  } catch (error) {
    return { way, reached: [], problem: textOfError(error).slice(0, 300) };
  }
}

function bodyOf(form: AskSettings["webhooks"][number]["form"], text: string, message: AskMessage): object {
  switch (form) {
    case "slack":
      return { text };
    case "teams": {
      const block = (value: string, weight = "Default") => ({
        type: "TextBlock",
        text: value,
        wrap: true,
        weight,
      });
      const content = {
        type: "AdaptiveCard",
        version: "1.4",
        body: [
          block(message.subject.ja, "Bolder"),
          block(textOf(message, "ja")),
          block(textOf(message, "en")),
        ],
        actions: [{ type: "Action.OpenUrl", title: "関所 / Sekisho", url: message.url }],
      };
      return {
        type: "message",
        attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content }],
      };
    }
    case "line-works":
      return { content: { type: "text", text } };
    case "json":
      return { subject: message.subject, lines: message.lines, url: message.url };
  }
}

function wholeOf(message: AskMessage, language: keyof Said): string {
  return `${message.subject[language]}\n${textOf(message, language)}`;
}

function textOf(message: AskMessage, language: keyof Said): string {
  return message.lines.map((line) => line[language]).join("\n");
}
