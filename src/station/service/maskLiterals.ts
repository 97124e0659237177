/**
 * A statement with its literals masked: texts, long numbers and comments may name customers. What cannot be
 * told apart (an open quote) is masked to the end.
 */
export function maskLiterals(text: string): string {
  return text.replace(LITERALS, (found) => {
    if (found.startsWith("--") || found.startsWith("/*")) return "/* ••• */";
    if (found.startsWith('"')) return found;
    if (/^e?'/i.test(found) || found.startsWith("$")) return "'•••'";
    return /^\d{3,}/.test(found) ? "•••" : found;
  });
}

/**
 * PostgreSQL 18, 4.1.2 and 4.1.5: constants of strings, with and without escapes, in dollars; quoted
 * names, which
 * stay; comments; words, which stay whole with their digits; numbers.
 */
const LITERALS = new RegExp(
  [
    /--[^\n]*/,
    // Comments nest, so one ends at the last end of any.
    /\/\*[\s\S]*\*\//,
    /\/\*[\s\S]*/,
    /"(?:[^"]|"")*(?:"|$)/,
    /[eE]'(?:[^'\\]|''|\\[\s\S])*(?:'|$)/,
    /'(?:[^']|'')*(?:'|$)/,
    /\$(?<tag>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*|)\$[\s\S]*?(?:\$\k<tag>\$|$)/,
    /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/,
    /\d[\w.]*/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);
