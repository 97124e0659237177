/** Letters that are read as one another in a domain name. Each row becomes its first letter. */
const LOOKALIKES: [plain: string, others: string][] = [
  ["a", "àáâãäåāăąаɑα"],
  ["c", "çćčсϲ"],
  ["d", "ԁɗ"],
  ["e", "èéêëēеєҽ"],
  ["g", "ɡġğ"],
  ["h", "һ"],
  ["i", "ìíîïīıіι"],
  ["j", "ј"],
  ["k", "κк"],
  ["l", "1|ӏⅼł"],
  ["m", "ⅿ"],
  ["n", "ñńո"],
  ["o", "0òóôõöōоοօ"],
  ["p", "рρ"],
  ["s", "ѕśşš5"],
  ["t", "τт"],
  ["u", "ùúûüūυս"],
  ["v", "ѵν"],
  ["w", "ԝω"],
  ["x", "хχ"],
  ["y", "уýÿγ"],
  ["z", "źżžᴢ"],
];
const plainOf = new Map(
  LOOKALIKES.flatMap(([plain, others]) => [...others].map((other) => [other, plain] as const)),
);

/** What a name looks like at a glance: names with the same skeleton are taken for one another. */
export function skeletonOf(name: string): string {
  const letters = [...name.normalize("NFKC").toLowerCase()]
    .map((letter) => plainOf.get(letter) ?? letter)
    .join("");
  return letters.replaceAll("rn", "m").replaceAll("vv", "w").replaceAll("cl", "d").replaceAll("-", "");
}

/**
 * Damerau-Levenshtein distance (changes, and swaps of neighbours), or `most + 1` when it is more than
 * `most`.
 */
export function editDistance(left: string, right: string, most: number): number {
  if (Math.abs(left.length - right.length) > most) return most + 1;
  let before: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (previous[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (previous[column - 1] as number) + (same ? 0 : 1),
      );
      if (
        row > 1 &&
        column > 1 &&
        left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1]
      ) {
        cost = Math.min(cost, (before[column - 2] as number) + 1);
      }
      current.push(cost);
      least = Math.min(least, cost);
    }
    if (least > most) return most + 1;
    before = previous;
    previous = current;
  }
  return Math.min(previous[right.length] as number, most + 1);
}
