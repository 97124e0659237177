import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { EvidenceHash } from "../../../ledger/entry.ts";
import { EvidenceStore } from "../../../ledger/evidence.ts";
import { Keyring } from "../../../ledger/keyring.ts";
import { readArguments } from "../../../lib/arguments.ts";
import { realDisk } from "../../../lib/disk.ts";
import { SekishoError, textOfError } from "../../../lib/error.ts";
import { languageOf, type Language } from "../../../lib/language.ts";
import { untilStopped } from "../../../lib/untilStopped.ts";
import { visibleText } from "../../../lib/visibleText.ts";
import { RecordsSettings } from "../settings.ts";
import { describeScan } from "./scanCommand.ts";
import type { WatchedFile, WatchProblem } from "./watch/watchedFile.ts";
import { FileWatch } from "./watch/watchFiles.ts";

const help = `sekisho records watch --keep DIR (--folder DIR… | --config FILE) [options]
sekisho records watch --keep DIR --open HASH…

Watches folders for files with personal records until it is stopped (Ctrl-C): new, growing, renamed and packed
ones, whatever they are called. What appears is held at once, so that it can be kept even when it is
deleted, cut short or written over within the second. One line for each file that holds records; the file
itself goes, encrypted, into DIR.

  --keep DIR         where evidence and its keys are kept; best on the disk of the watched folders
  --folder DIR       a folder to watch, with all below it; may be given again
  --config FILE      take folders and limits from records.watch of sekisho.yaml
  --min N            tell of files with at least so many records (10)
  --open HASH        write a piece of evidence to standard output; several in their order
  --json             one JSON object a line: {"file": …}, {"problem": …}, {"heartbeat": …}
  --lang en|ja       language of the sentences; by default that of the environment

Which process wrote a file is known best where fatrace is installed (Debian: fatrace) and this runs as root.
`;

const options = {
  keep: { type: "string" },
  folder: { type: "string", multiple: true },
  config: { type: "string" },
  min: { type: "string" },
  open: { type: "string", multiple: true },
  json: { type: "boolean" },
  lang: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;
type Values = ReturnType<typeof readArguments<typeof options>>["values"];

/** Runs `sekisho records watch`; gives the exit status. */
export async function watchCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho records watch");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const language = languageOf(values.lang);
  if (values.keep === undefined || positionals.length > 0) {
    throw new SekishoError("usage", "Cannot watch without a folder for evidence", {
      hint: "try: sekisho records watch --folder /srv --keep /var/lib/sekisho-watch",
    });
  }
  const keep = resolve(values.keep);
  const keyring = await Keyring.open(realDisk, join(keep, "keys"));
  const store = new EvidenceStore(realDisk, join(keep, "evidence"), keyring);
  if (values.open !== undefined) return openEvidence(store, values.open);
  const given = await settingsOf(values);
  const json = values.json === true;
  const print = (object: object, line: string): void => {
    process.stdout.write(json ? `${JSON.stringify(object)}\n` : line);
  };
  const watch = new FileWatch({
    folders: given.folders,
    workFolder: join(keep, "work"),
    evidence: store,
    ignore: [keep],
    limits: given.limits,
    onFile: (file) => print({ file }, lineOfFile(file, language)),
    onProblem: (problem) => print({ problem }, lineOfProblem(problem, language)),
    onHeartbeat: (heartbeat) => json && print({ heartbeat }, ""),
  });
  const stopped = untilStopped();
  await watch.start();
  process.stderr.write(`watching ${watch.status().folders} folders; Ctrl-C ends it\n`);
  await stopped;
  await watch.close();
  return 0;
}

async function openEvidence(store: EvidenceStore, names: readonly string[]): Promise<number> {
  for (const name of names) {
    const read = EvidenceHash.safeParse(name);
    if (!read.success) {
      throw new SekishoError("usage", `Cannot open "${name}": 64 hexadecimal digits are needed`, {
        hint: "they stand in the line that told of the file",
      });
    }
    process.stdout.write(await store.get(read.data));
  }
  return 0;
}

type Given = { folders: string[]; limits: { reportRecords?: number; copyBytesMax?: number } };

async function settingsOf(values: Values): Promise<Given> {
  const settings = values.config === undefined ? undefined : await readWatch(values.config);
  const folders = values.folder ?? settings?.folders ?? [];
  if (folders.length === 0) {
    throw new SekishoError("usage", "Cannot watch nothing: name a folder", {
      hint: "add --folder DIR, or --config with records.watch.folders",
    });
  }
  const least = values.min === undefined ? settings?.reportRecords : Number(values.min);
  if (least !== undefined && (!Number.isInteger(least) || least < 1)) {
    throw new SekishoError("usage", `Cannot take --min ${values.min}: a whole number from 1 is needed`, {
      hint: "try: sekisho records watch --help",
    });
  }
  const limits: Given["limits"] = {};
  if (least !== undefined) limits.reportRecords = least;
  if (settings !== undefined) limits.copyBytesMax = settings.copyBytesMax;
  return { folders, limits };
}

async function readWatch(path: string): Promise<NonNullable<RecordsSettings["watch"]>> {
  let document: unknown;
  try {
    document = parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new SekishoError("config-missing", `Cannot read ${path}: ${textOfError(cause)}`, {
      hint: "run: sekisho check",
      cause,
    });
  }
  const read = z.object({ records: z.object({ watch: RecordsSettings.shape.watch }) }).safeParse(document);
  if (read.success && read.data.records.watch !== undefined) return read.data.records.watch;
  throw new SekishoError("config-invalid", `Cannot take records.watch from ${path}`, {
    hint: "run: sekisho check; or name folders with --folder",
  });
}

const occasions: Record<WatchedFile["occasion"], { en: string; ja: string }> = {
  settled: { en: "written", ja: "書かれた" },
  deleted: { en: "deleted at once", ja: "すぐに削除された" },
  "cut-short": { en: "cut short", ja: "切り詰められた" },
  "written-over": { en: "written over", ja: "上書きされた" },
  growing: { en: "growing", ja: "書き込み中" },
  "left-over": { en: "kept before the watch last stopped", ja: "前回の監視が止まる前に確保した" },
};

function lineOfFile(file: WatchedFile, language: Language): string {
  const { writer, evidence } = file;
  const who = [writer.user ?? writer.uid, writer.process, writer.pid]
    .filter((part) => part !== null)
    .join(" ");
  const kept =
    evidence === null
      ? { en: "not in evidence", ja: "証拠なし" }[language]
      : `${{ en: "evidence", ja: "証拠" }[language]} ${evidence.parts.join(" ")}`;
  const names =
    file.names.length > 1 ? ` (${file.names.map((name) => visibleText(name, 300)).join(" → ")})` : "";
  return (
    `${file.firstSeen.toString({ smallestUnit: "second" })} ${visibleText(file.path, 500)}${names} ` +
    `${occasions[file.occasion][language]}; ${describeScan(file.scan, language)}; ` +
    `${visibleText(who)} (${writer.by}); ${kept}\n`
  );
}

function lineOfProblem({ code, path, because }: WatchProblem, language: Language): string {
  const where = path === null ? "" : ` ${visibleText(path, 500)}`;
  return `! ${code}${where}: ${visibleText(because[language], 2_000)}\n`;
}
