import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { CutOrder, CutPlan, Passage } from "./cutOrder.ts";
import { isSingle, printNetwork, readNetwork, widest, type Network } from "./networks.ts";

/**
 * Four tables, so that one can be listed, mended or filled without touching the others: what stops packets;
 * the witness, which stands behind everybody's rules and counts what passed although it should not have;
 * when each address was last seen to pass; and the addresses of intelligence lists.
 */
export const tableNames = {
  stop: "sekisho",
  watch: "sekisho_watch",
  seen: "sekisho_seen",
  intel: "sekisho_intel",
} as const;

/** An address counts as seen for so long; the set is bounded, so that a scan cannot fill the memory. */
export const seenMs = 60_000;
const seenAddressesMax = 65_536;

// In front of everybody's chains (a drop is final in nftables, wherever it is), and behind conntrack's
// -200, because the way back of an allowed path is known by its state.
const earlyPriority = -190;
const intelPriority = -180;
const latePriority = 500;

export type Table = {
  name: string;
  sets: Readonly<Record<string, string>>;
  chains: { name: string; hook: string | null; rules: string[] }[];
};

const elementTypes = { 4: "ipv4_addr", 6: "ipv6_addr" } as const;
export const families = [4, 6] as const;
const protocols = { 4: "ip", 6: "ip6" } as const;

/** A gateway that loses its neighbours loses its administrators too; these never leave the link. */
const neighbours =
  "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept";

/** The table that stops packets: empty sets and an empty chain for the full cut-off. */
export function stopTable(plan: CutPlan): Table {
  const matches = families.flatMap((family) =>
    ["stop", "stopnet"].flatMap((set) =>
      ["saddr", "daddr"].map((end) => `${protocols[family]} ${end} @${set}${family} drop`),
    ),
  );
  return {
    name: tableNames.stop,
    sets: countedSets("stop"),
    chains: [
      ...passageChains(plan),
      { name: "everything", hook: null, rules: ["jump goes_on", "counter drop"] },
      { name: "cut_off", hook: null, rules: [] },
      { name: "stops", hook: null, rules: ["jump administrators", neighbours, ...matches, "jump cut_off"] },
      ...hookChains(plan, { target: "stops", prefix: "early", priority: earlyPriority }),
    ],
  };
}

/** The witness: the same sets under another name, behind all chains of anybody. */
export function watchTable(plan: CutPlan): Table {
  const matches = families.flatMap((family) =>
    ["stop", "stopnet"].flatMap((set) =>
      ["saddr", "daddr"].map((end) => `${protocols[family]} ${end} @${set}${family} counter`),
    ),
  );
  return {
    name: tableNames.watch,
    sets: countedSets("stop"),
    chains: [
      ...passageChains(plan),
      { name: "everything", hook: null, rules: ["jump goes_on", "counter"] },
      { name: "cut_off", hook: null, rules: [] },
      { name: "watch", hook: null, rules: ["jump administrators", neighbours, ...matches, "jump cut_off"] },
      ...hookChains(plan, { target: "watch", prefix: "late", priority: latePriority }),
    ],
  };
}

/** When each address was last in a packet that passed, and when anything passed that a cut-off would stop. */
export function seenTable(plan: CutPlan): Table {
  const flags = `flags dynamic,timeout; timeout ${seenMs / 1000}s;`;
  const updates = families.flatMap((family) =>
    ["saddr", "daddr"].map((end) => `update @seen${family} { ${protocols[family]} ${end} }`),
  );
  return {
    name: tableNames.seen,
    sets: {
      seen4: `type ipv4_addr; size ${seenAddressesMax}; ${flags}`,
      seen6: `type ipv6_addr; size ${seenAddressesMax}; ${flags}`,
      anything: `type nf_proto; size 8; ${flags}`,
    },
    chains: [
      ...passageChains(plan),
      {
        name: "seen",
        hook: null,
        rules: [
          // Conntrack works only where some rule asks for it, and the record of connections needs it.
          "ct state invalid counter",
          "jump administrators",
          neighbours,
          ...updates,
          "jump goes_on",
          "update @anything { meta nfproto }",
        ],
      },
      ...hookChains(plan, { target: "seen", prefix: "late", priority: latePriority + 10 }),
    ],
  };
}

