import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchCarve, printCarve } from "./carve.ts";
import { printScores, scoreScope } from "./scope/score.ts";

/**
 * The scope on generated customers and a leak of them with truth: time by phase, peak memory, how right the
 * list is; then carving beside ripgrep and bulk_extractor.
 *
 *   node bench/scope.ts [--customers 1000000] [--leak 930000] [--data DIR] [--names DIR] [--carve 500]
 *
 * --data: where the data are made, and used again if they are there. --carve: megabytes of images, 0: none.
 */
const { values } = parseArgs({
  options: {
    customers: { type: "string", default: "1000000" },
    leak: { type: "string", default: "930000" },
    data: { type: "string" },
    names: { type: "string" },
    carve: { type: "string", default: "500" },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const folder = values.data ?? mkdtempSync(join(tmpdir(), "sekisho-bench-scope-"));
const node = [process.execPath, "--disable-warning=ExperimentalWarning"] as const;

type Ran = { seconds: number; cpuSeconds: number; peakMegabytes: number };

/** Runs a program of ours by itself, so that its memory is its own. */
function run(file: string, ...parameters: string[]): Promise<Ran> {
  const started = performance.now();
  const child = spawn(node[0], [node[1], file, ...parameters], { stdio: ["ignore", "ignore", "inherit"] });
  let peakMegabytes = 0;
  let ticks = 0;
  const look = (): void => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      peakMegabytes = Math.max(peakMegabytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      const times = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      ticks = Number(times[11]) + Number(times[12]);
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, 200);
  return new Promise((resolve, reject) => {
    child.on("close", (code) => {
      clearInterval(timer);
      if (code !== 0) return reject(new Error(`${file} ended with ${code}`));
      resolve({ seconds: (performance.now() - started) / 1000, cpuSeconds: ticks / 100, peakMegabytes });
    });
  });
}

/** One job, told by phases. */
async function scope(name: string, ...more: string[]): Promise<string> {
  const out = join(folder, `out-${name}`);
  rmSync(out, { recursive: true, force: true });
  const customers = join(folder, "customers.csv");
  const main = new URL("../src/cli.ts", import.meta.url).pathname;
  const ran = await run(main, "scope", join(folder, "leak"), "--customers", customers, "--out", out, ...more);
  const counts = JSON.parse(readFileSync(join(out, "counts.json"), "utf8")) as {
    seconds: Record<string, number>;
  };
  const { seconds, cpuSeconds, peakMegabytes } = ran;
  say(
    `\n${name}: ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(0)} CPU-s, peak ${peakMegabytes.toFixed(0)} MB`,
  );
  for (const [phase, spent] of Object.entries(counts.seconds))
    say(`  ${phase.padEnd(16)}${spent.toFixed(1).padStart(8)} s`);
  return out;
}

try {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, "truth.parquet"))) {
    const names = values.names === undefined ? [] : ["--names", values.names];
    const size = ["--customers", values.customers, "--leak", values.leak];
    const made = await run(
      new URL("./scope/generate.ts", import.meta.url).pathname,
      ...["--out", folder, ...size, ...names],
    );
    say(`generated ${values.customers} customers and ${values.leak} rows in ${made.seconds.toFixed(0)} s`);
  }
  const at = ["--at", "2016-06-14"];
  const index = join(folder, "index");
  rmSync(index, { recursive: true, force: true });
  rmSync(`${index}.key`, { force: true });
  const out = await scope("everything", ...at, "--index", index);
  await scope("index-ready", ...at, "--index", index);
  const file = (name: string): string => join(out, name);
  say(
    `\n${printScores(
      await scoreScope({
        truth: folder,
        links: file("links.parquet"),
        records: file("records.parquet"),
        persons: file("persons.parquet"),
        counts: file("counts.json"),
        image: false,
      }),
    )}`,
  );
  if (Number(values.carve) > 0) say(printCarve(await benchCarve({ megabytes: Number(values.carve) })));
} finally {
  if (values.data === undefined) rmSync(folder, { recursive: true, force: true });
}
