import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * The version of this package, from its package.json: above src/ in a checkout, above dist/ when published.
 */
export const version: string = readVersion();

function readVersion(): string {
  const places = ["../../package.json", "../../../package.json"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const place = places.find((path) => existsSync(path)) as string;
  return (JSON.parse(readFileSync(place, "utf8")) as { version: string }).version;
}
