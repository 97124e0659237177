import { readFileSync } from "node:fs";

/** The version of this package, from its package.json (two folders up, in a checkout and when published). */
export const version: string = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
