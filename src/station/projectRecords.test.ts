import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { makeUuidV7 } from "../lib/identifier.ts";
import { testStores } from "../lib/sql/testStores.ts";
import { LedgerIndex } from "./ledgerIndex.ts";
import { project } from "./project.ts";
import type { Person } from "./services.ts";
import type { RecordsEventFilter } from "./service/recordsTypes.ts";
import { readProjected } from "./testProjected.ts";
import { RecordsState } from "./testRecordsState.ts";

const cut = makeUuidV7(1_458_000_000_000);
const file = makeUuidV7(1_458_000_000_001);
const drift = makeUuidV7(1_458_000_000_002);
const eve = {
  gate: "records",
  statement: cut,
  person: "eve",
  client: "192.0.2.9",
  application: "psql",
  relations: "public.customers public.bookings",
};
const viewer: Person = { id: "bob", name: "Bob", email: "bob@agency.example", roles: ["analyst"] };

for (const store of testStores()) {
  describe(`readings in ${store.kind}`, { skip: store.skip }, () => {
    let place: RecordsState;

    before(async () => {
      const askRecord = async (customer: string) => ({
        readings: [],
        persons: [{ person: customer === "4711" ? "eve" : "", readings: 1, firstAt: "", lastAt: "" }],
        keyless: 0,
        more: false,
      });
      place = await RecordsState.open(store, { askRecord });
      await takeCut(place);
      await takeOthers(place);
    });
    after(async () => {
      await place.close();
      await store.close();
    });

    test("events() gives a statement that rang a canary and was cut as one, with both reasons", async () => {
      const { rows } = await place.records.events({ person: "eve", limit: 10 });
      assert.deepEqual(
        rows.map(({ id, state, why, limit, customers, severity, reasons }) => [
          id,
          state,
          why,
          limit,
          customers,
          severity,
          reasons.map(({ code }) => code).join(" "),
        ]),
        [[cut, "cut", "hour", 100, 100, "critical", "budget-reached canary-read"]],
      );
    });

    const filters: [string, Omit<RecordsEventFilter, "limit">, number][] = [
      ["its code", { code: "canary-read" }, 1],
      ["a code with a pattern in it", { code: "canary%" }, 0],
      ["its state", { state: "cut" }, 1],
      ["a word of two events' relations", { text: "bookings" }, 2],
      ["a file", { kind: "file" }, 1],
      ["changed columns", { kind: "columns" }, 1],
      ["nobody", { person: "mallory" }, 0],
    ];
    for (const [name, filter, count] of filters) {
      test(`events() gives ${count} for ${name}`, async () => {
        const { rows, total } = await place.records.events({ ...filter, limit: 10 });
        assert.deepEqual([rows.length, total], [count, count]);
      });
    }

    test("events() goes on after the last row of a page, and refuses a place that is none", async () => {
      const first = await place.records.events({ limit: 1 });
      const last = first.rows[0];
      const before = `${last?.at}~${last?.id}`;
      const next = await place.records.events({ limit: 10, before });
      assert.equal(next.rows.length, first.total - 1);
      assert.ok(next.rows.every(({ id }) => id !== last?.id));
      await assert.rejects(place.records.events({ limit: 1, before: "yesterday" }), { code: "usage" });
    });

    test("event() is in the ledger before it shows anything, and masks literals unless asked", async () => {
      const masked = await place.records.event(cut, viewer, { reveal: null });
      assert.equal(masked.text, "select * from customers where name = '•••'");
      const looked = place.entries.at(-1);
      assert.deepEqual(
        [looked?.code, looked?.about["statement"], looked?.about["person"], looked?.data["masked"]],
        ["evidence-viewed", cut, "bob", true],
      );
      const revealed = await place.records.event(cut, viewer, { reveal: "investigate" });
      assert.match(revealed.text, /山田/);
      assert.equal(place.entries.at(-1)?.data["purpose"], "investigate");
      assert.equal(JSON.stringify(place.entries).includes("山田"), false);
    });

    test("readers() gives a person's hours, her budget and what is left of it", async () => {
      const { readers, hours, record } = await place.records.readers(24);
      const alice = readers.find(({ person }) => person === "alice");
      assert.deepEqual(
        [hours.length, alice?.customers.at(-1), alice?.statements, alice?.inHour, alice?.inDay],
        [24, 50, 7, 50, 80],
      );
      assert.deepEqual(
        [alice?.budget, alice?.group, alice?.email],
        [{ hour: 100, day: 500, statement: null }, "operators", "alice@agency.example"],
      );
      assert.deepEqual([record.files, record.rows], [1, 12]);
    });

    test("files() and columns() give what was seen, and canaries() what rang", async () => {
      const [staged] = await place.records.files(10);
      assert.deepEqual(
        [staged?.file?.path, staged?.file?.records, staged?.file?.items, staged?.file?.kept],
        ["/srv/a.dat", 8, { email: 8 }, "whole"],
      );
      const { tables, changes } = await place.records.columns();
      assert.deepEqual(
        [tables[0]?.table, tables[0]?.personal, changes[0]?.relation, changes[0]?.column],
        ["public.customers", [{ column: "email", kind: "email" }], "public.bookings", "contact"],
      );
      const { rings } = await place.records.canaries();
      assert.deepEqual(
        rings.map(({ id }) => id),
        [cut],
      );
    });

    test("customer() is in the ledger first, without the customer's key", async () => {
      const found = await place.records.customer({ customer: "4711", purpose: "investigate" }, viewer);
      assert.equal(found.persons[0]?.person, "eve");
      const entry = place.entries.at(-1);
      assert.deepEqual([entry?.code, entry?.about["person"]], ["accesses-viewed", "bob"]);
      assert.equal(JSON.stringify(entry).includes("4711"), false);
    });

    test("LedgerIndex.clear() and the same entries again give the same rows, nothing twice", async () => {
      const { decision } = await place.hold("select name from customers");
      const { db } = place.state;
      const read = () => readProjected(db);
      const before = await read();
      await LedgerIndex.clear(db);
      assert.ok(Object.values(await read()).every((rows) => rows.length === 0));
      await project(
        db,
        place.entries.map((entry, index) => ({ index, entry })),
      );
      assert.deepEqual(await read(), before);
      assert.ok(before["records_event"]?.some((row) => row["decision_id"] === decision));
      assert.ok((before["reader_hour"]?.length ?? 0) > 0);
    });
  });
}

