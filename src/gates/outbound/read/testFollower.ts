import { TrafficRecord } from "../record/recorder.ts";
import { tailFiles } from "./tail.ts";

/** A program for tests that kill it: follows the logs of a folder into a record, and flushes all the time. */
const [logs = "", folder = "", once = ""] = process.argv.slice(2);
const onProblem = (problem: unknown): never => {
  throw new Error(JSON.stringify(problem));
};
const record = await TrafficRecord.open({ folder, flushSeconds: 600, onFile: async () => {}, onProblem });
const tail = await tailFiles({
  ...{ paths: [logs], kind: "zeek", positions: record.positions, pollMs: 20, onProblem },
  onSeen: async (seen, read) => record.add(seen, read),
  // Packed files are read at once: the test does not wait for them to come to rest.
  now: () => Date.now() + 60_000,
});
process.stdout.write("ready\n");
while (once === "") {
  await record.flush();
  await new Promise((resolve) => setTimeout(resolve, 5));
}
await tail.settled();
await tail.close();
await record.close();
