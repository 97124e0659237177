import type {
  CreateTableAsStmt,
  DeclareCursorStmt,
  DiscardStmt,
  ExecuteStmt,
  ExplainStmt,
  Node,
  PrepareStmt,
  SelectStmt,
  VariableSetStmt,
} from "libpg-query";
import type { Effect, JudgedStatement } from "../verdict.ts";
import { judgeCopy } from "./copy.ts";
import { evaluateAll } from "./expression.ts";
import type { Origin } from "./lineage.ts";
import { kindOf, namesOf } from "./names.ts";
import { innerScope } from "./scope.ts";
import { noteCopy, readQueryNode } from "./select.ts";
import { changesMeaning, literalOf } from "./settings.ts";
import { type Outcome, verdictOf } from "./verdictOf.ts";
import { flag, startWalk, type Walk } from "./walk.ts";

/** One statement of a text, whatever its kind. */

/** Statements that change nothing that this gate rests on, and show nothing of tables. */
const harmless = new Set([
  "TransactionStmt",
  "VariableShowStmt",
  "ListenStmt",
  "UnlistenStmt",
  "NotifyStmt",
  "ConstraintsSetStmt",
  "CheckPointStmt",
  "LockStmt",
]);

const tends = new Set(["TruncateStmt", "VacuumStmt", "ClusterStmt", "ReindexStmt"]);

/** Definitions that load code or open ways to other servers. */
const opens = new Set([
  "LoadStmt",
  "AlterSystemStmt",
  "CreateExtensionStmt",
  "AlterExtensionStmt",
  "CreatePLangStmt",
  "CreateForeignServerStmt",
  "AlterForeignServerStmt",
  "CreateFdwStmt",
  "AlterFdwStmt",
  "CreateUserMappingStmt",
  "AlterUserMappingStmt",
  "CreateForeignTableStmt",
  "ImportForeignSchemaStmt",
  "CreateSubscriptionStmt",
  "AlterSubscriptionStmt",
  "CreatePublicationStmt",
  "AlterPublicationStmt",
  "CreateEventTrigStmt",
  "AlterEventTrigStmt",
]);

export function judgeStatement(walk: Walk, node: Node): JudgedStatement {
  return verdictOf(walk, judgeKind(walk, node));
}

function judgeKind(walk: Walk, node: Node): Outcome {
  const kind = kindOf(node) ?? "";
  const verb = verbOf(kind);
  if ("SelectStmt" in node) return judgeSelect(walk, node.SelectStmt);
  if ("InsertStmt" in node || "UpdateStmt" in node || "DeleteStmt" in node || "MergeStmt" in node) {
    return { verb, output: readQueryNode(walk, node, null, null) };
  }
  if (harmless.has(kind)) return { verb };
  walk.literalsMatter = true;
  if ("CopyStmt" in node) return judgeCopy(walk, node.CopyStmt);
  if ("ExplainStmt" in node) return judgeExplain(walk, node.ExplainStmt);
  if ("VariableSetStmt" in node) return judgeSet(walk, node.VariableSetStmt);
  if ("PrepareStmt" in node) return judgePrepare(walk, node.PrepareStmt);
  if ("ExecuteStmt" in node) return judgeExecute(walk, node.ExecuteStmt);
  if ("DeclareCursorStmt" in node) return judgeDeclare(walk, node.DeclareCursorStmt);
  if ("CreateTableAsStmt" in node) return judgeCreateAs(walk, node.CreateTableAsStmt);
  if ("DiscardStmt" in node) return judgeDiscard(node.DiscardStmt);
  if ("DeallocateStmt" in node) {
    return { verb, effect: { do: "deallocate", name: node.DeallocateStmt.name ?? null } };
  }
  if ("FetchStmt" in node) return { verb, effect: { do: "fetch", name: node.FetchStmt.portalname ?? "" } };
  if ("ClosePortalStmt" in node) {
    return { verb, effect: { do: "close", name: node.ClosePortalStmt.portalname ?? null } };
  }
  if ("DoStmt" in node || "CallStmt" in node) return judgeBlock(walk, node, verb);
  if (tends.has(kind)) return { verb, writes: true };
  return judgeDefinition(walk, node, verb);
}

