import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "../../lib/freePort.ts";
import { RawClient } from "./rawClient.ts";
import { RecordsStage, skip as noPostgres, TestGate } from "./testRecords.ts";

const program = "/usr/sbin/pgbouncer";
const skip =
  noPostgres !== false
    ? noPostgres
    : existsSync(program)
      ? false
      : "pgbouncer is not installed here (Debian: pgbouncer)";

const folder = mkdtempSync(join(tmpdir(), "sekisho-pgbouncer-"));
const started: ChildProcess[] = [];
let stage: RecordsStage;

before(() => {
  if (skip !== false) return;
  chmodSync(folder, 0o755);
  stage = new RecordsStage(500);
});
after(async () => {
  for (const child of started) child.kill();
  await stage?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A pgbouncer before this place, each session with a connection of its own. */
async function startPooler(name: string, host: string, port: number): Promise<number> {
  const listen = await freePort();
  const users = join(folder, "users.txt");
  writeFileSync(users, ['"p1" ""', '"p2" ""', '"watcher" ""'].join("\n"), { mode: 0o644 });
  const file = join(folder, `${name}.ini`);
  const lines = [
    "[databases]",
    `* = host=${host} port=${port}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${listen}`,
    "auth_type = trust",
    `auth_file = ${users}`,
    "pool_mode = session",
    "unix_socket_dir =",
    "ignore_startup_parameters = extra_float_digits",
  ];
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o644 });
  const asUser = process.getuid?.() === 0 ? ["-u", "postgres"] : [];
  started.push(spawn(program, [...asUser, "-q", file], { stdio: "ignore" }));
  for (let tries = 0; tries < 200; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: "127.0.0.1", port: listen });
      socket.on("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (open) return listen;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("pgbouncer does not listen");
}

const policy = { defaultGroup: "operators", groups: [{ name: "operators", budget: { hour: 50 } }] };

async function readsItsBudget(port: number, user: string, database: string): Promise<void> {
  const raw = await RawClient.open({ port, user, database });
  await raw.query("select id, email from customers");
  assert.deepEqual([raw.customers, raw.errors], [50, ["53400"]]);
  raw.forget();
  await raw.query("select string_agg(email, ',') from customers");
  assert.deepEqual([raw.customers, raw.errors], [0, ["42501"]]);
  assert.equal(await raw.query("select 'still here'"), true);
  assert.match(raw.text, /still here/);
  raw.close();
}

test("the gate counts and cuts with pgbouncer behind it", { skip }, async () => {
  const place = await stage.database();
  const pooler = await startPooler("behind", place.host, 5432);
  const server = { host: "127.0.0.1", port: pooler };
  const gate = await TestGate.start(place, { server, policy });
  await readsItsBudget(gate.port, "p1", place.database);
  await gate.close();
});

test("the gate counts and cuts with pgbouncer before it", { skip }, async () => {
  const gate = await stage.gate({ policy });
  const pooler = await startPooler("before", "127.0.0.1", gate.port);
  await readsItsBudget(pooler, "p2", gate.place.database);
});
