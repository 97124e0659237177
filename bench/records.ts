import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startRecordsGate } from "../src/gates/records/recordsGate.ts";
import { RecordsSettings } from "../src/gates/records/settings.ts";
import { codes, encodeQuery } from "../src/gates/records/wire/protocol.ts";
import { encodeStartup } from "../src/gates/records/wire/startup.ts";
import { freePort } from "../src/lib/freePort.ts";
import { findPostgres, startTestPostgres } from "../src/lib/sql/testStores.ts";

/**
 * The records gate against PostgreSQL itself, pgbouncer, and a bare proxy in Node that only copies bytes
 * (what the platform allows), interleaved in one run. Processor time is sound where other work shares the
 * machine.
 *
 *   node bench/records.ts [seconds a cell] [rounds] [rows of the bulk] [threads of the gate]
 */

const [seconds = "3", rounds = "3", rows = "5000000", threads = "1"] = process.argv.slice(2);
// pgbench takes whole seconds only.
if (!/^[1-9]\d*$/.test(seconds)) throw new Error(`Cannot measure ${seconds} s: whole seconds only`);
const programs = findPostgres();
if (programs === null) throw new Error("PostgreSQL is not installed (Debian: postgresql)");

const folder = mkdtempSync(join(tmpdir(), "sekisho-bench-records-"));
chmodSync(folder, 0o777);
const ports = {
  direct: await freePort(),
  pgbouncer: await freePort(),
  bare: await freePort(),
  gate: await freePort(),
};
const say = (line: string): void => void process.stdout.write(`${line}\n`);

type Place = keyof typeof ports;
const places = Object.keys(ports) as Place[];

const postgres = startTestPostgres({
  port: ports.direct,
  settings: "-c shared_buffers=512MB -c max_connections=200",
});
const url = await postgres.newDatabase();
const database = new URL(url).pathname.slice(1);

async function prepare(): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  say(`making ${rows} customers and pgbench's tables …`);
  await client.query(
    `create table customers (id bigint primary key, name text, kana text, email text, phone text,
       address text)`,
  );
  await client.query(
    `insert into customers select n, '佐藤 ' || n, 'サトウ ' || n, 'u' || n || '@customer.example',
       '090-0000-' || n, '東京都千代田区丸の内' || n from generate_series(1, ${Number(rows)}) n`,
  );
  await client.query("vacuum analyze customers");
  await client.end();
  await pgbench("direct", ["-i", "-s", "20", "-q"]);
}

/** What a program prints; the gate runs in this process, so nothing here may block it. */
function run(program: string, parameters: readonly string[]): Promise<string> {
  const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"] });
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes: Buffer) => void parts.push(bytes));
  return new Promise((resolve) => child.on("close", () => resolve(Buffer.concat(parts).toString())));
}

function pgbench(place: Place, more: readonly string[]): Promise<string> {
  const at = ["-h", "127.0.0.1", "-p", String(ports[place]), "-U", "postgres"];
  return run(join(programs as string, "pgbench"), [...at, ...more, database]);
}

/** The processes whose time counts for a place; the gate runs in this one. */
const processes: Record<Place, number[]> = { direct: [], pgbouncer: [], bare: [], gate: [process.pid] };

function startPeer(place: Place, program: string, parameters: readonly string[]): () => void {
  const child = spawn(program, parameters, { stdio: "ignore" });
  processes[place].push(child.pid as number);
  return () => void child.kill();
}

/** Microseconds of processor time that a place has taken so far (hundredths of a second, as Linux counts). */
function processorTime(place: Place): number {
  return processes[place].reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) * 10_000;
  }, 0);
}

function startBare(): () => void {
  const program = new URL("./records/bareProxy.ts", import.meta.url).pathname;
  const parameters = ["--disable-warning=ExperimentalWarning", program, `${ports.bare}`, `${ports.direct}`];
  const stops: (() => void)[] = [];
  for (let one = 0; one < Number(threads); one++) stops.push(startPeer("bare", process.execPath, parameters));
  return () => stops.forEach((stop) => stop());
}

function startPgbouncer(): () => void {
  const configuration = join(folder, "pgbouncer.ini");
  writeFileSync(join(folder, "users.txt"), '"postgres" ""\n', { mode: 0o644 });
  writeFileSync(
    configuration,
    `[databases]
* = host=127.0.0.1 port=${ports.direct}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${ports.pgbouncer}
auth_type = trust
auth_file = ${join(folder, "users.txt")}
pool_mode = session
max_client_conn = 1000
default_pool_size = 100
pkt_buf = 65536
unix_socket_dir =
logfile = ${join(folder, "pgbouncer.log")}
pidfile = ${join(folder, "pgbouncer.pid")}
`,
    { mode: 0o644 },
  );
  return startPeer("pgbouncer", "pgbouncer", ["-u", "postgres", configuration]);
}

