import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EnforcerClient } from "./enforcerClient.ts";
import { addresses, noNamespaces, planOf, TestNet } from "./testNet.ts";

const skip = noNamespaces;
const { pc, outside, partner } = addresses;

let net: TestNet;
let client: EnforcerClient;
let lines: string[] = [];
let lost = 0;
const problems: string[] = [];

before(async () => {
  if (skip !== false) return;
  net = new TestNet();
  await net.serve("outside");
  client = new EnforcerClient(
    {
      socketPath: join(net.folder, "enforcer.sock"),
      start: {
        stateFile: join(net.folder, "state.json"),
        networkNamespace: net.namespace("gateway"),
        logFile: null,
      },
    },
    { onProblem: (problem) => problems.push(problem) },
  );
  await client.plan(planOf());
  net.send("pc", `tcp ${outside} 7000`);
  assert.deepEqual(await net.untilFlowing("outside", [`tcp ${pc}`]), [`tcp ${pc}`]);
  client.watchConnections((more, dropped) => {
    lines.push(...more);
    lost += dropped;
  });
});

after(() => {
  if (skip !== false) return;
  client.close();
  net.close();
});

async function untilLine(pattern: RegExp, msMax = 10_000): Promise<string> {
  const end = performance.now() + msMax;
  for (;;) {
    const found = lines.find((line) => pattern.test(line));
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`no line like ${pattern} among ${lines.length}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function conntrackPid(): number {
  return Number(execFileSync("pgrep", ["-P", String(client.pid), "conntrack"], { encoding: "utf8" }));
}

test(
  "watchConnections() tells what was open already, what begins, and what ends with its bytes",
  { skip },
  async () => {
    const open = await untilLine(new RegExp(`\\[NEW\\].* tcp .*src=${pc} dst=${outside} .*dport=7000`));
    assert.match(open, /^\[\d+\.\d{6}\]\s+\[NEW\] ipv4 +2 tcp .* id=\d+/);
    net.inside("pc", "/bin/bash", "-c", `echo hello > /dev/udp/${outside}/4001`);
    await untilLine(new RegExp(`\\[NEW\\].* udp .*src=${pc} dst=${outside} .*dport=4001`));
    net.inside("gateway", "conntrack", "-D", "-p", "udp", "--dport", "4001");
    await untilLine(/\[DESTROY\].* udp .*dport=4001 packets=1 bytes=34 /);
  },
);

test(
  "watchConnections() goes on after kill -9 of conntrack, and finds what began meanwhile",
  { skip },
  async () => {
    process.kill(conntrackPid(), "SIGKILL");
    net.inside("pc", "/bin/bash", "-c", `echo hello > /dev/udp/${outside}/4002`);
    await untilLine(/\[NEW\].* udp .*dport=4002/);
    assert.match(problems.join(), /conntrack ended \(SIGKILL\)/);
  },
);

test(
  "watchConnections() counts the events that the kernel dropped, and finds the connections",
  { skip },
  async () => {
    lines = [];
    lost = 0;
    const pid = conntrackPid();
    process.kill(pid, "SIGSTOP");
    await net.burst("pc", partner, 2);
    process.kill(pid, "SIGCONT");
    const end = performance.now() + 20_000;
    const begun = () =>
      new Set(lines.filter((line) => line.includes("[NEW]")).map((line) => / id=(\d+)/.exec(line)?.[1]));
    while ((lost === 0 || begun().size < 100_000) && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(lost > 0, "nothing was lost");
    assert.ok(begun().size >= 100_000, `${begun().size} connections seen, ${lost} events lost`);
  },
);
