import { dirname, join, resolve } from "node:path";
import { loadConfig, type LoadedConfig } from "../config.ts";
import { Ledger } from "../ledger/append.ts";
import { makeEntry } from "../ledger/draft.ts";
import type { Entry, EntryDraft } from "../ledger/entry.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import { readArguments } from "../lib/arguments.ts";
import { realDisk } from "../lib/disk.ts";
import { SekishoError } from "../lib/error.ts";
import { migrate } from "../lib/sql/migrate.ts";
import { openState } from "../lib/sql/openState.ts";
import { campaignName, needText, textIn, type Given, type NoticePlace } from "../notice/command/place.ts";
import { noticeVerbs } from "../notice/command/verbs.ts";
import type { NoticeSettings } from "../notice/settings.ts";
import { leaveStopOrder } from "../notice/send/stopSwitch.ts";
import { readEntryAt } from "../notice/store/readEntryAt.ts";
import { databaseUrlOf } from "./databaseUrl.ts";
import { holdDataFolder } from "./holdDataFolder.ts";
import { migrations } from "./migrations/index.ts";

const common = {
  config: { type: "string" },
  campaign: { type: "string" },
  lang: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

const commonHelp = `
  --campaign NAME   default: main
  --config FILE     default: sekisho.yaml; its section "notice" says how to send
  --json            as JSON
`;

/** Runs `sekisho notice …`; gives the exit status. */
export async function noticeCommand(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h") {
    const lines = Object.entries(noticeVerbs).map(
      ([word, { summary }]) => `  ${word.padEnd(10)} ${summary}\n`,
    );
    process.stdout.write(`sekisho notice COMMAND\n\n${lines.join("")}${commonHelp}`);
    return name === undefined ? 2 : 0;
  }
  const verb = Object.hasOwn(noticeVerbs, name) ? noticeVerbs[name] : undefined;
  if (verb === undefined) {
    throw new SekishoError("usage", `Cannot run "notice ${name}": there is no such command`, {
      hint: "try: sekisho notice --help",
    });
  }
  const read = readArguments(rest, { ...verb.options, ...common }, `sekisho notice ${name}`);
  if (read.values.help === true) {
    process.stdout.write(`${verb.help}${commonHelp}`);
    return 0;
  }
  const given: Given = { values: read.values as Given["values"], words: read.positionals };
  const loaded = await loadConfig(textIn(given, "config") ?? "sekisho.yaml");
  let opened: Opened;
  try {
    opened = await openPlace(loaded, verb.writes);
  } catch (error) {
    const locked =
      error instanceof SekishoError && ["ledger-locked", "state-unavailable"].includes(error.code);
    if (locked && (name === "pause" || name === "stop")) return leaveOrder(loaded, name, given);
    throw error;
  }
  try {
    return await verb.run(opened.place, given);
  } finally {
    await opened.close();
  }
}

/** Another process holds store and ledger: it finds the order in the data folder, and writes it down. */
function leaveOrder(loaded: LoadedConfig, act: "pause" | "stop", given: Given): number {
  const by = needText(given, "as", 'say who orders it: --as "Hanako Sato"');
  const order = { act, by, reason: textIn(given, "reason") ?? "" };
  leaveStopOrder(loaded.dataFolder, campaignName(given), order);
  process.stdout.write("ordered; the process that sends ends within a tenth of a second\n");
  return 0;
}

type Opened = { place: NoticePlace; close(): Promise<void> };

async function openPlace(loaded: LoadedConfig, writes: boolean): Promise<Opened> {
  const { config, dataFolder: folder, file } = loaded;
  if (config.notice === undefined) {
    throw new SekishoError("config-invalid", `Cannot work on notices: ${file} has no section "notice"`, {
      hint: "see docs/notices.md for one to start from",
    });
  }
  const held = writes ? holdDataFolder(folder, "Cannot work on notices") : null;
  const closing: (() => Promise<void>)[] = [async () => held?.release()];
  const close = async (): Promise<void> => {
    for (const one of closing.reverse()) await one();
  };
  try {
    const keyring = await Keyring.open(realDisk, join(folder, "keys"));
    const signer = await keyring.openSigner(config.origin);
    const ledgerFolder = join(folder, "ledger");
    const ledger = writes ? await Ledger.open({ disk: realDisk, folder: ledgerFolder, signer }) : null;
    if (ledger !== null) closing.push(() => ledger.close());
    const state = await openState({ databaseUrl: databaseUrlOf(loaded), folder: join(folder, "state") });
    closing.push(() => state.close());
    await migrate(state.db, migrations);
    const now = (): Temporal.Instant => Temporal.Now.instant();
    const append = async (entry: Entry): Promise<number> => (ledger ?? refuseToWrite()).append(entry);
    const room = {
      ...{ db: state.db, keyring, now, folder },
      evidence: new EvidenceStore(realDisk, join(folder, "evidence"), keyring),
      ledger: {
        append,
        read: (place: number, id: string) => readEntryAt(realDisk, ledgerFolder, { place, id, signer }),
      },
      record: async (draft: EntryDraft) => {
        const entry = makeEntry(draft, { by: "administrator/cli", now: now() });
        return { entry, place: await append(entry) };
      },
    };
    const textsFolder = resolve(dirname(file), config.notice.texts);
    const settings = besideConfig(config.notice, dirname(file));
    return { place: { room, settings, timeZone: config.timeZone, textsFolder }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Password files are named relative to the configuration. */
function besideConfig(settings: NoticeSettings, folder: string): NoticeSettings {
  const relays = settings.relays.map((relay) =>
    relay.passwordFile === undefined
      ? relay
      : { ...relay, passwordFile: resolve(folder, relay.passwordFile) },
  );
  const { imap } = settings;
  if (imap === undefined) return { ...settings, relays };
  return { ...settings, relays, imap: { ...imap, passwordFile: resolve(folder, imap.passwordFile) } };
}

function refuseToWrite(): never {
  throw new Error("a command that reads only wrote an entry");
}
