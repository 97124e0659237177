import { fileURLToPath } from "node:url";
import { siblingModule } from "../../../lib/sibling.ts";
import type { CutOrder } from "./cutOrder.ts";
import { covers, printNetwork, readNetwork, type Network } from "./networks.ts";
import { plainName } from "./resolverZones.ts";

/** What the proxy refuses: requests to these names and networks, and all requests of these hosts. */
export type SquidList = { names: Set<string>; to: Network[]; from: Network[] };

/** The file that the helper reads: `name NAME`, `to NETWORK`, `from NETWORK`, one a line. */
export function writeSquidList(orders: readonly CutOrder[]): string {
  const lines = orders.flatMap(({ act }) => {
    const networks = (word: string, texts: readonly string[]) =>
      texts
        .map(readNetwork)
        .filter((network) => network !== null)
        .map((network) => `${word} ${printNetwork(network)}`);
    if (act.do === "block") {
      const names = act.names.map(plainName).filter((name) => name !== null);
      return [...names.map((name) => `name ${name}`), ...networks("to", act.addresses)];
    }
    const own = act.do === "isolate" ? [act.address] : act.do === "cut-zone" ? act.networks : [];
    return [...networks("from", own), ...networks("to", own)];
  });
  return [...new Set(lines)].map((line) => `${line}\n`).join("");
}

export function readSquidList(text: string): SquidList {
  const list: SquidList = { names: new Set(), to: [], from: [] };
  for (const line of text.split("\n")) {
    const [word, value = ""] = line.split(" ");
    const network = word === "to" || word === "from" ? readNetwork(value) : null;
    if (network !== null) list[word as "to" | "from"].push(network);
    else if (word === "name" && value !== "") list.names.add(value);
  }
  return list;
}

/** Whether a request is refused. `host` is as it was asked for: name, address, [IPv6] or host:port. */
export function isRefused(list: SquidList, request: { from: string; host: string }): boolean {
  const client = readNetwork(request.from);
  if (client !== null && list.from.some((network) => covers(network, client))) return true;
  const host = hostOf(request.host);
  const address = readNetwork(host);
  if (address !== null) return list.to.some((network) => covers(network, address));
  const labels = (plainName(host) ?? host.toLowerCase()).split(".");
  return labels.some((_, at) => list.names.has(labels.slice(at).join(".")));
}

/** A URL parser reads `0x7f.1` and `2130706433` as addresses, as the proxy will. */
function hostOf(text: string): string {
  const bare = /^\[(.*)\](:\d+)?$/.exec(text)?.[1] ?? text.replace(/^([^:]*):\d+$/, "$1");
  if (readNetwork(bare) !== null) return bare;
  try {
    return new URL(`http://${bare}/`).hostname.replace(/^\[|\]$/g, "");
  } catch {
    return bare;
  }
}

/**
 * Lines for squid.conf. An answer is never kept (ttl=0), so an order holds for the next request. Where the
 * helper does not answer, Squid lets the request through: the addresses are stopped by nftables anyway, and
 * so is what runs already, which no access rule of a proxy ever ends.
 */
export function squidConfiguration(options: { listFile: string; node?: string }): string {
  const helper = fileURLToPath(siblingModule(import.meta.url, "./runSquidHelper"));
  const command = `${options.node ?? process.execPath} ${helper} ${options.listFile}`;
  return [
    "external_acl_type sekisho ttl=0 negative_ttl=0 grace=0 children-max=1 children-startup=1 " +
      `concurrency=1000 %SRC %DST ${command}`,
    "acl sekisho_cut external sekisho",
    "http_access deny sekisho_cut",
    "",
  ].join("\n");
}
