import { readFileSync } from "node:fs";
import pg from "pg";
import { SekishoError, textOfError } from "../../lib/error.ts";
import type { RecordsSettings } from "./settings.ts";

/** A connection to the PostgreSQL server behind the gate, for commands. Throws peer-unavailable. */
export async function openServerClient(
  settings: RecordsSettings,
  as: { user?: string | undefined; passwordFile?: string | undefined; database?: string | undefined },
): Promise<pg.Client> {
  const { server, watcher } = settings;
  const passwordFile = as.passwordFile ?? (as.user === undefined ? watcher?.passwordFile : undefined);
  const client = new pg.Client({
    host: server.host,
    port: server.port,
    user: as.user ?? watcher?.user ?? "postgres",
    database: as.database ?? watcher?.database ?? "postgres",
    ...(passwordFile === undefined ? {} : { password: readFileSync(passwordFile, "utf8").trimEnd() }),
    application_name: "sekisho records",
    connectionTimeoutMillis: 10_000,
    ...(server.tls === "off" ? {} : { ssl: tlsOf(server) }),
  });
  client.on("error", () => undefined); // The query that waits on the connection is told of it.
  try {
    await client.connect();
    return client;
  } catch (cause) {
    throw new SekishoError(
      "peer-unavailable",
      `Cannot sign in to PostgreSQL at ${server.host} port ${server.port}: ${textOfError(cause)}`,
      { hint: "see records.server, --user, --password-file and --database", cause },
    );
  }
}

function tlsOf({ tls, caFile }: RecordsSettings["server"]): { rejectUnauthorized: boolean; ca?: string } {
  const ca = caFile === undefined ? {} : { ca: readFileSync(caFile, "utf8") };
  return { rejectUnauthorized: tls === "verify", ...ca };
}
