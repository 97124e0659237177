import type { PersonalKind } from "./kinds.ts";
import { isPaymentCard } from "./checkDigits.ts";
import { prefectures } from "./places.ts";

/** What is found inside running text: the kinds that need no column to be sure of. */
export const ITEM_KINDS = [
  "email",
  "phone",
  "postal-code",
  "address",
  "payment-card",
] as const satisfies PersonalKind[];
export type ItemKind = (typeof ITEM_KINDS)[number];

const email = "[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\\.){1,4}[A-Za-z]{2,24}(?![A-Za-z0-9])";
const japanese = "\\(?0\\d{1,4}\\)?-\\d{1,4}-\\d{4}|0[5-9]0\\d{8}";
const international = "\\+81[ -]?\\d{1,4}[ -]?\\d{1,4}[ -]?\\d{4}";
const phone = `(?<![\\d.-])(?:${japanese}|${international})(?![\\d.-])`;
const postal = "〒\\s?\\d{3}-?\\d{4}(?!\\d)";
const address = `(?:${prefectures.join("|")})[^\\s\\d、。,]{1,8}[市区町村郡][^\\s、。,]{0,20}`;
const card = "(?<![\\d.-])[3-6]\\d{3}[ -]?\\d{4,6}[ -]?\\d{4,5}(?:[ -]?\\d{4})?(?![\\d.-])";
const any = new RegExp(`(${email})|(${phone})|(${postal})|(${address})|(${card})`, "g");

/** A look that costs little: text without these has no item. */
const worthALook = /@|0\d|\+81|〒|[都道府県]|\d{4}[ -]?\d{4}/;

/** Calls `found` for every item of a text, in order. */
export function findItems(text: string, found: (kind: ItemKind, from: number, to: number) => void): void {
  if (!worthALook.test(text)) return;
  any.lastIndex = 0;
  for (let match = any.exec(text); match !== null; match = any.exec(text)) {
    const kind = kindOf(match);
    if (kind !== null) found(kind, match.index, any.lastIndex);
  }
}

export function hasItems(text: string): boolean {
  let has = false;
  findItems(text, () => {
    has = true;
  });
  return has;
}

function kindOf(match: RegExpExecArray): ItemKind | null {
  if (match[1] !== undefined) return "email";
  if (match[2] !== undefined) return isPhoneLength(match[2]) ? "phone" : null;
  if (match[3] !== undefined) return "postal-code";
  if (match[4] !== undefined) return "address";
  return isPaymentCard((match[5] ?? "").replace(/\D+/g, "")) ? "payment-card" : null;
}

function isPhoneLength(text: string): boolean {
  const digits = text.replace(/\D+/g, "");
  return text.startsWith("+")
    ? digits.length >= 11 && digits.length <= 13
    : digits.length === 10 || digits.length === 11;
}
