import { parse as parseDomain } from "tldts";
import type { Said } from "../../gate.ts";
import type { NoticeLanguage } from "../items.ts";
import type { Profile } from "../list/person.ts";
import { languageProblem } from "./scripts.ts";
import { GIVEN, isPlaceholder, splitText, type GivenValues } from "./placeholders.ts";
import { LAW_ITEMS, WORDS, type LanguageWords } from "./words.ts";
import { RULES, type Rule } from "./rules.ts";

/** Something that keeps a text from being sent. `line` counts from 1; 0: the file as a whole. */
export type TextProblem = { file: string; line: number; rule: Rule; problem: Said; mend: Said };

export const limits = { textBytesMax: 64 * 1024, subjectCharactersMax: 150, lineOctetsMax: 998 } as const;

export type LintInput = {
  file: string;
  profile: Profile;
  language: NoticeLanguage;
  bytes: Uint8Array;
  values: GivenValues;
  /** The addresses that every text must name. */
  senders: readonly string[];
};

/** All that breaks a rule in one text, by line. */
export function lintText(input: LintInput): TextProblem[] {
  const problems: TextProblem[] = [];
  const tell = (rule: Rule, line: number, what = ""): void => {
    problems.push({ file: input.file, line, rule, ...RULES[rule](what) });
  };
  const text = decode(input.bytes);
  if (text === null) {
    tell("encoding", 0);
    return problems;
  }
  if (input.bytes.length > limits.textBytesMax) {
    tell("text-too-long", 0, String(limits.textBytesMax));
    return problems;
  }
  const split = splitText(text);
  if (split === null || split.subject === "") {
    tell("subject-missing", 1);
    return problems;
  }
  if (split.subject.length > limits.subjectCharactersMax) tell("subject-too-long", 1);
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  for (const [at, line] of lines.entries()) {
    lintLine(line, { ...input, place: at + 1, tell });
    lintPlaceholders(line, (rule, what) => tell(rule, at + 1, what));
  }
  lintWhole(text, input, (rule, what) => tell(rule, 0, what));
  return problems.toSorted((one, other) => one.line - other.line);
}

/** All that breaks a rule in what an organisation writes of the matter, by language. */
export function lintValues(
  file: string,
  values: GivenValues,
  context: { language: NoticeLanguage; senders: readonly string[] },
): TextProblem[] {
  const problems: TextProblem[] = [];
  for (const name of GIVEN) {
    const value = values[name]?.trim() ?? "";
    const what = `${context.language}.${name}`;
    const tell = (rule: Rule, _line: number, found = ""): void => {
      // What happened may well have come as an attachment.
      if (rule === "attachment" && (name === "outline" || name === "cause")) return;
      const said = RULES[rule](found === "" ? what : `${what}: ${found}`);
      problems.push({ file, line: 0, rule, ...said });
    };
    if (value === "" || /^<[^]*>$/.test(value)) tell("value-missing", 0);
    else {
      for (const line of value.split("\n"))
        lintLine(line, {
          ...context,
          values: name === "hotline" ? { hotline: value } : values,
          place: 0,
          tell,
        });
      // A name or a number may be written in any script.
      const prose = ["outline", "cause", "harm", "other"].includes(name) && value.length >= 20;
      if (prose && languageProblem(value, context.language)) tell("language-wrong", 0);
    }
  }
  return problems;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

type LineContext = {
  language: NoticeLanguage;
  senders: readonly string[];
  values: GivenValues;
  place: number;
  tell: (rule: Rule, line: number, what?: string) => void;
};

const hidden = /[\p{Cc}\p{Cf}\u2028\u2029\u115f\u1160\u3164\uffa0]/u;
const markup = /<\/?[a-z!][^>]*>|\*\*|\[[^\]]*\]\([^)]*\)|^#{1,6} |^```/iu;
const address = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+/gu;

