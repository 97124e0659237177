import type { Defect } from "../seen.ts";

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;
/** More lines than any message has; what lies behind them is told by other limits. */
const countedMax = 3_000_000;

/**
 * Line ends that SMTP forbids (RFC 5321 2.3.8), and the shapes by which a second message is smuggled behind a
 * false end of data: a line of one dot of which one end is not CRLF. A file with bare LF throughout is only a
 * file from Unix.
 */
export function lineDefects(raw: Buffer): Defect[] {
  const counts = { crlf: 0, lf: 0, cr: 0, smuggling: "" };
  let at = raw.indexOf(LF);
  while (at !== -1 && counts.crlf + counts.lf < countedMax) {
    if (raw[at - 1] === CR) counts.crlf += 1;
    else counts.lf += 1;
    if (raw[at + 1] === DOT) lookAtDot(raw, at, counts);
    at = raw.indexOf(LF, at + 1);
  }
  let looked = 0;
  for (at = raw.indexOf(CR); at !== -1 && counts.cr < countedMax; at = raw.indexOf(CR, at + 1)) {
    looked += 1;
    if (looked > countedMax) break;
    if (raw[at + 1] === LF) continue;
    counts.cr += 1;
    if (raw[at + 1] === DOT) lookAtDot(raw, at, counts);
  }
  const defects: Defect[] = [];
  const mixed = counts.crlf > 0 && counts.lf + counts.cr > 0;
  if (mixed && counts.smuggling !== "")
    defects.push({ code: "smuggling", where: "lines", detail: counts.smuggling });
  if (mixed || (counts.cr > 0 && counts.lf > 0)) {
    defects.push({ code: "bare-newline", where: "lines", detail: `${counts.lf} LF, ${counts.cr} CR` });
  }
  return defects;
}

function lookAtDot(raw: Buffer, at: number, counts: { smuggling: string }): void {
  const before = raw[at] === LF && raw[at - 1] === CR ? "<CR><LF>" : raw[at] === LF ? "<LF>" : "<CR>";
  const next = raw[at + 2];
  const after =
    next === CR && raw[at + 3] === LF ? "<CR><LF>" : next === LF ? "<LF>" : next === CR ? "<CR>" : null;
  if (after === null || (before === "<CR><LF>" && after === "<CR><LF>")) return;
  if (at + 3 >= raw.length) return;
  if (counts.smuggling === "") counts.smuggling = `${before}.${after}`;
}
