import { enableCompileCache } from "node:module";
import { join } from "node:path";

/**
 * Keeps what Node has compiled from one start to the next, for threads and children too: half of the time
 * in which a command begins. In a folder of the user's own, since whoever writes there decides what is run;
 * without such a folder, or with NODE_DISABLE_COMPILE_CACHE=1, everything is compiled anew.
 */
export function keepCompiledCode(environment: NodeJS.ProcessEnv = process.env): void {
  if (environment["NODE_COMPILE_CACHE"] !== undefined) return;
  // Not homedir(): it throws for a user whom the system does not know, as in some containers.
  const { HOME: home = "", XDG_CACHE_HOME: wished = "" } = environment;
  if (home === "" && wished === "") return;
  const folder = join(wished === "" ? join(home, ".cache") : wished, "sekisho", "compiled");
  const { directory } = enableCompileCache(folder);
  if (directory !== undefined) environment["NODE_COMPILE_CACHE"] = folder;
}
