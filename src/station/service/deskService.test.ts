import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { makeUuidV7 } from "../../lib/identifier.ts";
import { migrate } from "../../lib/sql/migrate.ts";
import { testStores, type TestStore } from "../../lib/sql/testStores.ts";
import { migrations } from "../migrations/index.ts";
import { createDeskService, type DeskOptions } from "./deskService.ts";

/**
 * A desk over held mails of one and the same millisecond. Only its lists are used, which read the store
 * alone.
 */
async function openDesk(store: TestStore, count: number) {
  const state = await store.open();
  await migrate(state.db, migrations);
  const rows = Array.from({ length: count }, (_, number) => ({
    mail: makeUuidV7(1_458_000_000_000),
    received_at: "2016-03-15T00:00:00.000Z",
    state: number % 5 === 0 ? "released" : "held",
    sender: `h***@${number % 2 === 0 ? "even" : "o_d%"}.example`,
    sender_domain: "example",
    recipients: "[]",
    bytes: 1,
    attachments: 0,
    reasons: JSON.stringify([{ code: number % 3 === 0 ? "document-icon" : "macro-container" }]),
    second_person: false,
    evidence: "ab".repeat(32),
    held_entry: makeUuidV7(1_458_000_000_000),
  }));
  await state.db.insertInto("held_mail").values(rows).execute();
  const desk = createDeskService({ db: state.db } as DeskOptions);
  return { desk, rows, close: () => state.close() };
}

for (const store of testStores()) {
  describe(`the mail desk in ${store.kind}`, { skip: store.skip }, () => {
    after(() => store.close());

    test("list() gives every mail once over its pages, though all came in one millisecond", async () => {
      const { desk, rows, close } = await openDesk(store, 25);
      const seen: string[] = [];
      let before: string | undefined;
      for (;;) {
        const page = await desk.list({ limit: 10, before });
        assert.equal(page.total, 25);
        if (page.rows.length === 0) break;
        seen.push(...page.rows.map((row) => row.mail));
        const last = page.rows.at(-1);
        before = `${last?.receivedAt}~${last?.mail}`;
      }
      assert.equal(seen.length, 25);
      assert.deepEqual(new Set(seen), new Set(rows.map((row) => row.mail)));
      await assert.rejects(desk.list({ limit: 10, before: "yesterday" }), { code: "usage" });
      await close();
    });

    test("list() narrows by state, reason and text, and takes % and _ for what they are", async () => {
      const { desk, close } = await openDesk(store, 30);
      assert.equal((await desk.list({ state: "released", limit: 50 })).total, 6);
      assert.equal((await desk.list({ reason: "document-icon", limit: 50 })).total, 10);
      assert.equal((await desk.list({ text: "o_d%", limit: 50 })).total, 15);
      assert.equal((await desk.list({ text: "_v%n", limit: 50 })).total, 0);
      assert.equal((await desk.list({ limit: 1 })).counts.held, 24);
      await close();
    });
  });
}
