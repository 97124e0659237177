import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useHotkeys } from "../hotkeys.ts";
import { useWords } from "../language.ts";
import type { WordCode } from "../words/words.ts";
import { TableCount } from "./TableCount.tsx";

export type Column<Row> = {
  key: string;
  label: WordCode;
  /** 1 stays on every screen and leads on a narrow one, 2 follows below it, 3 and 4 are for wider ones. */
  rank: 1 | 2 | 3 | 4;
  /** The cell as text: for export, and for showing where `show` is absent. */
  text: (row: Row) => string;
  show?: (row: Row) => ReactNode;
  /** What to sort by; a column without it cannot be sorted. */
  sort?: (row: Row) => string | number;
  numeric?: boolean;
};
export type Sort = { key: string; descending: boolean };

type Props<Row> = {
  name: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string;
  /** How many there are in all; null where only the shown ones are counted and more follow. */
  total: number | null;
  sort: Sort | null;
  onSort: (sort: Sort) => void;
  onOpen?: (row: Row) => void;
  more?: { count: number; load: () => void };
  /** Loads all rows for an export, where not all are shown. */
  loadAll?: () => Promise<Row[]>;
};

/** Rows that are sorted, walked by j and k, opened by Enter, selected by x and exported. */
export function DataTable<Row>(props: Props<Row>) {
  const { columns, keyOf, rows, sort } = props;
  const sorted = useMemo(() => sortRows(rows, columns, sort), [rows, columns, sort]);
  const { current, setCurrent, selected } = useRowKeys(sorted, props);
  const body = useRef<HTMLTableSectionElement>(null);
  useEffect(() => {
    body.current?.querySelector("[data-current]")?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <div className="table-wrap">
      <TableCount {...props} sorted={sorted} selected={selected} />
      <table className="table">
        <HeadRow columns={columns} sort={sort} onSort={props.onSort} />
        <tbody ref={body}>
          {sorted.map((row) => {
            const key = keyOf(row);
            return (
              <tr
                key={key}
                data-current={key === current ? "" : undefined}
                data-opens={props.onOpen === undefined ? undefined : ""}
                aria-selected={selected.has(key)}
                onClick={(event) => {
                  setCurrent(key);
                  if (!(event.target as Element).closest("a, button, input")) props.onOpen?.(row);
                }}
              >
                {columns.map((column) => (
                  <td
                    key={column.key}
                    data-rank={column.rank}
                    className={column.numeric === true ? "numeric" : undefined}
                  >
                    {column.show === undefined ? column.text(row) : column.show(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      <MoreButton more={props.more} />
    </div>
  );
}

function MoreButton({ more }: { more: { count: number; load: () => void } | undefined }) {
  const { say } = useWords();
  if (more === undefined) return null;
  return (
    <p className="row" style={{ paddingTop: 16 }}>
      <button type="button" className="button" onClick={more.load}>
        {say("table.more", { count: more.count })}
      </button>
    </p>
  );
}

function HeadRow<Row>(props: { columns: Column<Row>[]; sort: Sort | null; onSort: (sort: Sort) => void }) {
  const { say } = useWords();
  const directionOf = (key: string) => {
    if (props.sort?.key !== key) return undefined;
    return props.sort.descending ? ("descending" as const) : ("ascending" as const);
  };
  return (
    <thead>
      <tr>
        {props.columns.map(({ key, label, rank, numeric, sort }) => (
          <th
            key={key}
            scope="col"
            data-rank={rank}
            className={numeric === true ? "numeric" : undefined}
            aria-sort={directionOf(key)}
          >
            {sort === undefined ? (
              say(label)
            ) : (
              <button
                type="button"
                onClick={() => props.onSort({ key, descending: directionOf(key) === "ascending" })}
              >
                {say(label)}
              </button>
            )}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function useRowKeys<Row>(rows: Row[], props: Props<Row>) {
  const [current, setCurrent] = useState<string | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const place = rows.findIndex((row) => props.keyOf(row) === current);
  const moveTo = (index: number): void => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (row !== undefined) setCurrent(props.keyOf(row));
  };
  useHotkeys({
    j: () => moveTo(place + 1),
    k: () => moveTo(place - 1),
    Enter: () => {
      const row = rows[place];
      if (row !== undefined) props.onOpen?.(row);
    },
    x: () => {
      if (current === null) return;
      const next = new Set(selected);
      if (!next.delete(current)) next.add(current);
      setSelected(next);
    },
  });
  return { current, setCurrent, selected };
}

function sortRows<Row>(rows: Row[], columns: Column<Row>[], sort: Sort | null): Row[] {
  const by = columns.find((column) => column.key === sort?.key)?.sort;
  if (by === undefined || sort === null) return rows;
  const collator = new Intl.Collator(undefined, { numeric: true });
  const sorted = rows.toSorted((one, other) => {
    const [first, second] = [by(one), by(other)];
    if (typeof first === "number" && typeof second === "number") return first - second;
    return collator.compare(String(first), String(second));
  });
  return sort.descending ? sorted.toReversed() : sorted;
}
