/**
 * Whether twelve digits end with the check digit of a My Number
 * (行政手続における特定の個人を識別するための番号の利用等に関する法律の規定による通知カード及び個人番号カード並びに情報提供
 * ネットワークシステムによる特定個人情報の提供等に関する省令 5). One random number of eleven passes.
 */
export function isMyNumber(digits: string): boolean {
  if (digits.length !== 12) return false;
  let sum = 0;
  for (let at = 0; at < 11; at += 1) sum += (digits.charCodeAt(at) - 48) * (at < 5 ? 6 - at : 12 - at);
  const rest = sum % 11;
  return digits.charCodeAt(11) - 48 === (rest <= 1 ? 0 : 11 - rest);
}

/** Whether digits pass Luhn's check (ISO/IEC 7812-1 annex B) and begin as cards of a known scheme do. */
export function isPaymentCard(digits: string): boolean {
  if (digits.length < 14 || digits.length > 19) return false;
  const two = Number(digits.slice(0, 2));
  const four = Number(digits.slice(0, 4));
  const { length } = digits;
  const known =
    (digits.startsWith("4") && (length === 16 || length === 19)) || // Visa
    (((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) && length === 16) || // Mastercard
    (four >= 3528 && four <= 3589 && length === 16) || // JCB
    ((two === 34 || two === 37) && length === 15) || // American Express
    ((two === 36 || two === 38 || (four >= 3000 && four <= 3059)) && length === 14) || // Diners Club
    ((four === 6011 || two === 65 || two === 62) && length >= 16); // Discover, UnionPay
  return known && passesLuhn(digits);
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, double = false; at >= 0; at -= 1, double = !double) {
    const digit = digits.charCodeAt(at) - 48;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}
