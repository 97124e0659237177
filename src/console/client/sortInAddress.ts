import type { Sort } from "./parts/DataTable.tsx";

/** How a table is sorted, as it stands in the address: "received" or "received.descending". */
export function printSort({ key, descending }: Sort): string {
  return descending ? `${key}.descending` : key;
}

export function readSort(text: string | undefined): Sort | null {
  if (text === undefined || text === "") return null;
  const [key = "", direction] = text.split(".");
  return { key, descending: direction === "descending" };
}
