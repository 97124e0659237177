import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { loadConfig } from "../config.ts";
import { lawOfContract } from "../law/contract.ts";
import type { Law } from "../law/law.ts";
import { LAWS } from "../law/laws.ts";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { languageOf, type Language } from "../lib/language.ts";
import { checkPublic, refuseUnlessPublic } from "../report/checkPublic.ts";
import { composeReport, type ReportRequest } from "../report/compose/composeReport.ts";
import { diffReports } from "../report/diffReports.ts";
import type { Material } from "../report/material.ts";
import { hashReport } from "../report/printReport.ts";
import { LedgerFiles, openEvidenceOf } from "../report/readLedgerFiles.ts";
import { readMaterial, recordOf } from "../report/readMaterial.ts";
import { beforeOf, recompose, type OpenEvidence } from "../report/recompose.ts";
import { Assumptions, Report } from "../report/report.ts";
import type { ReportKind } from "../report/reportCodes.ts";
import { verifyReport, type Found } from "../report/verifyReport.ts";
import { printDiff, printProblems } from "./printReports.ts";
import { readReportFile, writeReport, type ReportForm } from "./reportFiles.ts";

const help = `sekisho report WHAT --incident N [--format text|html|pdf|json] [--out FILE] [--lang ja|en]
    makes a report from what is on record of an incident; nothing is recorded or sent by it
    appi        report by Japan's APPI: --kind preliminary (default), supplement, final
    order       the five items of an authority's order
    gdpr | korea | singapore | california   [--duty ID] [--kind KIND]
    board       one page for the board
    partner     letter to a partner: --partner CODE, with her own number only
    press       draft of a press release      } only entries that were allowed to be public;
    public      the public page, static HTML  } refused while they hold personal data
    cost        estimate; --assume NAME=VALUE…, names: ${Object.keys(Assumptions.shape).join(", ")}
sekisho report diff BEFORE.json AFTER.json [--json]     what one version says and the other does not
sekisho report verify FILE.json [--json]
    holds a report against the ledger, line by line: every entry that it cites is there with these bytes
    and leads to the signed root, and every sentence is what the record says when the report is made anew;
    0 as the ledger says, 10 not
    without the keys of the data folder (a copy of the ledger is enough) only the entries are checked

sekisho report schema          JSON schema of the files that --format json writes

  --data DIR       data folder of a station, running or not, or a copy of its ledger (default: --config)
  --config FILE    where the data folder is named (default: sekisho.yaml)
  --as-of MOMENT   a day (2016-06-14) or an instant: what was on record then (default: now)
  --organisation NAME, --time-zone ZONE   where there is no configuration
`;

const options = {
  incident: { type: "string" },
  kind: { type: "string" },
  duty: { type: "string" },
  partner: { type: "string" },
  assume: { type: "string", multiple: true },
  format: { type: "string" },
  out: { type: "string" },
  data: { type: "string" },
  config: { type: "string" },
  "as-of": { type: "string" },
  organisation: { type: "string" },
  "time-zone": { type: "string" },
  lang: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
type Values = ReturnType<typeof readArguments<typeof options>>["values"];

/** What a first word stands for. */
const kinds: Readonly<Record<string, { kind: ReportKind; law?: string }>> = {
  appi: { kind: "preliminary", law: "jp-appi" },
  order: { kind: "order", law: "jp-authority-order" },
  gdpr: { kind: "preliminary", law: "eu-gdpr" },
  korea: { kind: "preliminary", law: "kr-pipa" },
  singapore: { kind: "preliminary", law: "sg-pdpa" },
  california: { kind: "preliminary", law: "us-ca-1798-82" },
  board: { kind: "board" },
  partner: { kind: "partner" },
  press: { kind: "press" },
  public: { kind: "public" },
  cost: { kind: "cost" },
};

/** Runs \`sekisho report\`; gives the exit status. */
export async function reportCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho report");
  const [verb, ...files] = positionals;
  if (values.help === true || verb === undefined) {
    process.stdout.write(help);
    return values.help === true ? 0 : 2;
  }
  if (verb === "schema") {
    process.stdout.write(`${JSON.stringify(z.toJSONSchema(Report), null, 2)}\n`);
    return 0;
  }
  if (verb === "diff") return diff(files, values);
  if (verb === "verify") return verify(files, values);
  const wanted = Object.hasOwn(kinds, verb) ? kinds[verb] : undefined;
  if (wanted === undefined) throw usage(`Cannot run "report ${verb}": there is no such report`);
  return make(requestOf(wanted, values), values);
}

