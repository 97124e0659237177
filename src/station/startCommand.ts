import { readArguments } from "../lib/arguments.ts";
import { startStation } from "./start.ts";

const help = `sekisho start [--config FILE]   start the station of a configuration (default: sekisho.yaml)
sekisho start --demo            start with a configuration of its own, a mailbox behind the gate,
                                and the replay of the 2016 case; data lie in data/demo

Ends in order on SIGINT and SIGTERM. While it is away the gates go on by their standing orders.
`;

/** \`sekisho start\`: runs until it is told to stop. */
export async function startCommand(argv: string[]): Promise<number> {
  const options = { config: { type: "string" }, demo: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
  const { values } = readArguments(argv, options, "sekisho start");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if (values.demo === true) return (await import("../replay/demo.ts")).runDemo(untilStopped);
  const started = await startStation(values.config ?? "sekisho.yaml");
  process.stdout.write(`Console: ${started.url}\n`);
  if (started.firstLink !== null) process.stdout.write(`First administrator, once: ${started.firstLink}\n`);
  await untilStopped();
  await started.close();
  return 0;
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        process.stderr.write("stopping in order; once more to stop at once\n");
        resolve();
      });
    }
  });
}
