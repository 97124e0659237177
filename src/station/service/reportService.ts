import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Incidents } from "../../incident/incidents.ts";
import type { Law } from "../../law/law.ts";
import type { EntryId, EvidenceHash } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import { SekishoError } from "../../lib/error.ts";
import { Turn } from "../../lib/turn.ts";
import { checkPublic, refuseUnlessPublic, type PublicProblem } from "../../report/checkPublic.ts";
import { collectCase, type CaseSource } from "../../report/collectCase.ts";
import { composeReport } from "../../report/compose/composeReport.ts";
import { diffReports } from "../../report/diffReports.ts";
import type { KnownReport, Material } from "../../report/material.ts";
import { printReport } from "../../report/printReport.ts";
import { readMaterial } from "../../report/readMaterial.ts";
import { beforeOf, familyOf, isFinal, openReport, type OpenEvidence } from "../../report/recompose.ts";
import { ReportRecord } from "../../report/recordReports.ts";
import { printHtml } from "../../report/render/printHtml.ts";
import { isOutside } from "../../report/render/words.ts";
import type { Report } from "../../report/report.ts";
import type { Person } from "../services.ts";
import { choicesOf } from "./reportChoices.ts";
import type { ReportFormat, ReportInput, ReportRow, ReportService, ReportsView } from "./reportTypes.ts";

/** `settled`: what was written before is found by what is asked after. */
export type ReportSource = CaseSource & { settled(): Promise<void> };

export type ReportServiceOptions = {
  source: ReportSource;
  recorder: Pick<Recorder, "append">;
  evidence: EvidenceStore;
  incidents: Incidents;
  /** With those that contracts make. */
  laws: readonly Law[];
  organisation: string;
  timeZone: string;
  nameOf: (person: string) => Promise<string | null>;
  now: () => Temporal.Instant;
};

/** Reports as the pages see them: made from the ledger, kept, released by two persons, filed. */
export function createReportService(options: ReportServiceOptions): ReportService {
  const room = new ReportRoom(options);
  return {
    list: (incident) => room.list(incident),
    preview: async (incident, input) => (await room.compose(incident, input)).report,
    check: (incident, of) => room.checkWhole(incident, of),
    draft: (incident, input, by) => room.draft(incident, input, by),
    get: async (incident, report) => (await room.open(incident, report)).report,
    file: (incident, report, format) => room.file(incident, report, format),
    async diff(incident, from, to) {
      const [before, after] = [await room.open(incident, from), await room.open(incident, to)];
      return diffReports(before.report, after.report);
    },
    release: (incident, report, reason, by) => room.release(incident, report, { reason, person: by.id }),
    filed: (incident, report, filing, by) => room.filed(incident, report, { ...filing, person: by.id }),
    async passage(incident, { text, ...data }, by) {
      await room.check(incident, data.replaces === null ? [] : [data.replaces]);
      const replaces = data.replaces as EntryId | null;
      await room.record.passage(incident, { data: { ...data, replaces }, text }, by.id);
      return room.list(incident);
    },
    async allowPublic(incident, { entry, allowed, reason }, by) {
      await room.check(incident, [entry]);
      await room.record.allowPublic(incident, { entry, allowed }, { reason, person: by.id });
      return room.list(incident);
    },
    async countNotices(incident, of) {
      await room.check(incident, []);
      await room.record.countNotices(incident, of);
    },
    async linkScope(incident, scope, reason, by) {
      await room.checkScope(incident, scope);
      await room.record.linkScope(incident, scope, { reason, person: by.id });
      return room.list(incident);
    },
  };
}

class ReportRoom {
  readonly record: ReportRecord;
  readonly #options: ReportServiceOptions;
  readonly #open: OpenEvidence;
  /** Two second releases at the same moment would both be final. */
  readonly #turn = new Turn();

  constructor(options: ReportServiceOptions) {
    this.#options = options;
    this.record = new ReportRecord(options);
    this.#open = (evidence) => options.evidence.get(evidence as EvidenceHash).catch(() => null);
  }

