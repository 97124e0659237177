import { readFileSync, statSync } from "node:fs";
import { isRefused, readSquidList, type SquidList } from "./squidList.ts";

/**
 * Squid's external ACL helper with channels: a line `CHANNEL CLIENT HOST` is answered by `CHANNEL OK` where
 * the request is refused (the rule `deny` matches) and `CHANNEL ERR` where it is not. Started by Squid:
 * `node squidHelper.ts LISTFILE`.
 */
const limits = { lineCharactersMax: 64 * 1024 } as const;
const listFile = process.argv[2] ?? "";
let list: SquidList = { names: new Set(), to: [], from: [] };
let stamp = "";

/** Looks at the file before each answer: that takes microseconds, and an order holds for the next request. */
function currentList(): SquidList {
  try {
    const { mtimeNs, ino, size } = statSync(listFile, { bigint: true });
    const now = `${mtimeNs} ${ino} ${size}`;
    if (now !== stamp) {
      list = readSquidList(readFileSync(listFile, "utf8"));
      stamp = now;
    }
  } catch (error) {
    // What was in force stays in force while the file cannot be read.
    if (stamp !== "unread") process.stderr.write(`sekisho: cannot read ${listFile}: ${String(error)}\n`);
    stamp = "unread";
  }
  return list;
}

function answer(line: string): string {
  const [channel = "0", from = "", host = ""] = line.trim().split(" ").map(unescape);
  return `${channel} ${isRefused(currentList(), { from, host }) ? "OK" : "ERR"}\n`;
}

/** Squid writes %XX for what would break the line. */
function unescape(word: string): string {
  return word.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

let rest = "";
process.stdin.setEncoding("latin1");
process.stdin.on("data", (text: string) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() as string;
  if (rest.length > limits.lineCharactersMax) process.exit(1);
  process.stdout.write(lines.map(answer).join(""));
});
process.stdin.on("end", () => process.exit(0));
