import { isIPv4, isIPv6 } from "node:net";

/** An address (all bits) or a CIDR block, as a number: one form, so that two spellings compare equal. */
export type Network = { family: 4 | 6; value: bigint; bits: number };

const widths = { 4: 32, 6: 128 } as const;
const mappedPrefix = 0xffffn;

/**
 * Reads an address or CIDR block; null where it is none. IPv4 in IPv6 (`::ffff:192.0.2.1`) becomes IPv4: on
 * the wire it is that. Bits behind the prefix are taken off.
 */
export function readNetwork(text: string): Network | null {
  const [address = "", length, ...more] = text.split("/");
  if (more.length > 0) return null;
  const family = isIPv4(address) ? 4 : isIPv6(address) && !address.includes("%") ? 6 : null;
  if (family === null) return null;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return null;
  const bits = length === undefined ? widths[family] : Number(length);
  if (bits > widths[family]) return null;
  const value = family === 4 ? valueOfIpv4(address) : valueOfIpv6(address);
  if (family === 6 && bits >= 96 && value >> 32n === mappedPrefix) {
    return masked({ family: 4, value: value & 0xffff_ffffn, bits: bits - 96 });
  }
  return masked({ family, value, bits });
}

/** The network as nftables and people read it. */
export function printNetwork({ family, value, bits }: Network): string {
  const address = family === 4 ? printIpv4(value) : printIpv6(value);
  return bits === widths[family] ? address : `${address}/${bits}`;
}

/** Whether it is one address. */
export function isSingle({ family, bits }: Network): boolean {
  return bits === widths[family];
}

/** Whether every address of `narrow` is in `wide`. */
export function covers(wide: Network, narrow: Network): boolean {
  if (wide.family !== narrow.family || wide.bits > narrow.bits) return false;
  const shift = BigInt(widths[wide.family] - wide.bits);
  return wide.value >> shift === narrow.value >> shift;
}

/** Whether some address is in both. */
export function overlap(one: Network, other: Network): boolean {
  return covers(one, other) || covers(other, one);
}

/** Only the widest ones: CIDR blocks are nested or apart, so what stays is without overlap. */
export function widest(networks: readonly Network[]): Network[] {
  const kept: Network[] = [];
  const prefixes = new Set<string>();
  const lengths = { 4: new Set<number>(), 6: new Set<number>() };
  const prefixOf = ({ family, value }: Network, bits: number) =>
    `${family} ${bits} ${value >> BigInt(widths[family] - bits)}`;
  for (const network of networks.toSorted((one, other) => one.bits - other.bits)) {
    const { family, bits } = network;
    if ([...lengths[family]].some((length) => prefixes.has(prefixOf(network, length)))) continue;
    kept.push(network);
    prefixes.add(prefixOf(network, bits));
    lengths[family].add(bits);
  }
  return kept;
}

function masked({ family, value, bits }: Network): Network {
  const shift = BigInt(widths[family] - bits);
  return { family, value: (value >> shift) << shift, bits };
}

function valueOfIpv4(text: string): bigint {
  const [a, b, c, d] = text.split(".").map(Number) as [number, number, number, number];
  return BigInt(a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d);
}

function valueOfIpv6(text: string): bigint {
  const plain = text.replace(/\d+\.\d+\.\d+\.\d+$/, (tail) => {
    const value = Number(valueOfIpv4(tail));
    return `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
  });
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  const groups = tail === undefined ? left : [...left, ...zeros, ...right];
  return BigInt(`0x${groups.map((group) => group.padStart(4, "0")).join("")}`);
}

function printIpv4(value: bigint): string {
  const number = Number(value);
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join(".");
}

/** RFC 5952: the longest run of zero groups is left out, the first of two that are as long. */
function printIpv6(value: bigint): string {
  const hex = value.toString(16).padStart(32, "0");
  const groups = Array.from({ length: 8 }, (_, at) => Number.parseInt(hex.slice(at * 4, at * 4 + 4), 16));
  let best = { from: 0, length: 1 };
  for (let from = 0; from < 8; from += 1) {
    let length = 0;
    while (from + length < 8 && groups[from + length] === 0) length += 1;
    if (length > best.length) best = { from, length };
  }
  const print = (some: number[]) => some.map((group) => group.toString(16)).join(":");
  if (best.length < 2) return print(groups);
  return `${print(groups.slice(0, best.from))}::${print(groups.slice(best.from + best.length))}`;
}
