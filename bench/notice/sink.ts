import { createWriteStream } from "node:fs";
import { TestSink } from "../../src/notice/testSink.ts";

/**
 * The sink as a process of its own, so that its time is not the sender's: `node sink.ts TAKEN BOUNCING`.
 * Writes the return address of each mail it takes to TAKEN, and those that bounce later to BOUNCING.
 */
const [takenPath = "", bouncingPath = ""] = process.argv.slice(2);
const taken = createWriteStream(takenPath);
const bouncing = createWriteStream(bouncingPath);
const sink = new TestSink({
  onTaken: ({ from, to }) => {
    taken.write(`${from}\n`);
    sink.taken.clear();
    const way = /^way([567])\./.exec(to)?.[1];
    if (way !== undefined) bouncing.write(`${way} ${from} ${to}\n`);
  },
});
process.stdout.write(`${await sink.listen()}\n`);
process.stdin.on("end", () => void finish()).resume();

async function finish(): Promise<void> {
  await sink.close();
  await Promise.all([taken, bouncing].map((stream) => new Promise((done) => stream.end(done))));
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${JSON.stringify({ cpuSeconds: (user + system) / 1e6 })}\n`);
}
