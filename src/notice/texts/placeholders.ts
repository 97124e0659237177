import type { NoticeLanguage } from "../items.ts";
import { WORDS } from "./words.ts";

/** What differs from person to person in a text. Nothing else: values of data never stand in a notice. */
export const PERSONAL = ["name", "items", "partner", "reference"] as const;
export type Personal = (typeof PERSONAL)[number];

/** What is the same for everyone who gets the text: from values.yaml, but for the last two. */
export const SHARED = [
  "organisation",
  "outline",
  "cause",
  "harm",
  "other",
  "hotline",
  "hours",
  "senders",
  "never",
] as const;
export type Shared = (typeof SHARED)[number];

/** What an organisation writes itself, for each language. */
export const GIVEN = ["organisation", "outline", "cause", "harm", "other", "hotline", "hours"] as const;
export type GivenValues = Partial<Record<(typeof GIVEN)[number], string>>;
export type Values = Partial<Record<NoticeLanguage, GivenValues>>;

export const isPlaceholder = (name: string): name is Personal | Shared =>
  (PERSONAL as readonly string[]).includes(name) || (SHARED as readonly string[]).includes(name);
export const isPersonal = (name: string): name is Personal => (PERSONAL as readonly string[]).includes(name);

/** One text as it lies in its file: subject, blank line, body. */
export type TextFile = { subject: string; body: string };

/** Takes a file apart; null where it does not begin with a subject and a blank line. */
export function splitText(text: string): TextFile | null {
  const [, subject, body] = /^\ufeff?Subject:[ \t]*(.*)\r?\n\r?\n([^]*)$/.exec(text) ?? [];
  return subject === undefined || body === undefined
    ? null
    : { subject: subject.trim(), body: `${body.replaceAll("\r\n", "\n").trimEnd()}\n` };
}

/** A text ready for a million persons: fixed parts with the personal ones between them. */
export type CompiledText = { subject: readonly Part[]; body: readonly Part[] };
export type Part = string | { personal: Personal };

/** Fills in what is the same for everyone. Throws nothing: the linter has seen the text before. */
export function compileText(
  text: TextFile,
  context: { language: NoticeLanguage; values: GivenValues; senders: readonly string[] },
): CompiledText {
  const { language, values, senders } = context;
  const shared: Record<string, string> = {
    ...values,
    senders: senders.join("\n"),
    never: WORDS[language].neverAskText,
  };
  const compile = (from: string): Part[] => {
    const parts: Part[] = [];
    for (const piece of from.split(/(\{[a-z]+\})/)) {
      const name = /^\{([a-z]+)\}$/.exec(piece)?.[1];
      if (name !== undefined && isPersonal(name)) parts.push({ personal: name });
      else {
        const fixed = name === undefined ? piece : (shared[name] ?? piece).trim();
        const last = parts.at(-1);
        if (typeof last === "string") parts[parts.length - 1] = last + fixed;
        else parts.push(fixed);
      }
    }
    return parts.filter((part) => part !== "");
  };
  return { subject: compile(text.subject), body: compile(text.body) };
}

export function fillText(parts: readonly Part[], personal: Readonly<Record<Personal, string>>): string {
  let text = "";
  for (const part of parts) text += typeof part === "string" ? part : personal[part.personal];
  return text;
}
