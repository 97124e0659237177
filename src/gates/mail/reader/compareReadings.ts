import { createHash } from "node:crypto";
import type { Email } from "postal-mime";
import { classOfKind } from "../kinds.ts";
import type { Defect, Mailbox, SeenFile } from "../seen.ts";

type OwnReading = { from: Mailbox[]; parts: SeenFile[] };

/**
 * Where two programs read a message differently, so may the scanner and the reader. Only differences that change
 * what a person gets are told: the sender, and files that only one of the two sees.
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
    // Texts that are attached are decoded to another charset by one of the two.
    if (attachment.mimeType.startsWith("text/") || attachment.mimeType.startsWith("message/") || bytes.length === 0) continue;
    if (!known.has(hash)) defects.push({ code: "readings-files", where: "files", detail: attachment.filename ?? "?" });
  }
  for (const leaf of leaves) {
    const actsOrHides = !["text", "image", "media", "message", "unknown"].includes(classOfKind(leaf.kind));
    if (leaf.sha256 === null || shown.has(leaf.sha256) || !actsOrHides) continue;
    defects.push({ code: "readings-files", where: "files", detail: leaf.names[0]?.value ?? leaf.path });
  }
  return defects.slice(0, 10);
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

function bytesOf(content: string | ArrayBuffer | Uint8Array): Uint8Array {
  return typeof content === "string" ? Buffer.from(content) : new Uint8Array(content);
}
