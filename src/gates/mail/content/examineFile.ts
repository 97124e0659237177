import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import { textOfError } from "../../../lib/error.ts";
import { classOfKind } from "../kinds.ts";
import type { CandidateName, Defect, FileMark, SeenFile, Unread } from "../seen.ts";
import { kindOf } from "./kindOf.ts";
import { examineContainer } from "./examineContainer.ts";
import { readOleFacts, type OfficeFacts } from "./officeFacts.ts";
import { examineOfficePackage } from "./examineOfficePackage.ts";
import { findHiddenProgram, readProgramHeader } from "./programHeader.ts";
import { readProgramIcons } from "./programIcon.ts";
import { likenessOf } from "./referenceIcons.ts";
import * as text from "./textFacts.ts";

/** What may still be spent on one message. Shared by all its files. */
export type Budget = {
  unpackedBytesLeft: number;
  filesLeft: number;
  /** By performance.now(). */
  deadline: number;
  depthMax: number;
  fileBytesMax: number;
  defects: Defect[];
  /** CPU milliseconds by step. */
  ms: Record<string, number>;
};

export const examineLimits = {
  unpackedBytesMax: 128 * 1024 * 1024,
  filesMax: 2000,
  fileBytesMax: 48 * 1024 * 1024,
  depthMax: 6,
  msMax: 2500,
} as const;

/** A budget for one message. `unpackedBytesMax` and the others are the limits of the house. */
export function openBudget(defects: Defect[], ms: Record<string, number>): Budget {
  return {
    unpackedBytesLeft: examineLimits.unpackedBytesMax,
    filesLeft: examineLimits.filesMax,
    deadline: performance.now() + examineLimits.msMax,
    depthMax: examineLimits.depthMax,
    fileBytesMax: examineLimits.fileBytesMax,
    defects,
    ms,
  };
}

/** Bytes to look at, and what is known of them from outside. */
export type Specimen = {
  bytes: Buffer;
  path: string;
  names: CandidateName[];
  declaredType: string | null;
  disposition: string | null;
  span: { start: number; end: number } | null;
  depth: number;
  /** Why the bytes are only the beginning of what there is; null when they are all. */
  cut: Unread | null;
};

/** A file of which nothing is known yet but its place and names. */
export function emptyFile(place: Pick<SeenFile, "path" | "names"> & Partial<SeenFile>): SeenFile {
  return {
    declaredType: null,
    disposition: null,
    kind: "unknown",
    bytes: 0,
    sha256: null,
    encrypted: false,
    macros: false,
    marks: [],
    icon: null,
    span: null,
    files: [],
    unread: null,
    ...place,
  };
}

/** Looks at one file: its kind, what it can do, and, where it is a container, at what is inside. */
export async function examineFile(specimen: Specimen, budget: Budget): Promise<SeenFile> {
  const { bytes } = specimen;
  const names = specimen.names.map((name) => name.value);
  const file = emptyFile({
    path: specimen.path,
    names: specimen.names,
    declaredType: specimen.declaredType,
    disposition: specimen.disposition,
    span: specimen.span,
    bytes: bytes.length,
    sha256: specimen.cut !== null ? null : createHash("sha256").update(bytes).digest("hex"),
  });
  file.unread = specimen.cut;
  if (performance.now() > budget.deadline) {
    file.unread = "time";
    return file;
  }
  const marks = new Set<FileMark>();
  try {
    file.kind = kindOf(bytes, names, specimen.declaredType);
    await examineKind(file, specimen, { budget, marks });
  } catch (error) {
    // One file that breaks its reader is a file that nobody has read; the others are read all the same.
    file.unread = "format";
    budget.defects.push({
      code: "examine-failed",
      where: specimen.path,
      detail: textOfError(error).slice(0, 100),
    });
  }
  if (
    classOfKind(file.kind) !== "executable" &&
    mayHideProgram(file.kind) &&
    findHiddenProgram(bytes) !== -1
  ) {
    marks.add("program-after-junk");
  }
  file.marks = [...new Set([...file.marks, ...marks])].sort();
  return file;
}

/** Files inside archives are looked at themselves, so a program that is stored there is no hidden one. */
function mayHideProgram(kind: string): boolean {
  const kindClass = classOfKind(kind);
  if (kindClass === "archive" || kindClass === "disk-image" || kindClass === "message") return false;
  return kind !== "ole" && kind !== "ooxml" && kind !== "odf" && kind !== "text" && kind !== "html";
}

