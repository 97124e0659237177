import type { Judgement, Reason } from "../../gate.ts";
import { FINDINGS, type About, type RecordsCode } from "./findings.ts";
import type { Group } from "./policy.ts";
import type { JudgedStatement } from "./verdict.ts";
import type { Moment } from "./wire/ports.ts";

/** What happens to a statement. */
export type RecordsAct =
  /** Nothing of a person comes out, or nobody counts. */
  | { do: "let-through" }
  /** Its rows are counted against the budget. */
  | { do: "count" }
  /** PostgreSQL is asked how many customers it is about; then it is judged again. */
  | { do: "estimate" }
  /** A second person is asked. */
  | { do: "hold" }
  | { do: "refuse" };

/** A statement that comes by, with all that its judge needs to know. */
export type SeenStatement = {
  statement: JudgedStatement;
  moment: Moment;
  /** Null: the person is in no group and sees no personal data. */
  group: Group | null;
  /** A second person has approved this text for this person. */
  approved: boolean;
  /** The glass is broken: everything goes, loudly. */
  open: boolean;
  /** The session's encoding, where it is one that cannot be judged; else null. */
  unreadable: string | null;
  /** Whether it is one of the written statements of its service account; null: none are written. */
  written: boolean | null;
  /** Conditions on personal columns in this hour, with this one. */
  conditions: number;
  /** About how many customers, as PostgreSQL estimates; null: not asked yet, or not to be had. */
  estimate: number | null;
  /** Whether `estimate` was asked for. */
  estimated: boolean;
  /** Customers that the budget still has. */
  left: number;
  about: Omit<About, "detail" | "count" | "limit" | "window" | "relations">;
};

/** Relations with personal columns, for people. */
export function relationsOf(statement: Pick<JudgedStatement, "touches">): string {
  return statement.touches.map(({ relation }) => relation).join(", ") || "-";
}

export function reasonOf(code: RecordsCode, about: About): Reason<RecordsCode> {
  const { technique, severity, say } = FINDINGS[code];
  return { code, technique, severity, because: say(about) };
}

/** `last`: no later rule is heard. */
type Ruling = { act: RecordsAct; reasons: Reason<RecordsCode>[]; last?: boolean };

/**
 * What is to be done with one statement of one person. The first rule that says more than "count" decides;
 * reasons of rules that only tell are gathered. Pure.
 */
export function judgeReading(seen: SeenStatement): Judgement<RecordsAct, RecordsCode> {
  const told: Reason<RecordsCode>[] = [];
  for (const rule of rules) {
    const ruling = rule(seen);
    if (ruling === null) continue;
    told.push(...ruling.reasons);
    if (ruling.act.do !== "count" || ruling.last === true)
      return { act: ruling.act, reasons: told, order: orderOf(seen) };
  }
  const personal = seen.statement.class === "count" || seen.statement.class === "bulk";
  const act: RecordsAct = personal && seen.moment !== "parse" ? { do: "count" } : { do: "let-through" };
  return { act, reasons: told, order: orderOf(seen) };
}

function orderOf({ group, open, approved }: SeenStatement): string | null {
  if (open) return "break-glass";
  if (approved) return "approved";
  return group === null ? null : `group ${group.name}`;
}

/** In this order. */
const rules: readonly ((seen: SeenStatement) => Ruling | null)[] = [
  judgePermission,
  judgeEncoding,
  judgePattern,
  judgeFreedom,
  judgeUnknown,
  judgeDefinition,
  judgeBulk,
  judgeKeyless,
  judgeConditions,
  judgeEstimate,
];

function tell(
  seen: SeenStatement,
  code: RecordsCode,
  figures: Partial<Pick<About, "count" | "limit" | "window">> = {},
): Reason<RecordsCode> {
  const { statement, about } = seen;
  const window = figures.window ?? "hour";
  return reasonOf(code, {
    ...about,
    relations: relationsOf(statement),
    detail: statement.detail,
    count: figures.count ?? 0,
    limit: figures.limit ?? 0,
    window,
  });
}

function touchesPersons({ statement }: SeenStatement): boolean {
  return statement.touches.length > 0 || statement.class === "bulk" || statement.class === "unknown";
}

function judgePermission(seen: SeenStatement): Ruling | null {
  if (seen.group !== null || !touchesPersons(seen)) return null;
  return { act: { do: "refuse" }, reasons: [tell(seen, "not-permitted")] };
}

