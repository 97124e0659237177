import type { Decision, Option, Question } from "../incident/decide.ts";
import type { RecordsSettings } from "../gates/records/settings.ts";
import type { Order } from "../gateLink.ts";
import type { EntryId } from "../ledger/entry.ts";

const options: Option[] = [
  {
    code: "approve",
    label: { en: "Approve this reading", ja: "この閲覧を承認する" },
    consequence: {
      en: "This person may run this very statement, up to the number of customers named, for a limited time.",
      ja: "この人は、示された人数と時間を上限に、この文に限り実行できます。",
    },
    undo: {
      en: "What has been read cannot be called back. The ledger says which customers it was.",
      ja: "閲覧されたものは取り消せません。対象の顧客は台帳に残ります。",
    },
  },
  {
    code: "deny",
    label: { en: "Refuse", ja: "却下する" },
    consequence: {
      en: "The statement does not run. The person reads why.",
      ja: "文は実行されません。本人に理由が表示されます。",
    },
    undo: { en: "The person can ask again.", ja: "本人はもう一度依頼できます。" },
  },
];

/** A held statement, as its row tells it. */
export type HeldStatement = {
  id: string;
  person: string;
  email: string | null;
  client: string;
  application: string;
  relations: string;
  columns: number;
  estimate: number | null;
  customersMax: number;
  entry: EntryId;
  /** When the gate's answer is no. */
  deadline: Temporal.Instant;
};

/** The question that a held statement puts to a second person. */
export function bulkReadQuestion(held: HeldStatement, settings: RecordsSettings): Question {
  const program = held.application === "" ? "?" : held.application;
  const [en, ja] =
    held.estimate === null
      ? ["an unknown number of customers", "人数不明の顧客"]
      : [
          `about ${held.estimate.toLocaleString("en")} customers`,
          `約${held.estimate.toLocaleString("en")}人の顧客`,
        ];
  return {
    code: "bulk-read",
    subject: `bulk-read ${held.id}`,
    about: {
      gate: "records",
      statement: held.id,
      person: held.person,
      ...(held.email === null ? {} : { email: held.email }),
    },
    question: {
      en:
        `${held.person} wants to read ${held.columns} columns of personal data of ${en} ` +
        `(${held.relations}), to ${program} on ${held.client}. May this statement run?`,
      ja:
        `${held.person}が、${held.client}の${program}で、${ja}の個人情報${held.columns}列（${held.relations}）を` +
        "読もうとしています。実行を認めますか。",
    },
    options,
    owner: { role: settings.policy.approval.ownerRole, person: null },
    secondPerson: false,
    deadline: held.deadline,
    defaultOption: "deny",
    restsOn: [held.entry],
  };
}

/** The order to the gate that a settled question amounts to. The gate's own deadline has said no already. */
export function orderOfBulkRead(decision: Decision): Order | null {
  const { code, outcome, state } = decision;
  if (code !== "bulk-read" || outcome === null || state !== "answered") return null;
  return {
    order: decision.id,
    gate: "records",
    act: outcome === "approve" ? "approve" : "deny",
    about: decision.about,
    evidence: [],
    restsOn: decision.entries.at(-1) as EntryId,
  };
}
