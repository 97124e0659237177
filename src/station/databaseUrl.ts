import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { LoadedConfig } from "../config.ts";
import { SekishoError, textOfError } from "../lib/error.ts";

/** The URL of PostgreSQL, from its file or the environment; undefined where the state store is PGlite. */
export function databaseUrlOf(loaded: LoadedConfig): string | undefined {
  const file = loaded.config.state.databaseUrlFile;
  if (file === undefined) return process.env["DATABASE_URL"] || undefined;
  try {
    return readFileSync(resolve(dirname(loaded.file), file), "utf8").trim();
  } catch (cause) {
    throw new SekishoError("config-invalid", `Cannot read state.databaseUrlFile: ${textOfError(cause)}`, {
      hint: "name a file that holds the URL and that this user may read; relative to the configuration",
      cause,
    });
  }
}
