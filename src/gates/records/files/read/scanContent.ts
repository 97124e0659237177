import { performance } from "node:perf_hooks";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { PERSONAL_KINDS, type PersonalKind } from "../../../../personal/kinds.ts";
import { scanText, type TextScan } from "../../../../personal/scanText.ts";
import {
  decodeText,
  detectFile,
  type ByteKind,
  type TextEncodingName,
} from "../../../../lib/containers/detectFile.ts";
import { isWorkbook, readWorkbook } from "../../../../lib/containers/readWorkbook.ts";
import { unpackBySevenZip } from "../../../../lib/containers/sevenZip.ts";
import { unzip } from "../../../../lib/containers/unzip.ts";

/** What a file holds, by what was seen of it. */
export type Content = {
  kind:
    "empty" | "csv" | "tsv" | "json" | "sql" | "text" | "xlsx" | "zip" | "gzip" | "7z" | "archive" | "binary";
  encoding: TextEncodingName | null;
  rows: number;
  records: number;
  items: number;
  byKind: Record<PersonalKind, number>;
  /** Signs of canaries. */
  canaries: number;
  columns: { name: string; kind: PersonalKind }[];
  /** Bytes of text that were looked at: what estimates are made from. */
  textBytes: number;
  /** Members of archives, the fullest first. */
  members: { name: string; records: number; items: number }[];
  /** Why not all was looked at; empty: all was. */
  problems: ContentProblem[];
};
export const CONTENT_PROBLEMS = [
  "encrypted",
  "too-large",
  "too-deep",
  "too-many",
  "broken",
  "method",
] as const;
export type ContentProblem = (typeof CONTENT_PROBLEMS)[number];

export type Part = { offset: number; bytes: Buffer };
export type ContentOptions = {
  today: Temporal.PlainDate;
  deadline: number;
  /** How many signs of canaries a text holds. */
  countCanaries?: (text: string) => number;
};

export const limits = {
  unpackedBytesMax: 256 * 1024 ** 2,
  membersMax: 2_000,
  depthMax: 3,
  /** Members of archives that are told by name. */
  membersToldMax: 20,
  columnsToldMax: 100,
} as const;

type Left = { bytes: number; members: number };

/**
 * Looks at a file's parts, the first of which is its head (or all of it): unpacks what is packed, decodes
 * what is text, and counts records of persons. Hostile bytes: to be run in a worker.
 */
export async function scanContent(parts: readonly Part[], options: ContentOptions): Promise<Content> {
  return scanParts(parts, {
    ...options,
    depth: 0,
    left: { bytes: limits.unpackedBytesMax, members: limits.membersMax },
  });
}

type Context = ContentOptions & { depth: number; left: Left };

async function scanParts(parts: readonly Part[], context: Context): Promise<Content> {
  const head = parts[0]?.bytes ?? Buffer.alloc(0);
  const { kind, encoding } = detectFile(head);
  if (kind === "empty" || kind === "binary") return emptyContent(kind);
  if (kind === "text" && encoding !== null) return scanTexts(parts, encoding, context);
  const content = emptyContent(kind === "zip" || kind === "gzip" || kind === "7z" ? kind : "archive");
  if (context.depth >= limits.depthMax) return { ...content, problems: ["too-deep"] };
  // Of an archive that was too large to be read whole, only a stream still gives something.
  if (parts.length > 1) content.problems.push("too-large");
  if (kind === "zip") await addZip(content, head, context);
  else if (kind === "gzip" || kind === "zstd") await addStream(content, kind, { head, context });
  else await addSevenZip(content, kind, { head, context });
  content.members = content.members
    .toSorted((one, other) => other.records + other.items - one.records - one.items)
    .slice(0, limits.membersToldMax);
  return content;
}

function emptyContent(kind: Content["kind"]): Content {
  return {
    kind,
    encoding: null,
    rows: 0,
    records: 0,
    items: 0,
    byKind: Object.fromEntries(PERSONAL_KINDS.map((one) => [one, 0])) as Record<PersonalKind, number>,
    canaries: 0,
    columns: [],
    textBytes: 0,
    members: [],
    problems: [],
  };
}

