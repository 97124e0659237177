import type { CandidateName } from "../seen.ts";
import { decodeText, guessText, isAscii, isDoubtful } from "./charset.ts";
import { readWords, rereadWords } from "./encodedWord.ts";
import type { HeaderField } from "./headerBlock.ts";

/** One parameter as it was written; `bytes` are those between the quotes, escapes resolved. */
export type RawParameter = { key: string; bytes: Buffer };

export type ParameterizedValue = { value: string; parameters: RawParameter[] };

const parametersMax = 100;

/**
 * Splits "type/subtype; key=value; …" (RFC 2045 5.1) on bytes, since Shift_JIS holds ASCII bytes as second
 * halves.
 */
export function readParameters(field: HeaderField): ParameterizedValue {
  const bytes = field.bytes;
  let at = indexOfByte(bytes, 0x3b, 0);
  const value = bytes.toString("latin1", 0, at).trim().toLowerCase();
  const parameters: RawParameter[] = [];
  while (at < bytes.length && parameters.length < parametersMax) {
    at += 1;
    const equals = indexOfByte(bytes, 0x3d, at);
    const semicolon = indexOfByte(bytes, 0x3b, at);
    if (equals > semicolon) {
      at = semicolon;
      continue;
    }
    if (equals >= bytes.length) break;
    const key = bytes.toString("latin1", at, equals).replace(/[\s"]/g, "").toLowerCase();
    const read = readValue(bytes, equals + 1);
    if (key !== "") parameters.push({ key, bytes: read.value });
    at = indexOfByte(bytes, 0x3b, read.next);
  }
  return { value, parameters };
}

/**
 * The first value of a parameter as ASCII text, such as a boundary or a charset; null where there is none.
 */
export function parameterText(value: ParameterizedValue, key: string): string | null {
  const plain = value.parameters.find((parameter) => parameter.key === key);
  if (plain !== undefined) return plain.bytes.toString("latin1");
  return continuedNames(value, key)[0]?.value ?? null;
}

/** Every name that some program would make of `filename` or `name` (RFC 2183 2.3, RFC 2231 3 and 4). */
export function candidateNames(value: ParameterizedValue, key: string): CandidateName[] {
  const names: CandidateName[] = [];
  for (const parameter of value.parameters) {
    if (parameter.key === key) names.push(...plainNames(parameter.bytes, key));
  }
  names.push(...continuedNames(value, key));
  return names;
}

function plainNames(bytes: Buffer, from: string): CandidateName[] {
  if (!isAscii(bytes) || bytes.includes(0x1b)) {
    const guess = guessText(bytes);
    return [{ value: readWords(guess.text).text, from, charset: guess.charset }];
  }
  const text = bytes.toString("latin1");
  const read = readWords(text);
  const names: CandidateName[] = [{ value: read.text, from, charset: read.charset }];
  const again = rereadWords(text);
  if (again !== null) names.push({ value: again.text, from, charset: again.charset });
  // Some programs write RFC 2231 percent signs into a plain parameter.
  if (/%[0-9a-f]{2}%[0-9a-f]{2}/i.test(text)) {
    const decoded = guessText(percentBytes(bytes));
    names.push({ value: decoded.text, from, charset: decoded.charset });
  }
  return names;
}

/** RFC 2231: `key*=charset'language'text`, and `key*0*=`, `key*1=` put together by number. */
function continuedNames(value: ParameterizedValue, key: string): CandidateName[] {
  const pieces = new Map<number, { bytes: Buffer; encoded: boolean }>();
  const names: CandidateName[] = [];
  for (const parameter of value.parameters) {
    if (!parameter.key.startsWith(`${key}*`)) continue;
    const match = /^\*(?:(\d{1,4})(\*?))?$/.exec(parameter.key.slice(key.length));
    if (match === null) continue;
    if (match[1] === undefined)
      names.push(...extendedNames([{ bytes: parameter.bytes, encoded: true }], `${key}*`));
    else if (!pieces.has(Number(match[1]))) {
      pieces.set(Number(match[1]), { bytes: parameter.bytes, encoded: match[2] === "*" });
    }
  }
  if (pieces.size > 0) {
    const inOrder = [...pieces].sort((left, right) => left[0] - right[0]).map((piece) => piece[1]);
    names.push(...extendedNames(inOrder, `${key}*`));
  }
  return names;
}

function extendedNames(pieces: { bytes: Buffer; encoded: boolean }[], from: string): CandidateName[] {
  let charset: string | null = null;
  const decoded = pieces.map((piece, index) => {
    let bytes = piece.bytes;
    if (index === 0 && piece.encoded) {
      const first = bytes.indexOf(0x27);
      const second = first === -1 ? -1 : bytes.indexOf(0x27, first + 1);
      if (second !== -1) {
        charset = bytes.toString("latin1", 0, first).toLowerCase();
        bytes = bytes.subarray(second + 1);
      }
    }
    return piece.encoded ? percentBytes(bytes) : bytes;
  });
  const bytes = Buffer.concat(decoded);
  const read = decodeText(bytes, charset === "" ? null : charset);
  const names: CandidateName[] = [{ value: readWords(read.text).text, from, charset: read.charset }];
  if (isDoubtful(read, bytes)) {
    const guess = guessText(bytes);
    if (guess.text !== read.text) names.push({ value: guess.text, from, charset: guess.charset });
  }
  return names;
}

function percentBytes(bytes: Buffer): Buffer {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const hex = bytes[at] === 0x25 ? bytes.toString("latin1", at + 1, at + 3) : "";
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      out.push(Number.parseInt(hex, 16));
      at += 2;
    } else out.push(bytes[at] as number);
  }
  return Buffer.from(out);
}

function indexOfByte(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? bytes.length : at;
}

/** Reads a token or quoted string. A lead byte of Shift_JIS takes its second byte along, even a backslash. */
function readValue(bytes: Buffer, start: number): { value: Buffer; next: number } {
  let at = start;
  while (at < bytes.length && (bytes[at] === 0x20 || bytes[at] === 0x09)) at += 1;
  if (bytes[at] !== 0x22) {
    const end = indexOfByte(bytes, 0x3b, at);
    return { value: Buffer.from(bytes.toString("latin1", at, end).trimEnd(), "latin1"), next: end };
  }
  const value: number[] = [];
  at += 1;
  while (at < bytes.length && bytes[at] !== 0x22) {
    const byte = bytes[at] as number;
    const second = bytes[at + 1];
    if (isShiftJisLead(byte) && second !== undefined && second >= 0x40 && second !== 0x7f) {
      value.push(byte, second);
      at += 2;
    } else if (byte === 0x5c && second !== undefined) {
      value.push(second);
      at += 2;
    } else {
      value.push(byte);
      at += 1;
    }
  }
  return { value: Buffer.from(value), next: at + 1 };
}

function isShiftJisLead(byte: number): boolean {
  return (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc);
}
