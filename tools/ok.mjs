// npm run ok: the one command before a commit: tidy, types, docs (printed anew), tests.
import { spawnSync } from "node:child_process";
import { findNode, root, setUpConsole, setUpDependencies, setUpSystemPackages } from "./setUp.mjs";

setUpDependencies();
setUpConsole();
setUpSystemPackages();
const node = findNode();
for (const program of [["tools/printDocs.ts"], ["tools/runTests.ts"]]) {
  const done = spawnSync(node, ["--disable-warning=ExperimentalWarning", ...program], {
    cwd: root,
    stdio: "inherit",
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
}