async function startGate(): Promise<() => Promise<void>> {
  mkdirSync(join(folder, "data", "run"), { recursive: true });
  const settings = RecordsSettings.parse({
    port: ports.gate,
    workers: Number(threads),
    server: { host: "127.0.0.1", port: ports.direct },
    watcher: { user: "postgres", database },
    customers: { table: "public.customers", key: "id" },
    tables: [
      {
        table: "public.customers",
        key: "id",
        personal: { name: "name", kana: "kana", email: "email", phone: "phone", address: "address" },
      },
    ],
    // The policy is on: everything is judged, counted and recorded; the budgets of this account are large.
    policy: { defaultGroup: "batch", groups: [{ name: "batch", budget: { kilobytesPerHour: 100_000_000 } }] },
  });
  const gate = await startRecordsGate({
    settings,
    dataFolder: join(folder, "data"),
    version: "bench",
    token: "bench",
    log: (level, message) => (level === "info" ? undefined : say(`gate: ${message}`)),
    onStop: () => {},
  });
  return () => gate.close();
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

type Seen = Record<Place, { rate: number; cpu: number }[]>;

async function seeRound(seen: Seen, mode: string, clients: string): Promise<void> {
  for (const place of places) {
    const began = processorTime(place);
    const out = await pgbench(place, ["-S", "-n", "-M", mode, "-c", clients, "-j", "1", "-T", seconds]);
    const cpu = processorTime(place) - began;
    const done = Number(/processed: (\d+)/.exec(out)?.[1] ?? Number.NaN);
    seen[place].push({ rate: Number(/tps = ([\d.]+)/.exec(out)?.[1] ?? Number.NaN), cpu: cpu / done });
  }
}

/** Median of the gate's value over another place's of the same round. */
function ratioOf(seen: Seen, value: "rate" | "cpu", other: Place): string {
  return median(seen.gate.map((one, at) => one[value] / (seen[other][at]?.[value] ?? Number.NaN))).toFixed(2);
}

async function small(): Promise<void> {
  say(
    "\npgbench -S: transactions a second (median of the rounds), the gate's over others', each round's pair;",
  );
  say("µs of processor a transaction, and the gate's over others'");
  say(
    "mode      clients   direct pgbouncer    bare    gate  /pgbouncer  /bare  /direct   " +
      "µs pgbouncer  bare  gate  /pgbouncer  /bare",
  );
  for (const mode of ["simple", "extended", "prepared"]) {
    for (const clients of ["1", "8", "32"]) {
      const seen: Seen = { direct: [], pgbouncer: [], bare: [], gate: [] };
      for (let round = 0; round < Number(rounds); round++) await seeRound(seen, mode, clients);
      const cells = places.map((place) =>
        median(seen[place].map(({ rate }) => rate))
          .toFixed(0)
          .padStart(8),
      );
      const rates = (["pgbouncer", "bare", "direct"] as const).map((place) => ratioOf(seen, "rate", place));
      const times = (["pgbouncer", "bare", "gate"] as const).map((place) =>
        median(seen[place].map(({ cpu }) => cpu))
          .toFixed(1)
          .padStart(6),
      );
      const costs = (["pgbouncer", "bare"] as const).map((place) => ratioOf(seen, "cpu", place));
      const row = [
        mode.padEnd(9),
        clients.padStart(7),
        ...cells,
        "  ",
        ...rates,
        "  ",
        ...times,
        "  ",
        ...costs,
      ];
      say(row.join("  "));
    }
  }
}

/** Median time of a statement at one client, from pgbench's own log of each, in milliseconds. */
async function latency(): Promise<void> {
  say("\nmedian time of one prepared statement at one client, ms");
  for (const place of places) {
    const log = join(folder, `log-${place}`);
    await pgbench(place, [
      "-S",
      "-n",
      "-M",
      "prepared",
      "-c",
      "1",
      "-T",
      seconds,
      "-l",
      `--log-prefix=${log}`,
    ]);
    const found = spawnSync(
      "sh",
      ["-c", `cat ${log}.* | awk '{print $3}' | sort -n | awk '{a[NR]=$1} END {print a[int(NR/2)]}'`],
      {
        encoding: "utf8",
      },
    );
    say(`${place.padEnd(10)} ${(Number(found.stdout) / 1_000).toFixed(3)}`);
  }
}

/** Reads all that a statement gives, and forgets it; gives bytes and seconds. */
function drain(place: Place, text: string): Promise<{ bytes: number; seconds: number }> {
  const buffer = Buffer.allocUnsafeSlow(256 * 1024);
  let bytes = 0;
  let began = 0;
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: "127.0.0.1",
      port: ports[place],
      onread: {
        buffer,
        callback: (size: number) => {
          bytes += size;
          const ready = size >= 6 && buffer[size - 6] === 0x5a && buffer[size - 1] === 0x49;
          if (ready && began === 0) {
            began = performance.now();
            bytes = 0;
            socket.write(encodeQuery(text));
          } else if (ready) {
            socket.destroy();
            resolve({ bytes, seconds: (performance.now() - began) / 1_000 });
          }
          return true;
        },
      },
    });
    socket.on("error", reject);
    const parameters = { user: "postgres", database };
    socket.write(encodeStartup({ version: codes.protocol30, parameters }));
  });
}

async function bulk(): Promise<void> {
  say(`\n${rows} rows, MB/s (median of the rounds), and the ratio of each round's pair to direct`);
  const texts = {
    "SELECT, counted": "select * from customers",
    "COPY, counted": "copy customers to stdout",
    "SELECT, no personal column": "select id, id as a, id as b, id as c from customers",
  };
  for (const [name, text] of Object.entries(texts)) {
    const seen: Record<Place, number[]> = { direct: [], pgbouncer: [], bare: [], gate: [] };
    for (let round = 0; round < Number(rounds); round++) {
      for (const place of places) {
        const done = await drain(place, text);
        seen[place].push(done.bytes / done.seconds / 1e6);
      }
    }
    const ratio = (place: Place): string =>
      median(seen[place].map((value, at) => value / (seen.direct[at] ?? Number.NaN))).toFixed(2);
    const cells = places.map((place) => `${place} ${median(seen[place]).toFixed(0)} (${ratio(place)})`);
    say(`${name.padEnd(28)} ${cells.join("  ")}`);
  }
}

const stops = [startPgbouncer(), startBare()];
await prepare();
const stopGate = await startGate();
try {
  await small();
  await latency();
  await bulk();
} finally {
  await stopGate();
  for (const stop of stops) stop();
  postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
