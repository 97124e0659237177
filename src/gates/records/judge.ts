import { loadModule, parseSync, type RawStmt } from "libpg-query";
import { type IndexedCatalog, indexCatalog } from "./judge/indexCatalog.ts";
import { judgeStatement } from "./judge/statements.ts";
import { plainVerdict } from "./judge/verdictOf.ts";
import { limits, startWalk, TooMuch, tooManyParts } from "./judge/walk.ts";
import type { JudgedStatement, JudgedText } from "./verdict.ts";

export { type IndexedCatalog, indexCatalog };

/** Loads PostgreSQL's parser; to be awaited once before judgeText() is called. */
export async function readyJudge(): Promise<void> {
  await loadModule();
}

export type JudgeOptions = {
  /** Nodes to be looked at, at the most. */
  stepsMax?: number;
  /** Routines outside pg_catalog, as "schema.name", that people know to read nothing but their arguments. */
  knownRoutines?: ReadonlySet<string>;
};

/** So many nodes are looked at in some 30 ms; what needs more is judged where nobody waits for it. */
export const shortSteps = 10_000;

/**
 * The judgement where it can be had soon; null for a text that is better judged in another thread. A short
 * text can cost much: views, recursion and `*` multiply.
 */
export function judgeSoon(
  text: string,
  catalog: IndexedCatalog,
  options: JudgeOptions = {},
): JudgedText | null {
  const short = { ...options, stepsMax: shortSteps };
  const judged = judgeText(text, catalog, short);
  return judged.statements.some(({ detail }) => detail === tooManyParts) ? null : judged;
}

const noRoutines: ReadonlySet<string> = new Set();

/**
 * Says of each statement of a text which personal columns it shows, and how its rows are counted in
 * customers. Never throws: what cannot be judged is of class "unknown".
 */
export function judgeText(text: string, catalog: IndexedCatalog, options: JudgeOptions = {}): JudgedText {
  if (text.length > limits.textCharactersMax) return unreadable("the text is too long");
  if (text.trim() === "") return { statements: [], literalsDoNotMatter: true };
  let statements: RawStmt[];
  try {
    statements = parseSync(text).stmts ?? [];
  } catch (error) {
    return unreadable(
      error instanceof RangeError ? "the text is nested too deeply" : "not PostgreSQL's grammar",
    );
  }
  const judged: JudgedText = { statements: [], literalsDoNotMatter: true };
  let stepsLeft = (options.stepsMax ?? limits.stepsMax) + text.length;
  for (const { stmt } of statements) {
    const walk = startWalk(catalog, options.knownRoutines ?? noRoutines);
    walk.stepsLeft = stepsLeft;
    try {
      judged.statements.push(stmt === undefined ? plainVerdict("EMPTY") : judgeStatement(walk, stmt));
    } catch (error) {
      // TooMuch, or a stack that a tree outgrew all the same; our own mistakes are not passed on either.
      const detail = error instanceof TooMuch ? error.message : "the statement cannot be judged";
      judged.statements.push(cannotParse(detail));
    }
    stepsLeft = walk.stepsLeft;
    if (walk.literalsMatter) judged.literalsDoNotMatter = false;
  }
  return judged;
}

function unreadable(detail: string): JudgedText {
  return { statements: [cannotParse(detail)], literalsDoNotMatter: false };
}

function cannotParse(detail: string): JudgedStatement {
  return { ...plainVerdict("UNKNOWN"), class: "unknown", codes: ["cannot-parse"], detail, writes: true };
}
