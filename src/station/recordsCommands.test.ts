import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { AccessArchive } from "../gates/records/access/archive.ts";
import { RecordsStage, skip, type TestGate } from "../gates/records/testRecords.ts";
import { SpoolKeeper } from "../gates/records/spoolKeeper.ts";
import { Keyring } from "../ledger/keyring.ts";
import { realDisk } from "../lib/disk.ts";
import { textOfError } from "../lib/error.ts";

const run = promisify(execFile);
const stage = skip === false ? new RecordsStage(500) : null;
after(() => stage?.close());

/** A command line as an operator types it; what it wrote, and its status. */
async function sekisho(
  gate: TestGate,
  ...words: string[]
): Promise<{ out: string; err: string; status: number }> {
  const config = join(gate.folder, "sekisho.yaml");
  if (!existsSync(config)) {
    const records = { ...gate.settings, host: "127.0.0.1" };
    writeFileSync(config, JSON.stringify({ organisation: "Agency", dataFolder: gate.folder, records }));
  }
  const program = ["--disable-warning=ExperimentalWarning", "src/cli.ts", "records", ...words];
  try {
    const { stdout, stderr } = await run(process.execPath, [...program, "--config", config]);
    return { out: stdout, err: stderr, status: 0 };
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
    return { out: stdout, err: stderr, status: code };
  }
}

function entriesOf(gate: TestGate): string {
  const { out } = {
    out: execFileSync("sh", ["-c", `cat ${gate.folder}/records/entries/*`], { encoding: "utf8" }),
  };
  return out;
}

test(
  "who and seen-by say exactly what went through the gate, running, stopped and archived",
  { skip },
  async () => {
    const policy = { groups: [{ name: "operators" }] };
    const gate = await (stage as RecordsStage).gate({ policy });
    const [alice, bob] = [await gate.connect("alice"), await gate.connect("bob")];
    await alice.query("select id, email from customers where id in (4, 5, 6)");
    await bob.query("select id, name from customers where id = 5");
    await bob.query("select id, price from products");
    await Promise.all([alice.end(), bob.end()]);
    const look = async (): Promise<void> => {
      const who = JSON.parse((await sekisho(gate, "who", "--customer", "5", "--json")).out) as {
        reads: { person: string; touches: object; customers: number }[];
      };
      assert.deepEqual(
        who.reads.map(({ person, touches, customers }) => [person, touches, customers]).sort(),
        [
          ["alice", { "public.customers": ["email"] }, 3],
          ["bob", { "public.customers": ["name"] }, 1],
        ],
      );
      const seen = (await sekisho(gate, "seen-by", "alice")).out;
      assert.match(seen, /\n1 statements, 3 different customers\n$/);
      const machine = (await sekisho(gate, "seen-by", "--client", "127.0.0.1")).out;
      assert.match(machine, /\n2 statements, 3 different customers\n$/);
    };
    await look();
    await gate.stop();
    const keyring = await Keyring.open(realDisk, join(gate.folder, "keys"));
    const onProblem = (problem: string): never => assert.fail(problem);
    const spool = new SpoolKeeper({ folder: join(gate.folder, "records", "spool"), keyring, onProblem });
    const archive = new AccessArchive({ dataFolder: gate.folder, keyring, onProblem });
    assert.deepEqual(await archive.archive(spool.list()), spool.list());
    await archive.close();
    await look();
    const list = join(gate.folder, "alice.csv");
    await sekisho(gate, "seen-by", "alice", "--customers", list);
    const keys = readFileSync(list, "utf8").split("\n").slice(1, -1);
    assert.deepEqual(
      keys.map((line) => line.split(",")[0]),
      ["4", "5", "6"],
    );
    assert.equal(statSync(list).mode & 0o777, 0o600);
    assert.equal((await sekisho(gate, "seen-by", "alice", "--customers", list)).status, 1);
    await gate.open();
    await until(() => entriesOf(gate).includes("accesses-viewed"));
    await until(() => (entriesOf(gate).match(/"access-file"/g) ?? []).length >= 2);
    assert.doesNotMatch(entriesOf(gate), /"subject":"5"/, "the ledger bears no customer's key");
  },
);

