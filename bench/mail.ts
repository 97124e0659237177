import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mail2016 } from "../src/gates/mail/fixtures/mail2016.ts";
import { transportOf } from "../src/gates/mail/inspect/transportOf.ts";
import { judgeMail } from "../src/gates/mail/judge.ts";
import { MailPolicy } from "../src/gates/mail/policy.ts";
import { createReaderPool } from "../src/gates/mail/reader/createReaderPool.ts";
import { readMessage } from "../src/gates/mail/reader/readMessage.ts";
import { unknownHistory, type MailReading, type Transport } from "../src/gates/mail/seen.ts";
import { cpuMsOf, startRspamd } from "./rspamd.ts";

/** Messages a second of processor time, for reading and judging and for each step, beside Rspamd's. */
const folder = fileURLToPath(new URL("../../shared/data/mail", import.meta.url));
const folders = ["phish", "ham", "bounces", "japanese", "malformed"];
const rounds = Number(process.argv.find((word) => /^--rounds=\d+$/.test(word))?.slice(9) ?? 3);
const policy = MailPolicy.parse({});
const at = Temporal.Instant.from("2016-03-15T03:00:00Z");

type Set = { name: string; mails: Buffer[] };
type Figure = { name: string; cpuMs: number; mails: number };

function readSets(): Set[] {
  const sets: Set[] = folders.map((name) => ({
    name,
    mails: globSync(join(folder, name, "*.eml")).map((file) => readFileSync(file)),
  }));
  const archives = (["zip", "lzh"] as const).map((archive) => mail2016({ archive }).raw);
  return [...sets, { name: "2016", mails: Array.from({ length: 20 }, () => archives).flat() }];
}

function judge(transport: Transport, reading: MailReading): string {
  return judgeMail({ at, transport, history: unknownHistory, reading }, policy).act.do;
}

/** In this process, step by step. */
async function inProcess(set: Set): Promise<{ figure: Figure; steps: Record<string, number> }> {
  const steps: Record<string, number> = {};
  const started = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) {
    for (const raw of set.mails) {
      const transport = transportOf(raw);
      const reading = await readMessage(raw, transport, null);
      for (const [step, ms] of Object.entries(reading.ms)) steps[step] = (steps[step] ?? 0) + ms;
      const judging = performance.now();
      judge(transport, reading);
      steps["judge"] = (steps["judge"] ?? 0) + performance.now() - judging;
    }
  }
  const used = process.cpuUsage(started);
  const figure = {
    name: set.name,
    cpuMs: (used.user + used.system) / 1000,
    mails: set.mails.length * rounds,
  };
  return { figure, steps };
}

/** Through the worker processes, as the gate does it: their time and ours. */
async function throughPool(sets: readonly Set[]): Promise<{ figures: Figure[]; rssMegabytes: number }> {
  const pool = createReaderPool({ workers: 2, msMax: 20_000, rssBytesMax: 1024 ** 3, dns: null });
  const mails = sets.flatMap((set) => set.mails);
  await Promise.all(mails.slice(0, 40).map((raw) => pool.read(raw, transportOf(raw))));
  const figures: Figure[] = [];
  let rssMegabytes = 0;
  for (const set of sets) {
    const before = pool.processes().map(cpuMsOf);
    const started = process.cpuUsage();
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(
        set.mails.map(async (raw) => {
          const transport = transportOf(raw);
          const read = await pool.read(raw, transport);
          if (read.ok) judge(transport, read.reading);
        }),
      );
    }
    const own = process.cpuUsage(started);
    const theirs = pool.processes().reduce((sum, pid, index) => sum + cpuMsOf(pid) - (before[index] ?? 0), 0);
    figures.push({
      name: set.name,
      cpuMs: theirs + (own.user + own.system) / 1000,
      mails: set.mails.length * rounds,
    });
    for (const pid of pool.processes()) rssMegabytes = Math.max(rssMegabytes, residentMegabytes(pid));
  }
  await pool.close();
  return { figures, rssMegabytes };
}

function residentMegabytes(pid: number): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  return Number(found?.[1] ?? 0) / 1024;
}

async function besideRspamd(sets: readonly Set[]): Promise<{ version: string; figures: Figure[] } | null> {
  process.stderr.write("starting Rspamd, which compiles its patterns first …\n");
  const rspamd = await startRspamd();
  if (rspamd === null) return null;
  for (const raw of sets.flatMap((set) => set.mails).slice(0, 100)) await rspamd.check(raw);
  const figures: Figure[] = [];
  for (const set of sets) {
    const before = rspamd.cpuMs();
    for (let round = 0; round < rounds; round += 1) {
      for (let index = 0; index < set.mails.length; index += 8) {
        await Promise.all(set.mails.slice(index, index + 8).map((raw) => rspamd.check(raw)));
      }
    }
    figures.push({ name: set.name, cpuMs: rspamd.cpuMs() - before, mails: set.mails.length * rounds });
  }
  await rspamd.stop();
  return { version: rspamd.version, figures };
}

function perSecond({ mails, cpuMs }: Figure): number {
  return (mails * 1000) / Math.max(1, cpuMs);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<void> {
  if (!existsSync(folder)) {
    print("bench/mail.ts needs the development mails in ../shared/data/mail, which are not there");
    return;
  }
  const sets = readSets();
  // The first messages pay for compiling the code; they are not counted.
  for (const set of sets) for (const raw of set.mails) await readMessage(raw, transportOf(raw), null);
  const alone = new Map<string, Awaited<ReturnType<typeof inProcess>>>();
  for (const set of sets) alone.set(set.name, await inProcess(set));
  const pool = await throughPool(sets);
  const rspamd = process.argv.includes("--no-rspamd") ? null : await besideRspamd(sets);
  print(`messages per CPU-second, ${rounds} rounds, no name service; Rspamd: ${rspamd?.version ?? "none"}\n`);
  print("set         mails   kB each   in process   pool   rspamd   pool/rspamd");
  for (const [index, set] of sets.entries()) {
    const kilobytes = set.mails.reduce((sum, raw) => sum + raw.length, 0) / set.mails.length / 1024;
    const pooled = perSecond(pool.figures[index] as Figure);
    const other = rspamd === null ? null : perSecond(rspamd.figures[index] as Figure);
    const cells = [
      set.name.padEnd(11),
      String(set.mails.length).padStart(5),
      kilobytes.toFixed(1).padStart(9),
      perSecond((alone.get(set.name) as { figure: Figure }).figure)
        .toFixed(0)
        .padStart(12),
      pooled.toFixed(0).padStart(6),
      (other?.toFixed(0) ?? "-").padStart(8),
      (other === null ? "-" : (pooled / other).toFixed(2)).padStart(13),
    ];
    print(cells.join(" "));
  }
  print("\nCPU milliseconds a message by step (in process)");
  for (const set of sets) {
    const { steps, figure } = alone.get(set.name) as { steps: Record<string, number>; figure: Figure };
    const each = Object.entries(steps).map(([step, ms]) => `${step} ${(ms / figure.mails).toFixed(2)}`);
    print(`${set.name.padEnd(11)} ${each.join(", ")}`);
  }
  print(`\nlargest resident memory of a worker: ${pool.rssMegabytes.toFixed(0)} MB`);
}

await main();
