import type { Said } from "../../../../gate.ts";

/** One file that is new or has grown since it was first seen. */
export type Growth = { path: string; bytes: number; firstBytes: number; sinceMs: number; lastMs: number };

const filesMax = 5_000;
const toldMax = 5;

/** Remembers which files are new or grow, so that a full disk can be explained. */
export class Growths {
  readonly #files = new Map<string, Growth>();

  note(path: string, bytes: number, nowMs: number): void {
    const known = this.#files.get(path);
    if (known !== undefined) {
      known.bytes = Math.max(known.bytes, bytes); // What was deleted has taken the space all the same.
      known.lastMs = nowMs;
      return;
    }
    if (this.#files.size >= filesMax) this.#forget();
    this.#files.set(path, { path, bytes, firstBytes: 0, sinceMs: nowMs, lastMs: nowMs });
  }

  /** The largest, which took most of the space. */
  largest(): Growth[] {
    return [...this.#files.values()].toSorted((one, other) => other.bytes - one.bytes).slice(0, toldMax);
  }

  /** Half of them go, the smaller ones. */
  #forget(): void {
    const small = [...this.#files.values()].toSorted((one, other) => one.bytes - other.bytes);
    for (const { path } of small.slice(0, filesMax / 2)) this.#files.delete(path);
  }
}

/** Says why a disk is short of space: which new files took it, and how fast. */
export function explainDisk(given: { folder: string; freeBytes: number; files: readonly Growth[] }): Said {
  const told = given.files.filter(({ bytes }) => bytes > 0);
  const free = printBytes(given.freeBytes);
  const en = told.map(
    ({ path, bytes, ...times }) => `${path} ${printBytes(bytes)}${pace(bytes, times, "en")}`,
  );
  const ja = told.map(
    ({ path, bytes, ...times }) => `${path} ${printBytes(bytes)}${pace(bytes, times, "ja")}`,
  );
  return {
    en:
      `the disk of ${given.folder} has ${free} left; ` +
      (told.length === 0
        ? "no new file in the watched folders explains it"
        : `largest new files: ${en.join("; ")}`),
    ja:
      `${given.folder} のディスクの空きは ${free}。` +
      (told.length === 0
        ? "監視中のフォルダーの新しいファイルでは説明できない"
        : `大きな新しいファイル: ${ja.join("、")}`),
  };
}

function pace(bytes: number, times: { sinceMs: number; lastMs: number }, language: "en" | "ja"): string {
  const seconds = (times.lastMs - times.sinceMs) / 1_000;
  if (seconds < 1) return "";
  const rate = `${printBytes(bytes / seconds)}/s`;
  return language === "ja" ? ` (毎秒 ${printBytes(bytes / seconds)})` : ` (${rate})`;
}

export function printBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? value.toFixed(0) : value.toFixed(value >= 100 ? 0 : 1)} ${units[unit]}`;
}
