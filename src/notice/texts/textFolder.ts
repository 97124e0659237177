import { hash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { printCanonicalJson, type Json } from "../../lib/canonicalJson.ts";
import { SekishoError, textOfError } from "../../lib/error.ts";
import { LANGUAGES, type NoticeLanguage } from "../items.ts";
import type { Profile } from "../list/person.ts";
import { allProfiles, defaultText, defaultValues, nameOfText } from "./defaultTexts.ts";
import { limits as lintLimits, lintText, lintValues, type TextProblem } from "./lint.ts";
import { compileText, splitText, type CompiledText, type Values } from "./placeholders.ts";
import { RULES } from "./rules.ts";

export const valuesFile = "values.yaml";

export type TextKey = { profile: Profile; language: NoticeLanguage };

/** Everything that decides on the bytes of a notice besides the person: what two people release. */
export type TextBody = {
  texts: Record<string, string>;
  values: Values;
  senders: { address: string; name: string }[];
  bounceDomain: string;
  /** Public fingerprints: a notice can be made anew as long as these keys are kept. */
  dkim: { domain: string; rsa: string; ed25519: string | null };
};

const Given = z.strictObject({
  organisation: z.string().max(200).optional(),
  outline: z.string().max(8_000).optional(),
  cause: z.string().max(8_000).optional(),
  harm: z.string().max(8_000).optional(),
  other: z.string().max(8_000).optional(),
  hotline: z.string().max(100).optional(),
  hours: z.string().max(200).optional(),
});
const ValuesFile = z.partialRecord(z.enum(LANGUAGES), Given);

/** Writes shipped texts where there are none of that name; gives the names written. */
export function initTexts(
  folder: string,
  wanted: readonly TextKey[] | null,
  languages: readonly NoticeLanguage[],
): string[] {
  mkdirSync(folder, { recursive: true });
  const keys =
    wanted ?? allProfiles.flatMap((profile) => languages.map((language) => ({ profile, language })));
  const files = [
    ...keys.map(({ profile, language }) => ({
      name: nameOfText(profile, language),
      text: defaultText(profile, language),
    })),
    { name: valuesFile, text: defaultValues(languages) },
  ];
  const written = files.filter(({ name }) => !existsSync(join(folder, name)));
  for (const { name, text } of written) writeFileSync(join(folder, name), text, { flag: "wx" });
  return written.map(({ name }) => name);
}

/** The folder's texts for these groups, and all that keeps them from being sent. */
export function readTexts(
  folder: string,
  keys: readonly TextKey[],
  senders: readonly string[],
): { texts: Record<string, string>; values: Values; problems: TextProblem[] } {
  const { values, problems } = readValues(folder);
  const texts: Record<string, string> = {};
  const languages = [...new Set(keys.map(({ language }) => language))];
  for (const language of languages)
    problems.push(...lintValues(valuesFile, values[language] ?? {}, { language, senders }));
  for (const { profile, language } of keys) {
    const file = nameOfText(profile, language);
    const bytes = readBounded(join(folder, file));
    if (bytes === null) {
      problems.push({ file, line: 0, rule: "text-missing", ...RULES["text-missing"](file) });
      continue;
    }
    problems.push(...lintText({ file, profile, language, bytes, values: values[language] ?? {}, senders }));
    texts[file] = bytes.toString("utf8");
  }
  return { texts, values, problems };
}

function readValues(folder: string): { values: Values; problems: TextProblem[] } {
  const bytes = readBounded(join(folder, valuesFile));
  if (bytes === null) return { values: {}, problems: [] };
  try {
    return {
      values: ValuesFile.parse(parse(bytes.toString("utf8"), { maxAliasCount: 0 }) ?? {}) as Values,
      problems: [],
    };
  } catch (cause) {
    const why = textOfError(cause).split("\n")[0] ?? "";
    throw new SekishoError("input-unreadable", `Cannot read ${join(folder, valuesFile)}: ${why}`, {
      hint: "each language holds organisation, outline, cause, harm, other, hotline, hours",
      cause,
    });
  }
}

function readBounded(path: string): Buffer | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return null;
  if (stat.size > lintLimits.textBytesMax * 4) {
    throw new SekishoError("input-too-large", `Cannot read ${path}: it has ${stat.size} bytes`, {
      hint: `at most ${lintLimits.textBytesMax}`,
    });
  }
  return readFileSync(path);
}

/** The name of a version of the texts: the hash of all that decides on bytes. */
export function versionOf(body: TextBody): string {
  return hash("sha256", printCanonicalJson(body as unknown as Json));
}

/** Compiles one text of a version; throws not-found where the version has none for the group. */
export function compileOf(body: TextBody, { profile, language }: TextKey): CompiledText {
  const text = splitText(body.texts[nameOfText(profile, language)] ?? "");
  if (text === null) {
    throw new SekishoError("not-found", `Cannot write: no text ${nameOfText(profile, language)}`, {
      hint: "run: sekisho notice lint",
    });
  }
  return compileText(text, {
    language,
    values: body.values[language] ?? {},
    senders: body.senders.map(({ address }) => address),
  });
}
