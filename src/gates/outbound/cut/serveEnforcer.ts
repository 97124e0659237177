import { SekishoError } from "../../../lib/error.ts";
import { findMarkedProcess, markProcess, unmarkProcess } from "../../../lib/processMark.ts";
import { untilStopped } from "../../../lib/untilStopped.ts";
import { Enforcer } from "./enforcer.ts";

/** Runs the enforcer in this process until it is told to stop; throws where another one runs already. */
export async function serveEnforcer(options: {
  socketPath: string;
  stateFile: string;
  token: string;
}): Promise<void> {
  const mark = `${options.socketPath}.pid`;
  const other = findMarkedProcess(mark);
  if (other !== null && other !== process.pid) {
    throw new SekishoError("conflict", `Cannot start: an enforcer runs already, as process ${other}`, {
      hint: "it goes on; stop it first if this one shall take its place",
    });
  }
  markProcess(mark, process.pid);
  process.title = "sekisho-enforcer";
  const enforcer = new Enforcer(options);
  await enforcer.start();
  await untilStopped();
  await enforcer.stop();
  unmarkProcess(mark);
}