const verbs: Readonly<Record<string, string>> = {
  VariableShowStmt: "SHOW",
  ConstraintsSetStmt: "SET CONSTRAINTS",
  ClosePortalStmt: "CLOSE",
  CreateStmt: "CREATE TABLE",
  ViewStmt: "CREATE VIEW",
  IndexStmt: "CREATE INDEX",
  RuleStmt: "CREATE RULE",
  CreateTrigStmt: "CREATE TRIGGER",
  RefreshMatViewStmt: "REFRESH MATERIALIZED VIEW",
  CheckPointStmt: "CHECKPOINT",
};

/** "SELECT", "DROP ROLE", …: the node's name in capitals, where it has no better one. */
function verbOf(kind: string): string {
  const known = verbs[kind];
  if (known !== undefined) return known;
  const words = kind.replace(/Stmt$/, "").replace(/([a-z])([A-Z])/g, "$1 $2");
  return words === "" ? "EMPTY" : words.toUpperCase();
}

function judgeSelect(walk: Walk, select: SelectStmt): Outcome {
  const effect = setConfigOf(select);
  walk.setsAlone = effect !== null;
  const output = readQueryNode(walk, { SelectStmt: select }, null, null);
  const copied = select.intoClause !== undefined;
  return { verb: copied ? "SELECT INTO" : "SELECT", output: copied ? [] : output, effect };
}

/** `SELECT set_config('name', 'value', false)` and nothing else is a SET. */
function setConfigOf(select: SelectStmt): Effect | null {
  const [target, ...others] = select.targetList ?? [];
  const plain =
    select.fromClause === undefined &&
    select.whereClause === undefined &&
    select.withClause === undefined &&
    select.groupClause === undefined &&
    select.havingClause === undefined &&
    select.limitCount === undefined &&
    select.limitOffset === undefined &&
    (select.op === undefined || select.op === "SETOP_NONE");
  if (!plain || target === undefined || others.length > 0 || !("ResTarget" in target)) return null;
  const { val } = target.ResTarget;
  if (val === undefined || !("FuncCall" in val)) return null;
  const names = namesOf(val.FuncCall.funcname);
  if (names.at(-1) !== "set_config") return null;
  const [name, value, local] = val.FuncCall.args ?? [];
  const setting = literalOf(name)?.toLowerCase();
  if (setting === undefined) return null;
  return { do: "set", name: setting, value: literalOf(value), local: literalOf(local) !== "off" };
}

function judgeExplain(walk: Walk, explain: ExplainStmt): Outcome {
  const inner = explain.query;
  if (inner === undefined) return { verb: "EXPLAIN" };
  const analyzes = (explain.options ?? []).some(
    (option) => "DefElem" in option && option.DefElem.defname === "analyze",
  );
  const judged = judgeInner(walk, inner);
  // A plan shows no rows: what the query would show it asks about.
  for (const origin of judged.touched) walk.touched.add(origin);
  walk.conditions += judged.conditions ?? 0;
  if (judged.class === "bulk" || judged.class === "unknown") {
    for (const code of judged.codes) {
      if (heavy.has(code)) flag(walk, code, judged.detail, judged.class);
    }
  } else if (judged.codes.includes("defines") && analyzes) flag(walk, "defines", judged.detail);
  return { verb: "EXPLAIN", writes: analyzes && judged.writes };
}

const heavy: ReadonlySet<string> = new Set([
  "gathers-customers",
  "launders-columns",
  "leaves-by-server",
  "unknown-routine",
  "forbidden-routine",
  "forbidden-relation",
  "cannot-parse",
  "cannot-resolve",
  "changes-meaning",
]);

/** Judges a statement within a statement. */
function judgeInner(walk: Walk, node: Node): JudgedStatement & { touched: ReadonlySet<Origin> } {
  const inner = startWalk(walk.index, walk.known);
  inner.stepsLeft = walk.stepsLeft;
  inner.depth = walk.depth;
  const judged = judgeStatement(inner, node);
  walk.stepsLeft = inner.stepsLeft;
  walk.literalsMatter ||= inner.literalsMatter;
  return { ...judged, touched: inner.touched };
}

