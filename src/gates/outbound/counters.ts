const names = ["connections", "findings", "suppressed", "repeated", "unread", "lost", "cuts"] as const;

/** What the gate counts since its start; the pages and the metrics show it. */
export type OutboundCounters = Record<(typeof names)[number], number>;

export function noCounts(): OutboundCounters {
  return Object.fromEntries(names.map((name) => [name, 0])) as OutboundCounters;
}
