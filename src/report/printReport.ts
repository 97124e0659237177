import { hash } from "node:crypto";
import { printCanonicalJson, type Json } from "../lib/canonicalJson.ts";
import { SekishoError, textOfError } from "../lib/error.ts";
import { Report } from "./report.ts";

export const limits = { fileBytesMax: 16 * 1024 ** 2 } as const;

/** The one form in which a report is kept and hashed: RFC 8785 JSON in UTF-8. */
export function printReport(report: Report): Buffer {
  return Buffer.from(printCanonicalJson(report as unknown as Json), "utf8");
}

/** SHA-256 of a report as it is kept. */
export function hashReport(report: Report): string {
  return hash("sha256", printReport(report));
}

/** Reads a report, in whatever white space. Throws input-too-large or input-unreadable. */
export function readReport(bytes: Uint8Array, name: string): Report {
  if (bytes.length > limits.fileBytesMax) {
    throw new SekishoError("input-too-large", `Cannot read ${name}: a report has at most 16 MiB`, {
      hint: "give a JSON file that sekisho report wrote",
    });
  }
  try {
    return Report.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (cause) {
    throw new SekishoError("input-unreadable", `Cannot read ${name} as a report: ${firstLine(cause)}`, {
      hint: "give a JSON file that sekisho report wrote, with --format json",
      cause,
    });
  }
}

function firstLine(error: unknown): string {
  const issues = (error as { issues?: { path: PropertyKey[]; message: string }[] }).issues;
  const [issue] = issues ?? [];
  if (issue !== undefined) return `${issue.path.map(String).join(".")}: ${issue.message}`;
  return textOfError(error).split("\n")[0] ?? "";
}
