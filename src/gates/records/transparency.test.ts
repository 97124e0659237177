import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import postgres from "postgres";
import { findPostgres } from "../../lib/sql/testStores.ts";
import { RecordsStage, skip, TestGate } from "./testRecords.ts";
import { client, codes, encodeMessage, encodeQuery, server } from "./wire/protocol.ts";
import { encodeStartup } from "./wire/startup.ts";

/** With everything allowed the gate is not to be told from the server: same bytes, same files, same exits. */

const allowed = {
  defaultGroup: "free",
  groups: [
    {
      name: "free",
      bulk: "allow" as const,
      unknown: "allow" as const,
      define: "allow" as const,
      conditionsPerHour: 100_000_000,
    },
  ],
};

let stage: RecordsStage;
let gate: TestGate;
let folder = "";

before(async () => {
  if (skip !== false) return;
  folder = mkdtempSync(join(tmpdir(), "sekisho-transparent-"));
  stage = new RecordsStage(300);
  gate = await stage.gate({ policy: allowed });
});
after(async () => {
  if (skip !== false) return;
  await stage.close();
  rmSync(folder, { recursive: true, force: true });
});

type Place = { path: string } | { host: string; port: number };
const ofServer = (): Place => ({ path: `${gate.place.host}/.s.PGSQL.5432` });
const ofGate = (): Place => ({ host: "127.0.0.1", port: gate.port });

/** All that one session of these bytes gets back, but for the key by which it is cancelled. */
async function play(place: Place, parts: readonly Buffer[]): Promise<string[]> {
  const socket = connect(place);
  const parameters = { user: "app", database: gate.place.database };
  socket.write(encodeStartup({ version: codes.protocol30, parameters }));
  let bytes = Buffer.alloc(0);
  const heard: string[] = [];
  let wake = (): void => {};
  socket.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 5 && bytes.length > bytes.readUInt32BE(1)) {
      const message = bytes.subarray(0, 1 + bytes.readUInt32BE(1));
      bytes = bytes.subarray(message.length);
      if (message[0] !== server.keyData) heard.push(message.toString("latin1"));
    }
    wake();
  });
  socket.on("close", () => wake());
  const readies = (): number => heard.filter((message) => message.startsWith("Z")).length;
  for (const [at, part] of [Buffer.alloc(0), ...parts].entries()) {
    if (part.length > 0) socket.write(part);
    while (readies() <= at && !socket.closed) await new Promise<void>((resolve) => (wake = resolve));
  }
  socket.destroy();
  return heard;
}

const parse = (text: string, name = ""): Buffer =>
  encodeMessage(client.parse, `${name}\0${text}\0`, Buffer.alloc(2));
const bind = (format: number, name = "", portal = ""): Buffer =>
  encodeMessage(client.bind, `${portal}\0${name}\0`, Buffer.from([0, 0, 0, 0, 0, 1, 0, format]));
const describe = (kind: "S" | "P", name = ""): Buffer => encodeMessage(client.describe, `${kind}${name}\0`);
const execute = (rows = 0, portal = ""): Buffer => {
  const count = Buffer.alloc(4);
  count.writeInt32BE(rows);
  return encodeMessage(client.execute, `${portal}\0`, count);
};
const close = (kind: "S" | "P", name = ""): Buffer => encodeMessage(client.close, `${kind}${name}\0`);
const sync = encodeMessage(client.sync);
const flush = encodeMessage(client.flush);

