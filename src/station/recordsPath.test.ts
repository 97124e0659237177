import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { RawClient } from "../gates/records/rawClient.ts";
import { RecordsStage, skip } from "../gates/records/testRecords.ts";
import { makePerson, seededRandom } from "../personal/generatePersons.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import { realDisk } from "../lib/disk.ts";
import { freePort } from "../lib/freePort.ts";
import { findMarkedProcess } from "../lib/processMark.ts";
import type { Person } from "./services.ts";
import { TestAuthenticator } from "./testAuthenticator.ts";
import { startStation, type StartedStation } from "./start.ts";
import { waitUntil } from "./testPorts.ts";

/** From a client's statement to the ledger, with the real gate, a real PostgreSQL and the real station. */
describe("from a statement to the ledger", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-records-path-"));
  const config = join(folder, "sekisho.yaml");
  const watched = join(folder, "staging");
  let stage: RecordsStage;
  let place: { host: string; database: string };
  let station: StartedStation;
  let port = 0;

  before(async () => {
    process.env["SEKISHO_GATE_WATCHES"] = String(process.pid);
    stage = new RecordsStage(2_000);
    place = await stage.database();
    port = await freePort();
    mkdirSync(watched);
    writeFileSync(config, configOf({ ...place, port, watched }));
    station = await startStation(config, { quiet: true });
    await ready();
  });

  after(async () => {
    await station?.close();
    await stage?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ready = () =>
    waitUntil(async () => (await station.services.station.status()).state === "ready", "the gate", 30_000);

  const open = (user: string) => RawClient.open({ port, user, database: place.database });

  const entriesOf = (code: string) =>
    waitUntil(async () => {
      const { rows } = await station.services.ledger.search({ code, limit: 50 });
      return rows.length > 0 ? rows.map(({ entry }) => entry) : null;
    }, `an entry ${code}`);

  test("a reading is cut at the budget, and the ledger can be walked back from it", async () => {
    const raw = await open("p1");
    await raw.query("select id, email from customers");
    assert.equal(raw.customers, 100);
    raw.close();
    const [cut] = await entriesOf("statement-cut");
    assert.deepEqual(
      [cut?.data["why"], cut?.data["limit"], cut?.data["customers"], cut?.about["person"]],
      ["hour", 100, 100, "p1"],
    );
    const walk = await station.services.ledger.walk(cut?.id ?? "");
    const codes = walk.restsOn.map(({ row }) => row.entry.code);
    for (const code of ["order-applied", "records-judged", "statement-seen", "orders-in-force"])
      assert.ok(codes.includes(code), `${code} in ${codes.join(" ")}`);
  });

  test("what cannot be counted is refused, and said why", async () => {
    const raw = await open("p2");
    await raw.query("select string_agg(email, ',') from customers");
    assert.deepEqual([raw.customers, raw.errors], [0, ["42501"]]);
    raw.close();
    await entriesOf("statement-refused");
    const { rows } = await station.services.ledger.search({ code: "records-judged", limit: 5 });
    assert.match(JSON.stringify(rows[0]?.entry.data), /gathers-customers/);
  });

  test("a killed gate ends its connections, comes again, and nobody has a new budget", async () => {
    const raw = await open("p3");
    await raw.query("select id, email from customers order by id limit 60");
    assert.equal(raw.customers, 60);
    const pid = findMarkedProcess(join(folder, "data", "run", "records.pid"));
    assert.ok(pid !== null);
    process.kill(pid, "SIGKILL");
    assert.equal(await raw.query("select 1"), false);
    raw.close();
    await waitUntil(async () => {
      const now = findMarkedProcess(join(folder, "data", "run", "records.pid"));
      return now !== null && now !== pid ? true : null;
    }, "another gate");
    await ready();
    const again = await waitUntil(async () => open("p3").catch(() => null), "the gate's port");
    await again.query("select id, email from customers order by id");
    // The 60 of before may be read again; 40 are new.
    assert.equal(again.customers, 100);
    again.forget();
    await again.query("select id, email from customers order by id desc");
    assert.equal(again.customers, 0);
    again.close();
  });

  const questionTo = (person: string) =>
    waitUntil(async () => {
      const rows = await station.services.decisions.list({ state: "asked", limit: 50 });
      return rows.find(({ about }) => about["person"] === person) ?? null;
    }, "the question");

  const bob: Person = { id: "bob", name: "Bob", email: "bob@agency.example", roles: ["approver"] };

  test("a bulk reading waits for a second person, and runs when she approves", async () => {
    const raw = await open("alice");
    const done = raw.query("select id, email from customers");
    const question = await questionTo("alice");
    assert.match(question.question.en, /alice wants to read 1 columns .* about 2,000 customers/);
    assert.equal(raw.customers, 0);
    assert.match(raw.text, /Sekisho holds this statement/);
    const { records, decisions } = station.services;
    const reason = "quarterly check";
    const alice: Person = { id: "alice", name: "A", email: "alice@agency.example", roles: ["approver"] };
    await assert.rejects(
      decisions.answer(question.id, alice, { option: "deny", reason }),
      /your own reading/,
    );
    await assert.rejects(decisions.answer(question.id, bob, { option: "approve", reason }), /passkey/);
    const authenticator = await TestAuthenticator.register(station.station.db, bob);
    const challenge = await records.beginApproval(question.id, bob);
    const assertion = authenticator.sign(challenge, { origin: station.url });
    await records.approve(question.id, bob, { nonce: challenge.nonce, assertion, reason });
    assert.equal(await done, true);
    assert.equal(raw.customers, 2_000);
    const [approved] = await entriesOf("statement-approved");
    assert.equal(approved?.about["person"], "alice");
    const view = await waitUntil(async () => {
      const found = await station.services.decisions.get(question.id);
      return found.enforcement?.code === "statement-approved" ? found : null;
    }, "what became of it");
    assert.equal(view.outcome, "approve");
    // The approval is for this very statement: another is asked about anew.
    const other = raw.query("select id, name from customers");
    const next = await questionTo("alice");
    await station.services.decisions.answer(next.id, bob, { option: "deny", reason: "not needed" });
    await other;
    assert.deepEqual(raw.errors, ["42501"]);
    raw.close();
  });

  test("a client that cancels, or leaves, takes its question back", async () => {
    const raw = await open("alice");
    void raw.query("select string_agg(email, ',') from customers");
    await questionTo("alice");
    raw.close();
    const [withdrawn] = await entriesOf("statement-withdrawn");
    assert.equal(withdrawn?.about["person"], "alice");
    await waitUntil(
      async () => (await station.services.records.waiting(bob)).length === 0 || null,
      "the question to go",
    );
    const [ended] = await entriesOf("decision-withdrawn");
    assert.ok(ended?.rests.includes(withdrawn?.id as never));
  });

  test("a file with customers that is deleted within the second lies in evidence", async () => {
    const random = seededRandom(2016);
    const lines = Array.from({ length: 3_000 }, (_, at) => {
      const { name, kana, birthDate, email, phone, address } = makePerson(random);
      return [at, name, kana, birthDate, email, phone, address].join(",");
    });
    const csv = Buffer.from(`${lines.join("\n")}\n`);
    const path = join(watched, "e20160321");
    writeFileSync(path, csv);
    setTimeout(() => rmSync(path), 300);
    const [seen] = await entriesOf("file-seen");
    assert.equal(seen?.data["records"], 3_000);
    assert.equal(seen?.data["occasion"], "deleted");
    const [, part] = seen?.evidence ?? [];
    assert.ok(part !== undefined);
    const store = new EvidenceStore(
      realDisk,
      join(folder, "data", "evidence"),
      await Keyring.open(realDisk, join(folder, "data", "keys")),
    );
    assert.equal((await store.get(part)).equals(csv), true);
  });
});

type Place = { host: string; port: number; database: string; watched: string };

function configOf({ host, port, database, watched }: Place): string {
  return `organisation: Records
console: { port: 0 }
log: { level: error }
roster:
  - { name: Alice, email: alice@agency.example, roles: [operator] }
  - { name: Bob, email: bob@agency.example, roles: [approver] }
records:
  port: ${port}
  workers: 2
  server: { host: ${host} }
  watcher: { user: watcher, database: ${database} }
  customers: { table: public.customers, key: id }
  tables:
    - table: public.customers
      key: id
      personal: { name: name, kana: kana, birth_date: birth-date, email: email, address: address }
    - table: public.bookings
      key: customer_id
      personal: { passport_no: passport }
  persons:
    - { login: alice, email: alice@agency.example, group: askers }
  watch: { folders: [${watched}], reportRecords: 10 }
  policy:
    defaultGroup: operators
    groups:
      - { name: operators, budget: { hour: 100 } }
      - { name: askers, budget: { hour: 100 }, bulk: ask, overBudget: ask }
    approval: { deadlineMinutes: 1 }
`;
}