function judgePrepare(walk: Walk, prepare: PrepareStmt): Outcome {
  return judgeLater(walk, "PREPARE", prepare.query, (statement) => ({
    do: "prepare",
    name: prepare.name ?? "",
    statement,
  }));
}

function judgeDeclare(walk: Walk, declare: DeclareCursorStmt): Outcome {
  return judgeLater(walk, "DECLARE CURSOR", declare.query, (statement) => ({
    do: "declare",
    name: declare.portalname ?? "",
    statement,
  }));
}

/** What is run later: its own verdict goes with the effect; what nobody can count is so from the start. */
function judgeLater(
  walk: Walk,
  verb: string,
  query: Node | undefined,
  effectOf: (statement: JudgedStatement) => Effect,
): Outcome {
  if (query === undefined) return { verb };
  const { touched: _, ...judged } = judgeInner(walk, query);
  if (judged.class === "bulk" || judged.class === "unknown") {
    for (const code of judged.codes) if (heavy.has(code)) flag(walk, code, judged.detail, judged.class);
  }
  return { verb, writes: false, effect: effectOf(judged) };
}

function judgeExecute(walk: Walk, execute: ExecuteStmt): Outcome {
  evaluateAll(walk, execute.params, innerScope(null, null));
  return { verb: "EXECUTE", effect: { do: "execute", name: execute.name ?? "" } };
}

function judgeCreateAs(walk: Walk, create: CreateTableAsStmt): Outcome {
  const verb = create.objtype === "OBJECT_MATVIEW" ? "CREATE MATERIALIZED VIEW" : "CREATE TABLE AS";
  walk.writes = true;
  const { query } = create;
  if (query === undefined) return { verb };
  if ("ExecuteStmt" in query) {
    flag(walk, "launders-columns", "CREATE TABLE AS EXECUTE");
    return { verb };
  }
  noteCopy(walk, readQueryNode(walk, query, null, null), verb);
  return { verb };
}

function judgeDiscard({ target }: DiscardStmt): Outcome {
  const what = {
    DISCARD_ALL: "all",
    DISCARD_PLANS: "plans",
    DISCARD_SEQUENCES: "sequences",
    DISCARD_TEMP: "temp",
  } as const;
  return { verb: "DISCARD", effect: { do: "discard", what: what[target ?? "DISCARD_ALL"] } };
}

function judgeBlock(walk: Walk, node: Node, verb: string): Outcome {
  walk.writes = true;
  const name = "CallStmt" in node ? `${namesOf(node.CallStmt.funccall?.funcname).join(".")}()` : "a DO block";
  flag(walk, "unknown-routine", name);
  return { verb };
}

function settingOf(statement: VariableSetStmt): { name: string; value: string | null } {
  const [first, ...others] = statement.args ?? [];
  const value = others.length === 0 && statement.kind === "VAR_SET_VALUE" ? literalOf(first) : null;
  return { name: (statement.name ?? "all").toLowerCase(), value };
}

function judgeSet(walk: Walk, statement: VariableSetStmt): Outcome {
  const { name, value } = settingOf(statement);
  if (changesMeaning(name, value)) flag(walk, "changes-meaning", `SET ${name}`);
  return { verb: "SET", effect: { do: "set", name, value, local: statement.is_local === true } };
}

function judgeDefinition(walk: Walk, node: Node, verb: string): Outcome {
  walk.writes = true;
  const setting = "AlterRoleSetStmt" in node ? node.AlterRoleSetStmt.setstmt : undefined;
  const ofDatabase = "AlterDatabaseSetStmt" in node ? node.AlterDatabaseSetStmt.setstmt : undefined;
  for (const statement of [setting, ofDatabase]) {
    if (statement === undefined) continue;
    const { name, value } = settingOf(statement);
    if (changesMeaning(name, value)) flag(walk, "changes-meaning", `${verb} ${name}`);
  }
  if ("RefreshMatViewStmt" in node) return { verb, writes: true };
  flag(walk, "defines", verb, opens.has(kindOf(node) ?? "") ? "unknown" : "pass");
  return { verb };
}
