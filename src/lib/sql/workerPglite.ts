import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { SekishoError } from "../error.ts";
import type { PgliteAnswer, PgliteFailure, PgliteRequest } from "./pgliteWorker.ts";

type Results<T> = { rows: T[]; affectedRows?: number; fields: { name: string; dataTypeID: number }[] };
type Waiting = { resolve(results: Results<any>): void; reject(error: unknown): void };
export type Transaction = {
  query<T>(sql: string, parameters?: unknown[]): Promise<Results<T>>;
  rollback(): Promise<void>;
};

/** An error of PostgreSQL with its SQLSTATE, as pg gives it. */
export class SqlError extends Error {
  override name = "SqlError";
  readonly code: string | undefined;
  readonly detail: string | undefined;

  constructor(failure: PgliteFailure) {
    super(failure.message);
    this.code = failure.code;
    this.detail = failure.detail;
  }
}

/**
 * PGlite in a thread of its own, in the shape that Kysely's PGlite dialect asks for. Kysely hands its one
 * connection to one caller at a time, so a transaction is plain BEGIN and COMMIT here.
 */
export class WorkerPglite {
  readonly waitReady: Promise<void>;
  ready = false;
  closed = false;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #death: Error | null = null;

  constructor(folder: string) {
    // The extension follows this file's: .ts in a checkout, .js in a built package.
    const file = new URL(`./pgliteWorker${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: { folder }, name: "state" });
    const opened = new Promise<Results<unknown>>((resolve, reject) => {
      this.#waiting.set(0, { resolve, reject });
    });
    this.waitReady = opened.then(() => {
      this.ready = true;
    });
    this.waitReady.catch(() => {});
    this.#worker.on("message", (answer: PgliteAnswer) => this.#settle(answer));
    this.#worker.on("error", (error: Error) => this.#die(error));
    this.#worker.on("exit", () => this.#die(new Error("the thread has ended")));
  }

  query<T>(sql: string, parameters: unknown[] = []): Promise<Results<T>> {
    return this.#ask((id) => ({ id, sql, parameters: [...parameters] }));
  }

  async transaction<T>(callback: (transaction: Transaction) => Promise<T>): Promise<T> {
    await this.query("begin");
    const transaction: Transaction = {
      query: (sql, parameters) => this.query(sql, parameters),
      rollback: async () => {
        await this.query("rollback");
      },
    };
    let value: T;
    try {
      value = await callback(transaction);
    } catch (error) {
      await this.query("rollback");
      throw error;
    }
    await this.query("commit");
    return value;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    if (this.#death === null && this.ready) await this.#ask((id) => ({ id, close: true }));
    await this.#worker.terminate();
  }

  #ask<T>(requestOf: (id: number) => PgliteRequest): Promise<Results<T>> {
    if (this.#death !== null) return Promise.reject(this.#death);
    this.#lastId += 1;
    const request = requestOf(this.#lastId);
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  #settle(answer: PgliteAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if ("failure" in answer) return waiting.reject(new SqlError(answer.failure));
    const { rows, affectedRows, fields } = answer;
    waiting.resolve(affectedRows === undefined ? { rows, fields } : { rows, fields, affectedRows });
  }

  #die(cause: Error): void {
    this.#death ??= new SekishoError("state-unavailable", `Cannot use the state store: ${cause.message}`, {
      hint: "restart the station; if it repeats, set DATABASE_URL to a PostgreSQL",
      cause,
    });
    for (const waiting of this.#waiting.values()) waiting.reject(this.#death);
    this.#waiting.clear();
  }
}
