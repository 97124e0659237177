import { readFile } from "node:fs/promises";
import { resolve, dirname } from "node:path";
import { isMap, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import { z } from "zod";
import { MailSettings } from "./gates/mail/settings.ts";
import { OutboundSettings } from "./gates/outbound/settings.ts";
import { RecordsSettings } from "./gates/records/settings.ts";
import { IncidentSettings } from "./incident/settings.ts";
import { SekishoError, textOfError } from "./lib/error.ts";
import { NoticeSettings } from "./notice/settings.ts";

const RosterPerson = z.strictObject({
  name: z.string().min(1).max(200).describe("Name, as it stands beside decisions."),
  email: z.email().describe("Address under which the person signs in."),
  phone: z.string().min(3).max(40).optional().describe("Telephone number, for the cut-off card."),
  roles: z
    .array(z.enum(["operator", "analyst", "approver", "privacy-officer", "administrator", "auditor"]))
    .describe("Roles that an invitation of this person proposes."),
});

/** The one schema of `sekisho.yaml`; docs/config.md is printed from it. */
export const Config = z.strictObject({
  organisation: z.string().min(1).max(200).describe("Name of the organisation, as it stands in reports."),
  timeZone: z
    .string()
    .refine(isTimeZone, { error: "not a time zone of the IANA data base, such as Asia/Tokyo" })
    .default("Asia/Tokyo")
    .describe("The one zone of all times on the pages."),
  dataFolder: z.string().default("data").describe("Ledger, evidence, keys and state; relative to this file."),
  origin: z
    .string()
    .regex(/^[a-z0-9.-]+(\/[a-z0-9.-]+)*$/)
    .default("sekisho.invalid/ledger")
    .describe(
      "Name of this ledger in its checkpoints (C2SP tlog-checkpoint); never changed after the first start.",
    ),
  console: z
    .strictObject({
      host: z.string().default("127.0.0.1").describe("Address to listen on."),
      port: z.int().min(0).max(65_535).default(8_443).describe("Port to listen on."),
      url: z
        .url()
        .optional()
        .describe("URL under which people open the console, where a proxy stands before it."),
      metricsFrom: z
        .array(z.string())
        .default(["127.0.0.0/8", "::1"])
        .describe("Networks that may read /metrics."),
    })
    .prefault({})
    .describe("The pages and the API."),
  state: z
    .strictObject({
      databaseUrlFile: z
        .string()
        .optional()
        .describe("File that holds the PostgreSQL URL; else DATABASE_URL; else PGlite."),
    })
    .prefault({})
    .describe("The state store."),
  log: z
    .strictObject({
      level: z
        .enum(["fatal", "error", "warn", "info", "debug", "trace"])
        .default("info")
        .describe("Least level written."),
    })
    .prefault({})
    .describe("The log: JSON lines on standard error, without personal data."),
  roster: z.array(RosterPerson).default([]).describe("The people who answer for decisions."),
  incident: IncidentSettings.prefault({}).describe("How findings become incidents."),
  mail: MailSettings.optional().describe("The mail gate; without this section it does not run."),
  outbound: OutboundSettings.optional().describe("The outbound gate; without this section it does not run."),
  notice: NoticeSettings.optional().describe(
    "Notices to affected persons; without this section none are sent.",
  ),
  records: RecordsSettings.optional().describe("The records gate; without this section it does not run."),
});
export type Config = z.infer<typeof Config>;

/** A mistake in the file, with its place and its mend. */
export type ConfigMistake = { line: number; column: number; path: string; problem: string; mend: string };

function isTimeZone(value: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

/** Reads and checks a configuration text: the configuration, or every mistake in it. */
export function readConfig(text: string): { config: Config } | { mistakes: ConfigMistake[] } {
  const lines = new LineCounter();
  // YAML 1.2 core; aliases are refused, so that a small file stays small.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    const mistakes = document.errors.map((error) => ({
      line: error.linePos?.[0].line ?? 1,
      column: error.linePos?.[0].col ?? 1,
      path: "",
      problem: error.message.split("\n")[0] ?? "not YAML",
      mend: "write it as YAML: two spaces of indentation, `key: value`",
    }));
    return { mistakes };
  }
  const parsed = Config.safeParse(document.toJS({ maxAliasCount: 0 }) ?? {});
  if (parsed.success) return { config: parsed.data };
  const mistakes = parsed.error.issues.flatMap((issue) => explain(issue, document, lines));
  return { mistakes: mistakes.sort((one, other) => one.line - other.line) };
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue, document: Document, lines: LineCounter): ConfigMistake[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const known = knownKeys(issue.path);
      const near = nearest(key, known);
      const mend = near === null ? `known here: ${known.join(", ")}` : `did you mean "${near}"?`;
      return { ...placeOf(path, document, lines), problem: `unknown key "${key}"`, mend };
    });
  }
  const place = placeOf(issue.path, document, lines);
  const described = describedAt(issue.path);
  const missing = issue.code === "invalid_type" && document.getIn(issue.path) === undefined;
  const problem = missing ? "missing" : lowerFirst(issue.message);
  return [{ ...place, problem, mend: described ?? "see docs/config.md" }];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