function judgeEncoding(seen: SeenStatement): Ruling | null {
  if (seen.unreadable === null || !touchesPersons(seen)) return null;
  const about = { ...seen.statement, detail: seen.unreadable };
  return { act: { do: "refuse" }, reasons: [tell({ ...seen, statement: about }, "unreadable-encoding")] };
}

/** A service account has written statements; any other is a finding, whatever it reads. */
function judgePattern(seen: SeenStatement): Ruling | null {
  if (seen.written !== false || !touchesPersons(seen)) return null;
  const reasons = [tell(seen, "outside-pattern")];
  const refuses = seen.group?.otherStatements === "refuse" && !seen.open && !seen.approved;
  return { act: refuses ? { do: "refuse" } : { do: "count" }, reasons };
}

function judgeFreedom(seen: SeenStatement): Ruling | null {
  if (!seen.open && !seen.approved) return null;
  const { statement, moment } = seen;
  const personal = statement.class === "count" || statement.class === "bulk";
  const act: RecordsAct = personal && moment !== "parse" ? { do: "count" } : { do: "let-through" };
  return { act, reasons: [], last: true };
}

function byPolicy(act: "refuse" | "ask" | "allow", reasons: Reason<RecordsCode>[]): Ruling {
  if (act === "allow") return { act: { do: "count" }, reasons: [] };
  return { act: { do: act === "ask" ? "hold" : "refuse" }, reasons };
}

/** The statement's own codes that are reasons, the weightiest first. */
function codesOf(seen: SeenStatement): Reason<RecordsCode>[] {
  const codes = seen.statement.codes.filter((code) => code in FINDINGS) as RecordsCode[];
  return codes.slice(0, 1).map((code) => tell(seen, code));
}

function judgeUnknown(seen: SeenStatement): Ruling | null {
  if (seen.statement.class !== "unknown" || seen.group === null) return null;
  return byPolicy(seen.group.unknown, codesOf(seen));
}

function judgeDefinition(seen: SeenStatement): Ruling | null {
  if (!seen.statement.codes.includes("defines") || seen.statement.class === "unknown") return null;
  if (seen.group === null) return null;
  return byPolicy(seen.group.define, [tell(seen, "defines")]);
}

function judgeBulk(seen: SeenStatement): Ruling | null {
  if (seen.statement.class !== "bulk" || seen.group === null) return null;
  const bulk = stricterOf(seen);
  if (bulk === "ask" && !seen.estimated) return { act: { do: "estimate" }, reasons: [] };
  return byPolicy(bulk, codesOf(seen));
}

const unknownCodes: readonly string[] = [
  "unknown-routine",
  "cannot-parse",
  "cannot-resolve",
  "changes-meaning",
];

/** A statement may be both bulk and unknown: then the stricter of the two holds. */
function stricterOf({ group, statement }: SeenStatement): "refuse" | "ask" | "allow" {
  const { bulk, unknown } = group as Group;
  if (!statement.codes.some((code) => unknownCodes.includes(code))) return bulk;
  const order = ["refuse", "ask", "allow"] as const;
  return order[Math.min(order.indexOf(bulk), order.indexOf(unknown))] ?? "refuse";
}

function judgeKeyless(seen: SeenStatement): Ruling | null {
  const { statement, group } = seen;
  if (statement.class !== "count" || statement.keyless === 0 || group?.keyless !== "refuse") return null;
  return { act: { do: "refuse" }, reasons: [tell(seen, "no-key")] };
}

function judgeConditions(seen: SeenStatement): Ruling | null {
  const { statement, group, conditions } = seen;
  if (group === null || seen.moment === "parse") return null;
  if (statement.touches.length === 0 || statement.class !== "pass") return null;
  if (conditions <= group.conditionsPerHour) return null;
  const reasons = [
    tell(seen, "blind-extraction", { count: conditions, limit: group.conditionsPerHour, window: "hour" }),
  ];
  return { act: group.onBlindExtraction === "refuse" ? { do: "refuse" } : { do: "count" }, reasons };
}

/** Where the policy asks before a large reading: how many customers it would be. */
function judgeEstimate(seen: SeenStatement): Ruling | null {
  const { statement, group, estimate, estimated, left } = seen;
  if (statement.class !== "count" || seen.moment === "parse" || group?.overBudget !== "ask") return null;
  if (!estimated) return { act: { do: "estimate" }, reasons: [] };
  if (estimate === null || estimate <= left) return null;
  const reasons = [tell(seen, "over-estimate", { count: estimate, limit: left })];
  return { act: { do: "hold" }, reasons };
}
