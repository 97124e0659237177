import { SekishoError } from "../../lib/error.ts";
import { ATTRIBUTES } from "./customerColumns.ts";
import type { CustomerTexts } from "./customerTexts.ts";

/** A product that was not touched, as a customer row says it: `service=高速バス`. */
export type Exclusion = { attribute: (typeof ATTRIBUTES)[number]; value: string };

/** Persons of whom only excluded rows were found: counted apart, and not to be told. */
export type Excluded = { persons: number; of: Exclusion[] };

/** Reads `service=NAME`. */
export function readExclusion(text: string): Exclusion {
  const at = text.indexOf("=");
  const attribute = ATTRIBUTES.find((one) => one === text.slice(0, at));
  if (attribute !== undefined && at > 0 && at < text.length - 1)
    return { attribute, value: text.slice(at + 1) };
  throw new SekishoError("usage", `Cannot exclude "${text}"`, {
    hint: `write --exclude service=NAME; one of: ${ATTRIBUTES.join(", ")}`,
  });
}

/** Which number of an attribute's texts is excluded; −1: no customer has it. */
export type ExclusionRule = { attribute: number; code: number };

/** What is excluded, by the numbers of the texts. */
export function exclusionRules({ texts }: CustomerTexts, exclude: readonly Exclusion[]): ExclusionRule[] {
  return exclude.map((one) => {
    const attribute = ATTRIBUTES.indexOf(one.attribute);
    const { plain, starts } = texts[attribute] as CustomerTexts["texts"][number];
    const decoder = new TextDecoder();
    for (let code = 0; code + 1 < starts.length; code += 1) {
      const text = plain.slice(starts[code] as number, (starts[code + 1] as number) - 4);
      if (decoder.decode(text) === one.value) return { attribute, code };
    }
    return { attribute, code: -1 };
  });
}

/** Whether a customer row is of an excluded product. */
export function isExcluded({ codes }: CustomerTexts, rules: readonly ExclusionRule[], row: number): boolean {
  return rules.some(({ attribute, code }) => codes[row * ATTRIBUTES.length + attribute] === code);
}
