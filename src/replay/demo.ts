import { resolve } from "node:path";
import { untilStopped } from "../lib/untilStopped.ts";
import { playActs, printActs, recordReplay } from "./acts.ts";
import { delaysOf, printDelays } from "./delays.ts";
import type { Stage } from "./act.ts";
import { openStage } from "./stage.ts";

/** Ports of the demonstration; SEKISHO_PORT and SEKISHO_MAIL_PORT change them. */
const ports = {
  console: Number(process.env["SEKISHO_PORT"] ?? 8_443),
  mail: Number(process.env["SEKISHO_MAIL_PORT"] ?? 10_025),
  records: Number(process.env["SEKISHO_RECORDS_PORT"] ?? 7_432),
} as const;

function printWhere(stage: Stage, folder: string): string {
  const { url, firstLink } = stage.station;
  const gate = `smtp://127.0.0.1:${ports.mail} for @ijtb.example; a mailbox is behind it`;
  const hosts =
    stage.office === null
      ? `recorded connections, nothing is cut (${stage.noOffice})`
      : "hosts in network namespaces of this machine, cut by nftables";
  const database =
    stage.database === null
      ? `not before a database (${stage.noDatabase})`
      : `psql -h 127.0.0.1 -p ${ports.records} -U operator_tanaka ${stage.database.name}`;
  const administrator = firstLink === null ? "" : `First administrator ${firstLink} (once, within 24 h)\n`;
  return `
Console             ${url}
${administrator}Mail gate           ${gate}
Outbound gate       ${hosts}
Records gate        ${database}
Data                ${folder}
Try                 bin/sekisho ledger verify --folder ${folder}

`;
}

/**
 * The main job of \`npm start\`: the station with all gates, the replay of 2016 through them, and the
 * console.
 */
export async function runDemo(): Promise<number> {
  const folder = resolve("data/demo");
  const stopped = untilStopped();
  const tell = (line: string): void => void process.stdout.write(`  ${line}\n`);
  process.stdout.write("Starting the station with its gates, a mailbox, and the hosts of 2016 …\n");
  const stage = await openStage({
    folder,
    consolePort: ports.console,
    gatePort: ports.mail,
    recordsPort: ports.records,
    quiet: true,
    tell,
  });
  process.stdout.write(printWhere(stage, folder));
  process.stdout.write("Replaying 2016, to be watched in the console:\n");
  const played = playActs(stage, null);
  const results = await Promise.race([played, stopped]);
  if (results !== undefined) {
    const delays = delaysOf(results);
    await recordReplay(stage, results, delays);
    process.stdout.write(`${printActs(results)}\n${printDelays(delays)}`);
    process.stdout.write(`\nBoth time lines      ${stage.station.url}/replay\n`);
    process.stdout.write(`Report of act four  ${folder}/scope/recovered/report.html\n`);
    process.stdout.write(`Reports of act five ${folder}/appi-preliminary.pdf, public.html\n`);
    process.stdout.write("\nThe station goes on. Ctrl-C ends it in order.\n");
    await stopped;
  }
  await stage.close();
  return results === undefined || results.every((result) => result.ok) ? 0 : 1;
}
