import { BlockList, isIPv6 } from "node:net";

const lists = new WeakMap<readonly string[], BlockList>();

/** Whether an address lies in one of the networks (addresses or CIDR blocks). */
export function inNetworks(address: string, networks: readonly string[]): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  let list = lists.get(networks);
  if (list === undefined) {
    list = new BlockList();
    for (const network of networks) addNetwork(list, network);
    lists.set(networks, list);
  }
  return list.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
}

function addNetwork(list: BlockList, network: string): void {
  const [address = "", bits] = network.split("/");
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  if (bits === undefined) list.addAddress(address, family);
  else list.addSubnet(address, Number(bits), family);
}
