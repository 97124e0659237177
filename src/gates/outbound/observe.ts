import type { Connection, DnsQuery, Naming, Seen } from "./connection.ts";
import { splitPort, type Inventory } from "./hosts.ts";
import type { Intelligence } from "./analyze/intelligence.ts";
import type { PlaceWatch } from "./placeWatch.ts";
import type { SeenConnection, SeenHost } from "./judge.ts";

export const limits = { namesMax: 200_000, namesOfAddressMax: 8 } as const;

/** Which names led to an address lately: from answers of name servers and from what connections asked for. */
export class NameBook {
  readonly #names = new Map<string, string[]>();

  learn(address: string, name: string): void {
    const known = this.#names.get(address) ?? [];
    if (known[0] === name) return;
    // Written anew, so that the map stays in the order of use and its oldest can go.
    this.#names.delete(address);
    const names = [name, ...known.filter((one) => one !== name)].slice(0, limits.namesOfAddressMax);
    this.#names.set(address, names);
    if (this.#names.size <= limits.namesMax) return;
    const [oldest] = this.#names.keys();
    if (oldest !== undefined) this.#names.delete(oldest);
  }

  of(address: string): readonly string[] {
    return this.#names.get(address) ?? [];
  }
}

const nowhere = { country: null, network: null } as const;

/** What is known around one connection when its first packet is seen. */
export type Surroundings = {
  inventory: Inventory;
  intelligence: Intelligence;
  names: NameBook;
  metBefore: (address: string) => boolean;
  places: PlaceWatch;
};

/** Brings the first packet together with what is known of it; null for what does not go outwards. */
export function observeConnection(seen: Connection, around: Surroundings): SeenConnection | null {
  const { inventory, intelligence, names, metBefore } = around;
  if (inventory.sideOf(seen.src) !== "internal" || inventory.sideOf(seen.dst) !== "external") return null;
  const known = names.of(seen.dst);
  const host = hostOf(seen.src, inventory);
  const list = intelligence.ofAddress(seen.dst) ?? firstList(known, intelligence);
  // Only what may become a finding is looked up.
  const place = host.listed || list !== null ? around.places.of(seen.dst) : nowhere;
  return {
    at: instantOf(seen.at),
    host,
    dst: seen.dst,
    dstPort: seen.dstPort,
    proto: seen.proto,
    names: known,
    onItsList: isOnList(inventory, seen.src, { address: seen.dst, port: seen.dstPort, names: known }),
    metBefore: metBefore(seen.dst),
    list,
    place,
    newPlaces: host.listed ? around.places.meet(host.role ?? "other", place, seen.at / 1_000) : [],
  };
}

/** A name that a host asked a proxy for: the other side is the name, whatever its address. */
export function observeNaming(seen: Naming, around: Surroundings): SeenConnection | null {
  const { inventory, intelligence, metBefore } = around;
  if (seen.host === null || inventory.sideOf(seen.src) !== "internal") return null;
  const list = intelligence.ofName(seen.host);
  // Without a proxy the connection itself is judged; here only the list of bad names has more to say.
  if (!seen.proxied && list === null) return null;
  const port = seen.hostPort ?? (seen.proxied ? splitPort(seen.uri ?? "").port : null) ?? seen.dstPort;
  return {
    at: instantOf(seen.at),
    host: hostOf(seen.src, inventory),
    dst: seen.proxied ? seen.host : seen.dst,
    dstPort: port,
    proto: "tcp",
    names: [seen.host],
    onItsList: isOnList(inventory, seen.src, { address: seen.host, port, names: [seen.host] }),
    metBefore: metBefore(seen.host),
    list,
    place: nowhere,
    newPlaces: [],
  };
}

/** A question for a bad name is a finding, whether or not a connection follows. */
export function observeQuery(seen: DnsQuery, around: Surroundings): SeenConnection | null {
  const list = around.intelligence.ofName(seen.query);
  if (list === null || around.inventory.sideOf(seen.src) !== "internal") return null;
  return {
    at: instantOf(seen.at),
    host: hostOf(seen.src, around.inventory),
    dst: seen.query,
    dstPort: 53,
    proto: "udp",
    names: [seen.query],
    onItsList: true,
    metBefore: true,
    list,
    place: nowhere,
    newPlaces: [],
  };
}

function firstList(names: readonly string[], intelligence: Intelligence): string | null {
  for (const name of names) {
    const list = intelligence.ofName(name);
    if (list !== null) return list;
  }
  return null;
}

/** Our host, as the inventory knows it. */
export function hostOf(address: string, inventory: Inventory): SeenHost {
  const known = inventory.find(address);
  return {
    address,
    name: known?.name ?? address,
    role: known?.role ?? null,
    listed: inventory.hasList(address),
    listSize: known?.speaksTo.size ?? 0,
  };
}

function isOnList(
  inventory: Inventory,
  src: string,
  to: { address: string; port: number; names: readonly string[] },
): boolean {
  return inventory.find(src)?.speaksTo.has(to) ?? false;
}

function instantOf(micros: number): Temporal.Instant {
  return Temporal.Instant.fromEpochNanoseconds(BigInt(Math.round(micros)) * 1_000n);
}

/** Teaches the names that a row tells. */
export function learnNames(seen: Seen, names: NameBook): void {
  if (seen.table === "dns") for (const answer of seen.answers) names.learn(answer, seen.query);
  else if (seen.table === "naming" && seen.host !== null && !seen.proxied) names.learn(seen.dst, seen.host);
}

/** Sensors that tell of the end only have no first word; then the end is the first that is heard. */
export function isFirstWord(row: Connection): boolean {
  return row.sensor === "conntrack" ? row.open : true;
}
