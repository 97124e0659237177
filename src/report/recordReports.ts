import type { Entry, EntryId, EvidenceHash } from "../ledger/entry.ts";
import type { EvidenceStore } from "../ledger/evidence.ts";
import type { Recorder } from "../ledger/recorder.ts";
import { SekishoError } from "../lib/error.ts";
import type { KnownReport } from "./material.ts";
import { printReport } from "./printReport.ts";
import { hash } from "node:crypto";
import type { Report } from "./report.ts";
import { codes, NoticesCounted, Passage, Written } from "./reportCodes.ts";

export const limits = { restsMax: 256, reasonCharactersMax: 4_000 } as const;

/** Who does something, and why; the reason goes to the evidence store. */
export type Reasoned = { person: string; reason: string };

/** Writes what people add to reports, and what becomes of reports, into the ledger. Texts lie encrypted. */
export class ReportRecord {
  readonly #recorder: Pick<Recorder, "append">;
  readonly #evidence: EvidenceStore;

  constructor(parts: { recorder: Pick<Recorder, "append">; evidence: EvidenceStore }) {
    this.#recorder = parts.recorder;
    this.#evidence = parts.evidence;
  }

  #keep(text: string): Promise<EvidenceHash> {
    return this.#evidence.put(Buffer.from(text, "utf8"));
  }

  /** A passage for an item of reports, in a person's words. */
  async passage(incident: string, passage: { data: Passage; text: Written }, person: string): Promise<Entry> {
    const { topic, partner, replaces } = Passage.parse(passage.data);
    const evidence = await this.#keep(JSON.stringify(Written.parse(passage.text)));
    return this.#recorder.append({
      kind: "observed",
      code: codes.passage,
      about: { incident, topic, person },
      rests: replaces === null ? [] : [replaces],
      evidence: [evidence],
      data: { topic, partner, replaces },
    });
  }

  /** Whether an entry may stand on the public page and in what goes to the press. */
  async allowPublic(
    incident: string,
    what: { entry: string; allowed: boolean },
    said: Reasoned,
  ): Promise<Entry> {
    return this.#decide(incident, said, {
      code: codes.forPublic,
      about: { entry: what.entry },
      rests: [what.entry as EntryId],
      data: { allowed: what.allowed },
    });
  }

  /** Which handed-over scope counts for this incident. */
  async linkScope(incident: string, scope: string, said: Reasoned): Promise<Entry> {
    const rests = [scope as EntryId];
    return this.#decide(incident, said, { code: codes.scope, about: { scope }, rests, data: {} });
  }

  /** How far the notices to persons are, for what reports say of it. */
  async countNotices(incident: string, of: { campaign: string; counts: NoticesCounted }): Promise<Entry> {
    const { persons, states } = NoticesCounted.parse(of.counts);
    return this.#recorder.append({
      kind: "observed",
      code: codes.notices,
      about: { incident, campaign: of.campaign },
      data: { persons, states },
    });
  }

  /** Keeps a report as it was made; its entry is the report's name. */
  async draft(incident: string, of: { report: Report; number: number }, person: string): Promise<Entry> {
    const { report, number } = of;
    const bytes = printReport(report);
    const evidence = await this.#evidence.put(bytes);
    const rests = report.sources.slice(0, limits.restsMax).map(({ entry }) => entry as EntryId);
    return this.#recorder.append({
      kind: "observed",
      code: codes.drafted,
      about: { incident, person },
      rests,
      evidence: [evidence],
      data: {
        kind: report.kind,
        law: report.law?.id ?? null,
        partner: report.partner,
        number,
        sha256: hash("sha256", bytes),
        sources: report.sources.length,
      },
    });
  }

  /**
   * One person's yes to a report leaving the house; the second's makes it final. Throws conflict for one that
   * is final, not-permitted where the same person gives both.
   */
  async release(incident: string, report: KnownReport, said: Reasoned): Promise<Entry> {
    if (report.releases.some(({ final }) => final)) {
      throw new SekishoError("conflict", "Cannot release this report: two persons have done so already", {
        hint: "reload the page",
      });
    }
    if (report.releases.some(({ person }) => person === said.person)) {
      throw new SekishoError("not-permitted", "Cannot give the second release too: another person has to", {
        hint: "ask a second person who may release reports",
      });
    }
    const final = report.releases.length > 0;
    return this.#decide(incident, said, {
      code: codes.released,
      about: { report: report.report },
      rests: [report.record.entry, ...report.releases.map(({ record }) => record.entry)] as EntryId[],
      data: { final, kind: report.kind, sha256: report.sha256 },
    });
  }

  /** A released report was handed in; the reason is the receipt. Throws conflict for one not released. */
  async file(incident: string, of: { report: KnownReport; at: string }, said: Reasoned): Promise<Entry> {
    const { report, at } = of;
    const last = report.releases.find(({ final }) => final);
    if (last === undefined) {
      throw new SekishoError("conflict", "Cannot file this report: two persons have to release it first", {
        hint: "release it, then record the filing",
      });
    }
    const evidence = await this.#keep(checked(said.reason));
    return this.#recorder.append({
      kind: "enforced",
      code: codes.filed,
      about: { incident, report: report.report, person: said.person },
      rests: [report.record.entry, last.record.entry] as EntryId[],
      evidence: [evidence],
      data: { at, law: report.law, kind: report.kind, sha256: report.sha256, state: "filed" },
    });
  }

  async #decide(
    incident: string,
    said: Reasoned,
    draft: {
      code: string;
      about: Record<string, string>;
      rests: EntryId[];
      data: Record<string, string | boolean>;
    },
  ): Promise<Entry> {
    const reason = await this.#keep(checked(said.reason));
    const about = { ...draft.about, incident, person: said.person };
    return this.#recorder.append({ ...draft, kind: "decided", about, evidence: [reason] });
  }
}

function checked(reason: string): string {
  if (reason.trim() !== "" && reason.length <= limits.reasonCharactersMax) return reason;
  throw new SekishoError("usage", `Cannot go on without a reason of 1 to ${limits.reasonCharactersMax}`, {
    hint: "say in a sentence why",
  });
}
