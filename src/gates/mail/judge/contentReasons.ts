import { ARCHIVE_EXTENSIONS, EXECUTABLE_EXTENSIONS, extensionOf } from "../fileName.ts";
import { classOfKind } from "../kinds.ts";
import type { MailPolicy } from "../policy.ts";
import { reasonFor, type JudgedReason, type MailReason } from "../reasons.ts";
import type { FileMark, SeenMail } from "../seen.ts";
import { nameOf, type PlacedFile } from "./walkFiles.ts";

/** Reasons that rest on what the files of a message are. */
export function contentReasons(files: PlacedFile[], seen: SeenMail, policy: MailPolicy): JudgedReason[] {
  const reasons: JudgedReason[] = [];
  for (const placed of files) {
    reasons.push(...kindReasons(placed, policy), ...markReasons(placed), ...lockReasons(placed, seen));
    const { file, name, depth } = placed;
    if (depth > policy.nestingMax) reasons.push(reasonFor("deep-nesting", file.path, { name, depth }));
  }
  return [...reasons, ...sideLoading(files)];
}

function kindReasons(placed: PlacedFile, policy: MailPolicy): JudgedReason[] {
  const { file, parent, name } = placed;
  const { kind, path } = file;
  switch (classOfKind(kind)) {
    case "executable": {
      const reasons = [
        parent !== null && isContainer(parent.kind)
          ? reasonFor("executable-in-archive", path, { name, archive: nameOf(parent), kind })
          : reasonFor("executable-content", path, { name, kind }),
      ];
      if (file.icon !== null && file.icon.distance <= policy.iconDistanceMax) {
        reasons.push(reasonFor("document-icon", path, { name, icon: file.icon.looksLike }));
      }
      return reasons;
    }
    case "active":
      return [reasonFor("active-file", path, { name, kind })];
    case "shortcut":
      return [reasonFor("shortcut-file", path, { name, kind })];
    case "disk-image":
      return [reasonFor("disk-image", path, { name, kind })];
    case "text":
      return pageReasons(placed);
    case "unknown":
      return unknownReasons(placed);
    default:
      return executableName(placed);
  }
}

function isContainer(kind: string): boolean {
  const kindClass = classOfKind(kind);
  return (
    kindClass === "archive" ||
    kindClass === "disk-image" ||
    kindClass === "executable" ||
    kindClass === "document"
  );
}

/** Pages that come as files; the body of a message is no file. */
function pageReasons(placed: PlacedFile): JudgedReason[] {
  const { file, name } = placed;
  const attached = file.names.length > 0 || file.disposition === "attachment";
  if (file.kind === "html" && attached) return [reasonFor("page-attached", file.path, { name })];
  return file.kind === "empty" ? [] : executableName(placed);
}

/** "Encrypted" says more than "unknown", and a lost content is told by why it was lost. */
function unknownReasons(placed: PlacedFile): JudgedReason[] {
  const { file, name } = placed;
  const byName = executableName(placed);
  if (byName.length > 0 || file.unread !== null || file.encrypted) return byName;
  return [reasonFor("unknown-content", file.path, { name })];
}

function executableName({ file, name }: PlacedFile): JudgedReason[] {
  const names = file.names.length === 0 ? [] : file.names.map((candidate) => candidate.value);
  const isNamed = names.some((candidate) => EXECUTABLE_EXTENSIONS.has(extensionOf(candidate)));
  // ".com" also ends the addresses of pages that are saved, and an empty file does nothing.
  const harmless =
    file.kind === "html" ||
    file.kind === "text" ||
    (file.bytes === 0 && !file.encrypted && file.unread === null);
  return isNamed && !harmless ? [reasonFor("executable-name", file.path, { name })] : [];
}

const BY_MARK: Partial<Record<FileMark, MailReason>> = {
  "archive-comment-data": "archive-hidden-data",
  "archive-headers-disagree": "archive-two-faced",
  "archive-prepended-data": "archive-hidden-data",
  "archive-trailing-data": "archive-hidden-data",
  "archive-entries-overlap": "archive-bomb",
  "auto-macro": "auto-macro",
  bomb: "archive-bomb",
  "dde-field": "data-exchange-field",
  "embedded-object": "embedded-object",
  "encrypted-names": "encrypted-names",
  "external-template": "external-template",
  "html-form": "page-form",
  "html-smuggling": "page-smuggling",
  "pdf-attachment": "pdf-attachment",
  "pdf-launch": "pdf-launch",
  "pdf-script": "pdf-script",
  "program-after-junk": "program-after-junk",
  "remote-share": "remote-share",
  "self-extracting": "self-extracting",
  "split-archive": "split-archive",
  "svg-script": "picture-script",
  "xlm-macro": "old-macro",
};

function markReasons({ file, name }: PlacedFile): JudgedReason[] {
  const codes = new Set<MailReason>();
  const attached = file.names.length > 0 || file.disposition === "attachment" || file.path.includes("/");
  for (const mark of file.marks) {
    // What the body of a mail shows, a mail program does not run: pages count as files only.
    if ((mark === "html-smuggling" || mark === "html-form") && !attached) continue;
    const code = BY_MARK[mark];
    if (code !== undefined) codes.add(code);
  }
  if (file.macros) codes.add("macro-container");
  return [...codes].map((code) => reasonFor(code as "macro-container", file.path, { name }));
}

/** A word for "password", a sign that what follows is it, and then something that could be one. */
const PASSWORD = new RegExp(
  "(?:password|passwd|パスワード|ﾊﾟｽﾜｰﾄﾞ|解凍(?:パス|キー)|開封(?:パス|キー)|暗証番号)" +
    "[^\\S\\n]*(?:[:：=＝]|\\bis\\b|は[「『:：]?|\\r?\\n)\\s{0,10}[「『]?[\\x21-\\x7e]{4,64}",
  "i",
);

function lockReasons(placed: PlacedFile, seen: SeenMail): JudgedReason[] {
  const { file, parent, name } = placed;
  if (file.marks.includes("encrypted-names")) return [];
  const kindClass = classOfKind(file.kind);
  if (file.encrypted && (kindClass === "archive" || kindClass === "document" || kindClass === "executable")) {
    const reasons = [reasonFor("encrypted-archive", file.path, { name })];
    if (PASSWORD.test(seen.reading.text)) reasons.push(reasonFor("password-in-text", file.path, { name }));
    return reasons;
  }
  const told = file.unread === null || file.unread === "encrypted" || parent?.encrypted === true;
  // S/MIME and PGP are for the recipient alone; a fragment of a picture is no danger.
  const quiet = kindClass === "message" || kindClass === "image" || kindClass === "media";
  if (told || quiet) return [];
  const archive = ARCHIVE_EXTENSIONS.has(extensionOf(name)) || kindClass !== "text";
  return archive ? [reasonFor("unread-content", file.path, { name, why: file.unread as string })] : [];
}

/** A program and a library side by side in one archive: how PlugX is brought (T1574.001). */
function sideLoading(files: PlacedFile[]): JudgedReason[] {
  const reasons: JudgedReason[] = [];
  for (const { file: container } of files) {
    const programs = container.files.filter((file) => file.kind === "pe");
    const library = programs.find((file) => file.marks.includes("dynamic-library"));
    const program = programs.find((file) => !file.marks.includes("dynamic-library"));
    if (library === undefined || program === undefined) continue;
    const evidence = { name: nameOf(program), library: nameOf(library) };
    reasons.push(reasonFor("side-loading-set", program.path, evidence));
  }
  return reasons;
}
