import type { Said } from "../gate.ts";
import type { ActResult } from "./act.ts";

/**
 * What took days in 2016 and how long it takes here. The dates are those of the public record
 * (docs/incident.md); the seconds are measured in the run that prints them.
 */

type Moment = { from: string; until: string };
type Measured = { act: string; figure: string };
const rows: readonly ({ code: string; what: Said; in2016: Moment } & Measured)[] = [
  {
    code: "mail",
    what: { ja: "標的型メールに気づく", en: "The targeted mail is noticed" },
    in2016: { from: "2016-03-15", until: "2016-03-19" },
    ...{ act: "mail", figure: "secondsToHold" },
  },
  {
    code: "cut-off",
    what: { ja: "外部への通信が止まる", en: "The traffic outwards ends" },
    in2016: { from: "2016-03-15", until: "2016-03-25" },
    ...{ act: "traffic", figure: "cutOffAfterSeconds" },
  },
  {
    code: "staged-file",
    what: { ja: "個人情報のファイルが作られたことに気づく", en: "The files of personal data are seen" },
    in2016: { from: "2016-03-21", until: "2016-03-29" },
    ...{ act: "records", figure: "stagedFileSeenSeconds" },
  },
  {
    code: "directors",
    what: { ja: "経営に報告される", en: "The directors are told" },
    in2016: { from: "2016-03-19", until: "2016-05-16" },
    ...{ act: "aftermath", figure: "directorsToldSeconds" },
  },
  {
    code: "persons-list",
    what: { ja: "対象者の名簿ができる", en: "The list of persons is there" },
    in2016: { from: "2016-05-17", until: "2016-06-20" },
    ...{ act: "scope", figure: "scopeSeconds" },
  },
  {
    code: "authority",
    what: { ja: "監督官庁への報告が整う", en: "The report to the authority is ready" },
    in2016: { from: "2016-03-19", until: "2016-05-31" },
    ...{ act: "aftermath", figure: "reportReadySeconds" },
  },
  {
    code: "partner",
    what: { ja: "提携先への連絡が整う", en: "The letter to the partner is ready" },
    in2016: { from: "2016-03-19", until: "2016-06-02" },
    ...{ act: "aftermath", figure: "partnerLetterSeconds" },
  },
  {
    code: "notices",
    what: { ja: "本人への通知が始まる", en: "The persons' notices begin" },
    in2016: { from: "2016-03-19", until: "2016-06-16" },
    ...{ act: "aftermath", figure: "noticesBegunSeconds" },
  },
  {
    code: "public",
    what: { ja: "公表の文書が整う", en: "The public page is ready" },
    in2016: { from: "2016-03-15", until: "2016-06-14" },
    ...{ act: "aftermath", figure: "publicPageSeconds" },
  },
];

export type Delay = {
  code: string;
  what: Said;
  from: string;
  until: string;
  days: number;
  seconds: number | null;
};

/** A row for each; `seconds` is null where the act was not played, or could not measure it here. */
export function delaysOf(results: readonly ActResult[]): Delay[] {
  return rows.map(({ code, what, in2016: { from, until }, act, figure }) => {
    const days = Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(until)).days;
    const seconds = results.find((result) => result.act === act)?.figures[figure];
    return { code, what, from, until, days, seconds: typeof seconds === "number" ? seconds : null };
  });
}

/** How much longer it took in 2016; whole numbers, since 2016 is known by the day. */
export function timesFaster({ days, seconds }: Delay): number | null {
  return seconds === null || seconds <= 0 ? null : Math.round((days * 86_400) / seconds);
}

/** The table for a terminal, in both languages side by side where there is room. */
export function printDelays(delays: readonly Delay[]): string {
  const lines = delays.map((delay) => {
    const { what, from, until, days, seconds } = delay;
    const here = seconds === null ? "not played" : `${seconds.toFixed(1)} s`;
    const span = `${from.slice(5)} to ${until.slice(5)}`;
    const then = `${span}  ${String(days).padStart(3)} days`;
    return `    ${what.en.padEnd(38)} ${then}  ${here.padStart(10)}  ${what.ja}\n`;
  });
  return `  Delay in 2016 / here, measured in this run\n${lines.join("")}`;
}