/**
 * Addresses of intelligence lists, which no emergency order waits for. Each loading has sets of its own name,
 * so that the old list holds until the new one is whole.
 */
export function intelTable(plan: CutPlan, loading: string): Table {
  const sets = families.flatMap((family) => [
    [intelSet(family, "single", loading), `type ${elementTypes[family]};`],
    [intelSet(family, "network", loading), `type ${elementTypes[family]}; flags interval;`],
  ]);
  const matches = families.flatMap((family) =>
    (["single", "network"] as const).flatMap((kind) =>
      ["saddr", "daddr"].map(
        (end) => `${protocols[family]} ${end} @${intelSet(family, kind, loading)} counter drop`,
      ),
    ),
  );
  return {
    name: tableNames.intel,
    sets: Object.fromEntries(sets),
    chains: [
      ...passageChains(plan).slice(0, 1),
      { name: "stops", hook: null, rules: ["jump administrators", ...matches] },
      ...hookChains(plan, { target: "stops", prefix: "early", priority: intelPriority }),
    ],
  };
}

/** The set of a loading. */
export function intelSet(family: 4 | 6, kind: "single" | "network", loading: string): string {
  return `${kind === "single" ? "intel" : "intelnet"}${family}_${loading}`;
}

function countedSets(prefix: string): Record<string, string> {
  const sets = families.flatMap((family) => [
    [`${prefix}${family}`, `type ${elementTypes[family]}; counter;`],
    [`${prefix}net${family}`, `type ${elementTypes[family]}; flags interval; counter;`],
  ]);
  return Object.fromEntries(sets);
}

function hookChains(
  plan: CutPlan,
  { target, prefix, priority }: { target: string; prefix: string; priority: number },
): Table["chains"] {
  const loopback = { forward: [], output: ['oif "lo" accept'], input: ['iif "lo" accept'] };
  return [...new Set(plan.hooks)].map((hook) => ({
    name: `${prefix}_${hook}`,
    hook: `type filter hook ${hook} priority ${priority}; policy accept;`,
    rules: [...loopback[hook], `jump ${target}`],
  }));
}

function passageChains(plan: CutPlan): Table["chains"] {
  const chain = (name: string, passages: readonly Passage[]) => ({
    name,
    hook: null,
    rules: [...new Set(passages.flatMap(passageRules))],
  });
  return [chain("administrators", plan.administrators), chain("goes_on", plan.goesOn)];
}

/**
 * There and back. The way back is by state and not by the first packet's direction: where conntrack begins in
 * the middle of an administrator's session, it may take the answering side for the opener.
 */
export function passageRules(passage: Passage): string[] {
  const from = passage.from.map(readNetwork).filter((network) => network !== null);
  const to = passage.to.map(readNetwork).filter((network) => network !== null);
  const ports = passage.ports.length === 0 ? null : `{ ${[...new Set(passage.ports)].join(", ")} }`;
  const protocol =
    passage.protocol === "any"
      ? ports === null
        ? ""
        : "meta l4proto { tcp, udp }"
      : `meta l4proto ${passage.protocol}`;
  const back = "ct state established,related,untracked";
  const rule = (...parts: (string | null)[]) => [...parts, "accept"].filter(Boolean).join(" ");
  const atPort = (end: "dport" | "sport") => (ports === null ? null : `th ${end} ${ports}`);
  if (from.length + to.length === 0) {
    // Without networks or ports it would be "everything goes on", and no order would ever stop anything.
    if (ports === null) return [];
    return [rule(protocol, atPort("dport")), rule(protocol, atPort("sport"), back)];
  }
  return families.flatMap((family) => {
    const [ours, theirs] = [ofFamily(from, family), ofFamily(to, family)];
    if ((from.length > 0 && ours === null) || (to.length > 0 && theirs === null)) return [];
    const match = (end: string, networks: string | null) =>
      networks === null ? null : `${protocols[family]} ${end} ${networks}`;
    return [
      rule(match("saddr", ours), match("daddr", theirs), protocol, atPort("dport")),
      rule(match("saddr", theirs), match("daddr", ours), protocol, atPort("sport"), back),
    ];
  });
}

