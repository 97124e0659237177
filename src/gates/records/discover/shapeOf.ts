const masks: readonly [RegExp, string][] = [
  [/[\u3400-\u9fff\uf900-\ufaff々〆]|[\ud800-\udbff][\udc00-\udfff]/g, "漢"],
  [/[\u3041-\u309f]/g, "あ"],
  [/[\u30a1-\u30fa\u30fc]/g, "ア"],
  [/[\uff66-\uff9f]/g, "ｱ"],
  [/\p{Nd}/gu, "9"],
  [/(?![漢あアｱ])\p{Lo}/gu, "字"],
  [/\p{Lu}/gu, "X"],
  [/\p{Ll}/gu, "x"],
];

/** What a value looks like without saying what it is: "佐藤 花子" is "漢漢 漢漢". Never a value. */
export function shapeOf(text: string, charactersMax = 24): string {
  const domain = /^[^@\s]+@[^@\s]+(\.[a-z]{2,8})$/i.exec(text)?.[1] ?? "";
  let shape = text.slice(0, text.length - domain.length);
  for (const [pattern, mask] of masks) shape = shape.replace(pattern, mask);
  shape = shape.replace(/[\p{C}]/gu, "·") + domain;
  return shape.length > charactersMax ? `${shape.slice(0, charactersMax - 1)}…` : shape;
}

/** The commonest shapes of values. */
export function commonShapes(values: readonly string[], most = 2): string[] {
  const counts = new Map<string, number>();
  for (const value of values.slice(0, 500)) {
    const shape = shapeOf(value);
    counts.set(shape, (counts.get(shape) ?? 0) + 1);
  }
  return [...counts]
    .toSorted((one, other) => other[1] - one[1])
    .slice(0, most)
    .map(([shape]) => shape);
}
