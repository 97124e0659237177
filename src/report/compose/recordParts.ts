import type { Said } from "../../gate.ts";
import { bothSides, type KnownEvent, type KnownPassage } from "../material.ts";
import type { Sentence, Table } from "../report.ts";
import type { Topic } from "../topics.ts";
import { figure, nothing, timeSaid, type Citations, type Part } from "./sentences.ts";

export const limits = { passagesMax: 200, eventsMax: 4_000 } as const;

/** What people wrote on a topic, in their words. `partner`: what is for that partner goes before. */
export function passagePart(citations: Citations, topic: Topic, partner: string | null = null): Part {
  const all = citations.material.passages.filter((passage) => passage.topic === topic);
  const own = all.filter((passage) => partner !== null && passage.partner === partner);
  const passages = own.length > 0 ? own : all.filter((passage) => passage.partner === null);
  if (passages.length === 0) return nothing;
  const sentences = passages.slice(0, limits.passagesMax).map((passage) => passageSaid(citations, passage));
  const left = passages.length - sentences.length;
  if (left > 0) {
    const said = {
      ja: `このほか ${figure(left)} 件の記載があります。`,
      en: `There are ${figure(left)} more.`,
    };
    sentences.push(citations.say("derived", said, []));
  }
  return { known: passages.some(({ text }) => text !== null), contradicts: false, sentences };
}

function passageSaid(citations: Citations, { text, record, by }: KnownPassage): Sentence {
  if (text === null) {
    const erased = { ja: "この記載は消去されています。", en: "This text was erased." };
    return citations.say("derived", erased, [record]);
  }
  const said = bothSides(text);
  return citations.say("passage", said, [record], by);
}

/** What happened first, and when it became known: the two dates that everything else is measured by. */
export function firstEvents(citations: Citations): Part {
  const { events, timeZone } = citations.material;
  const happened = events.filter((event) => event.text !== null);
  const [first] = happened;
  if (first === undefined) return nothing;
  const noticed = happened.toSorted((one, other) => Date.parse(one.known) - Date.parse(other.known))[0];
  const picked = noticed === undefined || noticed === first ? [first] : [first, noticed];
  const sentences = picked.map((event, place) => {
    const said = eventSaid(event, timeZone);
    const lead: Said =
      place === 0
        ? { ja: "記録された最初の出来事", en: "The first event on record" }
        : { ja: "最初に気付かれた出来事", en: "What was noticed first" };
    return citations.say("fact", { ja: `${lead.ja}: ${said.ja}`, en: `${lead.en}: ${said.en}` }, [
      event.record,
    ]);
  });
  return { known: true, contradicts: false, sentences };
}

function eventSaid({ happened, known, text }: KnownEvent, timeZone: string): Said {
  const { what, knownTo } = text ?? { what: "", knownTo: "" };
  const [when, learnt] = [timeSaid(happened, timeZone), timeSaid(known, timeZone)];
  return {
    ja: `${when}、${what}（${learnt} に判明、把握: ${knownTo}）。`,
    en: `${when}: ${what} (known on ${learnt}, to: ${knownTo}).`,
  };
}

/** What the gates found by themselves. */
export function findingsPart(citations: Citations): Part {
  const { findings, timeZone } = citations.material;
  const [first] = findings;
  const last = findings.at(-1);
  if (first === undefined || last === undefined) return nothing;
  const hosts = [...new Set(findings.flatMap(({ hosts: some }) => some))].sort();
  const codes = [...new Set(findings.flatMap(({ codes: some }) => some))].sort();
  const span = `${timeSaid(first.record.at, timeZone)} – ${timeSaid(last.record.at, timeZone)}`;
  const said = {
    ja: `関所の検知: ${figure(findings.length)} 件（${span}）、種類: ${codes.slice(0, 12).join("、")}${
      hosts.length === 0 ? "" : `、端末・サーバー: ${hosts.slice(0, 12).join("、")}`
    }。`,
    en: `Found by the gates: ${figure(findings.length)} (${span}); kinds: ${codes.slice(0, 12).join(", ")}${
      hosts.length === 0 ? "" : `; hosts: ${hosts.slice(0, 12).join(", ")}`
    }.`,
  };
  const records = findings.slice(0, 40).map(({ record }) => record);
  return { known: true, contradicts: false, sentences: [citations.say("fact", said, records)] };
}

/** What was decided and done about the findings, by what it is called in the ledger. */
export function actsPart(citations: Citations): Part {
  const { acts } = citations.material;
  if (acts.length === 0) return nothing;
  const byCode = [...Map.groupBy(acts, ({ code }) => code)];
  const sentences = byCode.slice(0, 20).map(([code, some]) => {
    const [first, last] = [some[0] as (typeof some)[number], some.at(-1) as (typeof some)[number]];
    const { timeZone } = citations.material;
    const span =
      some.length === 1
        ? timeSaid(first.record.at, timeZone)
        : `${timeSaid(first.record.at, timeZone)} – ${timeSaid(last.record.at, timeZone)}`;
    const said = {
      ja: `台帳の記録: ${code} ${figure(some.length)} 件（${span}）。`,
      en: `On record: ${code}, ${figure(some.length)} (${span}).`,
    };
    return citations.say(
      "fact",
      said,
      some.slice(0, 20).map(({ record }) => record),
    );
  });
  return { known: true, contradicts: false, sentences };
}

