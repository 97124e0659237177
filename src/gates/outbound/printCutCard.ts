import type { Language } from "../../lib/language.ts";
import { visibleText } from "../../lib/visibleText.ts";
import type { CutCard } from "./cutCard.ts";

const limits = { lineCharactersMax: 2_000 } as const;

const words = {
  en: {
    title: "Cut-off card",
    cannot: "Nothing can be cut: the configuration has no outbound.cut section.",
    who: "Who decides, in this order",
    nobody: "Nobody is named. Name deciders in outbound.cutOff.deciders.",
    noPhone: "no telephone number in the roster",
    silence: (minutes: number, cut: boolean) =>
      `If nobody has answered ${minutes} minutes after the question: ` +
      (cut ? "everything is cut off." : "nothing is cut."),
    stops: "What stops",
    goesOn: "What goes on",
    written: "passages in the rules",
    administrators: "The administrators' own path stays open",
    noAdministrators: "The administrators have no path of their own: a cut-off may shut them out.",
    zones: "Zones that can be cut alone",
    cost: "What it costs the business",
    perHour: (sum: string) => `${sum} per hour`,
    unknownCost: "Nobody has written it down.",
    how: "How to cut, and how to lift",
    cut: "Console, page Cut: choose the act, say the reason, confirm. It takes less than a second.",
    ends: (minutes: number) =>
      `Every act ends by itself after ${minutes} minutes, unless somebody renews it.`,
    lift: "Console, page Cut, orders in force: lift it, with a reason. It shows what passes.",
    without:
      "Where the station is down, the rules stay. On the gateway stop the enforcer (it puts them back), " +
      "then `nft delete table inet sekisho` lifts all.",
    from: "From",
    everything: "Everything that is not named below.",
  },
  ja: {
    title: "遮断カード",
    cannot: "遮断できません。設定に outbound.cut がありません。",
    who: "決める人（この順）",
    nobody: "決める人が決まっていません。outbound.cutOff.deciders に書いてください。",
    noPhone: "名簿に電話番号がありません",
    silence: (minutes: number, cut: boolean) =>
      `問い合わせから${minutes}分以内に誰も答えないとき：${cut ? "すべて遮断します。" : "遮断しません。"}`,
    stops: "止まるもの",
    goesOn: "続くもの",
    written: "規則で通すもの",
    administrators: "管理者の経路は開いたままです",
    noAdministrators: "管理者専用の経路がありません。遮断すると管理者も入れなくなるおそれがあります。",
    zones: "個別に遮断できる区画",
    cost: "業務への費用",
    perHour: (sum: string) => `1時間あたり${sum}`,
    unknownCost: "まだ書かれていません。",
    how: "遮断と解除の手順",
    cut: "コンソールの「遮断」で内容を選び、理由を書いて確定します。1秒かかりません。",
    ends: (minutes: number) => `どの遮断も、延長しなければ${minutes}分で自動的に終わります。`,
    lift: "コンソールの「遮断」の実施中の一覧から、理由を書いて解除します。通信が止まっているかも同じ画面で確認できます。",
    without:
      "ステーションが止まっていても規則は残ります。ゲートウェイでenforcerを止めてから（動いていると規則が戻ります）" +
      "`nft delete table inet sekisho` を実行すると、すべて解除されます。",
    from: "元の設定",
    everything: "下に挙げたもの以外のすべて。",
  },
} as const;

type Section = { title: string; lines: string[]; numbered?: boolean };

