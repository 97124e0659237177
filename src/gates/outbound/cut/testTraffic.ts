import { createSocket } from "node:dgram";
import { createConnection, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

/**
 * Traffic of tests, in a network namespace of its own. `serve PORT` counts and stamps what comes (monotonic
 * clock, which all processes share) and tells it for each line on its input; `send FLOW…` keeps sending,
 * where a flow is `tcp HOST PORT`, `udp HOST PORT` or `tunnel PROXY PROXYPORT HOST PORT`; `burst HOST
 * SOCKETS` sends to every port and ends.
 */
const everyMs = 2;
const [word = "", ...rest] = process.argv.slice(2);

type Stamp = { packets: number; lastMs: number };

function serve(port: number): void {
  const stamps: Record<string, Stamp> = {};
  const stamp = (protocol: string, address: string) => {
    const key = `${protocol} ${address.replace(/^::ffff:/, "")}`;
    const known = (stamps[key] ??= { packets: 0, lastMs: 0 });
    known.packets += 1;
    known.lastMs = Number(process.hrtime.bigint()) / 1e6;
  };
  const udp = createSocket({ type: "udp6" });
  udp.on("message", (_, from) => stamp("udp", from.address));
  const tcp = createServer((socket) => {
    const address = socket.remoteAddress ?? "";
    socket.on("data", () => stamp("tcp", address));
    socket.on("error", () => {});
  });
  udp.bind(port, () => tcp.listen(port, () => process.stdout.write("ready\n")));
  createInterface({ input: process.stdin }).on("line", () => {
    process.stdout.write(`${JSON.stringify(stamps)}\n`);
  });
  process.stdin.on("end", () => process.exit(0));
}

function pump(write: () => void): void {
  setInterval(write, everyMs);
}

function pumpSocket(socket: Socket): void {
  socket.setNoDelay(true);
  pump(() => {
    if (!socket.destroyed && socket.writableLength < 4_096) socket.write("x".repeat(32));
  });
}

function send(flow: string): void {
  const [protocol, host = "", port = "", target = "", targetPort = ""] = flow.split(" ");
  if (protocol === "udp") {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    socket.on("error", () => {});
    pump(() => socket.send("x".repeat(32), Number(port), host, () => {}));
    return;
  }
  const socket = createConnection(Number(port), host, () => {
    if (protocol === "tcp") pumpSocket(socket);
    else socket.write(`CONNECT ${target}:${targetPort} HTTP/1.1\r\nHost: ${target}:${targetPort}\r\n\r\n`);
  });
  socket.on("error", () => {});
  if (protocol !== "tunnel") return;
  socket.once("data", (answer: Buffer) => {
    const status = answer.toString("latin1").split("\r\n")[0] ?? "";
    process.stdout.write(`${status}\n`);
    if (status.includes(" 200 ")) pumpSocket(socket);
  });
}

/** A datagram to each port of a host, from some sockets: as many connections for conntrack. */
async function burst(host: string, sockets: number): Promise<void> {
  for (let from = 0; from < sockets; from += 1) {
    const socket = createSocket("udp4");
    socket.on("error", () => {});
    for (let port = 1; port < 65_536; port += 1) {
      socket.send("x", port, host, () => {});
      // The socket's own buffer must not be what loses them.
      if (port % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    socket.close();
  }
}

if (word === "serve") serve(Number(rest[0]));
else if (word === "burst") await burst(rest[0] as string, Number(rest[1]));
else {
  for (const flow of rest) send(flow);
  process.stdin.resume();
  process.stdin.on("end", () => process.exit(0));
}
