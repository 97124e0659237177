import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Resolver } from "node:dns/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "../../../lib/freePort.ts";
import type { CutPlan } from "./cutOrder.ts";
import { tellResolvers } from "./resolverZones.ts";
import { planOf } from "./testNet.ts";

const missing = ["unbound", "unbound-control", "dnsmasq"].filter((name) => !existsSync(`/usr/sbin/${name}`));
const skip =
  missing.length > 0 ? `needs ${missing.join(", ")}` : process.getuid?.() === 0 ? false : "needs root";

const children: ChildProcess[] = [];
let folder = "";
let plan: CutPlan;
let askUnbound: Resolver;
let askDnsmasq: Resolver;

before(async () => {
  if (skip !== false) return;
  folder = mkdtempSync(join(tmpdir(), "sekisho-resolvers-"));
  chmodSync(folder, 0o755);
  const [upstream, unbound, dnsmasq] = [await freePort(), await freePort(), await freePort()];
  // The world outside, in which every name below .example has an address that may be kept for an hour.
  run("dnsmasq", ...masq("upstream", upstream), "--address=/example/192.0.2.80", "--local-ttl=3600");
  writeUnbound(unbound, upstream);
  run("unbound", "-d", "-c", join(folder, "unbound.conf"));
  writeFileSync(join(folder, "servers"), "");
  const pidFile = join(folder, "second.pid");
  const words = [`--server=127.0.0.1#${upstream}`, `--servers-file=${join(folder, "servers")}`];
  run("dnsmasq", ...masq("second", dnsmasq), ...words);
  askUnbound = resolverAt(unbound);
  askDnsmasq = resolverAt(dnsmasq);
  plan = planOf({
    unbound: {
      zoneFile: join(folder, "zone", "emergency.zone"),
      zone: "sekisho-emergency",
      configFile: join(folder, "unbound.conf"),
    },
    dnsmasq: { serversFile: join(folder, "servers"), pidFile },
  });
  for (const resolver of [askUnbound, askDnsmasq]) await until(resolver, "warm.example", "192.0.2.80");
});

after(() => {
  for (const child of children) child.kill("SIGKILL");
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

function run(program: string, ...words: string[]): void {
  children.push(spawn(`/usr/sbin/${program}`, words, { stdio: "ignore" }));
}

function masq(name: string, port: number): string[] {
  const own = ["--keep-in-foreground", "--no-hosts", "--no-resolv", "--conf-file=/dev/null", "--user=root"];
  return [
    ...own,
    `--port=${port}`,
    "--listen-address=127.0.0.1",
    "--bind-interfaces",
    `--pid-file=${folder}/${name}.pid`,
  ];
}

function writeUnbound(port: number, upstream: number): void {
  mkdirSync(join(folder, "zone"));
  writeFileSync(
    join(folder, "zone", "emergency.zone"),
    "@ SOA localhost. root.localhost. 1 60 60 86400 1\n@ NS localhost.\n",
  );
  writeFileSync(
    join(folder, "unbound.conf"),
    `server:
  interface: 127.0.0.1@${port}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: "${folder}/unbound.pid"
  use-syslog: no
  do-not-query-localhost: no
  module-config: "respip iterator"
remote-control:
  control-enable: yes
  control-interface: ${folder}/control.sock
  control-use-cert: no
rpz:
  name: sekisho-emergency
  zonefile: "${folder}/zone/emergency.zone"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstream}
`,
  );
}

function resolverAt(port: number): Resolver {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  return resolver;
}

async function answerOf(resolver: Resolver, name: string): Promise<string> {
  try {
    return (await resolver.resolve4(name)).join();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "error";
  }
}

async function until(resolver: Resolver, name: string, expected: string): Promise<void> {
  const end = performance.now() + 5_000;
  let answer = "";
  while (performance.now() < end) {
    answer = await answerOf(resolver, name);
    if (answer === expected) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(answer, expected, name);
}

test(
  "tellResolvers() makes names NXDOMAIN in unbound and dnsmasq, cached ones too, and gives them back",
  { skip },
  async () => {
    for (const resolver of [askUnbound, askDnsmasq]) {
      for (const name of ["evil.example", "c2.evil.example", "good.example"])
        await until(resolver, name, "192.0.2.80");
    }
    assert.deepEqual(await tellResolvers(plan, ["evil.example"]), []);
    for (const resolver of [askUnbound, askDnsmasq]) {
      for (const name of ["evil.example", "c2.evil.example", "new.evil.example"])
        await until(resolver, name, "ENOTFOUND");
      assert.equal(await answerOf(resolver, "good.example"), "192.0.2.80");
    }
    assert.deepEqual(await tellResolvers(plan, []), []);
    for (const resolver of [askUnbound, askDnsmasq]) await until(resolver, "evil.example", "192.0.2.80");
  },
);

test(
  "tellResolvers() tells each resolver that did not take the names, and signals no stranger",
  { skip },
  async () => {
    const stranger = spawn("sleep", ["60"]);
    children.push(stranger);
    const pidFile = join(folder, "stranger.pid");
    writeFileSync(pidFile, `${stranger.pid}\n`);
    const wrong = planOf({
      unbound: {
        zoneFile: join(folder, "zone", "x"),
        zone: "nowhere",
        configFile: join(folder, "unbound.conf"),
      },
      dnsmasq: { serversFile: join(folder, "servers"), pidFile },
    });
    const problems = await tellResolvers(wrong, ["evil.example"]);
    assert.match(problems[0] ?? "", /^unbound does not hold the names: .*nowhere/);
    assert.match(problems[1] ?? "", /^dnsmasq does not hold the names: process \d+ is sleep, not dnsmasq/);
    assert.equal(
      execFileSync("ps", ["-o", "comm=", "-p", String(stranger.pid)], { encoding: "utf8" }).trim(),
      "sleep",
    );
  },
);
