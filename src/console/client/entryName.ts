import type { Say } from "./language.ts";
import { WORDS, type WordCode } from "./words/words.ts";

/** What an entry's code says happened; a code that the table does not know is shown as it is. */
export function entryName(say: Say, code: string): string {
  const word = `entry.${code}`;
  return word in WORDS ? say(word as WordCode) : code;
}
