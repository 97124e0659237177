import { inNetworks } from "../../../lib/networks.ts";
import type { Finding } from "../findings.ts";
import { splitPort } from "../hosts.ts";
import type { OutboundPolicy, Suppression } from "../policy.ts";

/**
 * Marks findings that a suppression of the policy hides. They stay in the list, so that it can be seen what
 * is hidden; a suppression that has ended hides nothing, past findings included.
 */
export function suppress(
  findings: readonly Finding[],
  policy: OutboundPolicy,
  given: { today: string; nameOf: (address: string) => string },
): Finding[] {
  const inForce = policy.suppressions.filter(({ until }) => until >= given.today);
  return findings.map((finding) => {
    const hiding = inForce.find((one) => hides(one, finding, given.nameOf(finding.src)));
    return { ...finding, hiddenBy: hiding?.name ?? null };
  });
}

function hides(suppression: Suppression, finding: Finding, name: string): boolean {
  const { codes, src, dst } = suppression;
  if (codes.length > 0 && !codes.includes(finding.code)) return false;
  if (src.length > 0 && !src.some((one) => one === name || fits(one, finding.src))) return false;
  return dst.length === 0 || dst.some((one) => fits(one, splitPort(finding.dst).host));
}

/** An address against an address or network, a name against a name or *.name. */
function fits(pattern: string, value: string): boolean {
  if (pattern === value) return true;
  if (pattern.startsWith("*.")) return value.endsWith(pattern.slice(1));
  try {
    return /^[0-9a-f.:]+(\/\d+)?$/i.test(pattern) && inNetworks(value, networksOf(pattern));
  } catch {
    return false;
  }
}

/** `inNetworks` knows a list by its identity. */
const lists = new Map<string, readonly string[]>();
function networksOf(pattern: string): readonly string[] {
  const known = lists.get(pattern) ?? [pattern];
  lists.set(pattern, known);
  return known;
}