type Context = { budget: Budget; marks: Set<FileMark> };

async function examineKind(file: SeenFile, specimen: Specimen, context: Context): Promise<void> {
  const { bytes } = specimen;
  const add = (marks: readonly FileMark[]): void => marks.forEach((mark) => context.marks.add(mark));
  switch (file.kind) {
    case "pe":
    case "dos":
      await examineProgram(file, specimen, context);
      return;
    case "ole":
      await takeOfficeFacts(file, specimen, { ...context, facts: readOleFacts(bytes) });
      return;
    case "ooxml":
      await takeOfficeFacts(file, specimen, {
        ...context,
        facts: await examineOfficePackage(bytes, context.budget),
      });
      return;
    case "pdf": {
      const facts = text.readPdfFacts(bytes);
      file.encrypted = facts.encrypted;
      add(facts.marks);
      return;
    }
    case "html":
      add(text.marksOfPage(bytes));
      return;
    case "svg":
      add(text.marksOfSvg(bytes));
      return;
    case "rtf":
      add(text.marksOfRtf(bytes));
      return;
    case "lnk":
      add(text.marksOfShortcut(bytes));
      return;
    case "url-shortcut":
    case "settings":
    case "xml":
      add(text.marksOfShortcutText(bytes));
      return;
    default:
      await examineContainer(file, specimen, context.budget);
  }
}

async function examineProgram(file: SeenFile, specimen: Specimen, context: Context): Promise<void> {
  const { bytes } = specimen;
  const program = readProgramHeader(bytes);
  if (program?.library === true) context.marks.add("dynamic-library");
  if (program !== null) {
    const started = performance.now();
    for (const picture of readProgramIcons(bytes, program).slice(0, 3)) {
      const likeness = likenessOf(picture);
      if (likeness !== null && (file.icon === null || likeness.distance < file.icon.distance))
        file.icon = likeness;
    }
    context.budget.ms["icons"] = (context.budget.ms["icons"] ?? 0) + performance.now() - started;
  }
  const archive = findArchiveBehind(bytes, program?.end ?? 64);
  if (archive === -1) return;
  context.marks.add("self-extracting");
  const inside = await examineFile(
    {
      ...specimen,
      bytes: bytes.subarray(archive),
      names: [],
      declaredType: null,
      disposition: null,
      span: null,
    },
    context.budget,
  );
  // What is carried is shown as the program's own content.
  file.files = inside.files;
  file.encrypted = inside.encrypted;
  inside.marks.forEach((mark) => context.marks.add(mark));
}

const overlayMarks = ["7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07", "PK\x03\x04", "MSCF\0\0\0\0"];

/** Where an archive starts in the overlay of a program, or -1. Self-extracting LHA stubs are DOS programs. */
function findArchiveBehind(bytes: Buffer, end: number): number {
  const from = Math.min(Math.max(end, 64), bytes.length);
  const overlay = bytes.subarray(from, from + 256 * 1024);
  let best = -1;
  for (const mark of overlayMarks) {
    const at = overlay.indexOf(mark, 0, "latin1");
    if (at !== -1 && (best === -1 || at < best)) best = at;
  }
  const lzh = /-lh[0-7d]-/.exec(overlay.toString("latin1"));
  if (lzh !== null && lzh.index >= 2 && (best === -1 || lzh.index - 2 < best)) best = lzh.index - 2;
  return best === -1 ? -1 : from + best;
}

async function takeOfficeFacts(
  file: SeenFile,
  specimen: Specimen,
  context: Context & { facts: OfficeFacts | null },
): Promise<void> {
  const { facts, budget } = context;
  if (facts === null) {
    file.unread = "format";
    return;
  }
  file.macros = facts.macros;
  file.encrypted = facts.encrypted;
  if (facts.encrypted) file.unread = "encrypted";
  facts.marks.forEach((mark) => context.marks.add(mark));
  for (const [index, embedded] of facts.embedded.entries()) {
    if (specimen.depth >= budget.depthMax || budget.filesLeft <= 0) return;
    budget.filesLeft -= 1;
    const names = [{ value: embedded.name, from: "embedded", charset: null }];
    const inside: Specimen = {
      bytes: embedded.bytes,
      path: `${specimen.path}/${index + 1}`,
      names,
      declaredType: null,
      disposition: null,
      span: null,
      depth: specimen.depth + 1,
      cut: null,
    };
    file.files.push(await examineFile(inside, budget));
  }
}