function usage(message: string): SekishoError {
  return new SekishoError("usage", message, { hint: "try: sekisho report --help" });
}

function requestOf(wanted: { kind: ReportKind; law?: string }, values: Values): ReportRequest {
  const named = ["preliminary", "supplement", "final"] as const;
  const kind = named.find((one) => one === values.kind);
  if (values.kind !== undefined && (kind === undefined || wanted.kind !== "preliminary"))
    throw usage(
      `Cannot make a report of the kind "${values.kind}": ${named.join(", ")} of a law's are known`,
    );
  const assumptions = Assumptions.safeParse(Object.fromEntries((values.assume ?? []).map(assumed)));
  if (!assumptions.success) {
    const [issue] = assumptions.error.issues;
    throw usage(`Cannot assume ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "it is not known"}`);
  }
  const { duty, partner } = values;
  return { kind: kind ?? wanted.kind, law: wanted.law, duty, partner, assumptions: assumptions.data };
}

function assumed(text: string): [string, number] {
  const [, name = "", value = ""] = /^([a-zA-Z]+)=([\d._]+)$/.exec(text) ?? [];
  if (name === "") throw usage(`Cannot read "${text}": NAME=NUMBER is needed`);
  return [name, Number(value.replaceAll("_", ""))];
}

async function make(request: ReportRequest, values: Values): Promise<number> {
  if (values.incident === undefined) throw usage("Cannot make a report without --incident NUMBER");
  const place = await placeOf(values);
  const language = languageOf(values.lang);
  const form = formOf(values);
  const ledger = await LedgerFiles.open(place.folder);
  const open = (await openEvidenceOf(place.folder)) ?? cannotOpen(place.folder);
  const { incident, rows } = await ledger.caseOf(values.incident);
  const asOf = momentOf(values["as-of"], place.timeZone);
  const { organisation, timeZone } = place;
  const ledgerSize = await ledger.size();
  const material = await readMaterial(incident, rows, { organisation, timeZone, asOf, ledgerSize, open });
  if (material === null) {
    throw new SekishoError("not-found", `Cannot report as of ${asOf}: the incident was not open yet`, {
      hint: "give a later moment with --as-of",
    });
  }
  const report = await composeWithBefore(material, { ...request, laws: place.laws }, open);
  if (report.kind === "public" || report.kind === "press") {
    const today = Temporal.Now.plainDateISO(timeZone);
    refuseUnlessPublic(checkPublic(report, { allowed: material.forPublic, today }));
  }
  await writeReport(report, { form, language, out: values.out });
  return 0;
}

async function composeWithBefore(
  material: Material,
  request: ReportRequest,
  open: OpenEvidence,
): Promise<Report> {
  const first = composeReport(material, request);
  const wanted = { kind: first.kind, law: first.law?.id ?? null, partner: first.partner };
  const before = await beforeOf(material, wanted, open);
  return before === null ? first : composeReport(material, request, before);
}

function cannotOpen(folder: string): never {
  throw new SekishoError("key-missing", `Cannot read what people wrote: ${folder} holds no keys`, {
    hint: "give the data folder of the station itself; a copy of the ledger is enough for report verify",
  });
}

