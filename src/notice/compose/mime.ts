/** How a body travels: what needs fewer bytes, so base64 for Japanese and quoted-printable for English. */
export type Encoding = "base64" | "quoted-printable";

const crlf = "\r\n";

/** RFC 2045 6.8: lines of 76 characters. Gives text with CRLF at each line's end. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  let lines = "";
  for (let at = 0; at < text.length; at += 76) lines += text.slice(at, at + 76) + crlf;
  return lines;
}

/** RFC 2045 6.7, of a text whose lines end with \n: lines of at most 76 characters, dots left to SMTP. */
export function encodeQuotedPrintable(text: string): string {
  let lines = "";
  for (const line of text.split("\n").slice(0, text.endsWith("\n") ? -1 : undefined)) {
    let current = "";
    const bytes = Buffer.from(line, "utf8");
    for (const [at, byte] of bytes.entries()) {
      const blankAtEnd = (byte === 32 || byte === 9) && at === bytes.length - 1;
      const plain = byte >= 32 && byte <= 126 && byte !== 61 && !blankAtEnd;
      const piece = plain
        ? String.fromCharCode(byte)
        : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
      if (current.length + piece.length > 75) {
        lines += `${current}=${crlf}`;
        current = "";
      }
      current += piece;
    }
    lines += current + crlf;
  }
  return lines;
}

/** The shorter of the two for a sample of the text. */
export function chooseEncoding(sample: string): Encoding {
  const bytes = Buffer.byteLength(sample);
  return encodeQuotedPrintable(sample).length <= bytes * 1.37 ? "quoted-printable" : "base64";
}

/**
 * A header's text as encoded words (RFC 2047): each at most 75 characters, no character cut, folded so that
 * no line passes 78 (RFC 5322 2.1.1). ASCII stays as it is. `used` is what stands before it on its line.
 */
export function encodeHeaderText(text: string, used: number): string {
  if (/^[\x20-\x7e]*$/.test(text) && text.length + used <= 78 && !text.includes("=?")) return text;
  const words: string[] = [];
  let bytes: Buffer[] = [];
  let size = 0;
  const room = (): number => Math.floor((Math.min(75, 78 - (words.length === 0 ? used : 1)) - 12) / 4) * 3;
  const flush = (): void => {
    words.push(`=?UTF-8?B?${Buffer.concat(bytes).toString("base64")}?=`);
    [bytes, size] = [[], 0];
  };
  for (const character of text.toWellFormed()) {
    const encoded = Buffer.from(character, "utf8");
    if (size + encoded.length > room() && size > 0) flush();
    bytes.push(encoded);
    size += encoded.length;
  }
  if (size > 0) flush();
  return words.join(`${crlf} `);
}

const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
const months = [
  ...["Jan", "Feb", "Mar", "Apr", "May", "Jun"],
  ...["Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
] as const;

/** RFC 5322 3.3, in a zone. */
export function printMailDate(at: Temporal.Instant, zone: string): string {
  const time = at.toZonedDateTimeISO(zone);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = `${two(time.hour)}:${two(time.minute)}:${two(time.second)}`;
  const day = days[time.dayOfWeek - 1] as string;
  const month = months[time.month - 1] as string;
  return `${day}, ${time.day} ${month} ${time.year} ${clock} ${time.offset.replace(":", "")}`;
}
