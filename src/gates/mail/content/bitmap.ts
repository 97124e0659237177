import { PNG } from "pngjs";

/** A picture of red, green, blue and opacity, 4 bytes a pixel, from the top. */
export type Picture = { width: number; height: number; pixels: Uint8Array };

/** Icons are at most 256 pixels wide; larger ones are not decoded. */
const sideMax = 512;

/** Decodes one image of an icon resource: a PNG, or a bitmap without its file header and with a mask. */
export function decodeIconImage(bytes: Buffer): Picture | null {
  if (bytes.length >= 24 && bytes.readUInt32BE(0) === 0x89504e47) return decodePng(bytes);
  return decodeBitmap(bytes);
}

function decodePng(bytes: Buffer): Picture | null {
  // RFC 2083 4.1.1: width and height stand at a fixed place, so a bomb is refused before it unpacks.
  const width = bytes.readUInt32BE(16);
  const height = bytes.readUInt32BE(20);
  if (width === 0 || height === 0 || width > sideMax || height > sideMax) return null;
  try {
    const png = PNG.sync.read(bytes);
    return { width: png.width, height: png.height, pixels: png.data };
  } catch {
    // A broken picture is not a picture; the program that bears it is judged all the same.
    return null;
  }
}

type Format = {
  width: number;
  height: number;
  bits: number;
  palette: Buffer;
  start: number;
  rowBytes: number;
};

function decodeBitmap(bytes: Buffer): Picture | null {
  const format = readFormat(bytes);
  if (format === null) return null;
  const { width, height, bits, rowBytes, start } = format;
  const pixels = new Uint8Array(width * height * 4);
  const maskRowBytes = Math.floor((width + 31) / 32) * 4;
  const maskStart = start + rowBytes * height;
  let opaque = 0;
  for (let y = 0; y < height; y += 1) {
    // Bitmaps stand upside down.
    const row = start + (height - 1 - y) * rowBytes;
    const maskRow = maskStart + (height - 1 - y) * maskRowBytes;
    for (let x = 0; x < width; x += 1) {
      const to = (y * width + x) * 4;
      readPixel(bytes, format, { row, x, to, pixels });
      if (bits === 32) opaque += pixels[to + 3] as number;
      else {
        const masked = ((bytes[maskRow + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1;
        pixels[to + 3] = masked === 1 ? 0 : 255;
      }
    }
  }
  // Old 32-bit icons leave the opacity at nothing and go by the mask.
  if (bits === 32 && opaque === 0) for (let at = 3; at < pixels.length; at += 4) pixels[at] = 255;
  return { width, height, pixels };
}

function readFormat(bytes: Buffer): Format | null {
  if (bytes.length < 40) return null;
  const headerBytes = bytes.readUInt32LE(0);
  const width = bytes.readInt32LE(4);
  // The height counts the mask in.
  const height = Math.floor(bytes.readInt32LE(8) / 2);
  const bits = bytes.readUInt16LE(14);
  if (
    headerBytes < 40 ||
    headerBytes > 124 ||
    width <= 0 ||
    height <= 0 ||
    width > sideMax ||
    height > sideMax
  )
    return null;
  if (bytes.readUInt32LE(16) !== 0 || ![1, 4, 8, 16, 24, 32].includes(bits)) return null;
  const colors = bits > 8 ? 0 : Math.min(bytes.readUInt32LE(32) || 1 << bits, 256);
  const start = headerBytes + colors * 4;
  const rowBytes = Math.floor((width * bits + 31) / 32) * 4;
  if (start + rowBytes * height > bytes.length) return null;
  return { width, height, bits, palette: bytes.subarray(headerBytes, start), start, rowBytes };
}

type Target = { row: number; x: number; to: number; pixels: Uint8Array };

function readPixel(bytes: Buffer, format: Format, target: Target): void {
  const { row, x, to, pixels } = target;
  if (format.bits >= 24) {
    const from = row + x * (format.bits / 8);
    pixels[to] = bytes[from + 2] as number;
    pixels[to + 1] = bytes[from + 1] as number;
    pixels[to + 2] = bytes[from] as number;
    pixels[to + 3] = format.bits === 32 ? (bytes[from + 3] as number) : 255;
    return;
  }
  if (format.bits === 16) {
    const value = bytes.readUInt16LE(row + x * 2);
    pixels[to] = ((value >> 10) & 31) << 3;
    pixels[to + 1] = ((value >> 5) & 31) << 3;
    pixels[to + 2] = (value & 31) << 3;
    return;
  }
  const perByte = 8 / format.bits;
  const byte = bytes[row + Math.floor(x / perByte)] as number;
  const index = (byte >> (8 - format.bits * ((x % perByte) + 1))) & ((1 << format.bits) - 1);
  pixels[to] = format.palette[index * 4 + 2] ?? 0;
  pixels[to + 1] = format.palette[index * 4 + 1] ?? 0;
  pixels[to + 2] = format.palette[index * 4] ?? 0;
}