test("a person signs in at the gate with her own password, and channel binding holds", { skip }, async () => {
  const folder = execFileSync("mktemp", ["-d"], { encoding: "utf8" }).trim();
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost";
  execFileSync("openssl", [...request.split(" "), "-keyout", keyFile, "-out", certFile], { stdio: "ignore" });
  const gate = await (stage as RecordsStage).gate({
    signIn: "gate",
    accounts: [{ user: "app" }],
    tls: { certFile, keyFile },
  });
  const passwordFile = join(gate.folder, "password");
  writeFileSync(passwordFile, "correct horse battery\n");
  assert.match(
    (await sekisho(gate, "person", "add", "alice", "--password-file", passwordFile)).out,
    /may sign in/,
  );
  const made = await sekisho(gate, "person", "add", "bob");
  const [, password = ""] = /shown once\): (\S+)/.exec(made.out) ?? [];
  await until(async () => connects(gate, "alice", "correct horse battery"));
  await until(async () => connects(gate, "bob", password));
  assert.equal(await connects(gate, "alice", "correct horse batterY"), false);
  assert.equal(await connects(gate, "carol", "correct horse battery"), false);
  const psql = (binding: string, sslmode = "require") =>
    run("psql", ["-XAtc", "select count(*) from products"], {
      env: {
        ...process.env,
        PGHOST: "localhost",
        PGHOSTADDR: "127.0.0.1",
        PGPORT: String(gate.port),
        PGUSER: "alice",
        PGPASSWORD: "correct horse battery",
        PGDATABASE: gate.place.database,
        PGSSLMODE: sslmode,
        PGCHANNELBINDING: binding,
      },
    }).then(
      ({ stdout }) => stdout.trim(),
      (error: unknown) => textOfError(error),
    );
  assert.equal(await psql("prefer"), "20");
  assert.equal(await psql("require"), "20");
  assert.equal(await psql("disable"), "20");
  assert.match(await psql("require", "disable"), /channel binding/);
  assert.equal((await sekisho(gate, "person", "list")).out, "alice\nbob\n");
  assert.equal((await sekisho(gate, "person", "remove", "alice")).status, 0);
  await until(async () => !(await connects(gate, "alice", "correct horse battery")));
  assert.equal((await sekisho(gate, "person", "remove", "alice")).status, 1);
});

test(
  "a canary that was planted by command rings when she is read, and is told of nowhere else",
  { skip },
  async () => {
    const policy = { groups: [{ name: "operators", budget: { hour: 3 } }] };
    const gate = await (stage as RecordsStage).gate({ policy });
    const words = ["--count", "2", "--mailbox", "travel.example", "--user", "app"];
    const dry = await sekisho(gate, "canary", "plant", ...words, "--dry-run");
    assert.match(dry.out, /2 canaries could be planted, 4 rows/);
    assert.equal((await sekisho(gate, "canary", "plant", ...words)).out, "2 canaries planted, 4 rows\n");
    const listed = (await sekisho(gate, "canary", "list", "--json")).out;
    const [canary] = JSON.parse(listed) as { customer: string; email: string }[];
    const { customer = "", email = "" } = canary ?? {};
    assert.match(
      (await sekisho(gate, "canary", "export", "--as", "csv")).out,
      new RegExp(`^${customer}$`, "m"),
    );
    const readCanary = async (client: Awaited<ReturnType<typeof gate.connect>>): Promise<void> => {
      const { rows } = await client.query("select id, email from customers where id = $1", [customer]);
      assert.deepEqual(rows, [{ id: customer, email }]);
    };
    // Until the gate has heard of her, she is a customer like any other, and counts for who reads her.
    const bob = await gate.connect("bob");
    await until(async () => {
      await readCanary(bob);
      return entriesOf(gate).includes('"canary-read"');
    });
    await bob.end();
    const alice = await gate.connect("alice");
    await readCanary(alice);
    const { rows } = await alice.query("select id, email from customers where id in (1, 2, 3)");
    assert.equal(rows.length, 3, "a canary takes nothing of the budget");
    await alice.end();
    for (const secret of [customer, email])
      assert.equal(entriesOf(gate).includes(`"${secret}"`), false, "the ledger does not say which they are");
    assert.equal((await sekisho(gate, "canary", "remove", "4711471147")).status, 1);
    assert.match(
      (await sekisho(gate, "canary", "remove", "--all", "--user", "app")).out,
      /2 canaries removed, 4 rows/,
    );
    assert.equal((await sekisho(gate, "canary", "list")).out, "");
  },
);

async function connects(gate: TestGate, user: string, password: string): Promise<boolean> {
  try {
    const client = await gate.connect(user, { password });
    await client.query("select count(*) from products");
    await client.end();
    return true;
  } catch {
    return false;
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 300; !(await holds()); left--) {
    assert.ok(left > 0, "it did not come about");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
