/** Everything that the outbound gate can find, by code. Closed: ledger and reports count by it. */
export const FINDINGS = [
  "silent-server-speaks",
  "not-on-its-list",
  "beacon",
  "long-connection",
  "strobe",
  "dns-tunnel",
  "first-seen-destination",
  "rare-destination",
  "upload-volume",
  "slow-upload",
  "rare-agent",
  "intelligence-hit",
  "cut-did-not-hold",
  "cut-drift",
  "record-gap",
  "record-loss",
] as const;
export type FindingCode = (typeof FINDINGS)[number];
