import type { Said } from "../../../gate.ts";

/** Why a family of findings matters, in one sentence. */
const WHY = {
  listed: {
    en: "A server has no reason to begin talking outwards; in 2016 this was the first visible sign.",
    ja: "サーバーが自分から外部に話しかける理由はありません。2016年の事案でも最初に見える兆候でした。",
  },
  clock: {
    en: "Programs call on a clock, people do not: it may wait for orders from outside.",
    ja: "一定間隔で接続するのは人ではなくプログラムです。外部からの指令を待っているおそれがあります。",
  },
  lasting: {
    en: "An open line is a way in for whoever holds the other end.",
    ja: "つながったままの通信は、相手側にとって中に入る道になります。",
  },
  tunnel: {
    en: "Name queries pass almost everywhere, so data can be carried out in the names themselves.",
    ja: "名前の問い合わせはほぼ素通りするため、名前の中にデータを入れて持ち出せます。",
  },
  stranger: {
    en: "New is not evil, but an intrusion always begins with a destination nobody knew.",
    ja: "新しいこと自体は悪くありませんが、侵入は必ず「初めての通信先」から始まります。",
  },
  upload: {
    en: "This is what data looks like when it leaves. What is gone cannot be called back.",
    ja: "データが持ち出されるときの形です。出てしまったものは取り戻せません。",
  },
  known: {
    en: "Others have already seen this destination used against them.",
    ja: "他の組織への攻撃ですでに使われた通信先です。",
  },
  leak: {
    en: "People rely on this traffic being stopped, and it is not.",
    ja: "止まっているはずの通信が、止まっていません。",
  },
  blind: {
    en: "What nobody saw cannot be ruled out later.",
    ja: "誰も見ていない時間のことは、後から「なかった」と言えません。",
  },
} as const satisfies Record<string, Said>;

const ROWS: Record<string, [family: keyof typeof WHY, en: string, ja: string]> = {
  "silent-server-speaks": ["listed", "Silent server speaks", "沈黙すべきサーバーの通信"],
  "not-on-its-list": ["listed", "Not on its list", "許可一覧にない通信"],
  beacon: ["clock", "Beacon", "一定間隔の通信（ビーコン）"],
  "long-connection": ["lasting", "Long connection", "長時間の接続"],
  strobe: ["clock", "Very many connections", "異常な回数の接続"],
  "dns-tunnel": ["tunnel", "DNS tunnel", "DNSトンネル"],
  "first-seen-destination": ["stranger", "First-seen destination", "初めての通信先"],
  "rare-destination": ["stranger", "Rare destination", "ほかに使う人のいない通信先"],
  "new-place": ["stranger", "New country or network", "初めての国・組織への通信"],
  "upload-volume": ["upload", "Large upload", "大量の送信"],
  "slow-upload": ["upload", "Slow upload over days", "数日にわたる少量ずつの送信"],
  "rare-agent": ["clock", "Rare user agent", "珍しい名乗り（User-Agent）"],
  "intelligence-hit": ["known", "On an intelligence list", "脅威情報と一致"],
  "cut-did-not-hold": ["leak", "A cut did not take hold", "遮断が効いていない"],
  "cut-drift": ["leak", "Somebody changed the rules", "遮断の規則が変更された"],
  "record-gap": ["blind", "Gap in the record", "記録の空白"],
  "record-loss": ["blind", "Events lost", "記録の取りこぼし"],
};

/** The short name of a finding, for lists. A code that the table does not know is shown as it is. */
export function nameOfFinding(code: string): Said {
  const row = ROWS[code];
  return row === undefined ? { en: code, ja: code } : { en: row[1], ja: row[2] };
}

/** Why a finding matters, or null where the table does not know it. */
export function whyOfFinding(code: string): Said | null {
  const row = ROWS[code];
  return row === undefined ? null : WHY[row[0]];
}

/** All codes that have a name, for filters. */
export const FINDING_NAMES: readonly string[] = Object.keys(ROWS);
