import type { Act, ActResult, Stage } from "./act.ts";
import { actAftermath } from "./actAftermath.ts";
import { actMail } from "./actMail.ts";
import { actRecords } from "./actRecords.ts";
import { actScope } from "./actScope.ts";
import { actTraffic } from "./actTraffic.ts";
import type { Delay } from "./delays.ts";

/** The acts that exist, in the order of 2016. */
export const acts: readonly Act[] = [actMail, actTraffic, actRecords, actScope, actAftermath];

/** Plays acts one after another; a thrown error is a problem of that act. */
export async function playActs(stage: Stage, names: readonly string[] | null): Promise<ActResult[]> {
  const results: ActResult[] = [];
  for (const act of acts.filter((one) => names === null || names.includes(one.name))) {
    stage.tell(act.title);
    const started = performance.now();
    try {
      results.push(await act.play(stage));
    } catch (error) {
      const seconds = (performance.now() - started) / 1000;
      results.push({ act: act.name, ok: false, seconds, figures: {}, problems: [(error as Error).message] });
    }
  }
  return results;
}

const endings: Readonly<Record<string, string>> = { scope: "listed", aftermath: "told" };

/** The outcome of acts for a person. */
export function printActs(results: readonly ActResult[]): string {
  return results
    .map((result) => {
      const figures = Object.entries(result.figures).map(
        ([name, value]) => `    ${name.padEnd(20)} ${value}\n`,
      );
      const problems = result.problems.map((problem) => `    NOT AS IT HAS TO BE: ${problem}\n`);
      const done = endings[result.act] ?? "stopped";
      const outcome = result.ok ? done : "FAILED";
      const head = `  act ${result.act}: ${outcome} in ${result.seconds.toFixed(1)} s\n`;
      return `${head}${figures.join("")}${problems.join("")}`;
    })
    .join("");
}

/** Puts the table into the ledger, where the console's page finds it. */
export async function recordReplay(
  stage: Stage,
  results: readonly ActResult[],
  delays: readonly Delay[],
): Promise<void> {
  await stage.station.station.recorder.append({
    kind: "observed",
    code: "replay-ended",
    data: {
      ok: results.every(({ ok }) => ok),
      acts: results.map(({ act, ok, seconds }) => ({ act, ok, seconds: Number(seconds.toFixed(1)) })),
      delays: delays.map((delay) => ({ ...delay, what: { ...delay.what } })),
    },
  });
}
