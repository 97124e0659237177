import type { Said } from "../../gate.ts";
import { standing } from "../../law/facts.ts";
import type { KnownClaim, Material, OnRecord } from "../material.ts";
import type { Assumptions, Table } from "../report.ts";
import type { Filled } from "./composeLaw.ts";
import { Citations, figure, itemOf } from "./sentences.ts";

/** The highest number of persons on record, and where it is: an estimate that is too low helps nobody. */
function personsOf({ claims, scope }: Material): { persons: number; record: OnRecord } | null {
  const found = (standing(claims, "persons") as KnownClaim[]).map(({ value, record }) => ({
    persons: Number(value),
    record,
  }));
  if (scope !== null) found.push({ persons: scope.persons.most, record: scope.record });
  return found.toSorted((one, other) => other.persons - one.persons)[0] ?? null;
}

/** What it may cost, line by line, each with what it assumes; in yen. */
export function costItems(material: Material, assumed: Assumptions): Filled {
  const citations = new Citations(material);
  const base = personsOf(material);
  const basis =
    base === null
      ? []
      : [
          citations.say(
            "fact",
            {
              ja: `計算の基礎とする人数: ${figure(base.persons)} 人（記録のうち最大の値）。`,
              en: `Persons: ${figure(base.persons)}, the highest number on record.`,
            },
            [base.record],
          ),
        ];
  const lines = base === null ? [] : costLines(base.persons, assumed);
  const total = lines.reduce((sum, { yen }) => sum + yen, 0);
  const yen = (value: number): Said => ({
    ja: `${figure(Math.round(value))} 円`,
    en: `JPY ${figure(Math.round(value))}`,
  });
  const table: Table = {
    columns: [
      { title: { ja: "費目", en: "Line" }, align: "left" },
      { title: { ja: "計算", en: "How" }, align: "left" },
      { title: { ja: "金額", en: "Amount" }, align: "right" },
    ],
    rows: [
      ...lines.map(({ name, how, yen: amount }) => [name, how, yen(amount)]),
      [{ ja: "合計", en: "Total" }, { ja: "", en: "" }, yen(total)],
    ],
  };
  const name = { ja: "見積り", en: "Estimate" };
  const part = {
    known: base !== null,
    contradicts: false,
    sentences: basis,
    ...(base === null ? {} : { table }),
  };
  const missing = citations.missing({ ja: "影響を受けた本人の数", en: "the number of persons" }, "scope");
  const note: Said = {
    ja: "前提はすべて上の計算に示した値であり、変更できます。法的責任の評価ではありません。",
    en: "Every assumption stands in the lines above and can be changed. It says nothing of liability.",
  };
  const notes = { known: true, contradicts: false, sentences: [citations.say("derived", note, [])] };
  return {
    items: [
      itemOf({ code: "estimate", name }, part, { missing, before: null }),
      itemOf({ code: "assumptions", name: { ja: "前提", en: "Assumptions" } }, notes, {
        missing,
        before: null,
      }),
    ],
    citations,
  };
}

type Line = { name: Said; how: Said; yen: number };

function costLines(persons: number, assumed: Assumptions): Line[] {
  const paid = Math.round(persons * assumed.compensated);
  const letters = Math.round(persons * (1 - assumed.reachedByMail));
  const calls = Math.round(persons * assumed.callers);
  const hours = Math.round((calls * assumed.callMinutes) / 60);
  const times = (count: number, unit: Said, price: number): Said => ({
    ja: `${figure(count)} ${unit.ja} × ${figure(price)} 円`,
    en: `${figure(count)} ${unit.en} × JPY ${figure(price)}`,
  });
  const percent = (share: number): string => `${figure(share * 100)} %`;
  const of = (how: Said, ja: string, en: string): Said => ({
    ja: `${how.ja}（${ja}）`,
    en: `${how.en} (${en})`,
  });
  return [
    {
      name: { ja: "補償", en: "Compensation" },
      how: of(
        times(paid, { ja: "人", en: "persons" }, assumed.compensationYen),
        `対象者の ${percent(assumed.compensated)}`,
        `${percent(assumed.compensated)} of the persons`,
      ),
      yen: paid * assumed.compensationYen,
    },
    {
      name: { ja: "メールによる通知", en: "Notices by mail" },
      how: times(persons, { ja: "通", en: "mails" }, assumed.mailYen),
      yen: persons * assumed.mailYen,
    },
    {
      name: { ja: "郵送による通知", en: "Letters" },
      how: of(
        times(letters, { ja: "通", en: "letters" }, assumed.letterYen),
        `メール到達率 ${percent(assumed.reachedByMail)}`,
        `mail reaches ${percent(assumed.reachedByMail)}`,
      ),
      yen: letters * assumed.letterYen,
    },
    {
      name: { ja: "問合せ窓口", en: "Hotline" },
      how: of(
        times(hours, { ja: "時間", en: "hours" }, assumed.hotlineYenPerHour),
        `入電率 ${percent(assumed.callers)}、1 件 ${figure(assumed.callMinutes)} 分`,
        `${percent(assumed.callers)} call, ${figure(assumed.callMinutes)} minutes each`,
      ),
      yen: hours * assumed.hotlineYenPerHour,
    },
  ];
}
