import { version } from "../../lib/version.ts";
import type { ScopeResult } from "../job/runScope.ts";
import { thresholds } from "../match/decideLinks.ts";
import { amount, markup, percent, say, type Html, type Words } from "./html.ts";
import type { LinkFigures } from "./linkFigures.ts";
import { chanceClasses, limits as figureLimits } from "./linkFigures.ts";
import { nameOf } from "./names.ts";
import { bars, barsWithTable, columns, table } from "./plots.ts";

/** How sure the list is, from the links' own weights and chances. */
export function sureness(result: ScopeResult, figures: LinkFigures): Html {
  const { links } = result;
  const wrong = Math.ceil(figures.expectedWrong);
  return markup`<h2>${say({ ja: "どれほど確かか", en: "How sure it is" })}</h2>
    <p>
      ${say({
        ja:
          `記録と顧客の結び付き ${amount(links.certain + links.review)} 件のうち、${amount(links.certain)} ` +
          `件は確実（正しい確率 ${thresholds.certain} 以上）、${amount(links.review)} 件は人の確認を待っています。確率どおりなら、` +
          `確実とした中の誤りは約 ${amount(wrong)} 件（${percent(wrong, links.certain)}）です。これは計算上の見込みで、` +
          "実測は確認画面の抜き取り検査で行います。",
        en:
          `Of ${amount(links.certain + links.review)} links between records and customers ` +
          `${amount(links.certain)} are certain (a chance of ${thresholds.certain} or more to be ` +
          `right) and ${amount(links.review)} wait for people. If the chances are right, about ` +
          `${amount(wrong)} of the certain ones are wrong (${percent(wrong, links.certain)}). That ` +
          "is the model's own estimate; sampling in the review measures it.",
      })}
    </p>
    ${columns(
      { ja: "結び付きの重み（2を底とする対数）", en: "Links by weight (log2 of the odds)" },
      figures.weights.map(({ from, links: value }) => ({ name: String(from), value })),
      Math.ceil(figures.weights.length / 14),
    )}${barsWithTable(
      { ja: "正しい確率", en: "Links by the chance to be right" },
      { ja: "確率", en: "Chance" },
      figures.chances.map(({ from, links: value }) => ({ name: classOf(from), value })),
    )}${evidence(figures)}${persons(figures)}`;
}

/** "0.5 – 0.8" */
function classOf(from: number): string {
  return `${from} – ${chanceClasses.find((other) => other > from) ?? 1}`;
}

function evidence(figures: LinkFigures): Html {
  const rest = figures.evidenceKinds - figures.evidence.length;
  return markup`<h3>${say({ ja: "何が一致したか", en: "What agrees" })}</h3>
    ${table(
      {
        ja: `一致の仕方ごとの結び付きの数（多い順${rest > 0 ? `、ほか ${amount(rest)} 通り` : ""}）`,
        en: `Links by what agrees, the commonest first${rest > 0 ? `; ${amount(rest)} more ways` : ""}`,
      },
      [
        { name: { ja: "一致の仕方", en: "Evidence" } },
        { name: { ja: "確実", en: "Certain" }, number: true },
        { name: { ja: "確認待ち", en: "For review" }, number: true },
        { name: { ja: "最小の確率", en: "Least chance" }, number: true },
      ],
      figures.evidence.map(({ en, ja, certain, review, least }) => [
        { en, ja },
        certain,
        review,
        (Math.floor(least * 10_000) / 10_000).toFixed(4),
      ]),
    )}`;
}

function persons(figures: LinkFigures): Html {
  const words: Record<string, Words> = {
    certain: { ja: "確実に一人", en: "Certainly one person" },
    probable: { ja: "ほかの人と同一かもしれない", en: "Perhaps one with another" },
    unmatched: { ja: "顧客表にない", en: "In no customer table" },
  };
  const more = {
    ja: `${figureLimits.recordsOfPersonMax} 件以上`,
    en: `${figureLimits.recordsOfPersonMax} or more`,
  };
  return markup`${barsWithTable(
    { ja: "人の確かさ", en: "Persons by certainty" },
    { ja: "確かさ", en: "Certainty" },
    Object.entries(figures.certainty).map(([code, value]) => ({ name: words[code] ?? code, value })),
  )}${barsWithTable(
    { ja: "一人あたりの記録の数", en: "Persons by their number of records" },
    { ja: "記録", en: "Records" },
    figures.sizes.map(({ records, persons: value }) => ({
      name: records >= figureLimits.recordsOfPersonMax ? more : { ja: `${records} 件`, en: String(records) },
      value,
    })),
  )}`;
}

/** How to walk back from a person to a byte of an input. */
export function checking(result: ScopeResult): Html {
  const source = result.inputs[0]?.source ?? "INPUT";
  const sql = `SELECT * FROM 'persons.parquet' WHERE list_contains(customer_ids, 'C0004711');
SELECT * FROM 'links.parquet'   WHERE record_id = 12345;
SELECT * FROM 'records.parquet' WHERE record_id = 12345 ORDER BY field;`;
  const look = "head -c 400 | iconv -c -f CP932 -t UTF-8";
  const shell = `sha256sum ${source}\ntail -c +$((OFFSET + 1)) ${source} | ${look}`;
  return markup`<h2>${say({ ja: "一行を確かめるには", en: "How to check a line" })}</h2>
    <p>
      ${say({
        ja:
          "人（persons.parquet）から、結び付き（links.parquet、理由つき）、記録（records.parquet）を経て、入力の何バイト目かまでたどれます。" +
          "DuckDB などで:",
        en:
          "From a person (persons.parquet) by the link (links.parquet, with its reason) and the " +
          "record (records.parquet) to the byte of the input. In DuckDB, for one:",
      })}
    </p>
    <pre><code>${sql}</code></pre>
    <p>
      ${say({
        ja: "source が入力、path が中の書庫やシート、offset が最初のバイト（path が空なら入力の、空でなければ展開後の）、encoding が文字コードです:",
        en:
          "source is the input, path the archive or sheet in it, offset the first byte (of the input " +
          "where path is empty, else of what was unpacked), encoding the charset:",
      })}
    </p>
    <pre><code>${shell}</code></pre>`;
}

/** By what, and in what time. */
export function making(result: ScopeResult): Html {
  const list = Object.entries(result.seconds).map(([code, value]) => ({ name: nameOf(code), value }));
  const all = list.reduce((sum, { value }) => sum + value, 0);
  return markup`<h2>${say({ ja: "作成", en: "How it was made" })}</h2>
    <p>
      ${say({
        ja: `sekisho ${version}、${Math.ceil(all)} 秒（下は最後に実行した部分の内訳）。基準日 ${result.at}。`,
        en:
          `sekisho ${version}, ${Math.ceil(all)} s (below: of what this last run did). Counted as of ` +
          `${result.at}.`,
      })}
    </p>
    ${bars(
      { ja: "段階ごとの秒数", en: "Seconds by phase" },
      list.map(({ name, value }) => ({ name, value: Math.round(value * 10) / 10 })),
    )}
    <h3>${say({ ja: "見つけられないもの", en: "What is never found" })}</h3>
    <p>
      ${say({
        ja: "画像や印刷物の中の文字、暗号化されたファイル、断片しか残っていない圧縮ファイルの中身、上書きされた部分は見つけられません。どの値からも人が決まらない記録は「顧客表にない人」に入ります。",
        en:
          "Text in pictures, encrypted files, the content of packed files of which only pieces are " +
          "left, and whatever was overwritten. A record that says too little to tell whose it is " +
          "counts among the persons in no customer table.",
      })}
    </p>`;
}
