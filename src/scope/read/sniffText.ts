import { encodingOf } from "../../lib/containers/detectFile.ts";
import { InputFile } from "./inputFile.ts";

const headBytes = 64 * 1024;

export type TextFormat = "lines" | "json-lines" | "json" | "sql";

const sqlSigns = [
  /^(?:INSERT|REPLACE)\s+(?:IGNORE\s+)?(?:INTO\s+)?[\w"`[.]+/im,
  /^COPY\s+[\w"`.]+(?:\s*\([^)]*\))?\s+FROM\s+stdin;/im,
  /^CREATE TABLE\s/im,
  /^-- (?:MySQL|MariaDB|PostgreSQL|phpMyAdmin)/im,
];
const sqlBeginning =
  /^(?:--|\/\*|(?:SET|INSERT|REPLACE|COPY|CREATE|DROP|BEGIN|PRAGMA|USE|START|LOCK|GO|ALTER|SELECT)\b|\\)/i;

/** What text is written as, by its head. */
export function sniffText(head: Buffer): TextFormat {
  const encoding = encodingOf(head);
  if (encoding === "utf-16le" || encoding === "utf-16be") return "lines";
  const text = head.toString("latin1").replace(/^\u00ef\u00bb\u00bf/, "");
  if (sqlSigns.some((sign) => sign.test(text)) && sqlBeginning.test(text.trimStart())) return "sql";
  if (/^\s*[[{]/.test(text)) return sniffJson(text);
  return "lines";
}

function sniffJson(text: string): TextFormat {
  const first = text.trimStart().split(/\r?\n/, 1)[0] as string;
  if (/^\{.*\}\s*$/.test(first) && isJson(first)) return "json-lines";
  if (/^\[.*\]\s*$/.test(first) && isJson(first) && /^\s*\[.*\]\s*\r?\n\s*\[/.test(text)) return "json-lines";
  // A line longer than the head may be either: an array is read as one.
  return /^\s*(?:\[\s*[[{\]]|\{\s*["}])/.test(text) ? "json" : "lines";
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether tasks may begin within: an SQL statement or a JSON array says only at its beginning what it is. */
export function isCutInPieces(file: string): boolean {
  using input = new InputFile(file);
  const format = sniffText(input.slice(0, headBytes));
  return format === "lines" || format === "json-lines";
}
