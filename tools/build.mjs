// npm run build, and before npm pack: JavaScript of the server and the built pages, in dist/.
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fail, findNode, root, setUpConsole, setUpDependencies } from "./setUp.mjs";

setUpDependencies();
setUpConsole();
rmSync(join(root, "dist", "server"), { recursive: true, force: true });
const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
const done = spawnSync(findNode(), [compiler, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (done.status !== 0) fail("Cannot build the server", "see the lines above");
// What the compiler does not take along: data with a licence of its own.
const variants = join("scope", "normalise", "variants");
cpSync(join(root, "src", variants), join(root, "dist", "server", variants), { recursive: true });
