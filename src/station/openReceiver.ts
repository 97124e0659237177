import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadConfig } from "../config.ts";
import { Ledger } from "../ledger/append.ts";
import { makeEntry } from "../ledger/draft.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import { realDisk } from "../lib/disk.ts";
import { SekishoError } from "../lib/error.ts";
import type { Receiver } from "../scope/handOver/handOver.ts";
import { holdDataFolder } from "./holdDataFolder.ts";

/** Under which name a folder's own ledger signs, where no station has one. */
const ownOrigin = "sekisho.scope";

/**
 * Opens evidence store and ledger for a job of the scope: those of the station that a configuration names,
 * or a folder with a ledger of its own. Throws ledger-locked while a station runs, since only it writes its
 * ledger.
 */
export async function openReceiver(
  where: { config?: string | undefined; folder?: string | undefined },
  action: string,
): Promise<Receiver & { close(): Promise<void> }> {
  const place = await placeOf(where);
  mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  const held = hold(place.folder, action);
  try {
    const keyring = await Keyring.open(realDisk, join(place.folder, "keys"));
    const signer = await keyring.openSigner(place.origin);
    const ledger = await Ledger.open({ disk: realDisk, folder: join(place.folder, "ledger"), signer });
    return {
      dataFolder: place.folder,
      evidence: new EvidenceStore(realDisk, join(place.folder, "evidence"), keyring),
      append: async (draft) => {
        const entry = makeEntry(draft, { by: "administrator/cli", now: Temporal.Now.instant() });
        await ledger.append(entry);
        return entry;
      },
      close: async () => {
        await ledger.close();
        held.release();
      },
    };
  } catch (error) {
    held.release();
    throw error;
  }
}

async function placeOf(where: {
  config?: string | undefined;
  folder?: string | undefined;
}): Promise<{ folder: string; origin: string }> {
  const { config, folder } = where;
  if (folder !== undefined && config === undefined) return { folder: resolve(folder), origin: ownOrigin };
  const file = config ?? "sekisho.yaml";
  if (config === undefined && !existsSync(file)) {
    throw new SekishoError("usage", "Cannot tell where to hand over to", {
      hint: "name a folder with --to DIR, or a station with --config FILE",
    });
  }
  const loaded = await loadConfig(file);
  return { folder: loaded.dataFolder, origin: loaded.config.origin };
}

function hold(folder: string, action: string): { release(): void } {
  try {
    return holdDataFolder(folder, action);
  } catch (error) {
    if (!(error instanceof SekishoError) || error.code !== "ledger-locked") throw error;
    throw new SekishoError("ledger-locked", error.message, {
      hint: "do it on the page Scope of the running station, or stop the station first",
      cause: error,
    });
  }
}
