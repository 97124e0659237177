import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CutAct } from "../src/gates/outbound/cut/cutOrder.ts";
import { EnforcerClient } from "../src/gates/outbound/cut/enforcerClient.ts";
import { squidConfiguration } from "../src/gates/outbound/cut/squidList.ts";
import { addresses, noNamespaces, orderOf, planOf, TestNet } from "../src/gates/outbound/cut/testNet.ts";

/**
 * Order → last packet, in network namespaces with real sockets: established TCP, UDP every 2 ms and a
 * running tunnel of Squid, with 100,000 intelligence entries loaded. `node bench/cut.ts [--rounds=50]
 * [--entries=100000]`; needs root, nft, conntrack and squid.
 */
const rounds = Number(process.argv.find((word) => /^--rounds=\d+$/.test(word))?.slice(9) ?? 50);
const entries = Number(process.argv.find((word) => /^--entries=\d+$/.test(word))?.slice(10) ?? 100_000);
const { pc, outside, gatewayInside } = addresses;
const proxied = "tcp 198.51.100.1";
const direct = [`tcp ${pc}`, `udp ${pc}`];

type Row = {
  what: string;
  answer: number[];
  inPlace: number[];
  server: number[];
  proof: number[];
  passed: number;
};

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function quantile(values: readonly number[], share: number): string {
  const sorted = values.toSorted((one, other) => one - other);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return (value ?? Number.NaN).toFixed(1).padStart(7);
}

/** One kind of order, many times: given, measured, lifted, and all flows seen again before the next. */
async function measure(
  { net, client }: { net: TestNet; client: EnforcerClient },
  { what, act, stops }: { what: string; act: CutAct; stops: readonly string[] },
): Promise<Row> {
  const row: Row = { what, answer: [], inPlace: [], server: [], proof: [], passed: 0 };
  for (let round = 0; round < rounds; round += 1) {
    let flowing = await net.flowing("outside", 60);
    for (let tries = 0; tries < 100 && !stops.every((flow) => flowing.includes(flow)); tries += 1) {
      flowing = await net.flowing("outside", 60);
    }
    if (!stops.every((flow) => flowing.includes(flow))) throw new Error(`${what}: flows did not come back`);
    const id = `${what}-${round}`;
    const orderedMs = nowMs();
    const answer = await client.apply(orderOf(id, act));
    row.answer.push(nowMs() - orderedMs);
    if (!answer.ok) throw new Error(answer.problem ?? what);
    await sleep(150);
    const stamps = await net.stamps("outside");
    row.server.push(Math.max(...stops.map((flow) => stamps[flow]?.lastMs ?? 0)) - orderedMs);
    const proof = (await client.list()).proofs.find((one) => one.id === id);
    row.inPlace.push(proof?.inPlaceMs ?? Number.NaN);
    row.proof.push(proof?.lastPacketMs ?? Number.NaN);
    row.passed += proof?.passedSince ?? 0;
    await client.lift(id);
  }
  return row;
}

/** CPU of the enforcer and its children over some seconds with an order in force. */
async function restingCost(client: EnforcerClient, seconds: number): Promise<string> {
  await client.apply(orderOf("resting", { do: "block", addresses: ["192.0.2.1"], names: [] }));
  await sleep(500);
  const pid = client.pid as number;
  const children = execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map(Number);
  const ticks = () => [pid, ...children].reduce((sum, one) => sum + ticksOf(one), 0);
  const before = ticks();
  await sleep(seconds * 1000);
  const share = (ticks() - before) / 100 / seconds;
  const megabytes = [pid, ...children].map((one) => rssOf(one));
  await client.lift("resting");
  const memory = `${megabytes[0]} MB, and ${megabytes.slice(1).reduce((sum, one) => sum + one, 0)} MB of nft`;
  return `reconciling each second: ${(share * 100).toFixed(1)} % of one processor; memory ${memory}`;
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function rssOf(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(kilobytes ?? 0) / 1024);
}

