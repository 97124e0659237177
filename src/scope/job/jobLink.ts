import type { SharedParquet } from "../../lib/parquet/writeParquet.ts";
import type { ReadTask, ScopeInput } from "../read/record.ts";
import type { HashKey } from "../signatures/keyedHash.ts";
import type { ColumnFields, CustomerResult } from "./customerTask.ts";
import type { MatchAnswer, MatchAsked } from "./matchTask.ts";
import type { OutputAnswer, OutputAsked } from "./outputTask.ts";
import type { TaskResult } from "./understandTask.ts";

/** What the job asks of its threads. */
export type Asked = ReadAsked | MatchAsked | OutputAsked | { do: "hash"; input: ScopeInput };
export type ReadAsked =
  | { do: "understand"; task: ReadTask; folder: string; records: SharedParquet }
  | { do: "customers"; task: ReadTask; columns: ColumnFields; folder: string };

export type Answered =
  | { done: "understand"; result: TaskResult }
  | { done: "customers"; result: CustomerResult }
  | { done: "hash"; sha256: string }
  | MatchAnswer
  | OutputAnswer
  | { done: "failed"; problem: string }
  | { progress: number };

export type ThreadData = { key: HashKey; today: string };