type Path = readonly PropertyKey[];

/** Where a path, or the nearest thing above it, stands in the file. */
function placeOf(
  path: Path,
  document: Document,
  lines: LineCounter,
): { line: number; column: number; path: string } {
  const printed = path.map(String).join(".");
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(path.slice(0, length), document);
    if (offset === null) continue;
    const { line, col } = lines.linePos(offset);
    return { line, column: col, path: printed };
  }
  return { line: 1, column: 1, path: printed };
}

function offsetOf(path: Path, document: Document): number | null {
  if (path.length === 0) return 0;
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === path.at(-1));
    if (isScalar(pair?.key)) return pair.key.range?.[0] ?? null;
  }
  const node = document.getIn(path, true) as { range?: [number, number, number] } | undefined;
  return node?.range?.[0] ?? null;
}

/** The schema at a path, through optional and default wrappers. */
export function schemaAt(path: Path): z.ZodType | null {
  let schema: z.ZodType = Config;
  for (const step of path) {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodObject) {
      const next = (inner.shape as Record<string, z.ZodType>)[String(step)];
      if (next === undefined) return null;
      schema = next;
    } else if (inner instanceof z.ZodArray) {
      schema = inner.element as z.ZodType;
    } else {
      return null;
    }
  }
  return schema;
}

/** The schema inside optional, default and prefault wrappers. */
export function unwrap(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap() as z.ZodType;
  }
  return inner;
}

function describedAt(path: Path): string | null {
  const schema = schemaAt(path);
  return schema?.description ?? (schema === null ? null : (unwrap(schema).description ?? null));
}

function knownKeys(path: Path): string[] {
  const schema = schemaAt(path);
  const inner = schema === null ? null : unwrap(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function nearest(word: string, known: string[]): string | null {
  const scored = known.map((key) => ({ key, distance: distanceOf(word.toLowerCase(), key.toLowerCase()) }));
  const best = scored.sort((one, other) => one.distance - other.distance)[0];
  return best !== undefined && best.distance <= Math.max(2, word.length / 3) ? best.key : null;
}

/** Levenshtein distance. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (let at = 1; at <= one.length; at++) {
    const next = [at];
    for (let to = 1; to <= other.length; to++) {
      const same = one[at - 1] === other[to - 1] ? 0 : 1;
      next[to] = Math.min(
        (row[to] as number) + 1,
        (next[to - 1] as number) + 1,
        (row[to - 1] as number) + same,
      );
    }
    row = next;
  }
  return row[other.length] as number;
}

/** A mistake as one line, the way compilers print it. */
export function printMistake(file: string, mistake: ConfigMistake): string {
  const path = mistake.path === "" ? "" : `${mistake.path}: `;
  return `${file}:${mistake.line}:${mistake.column}: ${path}${mistake.problem}\n    ${mistake.mend}`;
}

export type LoadedConfig = { config: Config; file: string; dataFolder: string };

/** Loads a configuration file; throws config-missing or config-invalid with every mistake in the message. */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const file = resolve(path);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new SekishoError("config-missing", `Cannot read ${path}: ${textOfError(cause)}`, {
      hint: "run: sekisho check --sample > sekisho.yaml",
      cause,
    });
  }
  const read = readConfig(text);
  if ("mistakes" in read) {
    const printed = read.mistakes.map((mistake) => printMistake(path, mistake)).join("\n");
    const count = read.mistakes.length;
    throw new SekishoError("config-invalid", `Cannot use ${path}: ${count} mistakes\n${printed}`, {
      hint: "docs/config.md describes every key",
    });
  }
  return { config: read.config, file, dataFolder: resolve(dirname(file), read.config.dataFolder) };
}
