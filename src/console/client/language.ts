import { useSyncExternalStore } from "react";
import type { Said } from "../../gate.ts";
import { WORDS, type WordCode } from "./words/words.ts";

export type Language = "ja" | "en";
export type Values = Record<string, string | number>;
/** Words by code, in the reader's language. */
export type Say = (code: WordCode, values?: Values) => string;

const KEY = "sekisho-language";
const listeners = new Set<() => void>();
let language: Language = readLanguage();
document.documentElement.lang = language;

function readLanguage(): Language {
  const kept = localStorage.getItem(KEY);
  if (kept === "ja" || kept === "en") return kept;
  return navigator.language.startsWith("ja") ? "ja" : "en";
}

/** Changes the language of all pages at once and keeps it in this browser. */
export function setLanguage(next: Language): void {
  language = next;
  localStorage.setItem(KEY, next);
  document.documentElement.lang = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export type Words = { language: Language; say: Say; choose: (said: Said) => string };

function wordsIn(tongue: Language): Words {
  return {
    language: tongue,
    say: (code, values) => sayIn(tongue, code, values),
    choose: (said) => said[tongue],
  };
}

// Made once, so that what is computed from words is computed anew only when the language changes.
const words = { ja: wordsIn("ja"), en: wordsIn("en") };

/** The reader's language, and all words in it. */
export function useWords(): Words {
  return words[useSyncExternalStore(subscribe, () => language)];
}

/** A whole sentence from the table. "{count}" stands for a value; "one|many" is chosen by `count`. */
export function sayIn(tongue: Language, code: WordCode, values: Values = {}): string {
  const text: string = WORDS[code][tongue];
  const [one = "", many = one] = text.split("|");
  const chosen = values["count"] === 1 ? one : many;
  return chosen.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = values[name];
    return typeof value === "number" ? value.toLocaleString(tongue) : (value ?? "");
  });
}
