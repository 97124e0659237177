import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SekishoError } from "../error.ts";

export const PDF_LANGUAGES = ["ja", "en", "zh-Hans", "zh-Hant", "ko"] as const;
export type PdfLanguage = (typeof PDF_LANGUAGES)[number];

/** A font file; `family`: which one of a collection (.ttc). */
export type FontFile = { path: string; family: string | null };
export type FontPair = { regular: FontFile; bold: FontFile };

type Source = { npm: string; files: readonly [string, string] } | { folder: string; region: string };

const noto = (script: string, name: string): Source => ({
  npm: `@expo-google-fonts/noto-sans-${script}`,
  files: [`400Regular/${name}_400Regular.ttf`, `700Bold/${name}_700Bold.ttf`],
});
/** Debian and Ubuntu: the package fonts-noto-cjk; Fedora: google-noto-sans-cjk-fonts. */
const collection = (region: string): Source[] =>
  ["/usr/share/fonts/opentype/noto", "/usr/share/fonts/google-noto-sans-cjk-fonts"].map((folder) => ({
    folder,
    region,
  }));

/** Where a language's font may lie, the best first. Only the Japanese one comes with the product. */
const sources: Readonly<Record<PdfLanguage, readonly Source[]>> = {
  ja: [noto("jp", "NotoSansJP"), ...collection("jp")],
  en: [noto("jp", "NotoSansJP"), ...collection("jp")],
  "zh-Hans": [noto("sc", "NotoSansSC"), ...collection("sc")],
  "zh-Hant": [noto("tc", "NotoSansTC"), ...collection("tc")],
  ko: [noto("kr", "NotoSansKR"), ...collection("kr")],
};

function pairOf(source: Source): FontPair | null {
  if ("npm" in source) {
    try {
      const [regular, bold] = source.files.map((file) =>
        fileURLToPath(import.meta.resolve(`${source.npm}/${file}`)),
      ) as [string, string];
      if (!existsSync(regular) || !existsSync(bold)) return null;
      return { regular: { path: regular, family: null }, bold: { path: bold, family: null } };
    } catch {
      return null; // The package is not installed.
    }
  }
  const file = (weight: string): FontFile => ({
    path: `${source.folder}/NotoSansCJK-${weight}.ttc`,
    family: `NotoSansCJK${source.region}-${weight}`,
  });
  const pair = { regular: file("Regular"), bold: file("Bold") };
  return existsSync(pair.regular.path) && existsSync(pair.bold.path) ? pair : null;
}

/** The font of a language, or null where none is installed. */
function findFont(language: PdfLanguage): FontPair | null {
  for (const source of sources[language]) {
    const pair = pairOf(source);
    if (pair !== null) return pair;
  }
  return null;
}

/**
 * The fonts for a text in a language: its own first, then what else is here, for names in other scripts.
 * Throws setup-incomplete where the language's own is missing.
 */
export function fontsFor(language: PdfLanguage): FontPair[] {
  const own = findFont(language);
  if (own === null) {
    const [first] = sources[language];
    const named = first !== undefined && "npm" in first ? first.npm : "";
    throw new SekishoError("setup-incomplete", `Cannot make a PDF in ${language}: its font is missing`, {
      hint: `run: npm install ${named}, or install fonts-noto-cjk`,
    });
  }
  const others = PDF_LANGUAGES.filter((other) => other !== language).flatMap(
    (other) => findFont(other) ?? [],
  );
  const pairs = [own, ...others];
  return pairs.filter((pair, at) => pairs.findIndex((one) => isSame(one, pair)) === at);
}

const isSame = (one: FontPair, other: FontPair): boolean =>
  one.regular.path === other.regular.path && one.regular.family === other.regular.family;
