import { parentPort, workerData } from "node:worker_threads";
import type { Catalog } from "./catalog.ts";
import { indexCatalog, judgeText, readyJudge } from "./judge.ts";
import type { JudgedText } from "./verdict.ts";

/** A thread for texts that take long: nobody's bytes wait for it. */

export type ToJudge = { catalog: Catalog } | { id: number; text: string };
export type FromJudge = { id: number; judged: JudgedText };

if (parentPort !== null) {
  const port = parentPort;
  const { knownRoutines } = workerData as { knownRoutines: string[] };
  const options = { knownRoutines: new Set(knownRoutines) };
  await readyJudge();
  let index = indexCatalog({ version: "", relations: [], routines: [] });
  port.on("message", (message: ToJudge) => {
    if ("catalog" in message) index = indexCatalog(message.catalog);
    else
      port.postMessage({
        id: message.id,
        judged: judgeText(message.text, index, options),
      } satisfies FromJudge);
  });
}
