import type { ReadLimits } from "./limits.ts";

/** The scalars of a JSON value with their paths: `address.city`, `mails.0`. Bounded in depth and number. */
export function flattenJson(value: unknown, limits: ReadLimits): { columns: string[]; cells: string[] } {
  const columns: string[] = [];
  const cells: string[] = [];
  visit(value, { path: "", depth: 0 });
  return { columns, cells };

  function visit(one: unknown, { path, depth }: { path: string; depth: number }): void {
    if (cells.length >= limits.jsonCellsMax) return;
    if (typeof one !== "object" || one === null || depth >= limits.jsonDepthMax) {
      columns.push(path);
      cells.push(
        one === null || one === undefined ? "" : typeof one === "object" ? JSON.stringify(one) : String(one),
      );
      return;
    }
    for (const [key, inner] of Object.entries(one))
      visit(inner, { path: path === "" ? key : `${path}.${key}`, depth: depth + 1 });
  }
}