const texts = [
  "",
  ";",
  "select 1",
  "select 1; select 2; select 'three'",
  "select 1/0",
  "selct",
  "select nope",
  "select * from nowhere",
  "select * from products order by id",
  "select id, email, name from customers order by id limit 20",
  "select * from customers order by id",
  "select * from v_customers order by id limit 5",
  "select count(*), string_agg(email, ',' order by id) from customers",
  "select array_agg(id order by id) from customers",
  "select row(1, 'a'), array[1, 2], null, ''",
  "select '日本語', U&'\\65e5', E'\\n\\t', $$dollar$$",
  "select 1.5::numeric, 1e300::float8, 'infinity'::float8, date '2016-03-15', interval '91 days'",
  "select '{\"a\": [1, 2]}'::json, '\\x00ff'::bytea, '192.0.2.1'::inet",
  "select generate_series(1, 500)",
  "select repeat('x', 100000)",
  "select email::int from customers where id = 1",
  "begin; insert into products values (100, 'p', 1); select * from products where id = 100; rollback",
  "begin; select 1; select 1/0; select 2",
  "insert into products values (1, 'double', 1)",
  "update products set price = price returning id",
  "delete from products where id = -1",
  "create temp table t (a int); insert into t values (1); select a + 1 as c from t; drop table t",
  "do $$ begin raise notice 'note %', 1; end $$",
  "do $$ begin raise exception 'own' using detail = 'd', hint = 'h', errcode = 'P0042'; end $$",
  "listen channel; notify channel, 'payload'; unlisten channel",
  "set application_name to 'other'; show application_name; reset application_name",
  "set timezone to 'UTC'; select timestamptz '2016-06-14 00:00+09'; reset timezone",
  "set client_encoding to 'LATIN1'; select 'é'; reset client_encoding",
  "set standard_conforming_strings = off; select 'a\\\\b'; reset standard_conforming_strings",
  "prepare p (int) as select $1 + 1; execute p (41); deallocate p",
  "prepare twice as select 1; prepare twice as select 2; deallocate twice",
  "begin; declare c scroll cursor for select id from customers order by id; fetch 3 from c; move 2 in c; " +
    "fetch backward 1 from c; close c; commit",
  "begin; declare b binary cursor for select id from customers order by id limit 3; fetch all from b; commit",
  "begin; savepoint s; select 1/0; rollback to s; select 1; commit",
  "copy products to stdout",
  "copy (select id, name from customers order by id limit 5) to stdout with (format csv, header)",
  "copy (select 1, 'x') to stdout with (format binary)",
  "copy nowhere to stdout",
  "explain select * from customers where id = 1",
  "explain (costs off) select id from products where id = 1",
  "values (1, 'a'), (2, 'b')",
  "table products",
  "with recursive r(n) as (select 1 union all select n + 1 from r where n < 10) select * from r",
  "with u as (update products set price = price where id = 1 returning *) select id from u",
  "select pg_sleep(0.01)",
  "select current_user, current_database()",
  "show server_version",
  "lock table products; vacuum",
  "discard all",
  "select null::text, ''::text",
  "select from products limit 2",
  'select 1 as "select", 2 as "日本"',
  "merge into products p using (select 1 as id) s on p.id = s.id when matched then do nothing",
  "call nothing()",
  "set local search_path to public; select 1",
  "set search_path to pg_catalog; select * from public.products where id = 1; reset search_path",
];

const modes: Record<string, (text: string) => Buffer[]> = {
  simple: (text) => [encodeQuery(text)],
  extended: (text) => [Buffer.concat([parse(text), bind(0), describe("P"), execute(), sync])],
  "extended binary": (text) => [Buffer.concat([parse(text), describe("S"), bind(1), execute(), sync])],
  "prepared twice": (text) => [
    Buffer.concat([parse(text, "s"), sync]),
    Buffer.concat([bind(0, "s"), execute(), sync]),
    Buffer.concat([bind(1, "s"), execute(), bind(0, "s"), execute(), close("S", "s"), sync]),
  ],
  "portal in pieces": (text) => [
    Buffer.concat([
      parse(text),
      bind(0, "", "p"),
      execute(2, "p"),
      execute(3, "p"),
      flush,
      execute(0, "p"),
      close("P", "p"),
      sync,
    ]),
  ],
};

for (const [mode, messages] of Object.entries(modes)) {
  for (const text of texts) {
    test(`the gate is not to be told from the server: ${mode}: ${text.slice(0, 60)}`, { skip }, async () => {
      const parts = messages(text);
      const [direct, through] = [await play(ofServer(), parts), await play(ofGate(), parts)];
      assert.deepEqual(through.map(withoutPlaces), direct.map(withoutPlaces));
      assert.ok(direct.some((message) => message.startsWith("Z")));
    });
  }
}

/** Process numbers in notifications differ from session to session. */
function withoutPlaces(message: string): string {
  return message.startsWith("A") ? message.slice(9) : message;
}

test("rows go in by COPY as they do at the server, in both protocols", { skip }, async () => {
  const rows = ["301\tadded\t1\n", "302\tadded\t2\n"].map((row) => encodeMessage(client.copyData, row));
  const done = encodeMessage(client.copyDone);
  const fail = encodeMessage(client.copyFail, "given up\0");
  const start = encodeQuery("copy products from stdin");
  const clean = encodeQuery("delete from products where id > 300");
  for (const parts of [
    [Buffer.concat([start, ...rows, done]), clean],
    [Buffer.concat([start, ...rows, fail]), clean],
    [Buffer.concat([start, encodeMessage(client.copyData, "no number\n"), done]), clean],
    [Buffer.concat([parse("copy products from stdin"), bind(0), execute(), ...rows, done, sync]), clean],
    [
      Buffer.concat([parse("copy products from stdin"), bind(0), execute(), sync, ...rows, done, sync]),
      clean,
    ],
  ])
    assert.deepEqual(await play(ofGate(), parts), await play(ofServer(), parts));
});

test("a function is called by its number as at the server", { skip }, async () => {
  // int4pl(2, 3), proc 177, both arguments and the result binary.
  const call = encodeMessage(
    client.functionCall,
    Buffer.from([0, 0, 0, 177, 0, 1, 0, 1, 0, 2, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 3, 0, 1]),
  );
  assert.deepEqual(
    await play(ofGate(), [call, encodeQuery("select 1")]),
    await play(ofServer(), [call, encodeQuery("select 1")]),
  );
});

const programs = findPostgres() ?? "";

