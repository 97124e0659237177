/**
 * What laws ask about. A claim is what somebody says of one of these facts; several may stand side by side
 * until a person settles which holds, and then everything that hangs on them says so.
 */
export type Words = { ja: string; en: string };

type FactKind = "number" | "truth" | "moment";

/** Every fact by its name, those that settle most first; `about`: the question, while it is not known. */
export const FACTS = {
  knew: {
    kind: "moment",
    about: {
      ja: "漏えい等（のおそれ）を知った時（いずれかの部署が知った時）",
      en: "When any department knew of the leak, or that it may have occurred",
    },
  },
  persons: {
    kind: "number",
    about: { ja: "影響を受けた（可能性のある）本人の数", en: "Persons who are, or may be, affected" },
  },
  "improper-purpose": {
    kind: "truth",
    about: {
      ja: "不正の目的をもって行われたおそれのある行為によるか",
      en: "An act with suspected improper purpose caused it",
    },
  },
  "high-grade-encryption": {
    kind: "truth",
    about: {
      ja: "高度な暗号化等が施され、鍵も漏れていないか",
      en: "The data were under high-grade encryption, and the key did not leak",
    },
  },
  "we-process-for-others": {
    kind: "truth",
    about: {
      ja: "委託を受けて取り扱っているデータか",
      en: "We handle the data on behalf of somebody else",
    },
  },
  "sensitive-data": {
    kind: "truth",
    about: { ja: "要配慮個人情報が含まれるか", en: "Special care-required data are among them" },
  },
  "financial-harm": {
    kind: "truth",
    about: {
      ja: "不正利用により財産的被害が生じるおそれがあるか",
      en: "Misuse of the data can cause financial harm",
    },
  },
  "outside-access": {
    kind: "truth",
    about: { ja: "外部からの不正アクセスか", en: "Illegal access from outside caused it" },
  },
  "unique-identifiers": {
    kind: "truth",
    about: {
      ja: "固有識別情報（旅券番号等）が含まれるか",
      en: "Unique identifiers (passport numbers and the like) are among them",
    },
  },
  "unencrypted-data": {
    kind: "truth",
    about: { ja: "暗号化されていないデータか", en: "The data were not encrypted" },
  },
  "reasonably-certain": {
    kind: "moment",
    about: {
      ja: "個人データ侵害が起きたと合理的に確信した時",
      en: "When we were reasonably certain that personal data are affected",
    },
  },
  "risk-to-persons": {
    kind: "truth",
    about: { ja: "個人の権利利益へのリスクがあるか", en: "It is likely to be a risk to persons" },
  },
  "high-risk-to-persons": {
    kind: "truth",
    about: { ja: "個人への高いリスクがあるか", en: "It is likely to be a high risk to persons" },
  },
  "significant-harm": {
    kind: "truth",
    about: { ja: "個人に重大な損害を与えるおそれがあるか", en: "Significant harm to persons is likely" },
  },
  "persons-eu": {
    kind: "number",
    about: { ja: "EU/EEA にいる本人の数", en: "Persons in the EU or EEA" },
  },
  "persons-us-ca": {
    kind: "number",
    about: { ja: "カリフォルニア州の居住者の数", en: "Residents of California" },
  },
  "persons-kr": { kind: "number", about: { ja: "韓国の情報主体の数", en: "Data subjects in Korea" } },
  "persons-sg": {
    kind: "number",
    about: { ja: "シンガポールの個人の数", en: "Individuals in Singapore" },
  },
  assessed: {
    kind: "moment",
    about: { ja: "通知対象と判断した時", en: "When we assessed that it must be notified" },
  },
  "persons-told": {
    kind: "moment",
    about: { ja: "本人への通知を行った時", en: "When the persons were told" },
  },
  "report-ordered-until": {
    kind: "moment",
    about: { ja: "監督官庁が命じた報告の期限", en: "Until when an authority has ordered a report" },
  },
} as const satisfies Readonly<Record<string, { kind: FactKind; about: Words }>>;

export type FactName = keyof typeof FACTS;
export const FACT_NAMES = Object.keys(FACTS) as FactName[];

/** Who may see a claim: the team, counsel and those who settle, or anybody at all. */
export const AUDIENCES = ["team", "counsel", "public"] as const;
export type Audience = (typeof AUDIENCES)[number];

/**
 * What somebody says of a fact: a number, yes or no, or a moment as an ISO 8601 instant or a day
 * (2016-04-01). `bound`: nobody knows the number, but it is at most this.
 */
export type Claim = {
  /** The ledger entry that holds it. */
  id: string;
  fact: FactName;
  value: number | boolean | string;
  bound?: boolean;
  by: string;
  /** When it was said, an instant. */
  at: string;
  /** The claim in whose place it was put. */
  replaces?: string;
  /** Of several claims of one fact this one was picked, with a reason, by a named person. */
  picked?: boolean;
};

/** The claims of a fact that stand: neither replaced, nor passed over when another was picked. */
export function standing(claims: readonly Claim[], fact: FactName): Claim[] {
  const replaced = new Set(claims.map((claim) => claim.replaces));
  const left = claims.filter((claim) => claim.fact === fact && !replaced.has(claim.id));
  const picked = left.filter((claim) => claim.picked === true);
  return picked.length > 0 ? picked.slice(-1) : left;
}
