import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Keeps what Node has compiled from one start to the next, for threads and children too: half of the time
 * in which a command begins. In a folder of the user's own, since whoever writes there decides what is run;
 * without such a folder, or with NODE_DISABLE_COMPILE_CACHE=1, everything is compiled anew.
 */
export function keepCompiledCode(environment: NodeJS.ProcessEnv = process.env): void {
  if (environment["NODE_COMPILE_CACHE"] !== undefined) return;
  const folder = join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "sekisho", "compiled");
  const { directory } = enableCompileCache(folder);
  if (directory !== undefined) environment["NODE_COMPILE_CACHE"] = folder;
}
