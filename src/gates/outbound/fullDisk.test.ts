import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findMarkedProcess } from "../../lib/processMark.ts";
import { waitUntil } from "../../station/testPorts.ts";
import { addresses, noNamespaces, TestNet } from "./cut/testNet.ts";
import { startOutboundGate, type RunningOutboundGate } from "./outboundGate.ts";
import { OutboundSettings } from "./settings.ts";

function fill(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const filler = join(folder, "filler");
  for (let blocks = Number(bavail); ; blocks -= 1) {
    try {
      writeFileSync(filler, Buffer.alloc(blocks * Number(bsize)));
      return;
    } catch {
      rmSync(filler, { force: true });
    }
  }
}

/** A gate whose folder is on a small disk of its own, on a gateway between real hosts. */
describe("an outbound gate on a full disk", { skip: noNamespaces }, () => {
  const problems: string[] = [];
  let net: TestNet;
  let disk: string;
  let gate: RunningOutboundGate | null = null;

  before(async () => {
    net = new TestNet();
    disk = join(net.folder, "disk");
    mkdirSync(disk);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m,mode=700", "sekisho", disk]);
    assert.equal(mounted.status, 0);
    for (const name of ["keys", "run", "evidence", "outbound"]) mkdirSync(join(disk, name), { mode: 0o700 });
    await net.serve("outside");
    await start();
  });

  after(async () => {
    await gate?.close();
    spawnSync("umount", ["-l", disk]);
    net?.close();
  });

  async function start(): Promise<void> {
    gate = await startOutboundGate({
      settings: OutboundSettings.parse({
        internal: ["10.77.0.0/16"],
        sources: { conntrack: true },
        record: { flushSeconds: 0.5 },
        hosts: [
          { name: "database", addresses: [addresses.pc, addresses.pc6], role: "personal-data-server" },
          { name: "other database", addresses: [addresses.other], role: "personal-data-server" },
        ],
        cut: {
          networkNamespace: net.namespace("gateway"),
          administrators: [{ name: "a", from: ["10.77.9.0/24"] }],
        },
      }),
      dataFolder: disk,
      version: "test",
      token: "0".repeat(48),
      log: (_level, message, fields) => void problems.push(`${message} ${JSON.stringify(fields)}`),
      onStop: () => {},
    });
  }

  test("isolates a silent server all the same, and says that the disk is full", async () => {
    fill(disk);
    const flow = net.send("pc", `tcp ${addresses.outside} 7000`, `udp ${addresses.outside} 7000`);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    assert.deepEqual(await net.untilFlowing("outside", []), [], problems.join("\n"));
    assert.ok(
      problems.some((problem) => /full|ENOSPC/.test(problem)),
      problems.join("\n"),
    );
    flow.kill();
  });

  test("cuts after a start on the full disk too", async () => {
    await gate?.close();
    gate = null;
    await start();
    const flow = net.send("other", `udp ${addresses.outside} 7000`);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    assert.deepEqual(await net.untilFlowing("outside", []), [], problems.join("\n"));
    flow.kill();
  });

  test("cuts by an enforcer that was killed and came back on the full disk", async () => {
    const enforcer = findMarkedProcess(join(disk, "run/enforcer.sock.pid"));
    process.kill(enforcer as number, "SIGKILL");
    const flow = net.send("pc", `udp ${addresses.outside6} 7000`);
    const [wasOpen] = [`udp ${addresses.pc6}`];
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    assert.ok(wasOpen in (await net.stamps("outside")), "it went out before the enforcer was back");
    assert.deepEqual(await net.untilFlowing("outside", []), [], problems.join("\n"));
    flow.kill();
  });

  test("writes down what it could not, once there is room", async () => {
    rmSync(join(disk, "filler"));
    const spool = (): string =>
      globSync(join(disk, "outbound/spool/segment-*"))
        .map((file) => readFileSync(file, "utf8"))
        .join("");
    const ordered = (address: string): boolean =>
      spool()
        .split("\n")
        .some((line) => line.includes('"cut-in-place"') && line.includes(`"target":"${address}"`));
    for (const address of [addresses.pc, addresses.other, addresses.pc6])
      await waitUntil(() => ordered(address), `the entry of ${address}`);
  });
});
