import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOM_KINDS, roomChanges } from "../../../incident/room/items.ts";
import { codes } from "../../../report/reportCodes.ts";
import { ENTRY_WORDS } from "./entryWords.ts";

const root = join(import.meta.dirname, "../../../..");

/** Codes as the drafts of entries in a room's source name them: beside one of the four steps. */
function codesIn(room: string): string[] {
  const paths = globSync(`src/${room}/**/*.ts`, { cwd: root }).filter((path) => !/\btest/i.test(path));
  return paths.flatMap((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const drafts = text.matchAll(
      /kind: "(?:observed|judged|decided|enforced)"(?: as const)?,\s*code:([^,]*),/g,
    );
    return [...drafts].flatMap(([, said = ""]) =>
      [...said.matchAll(/"([a-z-]+)"/g)].map(([, code = ""]) => code),
    );
  });
}

test("the ledger page names all that the incident room, reports and notices write", () => {
  const written = ["incident", "report", "notice"].map(codesIn);
  // Were the form of drafts another one, this would find none, and be content.
  for (const [at, count] of [10, 0, 8].entries()) assert.ok((written[at]?.length ?? 0) >= count, String(at));
  const all = [
    ...written.flat(),
    ...Object.values(codes),
    ...ROOM_KINDS.map((kind) => `${kind}-noted`),
    ...Object.keys(roomChanges).map((kind) => `${kind}-changed`),
    "directors-told",
  ];
  const nameless = all.filter((code) => !(`entry.${code}` in ENTRY_WORDS));
  assert.deepEqual([...new Set(nameless)], []);
});
