import { classifyColumn } from "../../personal/classifyColumn.ts";
import {
  fieldOfKind,
  kindOfField,
  mapByNames,
  type CustomerField,
  type CustomerMap,
} from "../job/customerColumns.ts";
import type { TableSample } from "./sampleTable.ts";

export type ProposedLine = { field: CustomerField; column: string; sure: boolean; why: string };
export type ProposedMap = {
  lines: ProposedLine[];
  unused: { column: string; why: string }[];
  missing: string[];
};

/** What names say of columns that hold nothing of a person. */
const attributes: readonly [CustomerField, RegExp][] = [
  ["partner", /partner|affiliate|agency|提携|代理店/i],
  ["site", /site|channel|サイト|チャネル|販路/i],
  ["service", /service|product|plan|サービス|商品|旅行種別/i],
  ["booked_on", /book|reserv|予約日|申込日|受付日/i],
  ["language", /lang|locale|言語/i],
];
const keyNames = /(?:^|_)(?:id|no|number|code|key)$|番号$|コード$|ＩＤ$|ID$/i;

/** Proposes a map from names and values; a person looks at every line before it is used. */
export function proposeMap(sample: TableSample, today: Temporal.PlainDate): ProposedMap {
  const byName = mapByNames(sample.columns.map(({ name }) => name));
  const lines = new Map<CustomerField, ProposedLine>();
  const unused: ProposedMap["unused"] = [];
  const put = (line: ProposedLine): boolean => {
    const known = lines.get(line.field);
    if (known === undefined) lines.set(line.field, line);
    else if (line.field === "phone" && !lines.has("phone2"))
      lines.set("phone2", { ...line, field: "phone2" });
    else unused.push({ column: line.column, why: `${line.why}, as in ${known.column}; join them in a view` });
    return true;
  };
  const rest: TableSample["columns"] = [];
  for (const column of sample.columns) {
    const named = namedField(byName, column.name);
    const { kind, confidence } = classifyColumn(column.values, { name: column.name, type: "text" }, today);
    const field = kind === null ? undefined : fieldOfKind[kind];
    const share = `${Math.round(confidence * 100)} % by its values`;
    const filled = column.values.some((value) => value !== "");
    if (field !== undefined && (named === null || kindOfField[named] !== undefined))
      put({
        field: sameKind(named, field) ? (named as CustomerField) : field,
        column: column.name,
        sure: confidence >= 0.9,
        why: share,
      });
    else if (named !== null && named !== "customer_id" && (!filled || kindOfField[named] === undefined))
      put({
        field: named,
        column: column.name,
        sure: filled,
        why: filled ? "by its name" : "by its name; it is empty",
      });
    else rest.push(column);
  }
  const key = findKey(rest, byName.customer_id);
  if (key !== null) put(key);
  for (const column of rest) {
    if (column.name === key?.column) continue;
    const field = attributes.find(([one, pattern]) => pattern.test(column.name) && !lines.has(one))?.[0];
    if (field !== undefined && isAttribute(column.values))
      put({ field, column: column.name, sure: false, why: "by its name; counts only" });
    else unused.push({ column: column.name, why: "neither its name nor its values say anything" });
  }
  return { lines: [...lines.values()], unused, missing: whatIsMissing(lines) };
}

function namedField(map: CustomerMap, column: string): CustomerField | null {
  const found = Object.entries(map).find(([, name]) => name === column);
  return found === undefined ? null : (found[0] as CustomerField);
}

/** phone2 holds what phone holds. */
function sameKind(named: CustomerField | null, field: CustomerField): boolean {
  return named !== null && kindOfField[named] === kindOfField[field];
}

/** The column whose values all differ; one that is named like a key goes before another. */
function findKey(columns: TableSample["columns"], named: string | undefined): ProposedLine | null {
  const unique = columns.filter(
    ({ values }) =>
      values.every((value) => /^[\w.:-]{1,64}$/.test(value)) && new Set(values).size === values.length,
  );
  const best =
    unique.find(({ name }) => name === named) ??
    unique.find(({ name }) => /customer|member|user|kokyaku|顧客|会員/i.test(name)) ??
    unique.find(({ name }) => keyNames.test(name)) ??
    unique[0];
  if (best === undefined) return null;
  const sure = best.name === named || keyNames.test(best.name);
  return { field: "customer_id", column: best.name, sure, why: `all ${best.values.length} values differ` };
}

function isAttribute(values: readonly string[]): boolean {
  const filled = values.filter((value) => value !== "");
  return filled.length > 0 && (new Set(filled).size < filled.length || filled.length < 20);
}

function whatIsMissing(lines: ReadonlyMap<CustomerField, ProposedLine>): string[] {
  const missing: string[] = [];
  if (!lines.has("customer_id")) missing.push("customer_id: no column has values that all differ");
  const persons = [...lines.keys()].filter((field) => kindOfField[field] !== undefined);
  if (persons.length < 2) missing.push("columns of persons: fewer than two were found");
  return missing;
}

/** The proposal as YAML that \`--map\` takes; no value of the table is in it. */
export function printMap(sample: TableSample, { lines, unused, missing }: ProposedMap): string {
  const width = Math.max(0, ...lines.map(({ field, column }) => `${field}: ${quoted(column)}`.length));
  const head = [
    `# Proposed from ${sample.rows} rows of ${sample.source.replaceAll(/[\r\n]/g, " ")}.`,
    "# Look at each line before you use it: sekisho scope INPUT… --map THIS-FILE …",
  ];
  const body = lines.map(({ field, column, sure, why }) => {
    const line = `${field}: ${quoted(column)}`.padEnd(width);
    return `${line}  # ${sure ? "" : "NOT SURE: "}${why}`;
  });
  const rest = unused.map(({ column, why }) => `# not used: ${quoted(column)} (${why})`);
  return `${[...head, ...body, ...rest, ...missing.map((one) => `# MISSING ${one}`)].join("\n")}\n`;
}

function quoted(column: string): string {
  return /^[A-Za-z_][\w-]*$/.test(column) ? column : JSON.stringify(column);
}
