/** A piece of a text that is printed as one: a character with what combines with it, and its width. */
export type Piece = { text: string; width: number };

/** 行頭禁則 (JIS X 4051): these never begin a line. */
const notFirst = new Set(
  "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】〙〗〟｠»°′″℃％‰" +
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ｡｣､･ｰ｝）］" +
    ",.!?:;)]}%",
);
/** 行末禁則: these never end a line. */
const notLast = new Set("‘“（〔［｛〈《「『【〘〖〝｟«｢([{$￥＄〒№＃§");

/** Between these a line may end anywhere; other letters keep together as words. */
const wide =
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u2e80-\u2fdf\u3000-\u303f\u30fb\u30fc\uff00-\uffef]/u;
const blank = /^[ \t\u3000]$/;

/** Whether a line may end between two pieces. */
function mayBreak(before: string, after: string): boolean {
  if (notFirst.has(after) || notLast.has(before)) return false;
  if (blank.test(after)) return false;
  if (blank.test(before)) return true;
  if (wide.test(before) || wide.test(after)) return true;
  // Between digits these belong to a date or a number.
  return (before === "-" || before === "/") && !/\d/.test(after);
}

/**
 * Breaks one paragraph into lines no wider than `width`. A character that may not begin a line takes the one
 * before it along (追い出し); where nothing else is left (a long word), the line ends where it is full.
 * Blanks at the end of a line are dropped. An empty paragraph is one empty line.
 */
export function breakLines(pieces: readonly Piece[], width: number): Piece[][] {
  const lines: Piece[][] = [];
  let start = 0;
  while (start < pieces.length) {
    const end = endOfLine(pieces, start, width);
    lines.push(trimmed(pieces.slice(start, end)));
    start = end;
    while (start < pieces.length && (pieces[start] as Piece).text === " ") start += 1;
  }
  return lines.length === 0 ? [[]] : lines;
}

function endOfLine(pieces: readonly Piece[], start: number, width: number): number {
  let used = 0;
  let full = start;
  while (full < pieces.length) {
    const piece = pieces[full] as Piece;
    used += piece.width;
    // A blank may hang over the edge: it is dropped.
    if (used > width + 0.01 && !blank.test(piece.text)) break;
    full += 1;
  }
  if (full === pieces.length) return full;
  full = Math.max(full, start + 1);
  for (let end = full; end > start; end -= 1)
    if (mayBreak((pieces[end - 1] as Piece).text, (pieces[end] as Piece).text)) return end;
  return full;
}

function trimmed(line: Piece[]): Piece[] {
  let end = line.length;
  while (end > 0 && blank.test((line[end - 1] as Piece).text)) end -= 1;
  return line.slice(0, end);
}
