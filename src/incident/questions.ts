import type { EntryId } from "../ledger/entry.ts";
import type { Option, Question } from "./decide.ts";
import type { Said } from "../gate.ts";

/** The questions that an incident puts by itself, and those that a person puts. */

export const limits = { optionsMax: 6, hoursMax: 24 * 60 } as const;

export type QuestionSettings = { leakHours: number; directorsHours: number };

const leakOptions: Option[] = [
  {
    code: "yes",
    label: { ja: "漏えい等のおそれがある", en: "Data may have leaked" },
    consequence: {
      ja: "「知った時」が記録され、法定期限の計算が始まります。",
      en: "The moment of knowing is recorded and the legal clocks start.",
    },
    undo: {
      ja: "事実の記録は残ります。後の事実で期限は計算し直されます。",
      en: "What was recorded stays; a later fact has the clocks counted anew.",
    },
  },
  {
    code: "no",
    label: { ja: "おそれはない", en: "No data can have leaked" },
    consequence: {
      ja: "期限の計算は始まりません。理由が台帳に残ります。",
      en: "No clock starts. The reason stays in the ledger.",
    },
    undo: { ja: "いつでも事実を記録して始められます。", en: "A fact can be recorded at any time." },
  },
];

/** Whether personal data may have leaked: in 2016 nobody was asked for 28 days after the first sign. */
export function leakQuestion(
  incident: string,
  of: { number: number; askedAt: Temporal.Instant; restsOn: EntryId[]; settings: QuestionSettings },
): Question {
  const { number } = of;
  return {
    code: "may-have-leaked",
    subject: `may-have-leaked ${incident}`,
    about: { incident },
    question: {
      ja: `インシデント${number}：個人データの漏えい等のおそれはありますか。`,
      en: `Incident ${number}: may personal data have leaked?`,
    },
    options: leakOptions,
    owner: { role: "privacy-officer", person: null },
    secondPerson: false,
    deadline: of.askedAt.add({ seconds: Math.round(of.settings.leakHours * 3_600) }),
    // "Possibly occurred" is enough for the duty to report (APPI art. 26, Rules art. 7).
    defaultOption: "yes",
    restsOn: of.restsOn,
  };
}

const directorsOptions: Option[] = [
  {
    code: "tell",
    label: { ja: "経営に報告する", en: "Tell the directors" },
    consequence: {
      ja: "設定された宛先に要点が送られ、台帳に残ります。",
      en: "What is known goes to the addresses in the configuration, and into the ledger.",
    },
    undo: { ja: "送った報告は取り消せません。", en: "What was told cannot be taken back." },
  },
  {
    code: "wait",
    label: { ja: "まだ報告しない", en: "Not yet" },
    consequence: { ja: "理由と名前が台帳に残ります。", en: "The reason and the name stay in the ledger." },
    undo: { ja: "後から報告できます。", en: "They can be told later." },
  },
];

/** In 2016 the directors heard after two months. */
export function directorsQuestion(
  incident: string,
  of: { number: number; askedAt: Temporal.Instant; restsOn: EntryId[]; settings: QuestionSettings },
): Question {
  const { number } = of;
  return {
    code: "tell-directors",
    subject: `tell-directors ${incident}`,
    about: { incident },
    question: {
      ja: `インシデント${number}：経営に報告しますか。`,
      en: `Incident ${number}: shall the directors be told?`,
    },
    options: directorsOptions,
    owner: { role: "approver", person: null },
    secondPerson: false,
    deadline: of.askedAt.add({ seconds: Math.round(of.settings.directorsHours * 3_600) }),
    defaultOption: "tell",
    restsOn: of.restsOn,
  };
}

export type AskedByHand = {
  question: Said;
  options: readonly { label: Said; consequence: Said }[];
  role: string;
  hours: number;
  /** Place among the options, from 0. */
  onSilence: number;
  secondPerson: boolean;
};

/** What a person asks another: it too has an owner, a deadline, and what happens when nobody answers. */
export function questionByHand(
  incident: string,
  asked: AskedByHand,
  of: { id: string; askedAt: Temporal.Instant },
): Question {
  const nothing: Said = { ja: "－", en: "–" };
  return {
    code: "question",
    subject: `question ${of.id}`,
    about: { incident },
    question: asked.question,
    options: asked.options.map(({ label, consequence }, at) => ({
      code: `option-${at + 1}`,
      label,
      consequence,
      undo: nothing,
    })),
    owner: { role: asked.role, person: null },
    secondPerson: asked.secondPerson,
    deadline: of.askedAt.add({ seconds: Math.round(asked.hours * 3_600) }),
    defaultOption: `option-${asked.onSilence + 1}`,
    restsOn: [],
  };
}
