import type { Said } from "../../gate.ts";
import type { Material } from "../material.ts";
import type { Report, ReportItem, Table } from "../report.ts";
import { factPart } from "./factParts.ts";
import type { Filled } from "./composeLaw.ts";
import { passagePart, timelineTable } from "./recordParts.ts";
import { Citations, itemOf, timeSaid, together, type Part } from "./sentences.ts";

/** Only what a named person has allowed to be made public; everything else might as well not be on record. */
function allowedOnly(material: Material): Material {
  const isAllowed = ({ record }: { record: { entry: string } }): boolean =>
    material.forPublic.has(record.entry);
  return {
    ...material,
    // What is decided inside about a claim stays inside; which claim was picked shows by what stands.
    claims: material.claims.filter(isAllowed).map((claim) => ({ ...claim, pick: null })),
    passages: material.passages.filter((passage) => isAllowed(passage) && passage.partner === null),
    events: material.events.filter(isAllowed),
    findings: [],
    acts: [],
    tasks: [],
    notices: [],
    done: [],
    scope: material.scope !== null && isAllowed(material.scope) ? material.scope : null,
  };
}

/** What we have to offer, and nobody has to find out. */
const offered = ["measures", "measures-of-persons", "prevention", "contact"];

/** Outside, nobody is told who inside could settle it. */
function publicItem(
  citations: Citations,
  named: { code: string; name: Said },
  of: { part: Part; before: readonly ReportItem[] | null },
): ReportItem {
  const said = offered.includes(named.code)
    ? { ja: "準備中です。", en: "In preparation." }
    : {
        ja: `${named.name.ja}は調査中です。`,
        en: `${named.name.en}: not yet known; we are looking into it.`,
      };
  return itemOf(named, of.part, { missing: citations.say("missing", said, []), before: of.before });
}

/** A draft for the press: what is allowed to be public, in the order in which people ask. */
export function pressItems(material: Material, before: Report | null): Filled {
  const citations = new Citations(allowedOnly(material));
  const rows: [code: string, name: Said, part: Part][] = [
    [
      "outline",
      { ja: "概要", en: "What happened" },
      together(passagePart(citations, "outline"), factPart(citations, "knew")),
    ],
    [
      "persons",
      { ja: "対象となるお客様の数", en: "Customers concerned" },
      together(factPart(citations, "persons"), passagePart(citations, "persons")),
    ],
    [
      "data-items",
      { ja: "流出した可能性のある情報", en: "Data that may have leaked" },
      passagePart(citations, "data-items"),
    ],
    ["cause", { ja: "原因", en: "Cause" }, passagePart(citations, "cause")],
    ["measures", { ja: "当社の対応", en: "What we do" }, passagePart(citations, "measures")],
    [
      "measures-of-persons",
      { ja: "お客様へのお願い", en: "What you can do" },
      passagePart(citations, "measures-of-persons"),
    ],
    ["prevention", { ja: "再発防止", en: "Against a recurrence" }, passagePart(citations, "prevention")],
    ["contact", { ja: "お問い合わせ", en: "Contact" }, passagePart(citations, "contact")],
  ];
  const items = rows.map(([code, name, part]) =>
    publicItem(citations, { code, name }, { part, before: before?.items ?? null }),
  );
  return { items, citations };
}

/** The public page: time line with sources, what is known, and when the page was changed. */
export function publicItems(material: Material, before: Report | null): Filled {
  const { citations, items } = pressItems(material, before);
  const table = timelineTable(citations, { daysOnly: true });
  const known = table.rows.length > 0;
  const timeline = { known, contradicts: false, sentences: [], ...(known ? { table } : {}) };
  const of = { part: timeline, before: before?.items ?? null };
  const history = historyOf(material);
  const updates: Part = { known: true, contradicts: false, sentences: [], table: history };
  return {
    items: [
      publicItem(citations, { code: "timeline", name: { ja: "経過", en: "Time line" } }, of),
      ...items,
      itemOf({ code: "updates", name: { ja: "更新履歴", en: "Changes of this page" } }, updates, {
        missing: citations.missing({ ja: "更新履歴", en: "changes" }, "press"),
        before: null,
      }),
    ],
    citations,
  };
}

/** Former versions of this page that were released, the latest first; this one has no day yet. */
function historyOf({ reports, timeZone }: Material): Table {
  const released = reports.filter(
    ({ kind, releases }) => kind === "public" && releases.some(({ final }) => final),
  );
  const rows = released.map(({ number, releases, sha256 }) => {
    const at = timeSaid(releases.find(({ final }) => final)?.record.at ?? "", timeZone);
    return { number, at, sha256 };
  });
  const same = (text: string): Said => ({ ja: text, en: text });
  return {
    columns: [
      { title: { ja: "版", en: "Version" }, align: "right" },
      { title: { ja: "公開", en: "Released" }, align: "left" },
      { title: { ja: "指紋（SHA-256）", en: "Fingerprint (SHA-256)" }, align: "left" },
    ],
    rows: [
      [same(String((rows.at(-1)?.number ?? 0) + 1)), { ja: "この版", en: "this one" }, same("")],
      ...rows
        .toReversed()
        .map((row) => [same(String(row.number)), same(row.at), same(row.sha256.slice(0, 16))]),
    ],
  };
}