function ofFamily(networks: readonly Network[], family: 4 | 6): string | null {
  const own = widest(networks.filter((network) => network.family === family)).flatMap(halves);
  return own.length === 0 ? null : `{ ${own.map(printNetwork).join(", ")} }`;
}

/** nftables takes no interval over all addresses; two halves are the same. */
export function halves(network: Network): Network[] {
  if (network.bits > 0) return [network];
  const top = network.family === 4 ? 31n : 127n;
  return [
    { ...network, bits: 1 },
    { ...network, bits: 1, value: 1n << top },
  ];
}

/** What of an order the kernel is told. Names are for the proxy and the resolver. */
export type Targets = { networks: Network[]; everything: boolean };

/** The targets of an act. */
export function targetsOf({ act }: CutOrder): Targets {
  const texts =
    act.do === "block"
      ? act.addresses
      : act.do === "isolate"
        ? [act.address]
        : act.do === "cut-zone"
          ? act.networks
          : [];
  const networks = texts.map(readNetwork).filter((network) => network !== null);
  return { networks, everything: act.do === "cut-off" };
}

/** What the changing part of the tables shall hold. */
export type Wanted = {
  /** By set name; the value is the order that the element's comment names. */
  elements: Map<string, Map<string, string>>;
  everything: boolean;
  /** The orders themselves, in chains that nothing jumps to: a lost state file loses nothing. */
  journals: Map<string, string[]>;
};

/** An order with what its keeper wants to know of it after a restart. */
export type Journalled = { order: CutOrder; note: unknown };

/** What the orders in force come to. */
export function wantedOf(orders: readonly Journalled[]): Wanted {
  const elements = new Map<string, Map<string, string>>();
  for (const family of families) {
    elements.set(`stop${family}`, new Map());
    elements.set(`stopnet${family}`, new Map());
  }
  const all = orders.flatMap(({ order }) =>
    targetsOf(order).networks.map((network) => ({ network, id: order.id })),
  );
  for (const { network, id } of all.filter(({ network }) => isSingle(network))) {
    (elements.get(`stop${network.family}`) as Map<string, string>).set(printNetwork(network), id);
  }
  const owners = new Map(all.map(({ network, id }) => [printNetwork(network), id]));
  for (const network of widest(all.map((one) => one.network).filter((one) => !isSingle(one)))) {
    for (const half of halves(network)) {
      (elements.get(`stopnet${network.family}`) as Map<string, string>).set(
        printNetwork(half),
        owners.get(printNetwork(network)) ?? "",
      );
    }
  }
  return {
    elements,
    everything: orders.some(({ order }) => targetsOf(order).everything),
    journals: new Map(orders.map((kept) => [journalName(kept.order.id), writeJournal(kept)])),
  };
}

/** The chain under which an order is kept. Its id is from outside, so it is not put into a name as it is. */
export function journalName(id: string): string {
  return `order_${createHash("sha256").update(id).digest("hex").slice(0, 20)}`;
}

/** A rule's comment takes 127 bytes, and no quotation marks. */
const journalPieceBytes = 112;
/** An order of the longest names and addresses that the contract allows is some 80 kB. */
const journalBytesMax = 512 * 1024;

const written = new WeakMap<Journalled, string[]>();

function writeJournal(kept: Journalled): string[] {
  let pieces = written.get(kept);
  if (pieces === undefined) {
    const text = deflateRawSync(JSON.stringify(kept)).toString("base64url");
    pieces = text.match(new RegExp(`.{1,${journalPieceBytes}}`, "g")) ?? [];
    written.set(kept, pieces);
  }
  return pieces;
}

/** The order in a journal; undefined where it is none that we wrote. */
export function readJournal(pieces: readonly string[]): unknown {
  try {
    const bytes = Buffer.from(pieces.join(""), "base64url");
    return JSON.parse(inflateRawSync(bytes, { maxOutputLength: journalBytesMax }).toString("utf8"));
  } catch {
    return undefined;
  }
}
