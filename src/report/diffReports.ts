import type { Said } from "../gate.ts";
import type { Report, ReportItem, Sentence } from "./report.ts";

export type ItemChange = {
  code: string;
  name: Said;
  /** States before and after; null where the item was not asked. */
  was: ReportItem["state"] | null;
  is: ReportItem["state"] | null;
  added: Sentence[];
  removed: Sentence[];
  /** Whether a table of the item is another one. */
  table: boolean;
};

/** What one version of a report says that the other does not; items that say the same are left out. */
export function diffReports(before: Report, after: Report): ItemChange[] {
  const codes = [...new Set([...before.items, ...after.items].map(({ code }) => code))];
  return codes.flatMap((code): ItemChange[] => {
    const [was, is] = [before, after].map(({ items }) => items.find((item) => item.code === code));
    const [old, now] = [was?.sentences ?? [], is?.sentences ?? []];
    const key = ({ ja, en }: Sentence): string => `${ja}\0${en}`;
    const [oldKeys, newKeys] = [new Set(old.map(key)), new Set(now.map(key))];
    const added = now.filter((sentence) => !oldKeys.has(key(sentence)));
    const removed = old.filter((sentence) => !newKeys.has(key(sentence)));
    const table = JSON.stringify(was?.table ?? null) !== JSON.stringify(is?.table ?? null);
    // A supplement that says the same is the same.
    const state = (was?.state === "not-yet-known") !== (is?.state === "not-yet-known");
    if (
      added.length === 0 &&
      removed.length === 0 &&
      !table &&
      !state &&
      (was === undefined) === (is === undefined)
    )
      return [];
    const name = (is ?? was)?.name ?? { ja: code, en: code };
    return [{ code, name, was: was?.state ?? null, is: is?.state ?? null, added, removed, table }];
  });
}
