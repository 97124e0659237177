import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../../../lib/freePort.ts";
import type { Seen } from "../connection.ts";
import { SQUID_LOGFORMAT, SquidReader } from "./squid.ts";

const squid = spawnSync("squid", ["-v"]).error === undefined ? false : "Squid is not installed";

test(
  "a real Squid writes the logformat, and SquidReader reads uploads and tunnels in it",
  { skip: squid },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "sekisho-squid-"));
    chmodSync(folder, 0o777); // Squid goes on as another user.
    const port = await freePort();
    const log = join(folder, "access.log");
    const config = [`http_port 127.0.0.1:${port}`, SQUID_LOGFORMAT, `access_log stdio:${log} sekisho`];
    config.push(
      "http_access allow all",
      "pid_filename none",
      "shutdown_lifetime 0 seconds",
      "cache deny all",
    );
    config.push(
      "cache_log /dev/null",
      "cache_store_log none",
      "netdb_filename none",
      "pinger_enable off",
      "",
    );
    writeFileSync(join(folder, "squid.conf"), config.join("\n"));
    const child = spawn("squid", ["-N", "-f", join(folder, "squid.conf")], { stdio: "ignore" });
    const web = createServer((_, response) => response.end("seen")).listen(0, "127.0.0.1");
    const echo = createTcpServer((socket) => socket.resume().on("end", () => socket.end("bye"))).listen(
      0,
      "127.0.0.1",
    );
    try {
      await Promise.all([once(web, "listening"), once(echo, "listening"), untilOpen(port)]);
      await upload(port, (web.address() as AddressInfo).port);
      await tunnel(port, (echo.address() as AddressInfo).port);
      const seen = await readTwo(log);
      const connections = seen.flatMap((one) => (one.table === "connection" ? [one] : []));
      const namings = seen.flatMap((one) => (one.table === "naming" ? [one] : []));
      assert.ok((connections[0]?.origBytes ?? 0) > 50_000);
      assert.ok((connections[1]?.origBytes ?? 0) > 30_000);
      assert.deepEqual(
        connections.map(({ dst, service }) => [dst, service]),
        [
          ["127.0.0.1", "http"],
          ["127.0.0.1", "tunnel"],
        ],
      );
      assert.deepEqual(
        namings.map(({ method, host, dstPort, agent }) => [method, host, dstPort, agent]),
        [
          ["POST", "localhost", port, 'an "odd" agent % of\tours'],
          ["CONNECT", "127.0.0.1", port, null],
        ],
      );
      // Squid leaves the question of a URL out by itself, and that is as it should be: names stand in it.
      assert.match(namings[0]?.uri ?? "", /\/a%20b\?$/);
    } finally {
      child.kill("SIGKILL");
      web.close();
      echo.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

async function untilOpen(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = connect(port, "127.0.0.1");
    const open = await Promise.race([
      once(socket, "connect").then(
        () => true,
        () => false,
      ),
    ]);
    socket.destroy();
    if (open) return;
    await setTimeout(50);
  }
  throw new Error("Squid does not listen");
}

async function upload(proxy: number, port: number): Promise<void> {
  const headers = { "User-Agent": 'an "odd" agent % of\tours', Host: `localhost:${port}` };
  const asked = request({
    host: "127.0.0.1",
    port: proxy,
    method: "POST",
    path: `http://localhost:${port}/a%20b?c=d`,
    headers,
  });
  asked.end(Buffer.alloc(50_000));
  const [response] = await once(asked, "response");
  response.resume();
  await once(response, "end");
}

async function tunnel(proxy: number, port: number): Promise<void> {
  const socket = connect(proxy, "127.0.0.1");
  socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  await once(socket, "data");
  socket.end(Buffer.alloc(30_000));
  socket.resume();
  await once(socket, "close");
}

async function readTwo(log: string): Promise<Seen[]> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    await setTimeout(50);
    let lines: string[] = [];
    try {
      lines = readFileSync(log, "utf8").split("\n").slice(0, -1);
    } catch {
      continue; // Not yet there.
    }
    // Probes of this test for the open port are requests without a request.
    const reader = new SquidReader();
    const seen = lines.filter((line) => / (POST|CONNECT) /.test(line)).map((line) => reader.read(line));
    if (seen.length < 2) continue;
    assert.deepEqual(
      seen.map(({ problem }) => problem),
      [null, null],
    );
    return seen.flatMap((one) => one.seen);
  }
  throw new Error("Squid wrote no two lines");
}
