import { lstat, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readArguments } from "../../../lib/arguments.ts";
import { SekishoError, textOfError } from "../../../lib/error.ts";
import { languageOf, type Language } from "../../../lib/language.ts";
import { Progress } from "../../../lib/progress.ts";
import { visibleText } from "../../../lib/visibleText.ts";
import { PERSONAL_KINDS, type PersonalKind } from "../../../personal/kinds.ts";
import { FileScanner, type FileScan } from "./fileScanner.ts";

const help = `sekisho records scan [options] PATH…

Looks through files and folders for personal records: CSV, TSV, JSON, dumps of SQL, text, xlsx, zip, gzip,
7z and more, by their bytes and not by their names, in UTF-8, UTF-16, CP932, EUC-JP and ISO-2022-JP. It
prints how many records there are, never what stands in them. It follows no symbolic link, and passes
/proc, /sys and /dev by.

  --all              look at all of every file (up to 1 GiB); else at head, middle and tail above 12 MiB
  --min N            tell of files with at least so many records (10); mail addresses, telephone numbers
                     and the like that stand alone count as well
  --hash             with the SHA-256 of each file that is told of
  --json             one JSON object a line: each file, then {"summary": …}
  --lang en|ja       language of the sentences; by default that of the environment

Exit status: 0 all was looked at, 1 something could not be, 2 a mistake in the arguments. What was found
does not change it.
`;

const options = {
  all: { type: "boolean" },
  min: { type: "string" },
  hash: { type: "boolean" },
  json: { type: "boolean" },
  lang: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Folders of the kernel: what lies there is no file. */
const passedBy = new Set(["/proc", "/sys", "/dev"]);
const unreadToldMax = 20;

type Found = { path: string; scan: FileScan };
type Summary = {
  files: number;
  bytes: number;
  found: number;
  records: number;
  items: number;
  byKind: Record<PersonalKind, number>;
  /** Files and folders that could not be read, or not all of them. */
  unread: { path: string; problem: string }[];
  unreadCount: number;
};

/** Runs `sekisho records scan`; gives the exit status. */
export async function scanCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho records scan");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const language = languageOf(values.lang);
  const least = Number(values.min ?? 10);
  if (!Number.isInteger(least) || least < 1) {
    throw new SekishoError("usage", `Cannot take --min ${values.min}: a whole number from 1 is needed`, {
      hint: "try: sekisho records scan --min 10 /srv",
    });
  }
  if (positionals.length === 0) {
    throw new SekishoError("usage", "Cannot scan nothing: name a file or a folder", {
      hint: "try: sekisho records scan /srv /home",
    });
  }
  const summary = await scanAll(positionals, {
    least,
    all: values.all === true,
    hash: values.hash === true,
    tell: (found) => process.stdout.write(values.json === true ? jsonOf(found) : lineOf(found, language)),
  });
  process.stdout.write(
    values.json === true ? `${JSON.stringify({ summary })}\n` : printSummary(summary, language),
  );
  return summary.unreadCount === 0 ? 0 : 1;
}

type Given = { least: number; all: boolean; hash: boolean; tell: (found: Found) => void };

async function scanAll(paths: readonly string[], given: Given): Promise<Summary> {
  const summary = newSummary();
  const scanner = new FileScanner();
  const progress = new Progress({ phase: "files", total: null });
  const today = Temporal.Now.plainDateISO();
  try {
    for (const start of paths) {
      for await (const path of walk(resolve(start), summary)) {
        progress.tell({ phase: `${summary.found} with records; files` });
        progress.set(summary.files);
        summary.files += 1;
        try {
          const scan = await scanner.scanFile(path, { today, all: given.all });
          summary.bytes += scan.bytes;
          for (const problem of scan.problems) addUnread(summary, path, problem);
          if (scan.records + scan.items < given.least) continue;
          addFound(summary, scan);
          progress.end();
          const hashed = given.hash
            ? await scanner.scanFile(path, { today, all: given.all, hash: true })
            : scan;
          given.tell({ path, scan: hashed });
        } catch (error) {
          addUnread(summary, path, textOfError(error));
        }
      }
    }
    return summary;
  } finally {
    progress.end();
    await scanner.close();
  }
}

