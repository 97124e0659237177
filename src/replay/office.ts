import type { ChildProcess } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { NetworkNamespaces, whyNoNamespaces } from "../lib/networkNamespaces.ts";
import { siblingModule } from "../lib/sibling.ts";

/** The hosts of 2016, as far as they speak: inside in 10.16.0.0/16, outside in documentation networks. */
export const OFFICE = {
  pc: { address: "10.16.1.5", gateway: "10.16.1.1" },
  colleague: { address: "10.16.4.6", gateway: "10.16.4.1" },
  web: { address: "10.16.2.20", gateway: "10.16.2.1" },
  control: { address: "10.16.3.30", gateway: "10.16.3.1" },
  database: { address: "10.16.5.50", gateway: "10.16.5.1" },
  administrator: { address: "10.16.9.9", gateway: "10.16.9.1" },
  evil: { address: "203.0.113.66", gateway: "203.0.113.1" },
  evilToo: { address: "198.51.100.77", gateway: "198.51.100.1" },
  world: { address: "192.0.2.80", gateway: "192.0.2.1" },
} as const;
export type OfficeHost = keyof typeof OFFICE;

/** How a host's bytes arrived outside, by source address. */
export type Arrived = Record<string, { bytes: number; lastMs: number }>;

const program = fileURLToPath(siblingModule(import.meta.url, "./trafficProgram"));
const node = [process.execPath, "--disable-warning=ExperimentalWarning", program];

/** The office of 2016 in network namespaces on this machine, with real sockets. */
export class Office {
  readonly #net: NetworkNamespaces;
  readonly #servers = new Map<OfficeHost, { child: ChildProcess; lines: Interface }>();

  private constructor(net: NetworkNamespaces) {
    this.#net = net;
  }

  /** Builds it, or says why it cannot be built here. */
  static open(): Office | string {
    const why = whyNoNamespaces(["nft", "conntrack"]);
    if (why !== false) return why;
    try {
      return new Office(NetworkNamespaces.make(OFFICE));
    } catch (error) {
      return `network namespaces cannot be made: ${(error as Error).message.split("\n")[0]}`;
    }
  }

  get gateway(): string {
    return this.#net.nameOf("gateway");
  }

  async serve(host: OfficeHost): Promise<void> {
    const child = this.#net.start(host, ...node, "serve", "443");
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    this.#servers.set(host, { child, lines });
    await new Promise((resolve) => lines.once("line", resolve));
  }

  /** Lets a host speak; see trafficProgram.ts. */
  speak(host: OfficeHost, ...words: string[]): ChildProcess {
    return this.#net.start(host, ...node, ...words);
  }

  async arrived(host: OfficeHost): Promise<Arrived> {
    const server = this.#servers.get(host);
    if (server === undefined) throw new Error(`${host} serves nothing`);
    const line = new Promise<string>((resolve) => server.lines.once("line", resolve));
    server.child.stdin?.write("?\n");
    return JSON.parse(await line) as Arrived;
  }

  close(): void {
    this.#net.close();
  }
}
