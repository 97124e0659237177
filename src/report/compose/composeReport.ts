import type { Said } from "../../gate.ts";
import { clocksOf } from "../../law/clocks.ts";
import type { Duty, Law } from "../../law/law.ts";
import { LAWS } from "../../law/laws.ts";
import { SekishoError } from "../../lib/error.ts";
import type { Material } from "../material.ts";
import { Assumptions, type AssumptionsInput, type Report } from "../report.ts";
import type { ReportKind } from "../reportCodes.ts";
import { boardItems } from "./composeBoard.ts";
import { costItems } from "./composeCost.ts";
import { fillItems, type Filled } from "./composeLaw.ts";
import { partnerItems } from "./composePartner.ts";
import { pressItems, publicItems } from "./composePublic.ts";

/** Which report is wanted. `law`: of the kinds that go to an authority. */
export type ReportRequest = {
  kind: ReportKind;
  law?: string | undefined;
  duty?: string | undefined;
  /** Code of the partner, as the customer table and the configuration name her. */
  partner?: string | undefined;
  assumptions?: AssumptionsInput | undefined;
  /** With contracts as laws; those of the house unless said. */
  laws?: readonly Law[] | undefined;
};

/** A report that was released, which a later one goes on from. */
export type Before = { entry: string; sha256: string; report: Report };

/**
 * Makes a report from what is on record. Pure: the same record gives the same report, so that anybody who has
 * the ledger can make it again and compare. Throws usage for a law, a duty or a partner that is not known.
 */
export function composeReport(
  material: Material,
  request: ReportRequest,
  before: Before | null = null,
): Report {
  const asked = askedOf(material, request);
  const filled = fill(material, request, { asked, before: before?.report ?? null });
  const { incident, organisation, timeZone, asOf, ledgerSize } = material;
  return {
    format: "sekisho-report/1",
    kind: request.kind,
    law:
      asked === null
        ? null
        : {
            id: asked.law.id,
            version: asked.law.version,
            duty: asked.duty.id,
            name: asked.law.name,
            recipient: asked.duty.recipient,
            source: asked.duty.source,
          },
    partner: request.partner ?? null,
    title: titleOf(request.kind, asked),
    organisation,
    timeZone,
    incident: { id: incident.id, number: incident.number, openedAt: incident.openedAt },
    asOf,
    ledgerSize,
    before: before === null ? null : { entry: before.entry, sha256: before.sha256 },
    items: filled.items,
    assumptions: request.kind === "cost" ? Assumptions.parse(request.assumptions ?? {}) : null,
    sources: filled.citations.sources,
  };
}

type Asked = { law: Law; duty: Duty };

function fill(
  material: Material,
  request: ReportRequest,
  { asked, before }: { asked: Asked | null; before: Report | null },
): Filled {
  switch (request.kind) {
    case "board":
      return boardItems(material);
    case "press":
      return pressItems(material, before);
    case "public":
      return publicItems(material, before);
    case "partner":
      return partnerItems(material, partnerOf(request), before);
    case "cost":
      return costItems(material, Assumptions.parse(request.assumptions ?? {}));
    default:
      return fillItems(material, asked as Asked, before);
  }
}

const forAuthority: readonly ReportKind[] = ["preliminary", "supplement", "final", "order"];

function askedOf(material: Material, request: ReportRequest): Asked | null {
  const laws = request.laws ?? LAWS;
  if (request.kind === "partner") return contractOf(laws, partnerOf(request));
  if (!forAuthority.includes(request.kind)) return null;
  const id = request.law ?? (request.kind === "order" ? "jp-authority-order" : "jp-appi");
  const law = laws.find((one) => one.id === id);
  if (law === undefined) {
    throw new SekishoError("usage", `Cannot report by "${id}": it is no law that is known`, {
      hint: `known: ${laws.map((one) => one.id).join(", ")}`,
    });
  }
  const duty = request.duty ?? usualDuty(law, request.kind, material);
  const found = law.duties.find((one) => one.id === duty);
  if (found !== undefined && found.items.length > 0) return { law, duty: found };
  const known = law.duties.filter(({ items }) => items.length > 0).map((one) => one.id);
  throw new SekishoError("usage", `Cannot report for the duty "${duty}" of ${law.id}: it has no items`, {
    hint: `known: ${known.join(", ")}`,
  });
}

/** APPI's two final reports differ by their trigger: the one whose trigger is met, or else may be. */
function usualDuty(law: Law, kind: ReportKind, { claims }: Material): string {
  const named = law.duties.filter(({ to, items }) => to === "authority" && items.length > 0);
  if (kind === "preliminary" || named.length < 2) {
    return (named.find(({ id }) => id === "preliminary") ?? named[0] ?? law.duties[0])?.id ?? "";
  }
  const finals = named.filter(({ id }) => id.startsWith("final"));
  const clocks = clocksOf(law, claims);
  const rankOf = ({ id }: Duty): number => {
    const answer = clocks.find(({ duty }) => duty.id === id)?.judged.answer;
    return answer === "yes" ? 0 : answer === "unknown" ? 1 : 2;
  };
  return (finals.toSorted((one, other) => rankOf(one) - rankOf(other))[0] ?? named[0])?.id ?? "";
}

/** What a contract with a partner says of telling her; null where there is none on file. */
function contractOf(laws: readonly Law[], partner: string): Asked | null {
  const law = laws.find(({ id }) => id === `contract-${partner}`);
  const duty = law?.duties[0];
  return law === undefined || duty === undefined ? null : { law, duty };
}

/** Throws usage where no partner is named. */
function partnerOf({ partner }: ReportRequest): string {
  if (partner !== undefined && partner.trim() !== "") return partner;
  throw new SekishoError("usage", "Cannot write to a partner that is not named", {
    hint: "name one with --partner CODE, as in the customer table",
  });
}

const titles: Readonly<Record<ReportKind, Said>> = {
  preliminary: { ja: "（速報）", en: "preliminary report" },
  supplement: { ja: "（追完）", en: "supplement" },
  final: { ja: "（確報）", en: "final report" },
  order: { ja: "", en: "report as ordered" },
  board: { ja: "取締役会への報告", en: "Report to the board" },
  partner: { ja: "お客様情報に関するご報告", en: "Notice concerning your customers' data" },
  press: {
    ja: "不正アクセスによる個人情報流出の可能性について",
    en: "On a possible leak of personal data",
  },
  public: { ja: "本件の経過", en: "What happened, and what we know" },
  cost: { ja: "費用の見積り", en: "Estimate of the cost" },
};

function titleOf(kind: ReportKind, asked: Asked | null): Said {
  const title = titles[kind];
  if (asked === null || kind === "partner") return title;
  const { law, duty } = asked;
  if (kind === "order") return { ja: duty.name.ja, en: duty.name.en };
  return {
    ja: `${law.name.ja} 個人データの漏えい等に関する報告${title.ja}`,
    en: `${law.name.en}: ${title.en}`,
  };
}
