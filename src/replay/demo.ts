import { resolve } from "node:path";
import { untilStopped } from "../lib/untilStopped.ts";
import { playActs, printActs } from "./acts.ts";
import { openStage } from "./stage.ts";

/** Ports of the demonstration; SEKISHO_PORT and SEKISHO_MAIL_PORT change them. */
const ports = {
  console: Number(process.env["SEKISHO_PORT"] ?? 8_443),
  mail: Number(process.env["SEKISHO_MAIL_PORT"] ?? 10_025),
} as const;

/**
 * The main job of \`npm start\`: the station with all gates, the replay of 2016 through them, and the
 * console.
 */
export async function runDemo(): Promise<number> {
  const folder = resolve("data/demo");
  const stopped = untilStopped();
  const tell = (line: string): void => void process.stdout.write(`  ${line}\n`);
  process.stdout.write("Starting the station, the mail gate and a mailbox behind it …\n");
  const stage = await openStage({
    folder,
    consolePort: ports.console,
    gatePort: ports.mail,
    quiet: true,
    tell,
  });
  process.stdout.write("Replaying 2016:\n");
  const results = await playActs(stage, null);
  process.stdout.write(printActs(results));
  const { url, firstLink } = stage.station;
  const gate = `smtp://127.0.0.1:${ports.mail} for @ijtb.example; a mailbox is behind it`;
  const administrator = firstLink === null ? "" : `First administrator ${firstLink} (once, within 24 h)\n`;
  process.stdout.write(`
Console             ${url}
${administrator}Mail gate           ${gate}
Data                ${folder}
Try                 bin/sekisho ledger verify --folder ${folder}
Ctrl-C ends it in order.
`);
  await stopped;
  await stage.close();
  return results.every((result) => result.ok) ? 0 : 1;
}
