import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { sql } from "kysely";
import { migrate, type Migration } from "./migrate.ts";
import { openState } from "./openState.ts";
import { testStores } from "./testStores.ts";

const first: Migration = {
  number: 1,
  name: "thing",
  up: async (db) => {
    const columns = sql`id integer primary key, size bigint, price numeric, at timestamptz, more jsonb`;
    await sql`create table thing (${columns})`.execute(db);
  },
};
const second: Migration = {
  number: 2,
  name: "colour",
  up: async (db) => {
    await sql`alter table thing add column colour text`.execute(db);
  },
};

for (const store of testStores()) {
  describe(`state in ${store.kind}`, { skip: store.skip }, () => {
    after(() => store.close());

    test("openState() gives the same values from both stores", async () => {
      const state = await store.open();
      await migrate(state.db, [first]);
      const at = new Date("2016-03-15T00:00:00.123Z");
      const more = JSON.stringify({ list: ["添付"] });
      const values = { id: 1, size: 7_930_000, price: "1.50", at, more };
      await state.db.insertInto("thing").values(values).execute();
      const row = await state.db.selectFrom("thing").selectAll().executeTakeFirstOrThrow();
      assert.deepEqual(row, { id: 1, size: 7_930_000, price: "1.50", at, more: { list: ["添付"] } });
      await state.close();
    });

    test("migrate() does each step once, when two processes start together", async () => {
      const state = await store.open();
      const both = [first, second];
      const done = await Promise.all([migrate(state.db, both), migrate(state.db, both)]);
      assert.deepEqual(done.flat(), ["thing", "colour"]);
      await state.close();
    });

    test("migrate() leaves nothing behind, when a step fails", async () => {
      const state = await store.open();
      const broken = { ...second, up: () => Promise.reject(new Error("broken")) };
      await assert.rejects(migrate(state.db, [first, broken]), /broken/);
      await assert.rejects(state.db.selectFrom("thing").selectAll().execute(), { code: "42P01" });
      await state.close();
    });

    test("migrate() says state-newer, when the store was made by a newer version", async () => {
      const state = await store.open();
      await migrate(state.db, [first, second]);
      await assert.rejects(migrate(state.db, [first]), { code: "state-newer" });
      await state.close();
    });

    test("transactions do not see each other, when they run at once", async () => {
      const state = await store.open();
      await migrate(state.db, [first]);
      const failing = state.db.transaction().execute(async (transaction) => {
        await transaction.insertInto("thing").values({ id: 1 }).execute();
        throw new Error("taken back");
      });
      const lasting = state.db.transaction().execute(async (transaction) => {
        await transaction.insertInto("thing").values({ id: 2 }).execute();
      });
      const outside = state.db.insertInto("thing").values({ id: 3 }).execute();
      await assert.rejects(failing, /taken back/);
      await Promise.all([lasting, outside]);
      const rows = await state.db.selectFrom("thing").select("id").orderBy("id").execute();
      assert.deepEqual(rows, [{ id: 2 }, { id: 3 }]);
      await state.close();
    });
  });
}

test("openState() refuses, when the folder is open already, and opens it again after close", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-pglite-"));
  const state = await openState({ folder });
  await sql`create table kept (id integer)`.execute(state.db);
  await assert.rejects(openState({ folder }), { name: "SekishoError", message: /holds it/ });
  await state.close();
  const again = await openState({ folder });
  await again.db.insertInto("kept").values({ id: 1 }).execute();
  await again.close();
  rmSync(folder, { recursive: true, force: true });
});

test("openState() leaves the event loop free, when a query takes long", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-pglite-"));
  const state = await openState({ folder });
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 5);
  await sql`select count(*) from generate_series(1, 1500000)`.execute(state.db);
  clearInterval(timer);
  await state.close();
  rmSync(folder, { recursive: true, force: true });
  assert.ok(ticks >= 3, `the event loop turned ${ticks} times`);
});

test("openState() says state-unavailable, when PostgreSQL does not answer", async () => {
  const databaseUrl = "postgresql://nobody@127.0.0.1:9/none";
  await assert.rejects(openState({ databaseUrl, folder: tmpdir() }), { code: "state-unavailable" });
});
