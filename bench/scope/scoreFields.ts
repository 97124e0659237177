import type { Duck } from "../../src/lib/openDuck.ts";
import { quoteSql } from "../../src/lib/openDuck.ts";
import { foldKanji } from "./kanjiVariants.ts";

export type FieldScore = { kind: string; fields: number; kindRight: number; valueRight: number };

export type FieldScores = {
  fields: number;
  /**
   * Share of the fields whose kind was told, and of those (with a value of their own) whose value is right.
   */
  kindShare: number;
  valueShare: number;
  kinds: FieldScore[];
  /** The commonest mistakes: what it was, what was said, how often. */
  mistakes: { kind: string; said: string; count: number }[];
};

/** Kinds that some tools tell apart and others do not: what is accepted for each beside itself. */
const accepted: Readonly<Record<string, readonly string[]>> = {
  service: ["other", "free-text", "unknown"],
  other: ["service", "free-text", "unknown", "date", "other-date"],
  "free-text": ["other", "unknown"],
  "passport-issued": ["passport-date"],
  "passport-expires": ["passport-date"],
};
const valued = new Set([
  "name",
  "kana",
  "roman-name",
  "sex",
  "birth-date",
  "email",
  "postal-code",
  "address",
  "phone",
  "passport",
]);

/** What must be equal where a value is right: not the tool's spelling of it. */
export function comparable(kind: string, value: string): string {
  const plain = value.normalize("NFKC").trim();
  if (kind === "name") return foldKanji(plain).replace(/[\s,]/g, "").toUpperCase();
  if (kind === "kana") return katakana(plain).replace(/\s/g, "");
  if (kind === "roman-name")
    return plain
      .toUpperCase()
      .split(/[^A-Z]+/)
      .sort()
      .join(" ")
      .trim();
  if (kind === "sex")
    return /^(?:f|2|女)/i.test(plain) ? "female" : /^(?:m|1|男)/i.test(plain) ? "male" : plain;
  if (kind === "birth-date") return plain.replace(/\D/g, "");
  if (kind === "phone") return plain.replace(/\D/g, "").replace(/^81(?=\d{9,10}$)/, "0");
  if (kind === "postal-code") return plain.replace(/\D/g, "");
  if (kind === "address") return comparableAddress(plain);
  return plain.toLowerCase();
}

function katakana(text: string): string {
  return text.replace(/[ぁ-ゖ]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0x60));
}

const prefecture = /^(?:東京都|北海道|(?:京都|大阪)府|[\u3400-\u9fff]{2,3}県)/;

/** City and town, and the numbers in order: with or without prefecture, 大字 and the building's name. */
function comparableAddress(text: string): string {
  const bare = foldKanji(text)
    .replace(prefecture, "")
    .replace(/\s|大字/g, "");
  const digits = bare.search(/\d|[一二三四五六七八九十]+丁目/);
  const town = digits < 0 ? bare : bare.slice(0, digits);
  const numbers = bare
    .slice(town.length)
    .replace(/^([一二三四五六七八九十]+)丁目/, (_, written: string) => `${numberOf(written)}-`)
    .match(/\d+/g);
  return `${town}|${(numbers ?? []).slice(0, 2).join("-")}`;
}

function numberOf(written: string): number {
  const digits = "〇一二三四五六七八九";
  const [tens, ones] = written.includes("十") ? written.split("十") : ["", written];
  const ten = written.includes("十") ? (tens === "" ? 1 : digits.indexOf(tens as string)) * 10 : 0;
  return ten + (ones === "" ? 0 : digits.indexOf(ones as string));
}

type Cell = { kind: string; normalised: string; said: string | null; value: string | null };

/** Compares the fields of the sampled whole rows; a field that was not found is wrong. */
export async function scoreFields(
  duck: Duck,
  { fields, records }: { fields: string; records: string },
): Promise<FieldScores> {
  const cells = await duck.rows<Cell>(
    `WITH sampled AS (SELECT DISTINCT file, "offset" FROM ${quoteSql(fields)}),
       said AS (
         SELECT regexp_extract(source, '[^/]+$') AS file, "offset", field, any_value(kind) AS kind,
           any_value(normalised) AS normalised
         FROM ${quoteSql(records)}
         WHERE "offset" IN (SELECT "offset" FROM sampled) GROUP BY ALL)
     SELECT truth.kind, coalesce(truth.normalised, '') AS normalised, said.kind AS said,
       said.normalised AS value
     FROM ${quoteSql(fields)} AS truth LEFT JOIN said USING (file, "offset", field)`,
  );
  const kinds = new Map<string, FieldScore>();
  const mistakes = new Map<string, number>();
  for (const cell of cells) {
    const score = kinds.get(cell.kind) ?? { kind: cell.kind, fields: 0, kindRight: 0, valueRight: 0 };
    kinds.set(cell.kind, score);
    score.fields += 1;
    // A name in Latin letters may be called so, whatever column it stood in.
    const latin =
      cell.kind === "name" && cell.said === "roman-name" && !/[^\u0000-\u024f]/.test(cell.value ?? "");
    const right = latin || cell.said === cell.kind || (accepted[cell.kind] ?? []).includes(cell.said ?? "");
    if (right) score.kindRight += 1;
    else {
      const name = `${cell.kind}\t${cell.said ?? "(not found)"}`;
      mistakes.set(name, (mistakes.get(name) ?? 0) + 1);
    }
    if (right && comparable(cell.kind, cell.value ?? "") === comparable(cell.kind, cell.normalised))
      score.valueRight += 1;
  }
  return totalOf([...kinds.values()], mistakes);
}

function totalOf(kinds: FieldScore[], mistakes: ReadonlyMap<string, number>): FieldScores {
  const sum = (list: readonly FieldScore[], name: "fields" | "kindRight" | "valueRight"): number =>
    list.reduce((total, one) => total + one[name], 0);
  const withValue = kinds.filter(({ kind }) => valued.has(kind));
  return {
    fields: sum(kinds, "fields"),
    kindShare: sum(kinds, "kindRight") / Math.max(1, sum(kinds, "fields")),
    valueShare: sum(withValue, "valueRight") / Math.max(1, sum(withValue, "fields")),
    kinds: kinds.sort((one, other) => other.fields - one.fields),
    mistakes: [...mistakes]
      .sort(([, one], [, other]) => other - one)
      .slice(0, 20)
      .map(([name, count]) => {
        const [kind = "", said = ""] = name.split("\t");
        return { kind, said, count };
      }),
  };
}
