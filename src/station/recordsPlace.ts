import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../config.ts";
import { draftOfLook, leaveLook, type Look } from "../gates/records/access/looks.ts";
import type { RecordsSettings } from "../gates/records/settings.ts";
import { Ledger } from "../ledger/append.ts";
import { makeEntry } from "../ledger/draft.ts";
import { Keyring } from "../ledger/keyring.ts";
import { realDisk } from "../lib/disk.ts";
import { SekishoError } from "../lib/error.ts";
import { holdDataFolder } from "./holdDataFolder.ts";

/** What a command of the records gate works with. */
export type RecordsPlace = {
  settings: RecordsSettings;
  dataFolder: string;
  keyring: Keyring;
  origin: string;
};

/** Opens the records gate's part of a data folder, as the configuration names it. */
export async function openRecordsPlace(config: string | undefined, action: string): Promise<RecordsPlace> {
  const loaded = await loadConfig(config ?? "sekisho.yaml");
  const { records: settings, origin } = loaded.config;
  if (settings === undefined) {
    throw new SekishoError("config-invalid", `${action}: ${loaded.file} has no section "records"`, {
      hint: "see docs/records-gate.md; sekisho records discover --yaml prints one to start from",
    });
  }
  const { dataFolder } = loaded;
  const keyring = await Keyring.open(realDisk, join(dataFolder, "keys"));
  return { settings, dataFolder, keyring, origin };
}

/**
 * Puts a look into the ledger, before anything is shown: at once where no station runs, else for the running
 * gate, which takes it within a second.
 */
export async function recordLook({ dataFolder, keyring, origin }: RecordsPlace, look: Look): Promise<void> {
  if (!existsSync(join(dataFolder, "ledger", "key.pub"))) return leaveLook(dataFolder, look);
  let held: { release(): void };
  try {
    held = holdDataFolder(dataFolder, "Cannot write the ledger");
  } catch (error) {
    if (!(error instanceof SekishoError) || error.code !== "ledger-locked") throw error;
    return leaveLook(dataFolder, look);
  }
  try {
    const signer = await keyring.openSigner(origin);
    const ledger = await Ledger.open({ disk: realDisk, folder: join(dataFolder, "ledger"), signer });
    try {
      const now = Temporal.Now.instant();
      await ledger.append(makeEntry(draftOfLook(look), { by: "administrator/cli", now }));
    } finally {
      await ledger.close();
    }
  } finally {
    held.release();
  }
}
