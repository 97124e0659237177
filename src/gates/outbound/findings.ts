import type { Said, Severity } from "../../gate.ts";
import { visibleText } from "../../lib/visibleText.ts";

type Row<Evidence> = {
  /** MITRE ATT&CK technique id, where one exists. */
  technique: string | null;
  severity: Severity;
  say: (evidence: Evidence) => Said;
};

type Pair = { host: string; destination: string };

/** Everything that the outbound gate can find, by code. Closed: ledger and reports count by it. */
export const FINDINGS = {
  "silent-server-speaks": {
    technique: "T1071",
    severity: "high",
    say: ({ host, destination, role }: Pair & { role: Said }) => ({
      en: `${host} (${role.en}) has a list of nobody to talk to outside, and talks to ${destination}.`,
      ja: `${host}（${role.ja}）は外部との通信先が一つも許可されていませんが、${destination}に通信しました。`,
    }),
  },
  "not-on-its-list": {
    technique: "T1071",
    severity: "high",
    say: ({ host, destination, role }: Pair & { role: Said }) => ({
      en: `${host} (${role.en}) talks to ${destination}, which is not on its written list.`,
      ja: `${host}（${role.ja}）が、許可一覧にない${destination}に通信しました。`,
    }),
  },
  beacon: {
    technique: "T1071",
    severity: "high",
    say: ({
      host,
      destination,
      pace,
      contacts,
      score,
    }: Pair & { pace: Said; contacts: number; score: number }) => ({
      en: `${host} calls ${destination} on a clock: ${contacts} times, every ${pace.en}, score ${score}.`,
      ja: `${host}が${destination}に一定の間隔で接続しています（${contacts}回、約${pace.ja}ごと、点数${score}）。`,
    }),
  },
  "long-connection": {
    technique: "T1071",
    severity: "medium",
    say: ({ host, destination, lasted, open }: Pair & { lasted: Said; open: boolean }) => ({
      en: `${host} was connected to ${destination} for ${lasted.en}${open ? ", and still is" : ""}.`,
      ja: `${host}と${destination}の接続が${lasted.ja}に及びます${open ? "（継続中）" : ""}。`,
    }),
  },
  strobe: {
    technique: "T1071",
    severity: "medium",
    say: ({ host, destination, contacts }: Pair & { contacts: number }) => ({
      en: `${host} connected to ${destination} ${contacts} times in a day.`,
      ja: `${host}が${destination}に一日で${contacts}回接続しました。`,
    }),
  },
  "dns-tunnel": {
    technique: "T1071.004",
    severity: "high",
    say: ({
      domain,
      names,
      hosts,
      visited,
    }: {
      domain: string;
      names: number;
      hosts: string;
      visited: boolean;
    }) => ({
      en: visited
        ? `${names} different names below ${domain} were asked for by ${hosts}.`
        : `${names} different names below ${domain} were asked for by ${hosts}; nobody connected there.`,
      ja: visited
        ? `${domain}の下の名前が${names}種類問い合わされました（${hosts}）。`
        : `${domain}の下の名前が${names}種類問い合わされました（${hosts}）。実際の接続は一度もありません。`,
    }),
  },
  "first-seen-destination": {
    technique: null,
    severity: "low",
    say: ({ host, destination, role }: Pair & { role: Said }) => ({
      en: `${host} (${role.en}) talks to ${destination} for the first time; nobody of ours did before.`,
      ja: `${host}（${role.ja}）が${destination}に初めて通信しました。これまで組織内の誰も通信していません。`,
    }),
  },
  "new-place": {
    technique: null,
    severity: "low",
    say: ({ host, destination, role, place }: Pair & { role: Said; place: Said }) => ({
      en: `${host} (${role.en}) talks to ${destination} in ${place.en}; no host of its role did before.`,
      ja: `${host}（${role.ja}）が${place.ja}の${destination}に通信しました。同じ役割の機器では初めての通信先です。`,
    }),
  },
  "rare-destination": {
    technique: null,
    severity: "info",
    say: ({ destination, hosts, fleet }: { destination: string; hosts: number; fleet: number }) => ({
      en: `Only ${hosts} of ${fleet} hosts talk to ${destination}.`,
      ja: `${destination}に通信しているのは${fleet}台中${hosts}台だけです。`,
    }),
  },
  "upload-volume": {
    technique: "T1048",
    severity: "high",
    say: ({ host, destination, bytes, usual }: Pair & { bytes: Said; usual: Said }) => ({
      en: `${host} sent ${bytes.en} to ${destination} in a day; its usual day is ${usual.en}.`,
      ja: `${host}が${destination}に一日で${bytes.ja}を送信しました。普段は${usual.ja}です。`,
    }),
  },
  "slow-upload": {
    technique: "T1030",
    severity: "high",
    say: ({ host, destination, bytes, days, usual }: Pair & { bytes: Said; days: number; usual: Said }) => ({
      en: `${host} sent ${bytes.en} to ${destination} over ${days} days; before, it sent ${usual.en} a day.`,
      ja: `${host}が${destination}に${days}日かけて少しずつ、合計${bytes.ja}を送信しました。以前は一日${usual.ja}でした。`,
    }),
  },
  "rare-agent": {
    technique: "T1071.001",
    severity: "low",
    say: ({ host, destination, agent }: Pair & { agent: string }) => ({
      en: `${host} calls itself "${agent}" towards ${destination} and towards nobody else.`,
      ja: `${host}は${destination}に対してだけ「${agent}」と名乗っています。`,
    }),
  },
  "intelligence-hit": {
    technique: "T1071",
    severity: "high",
    say: ({ host, destination, list }: Pair & { list: string }) => ({
      en: `${host} talked to ${destination}, which the list ${list} names.`,
      ja: `${host}が、脅威情報「${list}」に載っている${destination}に通信しました。`,
    }),
  },
  "cut-did-not-hold": {
    technique: null,
    severity: "critical",
    say: ({ order, packets }: { order: string; packets: number }) => ({
      en: `${packets} packets passed after the order ${order} was in place: it does not hold.`,
      ja: `命令${order}の実施後も${packets}個のパケットが通過しました。遮断できていません。`,
    }),
  },
  "cut-drift": {
    technique: "T1562.004",
    severity: "high",
    say: ({ what, mended }: { what: string; mended: boolean }) => ({
      en: mended
        ? `Somebody else changed the rules that keep traffic cut (${what}); they were put back.`
        : `Somebody else changed the rules that keep traffic cut (${what}); they could not be put back.`,
      ja: mended
        ? `遮断の規則が何者かに変更されました（${what}）。元に戻しました。`
        : `遮断の規則が何者かに変更されました（${what}）。元に戻せていません。`,
    }),
  },
  "record-gap": {
    technique: "T1562",
    severity: "medium",
    say: ({ source, from, until }: { source: string; from: string; until: string }) => ({
      en: `No one saw ${from} to ${until}: ${source} said nothing.`,
      ja: `${from}から${until}までは誰も見ていません（${source}からの記録がありません）。`,
    }),
  },
  "record-loss": {
    technique: null,
    severity: "medium",
    say: ({ source, lost }: { source: string; lost: number }) => ({
      en: `${source} lost ${lost} events: some connections are not on record.`,
      ja: `${source}で${lost}件の記録が失われました。一部の接続が記録されていません。`,
    }),
  },
} as const;
export type FindingCode = keyof typeof FINDINGS;
export const FINDING_CODES = Object.keys(FINDINGS) as [FindingCode, ...FindingCode[]];