function scanTexts(
  parts: readonly Part[],
  encoding: TextEncodingName,
  { today, countCanaries }: ContentOptions,
): Content {
  const content = emptyContent("text");
  let layout: TextScan["layout"] | null = null;
  for (const [place, { bytes }] of parts.entries()) {
    const text = decodeText(bytes, encoding);
    content.canaries += countCanaries?.(text) ?? 0;
    const scan = scanText(text, {
      today,
      ...(layout === null ? {} : { layout }),
      cutBefore: place > 0,
      cutAfter: place < parts.length - 1,
    });
    layout = scan.layout;
    if (place === 0) content.kind = kindOfText(scan);
    addCounts(content, scan);
    content.textBytes += bytes.length;
    content.columns = scan.columns.slice(0, limits.columnsToldMax).map(({ name, kind }) => ({ name, kind }));
  }
  return { ...content, encoding };
}

function kindOfText({ format, delimiter }: TextScan): Content["kind"] {
  if (format !== "delimited") return format;
  return delimiter === "\t" ? "tsv" : delimiter === "\n" ? "text" : "csv";
}

function addCounts(content: Content, add: Pick<Content, "rows" | "records" | "items" | "byKind">): void {
  content.rows += add.rows;
  content.records += add.records;
  content.items += add.items;
  for (const kind of PERSONAL_KINDS) content.byKind[kind] += add.byKind[kind];
}

async function addMember(
  content: Content,
  member: { name: string; bytes: Buffer },
  context: Context,
): Promise<void> {
  context.left.members -= 1;
  context.left.bytes -= member.bytes.length;
  const inner = await scanParts([{ offset: 0, bytes: member.bytes }], {
    ...context,
    depth: context.depth + 1,
  });
  addCounts(content, inner);
  content.canaries += inner.canaries;
  content.textBytes += inner.textBytes;
  content.encoding ??= inner.encoding;
  if (content.columns.length === 0) content.columns = inner.columns;
  if (inner.records + inner.items > 0) {
    content.members.push({ name: member.name, records: inner.records, items: inner.items });
  }
  for (const problem of inner.problems) tell(content, problem);
}

function tell(content: Content, problem: ContentProblem): void {
  if (!content.problems.includes(problem)) content.problems.push(problem);
}

async function addZip(content: Content, archive: Buffer, context: Context): Promise<void> {
  const { left } = context;
  if (left.members <= 0 || left.bytes <= 0) return tell(content, "too-many");
  const members = new Map<string, Buffer>();
  let count = 0;
  for (const { name, bytes, problem } of unzip(archive, {
    membersMax: left.members + 1,
    bytesMax: left.bytes,
  })) {
    count += 1;
    if (count > left.members) tell(content, "too-many");
    else if (bytes !== null) members.set(members.has(name) ? `${name}#${count}` : name, bytes);
    else tell(content, problem === "size" ? "too-large" : (problem ?? "broken"));
  }
  if (count === 0) tell(content, "broken");
  if (isWorkbook([...members.keys()])) {
    content.kind = "xlsx";
    left.bytes -= [...members.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    for (const { name, text } of readWorkbook(members)) {
      const scan = scanText(text, { today: context.today });
      content.canaries += context.countCanaries?.(text) ?? 0;
      addCounts(content, scan);
      content.textBytes += text.length;
      if (content.columns.length === 0)
        content.columns = scan.columns.map((one) => ({ name: one.name, kind: one.kind }));
      if (scan.records + scan.items > 0)
        content.members.push({ name, records: scan.records, items: scan.items });
    }
    return;
  }
  for (const [name, bytes] of members) await addMember(content, { name, bytes }, context);
}

type Packed = { head: Buffer; context: Context };

/** A stream of one file. Where its end is missing or it is a bomb, what comes before is looked at. */
async function addStream(content: Content, kind: "gzip" | "zstd", { head, context }: Packed): Promise<void> {
  const stream = kind === "gzip" ? createGunzip() : createZstdDecompress();
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.end(head);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= context.left.bytes || performance.now() > context.deadline) {
        tell(content, "too-large");
        break;
      }
    }
  } catch {
    tell(content, "broken");
  }
  await addMember(content, { name: "", bytes: Buffer.concat(chunks) }, context);
}

async function addSevenZip(content: Content, kind: ByteKind, { head, context }: Packed): Promise<void> {
  const { left, deadline } = context;
  const unpacked = await unpackBySevenZip(head, kind, {
    bytesMax: left.bytes,
    membersMax: left.members,
    deadline,
  });
  if (unpacked.problem === "limit") tell(content, "too-large");
  else if (unpacked.problem !== null)
    tell(content, unpacked.problem === "encrypted" ? "encrypted" : "broken");
  for (const member of unpacked.members) await addMember(content, member, context);
}
