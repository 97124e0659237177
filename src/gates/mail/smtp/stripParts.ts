import type { SeenFile } from "../seen.ts";

/**
 * The message with a notice in place of each named part, or null where a part has no place of its own in the
 * message (a file inside an archive: the whole archive part has to be named).
 */
export function stripParts(raw: Buffer, parts: readonly SeenFile[], paths: readonly string[]): Buffer | null {
  const spans: { start: number; end: number }[] = [];
  for (const path of paths) {
    const top = path.split("/")[0];
    const span = parts.find((part) => part.path === top)?.span ?? null;
    if (span === null) return null;
    if (!spans.some((other) => other.start === span.start)) spans.push(span);
  }
  spans.sort((one, other) => one.start - other.start);
  const pieces: Buffer[] = [];
  let at = 0;
  for (const span of spans) {
    if (span.start < at) return null; // Nested spans: the outer one is already replaced.
    pieces.push(raw.subarray(at, span.start), notice);
    at = span.end;
  }
  pieces.push(raw.subarray(at));
  return Buffer.concat(pieces);
}

const notice = Buffer.from(
  [
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    "この添付は関所で取り除かれ、保管されています。必要なときは担当者に申し出てください。",
    "This attachment was taken out at the gate and is kept. Ask the security team if you need it.",
    "",
  ].join("\r\n"),
);
