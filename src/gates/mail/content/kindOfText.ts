import type { Kind } from "../kinds.ts";
import { guessText } from "../mime/charset.ts";
import { extensionOf } from "../fileName.ts";

const ACTIVE: [extensions: string, kind: Kind][] = [
  ["js jse vbs vbe wsf wsc wsh sct vb ws ps1 ps1xml ps2 psc1 psd1 psm1 bat cmd btm", "script"],
  ["pl py pyw rb sh command csh zsh", "script"],
  ["hta", "hta"],
  ["chm", "chm"],
  ["one onepkg", "onenote"],
  ["reg", "registry"],
  ["msc settingcontent-ms appref-ms appinstaller application inf scf theme themepack", "settings"],
  ["library-ms search-ms searchconnector-ms", "settings"],
  ["rdp jnlp csproj vbproj vsto xaml xbap wsb diagcab gadget workflow mht mhtml", "settings"],
  ["iqy oqy dqy rqy slk odc", "query"],
  ["url website webloc desktop", "url-shortcut"],
];

/** Endings of texts that a double click runs, and their kinds. */
export const ACTIVE_EXTENSIONS = new Map<string, Kind>(
  ACTIVE.flatMap(([extensions, kind]) =>
    extensions.split(" ").map((extension) => [extension, kind] as const),
  ),
);

const SCRIPT_BY_CONTENT: RegExp[] = [
  /^\s*#!/,
  /\bWScript\.(?:Shell|CreateObject|Echo|ScriptFullName)/i,
  /\bActiveXObject\s*\(/i,
  /\bCreateObject\s*\(\s*["'](?:WScript|Scripting|Shell|MSXML)/i,
  /^\s*@?echo\s+off\b/im,
  /\bpowershell(?:\.exe)?\s+-(?:e|enc|nop|w|ex|c)/i,
  /\b(?:Invoke-Expression|IEX\s*\(|New-Object\s+Net\.WebClient|Start-BitsTransfer)\b/i,
];

/** Tells texts apart: pages, pictures as text, scripts, calendars. `unknown` where it is no text. */
export function kindOfText(bytes: Buffer, names: readonly string[], declaredType: string | null): Kind {
  const head = readHead(bytes);
  if (head === null) return "unknown";
  const text = head.trimStart().replace(/^\ufeff/, "");
  const lower = text.slice(0, 8192).toLowerCase();
  if (/^begin [0-7]{3,4} \S/m.test(text.slice(0, 300)) && names.some((name) => /\.uue?$/i.test(name)))
    return "uuencode";
  if (lower.startsWith("begin:vcalendar")) return "calendar";
  if (lower.startsWith("begin:vcard")) return "vcard";
  if (names.some((name) => /\.(?:eml|mht|mhtml)$/i.test(name)) && /^[!-9;-~]{1,70}:[ \t]/.test(text))
    return "message";
  if (/^\[internetshortcut\]/m.test(lower)) return "url-shortcut";
  if (/^windows registry editor|^regedit4/.test(lower)) return "registry";
  if (lower.includes("<hta:application")) return "hta";
  if (/^\s*<\?xml|^\s*<!--|^\s*<svg/.test(lower) && /<svg[\s>]/.test(lower)) return "svg";
  const extensions = names.map(extensionOf);
  for (const extension of extensions) {
    const active = ACTIVE_EXTENSIONS.get(extension);
    if (active !== undefined && active !== "onenote" && active !== "chm") return active;
  }
  if (/<!doctype\s+html|<html[\s>]|<body[\s>]|<script[\s>]|<head[\s>]|<form[\s>]|<iframe[\s>]/.test(lower))
    return "html";
  if (extensions.some((extension) => /^(?:x?html?|shtml?|xht)$/.test(extension))) return "html";
  if (declaredType === "text/html") return "html";
  if (lower.startsWith("<?xml")) return "xml";
  if (
    SCRIPT_BY_CONTENT.some((pattern) => pattern.test(text)) &&
    declaredType?.startsWith("text/plain") !== true
  )
    return "script";
  return "text";
}

/** The first characters as text, or null where the bytes are none. */
function readHead(bytes: Buffer): string | null {
  const head = bytes.subarray(0, 16 * 1024);
  if (head[0] === 0xff && head[1] === 0xfe) return head.toString("utf16le");
  if (head[0] === 0xfe && head[1] === 0xff && head.length >= 2) {
    return Buffer.from(head.subarray(0, head.length & ~1))
      .swap16()
      .toString("utf16le");
  }
  let controls = 0;
  for (let at = 0; at < head.length; at += 1) {
    const byte = head[at] as number;
    // Texts hold tab, line ends, form feed and, in ISO-2022-JP, escape; a NUL is no text.
    if (byte === 0) return null;
    if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 12 && byte !== 27 && byte !== 26)
      controls += 1;
  }
  if (controls * 50 > head.length) return null;
  const guess = guessText(head);
  // The head may end inside a character, so a single hole is allowed.
  const holes = guess.text.split("\ufffd").length - 1;
  if (guess.charset === "windows-1252" && highShare(head) > 0.3) return null;
  return holes > 2 + head.length / 200 ? null : guess.text;
}

function highShare(bytes: Buffer): number {
  let high = 0;
  for (let at = 0; at < bytes.length; at += 1) if ((bytes[at] as number) >= 0x80) high += 1;
  return bytes.length === 0 ? 0 : high / bytes.length;
}
