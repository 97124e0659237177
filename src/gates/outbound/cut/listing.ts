import { z } from "zod";
import { printNetwork, readNetwork } from "./networks.ts";
import { tableNames, type Table, type Wanted } from "./ruleset.ts";
import { ruleMark } from "./transaction.ts";

const Counter = z.object({ packets: z.number() });
const Value = z.union([z.string(), z.object({ prefix: z.object({ addr: z.string(), len: z.number() }) })]);
const Element = z.union([
  z.object({ elem: z.object({ val: Value, counter: Counter.optional() }) }),
  Value.transform((val) => ({ elem: { val, counter: undefined } })),
]);
const Line = z.object({
  table: z.object({ flags: z.unknown() }).optional(),
  set: z.object({ name: z.string(), elem: z.array(z.unknown()).default([]) }).optional(),
  chain: z.object({ name: z.string(), hook: z.string().optional(), prio: z.number().optional() }).optional(),
  rule: z
    .object({ chain: z.string(), comment: z.string().optional(), expr: z.array(z.unknown()) })
    .optional(),
});
const Listing = z.object({ nftables: z.array(z.unknown()) });

/** A table as the kernel has it, as `nft -j list table` says. */
export type Listed = {
  /** Somebody has put the whole table to sleep (`flags dormant`). */
  asleep: boolean;
  /** By set: element → packets; null where the set is not there. */
  sets: Map<string, Map<string, number>>;
  chains: Map<string, { hook: string | null; rules: { mark: string | null; text: string }[] }>;
  /** Packets at the last rule of the chain "everything": what the full cut-off stopped, or saw pass. */
  everythingPackets: number;
};

/** Reads a listing; null where it is none (the table is not there). */
export function readListing(output: string): Listed | null {
  const start = output.indexOf('{"nftables"');
  if (start < 0) return null;
  const end = output.indexOf("\n", start);
  let lines: unknown[];
  try {
    lines = Listing.parse(JSON.parse(output.slice(start, end < 0 ? undefined : end))).nftables;
  } catch {
    return null;
  }
  const listed: Listed = { asleep: false, sets: new Map(), chains: new Map(), everythingPackets: 0 };
  for (const one of lines) {
    const line = Line.safeParse(one);
    if (!line.success) continue;
    const { table, set, chain, rule } = line.data;
    if (table?.flags !== undefined) listed.asleep = true;
    if (set !== undefined) listed.sets.set(set.name, readElements(set.elem));
    if (chain !== undefined) {
      const hook = chain.hook === undefined ? null : `${chain.hook} ${chain.prio}`;
      listed.chains.set(chain.name, { hook, rules: [] });
    }
    if (rule !== undefined) {
      const text = JSON.stringify(rule.expr, (key, value) => (key === "counter" ? null : value));
      listed.chains.get(rule.chain)?.rules.push({ mark: rule.comment ?? null, text });
      const packets = /"counter":\{"packets":(\d+)/.exec(JSON.stringify(rule.expr))?.[1];
      if (rule.chain === "everything" && packets !== undefined) listed.everythingPackets = Number(packets);
    }
  }
  return listed.chains.size === 0 ? null : listed;
}

function readElements(elements: readonly unknown[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const one of elements) {
    const element = Element.safeParse(one);
    // Something that we never put there; it has a name of its own, so that it is found as drift.
    if (!element.success) {
      found.set(JSON.stringify(one), 0);
      continue;
    }
    const { val, counter } = element.data.elem;
    const text = typeof val === "string" ? val : `${val.prefix.addr}/${val.prefix.len}`;
    const network = readNetwork(text);
    found.set(network === null ? text : printNetwork(network), counter?.packets ?? 0);
  }
  return found;
}

/** The fixed part of a listing as one text, to compare it with what it was when we had just made it. */
export function fixedText(table: Table, listed: Listed): string {
  return JSON.stringify(
    table.chains.map(({ name }) => {
      const chain = listed.chains.get(name);
      return [name, chain?.hook, name === "cut_off" ? [] : chain?.rules.map((rule) => rule.text)];
    }),
  );
}

/**
 * What in the kernel is not as it should be, in words; empty where all is in place. `fixed` is the text of
 * the fixed part when it was made, or null before the first look.
 */
export function driftOf(
  table: Table,
  listed: Listed | null,
  expected: { wanted: Wanted; fixed: string | null },
): string[] {
  if (listed === null) return [`table ${table.name} is missing`];
  const drift = listed.asleep ? [`table ${table.name} was put to sleep`] : [];
  for (const { name, rules } of table.chains) {
    const chain = listed.chains.get(name);
    if (chain === undefined) drift.push(`chain ${name} is missing`);
    else if (name === "cut_off") {
      const inForce = chain.rules.length > 0 && chain.rules.every((rule) => rule.text.includes("jump"));
      const right = expected.wanted.everything
        ? inForce && chain.rules.length === 1
        : chain.rules.length === 0;
      if (!right) drift.push(`chain ${name} was changed`);
    } else if (chain.rules.map((rule) => rule.mark).join() !== rules.map(ruleMark).join()) {
      drift.push(`rules of chain ${name} were changed`);
    }
  }
  if (drift.length === 0 && expected.fixed !== null && fixedText(table, listed) !== expected.fixed) {
    drift.push("a rule or hook was changed");
  }
  const lost = [...expected.wanted.journals.keys()].filter((name) => !listed.chains.has(name));
  if (table.name === tableNames.stop && lost.length > 0) drift.push(`${lost.length} kept orders are missing`);
  for (const name of Object.keys(table.sets)) {
    const elements = listed.sets.get(name);
    const wanted = expected.wanted.elements.get(name);
    if (elements === undefined) drift.push(`set ${name} is missing`);
    else if (wanted !== undefined) drift.push(...elementDrift(name, wanted, elements));
  }
  return drift;
}

function elementDrift(name: string, wanted: Map<string, string>, elements: Map<string, number>): string[] {
  const gone = [...wanted.keys()].filter((key) => !elements.has(key)).length;
  const more = [...elements.keys()].filter((key) => !wanted.has(key)).length;
  return [
    ...(gone > 0 ? [`${gone} of ${wanted.size} elements of set ${name} are missing`] : []),
    ...(more > 0 ? [`set ${name} holds ${more} elements that nobody ordered`] : []),
  ];
}

/** The journals in a listing: the orders that the kernel itself remembers. */
export function journalsOf(listed: Listed): string[][] {
  return [...listed.chains]
    .filter(([name]) => name.startsWith("order_"))
    .map(([, chain]) => chain.rules.map((rule) => rule.mark ?? ""));
}
