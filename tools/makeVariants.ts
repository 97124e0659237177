import { mkdirSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/**
 * Makes `src/scope/normalise/variants/variants.txt`, variant kanji and the usual form of each, from the MJ
 * map of the package `@mandel59/mojidata` (105 MB, hence no dependency):
 *
 *   npm i --prefix /tmp/moji @mandel59/mojidata@1.8.1
 *   node tools/makeVariants.ts /tmp/moji/node_modules/@mandel59/mojidata/dist/moji.db
 */

const file = process.argv[2];
if (file === undefined) throw new Error("Cannot make variants without moji.db: see the head of this file");
const database = new DatabaseSync(file, { readOnly: true });

/** Relations from the safest on: the first that names a form for a character decides. */
const relations: readonly [table: string, order: string][] = [
  ["mjsm_法務省告示582号別表第四_一", "s.順位"],
  ["mjsm_法務省告示582号別表第四_二", "s.順位"],
  ["mjsm_JIS包摂規準UCS統合規則", "m.MJ文字図形名"],
  ["mjsm_民一2842号通達別表_誤字俗字正字一覧表_俗字", "m.MJ文字図形名"],
  ["mjsm_民一2842号通達別表_誤字俗字正字一覧表_無印", "m.MJ文字図形名"],
  ["mjsm_民二5202号通知別表_正字俗字等対照表", "m.MJ文字図形名"],
  ["mjsm_戸籍統一文字情報_親字正字", "s.ホップ数"],
  ["mjsm_辞書類等による関連字", "m.MJ文字図形名"],
];

const common = new Set(
  database
    .prepare("SELECT DISTINCT 漢字 AS one FROM joyo")
    .all()
    .map((row) => String(row["one"])),
);

const target = new Map<string, string>();
// Old forms of common characters (康熙字典体) stand in no other list.
for (const row of database.prepare("SELECT 漢字 AS usual, 康熙字典体 AS old FROM joyo_kangxi").all()) {
  take(String(row["old"]), String(row["usual"]));
}
for (const [table, order] of relations) {
  const rows = database
    .prepare(
      `SELECT m.対応するUCS AS ucs, m.実装したUCS AS made, s.縮退UCS AS usual FROM "${table}" s
       JOIN mji m ON m.MJ文字図形名 = s.MJ文字図形名 ORDER BY ${order}, m.MJ文字図形名`,
    )
    .all();
  for (const row of rows) {
    const usual = characterOf(row["usual"]);
    for (const one of [characterOf(row["made"]), characterOf(row["ucs"])]) {
      if (one !== null && usual !== null) take(one, usual);
    }
  }
}

function characterOf(value: unknown): string | null {
  const match = /^U\+([0-9A-F]{4,6})$/.exec(String(value));
  return match === null
    ? /^.$/u.test(String(value))
      ? String(value)
      : null
    : String.fromCodePoint(parseInt(match[1] as string, 16));
}

/** Common characters stand for themselves: two that are both in common use are never the same. */
function take(variant: string, usual: string): void {
  const one = variant.normalize("NFKC");
  const to = usual.normalize("NFKC");
  if (one === to || common.has(one) || target.has(one) || [...one].length !== 1 || [...to].length !== 1)
    return;
  target.set(one, to);
}

/** Follows chains to their end; of a circle its first character is the end, for all that are in it. */
function endOf(one: string): string {
  const seen = [one];
  let at = one;
  for (let next = target.get(at); next !== undefined; next = target.get(at)) {
    if (seen.includes(next)) return seen.slice(seen.indexOf(next)).toSorted()[0] as string;
    seen.push(next);
    at = next;
  }
  return at;
}

const groups = new Map<string, string[]>();
for (const one of [...target.keys()].toSorted()) {
  const end = endOf(one);
  if (end === one) continue;
  groups.set(end, [...(groups.get(end) ?? []), one]);
}
const lines = [...groups]
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
  .map(([usual, ones]) => usual + ones.join(""));
const folder = new URL("../src/scope/normalise/variants/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("variants.txt", folder), `${lines.join("\n")}\n`);
process.stdout.write(`${groups.size} usual forms, ${[...groups.values()].flat().length} variants\n`);
