const quote = 0x22;

function isSeparator(byte: number): boolean {
  return byte === 0x2c || byte === 0x3b || byte === 0x09 || byte === 0x7c;
}

/** Whether a line leaves a quoted field open that begins where fields begin (RFC 4180 2.6). */
export function opensQuote(bytes: Uint8Array, start: number, end: number): boolean {
  return walk(bytes, { at: start, end, inside: false }) === "inside";
}

/** What becomes of a quoted field in its next line: it goes on, it closes well, or it never was one. */
export function goesOn(bytes: Uint8Array, start: number, end: number): "inside" | "closed" | "broken" {
  return walk(bytes, { at: start, end, inside: true });
}

function walk(
  bytes: Uint8Array,
  { at, end, inside }: { at: number; end: number; inside: boolean },
): "inside" | "closed" | "broken" {
  let fieldStart = true;
  for (let place = at; place < end; place += 1) {
    const byte = bytes[place] as number;
    if (inside) {
      if (byte !== quote) continue;
      if (bytes[place + 1] === quote && place + 1 < end) place += 1;
      else if (place + 1 === end || isSeparator(bytes[place + 1] as number)) inside = false;
      else return "broken";
      fieldStart = false;
    } else if (byte === quote) {
      if (!fieldStart) return "broken";
      inside = true;
    } else fieldStart = isSeparator(byte) || (fieldStart && byte === 0x20);
  }
  return inside ? "inside" : "closed";
}