/** The entries of a statement that was cut at the budget, and rang a canary on its way. */
async function takeCut(place: RecordsState): Promise<void> {
  const text = "select * from customers where name = '山田'";
  const seen = { verb: "SELECT", touches: { "public.customers": ["name"] }, columns: 1, purpose: null };
  const passes: [string, string, string, string, object][] = [
    [
      text,
      "budget-reached",
      "high",
      "statement-cut",
      { state: "done", why: "hour", limit: 100, customers: 100 },
    ],
    ["", "canary-read", "critical", "statement-told", { state: "done" }],
  ];
  for (const [kept, code, severity, end, data] of passes) {
    const evidence = [await place.keep(kept)];
    await place.take({ kind: "observed", code: "statement-seen", about: eve, evidence, data: seen });
    const reasons = [{ code, technique: null, severity }];
    await place.take({ kind: "judged", code: "records-judged", about: eve, data: { reasons } });
    await place.take({ kind: "enforced", code: end, about: eve, data: { ...data } });
  }
}

async function takeOthers(place: RecordsState): Promise<void> {
  const read = { statements: 3, customers: 20, rows: 20, bytes: 900, hour: 30, day: 60 };
  const about = { gate: "records", person: "alice" };
  await place.take({ kind: "observed", code: "customers-read", about, data: read });
  const more = { ...read, statements: 4, customers: 30, hour: 50, day: 80 };
  await place.take({ kind: "observed", code: "customers-read", about, data: more });
  const hour = "2016-03-15T01:00:00Z";
  const parquet = { path: "2016/a.parquet", hour, rows: 12, bytes: 90, sha256: "00" };
  await place.take({ kind: "observed", code: "access-file", about: { gate: "records" }, data: parquet });
  const scan = {
    path: "/srv/a.dat",
    occasion: "deleted",
    kind: "csv",
    bytes: 100,
    records: 8,
    estimated: false,
    byKind: { email: 8, name: 0 },
    writer: { user: "svc", process: "psql", pid: 1 },
    sha256: "00",
    whole: true,
    kept: true,
  };
  const staged = { gate: "records", event: file, person: "svc / psql" };
  await place.take({ kind: "observed", code: "file-seen", about: staged, data: { verb: "", ...scan } });
  const change = { verb: "", column: "contact", kind: "phone", what: "new", confidence: 0.9 };
  const changed = { gate: "records", event: drift, relations: "public.bookings" };
  await place.take({ kind: "observed", code: "columns-changed", about: changed, data: change });
  // What a gate of another version says is kept in the ledger and shown nowhere else.
  const odd = { gate: "records", statement: "no id", person: "nul\0" };
  await place.take({ kind: "observed", code: "statement-seen", about: odd, data: { odd: true } });
  await place.take({ kind: "enforced", code: "statement-cut", about: eve, data: { state: 7 } });
  await place.take({ kind: "observed", code: "customers-read", about, data: { statements: "many" } });
}
