// npm test: sets up what is missing, then runs tidy, types and all tests. Arguments choose test files.
import { spawnSync } from "node:child_process";
import { findNode, root, setUpConsole, setUpDependencies, setUpSystemPackages } from "./setUp.mjs";

setUpDependencies();
setUpConsole();
setUpSystemPackages();
const done = spawnSync(
  findNode(),
  ["--disable-warning=ExperimentalWarning", "tools/runTests.ts", ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: "inherit",
  },
);
process.exit(done.status ?? 1);
