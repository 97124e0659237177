import type { FuncCall, Node } from "libpg-query";
import { flag, type Walk } from "./walk.ts";

/** Settings of a session: SET and set_config(). */

/** Settings that change what the bytes or the words of a text mean, or what is loaded and allowed. */
export function changesMeaning(name: string, value: string | null): boolean {
  if (name === "client_encoding") return value !== null && !/^utf-?_?8$|^unicode$/i.test(value);
  if (name === "standard_conforming_strings")
    return value !== null && !/^(on|true|tru|tr|t|yes|ye|y|1)$/i.test(value);
  return dangerous.has(name);
}

const dangerous = new Set([
  "session_preload_libraries",
  "local_preload_libraries",
  "shared_preload_libraries",
  "allow_system_table_mods",
  "session_replication_role",
  "dynamic_library_path",
]);

/** Settings that are stated at sign-in and must not become another value that is not written. */
const pinned = new Set(["client_encoding", "standard_conforming_strings"]);

export function literalOf(node: Node | undefined): string | null {
  if (node === undefined || !("A_Const" in node)) return null;
  const { sval, fval, ival, boolval, isnull } = node.A_Const;
  if (isnull === true) return null;
  if (sval !== undefined) return sval.sval ?? "";
  if (fval !== undefined) return fval.fval ?? "";
  if (ival !== undefined) return String(ival.ival ?? 0);
  return boolval === undefined ? null : boolval.boolval === true ? "on" : "off";
}

/** set_config(name, value, is_local) within a query. */
export function readSetConfig(walk: Walk, call: FuncCall): void {
  walk.literalsMatter = true;
  const name = literalOf(call.args?.[0])?.toLowerCase() ?? null;
  const value = literalOf(call.args?.[1]);
  if (name === null) return flag(walk, "changes-meaning", "set_config() of a setting that is not named");
  // The gate's own settings are read from SET, or from a query that does nothing else.
  const hidden = name.startsWith("sekisho.") && !walk.setsAlone;
  if (changesMeaning(name, value) || hidden || (pinned.has(name) && value === null)) {
    flag(walk, "changes-meaning", `set_config() of ${name}`);
  }
}
