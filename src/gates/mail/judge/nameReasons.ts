import * as fileName from "../fileName.ts";
import { classOfKind, type Kind } from "../kinds.ts";
import { reasonFor, type JudgedReason } from "../reasons.ts";
import { nameOf, type PlacedFile } from "./walkFiles.ts";

/** Reasons that rest on what the files of a message are called, beside what they are. */
export function nameReasons(files: PlacedFile[]): JudgedReason[] {
  return files.flatMap((placed) => {
    const { file } = placed;
    const reasons = [...new Set(file.names.map((name) => name.value))]
      .slice(0, 20)
      .flatMap((name) => oneName(name, placed));
    return [...reasons, ...disguise(placed), ...disagreement(placed)];
  });
}

/** Whether the ending that counts is one that a double click runs. */
function isDangerous(extension: string): boolean {
  return fileName.EXECUTABLE_EXTENSIONS.has(extension) || DANGEROUS.has(extension);
}

const DANGEROUS = new Set(
  (
    "lnk url js jse vbs vbe wsf wsh hta chm ps1 bat cmd msc iso img vhd vhdx one " +
    "settingcontent-ms library-ms search-ms"
  ).split(" "),
);

function oneName(name: string, { file }: PlacedFile): JudgedReason[] {
  const reasons: JudgedReason[] = [];
  const path = file.path;
  const runs = isDangerous(fileName.extensionOf(name)) || classOfKind(file.kind) === "executable";
  const double = fileName.doubleExtension(name);
  if (double !== null && runs && isDangerous(double.real))
    reasons.push(reasonFor("double-extension", path, { name }));
  if (fileName.isPadded(name)) reasons.push(reasonFor("padded-name", path, { name }));
  if (fileName.isReversed(name)) reasons.push(reasonFor("reversed-name", path, { name }));
  if (fileName.confusableExtension(name) !== null)
    reasons.push(reasonFor("confusable-extension", path, { name }));
  if (fileName.isUnsafe(name)) reasons.push(reasonFor("unsafe-name", path, { name }));
  return reasons;
}

/** Endings and the kinds that they promise. An ending that is not listed promises nothing. */
const PROMISED: [extensions: string, kinds: Kind[]][] = [
  ["pdf", ["pdf"]],
  ["docx docm dotx dotm xlsx xlsm xltx xltm xlsb pptx pptm ppsx", ["ooxml", "ole"]],
  ["doc dot xls xlt ppt pps", ["ole", "ooxml", "rtf", "html", "xml", "text", "activemime"]],
  ["rtf", ["rtf"]],
  ["odt ods odp", ["odf", "ole"]],
  ["jpg jpeg jpe jfif", ["jpeg", "png", "gif", "webp", "heif", "bmp"]],
  ["png", ["png", "jpeg", "gif", "webp"]],
  ["gif", ["gif", "png", "jpeg", "webp"]],
  ["bmp", ["bmp", "png", "jpeg"]],
  ["tif tiff", ["tiff", "jpeg"]],
  ["heic heif", ["heif", "jpeg"]],
  [
    "txt csv tsv log md",
    ["text", "html", "xml", "script", "vcard", "calendar", "uuencode", "pgp", "certificate"],
  ],
  ["zip", ["zip", "ooxml", "odf", "epub"]],
  ["lzh lha", ["lzh"]],
  ["rar", ["rar"]],
  ["7z", ["7z"]],
  ["cab", ["cab"]],
  ["gz tgz", ["gzip"]],
  ["mp3 wav m4a wma", ["audio", "video"]],
  ["mp4 mov avi wmv", ["video"]],
  ["eml", ["message", "text", "html"]],
];
const promises = new Map(
  PROMISED.flatMap(([extensions, kinds]) => extensions.split(" ").map((one) => [one, kinds] as const)),
);

/** What the content is against what the name promises: a danger behind a harmless name, or only a slip. */
function disguise({ file, name }: PlacedFile): JudgedReason[] {
  const kind = file.kind as Kind;
  if (kind === "empty" || kind === "unknown" || file.encrypted || file.unread !== null) return [];
  const kindClass = classOfKind(kind);
  const acts =
    kindClass === "executable" ||
    kindClass === "active" ||
    kindClass === "shortcut" ||
    kindClass === "disk-image";
  for (const { value } of file.names) {
    const extension = fileName.shownExtensionOf(value);
    const promised = promises.get(extension);
    if (promised === undefined || promised.includes(kind)) continue;
    if (acts) return [reasonFor("kind-disguised", file.path, { name: value, kind })];
    const hides = kindClass === "archive" || kind === "html" || kind === "activemime";
    return hides ? [reasonFor("kind-disagrees", file.path, { name, kind })] : [];
  }
  // A declared picture or document that is a program lies as much as a name does.
  const declared = file.declaredType ?? "";
  const harmless = /^(?:image|audio|video|text)\/|^application\/pdf$/.test(declared);
  if (acts && harmless && kindClass === "executable")
    return [reasonFor("kind-disguised", file.path, { name: nameOf(file), kind })];
  return [];
}

/** Two names of the same file that end differently, where one of them would run. */
function disagreement({ file }: PlacedFile): JudgedReason[] {
  const first = file.names[0]?.value;
  if (first === undefined) return [];
  const other = file.names.find(({ value }) => {
    const pair = [fileName.extensionOf(first), fileName.extensionOf(value)] as const;
    return (
      pair[0] !== pair[1] &&
      pair.some((extension) => isDangerous(extension) || fileName.ARCHIVE_EXTENSIONS.has(extension))
    );
  });
  return other === undefined
    ? []
    : [reasonFor("names-disagree", file.path, { name: first, other: other.value })];
}
