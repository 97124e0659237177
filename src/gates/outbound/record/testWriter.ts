import type { Seen } from "../connection.ts";
import { TrafficRecord } from "./recorder.ts";

/**
 * A program for tests that kill it: goes on with rows after the last one on disk, some hours a flush, and
 * puts hours together all the time, for its clock runs fast.
 */
const [folder = "", rows = "0"] = process.argv.slice(2);
const begin = Date.UTC(2016, 2, 15);
let clock = 0;
const record = await TrafficRecord.open({
  folder,
  flushSeconds: 600,
  onFile: async () => {},
  onProblem: (problem) => {
    throw new Error(problem);
  },
  now: () => begin + clock,
});
let next = Number(record.position("rows") ?? 0);
process.stdout.write("ready\n");
while (next < Number(rows)) {
  const seen: Seen[] = [];
  for (let count = 0; count < 30 && next < Number(rows); count += 1, next += 1) seen.push(connectionOf(next));
  clock = next * 120_000;
  record.add(seen, { source: "rows", position: next });
  await record.flush();
}
await record.close();

function connectionOf(at: number): Seen {
  return {
    ...{
      table: "connection",
      at: (begin + at * 120_000) * 1_000,
      sensor: "zeek",
      uid: `C${at}`,
      src: "10.0.0.5",
    },
    ...{ srcPort: 1, dst: "203.0.113.7", dstPort: 443, proto: "tcp", service: null, duration: null },
    ...{ origBytes: null, respBytes: null, origPackets: null, respPackets: null, origIpBytes: null },
    ...{ respIpBytes: null, state: null, open: false },
  };
}
