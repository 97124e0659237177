import { womensNames, mensNames } from "../../personal/givenNames.ts";
import { places, prefectures } from "../../personal/places.ts";
import { surnames } from "../../personal/surnames.ts";

/**
 * Code points and costs by two bytes: what the loops in triage.as look up. A cost says how unlikely a letter
 * is in a record of a person: bytes that are both CP932 and EUC-JP mean what costs less.
 */
export type EncodingTables = {
  /** By the bytes of a letter its UTF-8, the first byte lowest, and its cost in the highest byte. */
  cp932: Uint32Array;
  euc: Uint16Array;
  /** JIS X 0212, by the second and third byte. */
  jis0212: Uint16Array;
  eucCost: Uint8Array;
};

export const letterCost = {
  common: 4,
  halfKana: 7,
  kanji: 14,
  rareKanji: 30,
  other: 25,
  invalid: 255,
} as const;

let made: EncodingTables | null = null;

/** Copies the tables, which are made once from the decoders of the Encoding Standard. */
export function fillTables(target: EncodingTables): void {
  made ??= makeTables();
  target.cp932.set(made.cp932);
  target.euc.set(made.euc);
  target.jis0212.set(made.jis0212);
  target.eucCost.set(made.eucCost);
}

function makeTables(): EncodingTables {
  const cp932 = new Uint16Array(65_536);
  const tables = {
    cp932: new Uint32Array(65_536).fill(letterOf(0xfffd, letterCost.invalid)),
    euc: new Uint16Array(65_536),
    jis0212: new Uint16Array(65_536),
    eucCost: new Uint8Array(65_536).fill(letterCost.invalid),
  };
  const common = commonKanji();
  fillPairs(cp932, "shift_jis", { leads: [0x81, 0xfc], trails: [0x40, 0xfc], prefix: [] });
  fillPairs(tables.euc, "euc-jp", { leads: [0xa1, 0xfe], trails: [0xa1, 0xfe], prefix: [] });
  fillPairs(tables.jis0212, "euc-jp", { leads: [0xa1, 0xfe], trails: [0xa1, 0xfe], prefix: [0x8f] });
  for (let pair = 0; pair < 65_536; pair += 1) {
    const [point, euc] = [cp932[pair] as number, tables.euc[pair] as number];
    // Level 2 begins with 0x989F in CP932 and with 0xD0A1 in EUC-JP (JIS X 0208, row 48).
    const rare = pair >= 0x989f && pair < 0xfa00;
    if (point !== 0) tables.cp932[pair] = letterOf(point, costOf(point, { common, rare }));
    if (euc !== 0) tables.eucCost[pair] = costOf(euc, { common, rare: pair >= 0xd000 });
  }
  for (let byte = 0xa1; byte <= 0xdf; byte += 1) {
    // Half-width comma, stop and brackets: what the first byte of EUC-JP's kana looks like.
    const cost = byte < 0xa6 ? letterCost.other : letterCost.halfKana;
    tables.cp932[byte] = letterOf(0xff61 + byte - 0xa1, cost);
    tables.eucCost[(0x8e << 8) | byte] = cost + letterCost.common;
  }
  return tables;
}

/** A letter's UTF-8, of two or three bytes, and its cost. */
function letterOf(point: number, cost: number): number {
  const [one, two, three = 0] = Buffer.from(String.fromCharCode(point), "utf8") as Iterable<number>;
  return (((one as number) | ((two as number) << 8) | (three << 16)) + cost * 2 ** 24) >>> 0;
}

type Range = { leads: [number, number]; trails: [number, number]; prefix: number[] };

function fillPairs(table: Uint16Array, encoding: "shift_jis" | "euc-jp", range: Range): void {
  const { leads, trails, prefix } = range;
  const decoder = new TextDecoder(encoding);
  for (let lead = leads[0]; lead <= leads[1]; lead += 1) {
    if (encoding === "shift_jis" && lead >= 0xa0 && lead <= 0xdf) continue;
    for (let trail = trails[0]; trail <= trails[1]; trail += 1) {
      const text = decoder.decode(Uint8Array.from([...prefix, lead, trail]));
      const point = text.charCodeAt(0);
      if (text.length === 1 && point !== 0xfffd) table[(lead << 8) | trail] = point;
    }
  }
}

function costOf(point: number, { common, rare }: { common: ReadonlySet<number>; rare: boolean }): number {
  if (common.has(point)) return letterCost.common;
  const kana = point >= 0x3041 && point <= 0x30fe;
  const fullWidth = point >= 0xff01 && point <= 0xff5e;
  if (kana || fullWidth || (point >= 0x3000 && point <= 0x3011)) return letterCost.common;
  if (point >= 0xe000 && point <= 0xf8ff) return letterCost.rareKanji;
  if (point >= 0x4e00 && point <= 0x9fff) return rare ? letterCost.rareKanji : letterCost.kanji;
  if (point >= 0xf900 && point <= 0xfaff) return letterCost.kanji;
  return letterCost.other;
}

/** Kanji of names and places: what records of persons are made of. */
function commonKanji(): Set<number> {
  const texts = [
    ...[...surnames, ...womensNames, ...mensNames].map(({ kanji }) => kanji),
    ...prefectures,
    ...places.flatMap(({ city, town }) => [city, town]),
    "男女様氏名前住所電話番号生年月日郵便会社株式有限丁目番地号室階棟都道府県市区町村昭和平成令大正明治" +
      "髙﨑德濵邊邉齋齊澤廣國櫻瀨神福龍々〆−‐―〒・ー～一二三四五六七八九十百千万旅券予約客顧性別備考",
  ];
  return new Set(texts.flatMap((text) => [...text].map((one) => one.charCodeAt(0))));
}
