import { judgeSoon, judgeText, type IndexedCatalog } from "./judge.ts";
import { fingerprintOf } from "./judge/fingerprint.ts";
import { textKey } from "./judge/textKey.ts";
import type { JudgedText } from "./verdict.ts";

export const limits = {
  /** Texts kept in each of the two generations. */
  textsMax: 4_096,
  /** Longer texts are judged each time. */
  keptCharactersMax: 16_384,
} as const;

export type KeptJudgement = { judged: JudgedText; fingerprint: string | null | undefined };

/**
 * Judgements by text. Two generations instead of a Map that is kept in order of use: deleting and setting
 * again on each hit makes V8's table slow on hot keys (17 µs at 10,000 entries).
 */
export class JudgeCache {
  #catalog: IndexedCatalog;
  #young = new Map<string, KeptJudgement>();
  #old = new Map<string, KeptJudgement>();
  readonly #options: { knownRoutines: ReadonlySet<string> };

  constructor(catalog: IndexedCatalog, options: { knownRoutines: ReadonlySet<string> }) {
    this.#catalog = catalog;
    this.#options = options;
  }

  /** Another catalog: nothing that was judged holds. */
  renew(catalog: IndexedCatalog): void {
    this.#catalog = catalog;
    this.#young = new Map();
    this.#old = new Map();
  }

  judge(text: string): KeptJudgement {
    const known = this.find(text);
    if (known !== undefined) return known;
    const judged = judgeText(text, this.#catalog, this.#options);
    return this.keep(text, judged);
  }

  /** The judgement where it is known or to be had soon; else null. */
  judgeSoon(text: string): KeptJudgement | null {
    const known = this.find(text);
    if (known !== undefined) return known;
    const judged = judgeSoon(text, this.#catalog, this.#options);
    return judged === null ? null : this.keep(text, judged);
  }

  /** Keeps what was judged, here or elsewhere, under the text's shape where its literals do not matter. */
  keep(text: string, judged: JudgedText): KeptJudgement {
    const made: KeptJudgement = { judged, fingerprint: undefined };
    if (text.length > limits.keptCharactersMax) return made;
    const key = textKey(text);
    this.#keep(key !== null && judged.literalsDoNotMatter ? key : text, made);
    return made;
  }

  /** What is already known of a text. */
  find(text: string): KeptJudgement | undefined {
    if (text.length > limits.keptCharactersMax) return undefined;
    const key = textKey(text);
    return (key === null ? undefined : this.#find(key)) ?? this.#find(text);
  }

  #find(key: string): KeptJudgement | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#keep(key, old);
    return old;
  }

  #keep(key: string, kept: KeptJudgement): void {
    this.#young.set(key, kept);
    if (this.#young.size < limits.textsMax) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  /** The text's shape, once. */
  fingerprint(text: string, kept: KeptJudgement): string | null {
    const { fingerprint = fingerprintOf(text) } = kept;
    kept.fingerprint = fingerprint;
    return fingerprint;
  }
}
