import { connect, createServer } from "node:net";
import { readInto } from "../../src/gates/records/wire/acceptedSocket.ts";
import { ReadBuffer } from "../../src/gates/records/wire/readBuffer.ts";

/**
 * Copies bytes between a client and PostgreSQL, on the sockets of the gate and with nothing of the gate
 * between them: what a proxy in Node can do at most on this machine.
 *
 *   node bench/records/bareProxy.ts PORT PORT-OF-POSTGRESQL
 */
const [port, target] = process.argv.slice(2).map(Number);
if (port === undefined || target === undefined) throw new Error("Cannot copy without two ports");

createServer({ pauseOnConnect: true }, (accepted) => {
  const [fromClient, fromServer] = [new ReadBuffer(), new ReadBuffer()];
  const client = readInto(accepted, fromClient);
  const server = connect({ host: "127.0.0.1", port: target, noDelay: true, onread: fromServer.onread });
  client.setNoDelay(true);
  const pairs = [
    { buffer: fromClient, from: client, to: server },
    { buffer: fromServer, from: server, to: client },
  ];
  for (const { buffer, from, to } of pairs) {
    buffer.target = to;
    buffer.reader = (bytes) => {
      if (!to.write(bytes)) from.pause();
    };
    to.on("drain", () => {
      buffer.settle();
      from.resume();
    });
    from.on("close", () => to.destroy());
    from.on("error", () => {});
  }
}).listen({ host: "127.0.0.1", port, reusePort: true, backlog: 4_096 });
