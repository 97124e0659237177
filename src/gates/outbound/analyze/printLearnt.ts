import type { Language } from "../../../lib/language.ts";
import { visibleText } from "../../../lib/visibleText.ts";
import { sayBytes } from "../findings.ts";
import { sayUsual, type Proposed } from "../judge/learnHosts.ts";
import type { Learnt, LearntHost } from "./gatherHosts.ts";

const words = {
  en: {
    head: (from: string, until: string) => `# Proposed from the traffic of ${from} to ${until} (UTC).`,
    read: "# Read and correct it before you paste it: what was usual need not be right. Which servers hold",
    read2: "# personal data nobody can see from outside: give them the role personal-data-server.",
    more: (count: number) => `# ${count} more hosts, which were seen least, are not listed.`,
    unread: (count: number) => `# ${count} lines could not be read.`,
    guess: "guess",
    known: "stands in the inventory; below is what its list does not name",
    line: (one: Proposed) =>
      `${one.connections} connections on ${one.days} days, ${sayBytes(one.sent).en} sent`,
    unusual: (count: number) => `${count} more destinations were not usual; is one of them right?`,
  },
  ja: {
    head: (from: string, until: string) => `# ${from}から${until}まで（UTC）の通信からの提案です。`,
    read: "# 貼り付ける前に確認し、直してください。普段の通信が正しいとは限りません。個人データを持つサーバーは",
    read2: "# 通信からは分かりません。role を personal-data-server にしてください。",
    more: (count: number) => `# ほかに${count}台（通信の少ないもの）は省きました。`,
    unread: (count: number) => `# ${count}行は読み取れませんでした。`,
    guess: "推定",
    known: "台帳に登録済み。一覧にない通信先だけを示します",
    line: (one: Proposed) => `${one.days}日間に${one.connections}回、送信${sayBytes(one.sent).ja}`,
    unusual: (count: number) => `普段と言えない通信先がほかに${count}件。正しいものはありますか`,
  },
} as const;

const unusualShown = 10;

/** The proposal as YAML with the reasons as comments. */
export function printLearnt(
  learnt: Learnt,
  given: { language: Language; timeZone: string; unread: number },
): string {
  const text = words[given.language];
  const minute = (at: number): string => new Date(at / 1_000).toISOString().slice(0, 16).replace("T", " ");
  const lines = [text.head(minute(learnt.from), minute(learnt.until)), text.read, text.read2];
  if (learnt.more > 0) lines.push(text.more(learnt.more));
  if (given.unread > 0) lines.push(text.unread(given.unread));
  lines.push("outbound:", "  hosts:");
  for (const host of learnt.hosts) lines.push(...hostLines(host, given));
  return `${lines.join("\n")}\n`;
}

function hostLines(host: LearntHost, given: { language: Language; timeZone: string }): string[] {
  const { language } = given;
  const text = words[language];
  const why = host.guess.because.map((said) => said[language]).join("; ");
  const usual = sayUsual(host.seen, given.timeZone)[language];
  const lines = [
    `    # ${host.known ? text.known : `${text.guess} ${host.role}`}: ${visibleText(why, 400)}`,
    `    # ${visibleText(usual, 400)}`,
    `    - name: ${JSON.stringify(host.name)}`,
    `      addresses: [${JSON.stringify(host.address)}]`,
    `      role: ${host.role}`,
  ];
  if (host.usual.length > 0) {
    lines.push("      speaksTo:");
    for (const one of host.usual)
      lines.push(`        - ${JSON.stringify(visibleText(one.entry, 300))} # ${text.line(one)}`);
  }
  if (host.unusual.length > 0) lines.push(`      # ${text.unusual(host.unusual.length)}`);
  for (const one of host.unusual.slice(0, unusualShown))
    lines.push(`      #   ${visibleText(one.entry, 300)}  ${text.line(one)}`);
  return lines;
}
