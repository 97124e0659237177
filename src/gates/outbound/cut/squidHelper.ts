import { readFileSync, statSync } from "node:fs";
import { tellOperator } from "../../../lib/tellOperator.ts";
import { isRefused, readSquidList, type SquidList } from "./squidList.ts";

const limits = { lineCharactersMax: 64 * 1024 } as const;

/**
 * Squid's external ACL helper with channels, on standard input and output: a line `CHANNEL CLIENT HOST` is
 * answered by `CHANNEL OK` where the request is refused (the rule `deny` matches) and `CHANNEL ERR` where it
 * is not. Resolves when Squid closes its end.
 */
export function answerSquid(listFile: string): Promise<number> {
  const list = new CurrentList(listFile);
  let rest = "";
  return new Promise((resolve) => {
    process.stdin.setEncoding("latin1");
    process.stdin.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() as string;
      if (rest.length > limits.lineCharactersMax) process.exit(1);
      process.stdout.write(lines.map((line) => answer(line, list.look())).join(""));
    });
    process.stdin.on("end", () => resolve(0));
  });
}

class CurrentList {
  readonly #file: string;
  #list: SquidList = { names: new Set(), to: [], from: [] };
  #stamp = "";

  constructor(file: string) {
    this.#file = file;
  }

  /** Looks at the file before each answer: that takes microseconds, and orders hold at the next request. */
  look(): SquidList {
    try {
      const { mtimeNs, ino, size } = statSync(this.#file, { bigint: true });
      const now = `${mtimeNs} ${ino} ${size}`;
      if (now !== this.#stamp) {
        this.#list = readSquidList(readFileSync(this.#file, "utf8"));
        this.#stamp = now;
      }
    } catch (error) {
      // What was in force stays in force while the file cannot be read.
      if (this.#stamp !== "unread")
        tellOperator(`sekisho: cannot read ${this.#file}: ${String(error)}\n`);
      this.#stamp = "unread";
    }
    return this.#list;
  }
}

function answer(line: string, list: SquidList): string {
  const [channel = "0", from = "", host = ""] = line.trim().split(" ").map(unescape);
  return `${channel} ${isRefused(list, { from, host }) ? "OK" : "ERR"}\n`;
}

/** Squid writes %XX for what would break the line. */
function unescape(word: string): string {
  return word.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
