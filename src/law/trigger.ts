import { FACTS, standing, type Claim, type FactName, type Words } from "./facts.ts";

/** When a duty arises, over facts; a law's own test, as data. */
export type Trigger =
  | { all: readonly Trigger[] }
  | { any: readonly Trigger[] }
  | { not: Trigger }
  /**
   * A number that is more than, or at least, so much. `boundCounts`: where only an upper bound is known, that
   * it may be so many is enough.
   */
  | { fact: FactName; over: number; boundCounts?: true }
  | { fact: FactName; from: number; boundCounts?: true }
  | { fact: FactName; is: boolean }
  /** A moment has come. */
  | { fact: FactName; known: true };

export type Answer = "yes" | "no" | "unknown";

export type Judged = {
  answer: Answer;
  /** Why it is so, one line for each fact that the answer rests on. */
  because: Words[];
  /** Claims that the answer rests on. */
  claims: string[];
  /** Facts that would settle it. */
  open: FactName[];
};

const opposite: Readonly<Record<Answer, Answer>> = { yes: "no", no: "yes", unknown: "unknown" };

/** Judges a trigger over what is claimed, in Kleene's logic: what is not known makes nothing false. */
export function judgeTrigger(trigger: Trigger, claims: readonly Claim[]): Judged {
  if ("not" in trigger) {
    const judged = judgeTrigger(trigger.not, claims);
    return { ...judged, answer: opposite[judged.answer] };
  }
  if ("all" in trigger) return join(trigger.all, claims, { settles: "no", else: "yes" });
  if ("any" in trigger) return join(trigger.any, claims, { settles: "yes", else: "no" });
  return judgeFact(trigger, claims);
}

function join(
  parts: readonly Trigger[],
  claims: readonly Claim[],
  way: { settles: Answer; else: Answer },
): Judged {
  const judged = parts.map((part) => judgeTrigger(part, claims));
  const settling = judged.filter(({ answer }) => answer === way.settles);
  // What settles it is the whole reason; else every part is.
  if (settling.length > 0) return merge(way.settles, settling);
  const open = judged.filter(({ answer }) => answer === "unknown");
  return open.length > 0 ? merge("unknown", open) : merge(way.else, judged);
}

function merge(answer: Answer, judged: readonly Judged[]): Judged {
  const unique = <T>(list: readonly T[]): T[] => [...new Set(list)];
  return {
    answer,
    because: judged.flatMap(({ because }) => because),
    claims: unique(judged.flatMap(({ claims }) => claims)),
    open: unique(judged.flatMap(({ open }) => open)),
  };
}

type FactTest = Extract<Trigger, { fact: FactName }>;

function judgeFact(test: FactTest, claims: readonly Claim[]): Judged {
  const { about } = FACTS[test.fact];
  const said = standing(claims, test.fact);
  if (said.length === 0)
    return {
      answer: "unknown",
      because: [{ ja: `${about.ja}: 未判明`, en: `${about.en}: not yet known` }],
      claims: [],
      open: [test.fact],
    };
  const answers = said.map((claim) => answerOf(test, claim));
  const first = answers[0] as Answer;
  const same = answers.every((answer) => answer === first);
  const answer = same ? first : "unknown";
  return {
    answer,
    because: said.map((claim) => told(claim, about)),
    claims: said.map(({ id }) => id),
    open: answer === "unknown" ? [test.fact] : [],
  };
}

function answerOf(test: FactTest, claim: Claim): Answer {
  if ("known" in test) return "yes";
  if ("is" in test) return claim.value === test.is ? "yes" : "no";
  const number = Number(claim.value);
  const enough = "over" in test ? number > test.over : number >= test.from;
  // "At most so many" can rule a threshold out; it says that it is passed only where "possibly" is enough.
  if (claim.bound === true && test.boundCounts !== true) return enough ? "unknown" : "no";
  return enough ? "yes" : "no";
}

function told(claim: Claim, about: Words): Words {
  const { value, bound } = claim;
  if (typeof value === "boolean")
    return { ja: `${about.ja}: ${value ? "はい" : "いいえ"}`, en: `${about.en}: ${value ? "yes" : "no"}` };
  if (typeof value === "string") return { ja: `${about.ja}: ${value}`, en: `${about.en}: ${value}` };
  const number = value.toLocaleString("en");
  return bound === true
    ? { ja: `${about.ja}: 最大 ${number}`, en: `${about.en}: at most ${number}` }
    : { ja: `${about.ja}: ${number}`, en: `${about.en}: ${number}` };
}
