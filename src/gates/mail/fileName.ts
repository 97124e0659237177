/** What can be said of a file name alone. Pure: judge.ts and the reader ask the same functions. */

/** Endings that Windows, macOS or Linux start as a program. */
export const EXECUTABLE_EXTENSIONS = setOf(
  "exe scr pif com cpl dll ocx sys msi msp mst msix msixbundle appx appxbundle xll",
  "jar app elf run vxd drv efi",
);

/** Endings of what people send each other, behind which a second ending hides. */
export const HARMLESS_EXTENSIONS = setOf(
  "pdf doc docx docm xls xlsx xlsm xlsb ppt pptx pptm rtf txt csv tsv log odt ods odp",
  "jtd xdw xbd htm html xml json md eml msg ics vcf",
  "jpg jpeg png gif bmp tif tiff webp heic heif svg ico psd ai",
  "mp3 m4a wav wma mp4 mov avi wmv mpg mpeg",
);

export const ARCHIVE_EXTENSIONS = setOf(
  "zip lzh lha rar 7z gz tgz bz2 tbz xz txz zst z tar cab arj ace cpio uue uu",
  "iso img udf vhd vhdx dmg wim",
);

function setOf(...lists: string[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => list.split(" ")));
}

const BLANKS = " \\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u2800\\u3000\\u3164\\uffa0";
const TRAILING = new RegExp(`[.${BLANKS}\\u0000]+$`, "u");
const FULL_WIDTH_DOTS = /[．。｡․﹒]/gu;
const UNSEEN = /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u00ad\u061c]/gu;

/** The last name in a path. */
export function baseNameOf(name: string): string {
  return name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
}

/**
 * The ending that Windows goes by: it drops dots and blanks at the end, streams, and what stands behind a
 * NUL.
 */
export function extensionOf(name: string): string {
  const nul = name.indexOf("\0");
  const base = baseNameOf(nul === -1 ? name : name.slice(0, nul))
    .replace(/::?\$DATA$/i, "")
    .replace(TRAILING, "")
    .replace(UNSEEN, "");
  const dot = base.lastIndexOf(".");
  return dot === -1
    ? ""
    : base
        .slice(dot + 1)
        .trim()
        .toLowerCase();
}

/** The ending as a person reads it: full-width dots and letters count as the plain ones. */
export function shownExtensionOf(name: string): string {
  return extensionOf(name.normalize("NFKC").replace(FULL_WIDTH_DOTS, "."));
}

/** "請求書.pdf.exe": a harmless ending in front of the one that counts. Gives the two, or null. */
export function doubleExtension(name: string): { shown: string; real: string } | null {
  const real = extensionOf(name);
  if (real === "") return null;
  const base = baseNameOf(name);
  const stem = base.slice(0, base.toLowerCase().lastIndexOf(`.${real}`)).replace(TRAILING, "");
  const shown = shownExtensionOf(stem);
  return HARMLESS_EXTENSIONS.has(shown) && shown !== real ? { shown, real } : null;
}

const PADDING = new RegExp(`[${BLANKS}]{8,}[^${BLANKS}]{0,3}\\.[^.]{1,12}$`, "u");

/** Many blanks before the ending, of which windows show only the first. */
export function isPadded(name: string): boolean {
  return PADDING.test(baseNameOf(name));
}

/** Characters that change the reading direction: overrides, embeddings and isolates (Unicode UAX 9). */
export function isReversed(name: string): boolean {
  return /[\u202a-\u202e\u2066-\u2069]/u.test(name);
}

/** An ending that reads like a program's but is written with other characters, which NFKC makes plain. */
export function confusableExtension(name: string): string | null {
  const shown = shownExtensionOf(name);
  const plain = extensionOf(name);
  return shown !== plain && (EXECUTABLE_EXTENSIONS.has(shown) || shown === "lnk" || shown === "js")
    ? shown
    : null;
}

/** Names that a file system would store otherwise: NUL, streams, traversal, trailing dots and blanks. */
export function isUnsafe(name: string): boolean {
  if (/[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(name)) return true;
  if (/(?:^|[/\\])\.\.(?:[/\\]|$)/.test(name) || /^[a-z]:[/\\]/i.test(name) || /^(?:\\\\|\/\/)/.test(name))
    return true;
  return (
    /:[^/\\]*$/.test(baseNameOf(name).replace(/^[a-z]:/i, "")) &&
    /::?\$DATA$|\.[a-z0-9]{1,5}:[^/\\]+$/i.test(name)
  );
}
