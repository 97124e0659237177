/** Characters that show nothing, or reorder what stands beside them. */
const UNSEEN = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u115f\\u1160\\u180e\\u200b-\\u200f" +
    "\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0]",
  "gu",
);
const BLANK_RUN = /[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]{5,}/gu;

/**
 * A text in which nothing is hidden: control, zero-width and direction characters are written out, and a
 * long run of blanks is counted, so that a person who reads a file name reads what a machine reads.
 */
export function visibleText(text: string, charactersMax = 200): string {
  const shown = text
    .toWellFormed()
    .replace(BLANK_RUN, (run) => `⟨${run.length}×U+${codePoint(run)}⟩`)
    .replace(UNSEEN, (character) => `⟨U+${codePoint(character)}⟩`);
  return shown.length <= charactersMax ? shown : `${shown.slice(0, charactersMax)}…`;
}

function codePoint(text: string): string {
  return (text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
