import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { analyzeTraffic } from "../src/gates/outbound/analyze/analyzeTraffic.ts";
import { Intelligence } from "../src/gates/outbound/analyze/intelligence.ts";
import { Inventory } from "../src/gates/outbound/hosts.ts";
import { OutboundPolicy } from "../src/gates/outbound/policy.ts";
import type { Seen } from "../src/gates/outbound/connection.ts";
import { readFileBytes } from "../src/gates/outbound/read/fileBytes.ts";
import { ZeekReader } from "../src/gates/outbound/read/lineReader.ts";
import { LineCutter } from "../src/gates/outbound/read/lines.ts";
import { loadPaths, type Loaded } from "../src/gates/outbound/read/loadPaths.ts";
import { recognise } from "../src/gates/outbound/read/recognise.ts";
import { openDuck, type Duck } from "../src/lib/openDuck.ts";
import { TrafficRecord, type FinishedFile } from "../src/gates/outbound/record/recorder.ts";
import { generateTraffic } from "./generateTraffic.ts";

/**
 * How fast connections are read and kept, and in how much room: a generated day of Zeek's conn.log with
 * planted beacons. `node bench/outbound.ts 10000000`
 */
type Measured<T> = { result: T; seconds: number; cpuSeconds: number };

export async function measure<T>(act: () => Promise<T>): Promise<Measured<T>> {
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  const result = await act();
  const { user, system } = process.cpuUsage(cpu);
  return { result, seconds: (performance.now() - started) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

export function print(name: string, value: number, note: string): void {
  const digits = value < 100 ? 1 : 0;
  const text = value.toLocaleString("en", { maximumFractionDigits: digits });
  process.stdout.write(`${name.padEnd(44)} ${text.padStart(12)}  ${note}\n`);
}

export function peakMegabytes(): number {
  return process.resourceUsage().maxRSS / 1024;
}

function bytesBelow(folder: string, ending: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(ending),
  );
  return names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** Reads a folder of logs as `sekisho outbound analyze` does. */
export async function benchIngest(folder: string, duck: Duck): Promise<Loaded> {
  const unread: string[] = [];
  const { result, seconds, cpuSeconds } = await measure(() =>
    loadPaths(duck, [folder], { unread: ({ problem }) => unread.push(problem) }),
  );
  if (result.unread > 0) throw new Error(unread.join("\n"));
  const rows = result.rows.connection;
  print("ingest, rows per CPU-second", rows / cpuSeconds, `${rows} rows in ${seconds.toFixed(1)} s`);
  print("ingest, temporary bytes per row", bytesBelow(duck.folder, ".parquet") / rows, "Parquet");
  print("ingest, peak memory in MB", peakMegabytes(), "of the whole process");
  return result;
}

/** Judges everything that was loaded: pairs, surroundings, volumes, names; as \`outbound analyze\` does. */
export async function benchAnalysis(duck: Duck): Promise<void> {
  const phases: string[] = [];
  const begun = process.cpuUsage();
  const { result, seconds, cpuSeconds } = await measure(() =>
    analyzeTraffic(duck, {
      inventory: new Inventory(["10.0.0.0/8"], []),
      policy: OutboundPolicy.parse({}),
      intelligence: new Intelligence(),
      guessInternal: false,
      rolling: false,
      pairsMax: 1_000,
      today: "2016-03-15",
      onPhase: (phase) => {
        const { user, system } = process.cpuUsage(begun);
        phases.push(`${phase} ${((user + system) / 1e6).toFixed(1)}`);
      },
    }),
  );
  print("analysis, CPU-seconds", cpuSeconds, `${result.pairsSeen} pairs in ${seconds.toFixed(1)} s`);
  print("analysis, peak memory in MB", peakMegabytes(), `phases at: ${phases.join(", ")}`);
  const beacons = result.findings.filter(({ code }) => code === "beacon").length;
  print("analysis, beacons found", beacons, "planted ones: see bench/generateTraffic.ts");
}

/** Keeps one file of a log as the gate does: line by line, flush by flush, then one file for the hour. */
export async function benchRecord(path: string, folder: string): Promise<void> {
  const finished: FinishedFile[] = [];
  let now = Date.UTC(2016, 2, 15);
  const record = await TrafficRecord.open({
    folder,
    flushSeconds: 3_600,
    onFile: async (file) => void finished.push(file),
    onProblem: (problem) => {
      throw new Error(problem);
    },
    now: () => now,
  });
  const { found } = await recognise(path, path);
  if (found.what !== "zeek-tsv") throw new Error("no log of Zeek");
  const reader = new ZeekReader(found.source, path);
  const { cpuSeconds } = await measure(async () => {
    const cutter = new LineCutter();
    for await (const bytes of readFileBytes(path, { compression: null })) {
      const seen: Seen[] = cutter.push(bytes).flatMap(({ text }) => reader.read(text ?? "").seen);
      record.add(seen);
      while (!record.hasRoom) await record.flush();
    }
    await record.flush();
    now += 2 * 86_400_000;
    await record.flush();
  });
  await record.close();
  const [rows, bytes] = finished.reduce(([sum, size], file) => [sum + file.rows, size + file.bytes], [0, 0]);
  print(
    "record, rows per CPU-second",
    (rows as number) / cpuSeconds,
    `${rows} rows live: read, kept, put together`,
  );
  print("record, bytes per row", (bytes as number) / (rows as number), "one file an hour");
}

async function main(rows: number): Promise<void> {
  const folder = mkdtempSync(join(process.env["SEKISHO_BENCH_FOLDER"] ?? tmpdir(), "sekisho-bench-"));
  const logs = join(folder, "logs");
  try {
    // In a process of its own, so that the peak of memory is that of what is measured.
    const args = [...process.execArgv, fileURLToPath(import.meta.url), "generate", logs, String(rows)];
    const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
    if (status !== 0) throw new Error("the generator failed");
    print("log of Zeek, bytes per row", bytesBelow(logs, ".log") / rows, `${rows} connections of one day`);
    const duck = await openDuck({ tempFolder: folder });
    await benchIngest(logs, duck);
    await benchAnalysis(duck);
    await duck.close();
    await benchRecord(join(logs, "conn.00.log"), join(folder, "record"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , first = "1000000", folder = "", rows = "0"] = process.argv;
  if (first === "generate") await generateTraffic(folder, { rows: Number(rows), seed: 1 });
  else await main(Number(first));
}