function lintLine(raw: string, context: LineContext): void {
  const { place, tell, senders, language } = context;
  const words = WORDS[language];
  if (hidden.test(raw.replace(/^\ufeff/, ""))) tell("hidden-character", place);
  if (Buffer.byteLength(raw) > limits.lineOctetsMax) tell("line-too-long", place);
  if (markup.test(raw)) tell("markup", place);
  // Mail programs make links of full-width letters too.
  let line = raw.normalize("NFKC");
  for (const found of line.match(address) ?? []) {
    const named = senders.some((sender) => sender.toLowerCase() === found.toLowerCase().replace(/\.$/, ""));
    if (!named) tell("address-unknown", place, found);
    line = line.replace(found, " ");
  }
  if (/\b(https?|ftp|hxxps?|mailto|tel|file):|\bwww\.|:\/\//i.test(line)) tell("link", place);
  else {
    const domain = domainIn(line);
    if (domain !== null) tell("bare-domain", place, domain);
  }
  if (mentionsAttachment(line, words)) tell("attachment", place);
  lintNumbers(line, context);
}

function domainIn(line: string): string | null {
  for (const token of line.match(/[\p{L}\p{N}][\p{L}\p{N}-]*(\.[\p{L}\p{N}][\p{L}\p{N}-]*)+/gu) ?? []) {
    // "e.g." and "9.30" are none; the end must be a registered top-level domain.
    const labels = token.toLowerCase().split(".");
    const ascii = /^[a-z0-9.-]+$/i.test(token) && !/^\d+$/.test(labels.at(-1) as string);
    if (ascii && parseDomain(token).isIcann === true && (labels.at(-1) as string).length > 1) return token;
    if (/^(\d{1,3}\.){3}\d{1,3}$/.test(token)) return token;
  }
  return null;
}

/** "This mail has no attachment" is what a good notice says. */
function mentionsAttachment(line: string, words: LanguageWords): boolean {
  return line
    .split(/[。.!?！？]/u)
    .some((sentence) => words.attachment.test(sentence) && !words.negated.test(sentence));
}

function lintNumbers(line: string, { place, tell, values }: LineContext): void {
  const hotline = (values.hotline ?? "").normalize("NFKC").replace(/\D+/g, "");
  const undated = line.replace(/\d{4}[-/.]\d{1,2}[-/.]\d{1,2}/g, "–");
  for (const found of undated.match(/\+?\d[\d ()-]{8,20}\d/g) ?? []) {
    const digits = found.replace(/\D+/g, "");
    if (digits.length < 9 || (hotline !== "" && hotline.includes(digits))) continue;
    tell(digits.length >= 13 ? "data-value" : "number-unknown", place);
  }
  if (/(?<![A-Z0-9])[A-Z]{1,2}\d{7,8}(?![0-9])/.test(line)) tell("data-value", place);
}

function lintPlaceholders(line: string, tell: (rule: Rule, what: string) => void): void {
  for (const [found, name = ""] of line.matchAll(/[{｛]([^{}｛｝]*)[}｝]/gu)) {
    if (!isPlaceholder(name) || found !== `{${name}}`) tell("placeholder-unknown", found);
  }
  const bare = line.replace(/\{[^{}]*\}/g, "");
  if (/[{}｛｝]/u.test(bare)) tell("placeholder-broken", "");
}

function lintWhole(text: string, input: LintInput, tell: (rule: Rule, what?: string) => void): void {
  const { language, profile, values, senders } = input;
  const words = WORDS[language];
  const has = (name: string): boolean => text.includes(`{${name}}`);
  for (const item of LAW_ITEMS)
    if (!has(item) && (item === "items" || !hasSection(text, words.known[item]))) tell("item-missing", item);
  for (const name of ["name", "reference"]) if (!has(name)) tell("personal-missing", name);
  const flat = text.normalize("NFKC").replace(/[^\d]/g, "");
  const hotline = (values.hotline ?? "").normalize("NFKC").replace(/\D+/g, "");
  if (!has("hotline") && (hotline === "" || !flat.includes(hotline))) tell("hotline-missing");
  if (!has("hours") && (values.hours === undefined || !text.includes(values.hours))) tell("hours-missing");
  if (!has("never") && !words.neverAsk.test(text)) tell("never-ask-missing");
  if (!has("senders"))
    for (const sender of senders) if (!text.includes(sender)) tell("sender-missing", sender);
  for (const name of GIVEN)
    if (has(name) && (values[name] ?? "").trim() === "") tell("value-missing", `${language}.${name}`);
  const parts = profile.split("-");
  if (parts.includes("partner") && !has("partner")) tell("partner-missing");
  if (!parts.includes("partner") && has("partner")) tell("partner-unexpected");
  if (parts.includes("minor") && !words.guardian.test(text)) tell("guardian-missing");
  if (parts.includes("passport") && !words.passport.test(text)) tell("passport-missing");
  if (languageProblem(text.replace(/\{[a-z]+\}|^Subject:/gm, ""), language)) tell("language-wrong");
}

/** A heading of its own line with at least a sentence below. */
function hasSection(text: string, known: RegExp): boolean {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.some((line, at) => {
    if (line.length > 60 || !known.test(line)) return false;
    const below = lines.slice(at + 1).find((one) => one !== "") ?? "";
    return !/^[■□◆◇●○▼【]/u.test(below) && (below.length >= 10 || /^\{[a-z]+\}$/.test(below));
  });
}