export type EvidenceOf<Code extends FindingCode> = Parameters<(typeof FINDINGS)[Code]["say"]>[0];

/** A judgement about traffic, with every figure that it rests on. */
export type Finding = {
  code: FindingCode;
  technique: string | null;
  severity: Severity;
  /** The host of ours; empty where the finding is of the gate itself. */
  src: string;
  /** The other side: a name where one is known, else an address. */
  dst: string;
  /** Findings of one behaviour share it. */
  group: string;
  because: Said[];
  figures: Record<string, number | string | boolean | null>;
  /** The suppression of the policy that hides it, or null. */
  hiddenBy: string | null;
};

/** Makes a finding: technique, severity and the first sentence come from the one table. */
export function findingOf<Code extends FindingCode>(
  code: Code,
  about: {
    src: string;
    dst: string;
    group?: string;
    figures?: Finding["figures"];
    more?: Said[];
    severity?: Severity;
  },
  evidence: EvidenceOf<Code>,
): Finding {
  const row = FINDINGS[code] as Row<EvidenceOf<Code>>;
  return {
    code,
    technique: row.technique,
    severity: about.severity ?? row.severity,
    src: about.src,
    dst: about.dst,
    group: about.group ?? `${about.src} ${about.dst}`,
    because: [row.say(showAll(evidence)), ...(about.more ?? [])],
    figures: about.figures ?? {},
    hiddenBy: null,
  };
}

/** Names come from strangers: nothing in a sentence may hide itself or turn the text around. */
function showAll<Evidence extends object>(evidence: Evidence): Evidence {
  const shown = Object.entries(evidence).map(([key, value]) => [
    key,
    typeof value === "string" ? visibleText(value) : value,
  ]);
  return Object.fromEntries(shown) as Evidence;
}

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** A number of bytes as people say it. */
export function sayBytes(bytes: number): Said {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const number = value >= 100 || unit === 0 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
  return { en: `${number} ${units[unit]}`, ja: `${number} ${units[unit]}` };
}
