import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CustomerMap } from "./customerColumns.ts";

/** What a finished job knows of its customer table, so that a review can ask it for rows again. */
export type CustomerMemo = {
  /** As it was named, without any password. */
  source: string;
  map: CustomerMap;
  /**
   * Folder of the index, seen from the job's where it lies in it, and of which state of the table it must
   * be: another state has other rows.
   */
  index: string;
  fingerprint: string;
};

/** Notes where the customers came from. A password stays out of the folder: PGPASSWORD gives it again. */
export function keepCustomerMemo(work: string, memo: CustomerMemo): void {
  const file = join(work, "customers.json");
  // An index that goes with the job is found also where the folder is moved.
  const index = memo.index === resolve(work, "index") ? "work/index" : memo.index;
  const text = JSON.stringify({ ...memo, index, source: withoutPassword(memo.source) });
  writeFileSync(`${file}.part`, text, { mode: 0o600 });
  renameSync(`${file}.part`, file);
}

/** The note of a job; null: there is none. */
export function readCustomerMemo(work: string): CustomerMemo | null {
  const file = join(work, "customers.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as CustomerMemo) : null;
}

function withoutPassword(source: string): string {
  if (!/^postgres(ql)?:\/\//.test(source)) return source;
  const url = new URL(source);
  url.password = "";
  return url.toString();
}
