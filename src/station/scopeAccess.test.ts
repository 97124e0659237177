import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import pg from "pg";
import { AccessArchive } from "../gates/records/access/archive.ts";
import { SpoolKeeper } from "../gates/records/spoolKeeper.ts";
import { RecordsStage, skip, type TestGate } from "../gates/records/testRecords.ts";
import { Keyring } from "../ledger/keyring.ts";
import { realDisk } from "../lib/disk.ts";
import { textOfError } from "../lib/error.ts";
import type { ScopeResult } from "../scope/job/runScope.ts";

const run = promisify(execFile);
const stage = skip === false ? new RecordsStage(500) : null;
after(() => stage?.close());

async function scope(...words: string[]): Promise<{ out: string; err: string; status: number }> {
  const program = ["--disable-warning=ExperimentalWarning", "src/cli.ts", "scope", ...words];
  try {
    const { stdout, stderr } = await run(process.execPath, program);
    return { out: stdout, err: stderr, status: 0 };
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
    return { out: stdout, err: stderr ?? textOfError(error), status: code };
  }
}

/** Names without digits: with them they look like addresses. */
async function nameAll(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("update customers set name = '佐藤 花子'");
  await client.end();
}

async function archiveAll(gate: TestGate): Promise<void> {
  const keyring = await Keyring.open(realDisk, join(gate.folder, "keys"));
  const onProblem = (problem: string): never => assert.fail(problem);
  const spool = new SpoolKeeper({ folder: join(gate.folder, "records", "spool"), keyring, onProblem });
  const archive = new AccessArchive({ dataFolder: gate.folder, keyring, onProblem });
  await archive.archive(spool.list());
  await archive.close();
}

test(
  "what an account read through the gate becomes a list of persons with exactly those items",
  { skip },
  async () => {
    const gate = await (stage as RecordsStage).gate({ policy: { groups: [{ name: "operators" }] } });
    await nameAll(gate.place.url);
    const [alice, bob] = [await gate.connect("alice"), await gate.connect("bob")];
    await alice.query("select id, email, name from customers where id between 11 and 40");
    await alice.query("select id, phone from customers where id between 31 and 50");
    await alice.query("select id, price from products");
    await bob.query("select id, address from customers where id = 300");
    await Promise.all([alice.end(), bob.end()]);
    await gate.stop();
    await archiveAll(gate);
    const config = join(gate.folder, "sekisho.yaml");
    const records = { ...gate.settings, host: "127.0.0.1" };
    writeFileSync(config, JSON.stringify({ organisation: "Agency", dataFolder: gate.folder, records }));
    const source = new URL(gate.place.url);
    source.searchParams.set("table", "public.customers");
    const customers = ["--customers", source.toString()];
    const file = join(gate.folder, "read.jsonl");
    const words = ["accesses", "--by", "alice", ...customers, "--to", file, "--config", config];
    const made = await scope(...words, "--since", "2016-01-01");
    assert.equal(made.out, `40 customers were read; written to ${file}\n`, made.err);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const lines = readFileSync(file, "utf8").trim().split("\n");
    const filled = (line: string | undefined): object =>
      Object.fromEntries(
        Object.entries(JSON.parse(line ?? "{}") as object).filter(([, value]) => value !== null),
      );
    assert.deepEqual(filled(lines[0]), {
      customer_id: "11",
      name_kanji: "佐藤 花子",
      email: "u11@customer.example",
    });
    assert.deepEqual(filled(lines.at(-1)), { customer_id: "50", phone: "090-0050-0000" });
    const out = join(gate.folder, "out");
    const scoped = await scope(file, ...customers, "--out", out, "--json");
    assert.equal(scoped.status, 0, scoped.err);
    const result = JSON.parse(scoped.out) as ScopeResult;
    assert.deepEqual(
      [result.persons.matched, result.persons.notCustomers, result.links.certain],
      [40, 0, 40],
    );
    const items = Object.entries(result.byItem).filter(([, { persons }]) => persons > 0);
    assert.deepEqual(
      items.map(([item, { persons }]) => [item, persons]),
      [
        ["name", 30],
        ["email", 30],
        ["phone", 20],
      ],
    );
    assert.match((await scope(...words)).err, /it is there already/);
    const nothing = join(gate.folder, "nothing.jsonl");
    const none = await scope("accesses", "--by", "carol", ...customers, "--to", nothing, "--config", config);
    assert.equal(none.out, `0 customers were read; written to ${nothing}\n`);
    assert.ok(existsSync(nothing));
  },
);
