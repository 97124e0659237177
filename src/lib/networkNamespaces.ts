import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";

/** Why network namespaces cannot be made here; false where they can. */
export function whyNoNamespaces(programs: readonly string[]): string | false {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "needs root for network namespaces";
  for (const program of ["ip", ...programs]) {
    try {
      execFileSync("/bin/sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    } catch {
      return `needs ${program}`;
    }
  }
  try {
    const name = `sekisho-${process.pid}-try`;
    ip("netns", "add", name);
    ip("netns", "del", name);
    return false;
  } catch {
    return "network namespaces are not allowed here";
  }
}

/** A host of the net: its own address and that of the gateway on its side, both in a /24. */
export type NetHost = { address: string; gateway: string };

/** Hosts on this machine, each in a network namespace of its own, around a gateway that forwards. */
export class NetworkNamespaces {
  readonly #prefix: string;
  readonly #hosts: ReadonlyMap<string, NetHost>;

  private constructor(prefix: string, hosts: ReadonlyMap<string, NetHost>) {
    this.#prefix = prefix;
    this.#hosts = hosts;
  }

  /** Makes them; throws where one cannot be made, leaving none behind. */
  static make(hosts: Readonly<Record<string, NetHost>>): NetworkNamespaces {
    removeForsaken();
    const net = new NetworkNamespaces(`sekisho-${process.pid}`, new Map(Object.entries(hosts)));
    try {
      net.#build();
    } catch (error) {
      net.close();
      throw error;
    }
    return net;
  }

  #build(): void {
    const gateway = this.nameOf("gateway");
    ip("netns", "add", gateway);
    ip("-n", gateway, "link", "set", "lo", "up");
    for (const [number, [name, host]] of [...this.#hosts].entries()) {
      const namespace = this.nameOf(name);
      const link = `v${process.pid}n${number}`;
      ip("netns", "add", namespace);
      ip("link", "add", `${link}a`, "netns", namespace, "type", "veth", "peer", `${link}b`, "netns", gateway);
      for (const [where, device, address] of [
        [namespace, `${link}a`, host.address],
        [gateway, `${link}b`, host.gateway],
      ] as const) {
        ip("-n", where, "addr", "add", `${address}/24`, "dev", device);
        ip("-n", where, "link", "set", device, "up");
        ip("-n", where, "link", "set", "lo", "up");
      }
      ip("-n", namespace, "route", "add", "default", "via", host.gateway);
    }
    ip("netns", "exec", gateway, "sysctl", "-qw", "net.ipv4.ip_forward=1");
  }

  /** The namespace of a host, or of "gateway". */
  nameOf(host: string): string {
    return `${this.#prefix}-${host}`;
  }

  /** Starts a program inside a host. */
  start(host: string, ...command: string[]): ChildProcess {
    const child = spawn("ip", ["netns", "exec", this.nameOf(host), ...command], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin?.on("error", () => {});
    return child;
  }

  /** Ends every program inside and takes the namespaces away. */
  close(): void {
    for (const host of [...this.#hosts.keys(), "gateway"]) remove(this.nameOf(host));
  }
}

function remove(namespace: string): void {
  try {
    for (const pid of ip("netns", "pids", namespace).split("\n").filter(Boolean)) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // It ended meanwhile.
      }
    }
    ip("netns", "del", namespace);
  } catch {
    // It was never made.
  }
}

/** Those that a killed process of ours left behind: the process's number stands in their names. */
function removeForsaken(): void {
  let names: string[];
  try {
    names = readdirSync("/run/netns");
  } catch {
    return;
  }
  for (const name of names) {
    const pid = /^sekisho-(\d+)-/.exec(name)?.[1];
    if (pid === undefined) continue;
    try {
      process.kill(Number(pid), 0);
    } catch {
      remove(name);
    }
  }
}

function ip(...words: string[]): string {
  return execFileSync("ip", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
