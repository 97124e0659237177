import type { Said } from "../../gate.ts";
import { FACTS, standing, type FactName } from "../../law/facts.ts";
import type { KnownClaim, OnRecord } from "../material.ts";
import type { Table } from "../report.ts";
import { figure, nothing, quoted, timeSaid, type Citations, type Part } from "./sentences.ts";

/** So many values stand in one sentence, and so many that say the same, the latest; all are cited. */
const limits = { valuesMax: 12, claimsMax: 4 } as const;

/**
 * What is claimed of a fact. An upper bound says something and settles nothing; several values stand side by
 * side, each with who says so, until a named person picks one.
 */
export function factPart(citations: Citations, fact: FactName): Part {
  const { material } = citations;
  const all = standing(material.claims, fact) as KnownClaim[];
  if (all.length === 0) return nothing;
  const stand = withoutKeptBounds(all);
  const groups = Map.groupBy(stand, ({ value, bound }) => JSON.stringify([value, bound === true]));
  const { about } = FACTS[fact];
  const known = stand.some(({ bound }) => bound !== true);
  const recordsOf = (claims: readonly KnownClaim[]): OnRecord[] =>
    claims.flatMap(({ record, pick }) => (pick === null ? [record] : [record, pick]));
  if (groups.size === 1) {
    const value = valueSaid(stand[0] as KnownClaim, material.timeZone);
    const by = basisSaid(stand, material.timeZone);
    const picked = stand.some(({ pick }) => pick !== null);
    const chosen = picked
      ? { ja: "。記録された決定により、この値を採ります", en: "; a decision on record picked this value" }
      : { ja: "", en: "" };
    const said = {
      ja: `${about.ja}: ${value.ja}（${by.ja}）${chosen.ja}。`,
      en: `${about.en}: ${value.en} (${by.en})${chosen.en}.`,
    };
    return { known, contradicts: false, sentences: [citations.say("fact", said, recordsOf(stand))] };
  }
  const shown = [...groups.values()].slice(0, limits.valuesMax);
  const left = groups.size - shown.length;
  const values = shown.map((claims) => {
    const value = valueSaid(claims[0] as KnownClaim, material.timeZone);
    const by = basisSaid(claims, material.timeZone);
    return { ja: `${value.ja}（${by.ja}）`, en: `${value.en} (${by.en})` };
  });
  if (left > 0) values.push({ ja: `ほか ${figure(left)} つ`, en: `${figure(left)} more` });
  const count = { ja: String(groups.size), en: groups.size === 2 ? "two" : String(groups.size) };
  const [ja, en] = [values.map(({ ja }) => ja).join("、"), values.map(({ en }) => en).join(", ")];
  const said = {
    ja: `${about.ja}: ${count.ja} つの値が並び立っています: ${ja}。いずれによるかはまだ決められていません。`,
    en: `${about.en}: ${count.en} values stand: ${en}. Nobody has settled which holds.`,
  };
  return { known, contradicts: true, sentences: [citations.say("contradiction", said, recordsOf(stand))] };
}

/** An upper bound that the numbers keep to contradicts nothing, and says no more than they do. */
function withoutKeptBounds(claims: KnownClaim[]): KnownClaim[] {
  const exact = claims.filter(({ bound }) => bound !== true);
  const most = Math.max(...exact.map(({ value }) => Number(value)));
  if (exact.length === 0) return claims;
  return claims.filter(({ bound, value }) => bound !== true || Number(value) < most);
}

function valueSaid({ fact, value, bound }: KnownClaim, timeZone: string): Said {
  if (typeof value === "boolean") return value ? { ja: "はい", en: "yes" } : { ja: "いいえ", en: "no" };
  if (typeof value === "number") {
    const number = figure(value);
    if (bound === true)
      return { ja: `最大 ${number} 人（人数は未確定）`, en: `at most ${number} (not settled)` };
    return { ja: `${number} 人`, en: number };
  }
  const said = FACTS[fact].kind === "moment" ? timeSaid(value, timeZone) : value;
  return { ja: said, en: said };
}

