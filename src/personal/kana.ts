/** Katakana to other writings of the same sounds. */

const syllables =
  "キャkya キュkyu キョkyo シャsha シュshu ショsho チャcha チュchu チョcho ニャnya ニュnyu ニョnyo ヒャhya ヒュhyu ヒョhyo " +
  "ミャmya ミュmyu ミョmyo リャrya リュryu リョryo ギャgya ギュgyu ギョgyo ジャja ジュju ジョjo ビャbya ビュbyu ビョbyo " +
  "ピャpya ピュpyu ピョpyo アa イi ウu エe オo カka キki クku ケke コko サsa シshi スsu セse ソso タta チchi ツtsu テte トto " +
  "ナna ニni ヌnu ネne ノno ハha ヒhi フfu ヘhe ホho マma ミmi ムmu メme モmo ヤya ユyu ヨyo ラra リri ルru レre ロro " +
  "ワwa ヲo ンn ガga ギgi グgu ゲge ゴgo ザza ジji ズzu ゼze ゾzo ダda ヂji ヅzu デde ドdo バba ビbi ブbu ベbe ボbo " +
  "パpa ピpi プpu ペpe ポpo ヴvu ファfa フィfi フェfe フォfo";
const roman: ReadonlyMap<string, string> = new Map(
  syllables.split(" ").map((one) => {
    const letters = one.search(/[a-z]/);
    return [one.slice(0, letters), one.slice(letters)];
  }),
);

/**
 * Hepburn letters without signs for long vowels, as passports write them (外務省ヘボン式: "SATO", "ONO", "BAMBA").
 */
export function romanOf(katakana: string): string {
  let text = "";
  let doubled = false;
  for (let at = 0; at < katakana.length; at += 1) {
    const character = katakana[at] as string;
    if (character === "ッ") {
      doubled = true;
      continue;
    }
    if (character === "ー") continue;
    const pair = roman.get(katakana.slice(at, at + 2));
    const one = pair ?? roman.get(character) ?? "";
    if (pair !== undefined) at += 1;
    text += doubled ? (one.startsWith("ch") ? `t${one}` : `${one.charAt(0)}${one}`) : one;
    doubled = false;
  }
  return text
    .replace(/ou(?!e)|oo/g, "o") // Not Inoue: its u begins another word.
    .replace(/(?<=[yj]|sh|ch)uu/g, "u")
    .replace(/n(?=[bmp])/g, "m");
}

/** ア → あ; what is no katakana stays. */
export function hiraganaOf(text: string): string {
  return text.replace(/[ァ-ヶ]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0x60));
}

/** あ → ア; what is no hiragana stays. */
export function katakanaOf(text: string): string {
  return text.replace(/[ぁ-ゖ]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0x60));
}

const voiced = "ガギグゲゴザジズゼゾダヂヅデドバビブベボ";
const unvoiced = "カキクケコサシスセソタチツテトハヒフヘホ";
const halfWidth =
  "ァｧ アｱ ィｨ イｲ ゥｩ ウｳ ェｪ エｴ ォｫ オｵ カｶ キｷ クｸ ケｹ コｺ サｻ シｼ スｽ セｾ ソｿ タﾀ チﾁ ッｯ ツﾂ テﾃ トﾄ ナﾅ ニﾆ ヌﾇ " +
  "ネﾈ ノﾉ ハﾊ ヒﾋ フﾌ ヘﾍ ホﾎ マﾏ ミﾐ ムﾑ メﾒ モﾓ ャｬ ヤﾔ ュｭ ユﾕ ョｮ ヨﾖ ラﾗ リﾘ ルﾙ レﾚ ロﾛ ワﾜ ヲｦ ンﾝ ーｰ";
const halves: ReadonlyMap<string, string> = new Map(
  halfWidth.split(" ").map((one) => [one.charAt(0), one.charAt(1)]),
);

/** サトウ → ｻﾄｳ, as old systems and bank files write names. */
export function halfWidthOf(katakana: string): string {
  return [...katakana]
    .map((character) => {
      const base = voiced.indexOf(character);
      if (base >= 0) return `${halves.get(unvoiced.charAt(base)) ?? ""}ﾞ`;
      const round = "パピプペポ".indexOf(character);
      if (round >= 0) return `${halves.get("ハヒフヘホ".charAt(round)) ?? ""}ﾟ`;
      return halves.get(character) ?? character;
    })
    .join("");
}
