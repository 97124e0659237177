/** What may have happened to a row of the leak, by name: the bit of each is its place in this list. */
export const LEAK_CLASSES = [
  // How values are written: nothing is lost.
  "half-width-kana",
  "hiragana",
  "name-without-gap",
  "roman-given-first",
  "roman-other-letters",
  "variant-kanji",
  "era-date",
  "phone-form",
  "postal-form",
  "address-form",
  "address-kanji-numerals",
  "address-without-prefecture",
  "address-without-building",
  "address-old-town",
  "mail-form",
  // Values that are not those of the customer table.
  "kana-error",
  "birth-one-off",
  "birth-transposed",
  "date-ambiguous",
  "phone-one-off",
  "phone-changed",
  "mail-typo",
  "mail-changed",
  "moved",
  "married",
  // Damage.
  "truncated",
  "cut-in-front",
  "replacement-characters",
  "mojibake",
  "glued",
  "two-in-a-line",
  "newline-in-field",
  "one-or-two-fields",
  // Who it is.
  "repeat",
  "look-alike",
  "outsider",
  "family-outsider",
  "twin",
  "twin-outsider",
  "shared-mail-or-phone",
  "same-name-neighbour",
  "registered-again",
  "visitor",
  "minor",
  "passport",
  "without-mail-and-phone",
  // The file.
  "shuffled",
  "columns-with-header",
  "columns-without-header",
] as const;
export type LeakClass = (typeof LEAK_CLASSES)[number];

export const classBit: Readonly<Record<LeakClass, number>> = Object.fromEntries(
  LEAK_CLASSES.map((name, bit) => [name, bit]),
) as Record<LeakClass, number>;

/** Damage: a row with any of these is not whole. */
export const damageClasses: readonly LeakClass[] = LEAK_CLASSES.slice(
  LEAK_CLASSES.indexOf("truncated"),
  LEAK_CLASSES.indexOf("repeat"),
);

const firstDamage = classBit.truncated;
const lastDamage = classBit["one-or-two-fields"];

/** A set of classes in two words; one is used again for every row. */
export class ClassSet {
  low = 0;
  high = 0;

  clear(): void {
    this.low = 0;
    this.high = 0;
  }

  add(name: LeakClass): void {
    const bit = classBit[name];
    if (bit < 30) this.low |= 1 << bit;
    else this.high |= 1 << (bit - 30);
  }

  has(name: LeakClass): boolean {
    const bit = classBit[name];
    return bit < 30 ? (this.low & (1 << bit)) !== 0 : (this.high & (1 << (bit - 30))) !== 0;
  }

  get damaged(): boolean {
    for (let bit = firstDamage; bit <= lastDamage; bit += 1) {
      if (bit < 30 ? this.low & (1 << bit) : this.high & (1 << (bit - 30))) return true;
    }
    return false;
  }

  /** The whole set as a number's digits: the bits of `high` stand above thirty bits of `low`. */
  get text(): string {
    return this.high === 0 ? String(this.low) : String(this.high * 2 ** 30 + this.low);
  }
}

/** The fields of a leaked row, and the kind of each as a tool is asked to tell it. */
export const SLOTS = [
  ["name", "name"],
  ["kana", "kana"],
  ["roman", "roman-name"],
  ["sex", "sex"],
  ["birth", "birth-date"],
  ["email", "email"],
  ["postal", "postal-code"],
  ["address", "address"],
  ["phone", "phone"],
  ["passport", "passport"],
  ["issued", "passport-issued"],
  ["expires", "passport-expires"],
  ["service", "service"],
  ["memo", "free-text"],
  ["booked", "other"],
  ["number", "other"],
  ["site", "other"],
] as const;
export type SlotName = (typeof SLOTS)[number][0];

export const slot: Readonly<Record<SlotName, number>> = Object.fromEntries(
  SLOTS.map(([name], at) => [name, at]),
) as Record<SlotName, number>;
export const slotKinds: readonly string[] = SLOTS.map(([, kind]) => kind);

const itemTexts = new Map<number, string>();

/** The kinds of a set of slots, each once, separated by commas. */
export function itemsOf(slots: number): string {
  const known = itemTexts.get(slots);
  if (known !== undefined) return known;
  const kinds = new Set(slotKinds.filter((_, at) => (slots & (1 << at)) !== 0));
  const text = [...kinds].join(",");
  itemTexts.set(slots, text);
  return text;
}
