import type { Seen, Unread } from "./connection.ts";
import type { CutLink } from "./cutLink.ts";
import { lineReaderOf, type LineKind } from "./read/lineKinds.ts";
import { tailFiles } from "./read/tail.ts";
import type { TrafficRecord } from "./record/recorder.ts";
import type { OutboundSettings } from "./settings.ts";

export type SourcesOptions = {
  settings: OutboundSettings;
  record: TrafficRecord;
  cutLink: CutLink | null;
  onSeen: (seen: readonly Seen[], source: string) => void;
  onUnread: (unread: Unread) => void;
  onLost: (source: string, count: number) => void;
  onProblem: (problem: string) => void;
};

export type Sources = { names: string[]; close(): Promise<void> };

const roomMs = 200;

/** Opens every source of the configuration. Rows go to the judge first, then into the record. */
export async function openSources(options: SourcesOptions): Promise<Sources> {
  const { settings, record } = options;
  const names: string[] = [];
  const closes: (() => Promise<void> | void)[] = [];
  if (settings.sources.conntrack) {
    names.push("conntrack");
    followConnections(options);
  }
  for (const kind of ["zeek", "squid", "unbound", "dnsmasq"] as const) {
    const paths = settings.sources[kind];
    if (paths.length === 0) continue;
    names.push(kind);
    const tail = await tailFiles({
      paths,
      kind,
      positions: record.positions,
      onSeen: async (seen, { source, position }) => {
        options.onSeen(seen, kind);
        record.add(seen, { source, position });
        // A file waits for us, where events of the kernel do not.
        while (!record.hasRoom) await new Promise((resolve) => setTimeout(resolve, roomMs));
      },
      onProblem: options.onUnread,
    });
    closes.push(() => tail[Symbol.asyncDispose]());
  }
  return {
    names,
    close: async () => {
      for (const close of closes) await close();
    },
  };
}

function followConnections(options: SourcesOptions): void {
  const { record, cutLink } = options;
  const kind: LineKind = "conntrack";
  const reader = lineReaderOf(kind, { now: () => Date.now() * 1_000 });
  let line = 0;
  cutLink?.watchConnections((lines, lost) => {
    const rows: Seen[] = [];
    for (const text of lines) {
      line += 1;
      const { seen, problem } = reader.read(text);
      rows.push(...seen);
      if (problem !== null) options.onUnread({ file: kind, line, problem });
    }
    if (lost > 0) options.onLost(kind, lost);
    if (rows.length === 0) return;
    options.onSeen(rows, kind);
    record.add(rows);
  });
}
