import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccessArchive } from "../src/gates/records/access/archive.ts";
import { AccessSpool } from "../src/gates/records/access/accessSpool.ts";
import { dayOf, foldersOf, listDays, readDay } from "../src/gates/records/access/dayIndex.ts";
import { exportSeen, seenBy, whoRead } from "../src/gates/records/access/query.ts";
import { SpoolKeeper } from "../src/gates/records/spoolKeeper.ts";
import { Keyring } from "../src/ledger/keyring.ts";
import { realDisk } from "../src/lib/disk.ts";
import { makeUuidV7 } from "../src/lib/identifier.ts";

/**
 * The record of accesses at size: `node bench/access.ts [MILLIONS] [DAYS]`. Each day has as many accesses,
 * of 50 persons to 8.7 million customers, in statements of 100. What is measured: taking spool files into the
 * record, and the questions `who`, `seen-by` a person, and `seen-by --client`.
 */

const millions = Number(process.argv[2] ?? 100);
const days = Number(process.argv[3] ?? 100);
const dataFolder = mkdtempSync(join(process.env["BENCH_FOLDER"] ?? tmpdir(), "sekisho-bench-access-"));
const keyring = await Keyring.open(realDisk, join(dataFolder, "keys"));
const onProblem = (problem: string): void => void process.stdout.write(`problem: ${problem}\n`);
const archive = new AccessArchive({ dataFolder, keyring, onProblem });
const place = { dataFolder, keyring, onProblem };
const begin = Date.UTC(2016, 0, 1, 9);
try {
  await measureSpool();
  await fill();
  await ask();
} finally {
  await archive.close();
  rmSync(dataFolder, { recursive: true, force: true });
}

async function timed<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
  const from = performance.now();
  const result = await act();
  process.stdout.write(`${what}: ${((performance.now() - from) / 1_000).toFixed(2)} s\n`);
  return result;
}

/** The real way: a million accesses through a thread's spool. */
async function measureSpool(): Promise<void> {
  const keeper = new SpoolKeeper({ folder: foldersOf(dataFolder).spool, keyring, onProblem });
  const spool: AccessSpool = new AccessSpool({ first: keeper.make(0), askForNext: () => {} });
  const key = Buffer.alloc(8);
  await timed("1 000 000 accesses into the spool", async () => {
    for (let statement = 0; statement < 10_000; statement++) {
      const id = makeUuidV7(Date.now());
      const number = spool.begin({
        ...{ statement: id, person: "bench", session: "s", at: Date.now(), client: "192.0.2.1" },
        ...{ application: "psql", database: "d", purpose: null, verb: "SELECT", grant: null, text: "00" },
        touches: { "public.customers": ["name", "email"] },
      });
      for (let row = 0; row < 100; row++) {
        const length = key.write(String(statement * 100 + row), "latin1");
        spool.key(number, key, { start: 0, end: length });
      }
      const figures = { rows: 100, customers: 100, bytes: 4_000, milliseconds: 3 };
      spool.end(number, { statement: id, at: Date.now(), ...figures, outcome: "complete" });
      spool.flush();
    }
  });
  spool.close();
  await timed("… and from there into the record", () => archive.archive(keeper.list()));
  for (const file of keeper.list()) rmSync(join(keeper.folder, file));
}

async function fill(): Promise<void> {
  const each = Math.round((millions * 1e6) / days);
  await timed(`${millions} million accesses in ${days} days, without the spool`, async () => {
    for (let day = 0; day < days; day++) {
      const at = begin + day * 86_400_000;
      await archive.take(async (duck) => {
        // The statement of an access is its number within the day divided by 100, as a UUID.
        const uuid = `printf('%08x-0000-7000-8000-%012x', ${day}, (n // 100)::BIGINT)`;
        const person = "'person' || (hash(n // 100) % 50)";
        await duck.run(`INSERT INTO staged_access SELECT '${dayOf(at)}/09',
          (hash(n, ${day}) % 8700000)::VARCHAR, ${person},
          ${at} + (n * 3600000 // ${each}), ${uuid}, 1 FROM range(${each}) r(n)`);
        await duck.run(`INSERT INTO staged_statement SELECT '${dayOf(at)}/09', ${uuid}, ${person},
          ${at} + (n * 3600000 // ${each}), '192.0.2.' || (hash(n // 100) % 50), 'psql', 'd', 's', NULL,
          'SELECT', '{"public.customers":["name","email"]}', NULL, 'ab', 0, 100, 100, 4000, 3, 'complete'
          FROM range(0, ${each}, 100) r(n)`);
        return [];
      });
    }
  });
  const { record } = foldersOf(dataFolder);
  let bytes = 0;
  for (const day of await listDays(record))
    for (const part of (await readDay(record, day)).parts) bytes += part.bytes;
  process.stdout.write(
    `on the disk: ${(bytes / 1e9).toFixed(2)} GB, ${(bytes / millions / 1e6).toFixed(1)} B each\n`,
  );
}

async function ask(): Promise<void> {
  for (const customer of ["4711", "8123456"]) {
    const { reads } = await timed(`who --customer ${customer}`, () => whoRead(place, customer));
    process.stdout.write(`  ${reads.length} statements\n`);
  }
  const since = begin + (days - 7) * 86_400_000;
  await timed("who --customer 4711, the last week", () => whoRead(place, "4711", { since }));
  const week = await timed("seen-by person7, the last week", () =>
    seenBy(place, { person: "person7" }, { since }),
  );
  process.stdout.write(`  ${week.statementCount} statements, ${week.customers} customers\n`);
  const all = await timed("seen-by person7", () => seenBy(place, { person: "person7" }));
  process.stdout.write(`  ${all.statementCount} statements, ${all.customers} customers\n`);
  const day = { since: begin + 86_400_000, until: begin + 2 * 86_400_000 };
  const machine = await timed("seen-by --client 192.0.2.7, one day", () =>
    seenBy(place, { client: "192.0.2.7" }, day),
  );
  process.stdout.write(`  ${machine.statementCount} statements, ${machine.customers} customers\n`);
  await timed("seen-by --client 192.0.2.7", () => seenBy(place, { client: "192.0.2.7" }));
  let keys = 0;
  await timed("seen-by person7 --customers", () =>
    exportSeen(place, { person: "person7" }, { take: async (rows) => void (keys += rows.length) }),
  );
  process.stdout.write(`  ${keys} keys\n`);
}
