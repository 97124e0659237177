import { createWriteStream } from "node:fs";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { SekishoError, textOfError } from "../lib/error.ts";
import type { Language } from "../lib/language.ts";
import { hashReport, limits, printReport, readReport } from "../report/printReport.ts";
import { printHtml } from "../report/render/printHtml.ts";
import type { Report } from "../report/report.ts";
import { printText } from "./printReports.ts";

export type ReportForm = "text" | "html" | "pdf" | "json";

/** Writes a report into a file, or to standard output where none is named. */
export async function writeReport(
  report: Report,
  { form, language, out }: { form: ReportForm; language: Language; out: string | undefined },
): Promise<void> {
  const options = { language, sha256: hashReport(report), released: false };
  if (form === "pdf") {
    const { printPdf } = await import("../report/render/printPdf.ts");
    const file = out as string;
    // A file that breaks off in the middle looks like a report; it gets its name when it is whole.
    try {
      const { pages, missing } = await printPdf(
        report,
        createWriteStream(`${file}.part`, { mode: 0o600 }),
        options,
      );
      await rename(`${file}.part`, file);
      const gaps =
        missing.length === 0 ? "" : `; printed as 〓, since no font here has them: ${missing.join(" ")}`;
      process.stderr.write(`${file}: ${pages} pages${gaps}\n`);
    } catch (error) {
      await rm(`${file}.part`, { force: true });
      throw error;
    }
    return;
  }
  const printed =
    form === "html"
      ? printHtml(report, options)
      : form === "json"
        ? `${printReport(report).toString("utf8")}\n`
        : printText(report, language);
  if (out === undefined) process.stdout.write(printed);
  else await writeFile(out, printed, { mode: 0o600 });
}

/** Reads a report of this command. Throws input-unreadable or input-too-large. */
export async function readReportFile(file: string): Promise<Report> {
  try {
    if ((await stat(file)).size > limits.fileBytesMax)
      return readReport(Buffer.alloc(limits.fileBytesMax + 1), file);
    return readReport(await readFile(file), file);
  } catch (cause) {
    if (cause instanceof SekishoError) throw cause;
    throw new SekishoError("input-unreadable", `Cannot read ${file}: ${textOfError(cause)}`, {
      hint: "see that the file exists and may be read",
      cause,
    });
  }
}
