import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { openState, type State } from "./openState.ts";

/** A private PostgreSQL for tests: on a UNIX socket in its own folder, thrown away at the end. */
export type TestPostgres = { newDatabase(): Promise<string>; stop(): void };
export type TestStore = {
  kind: State["kind"];
  /** Why this store cannot be tested here, or false. */
  skip: string | false;
  open(): Promise<State>;
  /** Stops what `open` started; call it in `after`. */
  close(): Promise<void>;
};

/** Both stores, each giving a new empty state at every `open`. */
export function testStores(): TestStore[] {
  return [pgliteStore(), postgresStore()];
}

function pgliteStore(): TestStore {
  const folders: string[] = [];
  return {
    kind: "pglite",
    skip: false,
    open: () => {
      const folder = mkdtempSync(join(tmpdir(), "sekisho-pglite-"));
      folders.push(folder);
      return openState({ folder });
    },
    close: async () => {
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function postgresStore(): TestStore {
  const skip = findPostgres() === null ? "PostgreSQL is not installed here (Debian: postgresql)" : false;
  let postgres: TestPostgres | null = null;
  return {
    kind: "postgresql",
    skip,
    open: async () => {
      postgres ??= startTestPostgres();
      return openState({ databaseUrl: await postgres.newDatabase(), folder: tmpdir() });
    },
    close: async () => postgres?.stop(),
  };
}

/** Where the programs of the newest installed PostgreSQL lie, or null. */
export function findPostgres(): string | null {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return null;
  const newest = readdirSync(root)
    .map(Number)
    .filter(Boolean)
    .toSorted((one, other) => other - one)[0];
  if (newest === undefined) return null;
  const folder = join(root, String(newest), "bin");
  return existsSync(join(folder, "initdb")) ? folder : null;
}

/**
 * Starts a private cluster, on loopback too where a port is given. PostgreSQL refuses to run as root, so
 * there it runs as user postgres.
 */
export function startTestPostgres(options: { port?: number; settings?: string } = {}): TestPostgres {
  const programs = findPostgres();
  if (programs === null) throw new Error("PostgreSQL is not installed");
  const folder = mkdtempSync(join(tmpdir(), "sekisho-pg-"));
  const user = process.getuid?.() === 0 ? idsOf("postgres") : null;
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const run = (program: string, ...parameters: string[]): void => {
    const done = spawnSync(join(programs, program), parameters, { ...user, cwd: folder, stdio: "pipe" });
    if (done.status !== 0) throw new Error(`${program} failed: ${done.stderr}`);
  };
  const data = join(folder, "data");
  run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C");
  const { port } = options;
  const listen = port === undefined ? "" : `127.0.0.1 -c port=${port}`;
  const own = options.settings ?? "";
  const settings = `-c listen_addresses=${listen} -c unix_socket_directories=${folder} -c fsync=off ${own}`;
  run("pg_ctl", "-D", data, "-w", "-l", join(folder, "log"), "-o", settings, "start");
  let databases = 0;
  const urlOf = (database: string): string =>
    `postgresql://postgres@localhost:${port ?? 5432}/${database}?host=${folder}`;
  return {
    newDatabase: async () => {
      databases += 1;
      const client = new pg.Client({ connectionString: urlOf("postgres") });
      await client.connect();
      await client.query(`create database test${databases}`);
      await client.end();
      return urlOf(`test${databases}`);
    },
    stop: () => {
      run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function idsOf(user: string): { uid: number; gid: number } {
  const id = (flag: string): number => Number(execFileSync("id", [flag, user], { encoding: "utf8" }).trim());
  return { uid: id("-u"), gid: id("-g") };
}
