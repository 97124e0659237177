import type { IncidentFinding } from "../../station/services.ts";

type Key = IncidentFinding["keys"][number];
type Kind = Key["kind"];

/** From what came in to what went out. */
const ORDER: readonly Kind[] = ["mail", "account", "host", "destination", "file"];
const limits = { nodesOfColumn: 24 } as const;
const rowHeight = 26;
const head = 30;

export type ChainDrawing = {
  width: number;
  height: number;
  columns: { kind: Kind; x: number }[];
  nodes: { key: string; x: number; y: number; label: string; whole: string; findings: number }[];
  lines: { key: string; path: string; findings: number }[];
  /** What has no room. */
  left: number;
};

/** Pure: where everything stands: a column for each kind that occurs, its most frequent from above. */
export function drawChain(findings: readonly IncidentFinding[], width: number): ChainDrawing {
  const counts = new Map<string, { kind: Kind; value: string; findings: number }>();
  for (const { keys } of findings) {
    for (const { kind, value } of keys) {
      const key = `${kind} ${value}`;
      const known = counts.get(key) ?? { kind, value, findings: 0 };
      counts.set(key, { ...known, findings: known.findings + 1 });
    }
  }
  const kinds = ORDER.filter((kind) => [...counts.values()].some((one) => one.kind === kind));
  const wide = Math.max(width, 140 * kinds.length, 280);
  const columnWidth = wide / Math.max(1, kinds.length);
  const columns = kinds.map((kind, at) => ({ kind, x: at * columnWidth + 8 }));
  const nodes: ChainDrawing["nodes"] = [];
  let tallest = 0;
  for (const { kind, x } of columns) {
    const own = [...counts].filter(([, one]) => one.kind === kind);
    const shown = own.toSorted((one, other) => other[1].findings - one[1].findings);
    for (const [at, [key, { value, findings: count }]] of shown.slice(0, limits.nodesOfColumn).entries()) {
      const label = shorten(value, Math.floor((columnWidth - 28) / 8));
      nodes.push({ key, x, y: head + 10 + at * rowHeight, label, whole: value, findings: count });
    }
    tallest = Math.max(tallest, Math.min(own.length, limits.nodesOfColumn));
  }
  return {
    width: wide,
    height: head + tallest * rowHeight + 8,
    columns,
    nodes,
    lines: linesOf(findings, nodes),
    left: counts.size - nodes.length,
  };
}

/** Within one finding each thing is joined with the next one to the right. */
function linesOf(findings: readonly IncidentFinding[], nodes: ChainDrawing["nodes"]): ChainDrawing["lines"] {
  const places = new Map(nodes.map((node) => [node.key, node]));
  const lines = new Map<string, { path: string; findings: number }>();
  for (const { keys } of findings) {
    const own = keys
      .toSorted((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind))
      .flatMap(({ kind, value }) => places.get(`${kind} ${value}`) ?? []);
    for (const [at, to] of own.entries()) {
      const from = own[at - 1];
      if (from === undefined || from.x === to.x) continue;
      const key = `${from.key} → ${to.key}`;
      const middle = (from.x + to.x) / 2;
      const path = `M${from.x} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
      lines.set(key, { path, findings: (lines.get(key)?.findings ?? 0) + 1 });
    }
  }
  return [...lines].map(([key, line]) => ({ key, ...line }));
}

/** The end says more of a file or a name than the middle. */
function shorten(value: string, most: number): string {
  const room = Math.max(6, most);
  if (value.length <= room) return value;
  const tail = Math.floor((room - 1) / 2);
  return `${value.slice(0, room - 1 - tail)}…${value.slice(-tail)}`;
}
