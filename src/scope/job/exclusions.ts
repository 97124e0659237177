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

/** Tells whether a customer row is of an excluded product. */
export function excludedRows(texts: CustomerTexts, exclude: readonly Exclusion[]): (row: number) => boolean {
  const rules = exclude.map(({ attribute, value }) => {
    const at = ATTRIBUTES.indexOf(attribute);
    const { plain, starts } = texts.texts[at] as CustomerTexts["texts"][number];
    const all = new TextDecoder();
    const number = Array.from({ length: starts.length - 1 }, (_, code) => code).find(
      (code) => all.decode(plain.slice(starts[code] as number, (starts[code + 1] as number) - 4)) === value,
    );
    return { at, number };
  });
  return (row) => rules.some(({ at, number }) => texts.codes[row * ATTRIBUTES.length + at] === number);
}

/** Counts persons who are excluded. */
export function countExcluded(excluded: Uint8Array, exclude: readonly Exclusion[]): Excluded {
  return { persons: excluded.reduce((sum, one) => sum + one, 0), of: [...exclude] };
}
