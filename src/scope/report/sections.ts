import type { Applied } from "../review/applyReview.ts";
import type { ScopeResult } from "../job/runScope.ts";
import { amount, markup, percent, say, type Html, type Words } from "./html.ts";
import { nameOf } from "./names.ts";
import { bars, barsWithTable, columns, table } from "./plots.ts";

/** A job's result, and what a review added to it. */
export type Reported = ScopeResult & { review?: Omit<Applied, "now"> };

export const limits = { inputsMax: 200, problemsMax: 200, groupsMax: 30 } as const;

function heading(words: Words): Html {
  return markup`<h2>${say(words)}</h2>`;
}

function paragraph(words: Words): Html {
  return markup`<p>${say(words)}</p>`;
}

function facts(list: readonly (readonly [Words, number | string])[]): Html {
  const rows = list.map(
    ([name, value]) =>
      markup`<div>
        <dt>${say(name)}</dt>
        <dd>${typeof value === "number" ? amount(value) : value}</dd>
      </div>`,
  );
  return markup`<dl class="facts">${rows}</dl>`;
}

/** The number, and what it means. */
export function summary(result: Reported): Html {
  const { persons, records, passports } = result;
  const one = persons.fewest === persons.most;
  const range = one ? amount(persons.most) : `${amount(persons.fewest)} – ${amount(persons.most)}`;
  return markup`<p class="range">${range} ${say({ ja: "人", en: "persons" })}</p>
    ${paragraph({
      ja:
        `復元された ${amount(records.found)} 件の記録に含まれる人数です。少ない方は、同一人物と思われる記録をすべて同じ人と数えた場合、多い方は、` +
        "確実なものだけを同じ人と数えた場合です。間にある分は、人による確認で決まります。",
      en:
        `Persons in the ${amount(records.found)} records that were recovered. The lower number ` +
        "counts everything that is probably one person as one; the higher joins only what is " +
        "certain. Review by people settles what lies between.",
    })}${facts([
      [{ ja: "顧客表にある人", en: "Persons who are customers" }, persons.matched],
      [{ ja: "顧客表にない人", en: "Persons in no customer table" }, persons.notCustomers],
      [{ ja: "同じ人の重複記録", en: "Further records of a person" }, result.duplicates],
      [{ ja: "確認待ち", en: "Links that wait for review" }, result.links.review],
      [{ ja: "未成年者", en: "Minors" }, result.minors],
      ...(result.excluded.persons === 0
        ? []
        : ([
            [
              { ja: "対象外の商品だけの人", en: "Persons of excluded products only" },
              result.excluded.persons,
            ],
          ] as const)),
      [{ ja: "有効な旅券番号のある人", en: "Persons with a valid passport" }, passports.valid],
    ])}${paragraph({
      ja: `未成年者と旅券の有効性は ${result.at} 現在です。件数は記録の数であって人の数ではありません。`,
      en:
        `Minors and the validity of passports are as of ${result.at}. A number of records is no ` +
        "number of persons.",
    })}${reviewed(result)}${excluded(result)}`;
}

/** What people have decided; a job that nobody has reviewed says so by the links that wait. */
function reviewed({ review }: Reported): Html {
  if (review === undefined) return markup``;
  const { decisions, confirmed, removed, added, unclear, machine, at } = review;
  const before = `${amount(machine.fewest)} – ${amount(machine.most)}`;
  return paragraph({
    ja:
      `人による確認 ${amount(decisions)} 件（同一と確認 ${amount(confirmed)}、否定 ${amount(removed)}、` +
      `追加 ${amount(added)}、判断できず ${amount(unclear)}）を ${at} に反映しました。確認前は ${before} 人でした。`,
    en:
      `${amount(decisions)} decisions of reviewers (${amount(confirmed)} confirmed, ` +
      `${amount(removed)} removed, ${amount(added)} added, ${amount(unclear)} unclear) are in it ` +
      `since ${at}; before, the count was ${before}.`,
  });
}

/** Products that were not touched. */
function excluded({ excluded: { persons, of } }: Reported): Html {
  if (of.length === 0) return markup``;
  const list = of.map(({ attribute, value }) => `${attribute}=${value}`).join(", ");
  return paragraph({
    ja: `対象外とした商品: ${list}。確実に結び付いた行がすべてこれに当たる ${amount(persons)} 人は、上の人数に含まれますが、通知の対象から外れます。`,
    en:
      `Excluded: ${list}. ${amount(persons)} persons all of whose linked rows are of these are in ` +
      "the number above and are not to be told.",
  });
}

