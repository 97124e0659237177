/** Kinds that say something of a person, and so are counted as items that leaked. */
export const PERSONAL_ITEMS = [
  "name",
  "kana",
  "roman-name",
  "sex",
  "birth-date",
  "email",
  "postal-code",
  "address",
  "phone",
  "passport",
  "passport-issued",
  "passport-expires",
  "my-number",
  "payment-card",
  "free-text",
] as const;

/** What a field of a recovered record holds. Closed: outputs, counts and explanations name these. */
export const SCOPE_KINDS = ["unknown", ...PERSONAL_ITEMS, "customer-id", "other-date", "other"] as const;
export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** The place of each kind in the list: what stands in columns of bytes. */
export const kind = Object.fromEntries(SCOPE_KINDS.map((one, at) => [one, at])) as Record<ScopeKind, number>;
