import type { StatementCode, VerdictClass } from "../verdict.ts";
import type { IndexedCatalog } from "./indexCatalog.ts";
import {
  type Carrier,
  type Cell,
  newValue,
  type Origin,
  type Source,
  type Taint,
  taintsOf,
  type Value,
} from "./lineage.ts";

export const limits = {
  textCharactersMax: 16 * 1024 ** 2,
  /** Nested nodes of a tree: what people and programs write stays below 100. */
  depthMax: 500,
  /** Nodes looked at in one text besides one for each of its characters: views and recursion cost them. */
  stepsMax: 300_000,
  viewDepthMax: 32,
  /** PostgreSQL itself takes no more (MaxTupleAttributeNumber). */
  columnsMax: 1_664,
  findingsMax: 64,
} as const;

export type Finding = { code: StatementCode; class: VerdictClass; detail: string };

/** The state of one walk over one statement. */
export type Walk = {
  index: IndexedCatalog;
  /** Routines of users, as "schema.name", that people know to be pure. */
  known: ReadonlySet<string>;
  findings: Finding[];
  /** Personal columns in output or condition. */
  touched: Set<Origin>;
  /** Conditions on personal columns. */
  conditions: number;
  /** What the conditions of the query at hand, and of those inside it, look at. */
  conditionTaints: Set<Taint>;
  /** The least depth of a scope whose names were used. */
  outermost: number;
  serial: number;
  /** What is left to be looked at. */
  stepsLeft: number;
  depth: number;
  viewDepth: number;
  literalsMatter: boolean;
  writes: boolean;
  /** Whether the statement is `SELECT set_config(…)` and nothing else. */
  setsAlone: boolean;
};

export const tooManyParts = "too many parts";

/** Thrown where a text is too deep or too large to be judged; judgeText() catches it. */
export class TooMuch extends Error {
  override name = "TooMuch";
}

export function startWalk(index: IndexedCatalog, known: ReadonlySet<string>): Walk {
  return {
    index,
    known,
    findings: [],
    touched: new Set(),
    conditions: 0,
    conditionTaints: new Set(),
    outermost: Number.MAX_SAFE_INTEGER,
    serial: 0,
    stepsLeft: limits.stepsMax,
    depth: 0,
    viewDepth: 0,
    literalsMatter: false,
    writes: false,
    setsAlone: false,
  };
}

/** Counts work that is more than looking at one node. */
export function spend(walk: Walk, steps: number): void {
  walk.stepsLeft -= steps;
  if (walk.stepsLeft < 0) throw new TooMuch(tooManyParts);
}

/** Counts one node, and goes one level deeper for it. */
export function deeper<T>(walk: Walk, look: () => T): T {
  spend(walk, 1);
  walk.depth += 1;
  if (walk.depth > limits.depthMax) throw new TooMuch("nested too deeply");
  try {
    return look();
  } finally {
    walk.depth -= 1;
  }
}

const classOfCode: Readonly<Record<StatementCode, VerdictClass>> = {
  "no-personal-data": "pass",
  "personal-columns": "count",
  "personal-condition": "pass",
  "gathers-customers": "bulk",
  "launders-columns": "bulk",
  "leaves-by-server": "bulk",
  "unknown-routine": "unknown",
  "forbidden-routine": "bulk",
  "forbidden-relation": "bulk",
  "cannot-parse": "unknown",
  "cannot-resolve": "unknown",
  "changes-meaning": "unknown",
  defines: "pass",
};

/** Notes what decides about a statement. */
export function flag(walk: Walk, code: StatementCode, detail: string, as?: VerdictClass): void {
  const found = { code, class: as ?? classOfCode[code], detail };
  const same = walk.findings.some((one) => one.code === found.code && one.class === found.class);
  if (same && walk.findings.length >= limits.findingsMax) return;
  walk.findings.push(found);
}

export function nextSerial(walk: Walk): number {
  walk.serial += 1;
  return walk.serial;
}

export function freshValue(walk: Walk, type: string): Value {
  return newValue(nextSerial(walk), type);
}

export function freshCarrier(walk: Walk): Carrier {
  return { serial: nextSerial(walk), tells: new Set() };
}

export function freshSource(walk: Walk, given: Pick<Source, "relation"> & Partial<Source>): Source {
  return { keys: [], neverNull: [], ...given, serial: nextSerial(walk) };
}

/** The same personal columns, each source as another row that shows no key. */
export function ofOtherRows(walk: Walk, taints: ReadonlySet<Taint>): ReadonlySet<Taint> {
  if (taints.size === 0) return taints;
  const others = new Map<Source, Source>();
  return new Set(
    [...taints].map(({ source, origin }) => {
      const other = others.get(source) ?? freshSource(walk, { relation: source.relation });
      others.set(source, other);
      return { source: other, origin };
    }),
  );
}

/** Notes that a cell is looked at, without being shown. */
export function touch(walk: Walk, cell: Cell): void {
  for (const taint of taintsOf(cell)) {
    walk.touched.add(taint.origin);
    walk.conditionTaints.add(taint);
  }
}

/** Notes one condition: whatever its personal columns are compared with tells of them. */
export function touchCondition(walk: Walk, cell: Cell): void {
  const taints = taintsOf(cell);
  if (taints.size === 0) return;
  walk.conditions += 1;
  spend(walk, (cell.carriers.size * taints.size) >> 4);
  touch(walk, cell);
  for (const carrier of cell.carriers) for (const taint of taints) carrier.tells.add(taint);
}

/** Columns in words: "customers.email, customers.phone". */
export function describeTaints(taints: Iterable<Taint>): string {
  return describeOrigins([...taints].map((taint) => taint.origin));
}

export function describeOrigins(origins: Iterable<Origin>): string {
  const names = [...new Set([...origins].map(({ relation, column }) => `${relation}.${column}`))];
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
