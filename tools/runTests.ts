import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { tidy } from "./tidy.ts";
import { TestWatch } from "./watchTests.ts";

/**
 * Runs tidy, the compiler and all tests (or the files that are named), and ends with the line that CI reads:
 * "N passed, N failed, N skipped".
 */
async function main(files: string[]): Promise<number> {
  let [passed, failed, skipped] = [0, 0, 0];
  function count(name: string, problems: string[]): void {
    if (problems.length === 0) passed += 1;
    else failed += 1;
    process.stdout.write(
      problems.length === 0 ? `✔ ${name}\n` : `✖ ${name}\n${problems.map((one) => `  ${one}\n`).join("")}`,
    );
  }
  if (files.length === 0) {
    count("tidy", tidy());
    count("types of the server", compile("tsconfig.json"));
    count("types of the console", compile("src/console/client/tsconfig.json"));
  }
  const chosen = files.length > 0 ? files : globSync("{src,tools,bench}/**/*.test.ts").sort();
  const stream = run({
    files: chosen,
    concurrency: 2,
    timeout: 800_000,
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const watch = new TestWatch((line) => process.stdout.write(`✖ ${line}\n`));
  stream.on("test:dequeue", (test) => void (isFile(test) && watch.started(test.name)));
  stream.on("test:complete", (test) => void (isFile(test) && watch.ended(test.name)));
  stream.on("test:pass", (test) => {
    if (test.details.type === "suite" || isFile(test)) return;
    if (test.skip !== undefined && test.skip !== false) skipped += 1;
    else passed += 1;
  });
  stream.on("test:fail", (test) => {
    if (test.details.type !== "suite") failed += 1;
  });
  const report = stream.compose(spec);
  report.pipe(process.stdout, { end: false });
  await finished(report);
  watch.close();
  if (passed + failed === 0) failed = 1;
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failed === 0 ? 0 : 1;
}

/** With process isolation node:test reports each file as a test around its tests. */
function isFile(test: { name: string; nesting: number }): boolean {
  return test.nesting === 0 && test.name.endsWith(".test.ts");
}

function compile(project: string): string[] {
  const done = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", project], {
    encoding: "utf8",
  });
  return done.status === 0 ? [] : done.stdout.split("\n").filter((line) => line !== "");
}

process.exitCode = await main(process.argv.slice(2));
