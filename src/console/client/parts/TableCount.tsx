import { useState } from "react";
import { printCsv, saveFile, type FlatRow } from "../exportRows.ts";
import { useWords } from "../language.ts";
import type { Column, Sort } from "./DataTable.tsx";

type Props<Row> = {
  name: string;
  columns: Column<Row>[];
  sorted: Row[];
  selected: ReadonlySet<string>;
  keyOf: (row: Row) => string;
  total: number | null;
  sort: Sort | null;
  loadAll?: () => Promise<Row[]>;
};

/** How many rows there are, and their export: the selected ones, or else all. */
export function TableCount<Row>(props: Props<Row>) {
  const { say } = useWords();
  const [busy, setBusy] = useState(false);
  const { sorted, total, selected } = props;
  const count = selected.size > 0 ? selected.size : total;
  const shown = sorted.length;
  const whole = total !== null && shown >= total;
  async function save(format: "csv" | "json"): Promise<void> {
    setBusy(true);
    try {
      const rows = await rowsToSave(props);
      const flat = rows.map((row) => flatten(row, props.columns, say));
      if (format === "csv") saveFile(`${props.name}.csv`, "text/csv;charset=utf-8", printCsv(flat));
      else saveFile(`${props.name}.json`, "application/json", JSON.stringify(rows, null, 2));
    } finally {
      setBusy(false);
    }
  }
  return (
    <div className="table-count" aria-live="polite">
      <span>
        {total === null ? say("table.shown-open", { shown }) : say("table.shown", { shown, total })}
      </span>
      {props.sort !== null && !whole ? <span className="faint">{say("table.sorted-among")}</span> : null}
      {selected.size > 0 ? <span>{say("table.selected", { count: selected.size })}</span> : null}
      {total === 0 ? null : (
        <span className="row" style={{ marginInlineStart: "auto" }}>
          <span className="faint">
            {count === null ? say("table.export-all") : say("table.export", { count })}
          </span>
          <button type="button" className="button-link" disabled={busy} onClick={() => save("csv")}>
            {say("table.export-csv")}
          </button>
          <button type="button" className="button-link" disabled={busy} onClick={() => save("json")}>
            {say("table.export-json")}
          </button>
        </span>
      )}
    </div>
  );
}

async function rowsToSave<Row>(props: Props<Row>): Promise<Row[]> {
  if (props.selected.size > 0) return props.sorted.filter((row) => props.selected.has(props.keyOf(row)));
  const whole = props.total !== null && props.sorted.length >= props.total;
  if (props.loadAll === undefined || whole) return props.sorted;
  return props.loadAll();
}

function flatten<Row>(row: Row, columns: Column<Row>[], say: ReturnType<typeof useWords>["say"]): FlatRow {
  return Object.fromEntries(columns.map((column) => [say(column.label), column.text(row)]));
}