/** Beside us, not instead of us: the gate lives in this process. */
async function run(
  program: string,
  place: "server" | "gate",
  ...parameters: string[]
): Promise<{ status: number | null; out: string }> {
  const at =
    place === "server" ? ["-h", gate.place.host, "-p", "5432"] : ["-h", "127.0.0.1", "-p", String(gate.port)];
  const child = spawn(join(programs, program), [...at, "-U", "postgres", ...parameters], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
  });
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes: Buffer) => void parts.push(bytes));
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { status, out: Buffer.concat(parts).toString() };
}

test("psql copies to and from a file through the gate", { skip }, async () => {
  const { database } = gate.place;
  const [one, other] = [join(folder, "direct.csv"), join(folder, "gate.csv")];
  for (const [place, file] of [
    ["server", one],
    ["gate", other],
  ] as const)
    assert.equal(
      (await run("psql", place, "-d", database, "-c", `\\copy customers to '${file}' csv`)).status,
      0,
    );
  assert.equal(readFileSync(other, "utf8"), readFileSync(one, "utf8"));
  writeFileSync(join(folder, "in.csv"), "501,psql,1\n502,psql,2\n");
  const copied = await run(
    "psql",
    "gate",
    "-d",
    database,
    "-c",
    `\\copy products from '${join(folder, "in.csv")}' csv`,
  );
  assert.match(copied.out, /COPY 2/);
  const describe = (place: "server" | "gate") => run("psql", place, "-d", database, "-c", "\\d+ customers");
  const described = [(await describe("server")).out, (await describe("gate")).out];
  assert.equal(described[1], described[0]);
});

test("pg_dump gives the same file through the gate, and pg_restore takes it back", { skip }, async () => {
  const { database } = gate.place;
  const dumps = [
    await run("pg_dump", "server", "-d", database),
    await run("pg_dump", "gate", "-d", database),
  ];
  assert.equal(dumps[0]?.status, 0);
  const plain = (text = ""): string => text.replaceAll(/^\\(un)?restrict .*$/gm, "");
  assert.equal(plain(dumps[1]?.out), plain(dumps[0]?.out));
  const file = join(folder, "dump");
  assert.equal((await run("pg_dump", "gate", "-d", database, "-Fc", "-f", file)).status, 0);
  const admin = await gate.direct();
  await admin.query("create database restored");
  await admin.end();
  const restored = await run("pg_restore", "gate", "-d", "restored", file);
  assert.equal(restored.status, 0, restored.out);
  const counted = await run("psql", "gate", "-d", "restored", "-Atc", "select count(*) from customers");
  assert.match(counted.out, /^300$/m);
});

test("pgbench runs in all its modes through the gate", { skip }, async () => {
  const { database } = gate.place;
  assert.equal((await run("pgbench", "gate", "-i", "-s", "1", "-q", database)).status, 0);
  for (const mode of ["simple", "extended", "prepared"]) {
    const done = await run("pgbench", "gate", "-M", mode, "-c", "4", "-j", "2", "-t", "25", database);
    assert.match(done.out, /number of transactions actually processed: 100\/100/);
    assert.equal(done.status, 0);
  }
});

test("a statement is cancelled through the gate", { skip }, async () => {
  const one = await gate.connect("app");
  const other = postgres({
    host: "127.0.0.1",
    port: gate.port,
    user: "app",
    database: gate.place.database,
    max: 1,
  });
  const slow = other`select pg_sleep(30)`;
  setTimeout(() => slow.cancel(), 200);
  await assert.rejects(slow, { code: "57014" });
  assert.deepEqual((await other`select 1 as one`)[0], { one: 1 });
  await other.end();
  await one.end();
});

test("postgres.js works through the gate as at the server", { skip }, async () => {
  const open = (place: { host: string; port: number }) =>
    postgres({ ...place, user: "app", database: gate.place.database, max: 3, onnotice: () => {} });
  const work = async (sql: ReturnType<typeof postgres>): Promise<unknown[]> => {
    const results: unknown[] = [];
    results.push(await sql`select ${1}::int as n, ${"x"} as t, ${[1, 2]}::int[] as a, ${new Date(0)} as d`);
    results.push(await sql`select * from ${sql("products")} where id in ${sql([1, 2, 3])} order by id`);
    results.push(await sql.begin((inner) => inner`select ${sql.json({ a: 1 })} as j`));
    results.push(await sql`select 1/0`.catch((error: { code: string }) => error.code));
    const cursor: unknown[] = [];
    await sql`select generate_series(1, 25) as n`.cursor(10, (rows) => void cursor.push(rows.length));
    results.push(cursor);
    results.push(await Promise.all(Array.from({ length: 30 }, (_, at) => sql`select ${at}::int as n`)));
    results.push(await sql.unsafe("select 1 as a; select 2 as b"));
    const told: string[] = [];
    await sql.listen("news", (payload) => told.push(payload));
    await sql.notify("news", "hello");
    for (let tries = 0; tries < 100 && told.length === 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    results.push(told);
    return JSON.parse(JSON.stringify(results)) as unknown[];
  };
  const [direct, through] = [
    open({ host: gate.place.host, port: 5432 }),
    open({ host: "127.0.0.1", port: gate.port }),
  ];
  assert.deepEqual(await work(through), await work(direct));
  await Promise.all([direct.end(), through.end()]);
});
