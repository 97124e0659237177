import {
  type Effect,
  type JudgedStatement,
  STATEMENT_CODES,
  type StatementCode,
  type Touched,
} from "../verdict.ts";
import {
  isKeyOf,
  keyRoots,
  type NamedCell,
  type Shape,
  type Source,
  sourcesOf,
  taintsOf,
} from "./lineage.ts";
import { describeOrigins, describeTaints, type Finding, type Walk } from "./walk.ts";

/** From what a walk found to the verdict on a statement. */

export type Outcome = Partial<Pick<JudgedStatement, "copyOut" | "copyIn" | "effect" | "writes">> & {
  verb: string;
  /** What reaches the client. */
  output?: Shape;
};

type Counting = Pick<JudgedStatement, "keys" | "keyless" | "nullCounts" | "keyTypes" | "personalOutput">;

export function verdictOf(walk: Walk, outcome: Outcome): JudgedStatement {
  const output = outcome.output ?? [];
  const taints = output.flatMap(({ cell }) => [...taintsOf(cell)]);
  for (const { origin } of taints) walk.touched.add(origin);
  const personal = taints.length > 0;
  if (
    personal &&
    output.some(({ cell }) => cell.gathered && taintsOf(cell).size > 0 && cell.taints.size === 0)
  ) {
    walk.findings.push({ code: "gathers-customers", class: "bulk", detail: describeTaints(taints) });
  }
  const codes = codesOf(walk, personal);
  return {
    class: classOf(walk.findings, personal),
    codes,
    detail: describe(walk, codes[0] as StatementCode, taints),
    verb: outcome.verb,
    writes: outcome.writes ?? walk.writes,
    touches: touchesOf(walk),
    conditions: walk.conditions,
    ...count(output),
    copyOut: outcome.copyOut ?? null,
    copyIn: outcome.copyIn ?? false,
    effect: outcome.effect ?? null,
  };
}

/** Keys that count the customers of a row; whoever has no key there is counted with every row. */
function count(output: Shape): Counting {
  const sources = sourcesOf(output.flatMap(({ cell }) => [...taintsOf(cell)]));
  // Behind a part of unknown width places are not known.
  const wide = output.findIndex(({ cell }) => cell.wide);
  const placed = wide < 0 ? output : output.slice(0, wide);
  const relied = new Map<number, number>();
  let keyless = 0;
  for (const source of sources) {
    const place = placeOfKey(source, placed, relied);
    if (place === null) keyless += 1;
    else relied.set(place, (relied.get(place) ?? 0) + 1);
  }
  const keys = [...relied.keys()].toSorted((one, other) => one - other);
  return {
    keys,
    keyless,
    nullCounts: keys.map((place) => relied.get(place) ?? 0),
    keyTypes: keys.map((place) => (placed[place] as NamedCell).cell.typeOid),
    personalOutput: placed.flatMap(({ cell }, place) => (taintsOf(cell).size > 0 ? [place] : [])),
  };
}

function placeOfKey(source: Source, placed: Shape, relied: ReadonlyMap<number, number>): number | null {
  const roots = keyRoots(source);
  const places = placed.flatMap(({ cell }, place) => (isKeyOf(roots, cell) ? [place] : []));
  const own = places.find((place) => source.keys.includes((placed[place] as NamedCell).cell.value as never));
  return own ?? places.find((place) => relied.has(place)) ?? places[0] ?? null;
}

const weightOfClass = { pass: 0, count: 1, unknown: 2, bulk: 3 } as const;

function classOf(findings: readonly Finding[], personal: boolean): JudgedStatement["class"] {
  const classes = [
    ...findings.map((finding) => finding.class),
    personal ? ("count" as const) : ("pass" as const),
  ];
  return classes.reduce((one, other) => (weightOfClass[other] > weightOfClass[one] ? other : one));
}

function codesOf(walk: Walk, personal: boolean): StatementCode[] {
  const codes = new Set<StatementCode>(
    walk.findings
      .toSorted(
        (one, other) =>
          weightOfClass[other.class] - weightOfClass[one.class] ||
          STATEMENT_CODES.indexOf(one.code) - STATEMENT_CODES.indexOf(other.code),
      )
      .map((finding) => finding.code),
  );
  if (personal) codes.add("personal-columns");
  else if (walk.touched.size > 0) codes.add("personal-condition");
  if (codes.size === 0) codes.add("no-personal-data");
  return [...codes];
}

const detailCharactersMax = 300;

function describe(walk: Walk, first: StatementCode, taints: Parameters<typeof describeTaints>[0]): string {
  const found = walk.findings.filter((finding) => finding.code === first).map((finding) => finding.detail);
  const text = found.length > 0 ? [...new Set(found)].join("; ") : describeTouch(walk, first, taints);
  return text.length > detailCharactersMax ? `${text.slice(0, detailCharactersMax - 1)}…` : text;
}

function describeTouch(
  walk: Walk,
  first: StatementCode,
  taints: Parameters<typeof describeTaints>[0],
): string {
  if (first === "personal-columns") return describeTaints(taints);
  if (first !== "personal-condition") return "";
  return describeOrigins(walk.touched);
}

function touchesOf(walk: Walk): Touched[] {
  const byRelation = Map.groupBy(walk.touched, (origin) => origin.relation);
  byRelation.delete(""); // Marks of a recursive query.
  return [...byRelation].map(([relation, origins]) => ({
    relation,
    columns: origins.map(({ column, kind }) => ({ name: column, kind })),
  }));
}

/** A verdict without output: what a text that cannot be read, or an effect alone, gets. */
export function plainVerdict(verb: string, effect: Effect | null = null): JudgedStatement {
  return {
    class: "pass",
    codes: ["no-personal-data"],
    detail: "",
    verb,
    writes: false,
    touches: [],
    conditions: 0,
    personalOutput: [],
    keys: [],
    keyless: 0,
    nullCounts: [],
    keyTypes: [],
    copyOut: null,
    copyIn: false,
    effect,
  };
}
