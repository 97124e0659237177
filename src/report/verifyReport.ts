import type { Report, Sentence } from "./report.ts";

export type ReportProblem = {
  code:
    | "entry-missing"
    | "entry-moved"
    | "entry-altered"
    | "entry-unproven"
    | "entry-later"
    | "not-cited"
    | "said-otherwise";
  /** Which line: item and number of the sentence, or the source. */
  where: string;
  detail: string;
};

/** What the ledger holds under an id: its place and the hash of its bytes; null where there is none. */
export type LookUp = (entry: string) => Found | null;
/** `unproven`: why it does not lead to the ledger's signed root. */
export type Found = { index: number; sha256: string; unproven?: string | null };

/**
 * Checks a report line by line against a ledger: every entry that it cites is there, in its place, with the
 * same bytes; and every sentence is what the record says when the report is made from it anew. `again`: that
 * one, or null where the texts cannot be opened (a regulator has the ledger, not the evidence).
 */
export function verifyReport(report: Report, lookUp: LookUp, again: Report | null): ReportProblem[] {
  const problems: ReportProblem[] = [];
  for (const source of report.sources) {
    const where = `source ${source.number}`;
    const found = lookUp(source.entry);
    if (found === null) {
      problems.push({ code: "entry-missing", where, detail: `entry ${source.entry} is not in the ledger` });
      continue;
    }
    if (found.index !== source.index) {
      const detail = `entry ${source.entry} stands at ${found.index}, not at ${source.index}`;
      problems.push({ code: "entry-moved", where, detail });
    }
    if (found.sha256 !== source.sha256) {
      problems.push({ code: "entry-altered", where, detail: `entry ${source.entry} has another hash` });
    }
    if (found.unproven !== undefined && found.unproven !== null) {
      const detail = `entry ${source.entry} does not lead to the signed root: ${found.unproven}`;
      problems.push({ code: "entry-unproven", where, detail });
    }
    if (source.index >= report.ledgerSize) {
      const detail = `it stands at ${source.index}; the report was made from ${report.ledgerSize} entries`;
      problems.push({ code: "entry-later", where, detail });
    }
  }
  const numbers = new Set(report.sources.map(({ number }) => number));
  for (const { where, sentence } of lines(report)) {
    for (const number of sentence.cites.filter((cite) => !numbers.has(cite)))
      problems.push({
        code: "not-cited",
        where,
        detail: `it cites [${number}], which is not among the sources`,
      });
  }
  if (again !== null) problems.push(...compare(report, again));
  return problems;
}

function compare(report: Report, again: Report): ReportProblem[] {
  const problems: ReportProblem[] = [];
  for (const item of report.items) {
    const other = again.items.find(({ code }) => code === item.code);
    const said = new Set((other?.sentences ?? []).map((sentence) => printed(sentence, again)));
    const own = new Set(item.sentences.map((sentence) => printed(sentence, report)));
    for (const [at, sentence] of item.sentences.entries()) {
      if (said.has(printed(sentence, report))) continue;
      problems.push({
        code: "said-otherwise",
        where: `${item.code}, line ${at + 1}`,
        detail: `${sentence.ja} / ${sentence.en}`,
      });
    }
    for (const sentence of other?.sentences ?? []) {
      if (own.has(printed(sentence, again))) continue;
      const detail = `the record says, and the report does not: ${sentence.ja} / ${sentence.en}`;
      problems.push({ code: "said-otherwise", where: item.code, detail });
    }
    if (item.state !== other?.state) {
      const detail = `it is called ${item.state}; by the record it is ${other?.state ?? "not asked"}`;
      problems.push({ code: "said-otherwise", where: item.code, detail });
    }
    if (JSON.stringify(item.table) !== JSON.stringify(other?.table ?? null))
      problems.push({ code: "said-otherwise", where: item.code, detail: "its table is another one" });
  }
  for (const { code } of again.items.filter((one) => !report.items.some((item) => item.code === one.code)))
    problems.push({ code: "said-otherwise", where: code, detail: "the item is missing from the report" });
  return problems;
}

/** A sentence with what it cites, by entry: numbers may differ. */
function printed({ ja, en, cites, by, kind }: Sentence, { sources }: Report): string {
  const entries = cites.map((cite) => sources.find(({ number }) => number === cite)?.entry ?? "").sort();
  return JSON.stringify([kind, ja, en, by, entries]);
}

function lines(report: Report): { where: string; sentence: Sentence }[] {
  return report.items.flatMap((item) =>
    item.sentences.map((sentence, at) => ({ where: `${item.code}, line ${at + 1}`, sentence })),
  );
}
