import { SekishoError } from "../lib/error.ts";
import { FACTS, type Claim, type FactName } from "./facts.ts";

const needs = {
  truth: "true or false",
  number: "a whole number of persons",
  moment: "a day (2016-04-01) or an instant (2016-04-01T09:30:00+09:00)",
} as const;

/** Whether a value is one that the fact can have. Throws usage, with what is needed. */
export function checkClaimValue(fact: FactName, value: unknown, bound: boolean): void {
  const { kind } = FACTS[fact];
  const fits =
    kind === "truth"
      ? typeof value === "boolean"
      : kind === "number"
        ? typeof value === "number" && Number.isSafeInteger(value) && value >= 0
        : typeof value === "string" && isMoment(value);
  if (fits && (!bound || kind === "number")) return;
  throw new SekishoError(
    "usage",
    `Cannot take ${JSON.stringify(value)} for ${fact}: ${needs[kind]} is needed`,
    {
      hint: bound ? "an upper bound goes with a number only" : `give ${needs[kind]}`,
    },
  );
}

/** A value as somebody types it. Throws usage. */
export function parseClaimValue(fact: FactName, text: string): Claim["value"] {
  const { kind } = FACTS[fact];
  const value =
    kind === "moment" ? text : kind === "number" ? Number(text.replaceAll(/[,_]/g, "")) : truths[text];
  checkClaimValue(fact, value ?? text, false);
  return value as Claim["value"];
}

const truths: Readonly<Record<string, boolean>> = { true: true, yes: true, false: false, no: false };

function isMoment(text: string): boolean {
  try {
    if (/^\d{4}-\d\d-\d\d$/.test(text)) Temporal.PlainDate.from(text);
    else Temporal.Instant.from(text);
    return true;
  } catch {
    return false;
  }
}
