import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Keyring } from "../../ledger/keyring.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import { textOfError } from "../../lib/error.ts";
import { draftOfLook, Look } from "./access/looks.ts";
import { foldersOf } from "./access/dayIndex.ts";
import { canaryFileOf, readCanaries } from "./canary/canaryFile.ts";
import { personsFileOf, readPersons } from "./persons.ts";
import type { RecordsSettings } from "./settings.ts";
import type { FromMain } from "./threadLink.ts";

export type KeptFilesOptions = {
  settings: RecordsSettings;
  dataFolder: string;
  keyring: Keyring;
  recorder: Recorder;
  send: (message: FromMain) => void;
  onProblem: (problem: string) => void;
};

/**
 * What commands change while the gate runs: persons who may sign in, canaries, and looks at the record that
 * the ledger is to hear of. A file that cannot be read changes nothing: what was known goes on to hold.
 */
export class KeptFiles {
  readonly #options: KeptFilesOptions;
  readonly #persons: string;
  readonly #stamps = new Map<string, string>();
  #looking = false;

  constructor(options: KeptFilesOptions) {
    this.#options = options;
    this.#persons = personsFileOf(options.settings, options.dataFolder);
    this.#changed(this.#persons);
    this.#changed(canaryFileOf(options.dataFolder));
  }

  /** Keys of the canaries, as they stand now. */
  canaries(): string[] {
    const { dataFolder, keyring, onProblem } = this.#options;
    try {
      return readCanaries(dataFolder, keyring).map(({ customer }) => customer);
    } catch (error) {
      onProblem(textOfError(error));
      return [];
    }
  }

  /** To be called every second or so. */
  look(): void {
    const { dataFolder, keyring, send, onProblem } = this.#options;
    try {
      if (this.#changed(this.#persons)) send({ type: "persons", verifiers: readPersons(this.#persons) });
      if (this.#changed(canaryFileOf(dataFolder))) {
        const customers = readCanaries(dataFolder, keyring).map(({ customer }) => customer);
        send({ type: "canaries", customers });
      }
    } catch (error) {
      onProblem(textOfError(error));
    }
    if (this.#looking) return;
    this.#looking = true;
    this.#tellLooks()
      .catch((error: unknown) => onProblem(textOfError(error)))
      .finally(() => {
        this.#looking = false;
      });
  }

  #changed(path: string): boolean {
    const found = statSync(path, { throwIfNoEntry: false });
    const stamp = found === undefined ? "" : `${found.ino} ${found.mtimeMs} ${found.size}`;
    if (this.#stamps.get(path) === stamp) return false;
    this.#stamps.set(path, stamp);
    return true;
  }

  async #tellLooks(): Promise<void> {
    const { looks } = foldersOf(this.#options.dataFolder);
    if (statSync(looks, { throwIfNoEntry: false }) === undefined) return;
    for (const name of readdirSync(looks).filter((one) => one.endsWith(".look"))) {
      const path = join(looks, name);
      const look = Look.parse(JSON.parse(readFileSync(path, "utf8")));
      await this.#options.recorder.append(draftOfLook(look));
      rmSync(path);
    }
  }
}
