/**
 * Kanji that names are written with in more than one way. Facts from knowledge (人名用漢字, 康熙字典体, and what
 * IBM's and NEC's extensions of CP932 hold); each group is one kanji to everybody who bears it.
 */
const groups = `
高髙 崎\ufa11嵜 辺邊邉 斉斎齋齊 沢澤 広廣 国國 浜濱 島嶋嶌 桜櫻 竜龍 滝瀧 関關 富冨 恵惠 真眞 徳德 桑桒 栄榮 条條 渋澁 児兒 豊豐 浅淺 宝寶 実實 寿壽 曽曾 槙槇 薮藪
桧檜 蔵藏 黒黑 万萬 礼禮 弥彌 奥奧 来來 円圓 学學 亀龜 静靜 総總 緒緖 清淸 郎郞 柳栁 館舘 穂穗 塩鹽 鉄鐵 昇曻 峰峯 剣劍 荘莊 薫薰 顕顯 応應 巌巖 勲勳 恒恆 衛衞 桝枡
伝傳 岳嶽 帯帶 庁廳 拝拜 晋晉 楽樂 横橫 歩步 涼凉 灯燈 県縣 瑶瑤 禄祿 秋穐 粋粹 縄繩 聡聰 薬藥 雑雜 霊靈 頼賴 巻卷 温溫 鶴靏 恭㳟 吉𠮷
`;

/**
 * Compatibility ideographs (神 with 示 and its like), which NFKC makes plain: by code, as editors lose them.
 */
const compatible =
  "fa10 fa12 fa18 fa19 fa1a fa1b fa1c fa1d fa1e fa22 fa26 f9dc fa4f fa45 fa33 fa56 fa2d fa67 fa50 " +
  "f929 fa2c fa16 fa17 fa46 fa4a fa44";

/** What stays of each group when writings are compared. */
export const plainKanji: ReadonlyMap<string, string> = new Map();
const others = new Map<string, string[]>();
const all = groups.trim().split(/\s+/);
for (const code of compatible.split(" ")) {
  const variant = String.fromCharCode(Number.parseInt(code, 16));
  const plain = variant.normalize("NFKC");
  const known = all.findIndex((group) => group.includes(plain));
  if (known < 0) all.push(plain + variant);
  else all[known] = (all[known] as string) + variant;
}
for (const group of all) {
  const members = [...group];
  const plain = members[0] as string;
  for (const member of members) {
    (plainKanji as Map<string, string>).set(member, plain);
    others.set(
      member,
      members.filter((one) => one !== member),
    );
  }
}

/** 髙橋 → 高橋: one writing of a name for all its variants, and for half and full width. */
export function foldKanji(text: string): string {
  let folded = "";
  for (const character of text.normalize("NFKC")) folded += plainKanji.get(character) ?? character;
  return folded;
}

/**
 * The same name in another writing, or the text itself when it has none. `random` in [0, 1) chooses;
 * `writable` says which characters the file can hold.
 */
export function variantOf(text: string, random: number, writable: (character: string) => boolean): string {
  let changed = "";
  let found = false;
  for (const character of text) {
    const choices = others.get(character);
    const choice = choices?.[Math.floor(random * choices.length)];
    if (choice === undefined || !writable(choice)) changed += character;
    else {
      changed += choice;
      found = true;
    }
  }
  return found ? changed : text;
}

export function hasVariant(text: string): boolean {
  for (const character of text) if (others.has(character)) return true;
  return false;
}
