/** Lines may differ in encoding, so that none fits the whole; but text has no control characters. */
export function looksLikeText(bytes: Buffer): boolean {
  let controls = 0;
  for (const byte of bytes)
    if ((byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 27) || byte === 127) controls += 1;
  return controls * 200 <= bytes.length;
}

const mailHeader =
  /^(?:From |(?:Return-Path|Received|Delivered-To|Message-ID|MIME-Version|Date|From|To|Subject|X-[\w-]+):)/i;

/** A message or a mailbox: header lines first, among them one that every message has. */
export function isMail(head: Buffer): boolean {
  const text = head.toString("latin1", 0, 16_384);
  if (!mailHeader.test(text)) return false;
  const header = text.split(/\r?\n\r?\n/, 1)[0] as string;
  const lines = header.split(/\r?\n/);
  const fields = lines.filter((line) => /^[\w-]+:/.test(line)).length;
  const folded = lines.filter((line) => /^[ \t]/.test(line)).length;
  if (lines.length - fields - folded > (text.startsWith("From ") ? 1 : 0)) return false;
  return fields >= 2 && /^(?:From|Received|Message-ID):/im.test(header);
}

/** Compound files (MS-CFB 2.2): old Office documents, and encrypted new ones. */
export function isCompoundFile(head: Buffer): boolean {
  return head.subarray(0, 8).equals(Buffer.from("d0cf11e0a1b11ae1", "hex"));
}
