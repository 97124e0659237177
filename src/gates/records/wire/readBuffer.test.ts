import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readInto } from "./acceptedSocket.ts";
import { ReadBuffer } from "./readBuffer.ts";

/** Copies what comes to a port on to another, as the gate does; gives the port. */
async function startCopying(target: number): Promise<{ port: number; close(): void }> {
  const server = createServer({ pauseOnConnect: true }, (accepted) => {
    const buffer = new ReadBuffer();
    const from = readInto(accepted, buffer);
    const to = connect({ host: "127.0.0.1", port: target });
    buffer.target = to;
    buffer.reader = (bytes) => {
      if (!to.write(bytes)) from.pause();
    };
    to.on("drain", () => {
      buffer.settle();
      from.resume();
    });
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
    to.on("error", () => from.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}

test("ReadBuffer reads into no buffer whose bytes still wait, however slowly they leave", async (context) => {
  const hash = createHash("sha256");
  let bytes = 0;
  let done = (): void => {};
  const end = new Promise<void>((resolve) => (done = resolve));
  // Reads in fits, with rests in which all that the kernel holds fills up: then writes wait.
  const slow = createServer((socket: Socket) => {
    socket.on("data", (part: Buffer) => {
      hash.update(part);
      const rests = Math.floor((bytes + part.length) / 8e6) > Math.floor(bytes / 8e6) || bytes === 0;
      bytes += part.length;
      if (!rests) return;
      socket.pause();
      setTimeout(() => socket.resume(), 150);
    });
    socket.on("end", done);
  });
  await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
  const copying = await startCopying((slow.address() as AddressInfo).port);
  context.after(() => {
    copying.close();
    slow.close();
  });
  const sent = createHash("sha256");
  const client = connect({ host: "127.0.0.1", port: copying.port, noDelay: true });
  let total = 0;
  for (let turn = 0; turn < 300; turn++) {
    const part = randomBytes(turn % 3 === 0 ? 400_000 : 1 + ((turn * 37) % 5_000));
    sent.update(part);
    total += part.length;
    if (!client.write(part)) await new Promise((resolve) => client.once("drain", resolve));
    if (turn % 10 === 0) await sleep(1);
  }
  client.end();
  await end;
  assert.equal(bytes, total);
  assert.equal(hash.digest("hex"), sent.digest("hex"));
});
