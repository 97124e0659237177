import { SekishoError } from "../../../lib/error.ts";
import { serveEnforcer } from "./serveEnforcer.ts";

/** `node runEnforcer.ts SOCKET STATEFILE`, with the gate's token in SEKISHO_LINK_TOKEN. */
const [socketPath, stateFile] = process.argv.slice(2);
const token = process.env["SEKISHO_LINK_TOKEN"] ?? "";
// No program that this one starts needs it.
delete process.env["SEKISHO_LINK_TOKEN"];

if (socketPath === undefined || stateFile === undefined || token === "") {
  process.stderr.write("usage: SEKISHO_LINK_TOKEN=… runEnforcer SOCKET STATEFILE\n");
  process.exit(2);
}
try {
  await serveEnforcer({ socketPath, stateFile, token });
} catch (error) {
  if (!(error instanceof SekishoError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(3);
}
process.exit(0);
