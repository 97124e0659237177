import type { Picture } from "./bitmap.ts";

/** The family of the colour that a picture is remembered by. */
export type ColorFamily = "yellow" | "red" | "blue" | "green" | "none";

/** What of a picture survives another size, a shadow or a tint. */
export type Impression = { hash: bigint; color: ColorFamily; ratio: number };

const side = 32;
const kept = 8;

const cosines = Array.from({ length: kept }, (_, frequency) =>
  Float64Array.from({ length: side }, (_, at) => Math.cos(((2 * at + 1) * frequency * Math.PI) / (2 * side))),
);

/**
 * The impression of a picture: a 64-bit hash of its low frequencies, and its colour. Null where nothing is
 * drawn.
 */
export function impressionOf(picture: Picture): Impression | null {
  const box = drawnBox(picture);
  if (box === null) return null;
  const gray = shrink(picture, box);
  const ratio = (box.right - box.left) / (box.bottom - box.top);
  return {
    hash: hashOf(gray),
    color: colorOf(picture),
    ratio,
  };
}

/** How many of 64 bits differ. */
export function hammingDistance(left: bigint, right: bigint): number {
  let rest = left ^ right;
  let distance = 0;
  while (rest !== 0n) {
    distance += Number(rest & 1n);
    rest >>= 1n;
  }
  return distance;
}

type Box = { left: number; top: number; right: number; bottom: number };

/** The smallest box around what is not transparent: icons differ in the margin they keep. */
function drawnBox(picture: Picture): Box | null {
  const box = { left: picture.width, top: picture.height, right: 0, bottom: 0 };
  for (let y = 0; y < picture.height; y += 1) {
    for (let x = 0; x < picture.width; x += 1) {
      if ((picture.pixels[(y * picture.width + x) * 4 + 3] as number) < 96) continue;
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x + 1);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y + 1);
    }
  }
  return box.right - box.left < 4 || box.bottom - box.top < 4 ? null : box;
}

/** Averages the box down to a square of grays on white, since that is the ground on which icons are seen. */
function shrink(picture: Picture, box: Box): Float64Array {
  const width = box.right - box.left;
  const height = box.bottom - box.top;
  const columns = coverage(width);
  const rows = coverage(height);
  const half = new Float64Array(height * side);
  for (let y = 0; y < height; y += 1) {
    for (const [to, from, weight] of columns) {
      const at = y * side + to;
      half[at] = (half[at] as number) + weight * grayAt(picture, box.left + from, box.top + y);
    }
  }
  const gray = new Float64Array(side * side);
  for (const [to, from, weight] of rows) {
    for (let x = 0; x < side; x += 1) {
      const at = to * side + x;
      gray[at] = (gray[at] as number) + weight * (half[from * side + x] as number);
    }
  }
  return gray;
}

/** Which source pixels an averaged pixel covers, and by how much: small icons cover parts of pixels. */
function coverage(length: number): [to: number, from: number, weight: number][] {
  const step = length / side;
  const parts: [number, number, number][] = [];
  for (let to = 0; to < side; to += 1) {
    const end = (to + 1) * step;
    for (let from = Math.floor(to * step); from < Math.min(length, end); from += 1) {
      const covered = Math.min(end, from + 1) - Math.max(to * step, from);
      if (covered > 1e-9) parts.push([to, from, covered / step]);
    }
  }
  return parts;
}

function grayAt(picture: Picture, x: number, y: number): number {
  const at = (y * picture.width + x) * 4;
  const [red, green, blue, opacity] = picture.pixels.subarray(at, at + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  const light = 0.299 * red + 0.587 * green + 0.114 * blue;
  return (light * opacity + 255 * (255 - opacity)) / 255;
}

/** Discrete cosine transform; each bit says whether a low frequency is stronger than the median. */
function hashOf(gray: Float64Array): bigint {
  const coefficients: number[] = [];
  for (let v = 0; v < kept; v += 1) {
    const rows = Float64Array.from({ length: side }, (_, x) => {
      let sum = 0;
      for (let y = 0; y < side; y += 1)
        sum += (gray[y * side + x] as number) * ((cosines[v] as Float64Array)[y] as number);
      return sum;
    });
    for (let u = 0; u < kept; u += 1) {
      let sum = 0;
      for (let x = 0; x < side; x += 1)
        sum += (rows[x] as number) * ((cosines[u] as Float64Array)[x] as number);
      coefficients.push(sum);
    }
  }
  const median = [...coefficients.slice(1)].sort((left, right) => left - right)[31] as number;
  let hash = 0n;
  for (const coefficient of coefficients) hash = (hash << 1n) | (coefficient > median ? 1n : 0n);
  return hash;
}

/** The family of colour that covers most of what is coloured at all. */
function colorOf(picture: Picture): ColorFamily {
  const counts: Record<ColorFamily, number> = { yellow: 0, red: 0, blue: 0, green: 0, none: 0 };
  let drawn = 0;
  for (let at = 0; at < picture.pixels.length; at += 4) {
    if ((picture.pixels[at + 3] as number) < 96) continue;
    drawn += 1;
    const family = familyOf(
      picture.pixels[at] as number,
      picture.pixels[at + 1] as number,
      picture.pixels[at + 2] as number,
    );
    counts[family] += 1;
  }
  const families = (["yellow", "red", "blue", "green"] as const).toSorted(
    (left, right) => counts[right] - counts[left],
  );
  const first = families[0] as ColorFamily;
  return counts[first] < drawn * 0.06 ? "none" : first;
}

function familyOf(red: number, green: number, blue: number): ColorFamily {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 48) return "none";
  let hue: number;
  if (most === red) hue = (60 * (green - blue)) / (most - least);
  else if (most === green) hue = 120 + (60 * (blue - red)) / (most - least);
  else hue = 240 + (60 * (red - green)) / (most - least);
  if (hue < 0) hue += 360;
  if (hue >= 28 && hue < 70) return "yellow";
  if (hue >= 70 && hue < 175) return "green";
  if (hue >= 175 && hue < 270) return "blue";
  return hue < 24 || hue >= 330 ? "red" : "none";
}
