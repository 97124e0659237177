import { GROUPS, LEVELS, levelsOf, type Group } from "./compare.ts";

/** A pattern in words, for the privacy officer who signs for the list. */
export type Explanation = { en: string; ja: string };

type Said = { same?: string; but?: string };
type Words = { en: Said; ja: Said };

const words: { [G in Group]: Partial<Record<string, Words>> } = {
  name: {
    same: { en: { same: "name" }, ja: { same: "氏名" } },
    variant: {
      en: { but: "name differs by a variant kanji" },
      ja: { but: "氏名は異体字だけが違う" },
    },
    "kanji-same-sound-differs": {
      en: { but: "same name in kanji, read differently" },
      ja: { but: "氏名の漢字は同じで読みが違う" },
    },
    "sound-same": { en: { same: "name as it sounds" }, ja: { same: "氏名の読み" } },
    "sound-same-kanji-differs": {
      en: { but: "name sounds the same, kanji differ" },
      ja: { but: "氏名の読みは同じで漢字が違う" },
    },
    similar: { en: { but: "name is similar" }, ja: { but: "氏名が似ている" } },
    "given-same": {
      en: { but: "same given name, another family name" },
      ja: { but: "名は同じで姓が違う" },
    },
    "family-same": {
      en: { but: "same family name, another given name" },
      ja: { but: "姓は同じで名が違う" },
    },
    "similar-kanji-differs": {
      en: { but: "name sounds similar, kanji differ" },
      ja: { but: "氏名の読みは似ていて漢字が違う" },
    },
    differs: { en: { but: "name differs" }, ja: { but: "氏名が違う" } },
  },
  birth: {
    same: { en: { same: "birth date" }, ja: { same: "生年月日" } },
    near: {
      en: { but: "birth date differs in one part" },
      ja: { but: "生年月日の一部が違う" },
    },
    differs: { en: { but: "birth date differs" }, ja: { but: "生年月日が違う" } },
  },
  email: {
    same: { en: { same: "e-mail" }, ja: { same: "メールアドレス" } },
    similar: { en: { but: "e-mail is similar" }, ja: { but: "メールアドレスが似ている" } },
    differs: { en: { but: "e-mail differs" }, ja: { but: "メールアドレスが違う" } },
  },
  phone: {
    same: { en: { same: "telephone" }, ja: { same: "電話番号" } },
    near: {
      en: { but: "telephone differs in a digit or two" },
      ja: { but: "電話番号が一、二桁違う" },
    },
    differs: { en: { but: "telephone differs" }, ja: { but: "電話番号が違う" } },
  },
  address: {
    same: { en: { same: "address" }, ja: { same: "住所" } },
    town: { en: { same: "town" }, ja: { same: "町" } },
    "block-differs": {
      en: { but: "same town, another house number" },
      ja: { but: "町は同じで番地が違う" },
    },
    differs: { en: { but: "address differs" }, ja: { but: "住所が違う" } },
  },
  sex: {
    same: { en: { same: "sex" }, ja: { same: "性別" } },
    differs: { en: { but: "sex differs" }, ja: { but: "性別が違う" } },
  },
  passport: {
    same: { en: { same: "passport number" }, ja: { same: "旅券番号" } },
    differs: { en: { but: "passport number differs" }, ja: { but: "旅券番号が違う" } },
  },
  customer: {
    same: { en: { same: "customer's key" }, ja: { same: "顧客番号" } },
    differs: { en: { but: "customer's key differs" }, ja: { but: "顧客番号が違う" } },
  },
};

/** Strong evidence is said first. */
const order: readonly Group[] = ["customer", "passport", "email", "phone", "name", "birth", "address", "sex"];

/** "same e-mail and birth date; name differs by a variant kanji" */
export function explain(pattern: number): Explanation {
  const levels = levelsOf(pattern);
  const said = {
    en: { same: [] as string[], but: [] as string[] },
    ja: { same: [] as string[], but: [] as string[] },
  };
  for (const group of order) {
    const level = LEVELS[group][levels[GROUPS.indexOf(group)] as number] as string;
    const text = words[group][level];
    if (text === undefined) continue;
    for (const language of ["en", "ja"] as const) {
      const { same, but } = text[language];
      if (same !== undefined) said[language].same.push(same);
      if (but !== undefined) said[language].but.push(but);
    }
  }
  const english = [said.en.same.length === 0 ? "" : `same ${listed(said.en.same)}`, ...said.en.but];
  const japanese = [said.ja.same.length === 0 ? "" : `${said.ja.same.join("・")}が同じ`, ...said.ja.but];
  return { en: english.filter(Boolean).join("; "), ja: japanese.filter(Boolean).join("、") };
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
