/**
 * The URL of a module beside the caller's, for workers and child processes: `.ts` in a checkout (types are
 * stripped), `.js` in a published package (Node strips no types under node_modules).
 */
export function siblingModule(callerUrl: string, path: string): URL {
  return new URL(`${path}${callerUrl.endsWith(".ts") ? ".ts" : ".js"}`, callerUrl);
}
