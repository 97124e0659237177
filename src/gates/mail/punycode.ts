/** RFC 3492 5: parameters of Punycode as IDNA uses it. */
const base = 36;
const tMin = 1;
const tMax = 26;
const skew = 38;
const damp = 700;

/** A domain as people see it: labels that begin with "xn--" are decoded (RFC 5891 4.4), others stay. */
export function domainToUnicode(domain: string): string {
  return domain
    .split(".")
    .map((label) =>
      label.toLowerCase().startsWith("xn--") ? (decodeLabel(label.slice(4).toLowerCase()) ?? label) : label,
    )
    .join(".");
}

/** RFC 3492 6.2. Null where the label is no Punycode. */
function decodeLabel(text: string): string | null {
  const separator = text.lastIndexOf("-");
  const out =
    separator > 0 ? Array.from(text.slice(0, separator), (letter) => letter.codePointAt(0) as number) : [];
  let code = 128;
  let place = 0;
  let bias = 72;
  let at = separator > 0 ? separator + 1 : 0;
  while (at < text.length) {
    const before = place;
    let weight = 1;
    for (let k = base; ; k += base) {
      const digit = digitOf(text.charCodeAt(at));
      at += 1;
      if (digit < 0 || at > text.length) return null;
      place += digit * weight;
      const threshold = k <= bias ? tMin : k >= bias + tMax ? tMax : k - bias;
      if (digit < threshold) break;
      weight *= base - threshold;
      if (weight > 0x7fffffff || place > 0x7fffffff) return null;
    }
    bias = adapt(place - before, out.length + 1, before === 0);
    code += Math.floor(place / (out.length + 1));
    place %= out.length + 1;
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
    out.splice(place, 0, code);
    place += 1;
  }
  return String.fromCodePoint(...out);
}

function digitOf(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return code - 0x61;
  return code >= 0x30 && code <= 0x39 ? code - 0x30 + 26 : -1;
}

function adapt(delta: number, points: number, first: boolean): number {
  let rest = first ? Math.floor(delta / damp) : delta >> 1;
  rest += Math.floor(rest / points);
  let k = 0;
  while (rest > ((base - tMin) * tMax) >> 1) {
    rest = Math.floor(rest / (base - tMin));
    k += base;
  }
  return k + Math.floor(((base - tMin + 1) * rest) / (rest + skew));
}
