import { createHash } from "node:crypto";
import { tableNames, type Table, type Wanted } from "./ruleset.ts";

/** Everything that makes the table anew, as one transaction: what stood there goes in the same moment. */
export function createText(table: Table, wanted: Wanted | null): string {
  const at = `inet ${table.name}`;
  const sets = Object.entries(table.sets).map(([name, spec]) => `add set ${at} ${name} { ${spec} }`);
  const chains = table.chains.map(
    ({ name, hook }) => `add chain ${at} ${name}${hook === null ? "" : ` { ${hook} }`}`,
  );
  const rules = table.chains.flatMap(({ name, rules }) =>
    rules.map((rule) => `add rule ${at} ${name} ${rule} comment "${ruleMark(rule)}"`),
  );
  const changing = wanted === null ? [] : changeText(table.name, emptyWanted, wanted);
  const anew = [`add table ${at}`, `delete table ${at}`, `add table ${at}`];
  return [...anew, ...sets, ...chains, ...rules, ...changing].join("; ");
}

/** The name of a rule in its comment, by which it is known again. */
export function ruleMark(rule: string): string {
  return `sk-${createHash("sha256").update(rule).digest("hex").slice(0, 12)}`;
}

const emptyWanted: Wanted = { elements: new Map(), everything: false, journals: new Map() };

/** The commands from one state of the changing part to another. */
export function changeText(table: string, before: Wanted, after: Wanted): string[] {
  const commands: string[] = [];
  for (const [set, elements] of after.elements) {
    commands.push(...elementsText(`inet ${table} ${set}`, before.elements.get(set) ?? new Map(), elements));
  }
  if (before.everything !== after.everything) {
    const at = `inet ${table} cut_off`;
    commands.push(after.everything ? `add rule ${at} jump everything` : `flush chain ${at}`);
  }
  if (table !== tableNames.stop) return commands;
  for (const [name, pieces] of before.journals) {
    if (after.journals.get(name)?.join() === pieces.join()) continue;
    commands.push(`flush chain inet ${table} ${name}`, `delete chain inet ${table} ${name}`);
  }
  for (const [name, pieces] of after.journals) {
    if (before.journals.get(name)?.join() === pieces.join()) continue;
    commands.push(`add chain inet ${table} ${name}`);
    commands.push(...pieces.map((piece) => `add rule inet ${table} ${name} counter comment "${piece}"`));
  }
  return commands;
}

function elementsText(at: string, before: Map<string, string>, after: Map<string, string>): string[] {
  const gone = [...before.keys()].filter((key) => !after.has(key));
  const fresh = [...after].filter(([key]) => !before.has(key));
  const list = (elements: [string, string][]) =>
    elements.map(([key, id]) => `${key} comment "${id.replace(/[^\w.:-]/g, "_").slice(0, 64)}"`).join(", ");
  // nft 1.0.6 takes "delete part, add what covers it" in an interval set for an overlap; anew is safe.
  if (gone.length > 0 && fresh.length > 0 && at.includes("net")) {
    return [`flush set ${at}`, `add element ${at} { ${list([...after])} }`];
  }
  const commands: string[] = [];
  if (gone.length > 0) commands.push(`delete element ${at} { ${gone.join(", ")} }`);
  if (fresh.length > 0) commands.push(`add element ${at} { ${list(fresh)} }`);
  return commands;
}
