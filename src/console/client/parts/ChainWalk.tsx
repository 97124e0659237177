import { useNavigate } from "@tanstack/react-router";
import type { LedgerRow, LedgerWalk } from "../../../station/services.ts";
import { entryName } from "../entryName.ts";
import { clockTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { useSession } from "../session.ts";
import { OUTLINES } from "./Mark.tsx";
import { useNarrow } from "../useNarrow.ts";

const ROOMY = { width: 192, height: 46, gap: 12, channel: 56 };
/** For long chains, so that five steps still stand beside each other on a usual screen. */
const TIGHT = { ...ROOMY, width: 188, channel: 28 };
type Size = typeof ROOMY;
const NODES_IN_COLUMN_MAX = 8;
const NAME_CHARACTERS_MAX = 22;

type Placed = { row: LedgerRow; x: number; y: number; here: boolean };
type Column = { rows: LedgerRow[]; hidden: number };

/** The chain of an entry as a drawing: what it rests on before it, what rests on it behind it. */
export function ChainWalk({ walk }: { walk: LedgerWalk }) {
  const narrow = useNarrow(720);
  const columns = columnsOf(walk);
  const size = columns.length > 4 ? TIGHT : ROOMY;
  const { placed, width, height } = place(columns, walk.entry, { narrow, size });
  const byId = new Map(placed.map((node) => [node.row.entry.id, node]));
  const edges = placed.flatMap((node) =>
    node.row.entry.rests.flatMap((id) => {
      const from = byId.get(id);
      return from === undefined ? [] : [{ from, to: node }];
    }),
  );
  return (
    <div className="walk">
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="group">
        {edges.map(({ from, to }) => (
          <path
            key={`${from.row.index}-${to.row.index}`}
            className="edge"
            d={narrow ? edgeDown(from, to, size) : edgeAcross(from, to, size)}
          />
        ))}
        {placed.map((node) => (
          <Node key={node.row.entry.id} node={node} size={size} />
        ))}
        {narrow ? null : <HiddenCounts columns={columns} size={size} height={height} />}
      </svg>
    </div>
  );
}

function Node({ node, size }: { node: Placed; size: Size }) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const navigate = useNavigate();
  const { entry, index } = node.row;
  const name = entryName(say, entry.code);
  const address = `/ledger/${entry.id}`;
  return (
    <a
      href={address}
      aria-current={node.here ? "true" : undefined}
      onClick={(event) => {
        event.preventDefault();
        void navigate({ to: "/ledger/$id", params: { id: entry.id } });
      }}
    >
      <g className="node" data-here={node.here ? "" : undefined} transform={`translate(${node.x} ${node.y})`}>
        <rect width={size.width} height={size.height} rx="4" />
        <g className="shape" transform="translate(12 9)">
          {OUTLINES[entry.kind]}
        </g>
        <text x="32" y="19">
          {name.length > NAME_CHARACTERS_MAX ? `${name.slice(0, NAME_CHARACTERS_MAX - 1)}…` : name}
        </text>
        <text x="32" y="36" className="faint">
          {`${say(`kind.${entry.kind}`)}　${index}　${clockTime(entry.at, timeZone, language)}`}
        </text>
        <title>{`${name}, ${entry.by}`}</title>
      </g>
    </a>
  );
}

function HiddenCounts({ columns, size, height }: { columns: Column[]; size: Size; height: number }) {
  const { say } = useWords();
  return columns.map(({ hidden }, index) => {
    if (hidden === 0) return null;
    const x = index * (size.width + size.channel) + 13;
    return (
      <text key={index} x={x} y={height - 4} className="faint">
        {say("ledger.walk-more", { count: hidden })}
      </text>
    );
  });
}

/** Deepest first, the entry itself, then what rests on it. */
function columnsOf(walk: LedgerWalk): Column[] {
  const depthOf = new Map<string, { row: LedgerRow; depth: number }>();
  for (const { row, depth } of walk.restsOn) {
    const known = depthOf.get(row.entry.id);
    if (known === undefined || known.depth < depth) depthOf.set(row.entry.id, { row, depth });
  }
  const nodes = [...depthOf.values()];
  const deepest = Math.max(0, ...nodes.map(({ depth }) => depth));
  const before = Array.from({ length: deepest }, (_, index) => {
    const depth = deepest - index;
    return cut(nodes.filter((node) => node.depth === depth).map(({ row }) => row));
  });
  const after = walk.restedOnBy.length === 0 ? [] : [cut(walk.restedOnBy)];
  return [...before, { rows: [walk.entry], hidden: 0 }, ...after];
}

function cut(rows: LedgerRow[]): Column {
  const shown = rows.toSorted((one, other) => one.index - other.index).slice(0, NODES_IN_COLUMN_MAX);
  return { rows: shown, hidden: rows.length - shown.length };
}

function place(columns: Column[], here: LedgerRow, options: { narrow: boolean; size: Size }) {
  const { narrow, size } = options;
  const step = size.height + size.gap;
  if (narrow) {
    let y = 1;
    const placed = columns.flatMap(({ rows }) => {
      const column = rows.map((row, index) => ({ row, x: 1, y: y + index * step, here: row === here }));
      y += rows.length * step + size.gap;
      return column;
    });
    return { placed, width: size.width + 60, height: y };
  }
  const tallest = Math.max(...columns.map(({ rows }) => rows.length));
  const hidden = columns.some((column) => column.hidden > 0) ? 20 : 0;
  const height = tallest * step - size.gap + 2 + hidden;
  const placed = columns.flatMap(({ rows }, column) =>
    rows.map((row, index) => {
      const top = (height - hidden - (rows.length * step - size.gap)) / 2;
      return { row, x: 1 + column * (size.width + size.channel), y: top + index * step, here: row === here };
    }),
  );
  return { placed, width: columns.length * (size.width + size.channel) - size.channel + 2, height };
}

function edgeAcross(from: Placed, to: Placed, size: Size): string {
  const [x1, y1] = [from.x + size.width, from.y + size.height / 2];
  const [x2, y2] = [to.x, to.y + size.height / 2];
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

function edgeDown(from: Placed, to: Placed, size: Size): string {
  const [x, y1, y2] = [from.x + size.width, from.y + size.height / 2, to.y + size.height / 2];
  const out = x + Math.min(48, 12 + (y2 - y1) / 6);
  return `M${x} ${y1}C${out} ${y1} ${out} ${y2} ${x} ${y2}`;
}
