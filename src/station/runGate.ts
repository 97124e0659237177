import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { loadConfig, type Config } from "../config.ts";
import type { MailGateOptions } from "../gates/mail/mailGate.ts";
import { SekishoError, textOfError } from "../lib/error.ts";
import { version } from "../lib/version.ts";
import { holdGate } from "./holdGate.ts";

let failureFile: string | null = null;

/** The process of one gate: started by the station, outlives it, and stops when it is told or signalled. */
async function runGate(name: string, configFile: string): Promise<void> {
  const { config, dataFolder } = await loadConfig(configFile);
  holdGate(dataFolder, name);
  failureFile = join(dataFolder, "run", `${name}.failed`);
  const destination = pino.destination(2);
  destination.on("error", () => {}); // The log may lie on a full disk; the gate goes on.
  const log = pino({ level: config.log.level, base: { gate: name, pid: process.pid } }, destination);
  const token = process.env["SEKISHO_LINK_TOKEN"] ?? "";
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const gate = await startGate(name, config, {
    dataFolder,
    version,
    token,
    log: (level, message, fields) => log[level](fields ?? {}, message),
    onStop: stop,
  });
  // A replay's gate goes with it, even when the replay is killed; a real one outlives the station.
  if (process.env["SEKISHO_GATE_WATCHES"] !== undefined)
    stopWithProcess(Number(process.env["SEKISHO_GATE_WATCHES"]), stop);
  process.stderr.on("error", () => {}); // The terminal of the station that started us may be gone.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
  await stopped;
  await gate.close();
}

type Common = Omit<MailGateOptions, "settings">;

/** Each gate is loaded only where it runs. */
async function startGate(name: string, config: Config, common: Common): Promise<{ close(): Promise<void> }> {
  if (name === "mail" && config.mail !== undefined) {
    const { startMailGate } = await import("../gates/mail/mailGate.ts");
    return startMailGate({ ...common, settings: config.mail });
  }
  if (name === "outbound" && config.outbound !== undefined) {
    const { startOutboundGate } = await import("../gates/outbound/outboundGate.ts");
    return startOutboundGate({ ...common, settings: config.outbound });
  }
  if (name === "records" && config.records !== undefined) {
    const { startRecordsGate } = await import("../gates/records/recordsGate.ts");
    return startRecordsGate({ ...common, settings: config.records });
  }
  throw new Error(`no gate "${name}" is configured`);
}

function stopWithProcess(pid: number, stop: () => void): void {
  setInterval(() => {
    try {
      process.kill(pid, 0);
    } catch {
      stop();
    }
  }, 1_000).unref();
}

/** The station shows it: what the gate could not do, and what to do about it. */
function tellFailure(error: unknown): void {
  const text = error instanceof SekishoError ? `${error.message}; ${error.hint}` : textOfError(error);
  const problem = String((error as Error).stack ?? error);
  process.stderr.write(
    `${JSON.stringify({ level: 60, msg: "gate ended", problem: text, stack: problem })}\n`,
  );
  try {
    if (failureFile !== null) writeFileSync(failureFile, text, { mode: 0o600 });
  } catch {
    // The disk may be what failed.
  }
}

process.on("uncaughtExceptionMonitor", tellFailure);
try {
  await runGate(process.argv[2] ?? "", process.argv[3] ?? "sekisho.yaml");
  process.exit(0);
} catch (error) {
  tellFailure(error);
  process.exit(1);
}
