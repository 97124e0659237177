import { organisationalDomain } from "../organisationalDomain.ts";
import { reasonFor, type JudgedReason } from "../reasons.ts";
import type { Defect, SeenMail } from "../seen.ts";

/** Defects by which two programs come to see two messages. The others are only untidy. */
const AMBIGUOUS = new Set([
  "boundary-twice",
  "field-twice",
  "base64-padding-inside",
  "header-nul",
  "encoding-unknown",
]);

/** Reasons that rest on how the message is built. */
export function structureReasons(seen: SeenMail): JudgedReason[] {
  const { defects, headers } = seen.reading;
  const reasons = defects.flatMap(defectReasons);
  const untidy = defects.find((defect) => UNTIDY.has(defect.code));
  if (untidy !== undefined) {
    reasons.push(
      reasonFor("malformed-structure", null, {
        where: untidy.where,
        detail: `${untidy.code} ${untidy.detail}`,
      }),
    );
  }
  if (seen.transport.direction === "inbound") {
    const forged = headers.find(({ name }) => /^(?:x-)?sekisho-/i.test(name));
    if (forged !== undefined) reasons.push(reasonFor("forged-verdict", null, { name: forged.name }));
  }
  return [...reasons, ...partialReasons(seen), ...linkReasons(seen)];
}

const UNTIDY = new Set([
  "header-8bit",
  "header-line-without-colon",
  "header-starts-folded",
  "header-too-long",
  "header-too-many-fields",
  "header-field-too-long",
  "type-malformed",
  "boundary-missing",
  "boundary-never-seen",
  "boundary-not-closed",
  "boundary-loose",
  "base64-foreign-characters",
  "authentication-failed",
]);

function defectReasons({ code, where, detail }: Defect): JudgedReason[] {
  const part = /^[\d./]+$/.test(where) ? where : null;
  if (code.startsWith("readings-")) return [reasonFor("readings-disagree", part, { where, detail })];
  if (AMBIGUOUS.has(code))
    return [reasonFor("ambiguous-structure", part, { where, detail: `${code} ${detail}` })];
  if (code === "too-deep" || code === "too-many-parts") {
    return [reasonFor("unread-content", part, { name: where, why: code === "too-deep" ? "depth" : "count" })];
  }
  if (code === "smuggling") return [reasonFor("smuggling-shape", null, { detail })];
  if (code === "bare-newline") return [reasonFor("bare-newline", null, { detail })];
  return [];
}

/** RFC 2046 5.2.2: fragments are put together by the reader's program, behind every gate. */
function partialReasons({ reading }: SeenMail): JudgedReason[] {
  const found: JudgedReason[] = [];
  const visit = (files: typeof reading.parts): void => {
    for (const file of files) {
      if (file.declaredType === "message/partial")
        found.push(reasonFor("partial-message", file.path, { where: file.path }));
      visit(file.files);
    }
  };
  visit(reading.parts);
  return found;
}

/** A link whose text is the address of somebody else. */
function linkReasons({ reading }: SeenMail): JudgedReason[] {
  for (const { shown, target } of reading.links) {
    const shownHost = hostOf(shown.trim());
    const targetHost = hostOf(target);
    if (shownHost === null || targetHost === null || !/^(?:https?:\/\/|www\.)/i.test(shown.trim())) continue;
    if (organisationalDomain(shownHost) === organisationalDomain(targetHost)) continue;
    return [reasonFor("link-disguised", null, { shown: shown.slice(0, 100), target: target.slice(0, 100) })];
  }
  return [];
}

function hostOf(text: string): string | null {
  const match = /^(?:https?:\/\/)?(?:[^/@\s?#]*@)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:[:/?#]|$)/i.exec(text);
  return match === null ? null : (match[1] as string).toLowerCase();
}
