import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { SekishoError } from "../../lib/error.ts";
import type { RecordsSettings } from "./settings.ts";
import { parseVerifier } from "./wire/scram.ts";

/** Where the verifiers of persons are. */
export function personsFileOf(settings: RecordsSettings, dataFolder: string): string {
  return isAbsolute(settings.personsFile)
    ? settings.personsFile
    : join(dataFolder, "records", settings.personsFile);
}

/** Verifiers of persons by login: a line each, `login verifier`. Passwords are kept nowhere. */
export function readPersons(path: string): Record<string, string> {
  if (!existsSync(path)) return {};
  const persons: Record<string, string> = {};
  for (const [at, line] of readFileSync(path, "utf8").split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [login = "", verifier = ""] = line.trim().split(/\s+/);
    if (parseVerifier(verifier) === null)
      throw new SekishoError("input-unreadable", `Cannot read ${path}:${at + 1}: no SCRAM verifier`, {
        hint: "run: sekisho records person add LOGIN",
      });
    persons[login] = verifier;
  }
  return persons;
}

/** Writes them anew, whole, readable by their owner only. */
export function writePersons(path: string, persons: Record<string, string>): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lines = Object.entries(persons).map(([login, verifier]) => `${login} ${verifier}\n`);
  writeFileSync(`${path}.new`, lines.join(""), { mode: 0o600 });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}
