import { findMarkedProcess, markProcess, unmarkProcess } from "../../../lib/processMark.ts";
import { untilStopped } from "../../../lib/untilStopped.ts";
import { Enforcer } from "./enforcer.ts";

/** `node runEnforcer.ts SOCKET STATEFILE`, with the gate's token in SEKISHO_LINK_TOKEN. */
const [socketPath, stateFile] = process.argv.slice(2);
const token = process.env["SEKISHO_LINK_TOKEN"] ?? "";
// No program that this one starts needs it.
delete process.env["SEKISHO_LINK_TOKEN"];

if (socketPath === undefined || stateFile === undefined || token === "") {
  process.stderr.write("usage: SEKISHO_LINK_TOKEN=… runEnforcer SOCKET STATEFILE\n");
  process.exit(2);
}
const mark = `${socketPath}.pid`;
const other = findMarkedProcess(mark);
if (other !== null && other !== process.pid) {
  process.stderr.write(`an enforcer runs already, as process ${other}\n`);
  process.exit(3);
}
markProcess(mark, process.pid);
process.title = "sekisho-enforcer";

const enforcer = new Enforcer({ socketPath, stateFile, token });
await enforcer.start();
await untilStopped();
await enforcer.stop();
unmarkProcess(mark);
process.exit(0);
