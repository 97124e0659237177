import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EnforcerClient } from "./enforcerClient.ts";
import { squidConfiguration } from "./squidList.ts";
import { addresses, noNamespaces, orderOf, planOf, TestNet } from "./testNet.ts";

const skip = noNamespaces !== false ? noNamespaces : existsSync("/usr/sbin/squid") ? false : "needs squid";
const { gatewayInside, outside } = addresses;

let net: TestNet;
let client: EnforcerClient;

before(async () => {
  if (skip !== false) return;
  net = new TestNet();
  chmodSync(net.folder, 0o755);
  const squid = join(net.folder, "squid");
  mkdirSync(squid);
  chmodSync(squid, 0o777);
  const listFile = join(net.folder, "squid.list");
  writeFileSync(
    join(squid, "squid.conf"),
    `http_port ${gatewayInside}:3128
visible_hostname gateway
pid_filename ${squid}/squid.pid
cache_log ${squid}/cache.log
access_log stdio:${squid}/access.log
cache deny all
shutdown_lifetime 0 seconds
${squidConfiguration({ listFile })}
http_access allow all
`,
  );
  await net.serve("outside");
  net.start("gateway", "/usr/sbin/squid", "-N", "-f", join(squid, "squid.conf"));
  client = new EnforcerClient(
    {
      socketPath: join(net.folder, "enforcer.sock"),
      start: {
        stateFile: join(net.folder, "state.json"),
        networkNamespace: net.namespace("gateway"),
        logFile: null,
      },
    },
    {},
  );
  await client.plan(planOf({ squid: { listFile } }));
});

after(() => {
  if (skip !== false) return;
  client.close();
  net.close();
});

/** Asks the proxy for a tunnel, until it answers at all; the status line. */
async function tunnel(target: string): Promise<string> {
  for (let tries = 0; tries < 50; tries += 1) {
    const sender = net.send("pc", `tunnel ${gatewayInside} 3128 ${target} 7000`);
    const status = await Promise.race([
      new Promise<string>((resolve) =>
        sender.stdout?.once("data", (line: Buffer) => resolve(line.toString().trim())),
      ),
      new Promise<string>((resolve) => setTimeout(() => resolve(""), 2_000)),
    ]);
    if (status !== "") return status;
    sender.kill("SIGKILL");
  }
  return readFileSync(join(net.folder, "squid", "cache.log"), "utf8").slice(-2_000);
}

// The proxy's own address towards the outside: that is what the server sees.
const throughProxy = ["tcp 198.51.100.1"];

test("a block stops a running tunnel of the proxy, and new requests are refused", { skip }, async () => {
  assert.match(await tunnel(outside), /^HTTP\/1\.1 200 /);
  assert.deepEqual(await net.untilFlowing("outside", throughProxy), throughProxy);
  const orderedMs = Number(process.hrtime.bigint()) / 1e6;
  const answer = await client.apply(
    orderOf("tunnel", { do: "block", addresses: [outside], names: ["evil.example"] }),
  );
  assert.equal(answer.ok, true);
  assert.deepEqual(await net.untilFlowing("outside", []), []);
  const last = ((await net.stamps("outside"))[throughProxy[0] as string]?.lastMs as number) - orderedMs;
  assert.ok(last < 1_000, `last packet through the proxy ${last} ms after the order`);
  assert.match(await tunnel(outside), /^HTTP\/1\.1 403 /);
  assert.match(await tunnel("www.evil.example"), /^HTTP\/1\.1 403 /);
  await client.lift("tunnel");
  assert.deepEqual(await net.untilFlowing("outside", throughProxy, 20_000), throughProxy);
  assert.match(await tunnel(outside), /^HTTP\/1\.1 200 /);
});

test("an isolated host gets no new tunnel, and its running one stops", { skip }, async () => {
  await client.plan(
    planOf({ squid: { listFile: join(net.folder, "squid.list") }, hooks: ["forward", "output", "input"] }),
  );
  assert.deepEqual(await net.untilFlowing("outside", throughProxy), throughProxy);
  await client.apply(orderOf("pc", { do: "isolate", address: addresses.pc }));
  assert.deepEqual(await net.untilFlowing("outside", []), []);
  await client.lift("pc");
});