function formOf({ format, json, out }: Values): ReportForm {
  const forms = ["text", "html", "pdf", "json"] as const;
  const named =
    format ?? (json === true ? "json" : (/\.(html|pdf|json|txt)$/.exec(out ?? "")?.[1] ?? "text"));
  const form = forms.find((one) => one === (named === "txt" ? "text" : named));
  if (form === undefined) throw usage(`Cannot write "${named}": ${forms.join(", ")} are known`);
  if (form === "pdf" && out === undefined) throw usage("Cannot print a PDF here: --out FILE is needed");
  return form;
}

/** A day counts to its end. */
function momentOf(text: string | undefined, timeZone: string): Temporal.Instant {
  if (text === undefined) return Temporal.Now.instant();
  try {
    if (!/^\d{4}-\d\d-\d\d$/.test(text)) return Temporal.Instant.from(text);
    const end = Temporal.PlainDate.from(text).add({ days: 1 }).toZonedDateTime(timeZone).toInstant();
    return end.subtract({ milliseconds: 1 });
  } catch {
    throw usage(`Cannot read "${text}" as a moment: a day (2016-06-14) or an instant is needed`);
  }
}

type Place = { folder: string; organisation: string; timeZone: string; laws: readonly Law[] };

async function placeOf(values: Values): Promise<Place> {
  const file = values.config ?? "sekisho.yaml";
  const configured = values.config !== undefined || (values.data === undefined && existsSync(file));
  const loaded = configured ? await loadConfig(file) : null;
  const folder = values.data === undefined ? loaded?.dataFolder : resolve(values.data);
  if (folder === undefined) {
    throw new SekishoError("usage", "Cannot tell where the ledger is", {
      hint: "give the data folder with --data DIR, or a station with --config FILE",
    });
  }
  return {
    folder,
    organisation: values.organisation ?? loaded?.config.organisation ?? "—",
    timeZone: zoneOf(values["time-zone"] ?? loaded?.config.timeZone ?? "Asia/Tokyo"),
    laws: [...LAWS, ...(loaded?.config.incident.contracts ?? []).map(lawOfContract)],
  };
}

function zoneOf(name: string): string {
  try {
    return Temporal.Now.zonedDateTimeISO(name).timeZoneId;
  } catch {
    throw usage(`Cannot count days in "${name}": it is no time zone that is known`);
  }
}

async function diff(files: readonly string[], values: Values): Promise<number> {
  const [before, after] = files;
  if (before === undefined || after === undefined) throw usage("Cannot compare without two JSON files");
  const changes = diffReports(await readReportFile(before), await readReportFile(after));
  const language: Language = languageOf(values.lang);
  process.stdout.write(values.json === true ? `${JSON.stringify(changes)}\n` : printDiff(changes, language));
  return 0;
}

async function verify(files: readonly string[], values: Values): Promise<number> {
  const [file] = files;
  if (file === undefined) throw usage("Cannot verify without a JSON file");
  const report = await readReportFile(file);
  const { folder } = await placeOf(values);
  const ledger = await LedgerFiles.open(folder);
  const cited = await ledger.byId(report.sources.map(({ entry }) => entry));
  const records = new Map<string, Found>();
  for (const row of cited)
    records.set(row.entry.id, { ...recordOf(row), unproven: await ledger.unproven(row.index) });
  const open = await openEvidenceOf(folder);
  const again = open === null ? null : await recomposed(report, ledger, open);
  const problems = verifyReport(report, (entry) => records.get(entry) ?? null, again);
  const result = {
    ok: problems.length === 0,
    sha256: hashReport(report),
    sources: report.sources.length,
    sentences: report.items.reduce((sum, { sentences }) => sum + sentences.length, 0),
    texts: again !== null,
    problems,
  };
  const printed = values.json === true ? `${JSON.stringify(result)}\n` : printProblems(result);
  process.stdout.write(printed);
  return result.ok ? 0 : 10;
}

async function recomposed(report: Report, ledger: LedgerFiles, open: OpenEvidence): Promise<Report | null> {
  const { rows } = await ledger.caseOf(report.incident.id);
  return recompose(report, rows, open);
}
