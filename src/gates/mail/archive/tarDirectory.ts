import { guessText } from "../mime/charset.ts";

export type TarEntry = {
  name: string;
  charset: string;
  directory: boolean;
  bytes: number;
  dataStart: number;
};

const entriesMax = 10_000;

/** Reads the headers of a tar archive (POSIX.1-2024 pax, ustar), with the long names of GNU and pax. */
export function readTarDirectory(bytes: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  let longName: Buffer | null = null;
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0 && entries.length < entriesMax;) {
    const size = readOctal(bytes, at + 124, 12);
    const type = String.fromCharCode(bytes[at + 156] as number);
    const dataStart = at + 512;
    if (type === "L") longName = untilNul(bytes.subarray(dataStart, dataStart + Math.min(size, 4096)));
    else if (type === "x" || type === "g") {
      const path = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(
        bytes.toString("latin1", dataStart, dataStart + Math.min(size, 65_536)),
      );
      if (path !== null && type === "x") longName = Buffer.from(path[1] as string, "latin1");
    } else {
      const prefix =
        bytes.toString("latin1", at + 257, at + 262) === "ustar"
          ? untilNul(bytes.subarray(at + 345, at + 500))
          : null;
      const own = untilNul(bytes.subarray(at, at + 100));
      const whole =
        longName ??
        (prefix !== null && prefix.length > 0 ? Buffer.concat([prefix, Buffer.from("/"), own]) : own);
      const guess = guessText(whole);
      entries.push({
        name: guess.text,
        charset: guess.charset,
        directory: type === "5",
        bytes: size,
        dataStart,
      });
      longName = null;
    }
    at = dataStart + Math.ceil(size / 512) * 512;
  }
  return entries;
}

function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

function readOctal(bytes: Buffer, at: number, length: number): number {
  // GNU writes sizes above 8 GiB in binary, with the highest bit set: more than we would ever read.
  if (((bytes[at] as number) & 0x80) !== 0) return Number.MAX_SAFE_INTEGER;
  return (
    Number.parseInt(
      bytes
        .toString("latin1", at, at + length)
        .replace(/[^0-7]+/g, " ")
        .trim()
        .split(" ")[0] ?? "",
      8,
    ) || 0
  );
}