/** Where a value is known from: the words of those who said it, and when they did. */
function basisSaid(claims: readonly KnownClaim[], timeZone: string): Said {
  const parts = claims.slice(-limits.claimsMax).map(({ source, at }) => {
    const day = timeSaid(at, timeZone).slice(0, 10);
    return source === null
      ? { ja: `${day} 記録、根拠の文は消去済み`, en: `recorded ${day}, the words were erased` }
      : { ja: `${day} 記録、根拠: ${quoted(source)}`, en: `recorded ${day}, source: ${quoted(source)}` };
  });
  return { ja: parts.map(({ ja }) => ja).join("／"), en: parts.map(({ en }) => en).join("; ") };
}

/** Names of the items of a customer's data, as the scope counts them. */
const itemNames: Readonly<Record<string, Said>> = {
  name: { ja: "氏名（漢字）", en: "name (kanji)" },
  kana: { ja: "氏名（カナ）", en: "name (katakana)" },
  "roman-name": { ja: "氏名（ローマ字）", en: "name (Roman letters)" },
  sex: { ja: "性別", en: "sex" },
  "birth-date": { ja: "生年月日", en: "date of birth" },
  email: { ja: "メールアドレス", en: "e-mail address" },
  "postal-code": { ja: "郵便番号", en: "postal code" },
  address: { ja: "住所", en: "address" },
  phone: { ja: "電話番号", en: "telephone number" },
  passport: { ja: "旅券番号", en: "passport number" },
  "passport-issued": { ja: "旅券発行日", en: "day of issue of the passport" },
  "passport-expires": { ja: "旅券有効期限", en: "end of validity of the passport" },
};

/** How many persons the scope has found. A range is what doubtful links leave open. */
export function scopePersons(citations: Citations): Part {
  const { scope } = citations.material;
  if (scope === null) return nothing;
  const { persons, records, countedAt, passports } = scope;
  const same = persons.fewest === persons.most;
  const range = {
    ja: same ? figure(persons.most) : `${figure(persons.fewest)} から ${figure(persons.most)}`,
    en: same ? figure(persons.most) : `between ${figure(persons.fewest)} and ${figure(persons.most)}`,
  };
  const sentences = [
    citations.say(
      "fact",
      {
        ja: `復元データの名寄せ（${countedAt} 現在）: 記録 ${figure(records)} 件、本人 ${range.ja} 人。`,
        en: `Recovered and linked, counted ${countedAt}: ${figure(records)} records of ${range.en} persons.`,
      },
      [scope.record],
    ),
  ];
  if (passports !== null && passports.persons > 0)
    sentences.push(
      citations.say(
        "fact",
        {
          ja: `うち旅券番号を含む人 ${figure(passports.persons)} 人（有効な旅券 ${figure(passports.valid)} 人）。`,
          en: `Passport numbers: ${figure(passports.persons)} persons, ${figure(passports.valid)} valid.`,
        },
        [scope.record],
      ),
    );
  return { known: same, contradicts: false, sentences };
}

/** Which items the scope has found, with how many persons. */
export function scopeItems(citations: Citations): Part {
  const { scope } = citations.material;
  const found = Object.entries(scope?.byItem ?? {}).filter(([, persons]) => persons > 0);
  if (scope === null || found.length === 0) return nothing;
  const nameOf = (item: string): Said => itemNames[item] ?? { ja: item, en: item };
  const said = {
    ja: `復元データから見つかった項目: ${found.map(([item]) => nameOf(item).ja).join("、")}。`,
    en: `Items found in the recovered data: ${found.map(([item]) => nameOf(item).en).join(", ")}.`,
  };
  const table: Table = {
    columns: [
      { title: { ja: "項目", en: "Item" }, align: "left" },
      { title: { ja: "本人の数", en: "Persons" }, align: "right" },
    ],
    rows: found.map(([item, persons]) => [nameOf(item), { ja: figure(persons), en: figure(persons) }]),
  };
  return { known: true, contradicts: false, sentences: [citations.say("fact", said, [scope.record])], table };
}
