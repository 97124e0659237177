import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { readConfig } from "../src/config.ts";
import { printedDocs } from "./printDocs.ts";

const pages = [
  "README.md",
  "README.ja.md",
  "SECURITY.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...globSync("docs/*.md"),
];

for (const [path, text] of Object.entries(printedDocs())) {
  test(`${path} is what the code prints`, () => {
    const stands = existsSync(path) ? readFileSync(path, "utf8") : "";
    if (stands !== text && process.env["CI"] === undefined) writeFileSync(path, text);
    assert.ok(stands === text, `${path} was stale and is written anew: commit it (npm run ok prints it too)`);
  });
}

type Block = { page: string; line: number; language: string; text: string };

function blocksOf(page: string): Block[] {
  const lines = readFileSync(page, "utf8").split("\n");
  const blocks: Block[] = [];
  let open: Block | null = null;
  for (const [at, line] of lines.entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (fence === null) {
      if (open !== null) open.text += `${line}\n`;
    } else if (open === null) {
      open = { page, line: at + 1, language: fence[1] as string, text: "" };
    } else {
      blocks.push(open);
      open = null;
    }
  }
  return blocks;
}

const blocks = pages.filter((page) => existsSync(page)).flatMap(blocksOf);

for (const { page, line, text } of blocks.filter(({ language }) => language === "yaml")) {
  test(`the configuration in ${page}:${line} is right`, () => {
    const read = readConfig(text);
    assert.deepEqual("mistakes" in read ? read.mistakes : [], []);
  });
}

for (const { page, line, text } of blocks.filter(({ language }) => language === "sh run")) {
  test(`the commands in ${page}:${line} run`, () => {
    const folder = mkdtempSync(join(tmpdir(), "sekisho-docs-"));
    try {
      const path = `${resolve("bin")}:${process.env["PATH"] ?? ""}`;
      const env = { ...process.env, PATH: path, DATABASE_URL: "" };
      const done = spawnSync("bash", ["-euo", "pipefail", "-c", text], {
        cwd: folder,
        env,
        encoding: "utf8",
        timeout: 120_000,
      });
      assert.equal(done.status, 0, `${done.stdout}${done.stderr}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test("there are blocks that run", () => {
  assert.ok(blocks.filter(({ language }) => language === "sh run").length >= 2);
});

for (const page of pages) {
  test(`the links of ${page} lead somewhere`, () => {
    const text = readFileSync(page, "utf8");
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)].map(
      (match) => match[1] as string,
    );
    const broken = targets.filter((target) => !existsSync(join(dirname(page), target)));
    assert.deepEqual(broken, []);
  });
}
