import { useNavigate } from "@tanstack/react-router";
import { useState, type KeyboardEvent } from "react";
import type { ReaderRow, ReadersOverview } from "../../../station/services.ts";
import { shortTime } from "../formats.ts";
import { useWords } from "../language.ts";
import { useSession } from "../session.ts";
import { useWidth } from "../useWidth.ts";

const ROW = 24;
const HEAD = 20;
const PERSONS_MAX = 30;

type Cell = { row: number; column: number };

/**
 * Persons by hours: the more customers, the larger the square; a filled diamond where the budget was
 * reached.
 */
export function ReadersMatrix({ overview }: { overview: ReadersOverview }) {
  const { say } = useWords();
  const navigate = useNavigate();
  const [place, width] = useWidth<HTMLDivElement>();
  const [chosen, setChosen] = useState<Cell | null>(null);
  const readers = overview.readers.slice(0, PERSONS_MAX);
  const left = width < 520 ? 92 : 152;
  const cell = Math.max(5, (width - left) / overview.hours.length);
  const most = Math.max(1, ...readers.flatMap(({ customers }) => customers));
  const open = (row: number): void => {
    const person = readers[row]?.person;
    if (person !== undefined) void navigate({ to: "/records/events", search: { person } });
  };
  function walk(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (event.key === "Enter" && chosen !== null) open(chosen.row);
    if (step === undefined) return;
    event.preventDefault();
    const { row, column } = chosen ?? { row: 0, column: overview.hours.length - step[1] - 1 };
    const clamp = (at: number, length: number) => Math.min(length - 1, Math.max(0, at));
    setChosen({
      row: clamp(row + step[0], readers.length),
      column: clamp(column + step[1], overview.hours.length),
    });
  }
  const height = HEAD + ROW * readers.length;
  return (
    <div className="stack-tight" ref={place}>
      <Reading overview={overview} chosen={chosen} most={most} />
      <div
        className="matrix readers"
        tabIndex={0}
        role="group"
        aria-label={say("reader.picture-label", { persons: readers.length, hours: overview.hours.length })}
        onKeyDown={walk}
      >
        <svg width={width} height={height} aria-hidden="true">
          <HourTicks hours={overview.hours} cell={cell} left={left} height={height} />
          {readers.map((reader, row) => (
            <Row
              key={reader.person}
              reader={reader}
              chosen={chosen?.row === row ? chosen.column : null}
              measure={{ row, left, width, cell, most }}
              onChoose={(column) => setChosen({ row, column })}
              onOpen={() => open(row)}
            />
          ))}
        </svg>
      </div>
      {overview.readers.length > PERSONS_MAX ? (
        <p className="soft small">
          {say("reader.picture-left", { shown: PERSONS_MAX, total: overview.readers.length })}
        </p>
      ) : null}
    </div>
  );
}

type RowProps = {
  reader: ReaderRow;
  chosen: number | null;
  measure: { row: number; left: number; width: number; cell: number; most: number };
  onChoose: (column: number) => void;
  onOpen: () => void;
};

/** One person: her name, and her hours. */
function Row({ reader, chosen, measure, onChoose, onOpen }: RowProps) {
  const { row, left, width, cell, most } = measure;
  return (
    <g transform={`translate(0 ${HEAD + ROW * row})`}>
      <text x={left - 8} y={ROW / 2 + 4} textAnchor="end" className={chosen === null ? undefined : "chosen"}>
        {shorten(reader.person, left < 100 ? 11 : 20)}
      </text>
      <line className="grid" x1={left} x2={width} y1={ROW} y2={ROW} />
      <g transform={`translate(${left} 0)`}>
        <Hours reader={reader} most={most} cell={cell} chosen={chosen} onChoose={onChoose} onOpen={onOpen} />
      </g>
    </g>
  );
}

const STEPS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Room of a text in letters of half width; what is not of the West takes two. */
function roomOf(text: string): number {
  return [...text].reduce((sum, letter) => sum + (letter > "\u02ff" ? 2 : 1), 0);
}

/** The beginning and the end, by which names of machines differ. */
function shorten(text: string, most: number): string {
  if (roomOf(text) <= most) return text;
  const letters = [...text];
  let [front, back] = [letters.length - 1, 1];
  const cut = (): string => `${letters.slice(0, front).join("")}…${letters.slice(-back).join("")}`;
  while (back < letters.length / 4 && roomOf(letters.slice(-back - 1).join("")) <= most / 3) back += 1;
  while (front > 1 && roomOf(cut()) > most) front -= 1;
  return cut();
}

/** What is pointed at, in words. */
function Reading({
  overview,
  chosen,
  most,
}: {
  overview: ReadersOverview;
  chosen: Cell | null;
  most: number;
}) {
  const { say, language } = useWords();
  const { timeZone } = useSession();
  const reader = chosen === null ? undefined : overview.readers[chosen.row];
  const at = chosen === null ? undefined : overview.hours[chosen.column];
  const values =
    reader === undefined || at === undefined || chosen === null
      ? null
      : {
          person: reader.person,
          time: shortTime(at, timeZone, language),
          customers: reader.customers[chosen.column] ?? 0,
        };
  const budget = reader?.budget.hour ?? null;
  return (
    <p className="soft matrix-read" aria-live="polite">
      {values === null
        ? say("reader.picture-lead", { most })
        : budget === null
          ? say("reader.cell-open", values)
          : say("reader.cell", { ...values, budget })}
    </p>
  );
}

function HourTicks(props: { hours: readonly string[]; cell: number; left: number; height: number }) {
  const { language } = useWords();
  const { timeZone } = useSession();
  const format = new Intl.DateTimeFormat("en", { timeZone, hour: "numeric", hourCycle: "h23" });
  const every = props.cell * 6 >= 44 ? 6 : 24;
  const day = new Intl.DateTimeFormat(language, { timeZone, month: "numeric", day: "numeric" });
  return props.hours.map((at, place) => {
    const hour = Number(format.format(new Date(at)));
    if (hour % every !== 0) return null;
    const x = props.left + place * props.cell;
    return (
      <g key={at}>
        <line className="grid" x1={x} x2={x} y1={HEAD - 4} y2={props.height} />
        <text x={x + 3} y={HEAD - 6}>
          {hour === 0 ? day.format(new Date(at)) : `${hour}:00`}
        </text>
      </g>
    );
  });
}

type HoursProps = {
  reader: ReaderRow;
  most: number;
  cell: number;
  chosen: number | null;
  onChoose: (column: number) => void;
  onOpen: () => void;
};

function Hours({ reader, most, cell, chosen, onChoose, onOpen }: HoursProps) {
  const half = Math.min(9, Math.max(4, cell / 2));
  return reader.customers.map((count, column) => {
    const size = count === 0 ? 0 : Math.max(2, Math.sqrt(count / most) * (Math.min(cell, ROW) - 3));
    const x = column * cell + cell / 2;
    const y = ROW / 2;
    const full = reader.budget.hour !== null && count >= reader.budget.hour;
    return (
      <g key={column} onPointerEnter={() => onChoose(column)} onClick={onOpen}>
        <rect
          className={chosen === column ? "field here" : "field"}
          x={column * cell}
          y={1}
          width={cell}
          height={ROW - 2}
        />
        {full ? (
          <path
            className="full"
            d={`M${x} ${y - half}l${half} ${half}l${-half} ${half}l${-half} ${-half}Z`}
          />
        ) : (
          <rect className="sent" x={x - size / 2} y={y - size / 2} width={size} height={size} />
        )}
      </g>
    );
  });
}
