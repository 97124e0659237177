import { spawn } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ordinaryMails } from "../src/gates/mail/fixtures/ordinaryMails.ts";
import { findMarkedProcess } from "../src/lib/processMark.ts";
import { openMailbox } from "../src/replay/mailbox.ts";
import { sendMail } from "../src/replay/sendMail.ts";
import { freePort } from "../src/lib/freePort.ts";
import { connectLocalPort, waitUntil } from "../src/station/testPorts.ts";
import { cpuMsOf } from "./rspamd.ts";

/**
 * The whole gate over SMTP, as a user runs it: station and gate in processes of their own, a client with
 * eight
 * connections at once, a mail server behind. Messages a second of processor time of the gate (with its
 * courier and
 * readers) and of the station, and of the wall clock. Evidence, entries and flushes are all on.
 */
const count = Number(process.argv.find((word) => /^--messages=\d+$/.test(word))?.slice(11) ?? 1_500);
const corpus = fileURLToPath(new URL("../../shared/data/mail", import.meta.url));

function readMails(): { name: string; raws: Buffer[] } {
  const files = ["phish", "ham"].flatMap((name) => globSync(join(corpus, name, "*.eml")));
  if (files.length === 0)
    return { name: "ordinary mails of the replay", raws: ordinaryMails().map((one) => one.raw) };
  return { name: "shared/data/mail: phish and ham", raws: files.map((file) => readFileSync(file)) };
}

/** The gate takes equal bytes for the same message, so each gets a field of its own. */
function asNew(raw: Buffer, number: number): Buffer {
  const crlf = Buffer.from(raw.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");
  return Buffer.concat([Buffer.from(`X-Bench: ${number}\r\n`), crlf]);
}

/** Processor time of one process without its children, in milliseconds. */
function cpuMsAlone(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const folder = mkdtempSync(join(tmpdir(), "sekisho-gate-bench-"));
const mailbox = await openMailbox();
const [gatePort, consolePort] = [await freePort(), await freePort()];
const config = join(folder, "sekisho.yaml");
writeFileSync(
  config,
  `organisation: Bench
console: { port: ${consolePort} }
log: { level: fatal }
mail:
  inbound:
    port: ${gatePort}
    domains: [ijtb.example]
    nextHop: { host: 127.0.0.1, port: ${mailbox.port}, tls: never }
  limits: { messagesPerClientPerMinute: 1000000 }
  dns: { enabled: false }
`,
);
const program = fileURLToPath(new URL("../src/cli.ts", import.meta.url));
const station = spawn(process.execPath, [program, "start", "--config", config], {
  stdio: "ignore",
  env: { ...process.env, SEKISHO_GATE_WATCHES: String(process.pid), DATABASE_URL: "" },
});
try {
  await waitUntil(() => connectLocalPort(gatePort), "the gate", 60_000);
  const { name, raws } = readMails();
  const answers = new Map<number, number>();
  let next = 0;
  async function send(until: number): Promise<void> {
    while (next < until) {
      const number = next++;
      const raw = asNew(raws[number % raws.length] as Buffer, number);
      const envelope = { mailFrom: "hanako@customer.example", rcptTo: ["inquiry@ijtb.example"], raw };
      const { code } = await sendMail({ host: "127.0.0.1", port: gatePort }, envelope);
      answers.set(code, (answers.get(code) ?? 0) + 1);
    }
  }
  const warmUp = 200;
  await Promise.all(Array.from({ length: 8 }, () => send(warmUp)));
  const gate = findMarkedProcess(join(folder, "data/run/mail.pid")) as number;
  const [gateBefore, stationBefore] = [cpuMsOf(gate), cpuMsAlone(station.pid as number)];
  const gateAloneBefore = cpuMsAlone(gate);
  const started = performance.now();
  await Promise.all(Array.from({ length: 8 }, () => send(warmUp + count)));
  const wallMs = performance.now() - started;
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // The station indexes what is left.
  const gateMs = cpuMsOf(gate) - gateBefore;
  const stationMs = cpuMsAlone(station.pid as number) - stationBefore;
  const line = (what: string, ms: number): string =>
    `${what.padEnd(40)} ${((count / ms) * 1_000).toFixed(0).padStart(6)} messages/s` +
    `  ${(ms / count).toFixed(2)} ms each\n`;
  process.stdout.write(`${count} messages, ${name}; answers ${JSON.stringify([...answers])}\n`);
  process.stdout.write(line("gate, courier and readers, CPU", gateMs));
  process.stdout.write(line("of it the gate's own process", cpuMsAlone(gate) - gateAloneBefore));
  process.stdout.write(line("station (ledger, index), CPU", stationMs));
  process.stdout.write(line("both, CPU", gateMs + stationMs));
  process.stdout.write(line("wall clock, 8 connections", wallMs));
} finally {
  station.kill("SIGTERM");
  await new Promise((resolve) => station.once("exit", resolve));
  await mailbox.close();
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
}
