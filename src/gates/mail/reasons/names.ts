import { sayKind } from "../kinds.ts";
import type { ReasonEntry } from "../reasons.ts";

type Named = { name: string };

/** Reasons that rest on what a file is called. */
export const NAME_REASONS = {
  "kind-disguised": {
    technique: "T1036.008",
    severity: "high",
    say: ({ name, kind }: { name: string; kind: string }) => ({
      en: `"${name}" looks like a harmless file by its name, but its content is a ${sayKind(kind).en}.`,
      ja: `「${name}」は名前は無害なファイルですが、中身は${sayKind(kind).ja}です。`,
    }),
  },
  "kind-disagrees": {
    technique: "T1036.008",
    severity: "low",
    say: ({ name, kind }: { name: string; kind: string }) => ({
      en: `The content of "${name}" (${sayKind(kind).en}) is not what its name promises.`,
      ja: `「${name}」の中身（${sayKind(kind).ja}）は、名前から考えられる種類と違います。`,
    }),
  },
  "double-extension": {
    technique: "T1036.007",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `"${name}" has two endings, so that the one that counts is overlooked.`,
      ja: `「${name}」は拡張子が二重で、本当の種類を見落とさせる名前です。`,
    }),
  },
  "padded-name": {
    technique: "T1036.006",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `The name "${name}" is filled with blanks, which push its real ending out of sight.`,
      ja: `「${name}」は空白を並べて、本当の拡張子を画面の外へ押し出しています。`,
    }),
  },
  "reversed-name": {
    technique: "T1036.002",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `The name "${name}" contains characters that reverse the reading direction and hide its ending.`,
      ja: `「${name}」には文字の並びを逆に見せる制御文字があり、拡張子を偽装しています。`,
    }),
  },
  "confusable-extension": {
    technique: "T1036",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `The ending of "${name}" is written with look-alike characters.`,
      ja: `「${name}」の拡張子は、全角など似た文字で書かれています。`,
    }),
  },
  "unsafe-name": {
    technique: "T1036",
    severity: "medium",
    say: ({ name }: Named) => ({
      en: `The name "${name}" would be stored by Windows as another name or in another folder.`,
      ja: `「${name}」は、保存すると別の名前や別のフォルダーになる名前です。`,
    }),
  },
  "names-disagree": {
    technique: "T1036",
    severity: "high",
    say: ({ name, other }: { name: string; other: string }) => ({
      en: `The same file is named "${name}" and "${other}", which are of different kinds.`,
      ja: `同じファイルに「${name}」と「${other}」という種類の違う名前が付いています。`,
    }),
  },
} as const satisfies Record<string, ReasonEntry<never>>;
