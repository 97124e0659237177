import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";

/** What the thread is asked, and what it answers. */
export type PgliteRequest = { id: number; sql: string; parameters: unknown[] } | { id: number; close: true };
export type PgliteFailure = { message: string; code?: string | undefined; detail?: string | undefined };
type Field = { name: string; dataTypeID: number };
export type PgliteAnswer =
  | { id: number; rows: unknown[]; affectedRows: number | undefined; fields: Field[] }
  | { id: number; failure: PgliteFailure };

async function run(): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  const { folder } = workerData as { folder: string };
  const pglite = await PGlite.create({ dataDir: folder }).catch((error: unknown) => {
    port.postMessage({ id: 0, failure: failureOf(error) } satisfies PgliteAnswer);
    return null;
  });
  if (pglite === null) return;
  port.postMessage({ id: 0, rows: [], affectedRows: undefined, fields: [] } satisfies PgliteAnswer);
  port.on("message", async (request: PgliteRequest) => {
    port.postMessage(await answer(pglite, request));
    if ("close" in request) port.close();
  });
}

async function answer(pglite: PGlite, request: PgliteRequest): Promise<PgliteAnswer> {
  try {
    if ("close" in request) {
      await pglite.close();
      return { id: request.id, rows: [], affectedRows: undefined, fields: [] };
    }
    const { rows, affectedRows, fields } = await pglite.query(request.sql, request.parameters);
    return { id: request.id, rows, affectedRows, fields };
  } catch (error) {
    return { id: request.id, failure: failureOf(error) };
  }
}

function failureOf(error: unknown): PgliteFailure {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, detail } = error as Error & { code?: string; detail?: string };
  return { message: error.message, code, detail };
}

await run();
