import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

/**
 * The traffic of the replay, inside a host of it; inert: bytes without meaning, between hosts that the
 * replay made itself. `serve PORT` counts what arrives by its source and tells it for each line on its
 * input; `call ADDRESS PORT SECONDS JITTER BYTES` calls on a clock, as an implant does; `upload ADDRESS PORT
 * BYTES-A-SECOND` sends without end; `office ADDRESS… ` reads pages here and there, as people do.
 */
const [word = "", ...rest] = process.argv.slice(2);

function serve(port: number): void {
  const counts: Record<string, { bytes: number; lastMs: number }> = {};
  const server = createServer((socket) => {
    const from = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    const count = (counts[from] ??= { bytes: 0, lastMs: 0 });
    socket.on("data", (chunk: Buffer) => {
      count.bytes += chunk.length;
      count.lastMs = Date.now();
      if (socket.writable && chunk.length < 2_000) socket.write(Buffer.alloc(64, "."));
    });
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
  });
  server.listen(port, () => process.stdout.write("ready\n"));
  createInterface({ input: process.stdin }).on("line", () => {
    process.stdout.write(`${JSON.stringify(counts)}\n`);
  });
  process.stdin.on("end", () => process.exit(0));
}

/** One request and its answer. */
function ask(address: string, port: number, bytes: number): void {
  const socket = connect(port, address, () => socket.write(Buffer.alloc(bytes, "x")));
  socket.setTimeout(2_000, () => socket.destroy());
  socket.on("data", () => socket.end());
  socket.on("error", () => socket.destroy());
}

function call(given: {
  address: string;
  port: number;
  seconds: number;
  jitter: number;
  bytes: number;
}): void {
  const { address, port, seconds, jitter, bytes } = given;
  ask(address, port, bytes);
  const pause = seconds * 1_000 * (1 - jitter + 2 * jitter * Math.random());
  setTimeout(() => call(given), pause);
}

function upload(address: string, port: number, bytesPerSecond: number): void {
  const socket = connect(port, address);
  const chunk = Buffer.alloc(Math.max(2_048, Math.ceil(bytesPerSecond / 10)), "x");
  const timer = setInterval(() => {
    if (socket.writableLength < chunk.length * 4) socket.write(chunk);
  }, 100);
  socket.on("data", () => {});
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    clearInterval(timer);
    setTimeout(() => upload(address, port, bytesPerSecond), 500);
  });
}

function office(addresses: string[]): void {
  const address = addresses[Math.floor(Math.random() * addresses.length)] as string;
  for (let request = Math.floor(Math.random() * 4); request >= 0; request--)
    setTimeout(() => ask(address, 443, 200 + Math.floor(Math.random() * 900)), Math.random() * 300);
  setTimeout(() => office(addresses), -Math.log(1 - Math.random()) * 1_500);
}

const [address = "", port = "", ...numbers] = rest;
const [first = 0, second = 0, third = 0] = numbers.map(Number);
if (word === "serve") serve(Number(address));
else if (word === "call") call({ address, port: Number(port), seconds: first, jitter: second, bytes: third });
else if (word === "upload") upload(address, Number(port), first);
else if (word === "office") office(rest);
else process.exit(2);