function startSquid(net: TestNet, listFile: string): boolean {
  if (!existsSync("/usr/sbin/squid")) return false;
  const folder = join(net.folder, "squid");
  chmodSync(net.folder, 0o755);
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  const own = `pid_filename ${folder}/squid.pid\ncache_log ${folder}/cache.log\naccess_log none\n`;
  const listening = `http_port ${gatewayInside}:3128\nvisible_hostname gateway\n`;
  const rules = `${squidConfiguration({ listFile })}http_access allow all\n`;
  writeFileSync(join(folder, "squid.conf"), `${listening}${own}${rules}`);
  net.start("gateway", "/usr/sbin/squid", "-N", "-f", join(folder, "squid.conf"));
  return true;
}

async function loadEntries(net: TestNet, client: EnforcerClient): Promise<string> {
  const file = join(net.folder, "intel.txt");
  const line = (at: number) => `172.${16 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}\n`;
  writeFileSync(file, Array.from({ length: entries }, (_, at) => line(at)).join(""));
  const started = nowMs();
  const loading = client.loadIntel(file);
  const waits: number[] = [];
  let done = false;
  void loading.then(() => (done = true));
  while (!done) {
    const answer = await client.apply(
      orderOf("load", { do: "block", addresses: ["192.0.2.200"], names: [] }),
    );
    waits.push(answer.proof?.inPlaceMs ?? Number.NaN);
    await client.lift("load");
    await sleep(20);
  }
  const { ok, problem } = await loading;
  if (!ok) throw new Error(problem ?? "intelligence list");
  const figures = `in place p50 ${quantile(waits, 0.5).trim()} ms, max ${quantile(waits, 1).trim()} ms`;
  const seconds = ((nowMs() - started) / 1000).toFixed(1);
  return `${entries} entries in ${seconds} s; ${waits.length} orders meanwhile: ${figures}`;
}

async function run(net: TestNet, client: EnforcerClient): Promise<void> {
  const listFile = join(net.folder, "squid.list");
  await net.serve("outside");
  const squid = startSquid(net, listFile);
  const started = nowMs();
  const hooks: ("forward" | "output" | "input")[] = ["forward", "output", "input"];
  await client.plan(planOf({ squid: { listFile }, hooks }));
  process.stdout.write(`enforcer started and in place after ${(nowMs() - started).toFixed(0)} ms\n`);
  if (squid) await sleep(1_500);
  const tunnel = squid ? [`tunnel ${gatewayInside} 3128 ${outside} 7000`] : [];
  net.send("pc", `tcp ${outside} 7000`, `udp ${outside} 7000`, ...tunnel);
  process.stdout.write(`${await loadEntries(net, client)}\n`);
  process.stdout.write(`${await restingCost(client, 10)}\n\n`);
  const stops = squid ? [...direct, proxied] : direct;
  process.stdout.write(`ms after the order (n=${rounds})    p50     p99     max\n`);
  for (const [what, act] of [
    ["block", { do: "block", addresses: [outside], names: [] }],
    ["isolate", { do: "isolate", address: pc }],
    ["zone", { do: "cut-zone", zone: "floor", networks: ["10.77.1.0/24"] }],
    ["cut-off", { do: "cut-off" }],
  ] as const satisfies [string, CutAct][]) {
    const row = await measure({ net, client }, { what, act: act as CutAct, stops });
    printRow(row);
  }
}

function printRow({ what, answer, inPlace, server, proof, passed }: Row): void {
  const figures = { answered: answer, "in place": inPlace, "last packet, server": server };
  for (const [name, values] of Object.entries({ ...figures, "last packet, proof": proof })) {
    const shares = [0.5, 0.99, 1].map((share) => quantile(values, share)).join(" ");
    process.stdout.write(`${what.padEnd(8)} ${name.padEnd(20)} ${shares}\n`);
  }
  process.stdout.write(`${what.padEnd(8)} passed since: ${passed}\n`);
}

if (noNamespaces !== false) {
  process.stdout.write(`not measured: ${noNamespaces}\n`);
} else {
  const net = new TestNet();
  const client = new EnforcerClient(
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
  try {
    await run(net, client);
  } finally {
    client.close();
    net.close();
  }
}
