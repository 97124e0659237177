import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { countsCsv } from "./countsCsv.ts";
import { readLinkFigures, type LinkFigures } from "./linkFigures.ts";
import { page } from "./page.ts";
import { found, groups, items, problems, searched, summary, type Reported } from "./sections.ts";
import { checking, making, sureness } from "./sureness.ts";

const title = { ja: "影響を受けた人の範囲: 報告", en: "Who is affected: report" };

/**
 * `report.html` and `counts.csv`, for a privacy officer and for an authority. Neither holds anything of any
 * person; without the figures of the lists (sealed, erased) how sure they are is left out.
 */
export function reportFiles(result: Reported, figures: LinkFigures | null): { name: string; text: string }[] {
  const body = [
    summary(result),
    items(result),
    groups(result),
    ...(figures === null ? [] : [sureness(result, figures)]),
    searched(result),
    found(result),
    problems(result),
    checking(result),
    making(result),
  ];
  return [
    { name: "report.html", text: page(title, body) },
    { name: "counts.csv", text: countsCsv(result) },
  ];
}

/** Writes them beside a job's lists; `figures`: of these, which are read for them if they are not given. */
export async function writeReport(out: string, result: Reported, figures?: LinkFigures): Promise<void> {
  const told = figures ?? (await readLinkFigures(out));
  for (const { name, text } of reportFiles(result, told)) settle(out, name, text);
}

function settle(out: string, name: string, text: string): void {
  writeFileSync(join(out, `${name}.part`), text, { mode: 0o600 });
  renameSync(join(out, `${name}.part`), join(out, name));
}
