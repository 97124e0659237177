import { visibleText } from "../../../lib/visibleText.ts";
import type { MailJudgement } from "../judge.ts";
import type { MailReading, SeenFile } from "../seen.ts";

export type Verdict = "pass" | "hold" | "refuse";

/** One inspected message; `reading` is null where it could not be read to its end. */
export type Inspection = { file: string; judgement: MailJudgement; reading: MailReading | null; ms: number };

/**
 * What a policy would have a gate do. Taking a part out is something that a person hears of, so it counts
 * as held.
 */
export function verdictOf(judgement: MailJudgement): Verdict {
  if (judgement.act.do === "pass") return "pass";
  return judgement.act.do === "refuse" ? "refuse" : "hold";
}

/** One JSON object on one line. */
export function inspectionJson({ file, judgement, reading, ms }: Inspection): string {
  const { spf, dkim, dmarc, arc, dnsIncomplete } = reading?.authentication ?? {};
  return JSON.stringify({
    file,
    messageId: reading?.messageId ?? null,
    verdict: verdictOf(judgement),
    order: judgement.order,
    reasons: judgement.reasons,
    auth: reading === null ? null : { spf, dkim, dmarc, arc, dnsIncomplete },
    parts: (reading?.parts ?? []).map(partJson),
    ms: Math.round(ms * 10) / 10,
  });
}

function partJson(file: SeenFile): object {
  return {
    path: file.path,
    names: [...new Set(file.names.map((name) => name.value))],
    type: file.declaredType,
    kind: file.kind,
    bytes: file.bytes,
    sha256: file.sha256,
    ...(file.encrypted ? { encrypted: true } : {}),
    ...(file.macros ? { macros: true } : {}),
    ...(file.marks.length > 0 ? { marks: file.marks } : {}),
    ...(file.icon === null ? {} : { icon: file.icon }),
    ...(file.unread === null ? {} : { unread: file.unread }),
    ...(file.files.length === 0 ? {} : { parts: file.files.map(partJson) }),
  };
}

const WORDS = {
  en: {
    pass: "PASS",
    hold: "HOLD",
    refuse: "REFUSE",
    from: "From",
    subject: "Subject",
    order: "standing order",
    part: "part",
  },
  ja: {
    pass: "通過",
    hold: "保留",
    refuse: "拒否",
    from: "差出人",
    subject: "件名",
    order: "事前の決定",
    part: "パート",
  },
} as const;

/** The same for people. */
export function inspectionText({ file, judgement, reading, ms }: Inspection, language: "en" | "ja"): string {
  const words = WORDS[language];
  const lines = [`${words[verdictOf(judgement)]}  ${file}  (${ms.toFixed(0)} ms)`];
  if (reading !== null) {
    const from = reading.from
      .map(({ name, address }) => (name === "" ? address : `${name} <${address}>`))
      .join(", ");
    lines.push(
      `      ${words.from}: ${visibleText(from)}`,
      `      ${words.subject}: ${visibleText(reading.subject)}`,
    );
  }
  if (judgement.order !== null) lines.push(`      ${words.order}: ${judgement.order}`);
  for (const { code, technique, severity, because, part } of judgement.reasons) {
    const where = part === null ? "" : `, ${words.part} ${part}`;
    lines.push(
      `    ${severity.padEnd(8)} ${because[language]}`,
      `             ${code}${technique === null ? "" : ` ${technique}`}${where}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
