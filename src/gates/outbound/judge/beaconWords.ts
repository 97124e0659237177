import type { Said } from "../../../gate.ts";
import { say, type Beacon, type Circumstances } from "./beacon.ts";

type Sentence = (figures: Beacon["figures"], given: Circumstances) => Said;

const percent = (share: number): number => Math.round(share * 100);

const rare: Sentence = (_, { hosts, hostsOfFleet }) => ({
  en: `${hosts} of ${hostsOfFleet} hosts talk to it.`,
  ja: `${hostsOfFleet}台中${hosts}台が接続しています。`,
});

const since = (days: number): number => Math.round(days * 10) / 10;

/** Why each weight of a beacon's score is there, in both languages. */
const sentences = {
  rhythm: ({ contacts, interval, variation }) => ({
    en: `${contacts} contacts, one every ${say(interval.median).en}, varying by ${percent(variation)} %.`,
    ja: `接触${contacts}回、間隔は約${say(interval.median).ja}、ばらつき${percent(variation)}%です。`,
  }),
  "same-size": ({ sameSize }) => ({
    en: `${percent(sameSize ?? 0)} % of the contacts sent nearly the same amount.`,
    ja: `接触の${percent(sameSize ?? 0)}%がほぼ同じ送信量です。`,
  }),
  lasting: ({ spanSeconds }) => ({
    en: `It went on for ${say(spanSeconds).en}.`,
    ja: `${say(spanSeconds).ja}にわたって続いています。`,
  }),
  steady: ({ fill }) => ({
    en: `${percent(fill)} % of the calls that such a clock makes were seen between the first and the last.`,
    ja: `最初から最後までの間に、この間隔で見込まれる接触の${percent(fill)}%がありました。`,
  }),
  "from-outside": (_, { answered }) => ({
    en: `It comes from outside; ${percent(answered)} % of the contacts were answered with data.`,
    ja: `外部からの接続で、${percent(answered)}%にデータの応答がありました。`,
  }),
  inside: () => ({ en: "Both sides are our own.", ja: "両端とも自組織です。" }),
  "many-ports": (_, { onePort }) => ({
    en: `Many ports of the other side: the commonest has ${percent(onePort)} %.`,
    ja: `接続先のポートが一定しません（最多でも${percent(onePort)}%）。`,
  }),
  common: rare,
  known: rare,
  rare,
  new: (_, { firstSeenDays }) => ({
    en: `First seen ${since(firstSeenDays ?? 0)} days ago.`,
    ja: `${since(firstSeenDays ?? 0)}日前に初めて見られました。`,
  }),
  old: (_, { firstSeenDays }) => ({
    en: `Known for ${since(firstSeenDays ?? 0)} days.`,
    ja: `${since(firstSeenDays ?? 0)}日前から見られています。`,
  }),
  server: () => ({
    en: "The source is a server: it has nobody to call.",
    ja: "送信元はサーバーで、外部に接続する用がありません。",
  }),
  "clock-protocol": (_, { clockProtocol }) => ({
    en: `${clockProtocol} calls on a clock by its nature.`,
    ja: `${clockProtocol}はもともと一定間隔で通信する規約です。`,
  }),
  "on-list": () => ({
    en: "The destination is on the host's written list.",
    ja: "接続先は許可一覧にあります。",
  }),
  intelligence: () => ({
    en: "The destination is on an intelligence list.",
    ja: "接続先は脅威情報に載っています。",
  }),
  "no-host": () => ({ en: "Requests without a Host header.", ja: "Hostヘッダーのない要求です。" }),
  "rare-agent": () => ({
    en: "A signature (User-Agent or JA3) that the host uses for nothing else.",
    ja: "この接続先にしか使われない署名（User-AgentまたはJA3）です。",
  }),
} as const satisfies Record<string, Sentence>;

export type WeightCode = keyof typeof sentences;

/** The sentence of one weight. */
export function sayWeight(code: WeightCode, beacon: Pick<Beacon, "figures" | "circumstances">): Said {
  return (sentences[code] as Sentence)(beacon.figures, beacon.circumstances);
}
