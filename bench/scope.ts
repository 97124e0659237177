import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchCarve, printCarve } from "./carve.ts";
import { scorePairs } from "./scope/peers/scorePairs.ts";
import { printScores, scoreScope } from "./scope/score.ts";

/**
 * The scope on generated customers and a leak of them with truth: time by phase, peak memory, how right the
 * list is; then linking beside Splink, and carving beside ripgrep and bulk_extractor.
 *
 *   node bench/scope.ts [--customers 1000000] [--leak 930000] [--data DIR] [--names DIR] [--carve 500]
 *     [--splink PYTHON] [--er DIR]
 *
 * --data: where the data are made, and used again if they are there. --carve: megabytes of images, 0: none.
 * --splink: a Python that has Splink 5. --er: a folder with FEBRL 4 and fake_1000, for the same two.
 */
const { values } = parseArgs({
  options: {
    customers: { type: "string", default: "1000000" },
    leak: { type: "string", default: "930000" },
    data: { type: "string" },
    names: { type: "string" },
    carve: { type: "string", default: "500" },
    splink: { type: "string" },
    er: { type: "string" },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const folder = values.data ?? mkdtempSync(join(tmpdir(), "sekisho-bench-scope-"));
const node = [process.execPath, "--disable-warning=ExperimentalWarning"] as const;

type Ran = { seconds: number; cpuSeconds: number; peakMegabytes: number };

/** Runs a program of ours by itself, so that its memory is its own. */
const run = (file: string, ...parameters: string[]): Promise<Ran> =>
  runProgram(node[0], node[1], file, ...parameters);

function runProgram(program: string, ...parameters: string[]): Promise<Ran> {
  const started = performance.now();
  const child = spawn(program, parameters, { stdio: ["ignore", "ignore", "inherit"] });
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
      if (code !== 0) return reject(new Error(`${program} ${parameters.join(" ")} ended with ${code}`));
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

const here = (path: string): string => new URL(`./scope/${path}`, import.meta.url).pathname;

/** Ours and Splink on the same standardised columns: seconds, and the best F1 over all thresholds. */
async function benchLinking(job: string, from: string, python: string): Promise<void> {
  const out = join(folder, `peer-${job}`);
  mkdirSync(out, { recursive: true });
  await run(here("peers/standardise.ts"), job, from, out);
  const tools = {
    ours: { ran: await run(here("peers/ours.ts"), job, out), pairs: "pairs-ours.parquet" },
    Splink: { ran: await runProgram(python, here("peers/splink.py"), job, out), pairs: "pairs.parquet" },
  };
  for (const [name, { ran, pairs }] of Object.entries(tools)) {
    const scores = await scorePairs(out, join(out, pairs));
    const told = [scores.pairs, scores.best]
      .map((all) => Math.max(0, ...all.map((one) => one.f1)))
      .map((f1, at) => (f1 === 0 ? "" : `, F1 of ${at === 0 ? "pairs" : "records"} ${f1.toFixed(4)}`));
    const time = `${ran.seconds.toFixed(1).padStart(7)} s,${ran.cpuSeconds.toFixed(0).padStart(5)} CPU-s`;
    const peak = `${ran.peakMegabytes.toFixed(0).padStart(6)} MB`;
    say(`${job.padEnd(10)}${name.padEnd(8)}${time},${peak}${told.join("")}`);
  }
}

/** Needs all fields of all rows as they were meant, for the standardised columns. */
async function benchSplink(python: string, er: string | undefined): Promise<void> {
  const data = join(folder, "for-splink");
  if (!existsSync(join(data, "truth.parquet"))) {
    const size = ["--customers", values.customers, "--leak", values.leak];
    const all = ["--fields-sample", "1000000000", "--format", "parquet"];
    await run(here("generate.ts"), "--out", data, ...size, ...all);
  }
  say("");
  await benchLinking("japanese", data, python);
  if (er === undefined) return;
  for (const job of ["febrl4", "fake1000"]) await benchLinking(job, er, python);
}

try {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, "truth.parquet"))) {
    const names = values.names === undefined ? [] : ["--names", values.names];
    const size = ["--customers", values.customers, "--leak", values.leak];
    const made = await run(here("generate.ts"), ...["--out", folder, ...size, ...names]);
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
  if (values.splink !== undefined) await benchSplink(values.splink, values.er);
  if (Number(values.carve) > 0) say(printCarve(await benchCarve({ megabytes: Number(values.carve) })));
} finally {
  if (values.data === undefined) rmSync(folder, { recursive: true, force: true });
}
