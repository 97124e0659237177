import type { ReasonEntry } from "../reasons.ts";

type Where = { where: string; detail: string };

/** Reasons that rest on how the message is built. */
export const STRUCTURE_REASONS = {
  "readings-disagree": {
    technique: "T1027",
    severity: "medium",
    say: ({ where, detail }: Where) => ({
      en: `Programs read ${where} of this mail differently (${detail}): what was checked may not be seen.`,
      ja: `このメールの${where}は読み方によって結果が違います（${detail}）。検査した内容と表示される内容が異なる恐れがあります。`,
    }),
  },
  "ambiguous-structure": {
    technique: "T1027",
    severity: "medium",
    say: ({ where, detail }: Where) => ({
      en: `The structure of the message at ${where} can be read in two ways: ${detail}.`,
      ja: `メールの構造（${where}）が二通りに読めます: ${detail}`,
    }),
  },
  "malformed-structure": {
    technique: null,
    severity: "info",
    say: ({ where, detail }: Where) => ({
      en: `The message is not built as its standard asks, at ${where}: ${detail}.`,
      ja: `メールの作りが規格に合っていません（${where}）: ${detail}`,
    }),
  },
  "smuggling-shape": {
    technique: "T1672",
    severity: "high",
    say: ({ detail }: { detail: string }) => ({
      en: `The message holds a false end of message (${detail}), behind which a second one can be smuggled.`,
      ja: `偽の終端（${detail}）があり、その後ろに別のメールを紛れ込ませることができます。`,
    }),
  },
  "bare-newline": {
    technique: null,
    severity: "info",
    say: ({ detail }: { detail: string }) => ({
      en: `Some lines end in a way that SMTP forbids (${detail}).`,
      ja: `SMTPで禁じられた改行（${detail}）が含まれています。`,
    }),
  },
  "forged-verdict": {
    technique: "T1036",
    severity: "medium",
    say: ({ name }: { name: string }) => ({
      en: `The message brought its own header field ${name}, which only this gate may write.`,
      ja: `この関所だけが付けるはずのヘッダー ${name} が、外から付けられていました。`,
    }),
  },
  "partial-message": {
    technique: "T1027",
    severity: "high",
    say: ({ where }: { where: string }) => ({
      en: `Part ${where} is a fragment of a message that is put together only at the reader's side.`,
      ja: `パート${where}は分割されたメールの断片で、受信側で初めて組み立てられます。`,
    }),
  },
  "link-disguised": {
    technique: "T1566.002",
    severity: "medium",
    say: ({ shown, target }: { shown: string; target: string }) => ({
      en: `The link that reads "${shown}" leads to ${target}.`,
      ja: `「${shown}」と書かれたリンクの行き先は ${target} です。`,
    }),
  },
  "reading-failed": {
    technique: "T1499",
    severity: "high",
    say: ({ problem }: { problem: string }) => ({
      en: `The message could not be read to its end: ${problem}.`,
      ja: `メールを最後まで読み取れませんでした: ${problem}`,
    }),
  },
} as const satisfies Record<string, ReasonEntry<never>>;
