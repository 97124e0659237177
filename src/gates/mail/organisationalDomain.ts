import { getDomain } from "tldts";

const known = new Map<string, string>();

/**
 * The domain that an organisation registered (by the Public Suffix List); the name itself where there is
 * none.
 */
export function organisationalDomain(domain: string): string {
  const kept = known.get(domain);
  if (kept !== undefined) return kept;
  const found = getDomain(domain, { allowPrivateDomains: true }) ?? domain;
  // A pure memo; names come from strangers, so it is bounded.
  if (known.size < 5000) known.set(domain, found);
  return found;
}
