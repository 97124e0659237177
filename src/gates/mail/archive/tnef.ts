import type { CandidateName } from "../seen.ts";
import { guessText } from "../mime/charset.ts";

export type TnefAttachment = { names: CandidateName[]; bytes: Buffer };

const attachmentsMax = 100;
const ATTACH_TITLE = 0x00018010;
const ATTACH_DATA = 0x0006800f;
const ATTACH_RENDER = 0x00069002;

/** Reads the attachments of Outlook's winmail.dat ([MS-OXTNEF] 2.1). */
export function readTnef(bytes: Buffer): TnefAttachment[] {
  const attachments: TnefAttachment[] = [];
  let current: TnefAttachment | null = null;
  for (let at = 6; at + 9 <= bytes.length && attachments.length < attachmentsMax;) {
    const id = bytes.readUInt32LE(at + 1);
    const length = bytes.readUInt32LE(at + 5);
    const value = bytes.subarray(at + 9, at + 9 + length);
    if (id === ATTACH_RENDER) {
      current = { names: [], bytes: Buffer.alloc(0) };
      attachments.push(current);
    } else if (id === ATTACH_TITLE && current !== null) {
      const nul = value.indexOf(0);
      const guess = guessText(nul === -1 ? value : value.subarray(0, nul));
      current.names.push({ value: guess.text, from: "tnef", charset: guess.charset });
    } else if (id === ATTACH_DATA && current !== null) current.bytes = value;
    at += 9 + length + 2;
  }
  return attachments;
}
