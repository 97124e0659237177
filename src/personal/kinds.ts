/** What a column or a cell holds of a person. Closed: policy, findings and pages count by it. */
export const PERSONAL_KINDS = [
  "name",
  "kana",
  "roman-name",
  "birth-date",
  "sex",
  "email",
  "phone",
  "postal-code",
  "address",
  "passport",
  "my-number",
  "payment-card",
  "free-text",
  "other",
] as const;
export type PersonalKind = (typeof PERSONAL_KINDS)[number];
