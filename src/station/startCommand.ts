import { readArguments } from "../lib/arguments.ts";
import { untilStopped } from "../lib/untilStopped.ts";
import { startStation } from "./start.ts";

const help = `sekisho start [--config FILE]   start the station of a configuration (default: sekisho.yaml)
sekisho start --demo            start with a configuration of its own, a mailbox behind the gate,
                                and the replay of the 2016 case; data lie in data/demo

Ends in order on SIGINT and SIGTERM. While it is away the gates go on by their standing orders.
`;

/** \`sekisho start\`: runs until it is told to stop. */
export async function startCommand(argv: string[]): Promise<number> {
  const options = { config: { type: "string" }, help: { type: "boolean", short: "h" } } as const;
  const { values } = readArguments(argv, options, "sekisho start");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const stopped = untilStopped(); // From here on, so that a stop while it starts is in order too.
  const started = await startStation(values.config ?? "sekisho.yaml");
  process.stdout.write(`Console: ${started.url}\n`);
  if (started.firstLink !== null) process.stdout.write(`First administrator, once: ${started.firstLink}\n`);
  await stopped;
  await started.close();
  return 0;
}
