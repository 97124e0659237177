/** Words of the page on which 2016 and its replay stand side by side. */
export const REPLAY_WORDS = {
  "replay.title": { en: "2016, and here", ja: "2016年と、いま" },
  "replay.lead": {
    en: "What took days in 2016, and how long the same took when the case was played through this station.",
    ja: "2016年に何日もかかったことが、この関所で同じ事案を再現したときにどれだけで済んだかを示します。",
  },
  "replay.none": { en: "The case of 2016 was not played here", ja: "2016年の事案はまだ再現されていません" },
  "replay.none-next": {
    en: "npm start plays it; so does: sekisho replay 2016",
    ja: "npm start か sekisho replay 2016 で再現します。",
  },
  "replay.then": { en: "2016", ja: "2016年" },
  "replay.here": { en: "here", ja: "ここ" },
  "replay.not-played": { en: "not played", ja: "再現なし" },
  "replay.scale": {
    en: "The bars stand on one scale of powers of ten, from a tenth of a second to a hundred days.",
    ja: "棒は0.1秒から100日までの対数目盛りです。",
  },
  "replay.silence": {
    en: "In the replay nobody answers, and silence counts after seconds; elsewhere after hours.",
    ja: "再現では誰も回答せず、数秒で既定の扱いになります。実際の運用では設定した時間の後です。",
  },
  "replay.played": { en: "played", ja: "再現" },
  "replay.entry": { en: "its entry in the ledger", ja: "台帳の記録" },
  "replay.see": { en: "2016, and here: what took days", ja: "2016年と、いま：何日もかかったこと" },
} as const;
