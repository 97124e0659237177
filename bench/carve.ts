import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { InputFile } from "../src/scope/read/inputFile.ts";
import { Kernel } from "../src/scope/read/kernel.ts";
import { planInputs } from "../src/scope/read/planInputs.ts";
import type { RecordSink } from "../src/scope/read/record.ts";
import { readTask } from "../src/scope/read/readTask.ts";
import { encode, noise, rowOf } from "../src/scope/read/testText.ts";

/** What one tool or step did with one image. Bytes are megabytes of 10^6. */
export type CarveFigure = {
  image: "dense" | "sparse";
  step: string;
  megabytes: number;
  seconds: number;
  cpuSeconds: number;
  /** Rows, addresses or records, as the step counts; null where it only looks. */
  found: number | null;
};

const blockBytes = 4_096;
const mail = "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}";
/** Shares of blocks: zero, random, text noise, fragments of customer rows. */
const profiles = { dense: [0.25, 0.3, 0.33, 0.12], sparse: [0.5, 0.4, 0.095, 0.005] } as const;

/**
 * Carves a dense and a sparse image by steps, beside ripgrep and bulk_extractor where they are installed. All
 * on one thread, images in the page cache. The others look for mail addresses only; we give whole records.
 */
export async function benchCarve(options: { megabytes: number }): Promise<CarveFigure[]> {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-carve-"));
  const figures: CarveFigure[] = [];
  try {
    for (const image of ["dense", "sparse"] as const) {
      const file = join(folder, `${image}.img`);
      const rows = makeImage(file, { megabytes: options.megabytes, shares: profiles[image] });
      const { megabytes } = options;
      const add = (step: string, figure: Omit<CarveFigure, "image" | "step" | "megabytes">): void =>
        void figures.push({ image, step, megabytes, ...figure });
      add("rows written", { seconds: 0, cpuSeconds: 0, found: rows });
      // Once without a figure: code is compiled, and the image is in the page cache.
      await carve(file);
      add("page cache", await measure(async () => readAll(file, null)));
      add("ours: triage", await measure(async () => triageAll(file)));
      add("ours: records", await measure(() => carve(file)));
      for (const [step, command] of peers(file, join(folder, `${image}-be`))) add(step, runPeer(command));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return figures;
}

async function measure(
  work: () => Promise<number | null>,
): Promise<{ seconds: number; cpuSeconds: number; found: number | null }> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  const found = await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - started) / 1_000, cpuSeconds: (user + system) / 1e6, found };
}

async function carve(file: string): Promise<number> {
  const { tasks } = await planInputs([file]);
  let found = 0;
  const sink: RecordSink = {
    // Rows of customers are the only Japanese in the image.
    record: (_bytes, _start, _end, place) => {
      if (place.encoding !== "ascii") found += 1;
    },
    problem: () => undefined,
  };
  for (const task of tasks) await readTask(task, sink);
  return found;
}

function readAll(file: string, each: ((kernel: Kernel, bytes: number) => void) | null): null {
  using input = new InputFile(file);
  const kernel = Kernel.take();
  const into = kernel.bytes.subarray(kernel.window, kernel.window + 2 * 1024 ** 2);
  for (let at = 0, count = 1; count > 0; at += count) {
    count = input.read(into, at);
    each?.(kernel, count);
  }
  kernel.release();
  return null;
}

function triageAll(file: string): null {
  return readAll(file, (kernel, bytes) => kernel.triage(kernel.window, Math.floor(bytes / 512)));
}

/** Fragments are half CP932 with slack, half UTF-8, cut at both ends. Returns the row ends written. */
function makeImage(
  file: string,
  { megabytes, shares }: { megabytes: number; shares: readonly [number, number, number, number] },
): number {
  const rows = Array.from({ length: 20_000 }, (_, at) => `${rowOf(at)}\r\n`).join("");
  const sources = [encode(rows, "utf-8"), encode(rows, "cp932")];
  const logs = Buffer.from(
    Array.from(
      { length: 20_000 },
      (_, at) => `Nov 22 07:${at % 60} host sshd[${at}]: user${at % 77}@h${at % 9} in\n`,
    ).join(""),
  );
  const random = noise(16 * 1024 ** 2, 2_016);
  const drawn = noise(Math.ceil((megabytes * 1e6) / blockBytes) * 4, 7);
  const handle = openSync(file, "w");
  let written = 0;
  for (let block = 0; block * blockBytes < megabytes * 1e6; block += 1) {
    const draw = drawn.readUInt16LE(block * 4) / 65_536;
    const place = drawn.readUInt16LE(block * 4 + 2);
    const bytes = Buffer.alloc(blockBytes);
    if (draw >= shares[0] && draw < shares[0] + shares[1])
      random.copy(bytes, 0, (place * 251) % (random.length - blockBytes));
    else if (draw >= 1 - shares[3]) {
      const source = sources[block % 2] as Buffer;
      const length = block % 2 === 0 ? blockBytes : blockBytes - (place % 1_500);
      const from = (place * 97) % (source.length - blockBytes);
      source.copy(bytes, 0, from, from + length);
      for (const byte of bytes) if (byte === 10) written += 1;
    } else if (draw >= shares[0] + shares[1]) logs.copy(bytes, 0, (place * 13) % (logs.length - blockBytes));
    writeSync(handle, bytes);
  }
  closeSync(handle);
  return written;
}

function peers(file: string, out: string): [string, string][] {
  const installed = (name: string): boolean => spawnSync("which", [name]).status === 0;
  const list: [string, string][] = [];
  if (installed("rg"))
    list.push(["ripgrep: mail addresses", `rg -a -o -j1 --no-unicode '${mail}' '${file}' | wc -l`]);
  if (installed("bulk_extractor")) {
    const count = `grep -vc '^#' '${out}/email.txt'`;
    list.push([
      "bulk_extractor: mail addresses",
      `bulk_extractor -q -j1 -E email -o '${out}' '${file}' >&2 && ${count}`,
    ]);
  }
  return list;
}

function runPeer(command: string): { seconds: number; cpuSeconds: number; found: number | null } {
  const done = spawnSync("bash", ["-c", `TIMEFORMAT='times %R %U %S'; time { ${command}; }`], {
    encoding: "utf8",
  });
  const times = /times ([\d.]+) ([\d.]+) ([\d.]+)/.exec(done.stderr) ?? [];
  const [seconds, user, system] = [Number(times[1]), Number(times[2]), Number(times[3])];
  return { seconds, cpuSeconds: user + system, found: Number(done.stdout.trim()) };
}

/** The figures as a table. */
export function printCarve(figures: readonly CarveFigure[]): string {
  const lines = figures.map(({ image, step, megabytes, seconds, cpuSeconds, found }) => {
    const rate = cpuSeconds > 0 ? (megabytes / cpuSeconds).toFixed(0) : "";
    const cells = [image, step.padEnd(32), seconds.toFixed(2), cpuSeconds.toFixed(2), rate, found ?? ""];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    "| image | step | s | CPU s | MB per CPU s | found |",
    "|---|---|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const megabytes = Number(process.argv[2] ?? 500);
  process.stdout.write(printCarve(await benchCarve({ megabytes })));
}
