import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import { freePort } from "../../lib/freePort.ts";
import { startTestPostgres, type TestPostgres } from "../../lib/sql/testStores.ts";
import { skip, TestGate } from "./testRecords.ts";

/** Everything encrypted: the client's leg with the gate's certificate, the server's with its own. */
describe("the gate with TLS on both sides", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-records-tls-"));
  let postgres: TestPostgres;
  let gate: TestGate;

  before(async () => {
    chmodSync(folder, 0o755);
    const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const request =
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost";
    const files = ["-keyout", keyFile, "-out", certFile];
    execFileSync("openssl", [...request.split(" "), ...files], { stdio: "ignore" });
    if (process.getuid?.() === 0) {
      const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
      chownSync(keyFile, id("-u"), id("-g"));
    }
    chmodSync(keyFile, 0o600);
    const port = await freePort();
    const settings = `-c ssl=on -c ssl_cert_file=${certFile} -c ssl_key_file=${keyFile}`;
    postgres = startTestPostgres({ port, settings });
    const url = await postgres.newDatabase();
    const database = new URL(url).pathname.slice(1);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`create table customers (id bigint primary key, email text);
      insert into customers select n, 'u' || n || '@customer.example' from generate_series(1, 200000) n;
      create role alice login in role pg_read_all_data; create role watcher login in role pg_read_all_data`);
    await client.end();
    gate = await TestGate.start(
      { host: "127.0.0.1", database, url },
      {
        server: { host: "127.0.0.1", port, tls: "require" },
        tls: { certFile, keyFile, required: true },
        tables: [{ table: "public.customers", key: "id", personal: { email: "email" } }],
        policy: { groups: [{ name: "operators", budget: { hour: 150_000 } }] },
      },
    );
  });
  after(async () => {
    await gate?.close();
    postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("megabytes go both ways whole, and the budget is exact", async () => {
    const client = await gate.connect("alice", { ssl: { rejectUnauthorized: false } });
    const text = "東京".repeat(1_000_000);
    const { rows } = await client.query<{ same: boolean; back: string }>(
      "select md5($1::text) = $2 as same, $1::text as back",
      [text, await md5Of(client, text)],
    );
    assert.equal(rows[0]?.same, true);
    assert.ok(rows[0]?.back === text);
    const many = await client.query<{ id: string }>("select id, email from customers where id <= 100000");
    assert.equal(many.rows.length, 100_000);
    assert.equal(new Set(many.rows.map(({ id }) => id)).size, 100_000);
    await assert.rejects(client.query("select id, email from customers"), /53400|budget/);
    assert.equal((await client.query("select 1 as one")).rows[0].one, 1);
    await client.end();
  });

  test("a client without TLS is refused", async () => {
    await assert.rejects(gate.connect("alice"), /TLS/);
  });
});

async function md5Of(client: pg.Client, text: string): Promise<string> {
  return (await client.query<{ md5: string }>("select md5($1::text)", [text])).rows[0]?.md5 ?? "";
}
