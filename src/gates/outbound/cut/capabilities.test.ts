import assert from "node:assert/strict";
import { chmodSync, chownSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { siblingModule } from "../../../lib/sibling.ts";
import { EnforcerClient } from "./enforcerClient.ts";
import { addresses, noNamespaces, orderOf, planOf, TestNet } from "./testNet.ts";

const skip = noNamespaces !== false ? noNamespaces : existsSync("/usr/bin/setpriv") ? false : "needs setpriv";
const nobody = 65_534;

let net: TestNet;
let client: EnforcerClient;
const lines: string[] = [];
const problems: string[] = [];

before(async () => {
  if (skip !== false) return;
  net = new TestNet();
  chmodSync(net.folder, 0o755);
  const own = join(net.folder, "own");
  mkdirSync(own);
  chownSync(own, nobody, nobody);
  const program = fileURLToPath(siblingModule(import.meta.url, "./runEnforcer"));
  const token = "0123456789abcdef0123456789abcdef";
  const privileges = [
    `--reuid=${nobody}`,
    `--regid=${nobody}`,
    "--clear-groups",
    "--no-new-privs",
    "--inh-caps=-all,+net_admin",
    "--ambient-caps=-all,+net_admin",
    "--bounding-set=-all,+net_admin",
  ];
  const command = [process.execPath, "--disable-warning=ExperimentalWarning", program];
  const paths = [join(own, "enforcer.sock"), join(own, "state.json")];
  const environment = ["/usr/bin/env", `SEKISHO_LINK_TOKEN=${token}`];
  net.start("gateway", "setpriv", ...privileges, ...environment, ...command, ...paths);
  client = new EnforcerClient(
    { socketPath: paths[0] as string, token, start: null },
    { onProblem: (problem) => problems.push(problem) },
  );
  await net.serve("outside");
  net.send("pc", `udp ${addresses.outside} 7000`);
  await client.plan(planOf());
});

after(() => {
  if (skip !== false) return;
  client.close();
  net.close();
});

test("the enforcer does all its work as nobody, with CAP_NET_ADMIN alone", { skip }, async () => {
  const flow = `udp ${addresses.pc}`;
  assert.deepEqual(await net.untilFlowing("outside", [flow]), [flow]);
  client.watchConnections((more) => lines.push(...more));
  const answer = await client.apply(orderOf("one", { do: "isolate", address: addresses.pc }));
  assert.deepEqual([answer.ok, answer.problem], [true, null]);
  assert.deepEqual(await net.untilFlowing("outside", []), []);
  await client.lift("one");
  assert.deepEqual(await net.untilFlowing("outside", [flow]), [flow]);
  assert.ok(lines.some((line) => line.includes("dport=7000")));
  assert.equal(net.inside("gateway", "sysctl", "-n", "net.netfilter.nf_conntrack_acct").trim(), "1");
  assert.deepEqual(problems, []);
});
