import { SekishoError } from "../lib/error.ts";
import { scanText } from "../personal/scanText.ts";
import type { Report } from "./report.ts";

export type PublicProblem = {
  code: "not-released" | "personal-data";
  where: string;
  detail: string;
  /** The item, and its sentence or its table's row counted from 1, where it stands in one. */
  item: string | null;
  line: number | null;
  /** Kind of the personal data, or code of the entry. */
  found: string;
};

/**
 * What keeps a report from leaving the house: an entry that nobody has allowed to be public, or anything
 * that looks like a person's data. A name alone is not told from a word, so people read it too before they
 * release.
 */
export function checkPublic(
  report: Report,
  { allowed, today }: { allowed: ReadonlySet<string>; today: Temporal.PlainDate },
): PublicProblem[] {
  const problems: PublicProblem[] = [];
  for (const source of report.sources.filter(({ entry }) => !allowed.has(entry))) {
    const lines = report.items.filter(({ sentences }) =>
      sentences.some(({ cites }) => cites.includes(source.number)),
    );
    const where = lines.length === 0 ? `source ${source.number}` : lines.map(({ code }) => code).join(", ");
    const detail = `entry ${source.entry} (${source.code}) is not released for the public`;
    const item = lines[0]?.code ?? null;
    problems.push({ code: "not-released", where, detail, item, line: null, found: source.code });
  }
  for (const { code, where, line, text } of textsOf(report)) {
    const found = personalDataIn(text, { code, today });
    if (found === null) continue;
    const detail = `it holds what looks like ${found}`;
    problems.push({ code: "personal-data", where, detail, item: code, line, found });
  }
  return problems;
}

type PlacedText = { code: string; where: string; line: number; text: string };

function textsOf(report: Report): PlacedText[] {
  return report.items.flatMap(({ code, sentences, table }) => [
    ...sentences.flatMap(({ ja, en }, at) =>
      [ja, en].map((text) => ({ code, where: `${code}, line ${at + 1}`, line: at + 1, text })),
    ),
    ...(table?.rows ?? []).flatMap((row, at) =>
      row
        .flatMap(({ ja, en }) => [ja, en])
        .map((text) => ({ code, where: `${code}, row ${at + 1}`, line: at + 1, text })),
    ),
  ]);
}

/** What reaches a person or tells her apart; a postal code or a day alone does not. */
const telling = ["email", "phone", "my-number", "passport", "payment-card"] as const;

function personalDataIn(text: string, of: { code: string; today: Temporal.PlainDate }): string | null {
  const { byKind, records } = scanText(text, { today: of.today });
  // The hotline's own number stands where people are told whom to ask.
  const own = of.code === "contact" ? ["email", "phone"] : [];
  const kind = telling.find((one) => byKind[one] > 0 && !own.includes(one));
  if (kind !== undefined) return kind;
  return records > 0 && of.code !== "contact" ? "a person's record" : null;
}

/** Throws not-permitted with the places, where a report may not leave. */
export function refuseUnlessPublic(problems: readonly PublicProblem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length === 1 ? "" : `, and ${problems.length - 1} more`;
  throw new SekishoError("not-permitted", `Cannot make this public: ${first.where}: ${first.detail}${more}`, {
    hint: "take it out, or have the entry allowed for the public",
  });
}
