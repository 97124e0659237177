import { workerData } from "node:worker_threads";
import { asked, done, stagesOf, state, type Stage, type StageMemory } from "./directStages.ts";

/** Writes what stands on stages, see directStages.ts; it ends with the thread that fills them. */
const memory = workerData as StageMemory;
const control = new Int32Array(memory.control, 0, 2);
const stages = stagesOf(memory);

for (;;) {
  const seen = Atomics.load(control, asked);
  for (const stage of stages) if (stage.state === state.full) write(stage);
  Atomics.wait(control, asked, seen);
}

function write(stage: Stage): void {
  let written = false;
  try {
    written = stage.write();
  } catch {
    // Whoever filled the stage writes it once more.
  }
  stage.state = written ? state.free : state.failed;
  Atomics.add(control, done, 1);
  Atomics.notify(control, done);
}