/** Which files, disks and folders, so that anybody can tell whether they have the same. */
export function searched(result: ScopeResult): Html {
  const { inputs, customers } = result;
  const shown = inputs.slice(0, limits.inputsMax);
  const how: Record<string, Words> = {
    text: { ja: "行ごと", en: "line by line" },
    image: { ja: "ディスクイメージ", en: "disk image" },
    container: { ja: "展開して", en: "unpacked" },
  };
  const bytes = inputs.reduce((sum, one) => sum + one.bytes, 0);
  return markup`${heading({ ja: "調べたもの", en: "What was searched" })}${paragraph({
    ja:
      `入力 ${amount(inputs.length)} 件、${amount(bytes)} バイト。読み取りのみで、変更していません。突合先の顧客表: ` +
      `${customers.source}（${amount(customers.rows)} 行）。`,
    en:
      `${amount(inputs.length)} inputs, ${amount(bytes)} bytes, only read, never changed. Matched ` +
      `with the customer table ${customers.source} (${amount(customers.rows)} rows).`,
  })}${table(
    { ja: "入力とその SHA-256", en: "Inputs and their SHA-256" },
    [
      { name: { ja: "入力", en: "Input" } },
      { name: { ja: "バイト", en: "Bytes" }, number: true },
      { name: { ja: "読み方", en: "Read as" } },
      { name: { ja: "SHA-256", en: "SHA-256" } },
    ],
    shown.map((one) => [one.source, one.bytes, how[one.how] ?? one.how, markup`<code>${one.sha256}</code>`]),
  )}${
    shown.length < inputs.length
      ? paragraph({
          ja: `ほか ${amount(inputs.length - shown.length)} 件は counts.json にあります。`,
          en: `${amount(inputs.length - shown.length)} more are in counts.json.`,
        })
      : markup``
  }`;
}

/** What lay in the inputs, before anybody is a person. */
export function found(result: ScopeResult): Html {
  const { records, blocks } = result;
  const list = (counts: Record<string, number>): { name: Words; value: number }[] =>
    Object.entries(counts)
      .filter(([, value]) => value > 0)
      .map(([code, value]) => ({ name: nameOf(code), value }));
  const first = { ja: "種類", en: "Kind" };
  const states = { ja: "記録の状態", en: "How much of a record was there" };
  const all = blocks.zero + blocks.random + blocks.binary + blocks.text;
  return markup`${heading({ ja: "見つかった記録", en: "What was found" })}${paragraph({
    ja:
      `人に関する記録 ${amount(records.found)} 件（うち一部が失われたもの ${amount(records.half)} 件、離れた場所からつないだもの ` +
      `${amount(records.joined)} 件）。人に関する項目のない行 ${amount(records.withoutPerson)} 件は数えていません。`,
    en:
      `${amount(records.found)} records of persons, ${amount(records.half)} of them only in part, ` +
      `${amount(records.joined)} joined across a gap. ${amount(records.withoutPerson)} lines without ` +
      "anything of a person are left out.",
  })}${barsWithTable(states, first, list(result.parts))}${barsWithTable(
    { ja: "文字コード", en: "Encodings of the bytes" },
    { ja: "文字コード", en: "Encoding" },
    list(result.encodings).toSorted((one, other) => other.value - one.value),
  )}${
    all === 0
      ? markup``
      : barsWithTable(
          { ja: "ディスクイメージのブロック", en: "Blocks of the disk images" },
          first,
          list(blocks),
        )
  }`;
}

