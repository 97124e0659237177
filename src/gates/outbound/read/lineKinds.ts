import { ConntrackReader, isConntrackLine } from "./conntrack.ts";
import type { LineReader } from "./lineReader.ts";
import { DnsmasqReader, isDnsmasqLine, isUnboundLine, UnboundReader } from "./resolverLog.ts";
import { isSquidLine, SquidReader } from "./squid.ts";

/** Sources of lines other than Zeek. */
export const LINE_KINDS = ["squid", "unbound", "dnsmasq", "conntrack"] as const;
export type LineKind = (typeof LINE_KINDS)[number];

const isLineOf: Readonly<Record<LineKind, (line: string) => boolean>> = {
  squid: isSquidLine,
  unbound: isUnboundLine,
  dnsmasq: isDnsmasqLine,
  conntrack: isConntrackLine,
};

/** Which source wrote these lines, if at least half of them are as it writes. */
export function lineKindOf(lines: readonly string[]): LineKind | null {
  const full = lines.filter((line) => line !== "" && line.length < 10_000);
  return LINE_KINDS.find((kind) => 2 * full.filter(isLineOf[kind]).length > full.length) ?? null;
}

/** A reader for one file or stream. `now` (microseconds) tells the year where a log does not. */
export function lineReaderOf(kind: LineKind, options: { now: () => number }): LineReader {
  switch (kind) {
    case "squid":
      return new SquidReader();
    case "unbound":
      return new UnboundReader(options);
    case "dnsmasq":
      return new DnsmasqReader(options);
    case "conntrack":
      return new ConntrackReader();
  }
}
