import { randomInt } from "node:crypto";

/** Other digits in the same places; where there are too few to be unlike, other letters too. */
export function reshape(text: string): string {
  const digits = text.replaceAll(/\d/g, () => String(randomInt(10)));
  if ((text.match(/\d/g) ?? []).length >= 4) return digits;
  return digits
    .replaceAll(/[a-z]/g, () => String.fromCharCode(97 + randomInt(26)))
    .replaceAll(/[A-Z]/g, () => String.fromCharCode(65 + randomInt(26)));
}