/** Which items leaked, of how many persons. */
export function items(result: ScopeResult): Html {
  const list = Object.entries(result.byItem).filter(([, count]) => count.records > 0);
  const { passports } = result;
  const title = { ja: "項目ごとの人数", en: "Persons by item" };
  const none = Object.entries(result.byItem).filter(([, count]) => count.records === 0);
  return markup`${heading({ ja: "含まれていた項目", en: "Items that were in it" })}${bars(
    title,
    list.map(([code, { persons }]) => ({ name: nameOf(code), value: persons })),
  )}${table(
    {
      ja: "その人について含まれていた項目だけを数えています",
      en: "Counted for a person only where found for that person",
    },
    [
      { name: { ja: "項目", en: "Item" } },
      { name: { ja: "記録", en: "Records" }, number: true },
      { name: { ja: "人", en: "Persons" }, number: true },
      { name: { ja: "全員に占める割合", en: "Of all persons" }, number: true },
    ],
    list.map(([code, { records, persons }]) => [
      nameOf(code),
      records,
      persons,
      percent(persons, result.persons.most),
    ]),
  )}${paragraph({
    ja: `見つからなかった項目: ${none.map(([code]) => nameOf(code).ja).join("、") || "なし"}。`,
    en: `Not found: ${none.map(([code]) => nameOf(code).en).join(", ") || "none of the items looked for"}.`,
  })}${paragraph({
    ja:
      `旅券番号は ${amount(passports.persons)} 人分。${result.at} に有効 ${amount(passports.valid)}、失効 ` +
      `${amount(passports.expired)}、期限不明 ${amount(passports.unknown)}。期限が記載されていないものは、` +
      "発行日から数えました（発行時20歳以上10年、未満5年）。",
    en:
      `Passport numbers of ${amount(passports.persons)} persons: ${amount(passports.valid)} valid on ` +
      `${result.at}, ${amount(passports.expired)} expired, ${amount(passports.unknown)} not known. ` +
      "Where no expiry is told it is counted from the day of issue: ten years for who was twenty by " +
      "then, else five.",
  })}`;
}

/** By service, site, partner, month and language, as the linked customer rows say. */
export function groups(result: ScopeResult): Html {
  const { by } = result;
  const parts = Object.entries(by).map(([code, counts]) => {
    const none = { ja: "（記載なし）", en: "(not said)" };
    const list = Object.entries(counts).map(([name, value]) => ({ name: name === "" ? none : name, value }));
    if (code === "booked_on") return months(counts);
    const shown = list.slice(0, limits.groupsMax);
    return markup`<h3>${say(nameOf(code))}</h3>
      ${barsWithTable(
        { ja: `${nameOf(code).ja}別の人数`, en: `Persons by ${nameOf(code).en.toLowerCase()}` },
        nameOf(code),
        shown,
      )}${
        shown.length < list.length
          ? paragraph({
              ja: `ほか ${amount(list.length - shown.length)} 種は counts.csv にあります。`,
              en: `${amount(list.length - shown.length)} more are in counts.csv.`,
            })
          : markup``
      }`;
  });
  if (parts.length === 0) return markup``;
  return markup`${heading({ ja: "内訳", en: "By service, partner and time" })}${paragraph({
    ja: "記録が確実に結び付いた顧客の行による内訳です。一人が複数に数えられることがあります。",
    en: "By the customer rows to which records are linked with certainty. A person can be in several.",
  })}${parts}`;
}

function months(counts: Record<string, number>): Html {
  const list = Object.entries(counts)
    .filter(([month]) => month !== "")
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => ({ name, value }));
  if (list.length === 0) return markup``;
  const title = { ja: "予約月別の人数", en: "Persons by month of booking" };
  const [first, last] = [list[0]?.name ?? "", list.at(-1)?.name ?? ""];
  return markup`<h3>${say(nameOf("booked_on"))}</h3>
    ${columns(title, list, Math.ceil(list.length / 9))}${paragraph({
      ja: `${first} から ${last} まで。`,
      en: `From ${first} to ${last}.`,
    })}
    <details>
      <summary>${say({ ja: "表で見る", en: "As a table" })}</summary>
      ${table(
        title,
        [{ name: nameOf("booked_on") }, { name: { ja: "人", en: "Persons" }, number: true }],
        list.map(({ name, value }) => [name, value]),
      )}
    </details>`;
}

const nothing = { ja: "ありません。", en: "Nothing: all inputs were read to their end." };

/** What could not be read: named, never left out silently. */
export function problems(result: ScopeResult): Html {
  const list = result.problems;
  const title = { ja: "読めなかったもの", en: "What could not be read" };
  if (list.length === 0) return markup`${heading(title)}${paragraph(nothing)}`;
  const shown = list.slice(0, limits.problemsMax);
  return markup`${heading(title)}${paragraph({
    ja: `${amount(list.length)} 件。この中にも記録があったかもしれず、人数には入っていません。`,
    en: `${amount(list.length)} things. There may be records in them; the count does not hold these.`,
  })}${table(
    title,
    [{ name: { ja: "場所", en: "Place" } }, { name: { ja: "理由", en: "Why" } }],
    shown.map(({ source, path, message }) => [path === "" ? source : `${source}: ${path}`, message]),
  )}`;
}
