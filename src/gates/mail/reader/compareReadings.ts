import { createHash } from "node:crypto";
import type { Email } from "postal-mime";
import { kindOf } from "../content/kindOf.ts";
import { classOfKind } from "../kinds.ts";
import type { Defect, Mailbox, SeenFile } from "../seen.ts";

type OwnReading = { from: Mailbox[]; parts: SeenFile[] };

/**
 * Where two programs read a message differently, so may the scanner and the reader. Only differences that
 * change what a person gets are told: the sender, and files that only one of the two sees.
 */
export function compareReadings(own: OwnReading, display: Email): Defect[] {
  const defects: Defect[] = [];
  const ownFrom = own.from[0]?.address.toLowerCase() ?? "";
  const displayFrom = firstAddress(display)?.toLowerCase() ?? "";
  if (ownFrom !== "" && displayFrom !== "" && ownFrom !== displayFrom) {
    defects.push({ code: "readings-sender", where: "From", detail: `${ownFrom} / ${displayFrom}` });
  }
  const leaves = own.parts.flatMap(leavesOf);
  const known = new Set(leaves.map((leaf) => leaf.sha256));
  const shown = new Set<string>();
  for (const attachment of display.attachments) {
    const bytes = bytesOf(attachment.content);
    const hash = createHash("sha256").update(bytes).digest("hex");
    shown.add(hash);
    const name = attachment.filename ?? "";
    if (known.has(hash) || !isBinary(kindOf(bytes, [name], attachment.mimeType))) continue;
    defects.push({ code: "readings-files", where: "files", detail: name === "" ? "?" : name });
  }
  for (const leaf of leaves) {
    if (leaf.sha256 === null || shown.has(leaf.sha256) || !isBinary(leaf.kind)) continue;
    defects.push({ code: "readings-files", where: "files", detail: leaf.names[0]?.value ?? leaf.path });
  }
  return defects.slice(0, 10);
}

/**
 * Texts that are attached get other line ends, or another charset, from one of the two; that means
 * nothing.
 */
function isBinary(kind: string): boolean {
  const kindClass = classOfKind(kind);
  return (
    kindClass === "executable" ||
    kindClass === "archive" ||
    kindClass === "disk-image" ||
    kindClass === "document" ||
    kind === "lnk"
  );
}

function leavesOf(file: SeenFile): SeenFile[] {
  return file.kind === "multipart" ? file.files.flatMap(leavesOf) : [file];
}

function firstAddress(display: Email): string | null {
  const from = display.from;
  if (from === undefined) return null;
  if (from.address !== undefined && from.address !== "") return from.address;
  return from.group?.[0]?.address ?? null;
}

function bytesOf(content: string | ArrayBuffer | Uint8Array): Buffer {
  if (typeof content === "string") return Buffer.from(content);
  return content instanceof ArrayBuffer
    ? Buffer.from(content)
    : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}
