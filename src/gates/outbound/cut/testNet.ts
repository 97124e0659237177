import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { whyNoNamespaces } from "../../../lib/networkNamespaces.ts";
import { siblingModule } from "../../../lib/sibling.ts";
import { CutPlan, type CutAct, type CutOrder } from "./cutOrder.ts";

/** Why namespaces cannot be made here; false where they can. For `{ skip }` of tests. */
export const noNamespaces: string | false = whyNoNamespaces(["nft", "conntrack"]);

export const addresses = {
  pc: "10.77.1.10",
  pc6: "fd77:1::10",
  other: "10.77.2.10",
  admin: "10.77.9.10",
  outside: "198.51.100.10",
  outside6: "2001:db8:100::10",
  partner: "203.0.113.10",
  /** The gateway on the PC's side, where a proxy listens. */
  gatewayInside: "10.77.1.1",
} as const;

/** A host by name → its namespace's link: own address and the gateway's, IPv4 and IPv6. */
const hosts = {
  pc: ["10.77.1.10", "10.77.1.1", "fd77:1::10", "fd77:1::1"],
  other: ["10.77.2.10", "10.77.2.1", "fd77:2::10", "fd77:2::1"],
  admin: ["10.77.9.10", "10.77.9.1", "fd77:9::10", "fd77:9::1"],
  outside: ["198.51.100.10", "198.51.100.1", "2001:db8:100::10", "2001:db8:100::1"],
  partner: ["203.0.113.10", "203.0.113.1", "2001:db8:200::10", "2001:db8:200::1"],
} as const;
export type HostName = keyof typeof hosts;

const program = fileURLToPath(siblingModule(import.meta.url, "./testTraffic"));
let count = 0;

export type Stamps = Record<string, { packets: number; lastMs: number }>;

/** Two hosts inside, an administrator, two hosts outside, and a gateway between them. */
export class TestNet {
  readonly folder = mkdtempSync(join(tmpdir(), "sekisho-net-"));
  readonly #prefix = `sk${process.pid}-${(count += 1)}`;
  readonly #children: ChildProcess[] = [];
  readonly #servers = new Map<HostName, { child: ChildProcess; lines: Interface }>();

  constructor() {
    const gateway = this.namespace("gateway");
    ip("netns", "add", gateway);
    for (const [at, [name, [own, next, own6, next6]]] of Object.entries(hosts).entries()) {
      const namespace = this.namespace(name as HostName);
      const link = `s${process.pid}${count}${at}`;
      ip("netns", "add", namespace);
      ip("link", "add", `${link}a`, "netns", namespace, "type", "veth", "peer", `${link}b`, "netns", gateway);
      for (const [where, device, four, six] of [
        [namespace, `${link}a`, own, own6],
        [gateway, `${link}b`, next, next6],
      ] as const) {
        ip("-n", where, "addr", "add", `${four}/24`, "dev", device);
        ip("-n", where, "addr", "add", `${six}/64`, "dev", device, "nodad");
        ip("-n", where, "link", "set", device, "up");
        ip("-n", where, "link", "set", "lo", "up");
      }
      ip("-n", namespace, "route", "add", "default", "via", next);
      ip("-n", namespace, "-6", "route", "add", "default", "via", next6);
    }
    this.inside("gateway", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
  }

  namespace(host: HostName | "gateway"): string {
    return `${this.#prefix}-${host}`;
  }

  /** Runs a program to its end in a host's namespace. */
  inside(host: HostName | "gateway", ...command: string[]): string {
    return ip("netns", "exec", this.namespace(host), ...command);
  }

  /** Starts a program in a host's namespace; it ends with the net. */
  start(host: HostName | "gateway", ...command: string[]): ChildProcess {
    const child = spawn("ip", ["netns", "exec", this.namespace(host), ...command], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin?.on("error", () => {});
    this.#children.push(child);
    return child;
  }

  /** A server for TCP and UDP on port 7000 that stamps what comes. */
  async serve(host: HostName, port = 7000): Promise<void> {
    const child = this.start(host, ...node, program, "serve", String(port));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    this.#servers.set(host, { child, lines });
    await new Promise((resolve) => lines.once("line", resolve));
  }

  /** Keeps sending; see testTraffic.ts for flows. */
  send(host: HostName, ...flows: string[]): ChildProcess {
    return this.start(host, ...node, program, "send", ...flows);
  }

  /** A datagram to every port of an address, from some sockets. */
  async burst(host: HostName, address: string, sockets: number): Promise<void> {
    const child = this.start(host, ...node, program, "burst", address, String(sockets));
    await new Promise((resolve) => child.once("exit", resolve));
  }

  /** What the server of a host has got so far. */
  async stamps(host: HostName): Promise<Stamps> {
    const server = this.#servers.get(host);
    if (server === undefined) throw new Error(`${host} serves nothing`);
    const line = new Promise<string>((resolve) => server.lines.once("line", resolve));
    server.child.stdin?.write("?\n");
    return JSON.parse(await line) as Stamps;
  }

  /** Which flows came to a server during some time. */
  async flowing(host: HostName, ms = 150): Promise<string[]> {
    const before = await this.stamps(host);
    await new Promise((resolve) => setTimeout(resolve, ms));
    const after = await this.stamps(host);
    return Object.keys(after)
      .filter((key) => (after[key]?.packets ?? 0) > (before[key]?.packets ?? 0))
      .sort();
  }

  /** Waits until exactly these flows come to a server. */
  async untilFlowing(host: HostName, expected: readonly string[], msMax = 10_000): Promise<string[]> {
    const end = performance.now() + msMax;
    let found = await this.flowing(host);
    while (found.join() !== [...expected].sort().join() && performance.now() < end)
      found = await this.flowing(host);
    return found;
  }

  close(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    for (const host of [...Object.keys(hosts), "gateway"] as (HostName | "gateway")[]) {
      // `ip netns exec` is replaced by the program, but that may have children of its own.
      for (const pid of ip("netns", "pids", this.namespace(host)).split("\n").filter(Boolean)) {
        try {
          process.kill(Number(pid), "SIGKILL");
        } catch {
          // It ended meanwhile.
        }
      }
      ip("netns", "del", this.namespace(host));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const node = [process.execPath, "--disable-warning=ExperimentalWarning"];

function ip(...words: string[]): string {
  return execFileSync("ip", words, { encoding: "utf8" });
}

/** A plan for the gateway of the net: the administrators stay, and the partner goes on. */
export function planOf(more: Partial<CutPlan> = {}): CutPlan {
  return CutPlan.parse({
    administrators: [{ name: "console", from: ["10.77.9.0/24"] }],
    goesOn: [{ name: "partner", to: [addresses.partner] }],
    hooks: ["forward", "output"],
    squid: null,
    unbound: null,
    dnsmasq: null,
    ...more,
  });
}

/** An order as of now. */
export function orderOf(id: string, act: CutAct, seconds = 600): CutOrder {
  const now = Temporal.Now.instant();
  return { id, act, orderedAt: now.toString(), until: now.add({ milliseconds: seconds * 1000 }).toString() };
}
