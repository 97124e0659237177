import { useState, type KeyboardEvent } from "react";
import type { TrafficOverview } from "../../../station/services.ts";
import { byteSize } from "../formats.ts";
import { useWords } from "../language.ts";
import { useWidth } from "../useWidth.ts";

const CELL = { least: 18, most: 30 };
const HEAD = 132;
const LABEL_CHARACTERS_MAX = 22;

type Cell = { row: number; column: number };
type Matrix = TrafficOverview["matrix"];

/** Hosts by destinations: the more was sent, the larger the square. Read by pointer or by arrow keys. */
export function TrafficMatrix({ matrix }: { matrix: Matrix }) {
  const { say, language } = useWords();
  const [place, width] = useWidth<HTMLDivElement>();
  const [chosen, setChosen] = useState<Cell | null>(null);
  const { hosts, others, sent } = orderMatrix(matrix);
  const narrow = width < 520;
  const left = narrow ? 104 : 152;
  const cell = Math.min(CELL.most, Math.max(CELL.least, (width - left - HEAD / 2) / others.length));
  const most = Math.max(1, ...sent.flat());
  const value = chosen === null ? null : (sent[chosen.row]?.[chosen.column] ?? 0);
  function walk(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const { row, column } = chosen ?? { row: 0, column: 0 };
    const clamp = (at: number, length: number) => Math.min(length - 1, Math.max(0, at));
    const next = { row: clamp(row + step[0], hosts.length), column: clamp(column + step[1], others.length) };
    setChosen(chosen === null ? { row: 0, column: 0 } : next);
  }
  const read =
    chosen === null || value === null
      ? say("traffic.matrix-lead", { most: byteSize(most, language) })
      : say("traffic.matrix-cell", {
          host: hosts[chosen.row] ?? "",
          destination: others[chosen.column] ?? "",
          sent: value === 0 ? say("answer.none") : byteSize(value, language),
        });
  const height = HEAD + cell * hosts.length + 2;
  return (
    <div className="stack-tight" ref={place}>
      <p className="soft matrix-read" aria-live="polite">
        {read}
      </p>
      <div
        className="matrix"
        tabIndex={0}
        role="group"
        aria-label={say("traffic.matrix-label", { hosts: hosts.length, others: others.length })}
        onKeyDown={walk}
      >
        <svg width={left} height={height} aria-hidden="true">
          {hosts.map((host, row) => (
            <text
              key={host}
              x={left - 8}
              y={HEAD + cell * row + cell / 2 + 4}
              textAnchor="end"
              className={chosen?.row === row ? "chosen" : undefined}
            >
              {shorten(host, narrow ? 13 : LABEL_CHARACTERS_MAX)}
            </text>
          ))}
        </svg>
        <div className="matrix-cells">
          <svg width={cell * others.length + HEAD / 2} height={height} aria-hidden="true">
            <g transform={`translate(0 ${HEAD})`}>
              <Heads others={others} cell={cell} chosen={chosen} />
              <Cells sent={sent} most={most} cell={cell} chosen={chosen} onChoose={setChosen} />
            </g>
          </svg>
        </div>
      </div>
    </div>
  );
}

const STEPS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function Heads({ others, cell, chosen }: { others: string[]; cell: number; chosen: Cell | null }) {
  return others.map((other, column) => (
    <text
      key={other}
      transform={`translate(${cell * column + cell / 2 + 3} -8) rotate(-60)`}
      className={chosen?.column === column ? "chosen" : undefined}
    >
      {shorten(other, LABEL_CHARACTERS_MAX)}
    </text>
  ));
}

type CellsProps = {
  sent: number[][];
  most: number;
  cell: number;
  chosen: Cell | null;
  onChoose: (cell: Cell) => void;
};

function Cells({ sent, most, cell, chosen, onChoose }: CellsProps) {
  return sent.flatMap((values, row) =>
    values.map((value, column) => {
      const side = sideOf(value, most) * (cell - 4);
      const at = { x: column * cell, y: row * cell };
      const here = chosen?.row === row && chosen.column === column;
      return (
        <g key={`${row}-${column}`} onPointerEnter={() => onChoose({ row, column })}>
          <rect {...at} width={cell} height={cell} className={here ? "field here" : "field"} />
          {value === 0 ? null : (
            <rect
              x={at.x + (cell - side) / 2}
              y={at.y + (cell - side) / 2}
              width={side}
              height={side}
              className="sent"
            />
          )}
        </g>
      );
    }),
  );
}

/** By orders of magnitude, since what leaks slowly stands beside what streams. */
function sideOf(value: number, most: number): number {
  if (value <= 0) return 0;
  const share = Math.log10(1 + value) / Math.log10(1 + most);
  return Math.max(0.16, (share - 0.35) / 0.65);
}

/** The busiest hosts above, the busiest destinations on the left. */
function orderMatrix({ hosts, others, sent }: Matrix): Matrix {
  const sumRow = (row: number) => (sent[row] ?? []).reduce((sum, value) => sum + value, 0);
  const sumColumn = (column: number) => sent.reduce((sum, values) => sum + (values[column] ?? 0), 0);
  const rows = hosts.map((_, row) => row).toSorted((one, other) => sumRow(other) - sumRow(one));
  const columns = others
    .map((_, column) => column)
    .toSorted((one, other) => sumColumn(other) - sumColumn(one));
  return {
    hosts: rows.map((row) => hosts[row] ?? ""),
    others: columns.map((column) => others[column] ?? ""),
    sent: rows.map((row) => columns.map((column) => sent[row]?.[column] ?? 0)),
  };
}
