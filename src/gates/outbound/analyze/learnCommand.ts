import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { readArguments } from "../../../lib/arguments.ts";
import { languageOf, type Language } from "../../../lib/language.ts";
import { SekishoError } from "../../../lib/error.ts";
import { Progress } from "../../../lib/progress.ts";
import { Inventory } from "../hosts.ts";
import { loadPaths } from "../read/loadPaths.ts";
import { openDuck, type Duck } from "../../../lib/openDuck.ts";
import { viewRecord } from "../record/readRecord.ts";
import { listFiles } from "../record/recordFiles.ts";
import { beginOfHour, stateFile } from "../record/recordState.ts";
import { learnHosts } from "./gatherHosts.ts";
import { readSettings, stopOnSignal, writeOut } from "./onFiles.ts";
import { printLearnt } from "./printLearnt.ts";

const help = `sekisho outbound learn [options] PATH…

Proposes the inventory: what each host of ours seems to be, and for servers the written list of who they may
talk to, from where they usually go. It prints YAML to read, correct and paste under outbound.hosts; which
servers hold personal data only people can say.

PATH is a file or folder of logs as for \`sekisho outbound analyze\`, or the record of a station
(outbound/record in its data folder).

  --days N           the last N days of what is there (14)
  --internal NETS    our own networks, with commas between them; by default the private ones
  --settings FILE    an outbound section as in sekisho.yaml: known hosts keep their name and role, and only
                     what is not on their list is proposed
  --zone ZONE        time zone of the usual hours; by default that of the machine
  --json             everything as one JSON object
  --memory MB        memory for the database (500)
  --lang en|ja       language of the comments; by default that of the environment

Exit status: 0, or 2 where nothing of ours was found.
`;

const options = {
  days: { type: "string" },
  internal: { type: "string" },
  settings: { type: "string" },
  zone: { type: "string" },
  json: { type: "boolean" },
  memory: { type: "string" },
  lang: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Runs `sekisho outbound learn`; gives the exit status. */
export async function learnCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho outbound learn");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if (positionals.length === 0) throw usage("Cannot learn from nothing: name logs or a record");
  const language = languageOf(values.lang);
  const days = wholeOf("--days", values.days ?? "14", 3_650);
  const memory = wholeOf("--memory", values.memory ?? "500", 1_000_000);
  const timeZone = zoneOf(values.zone);
  const settings = await readSettings(values.settings, values.internal);
  const inventory = new Inventory(settings.internal, settings.hosts);
  const duck = await openDuck({
    memoryBytesMax: Math.max(100, memory) * 1_000_000,
    threads: availableParallelism(),
  });
  const end = stopOnSignal(() => duck.close());
  try {
    const unread = await view(duck, positionals, days);
    const { guessInternal } = settings;
    const learnt = await learnHosts(duck, { inventory, guessInternal, timeZone });
    if (learnt === null) {
      process.stderr.write(nothing[language]);
      return 2;
    }
    if (values.json === true) await writeOut(`${JSON.stringify({ ...learnt, unread })}\n`);
    else await writeOut(printLearnt(learnt, { language, timeZone, unread }));
    return learnt.hosts.length === 0 ? 2 : 0;
  } finally {
    end();
    await duck.close();
  }
}

const nothing: Record<Language, string> = {
  en: "No connection of ours was found; see --internal.\n",
  ja: "組織内の通信が見つかりません。--internal を確認してください。\n",
};

/** Makes the views over the last days of logs or of a record; gives how many lines could not be read. */
async function view(duck: Duck, paths: readonly string[], days: number): Promise<number> {
  const records = paths.filter((path) => existsSync(join(path, stateFile)));
  const [record] = records;
  if (record === undefined) {
    const progress = new Progress({ phase: "reading", total: null });
    try {
      const { window, unread } = await loadPaths(duck, paths, {
        unread: () => {},
        onProgress: ({ bytesDone, bytesTotal, rows }) => {
          progress.tell({ phase: `reading, ${rows} rows`, total: bytesTotal });
          progress.set(bytesDone);
        },
      });
      if (window !== null) await keepLast(duck, window.to - days * 86_400e6);
      return unread;
    } finally {
      progress.end();
    }
  }
  if (paths.length > 1) throw usage("Cannot learn from a record and other paths together");
  const hours = (await listFiles(record)).map(({ hour }) => beginOfHour(hour));
  const until = hours.reduce((last, hour) => Math.max(last, hour), 0) + 3_600e6;
  await viewRecord(duck, record, { since: until - days * 86_400e6, until });
  return 0;
}

/** Older rows are left out of the views. */
async function keepLast(duck: Duck, since: number): Promise<void> {
  for (const table of ["connection", "naming", "dns"]) {
    await duck.run(`ALTER VIEW ${table} RENAME TO all_${table}; CREATE VIEW ${table} AS
      SELECT * FROM all_${table} WHERE epoch_us(seen_at) >= ${Math.trunc(since)}`);
  }
}

function zoneOf(given: string | undefined): string {
  const zone = given ?? Temporal.Now.timeZoneId();
  try {
    Temporal.Now.zonedDateTimeISO(zone);
    return zone;
  } catch {
    throw usage(`Cannot take --zone ${zone}: not a time zone such as Asia/Tokyo`);
  }
}

function wholeOf(name: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw usage(`Cannot take ${name} ${text}: not a whole number from 1 to ${max}`);
}

function usage(message: string): SekishoError {
  return new SekishoError("usage", message, { hint: "try: sekisho outbound learn --help" });
}
