import type { Option, Question } from "../incident/decide.ts";
import type { EntryId } from "../ledger/entry.ts";
import type { MailSettings } from "../gates/mail/settings.ts";

const options: Option[] = [
  {
    code: "release",
    label: { en: "Release to the recipient", ja: "宛先に渡す" },
    consequence: {
      en: "The gate delivers the mail as it came, marked as released.",
      ja: "届いたままのメールに「解放」の印を付けて宛先に届けます。",
    },
    undo: {
      en: "A delivered mail cannot be called back.",
      ja: "届いたメールは取り戻せません。",
    },
  },
  {
    code: "refuse",
    label: { en: "Refuse", ja: "却下する" },
    consequence: {
      en: "The recipient does not get the mail. It stays in evidence. The sender is not told.",
      ja: "宛先には届きません。証拠として保管されます。差出人には知らせません。",
    },
    undo: {
      en: "It can still be taken out of evidence by an analyst.",
      ja: "分析担当者は証拠から取り出せます。",
    },
  },
];

/** The question that every held mail puts. */
export function heldMailQuestion(
  held: { mail: string; heldEntry: EntryId; askedAt: Temporal.Instant; secondPerson: boolean },
  settings: MailSettings["held"],
): Question {
  return {
    code: "held-mail",
    subject: `held-mail ${held.mail}`,
    about: { gate: "mail", mail: held.mail },
    question: {
      en: held.secondPerson
        ? "A mail with content that can run is held. Shall it reach its recipient? Two persons decide."
        : "A mail is held. Shall it reach its recipient?",
      ja: held.secondPerson
        ? "実行できる内容を含むメールを保留しています。宛先に渡しますか。二人で決めます。"
        : "メールを保留しています。宛先に渡しますか。",
    },
    options,
    owner: { role: settings.ownerRole, person: null },
    secondPerson: held.secondPerson,
    deadline: held.askedAt.add({ seconds: Math.round(settings.deadlineHours * 3_600) }),
    defaultOption: settings.default,
    restsOn: [held.heldEntry],
  };
}
