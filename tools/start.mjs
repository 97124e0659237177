// npm start: sets up what is missing, then runs the station with all gates, the replay of 2016, and the console.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { findNode, root, setUpConsole, setUpDependencies, setUpReplayPackages } from "./setUp.mjs";

setUpDependencies();
setUpConsole();
const arguments_ = process.argv.length > 2 ? process.argv.slice(2) : ["--demo"];
if (arguments_.includes("--demo")) setUpReplayPackages();
const child = spawn(
  findNode(),
  ["--disable-warning=ExperimentalWarning", join(root, "src", "cli.ts"), "start", ...arguments_],
  { cwd: root, stdio: "inherit" },
);
// A Ctrl-C reaches the child by itself; npm passes on SIGTERM to this process only.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(signal === null ? code : 1));