/** The card as sections, once for the text and once for the page. */
function sectionsOf(card: CutCard, language: Language): Section[] {
  const text = words[language];
  const deciders = card.deciders.map(({ name, email, phone }) =>
    `${name}  ${phone ?? text.noPhone}  ${name === email ? "" : email}`.trimEnd(),
  );
  const continues = card.continues.map((said) => said[language]);
  if (card.goesOn.length > 0) continues.push(`${text.written}: ${card.goesOn.join(", ")}`);
  const administrators =
    card.administrators.length === 0
      ? text.noAdministrators
      : `${text.administrators}: ${card.administrators.join(", ")}`;
  const stops = card.stops.length === 0 ? [text.everything] : card.stops.map((said) => said[language]);
  return [
    {
      title: text.who,
      lines: deciders.length === 0 ? [text.nobody] : deciders,
      numbered: deciders.length > 0,
    },
    { title: "", lines: [text.silence(card.deadlineMinutes, card.default === "cut-off")] },
    { title: text.stops, lines: stops },
    { title: text.goesOn, lines: [...continues, administrators] },
    ...(card.zones.length === 0
      ? []
      : [
          { title: text.zones, lines: card.zones.map((zone) => `${zone.name}: ${zone.networks.join(", ")}`) },
        ]),
    { title: text.cost, lines: [costOf(card, language)] },
    { title: text.how, lines: [text.cut, text.ends(card.minutes), text.lift, text.without] },
  ];
}

function costOf(card: CutCard, language: Language): string {
  const text = words[language];
  if (card.costPerHour === null) return text.unknownCost;
  const { amount, currency } = card.costPerHour;
  try {
    return text.perHour(new Intl.NumberFormat(language, { style: "currency", currency }).format(amount));
  } catch {
    return text.perHour(`${amount} ${currency}`); // Three letters that are no currency.
  }
}

/** The card as plain text. */
export function printCutCard(card: CutCard, language: Language): string {
  const text = words[language];
  const parts = [`${text.title}  ${visibleText(card.organisation)}`];
  if (!card.canCut) parts.push(text.cannot);
  for (const { title, lines, numbered } of sectionsOf(card, language)) {
    const printed = lines.map(
      (line, at) =>
        `  ${numbered === true ? `${at + 1}. ` : ""}${visibleText(line, limits.lineCharactersMax)}`,
    );
    parts.push([...(title === "" ? [] : [title]), ...printed].join("\n"));
  }
  parts.push(`${text.from}: ${card.settings}`);
  return `${parts.join("\n\n")}\n`;
}

const style = `
@page { size: A4; margin: 14mm }
body {
  font: 11.5pt/1.5 "Hiragino Sans", "Noto Sans JP", "Yu Gothic UI", system-ui, sans-serif;
  color: #111; background: #fff; max-width: 182mm; margin: 0 auto; padding: 4mm; line-break: strict
}
h1 { font-size: 22pt; margin: 0; border-bottom: 2pt solid #111 }
h2 { font-size: 12pt; margin: 5mm 0 1mm } p, ol, ul { margin: 0 } ul, ol { padding-left: 6mm }
ol li { font-size: 15pt; font-variant-numeric: tabular-nums } .warning { font-weight: bold; margin-top: 3mm }
footer { font-size: 8.5pt; margin-top: 5mm; border-top: .5pt solid #111; overflow-wrap: anywhere }
section { break-inside: avoid }`;

/** The card as one HTML page for A4 that loads nothing. */
export function drawCutCard(card: CutCard, language: Language): string {
  const text = words[language];
  const sections = sectionsOf(card, language).map(({ title, lines, numbered }) => {
    const head = title === "" ? "" : `<h2>${escapeHtml(title)}</h2>`;
    const items = lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("");
    const list = numbered === true ? `<ol>${items}</ol>` : `<ul>${items}</ul>`;
    const [only] = lines;
    const warning = `<p class="warning">${escapeHtml(only ?? "")}</p>`;
    return `<section>${head}${title === "" ? warning : list}</section>`;
  });
  const cannot = card.canCut ? "" : `<p class="warning">${escapeHtml(text.cannot)}</p>`;
  return [
    `<!doctype html><html lang="${language}"><meta charset="utf-8">`,
    `<meta name="viewport" content="width=device-width">`,
    `<title>${escapeHtml(`${text.title} ${card.organisation}`)}</title><style>${style}</style>`,
    `<h1>${escapeHtml(text.title)}</h1><p>${escapeHtml(card.organisation)}</p>${cannot}`,
    ...sections,
    `<footer>${escapeHtml(`${text.from}: ${card.settings}`)}</footer></html>`,
    "",
  ].join("\n");
}

function escapeHtml(text: string): string {
  const signs: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return visibleText(text, limits.lineCharactersMax).replace(/[&<>"]/g, (sign) => signs[sign] as string);
}
