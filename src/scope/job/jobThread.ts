import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { hashInput } from "../read/planInputs.ts";
import { textOfError } from "../../lib/error.ts";
import { readCustomers } from "./customerTask.ts";
import type { Answered, Asked, ThreadData } from "./jobLink.ts";
import { doMatch } from "./matchTask.ts";
import { writeOutput } from "./outputTask.ts";
import { Machine } from "../understand/machine.ts";
import { understandTask } from "./understandTask.ts";

/** A thread that reads: one task after the other, as they are asked. */
const port = parentPort as MessagePort;
const { key, today } = workerData as ThreadData;
const tell = (answer: Answered): void => port.postMessage(answer);
let made: Machine | null = null;

/** Made when it is needed first: only threads that read need one. */
const machine = (): Machine => (made ??= new Machine(key, Temporal.PlainDate.from(today)));

port.on("message", (asked: Asked) => void answer(asked));

async function answer(asked: Asked): Promise<void> {
  let told = 0;
  const onProgress = (bytes: number): void => {
    tell({ progress: bytes - told });
    told = bytes;
  };
  try {
    if (asked.do === "understand") {
      const { task, folder, records } = asked;
      tell({
        done: "understand",
        result: await understandTask(task, machine(), { folder, records, onProgress }),
      });
    } else if (asked.do === "customers") {
      const result = await readCustomers(asked.task, asked.columns, {
        folder: asked.folder,
        machine: machine(),
        onProgress,
      });
      tell({ done: "customers", result });
    } else if (asked.do === "hash") tell({ done: "hash", sha256: await hashInput(asked.input) });
    else if (asked.do === "write") tell(writeOutput(asked));
    else tell(doMatch(asked));
  } catch (error) {
    tell({ done: "failed", problem: textOfError(error) });
  }
}
