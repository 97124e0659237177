import assert from "node:assert/strict";
import { connect, createServer, type Server, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { RawClient } from "./rawClient.ts";
import { RecordsStage, skip, TestGate } from "./testRecords.ts";
import { codes, encodeMessage, encodeQuery } from "./wire/protocol.ts";
import { encodeStartup } from "./wire/startup.ts";

/** Size, number and malice: the gate stays within its bounds, and other sessions do not notice. */

let stage: RecordsStage;
let gate: TestGate;
before(async () => {
  if (skip !== false) return;
  stage = new RecordsStage(300);
  gate = await stage.gate({
    policy: { defaultGroup: "operators", groups: [{ name: "operators", budget: { hour: 100 } }] },
  });
});
after(() => stage?.close());

const open = (user: string): Promise<RawClient> =>
  RawClient.open({ port: gate.port, user, database: gate.place.database });

/** Megabytes that this process, with all threads of the gate, has grown by. */
function memory(): number {
  return process.memoryUsage().rss / 1024 ** 2;
}

test("a row of 200 MB passes through bounded memory", { skip }, async () => {
  const client = connect({ host: "127.0.0.1", port: gate.port });
  const before = memory();
  let bytes = 0;
  let most = 0;
  client.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes % 64 === 0) most = Math.max(most, memory());
  });
  client.write(
    encodeStartup({ version: codes.protocol30, parameters: { user: "p1", database: gate.place.database } }),
  );
  client.write(encodeQuery("select repeat('x', 200 * 1024 * 1024)"));
  for (let tries = 0; tries < 600 && bytes < 200 * 1024 ** 2; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(bytes > 200 * 1024 ** 2, `${bytes} bytes`);
  assert.ok(most - before < 400, `grew by ${Math.round(most - before)} MB`);
  client.destroy();
});

test("a counted row that is too long to look at is not let through", { skip }, async () => {
  const raw = await open("p2");
  await raw.query("select id, repeat(email, 2 * 1024 * 1024) from customers where id = 1");
  assert.deepEqual([raw.customers, raw.errors], [0, ["53400"]]);
  raw.close();
});

test("a statement of 10 MB is judged without making others wait", { skip }, async () => {
  const [large, small] = [await open("p3"), await open("p4")];
  const rows = Array.from({ length: 200_000 }, (_, at) => `(${at}, 'row ${at} ${"x".repeat(30)}')`);
  const done = large.query(`select count(*) from (values ${rows.join(",")}) v`);
  let answered = 0;
  while (!(await Promise.race([done, Promise.resolve(false)]))) {
    await small.query("select 1");
    answered += 1;
  }
  assert.match(large.text, /200000/);
  // It was not one after the other.
  assert.ok(answered > 5, `${answered} statements of another session meanwhile`);
  small.close();
  large.close();
});

test("a message that says it is longer than any may be ends its session only", { skip }, async () => {
  const [bad, good] = [await open("p5"), await open("p6")];
  const message = encodeMessage(0x51, "x");
  message.writeUInt32BE(0x7fff_ffff, 1);
  assert.equal(await bad.send(message), false);
  assert.equal(await good.query("select 1"), true);
  good.close();
});

const firsts: Record<string, Buffer> = {
  nothing: Buffer.alloc(0),
  zeros: Buffer.alloc(64),
  "a length below 8": Buffer.from([0, 0, 0, 4, 0, 3, 0, 0]),
  "a length of 2 GB": Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0]),
  "protocol 2": Buffer.from([0, 0, 0, 8, 0, 2, 0, 0]),
  "parameters that do not end": Buffer.concat([
    Buffer.from([0, 0, 0, 14, 0, 3, 0, 0]),
    Buffer.from("user\0a"),
  ]),
  "TLS that is not configured": Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]),
  HTTP: Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
  "bytes behind SSLRequest": Buffer.concat([
    Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]),
    Buffer.from("xxxx"),
  ]),
  replication: encodeStartup({
    version: codes.protocol30,
    parameters: { user: "p7", replication: "database" },
  }),
};

for (const [name, first] of Object.entries(firsts)) {
  test(`a connection that begins with ${name} ends, and the gate goes on`, { skip }, async () => {
    const socket = connect({ host: "127.0.0.1", port: gate.port });
    const heard: Buffer[] = [];
    socket.on("data", (bytes: Buffer) => heard.push(bytes));
    socket.on("error", () => {});
    socket.end(first);
    await new Promise<void>((resolve) => socket.on("close", () => resolve()));
    const text = Buffer.concat(heard).toString("latin1");
    assert.doesNotMatch(text, /R\0\0\0\b\0\0\0\0/);
    const good = await open("p8");
    assert.equal(await good.query("select 1"), true);
    good.close();
  });
}

/** A server that lets everybody in and then says nothing: PostgreSQL would need a process for each. */
async function quietServer(): Promise<{ server: Server; port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(
        Buffer.concat([
          encodeMessage(0x52, Buffer.alloc(4)),
          encodeMessage(0x4b, Buffer.alloc(8)),
          encodeMessage(0x5a, "I"),
        ]),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : 0, sockets };
}

test("a thousand idle sessions need little", { skip }, async () => {
  const quiet = await quietServer();
  const idle = await TestGate.start(gate.place, {
    server: { host: "127.0.0.1", port: quiet.port },
    policy: { defaultGroup: "g", groups: [{ name: "g" }] },
  });
  const before = memory();
  const clients: Socket[] = [];
  let ready = 0;
  const count = 1_000;
  for (let at = 0; at < count; at++) {
    const socket = connect({ host: "127.0.0.1", port: idle.port });
    socket.on("error", () => {});
    socket.once("data", () => void (ready += 1));
    socket.write(
      encodeStartup({
        version: codes.protocol30,
        parameters: { user: `u${at % 50}`, database: "elsewhere" },
      }),
    );
    clients.push(socket);
    if (at % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (let tries = 0; tries < 200 && ready < count; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(ready, count);
  // Both ends of the connections and the quiet server live in this process too.
  assert.ok(memory() - before < 300, `grew by ${Math.round(memory() - before)} MB`);
  for (const socket of [...clients, ...quiet.sockets]) socket.destroy();
  quiet.server.close();
  await idle.close();
});