/** What the incident room's tasks say is done. */
export function tasksPart(citations: Citations): Part {
  const { tasks, timeZone } = citations.material;
  const sentences = tasks.slice(0, 100).map(({ record, done, doneAt, title }) => {
    const day = timeSaid(doneAt, timeZone).slice(0, 10);
    const said = {
      ja: `${title ?? "（消去済みの作業）"}: ${day} 完了。`,
      en: `${title ?? "(a task that was erased)"}: done ${day}.`,
    };
    return citations.say("fact", said, [record, done]);
  });
  return { known: sentences.length > 0, contradicts: false, sentences };
}

/** States of a person's notice, as the notices' room counts them. */
const noticeStates: Readonly<Record<string, Said>> = {
  waiting: { ja: "待機", en: "waiting" },
  queued: { ja: "送信待ち", en: "queued" },
  leased: { ja: "送信中", en: "being sent" },
  handing: { ja: "受渡し中", en: "being handed over" },
  sent: { ja: "送信済み", en: "sent" },
  doubt: { ja: "到達不明", en: "in doubt" },
  letter: { ja: "郵送待ち", en: "to be written a letter" },
  lettered: { ja: "郵送済み", en: "written a letter" },
  substitute: { ja: "代替措置", en: "substitute measure" },
  withheld: { ja: "送付対象外", en: "withheld" },
};

/** How many persons were told, and what became of their notices. */
export function noticesPart(citations: Citations): Part {
  const sentences = citations.material.notices.map(({ record, campaign, persons, states }) => {
    const counts = Map.groupBy(Object.entries(states), ([state]) => state.replace(/ \d+$/, ""));
    const parts = [...counts].map(([state, rows]) => {
      const sum = figure(rows.reduce((total, [, count]) => total + count, 0));
      const name = noticeStates[state] ?? { ja: state, en: state };
      return { ja: `${name.ja} ${sum} 人`, en: `${name.en} ${sum}` };
    });
    const day = timeSaid(record.at, citations.material.timeZone);
    const [ja, en] = [parts.map((part) => part.ja).join("、"), parts.map((part) => part.en).join(", ")];
    const said = {
      ja: `本人への通知「${campaign}」（${day} 現在）: 対象 ${figure(persons)} 人、${ja}。`,
      en: `Notices "${campaign}" as of ${day}: ${figure(persons)} persons; ${en}.`,
    };
    return citations.say("fact", said, [record]);
  });
  const sent = citations.material.notices.some(({ states }) =>
    Object.entries(states).some(([state, count]) => /^(sent|lettered)\b/.test(state) && count > 0),
  );
  return { known: sent, contradicts: false, sentences };
}

/** That duties towards these were done, when, as somebody recorded. */
export function donePart(citations: Citations, duties: readonly string[], said: Said): Part {
  const { done, timeZone } = citations.material;
  const mine = done.filter(({ duty }) => duties.includes(duty));
  const sentences = mine.map(({ at, record }) => {
    const day = timeSaid(at, timeZone);
    return citations.say("fact", { ja: `${said.ja}: ${day}。`, en: `${said.en}: ${day}.` }, [record]);
  });
  return { known: mine.length > 0, contradicts: false, sentences };
}

/** All events with both their times, as a table; each row names its source. */
export function timelineTable(citations: Citations, { daysOnly = false } = {}): Table {
  const { events, timeZone } = citations.material;
  const same = (text: string): Said => ({ ja: text, en: text });
  const time = (moment: string): Said => {
    const said = timeSaid(moment, timeZone);
    return same(daysOnly ? said.slice(0, 10) : said);
  };
  const left = events.length - limits.eventsMax;
  const more = { ja: `このほか ${figure(left)} 件`, en: `${figure(left)} more` };
  return {
    columns: [
      { title: { ja: "発生", en: "Happened" }, align: "left" },
      { title: { ja: "判明", en: "Known" }, align: "left" },
      { title: { ja: "把握した者", en: "To whom" }, align: "left" },
      { title: { ja: "内容", en: "What" }, align: "left" },
    ],
    rows: [
      ...events.slice(0, limits.eventsMax).map((event) => {
        const what = event.text?.what ?? "—";
        const source = event.text?.source ?? null;
        const number = citations.cite(event.record);
        const from =
          source === null
            ? ""
            : `
${source}`;
        return [
          time(event.happened),
          time(event.known),
          same(event.text?.knownTo ?? ""),
          same(`${what}${from} [${number}]`),
        ];
      }),
      ...(left > 0 ? [[same(""), same(""), same(""), more]] : []),
    ],
  };
}
