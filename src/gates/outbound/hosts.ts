import { BlockList, isIP, isIPv6 } from "node:net";
import type { Said } from "../../gate.ts";
import { inNetworks } from "../../lib/networks.ts";
import type { HostRole, HostSettings } from "./settings.ts";

/** What the inventory says of an address. */
export type KnownHost = { name: string; role: HostRole; speaksTo: Destinations };

export const ROLE_NAMES: Record<HostRole, Said> = {
  "personal-data-server": { en: "holds personal data", ja: "個人データを保持" },
  server: { en: "server", ja: "サーバー" },
  "operator-pc": { en: "operator's PC", ja: "担当者の端末" },
  pc: { en: "PC", ja: "端末" },
  proxy: { en: "proxy", ja: "プロキシ" },
  "mail-gate": { en: "mail gate", ja: "メール関所" },
  resolver: { en: "resolver", ja: "名前解決サーバー" },
  printer: { en: "printer", ja: "プリンター" },
  other: { en: "unknown role", ja: "役割不明" },
};

/** Roles whose hosts have a written list of who they may talk to. */
const listed: ReadonlySet<HostRole> = new Set(["personal-data-server", "server", "printer"]);

/** A written list of destinations. */
export class Destinations {
  readonly #addresses: { networks: string[]; port: number | null }[] = [];
  readonly #names: { name: string; below: boolean; port: number | null }[] = [];
  readonly size: number;

  constructor(written: readonly string[]) {
    this.size = written.length;
    for (const entry of written) this.#take(entry);
  }

  #take(entry: string): void {
    const { host, port } = splitPort(entry.toLowerCase());
    const [address = ""] = host.split("/");
    if (isIP(address) !== 0) this.#addresses.push({ networks: [host], port });
    else if (host.startsWith("*.")) this.#names.push({ name: host.slice(1), below: true, port });
    else this.#names.push({ name: host, below: false, port });
  }

  /** Whether the list names this other side, by its address or one of its names. */
  has(to: { address: string; port: number; names: readonly string[] }): boolean {
    const portFits = (port: number | null): boolean => port === null || port === to.port;
    if (isIP(to.address) !== 0) {
      for (const { networks, port } of this.#addresses)
        if (portFits(port) && inNetworks(to.address, networks)) return true;
    }
    return this.#names.some(
      ({ name, below, port }) =>
        portFits(port) && to.names.some((one) => (below ? one.endsWith(name) : one === name)),
    );
  }
}

/** "host:port", "[v6]:port", or either without a port. */
export function splitPort(text: string): { host: string; port: number | null } {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  if (bracketed !== null)
    return { host: bracketed[1] as string, port: bracketed[2] === undefined ? null : Number(bracketed[2]) };
  if (isIPv6(text.split("/")[0] ?? "")) return { host: text, port: null };
  const parts = /^(.*):(\d{1,5})$/.exec(text);
  return parts === null ? { host: text, port: null } : { host: parts[1] as string, port: Number(parts[2]) };
}

/** Addresses that no router carries to a stranger: their traffic is never "outwards". */
const nowhere = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
  ["255.255.255.255", 32],
] as const)
  nowhere.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 127],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  nowhere.addSubnet(network, bits, "ipv6");

export type Side = "internal" | "external" | "nowhere";

/** The inventory: which addresses are ours, and what the configuration says of them. */
export class Inventory {
  readonly #internal: readonly string[];
  readonly #hosts: { known: KnownHost; addresses: string[] }[];
  /** By single IPv4 address, the place in the list; most inventories hold little else. */
  readonly #single = new Map<string, number>();
  /** All other addresses and networks: whether a stranger is none of them is one question. */
  readonly #others: readonly string[];
  readonly #cache = new Map<string, KnownHost | null>();

  constructor(internal: readonly string[], hosts: readonly HostSettings[]) {
    this.#internal = [...internal];
    this.#hosts = hosts.map(({ name, role, addresses, speaksTo }) => ({
      known: { name, role, speaksTo: new Destinations(speaksTo) },
      addresses,
    }));
    const others: string[] = [];
    for (const [place, { addresses }] of this.#hosts.entries()) {
      for (const address of addresses) {
        const plain = address.replace(/\/32$/, "");
        if (isIP(plain) !== 4) others.push(address);
        else if (!this.#single.has(plain)) this.#single.set(plain, place);
      }
    }
    this.#others = others;
  }

  sideOf(address: string): Side {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    const family = isIP(plain);
    if (family === 0) return "external";
    if (nowhere.check(plain, family === 6 ? "ipv6" : "ipv4")) return "nowhere";
    if (inNetworks(plain, this.#internal)) return "internal";
    return this.find(plain) === null ? "external" : "internal";
  }

  find(address: string): KnownHost | null {
    if (this.#hosts.length === 0) return null;
    const cached = this.#cache.get(address);
    if (cached !== undefined) return cached;
    const found = this.#hosts[this.#placeOf(address)]?.known ?? null;
    // Strangers' addresses are many; the cache starts anew before it grows without bound.
    if (this.#cache.size > 100_000) this.#cache.clear();
    this.#cache.set(address, found);
    return found;
  }

  /** The first host of the list that has the address; -1 where none has. */
  #placeOf(address: string): number {
    const single = this.#single.get(address.replace(/^::ffff:(?=\d+\.)/i, "")) ?? -1;
    if (this.#others.length === 0 || !inNetworks(address, this.#others)) return single;
    const before = single < 0 ? this.#hosts : this.#hosts.slice(0, single);
    const place = before.findIndex(({ addresses }) => inNetworks(address, addresses));
    return place < 0 ? single : place;
  }

  /** The name that people know the host by. */
  nameOf(address: string): string {
    return this.find(address)?.name ?? address;
  }

  /** Whether the host may talk only to those on its list. */
  hasList(address: string): boolean {
    const known = this.find(address);
    return known !== null && listed.has(known.role);
  }
}
