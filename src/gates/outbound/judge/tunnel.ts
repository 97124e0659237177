import { findingOf, type Finding } from "../findings.ts";
import type { OutboundPolicy } from "../policy.ts";

/** Names below one registered domain, as somebody asked for them. */
export type SeenTunnel = {
  domain: string;
  names: number;
  length: number;
  heavy: number;
  hosts: readonly string[];
  visited: boolean;
};

/**
 * Very many names below one domain: a tunnel, or a service that makes names. A tunnel's names are long, or
 * its questions ask for types that carry much, or nobody ever goes where the answers lead.
 */
export function judgeTunnel(seen: SeenTunnel, policy: OutboundPolicy): Finding[] {
  if (seen.names < policy.tunnelNames) return [];
  const signs = [seen.length >= 16, seen.heavy >= 0.3, !seen.visited].filter(Boolean).length;
  if (signs === 0) return [];
  const src = seen.hosts[0] ?? "";
  const { domain, names, visited } = seen;
  const figures = {
    names,
    meanLength: Math.round(seen.length * 10) / 10,
    heavyShare: Math.round(seen.heavy * 1_000) / 1_000,
    visited,
    hosts: seen.hosts.length,
  };
  const severity = signs >= 2 ? "high" : "medium";
  const evidence = { domain, names, hosts: seen.hosts.join(", "), visited };
  return [findingOf("dns-tunnel", { src, dst: domain, figures, severity }, evidence)];
}
