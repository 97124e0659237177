import { randomFillSync } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  fstatSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";

const chunk = Buffer.alloc(1024 ** 2);

/**
 * Overwrites a file with random bytes once, to the medium, and removes it (NIST SP 800-88 2.4: clear). A
 * disk that writes elsewhere than it read (SSD, copy-on-write) may keep the old bytes: against that only a
 * destroyed key helps.
 */
export function overwriteFile(file: string): void {
  if (!existsSync(file)) return;
  const opened = openSync(file, "r+");
  try {
    const { size } = fstatSync(opened);
    for (let at = 0; at < size; at += chunk.length) {
      const length = Math.min(chunk.length, size - at);
      randomFillSync(chunk, 0, length);
      for (let done = 0; done < length;) done += writeSync(opened, chunk, done, length - done, at + done);
    }
    fsyncSync(opened);
    ftruncateSync(opened, 0);
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
  rmSync(file);
}
