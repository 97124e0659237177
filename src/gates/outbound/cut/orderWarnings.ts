import type { CutOrder, CutPlan, Passage } from "./cutOrder.ts";
import { overlap, readNetwork } from "./networks.ts";
import { plainName } from "./resolverZones.ts";
import { passageRules, targetsOf } from "./ruleset.ts";

/** What the deciders are told before the order takes effect: it meets the administrators' own path. */
export function warningsOf(order: CutOrder, plan: CutPlan): string[] {
  const { networks, everything } = targetsOf(order);
  const meets = (passage: Passage) =>
    everything ||
    [...passage.from, ...passage.to].some((text) => {
      const own = readNetwork(text);
      return own !== null && networks.some((network) => overlap(network, own));
    });
  const warnings = plan.administrators
    .filter((passage) => passageRules(passage).length > 0 && meets(passage))
    .map(({ name }) => `it meets the administrators' path "${name}", which stays open`);
  const open = plan.administrators.some((passage) => passageRules(passage).length > 0);
  if (!open && order.act.do !== "block") {
    warnings.push("no administrators' path is written down: it may stop how you reach the machines");
  }
  return warnings;
}

/** Why an order cannot be carried out as it is written; null where it can. */
export function refusalOf(order: CutOrder): string | null {
  const { act } = order;
  if (act.do !== "block") return null;
  const wrong = act.names.find((name) => plainName(name) === null);
  if (wrong !== undefined) return `"${wrong.slice(0, 80)}" is not a name that can be blocked`;
  return act.addresses.length + act.names.length === 0 ? "the order names nothing to block" : null;
}

/** What in a plan does not do what its writer may think. */
export function planProblems(plan: CutPlan): string[] {
  return [...plan.administrators, ...plan.goesOn]
    .filter((passage) => passageRules(passage).length === 0)
    .map(({ name }) => `path "${name}" names no networks and ports that fit together; it is not open`);
}
