import { fingerprintSync } from "libpg-query";

/**
 * A mark of a text that stays the same when only literals, blanks and comments change; null where the text
 * cannot be parsed. For the written statements of service accounts.
 */
export function fingerprintOf(text: string): string | null {
  try {
    return fingerprintSync(text);
  } catch {
    return null;
  }
}