  /** What is on record now. Throws not-found. */
  async material(incident: string): Promise<Material> {
    const { source, incidents, organisation, timeZone, now } = this.#options;
    await incidents.get(incident);
    await source.settled();
    const ledgerSize = await source.size();
    const rows = await collectCase(source, incident);
    // What was written in this very millisecond is on record too.
    const asOf = now().add({ milliseconds: 1 });
    const open = this.#open;
    const found = await readMaterial(incident, rows, { organisation, timeZone, asOf, ledgerSize, open });
    if (found !== null) return found;
    throw notFound(`the entries of incident ${incident}`);
  }

  async list(incident: string): Promise<ReportsView> {
    const material = await this.material(incident);
    const { scope, forPublic } = material;
    return {
      reports: await Promise.all(material.reports.toReversed().map((report) => this.#row(report))),
      passages: await Promise.all(
        material.passages.map(async ({ record, topic, partner, text, by }) => ({
          id: record.entry,
          topic,
          partner,
          text,
          by: await this.#nameOf(by),
          at: record.at,
          forPublic: forPublic.has(record.entry),
        })),
      ),
      forPublic: [...forPublic],
      scope:
        scope === null
          ? null
          : { entry: scope.record.entry, countedAt: scope.countedAt, persons: scope.persons },
      choices: choicesOf(this.#options.laws, material),
    };
  }

  async compose(incident: string, input: ReportInput): Promise<{ material: Material; report: Report }> {
    const material = await this.material(incident);
    // Which law it is by is settled by composing; what it goes on from is found by that.
    const request = { ...input, laws: this.#options.laws };
    const first = composeReport(material, request);
    const wanted = { kind: first.kind, law: first.law?.id ?? null, partner: first.partner };
    const before = await beforeOf(material, wanted, this.#open);
    return { material, report: before === null ? first : composeReport(material, request, before) };
  }

  draft(incident: string, input: ReportInput, by: Person): Promise<ReportRow> {
    return this.#turn.take(async () => {
      const { material, report } = await this.compose(incident, input);
      this.#refuse(report, material.forPublic);
      const wanted = { kind: report.kind, law: report.law?.id ?? null, partner: report.partner };
      const family = material.reports.filter((one) => familyOf(one) === familyOf(wanted));
      const number = Math.max(0, ...family.map((one) => one.number)) + 1;
      const { id } = await this.record.draft(incident, { report, number }, by.id);
      return this.#row((await this.#find(incident, id)).drafted);
    });
  }

  release(incident: string, report: string, said: { reason: string; person: string }): Promise<ReportRow> {
    return this.#turn.take(async () => {
      const { drafted, material } = await this.#find(incident, report);
      // What may be public can have changed since it was drafted.
      const opened = await this.open(incident, report);
      this.#refuse(opened.report, material.forPublic);
      await this.record.release(incident, drafted, said);
      return this.#row((await this.#find(incident, report)).drafted);
    });
  }

  /** Filing does the duty: its clock stops with who filed, when, and the receipt's number. */
  filed(
    incident: string,
    report: string,
    filing: { receipt: string; at: string; person: string },
  ): Promise<ReportRow> {
    return this.#turn.take(async () => {
      const { drafted } = await this.#find(incident, report);
      const { report: content } = await this.open(incident, report);
      if (drafted.filed !== null) {
        throw new SekishoError("conflict", "Cannot file this report: it was filed already", {
          hint: "reload the page",
        });
      }
      const said = { reason: filing.receipt, person: filing.person };
      await this.record.file(incident, { report: drafted, at: filing.at }, said);
      if (content.law !== null) {
        const at = Temporal.Instant.from(filing.at);
        const done = { law: content.law.id, duty: content.law.duty, at };
        const reason = `${filing.receipt} (${report}, SHA-256 ${drafted.sha256})`;
        await this.#options.incidents.facts.done(incident, done, { ...said, reason });
      }
      return this.#row((await this.#find(incident, report)).drafted);
    });
  }

  async open(incident: string, report: string): Promise<{ drafted: KnownReport; report: Report }> {
    const { drafted } = await this.#find(incident, report);
    const opened = await openReport(drafted, this.#open);
    if (opened !== null) return { drafted, report: opened.report };
    throw new SekishoError("evidence-erased", `Cannot open report ${report}: it was erased`, {
      hint: "draft it anew",
    });
  }

  async file(
    incident: string,
    id: string,
    { format, language }: { format: ReportFormat; language: "ja" | "en" },
  ): Promise<{ name: string; type: string; bytes: Uint8Array }> {
    const { drafted, report } = await this.open(incident, id);
    const name = `${report.kind}-${report.incident.number}-${drafted.number}.${format}`;
    if (format === "json") return { name, type: "application/json", bytes: printReport(report) };
    const people = isOutside(report.kind) ? new Map<string, string>() : await this.#people(report);
    const options = { language, people, sha256: drafted.sha256, released: isFinal(drafted) };
    if (format === "html")
      return { name, type: "text/html; charset=utf-8", bytes: Buffer.from(printHtml(report, options)) };
    // Loaded when it is first wanted: fonts and all.
    const { printPdf } = await import("../../report/render/printPdf.ts");
    const sink = new PassThrough();
    const [bytes] = await Promise.all([buffer(sink), printPdf(report, sink, options)]);
    return { name, type: "application/pdf", bytes };
  }

  /** Throws not-found for an entry that is not of this incident. */
  async check(incident: string, entries: readonly string[]): Promise<void> {
    const { source, incidents } = this.#options;
    await incidents.get(incident);
    await source.settled();
    const rows = entries.length === 0 ? [] : await collectCase(source, incident);
    const missing = entries.find((id) => !rows.some(({ entry }) => entry.id === id));
    if (missing !== undefined) throw notFound(`entry ${missing} of this incident`);
  }

  async checkScope(incident: string, scope: string): Promise<void> {
    const { source, incidents } = this.#options;
    await incidents.get(incident);
    await source.settled();
    const [row] = await source.byId([scope]);
    if (row?.entry.code !== "scope-handed-over") throw notFound(`a scope that was handed over as ${scope}`);
  }

  /** As it would be now, or as it was drafted. */
  async checkWhole(incident: string, of: ReportInput | { report: string }): Promise<PublicProblem[]> {
    if (!("report" in of)) {
      const { material, report } = await this.compose(incident, of);
      return this.#check(report, material.forPublic);
    }
    const { material } = await this.#find(incident, of.report);
    return this.#check((await this.open(incident, of.report)).report, material.forPublic);
  }

  #check(report: Report, allowed: ReadonlySet<string>): PublicProblem[] {
    if (report.kind !== "public" && report.kind !== "press") return [];
    const today = this.#options.now().toZonedDateTimeISO(this.#options.timeZone).toPlainDate();
    return checkPublic(report, { allowed, today });
  }

  #refuse(report: Report, allowed: ReadonlySet<string>): void {
    refuseUnlessPublic(this.#check(report, allowed));
  }

  async #find(incident: string, report: string): Promise<{ drafted: KnownReport; material: Material }> {
    const material = await this.material(incident);
    const drafted = material.reports.find((one) => one.report === report);
    if (drafted === undefined) throw notFound(`report ${report} of this incident`);
    return { drafted, material };
  }

  async #row(report: KnownReport): Promise<ReportRow> {
    const { record, number, kind, law, partner, sha256, releases, filed } = report;
    const open = releases.length > 0 ? "seconding" : "draft";
    return {
      id: report.report,
      number,
      kind,
      law,
      partner,
      draftedAt: record.at,
      sha256,
      releases: await Promise.all(
        releases.map(async (one) => ({
          person: one.person,
          by: await this.#nameOf(one.person),
          at: one.record.at,
          final: one.final,
        })),
      ),
      state: filed !== null ? "filed" : isFinal(report) ? "released" : open,
    };
  }

  async #people(report: Report): Promise<Map<string, string>> {
    const ids = new Set(report.items.flatMap(({ sentences }) => sentences.flatMap(({ by }) => by ?? [])));
    return new Map(await Promise.all([...ids].map(async (id) => [id, await this.#nameOf(id)] as const)));
  }

  async #nameOf(person: string): Promise<string> {
    return (await this.#options.nameOf(person)) ?? person;
  }
}

function notFound(what: string): SekishoError {
  return new SekishoError("not-found", `Cannot find ${what}`, { hint: "reload the page" });
}
