import { readFile } from "node:fs/promises";
import pg from "pg";
import { parse } from "yaml";
import { readArguments } from "../../../lib/arguments.ts";
import { SekishoError, textOfError } from "../../../lib/error.ts";
import { languageOf } from "../../../lib/language.ts";
import { Progress } from "../../../lib/progress.ts";
import { RecordsSettings } from "../settings.ts";
import { printProposal, printYaml } from "./printProposal.ts";
import { proposeTables } from "./proposeTables.ts";

const help = `sekisho records discover [options]

Looks at a PostgreSQL database and proposes which columns hold personal data, which table is the customers',
and which columns carry their key. It reads only, and prints what values look like, never a value.

  --config FILE         take server and watcher from the records section of sekisho.yaml
  --host HOST           address of PostgreSQL, or the folder of its socket (127.0.0.1)
  --port N              its port (5432)
  --database NAME       database to look at
  --user NAME           account (postgres)
  --password-file FILE  file with its password
  --tls                 speak TLS, without a look at the certificate
  --sample N            rows of each table (500)
  --seconds N           after so long no further table is looked at (600)
  --yaml                customers and tables as YAML, ready to be read and pasted under records:
  --json                everything as JSON
  --lang en|ja          language of the sentences; by default that of the environment

Exit status: 0 done, 1 not all could be looked at.
`;

const options = {
  config: { type: "string" },
  host: { type: "string" },
  port: { type: "string" },
  database: { type: "string" },
  user: { type: "string" },
  "password-file": { type: "string" },
  tls: { type: "boolean" },
  sample: { type: "string" },
  seconds: { type: "string" },
  yaml: { type: "boolean" },
  json: { type: "boolean" },
  lang: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Runs `sekisho records discover`; gives the exit status. */
export async function discoverCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho records discover");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if (positionals.length > 0) {
    throw new SekishoError("usage", `Cannot discover "${positionals[0]}": options name what to look at`, {
      hint: "try: sekisho records discover --host 127.0.0.1 --database shop",
    });
  }
  const language = languageOf(values.lang);
  const rows = numberOf("--sample", values.sample ?? "500", { min: 10, max: 100_000 });
  const secondsMax = numberOf("--seconds", values.seconds ?? "600", { min: 1, max: 86_400 });
  const client = await connect(await serverOf(values));
  const progress = new Progress({ phase: "tables", total: null });
  try {
    const proposal = await proposeTables((sql, parameters) => client.query(sql, parameters as unknown[]), {
      today: Temporal.Now.plainDateISO(),
      rows,
      secondsMax,
      onProgress: (done, all) => {
        progress.tell({ total: all });
        progress.set(done);
      },
    });
    progress.end();
    if (values.json === true) process.stdout.write(`${JSON.stringify(proposal, null, 2)}\n`);
    else process.stdout.write((values.yaml === true ? printYaml : printProposal)(proposal, language));
    return proposal.problems.length === 0 ? 0 : 1;
  } finally {
    progress.end();
    await client.end();
  }
}

type Server = {
  host: string;
  port: number;
  database: string;
  user: string;
  passwordFile: string | undefined;
  tls: "off" | "require" | "verify";
  caFile: string | undefined;
};
type Values = ReturnType<typeof readArguments<typeof options>>["values"];

async function serverOf(values: Values): Promise<Server> {
  const settings = values.config === undefined ? null : await readRecords(values.config);
  const database = values.database ?? settings?.watcher?.database;
  if (database === undefined) {
    throw new SekishoError("usage", "Cannot discover without a database", {
      hint: "add --database NAME, or --config with records.watcher",
    });
  }
  const port = values.port ?? String(settings?.server.port ?? 5_432);
  return {
    host: values.host ?? settings?.server.host ?? "127.0.0.1",
    port: numberOf("--port", port, { min: 1, max: 65_535 }),
    database,
    user: values.user ?? settings?.watcher?.user ?? "postgres",
    passwordFile: values["password-file"] ?? settings?.watcher?.passwordFile,
    tls: values.tls === true ? "require" : (settings?.server.tls ?? "off"),
    caFile: settings?.server.caFile,
  };
}

async function readRecords(path: string): Promise<RecordsSettings> {
  let document: unknown;
  try {
    document = parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new SekishoError("config-missing", `Cannot read ${path}: ${textOfError(cause)}`, {
      hint: "run: sekisho check",
      cause,
    });
  }
  const section = (document as { records?: unknown } | null)?.records ?? {};
  const read = RecordsSettings.safeParse(section);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const place = ["records", ...(issue?.path ?? [])].join(".");
  throw new SekishoError("config-invalid", `Cannot read ${path}: ${place}: ${issue?.message}`, {
    hint: "run: sekisho check",
  });
}

async function connect(server: Server): Promise<pg.Client> {
  const password =
    server.passwordFile === undefined ? undefined : (await readPassword(server.passwordFile)).trimEnd();
  const client = new pg.Client({
    host: server.host,
    port: server.port,
    database: server.database,
    user: server.user,
    password,
    application_name: "sekisho records discover",
    connectionTimeoutMillis: 10_000,
    ...(server.tls === "off" ? {} : { ssl: await tlsOf(server) }),
  });
  client.on("error", () => undefined); // The query that waits on the connection is told of it.
  try {
    await client.connect();
    return client;
  } catch (cause) {
    throw new SekishoError(
      "peer-unavailable",
      `Cannot sign in to PostgreSQL at ${server.host} port ${server.port}: ${textOfError(cause)}`,
      { hint: hintOf((cause as { code?: string }).code), cause },
    );
  }
}

async function tlsOf({ tls, caFile }: Server): Promise<{ rejectUnauthorized: boolean; ca?: string }> {
  const ca = caFile === undefined ? {} : { ca: await readFile(caFile, "utf8") };
  return { rejectUnauthorized: tls === "verify", ...ca };
}

async function readPassword(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new SekishoError("input-unreadable", `Cannot read the password file ${path}`, {
      hint: "see that it exists and that this user may read it",
      cause,
    });
  }
}

/** PostgreSQL's error codes (appendix A) and those of the operating system. */
function hintOf(code: string | undefined): string {
  if (code === "28P01" || code === "28000") return "see --user and --password-file, and pg_hba.conf";
  if (code === "3D000") return "see --database; psql -l lists the databases";
  if (code === "ECONNREFUSED" || code === "ENOENT") return "see --host and --port, and that PostgreSQL runs";
  return "see --host, --port, --user and --database";
}

function numberOf(name: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new SekishoError(
    "usage",
    `Cannot take ${name} ${text}: a whole number from ${min} to ${max} is needed`,
    {
      hint: "try: sekisho records discover --help",
    },
  );
}
