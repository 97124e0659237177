import encodingJapanese from "encoding-japanese";
import type { RecordEncoding } from "./record.ts";

const names = {
  cp932: "SJIS",
  "euc-jp": "EUCJP",
  "iso-2022-jp": "JIS",
  "utf-8": "UTF8",
  ascii: "UTF8",
} as const;

/** The text as far as an encoding can have it: 髙 is in CP932 alone, half-width kana not in ISO-2022-JP. */
export function writable(text: string, encoding: RecordEncoding): string {
  const plain = encoding === "iso-2022-jp" || encoding === "euc-jp" ? text.replaceAll("髙", "高") : text;
  return encoding === "iso-2022-jp" ? plain.normalize("NFKC") : plain;
}

export function encode(text: string, encoding: RecordEncoding): Buffer {
  if (encoding === "utf-16le") return Buffer.from(text, "utf16le");
  if (encoding === "utf-16be") return Buffer.from(text, "utf16le").swap16();
  const codes = encodingJapanese.stringToCode(writable(text, encoding));
  return Buffer.from(encodingJapanese.convert(codes, { to: names[encoding], from: "UNICODE" }));
}

const surnames = ["山田", "髙橋", "鈴木", "佐々木", "小林", "渡邊", "斎藤"];
const kana = ["ﾔﾏﾀﾞ", "タカハシ", "ｽｽﾞｷ", "ササキ", "ｺﾊﾞﾔｼ", "ワタナベ", "サイトウ"];

/** A row of a customer; each number gives another. */
export function rowOf(number: number): string {
  const pick = (list: readonly string[]): string => list[number % list.length] as string;
  const day = String(1 + (number % 28)).padStart(2, "0");
  return [
    1_000 + number,
    `${pick(surnames)} 太郎${number % 13}`,
    `${pick(kana)} タロウ`,
    `19${40 + (number % 60)}-0${1 + (number % 9)}-${day}`,
    `taro${number * 7_919}@example.jp`,
    `東京都渋谷区神宮前${number % 9}-${number % 31}-3`,
    `03-${1_000 + (number % 9_000)}-${String(number % 10_000).padStart(4, "0")}`,
  ].join(",");
}

/** Bytes that look like nothing, the same for the same seed (xorshift). */
export function noise(bytes: number, seed: number): Buffer {
  const made = Buffer.allocUnsafe(bytes);
  let state = seed * 2_654_435_761 + 1;
  for (let at = 0; at < bytes; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    made[at] = (state >>> 11) & 255;
  }
  return made;
}
