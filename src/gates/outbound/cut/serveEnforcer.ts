import { SekishoError, textOfError } from "../../../lib/error.ts";
import { findMarkedProcess, markProcess, unmarkProcess } from "../../../lib/processMark.ts";
import { tellOperator } from "../../../lib/tellOperator.ts";
import { untilStopped } from "../../../lib/untilStopped.ts";
import { Enforcer } from "./enforcer.ts";

/** Runs the enforcer in this process until it is told to stop; throws where another one runs already. */
export async function serveEnforcer(options: {
  socketPath: string;
  stateFile: string;
  token: string;
}): Promise<void> {
  process.stderr.on("error", () => {}); // The terminal of whoever started it may be gone.
  const mark = `${options.socketPath}.pid`;
  const other = findMarkedProcess(mark);
  if (other !== null && other !== process.pid) {
    throw new SekishoError("conflict", `Cannot start: an enforcer runs already, as process ${other}`, {
      hint: "it goes on; stop it first if this one shall take its place",
    });
  }
  try {
    markProcess(mark, process.pid);
  } catch (error) {
    // On a full disk it serves all the same: whoever connects finds it by its socket.
    tellOperator(`sekisho enforcer: cannot write ${mark}: ${textOfError(error)}\n`);
  }
  process.title = "sekisho-enforcer";
  const enforcer = new Enforcer(options);
  await enforcer.start();
  await untilStopped();
  await enforcer.stop();
  unmarkProcess(mark);
}