/** Files below a path, folder by folder; no link is followed, and folders of the kernel are passed by. */
async function* walk(start: string, summary: Summary): AsyncGenerator<string> {
  const waiting = [start];
  while (waiting.length > 0) {
    const path = waiting.pop() as string;
    try {
      const stat = await lstat(path);
      if (stat.isFile()) {
        yield path;
        continue;
      }
      if (!stat.isDirectory() || passedBy.has(path)) continue;
      const folders: string[] = [];
      for (const entry of (await readdir(path, { withFileTypes: true })).toSorted(byName)) {
        if (entry.isFile()) yield join(path, entry.name);
        else if (entry.isDirectory()) folders.push(join(path, entry.name));
      }
      for (const folder of folders.reverse()) waiting.push(folder);
    } catch (error) {
      addUnread(summary, path, textOfError(error));
    }
  }
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}

function newSummary(): Summary {
  const byKind = Object.fromEntries(PERSONAL_KINDS.map((kind) => [kind, 0])) as Record<PersonalKind, number>;
  return { files: 0, bytes: 0, found: 0, records: 0, items: 0, byKind, unread: [], unreadCount: 0 };
}

function addUnread(summary: Summary, path: string, problem: string): void {
  summary.unreadCount += 1;
  if (summary.unread.length < unreadToldMax) summary.unread.push({ path, problem });
}

function addFound(summary: Summary, scan: FileScan): void {
  summary.found += 1;
  summary.records += scan.records;
  summary.items += scan.items;
  for (const kind of PERSONAL_KINDS) summary.byKind[kind] += scan.byKind[kind];
}

function jsonOf({ path, scan }: Found): string {
  return `${JSON.stringify({ path, ...scan })}\n`;
}

/** Counts of a file in words: "500 records, csv, shift_jis: name 500, phone 498". */
export function describeScan(scan: FileScan, language: Language): string {
  const ja = language === "ja";
  const about = scan.estimated ? (ja ? "約 " : "about ") : "";
  const counts = [
    scan.records > 0 ? (ja ? `${about}${scan.records} 件` : `${about}${scan.records} records`) : "",
    scan.items > 0 ? (ja ? `単独 ${about}${scan.items}` : `${about}${scan.items} single items`) : "",
  ].filter((part) => part !== "");
  const kinds = PERSONAL_KINDS.filter((kind) => scan.byKind[kind] > 0).map(
    (kind) => `${kind} ${scan.byKind[kind]}`,
  );
  const what = [scan.kind, scan.encoding].filter((part) => part !== null).join(" ");
  const problems =
    scan.problems.length > 0 ? ` (${ja ? "未読" : "not all read"}: ${scan.problems.join(", ")})` : "";
  return `${counts.join(", ")}, ${what}: ${kinds.join(", ")}${problems}`;
}

function lineOf({ path, scan }: Found, language: Language): string {
  const hash = scan.sha256 === null ? "" : `  sha256 ${scan.sha256}`;
  return `${visibleText(path, 500)}  ${describeScan(scan, language)}${hash}\n`;
}

function printSummary(summary: Summary, language: Language): string {
  const ja = language === "ja";
  const { files, found, records, items, byKind, unread, unreadCount } = summary;
  const megabytes = (summary.bytes / 1e6).toFixed(1);
  const lines = [
    ja
      ? `${files} 個のファイル (${megabytes} MB) を見た。個人の情報があるもの ${found} 個、${records} 件、単独 ${items}`
      : `${files} files (${megabytes} MB); ${found} hold ${records} records and ${items} single items`,
    ...PERSONAL_KINDS.filter((kind) => byKind[kind] > 0).map(
      (kind) => `  ${kind.padEnd(14)} ${byKind[kind]}`,
    ),
    ...unread.map(
      ({ path, problem }) => `${ja ? "未読" : "not read"} ${visibleText(path, 500)}: ${visibleText(problem)}`,
    ),
  ];
  const more = unreadCount - unread.length;
  if (more > 0) lines.push(ja ? `ほかに未読 ${more} 個` : `and ${more} more that could not be read`);
  return `${lines.join("\n")}\n`;
}
