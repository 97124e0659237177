import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SekishoError } from "../lib/error.ts";
import { freePort } from "../lib/freePort.ts";
import { startStation, type StartedStation } from "../station/start.ts";
import type { Stage } from "./act.ts";
import { openMailbox, type Mailbox } from "./mailbox.ts";

export type StageOptions = {
  folder: string;
  consolePort: number;
  /** 0 takes a free one. */
  gatePort: number;
  quiet: boolean;
  tell: (line: string) => void;
};

/** Sets the stage: a station with all gates on an embedded store, and a mailbox behind the mail gate. */
export async function openStage(options: StageOptions): Promise<Stage & { close(): Promise<void> }> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  process.env["SEKISHO_GATE_WATCHES"] = String(process.pid);
  const mailbox = await openMailbox();
  const gatePort = options.gatePort === 0 ? await freePort() : options.gatePort;
  const configFile = join(options.folder, "sekisho.yaml");
  writeFileSync(configFile, stageConfig({ ...options, gatePort, nextHopPort: mailbox.port }), {
    mode: 0o600,
  });
  const station = await startStation(configFile, { quiet: options.quiet });
  const gate = { host: "127.0.0.1", port: gatePort };
  await waitUntilReady(station);
  return { station, mailbox, gate, tell: options.tell, close: () => closeStage(station, mailbox) };
}

async function closeStage(station: StartedStation, mailbox: Mailbox): Promise<void> {
  await station.close();
  await mailbox.close();
}

async function waitUntilReady(station: StartedStation): Promise<void> {
  const until = performance.now() + 30_000;
  for (;;) {
    const status = await station.services.station.status();
    if (status.state === "ready") return;
    if (performance.now() > until) {
      const gates = status.gates
        .map((gate) => `${gate.name} ${gate.state} ${gate.lastError ?? ""}`)
        .join("; ");
      throw new SekishoError(
        "setup-incomplete",
        `Cannot set the stage: the gates are not ready after 30 s: ${gates}`,
        {
          hint: "the lines above say why; data of an older version is taken away by: rm -r data/demo",
        },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function stageConfig(options: StageOptions & { nextHopPort: number }): string {
  return `# Made by the replay; what passes the gate goes to a mailbox in the same process.
organisation: Example Travel K.K. (replay)
timeZone: Asia/Tokyo
dataFolder: .
origin: replay.example/ledger
console:
  port: ${options.consolePort}
log:
  level: ${options.quiet ? "error" : "warn"}
mail:
  hostname: gate.example
  inbound:
    port: ${options.gatePort}
    domains: [ijtb.example]
    nextHop: { host: 127.0.0.1, port: ${options.nextHopPort}, tls: never }
  dns: { enabled: false }
  policy:
    ownDomains: [ijtb.example]
    partners:
      - domain: ana-sales.example
        names: [航空販売]
`;
}
