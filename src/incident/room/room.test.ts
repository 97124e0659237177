import assert from "node:assert/strict";
import { after, describe, test, type TestContext } from "node:test";
import { testStores, type TestStore } from "../../lib/sql/testStores.ts";
import { incidentTables, projectIncident } from "../projectIncident.ts";
import { TestOffice } from "../testOffice.ts";
import { PLAYBOOKS } from "./playbooks.ts";

async function open(store: TestStore, context: TestContext): Promise<{ office: TestOffice; id: string }> {
  const office = await TestOffice.open(store);
  context.after(() => office.close());
  return { office, id: await office.incidents.open("外部で起きた件", "hanako") };
}

const sha256 = "ab".repeat(32);
const person = "hanako";

for (const store of testStores()) {
  describe(`the room in ${store.kind}`, { skip: store.skip }, () => {
    after(() => store.close());

    test("note() keeps what people write out of the ledger, and finds it again", async (context) => {
      const { office, id } = await open(store, context);
      const event = {
        data: { happenedAt: "2016-03-21T00:00:00Z", knownAt: "2016-03-29T01:00:00Z" },
        text: { what: "佐藤さんがファイルを消した", knownTo: "フォレンジック会社" },
      };
      await office.room.note(id, "event", { ...event, person });
      const [item] = await office.room.items(id, "event");
      assert.deepEqual(item?.data, event.data);
      assert.ok(!JSON.stringify(office.entries).includes("佐藤"));
      const kept = await office.evidence.get(item?.textEvidence as never);
      assert.deepEqual(JSON.parse(kept.toString()), event.text);
    });

    test("note() refuses what was known before it happened, and what has no incident", async (context) => {
      const { office, id } = await open(store, context);
      const text = { what: "x", knownTo: "y" };
      const data = { happenedAt: "2016-03-29T01:00:00Z", knownAt: "2016-03-21T00:00:00Z" };
      await assert.rejects(office.room.note(id, "event", { data, text, person }), { code: "usage" });
      const other = "01890000-0000-7000-8000-000000000000";
      await assert.rejects(office.room.note(other, "event", { data, text, person }), { code: "not-found" });
      const bad = { data: { ...data, happenedAt: "yesterday" }, text, person };
      await assert.rejects(office.room.note(id, "event", bad), { code: "usage" });
    });

    test("a thing in evidence has its chain of custody and its time stamps", async (context) => {
      const { office, id } = await open(store, context);
      const { room } = office;
      const thing = await room.note(id, "evidence", {
        data: { sha256, bytes: 12, collectedAt: "2016-03-29T01:00:00Z", kept: false },
        text: { name: "ディスクの写し", where: "金庫", how: "dd", by: "B社" },
        person,
      });
      const hand = { who: "花子", what: "受け取った", where: "東京", how: "封をした袋" };
      const data = { evidence: thing, at: "2016-03-30T01:00:00Z" };
      await room.note(id, "custody", { data, text: hand, person });
      await room.stamped(id, thing, { token: "cd".repeat(32) as never, at: "2016-03-29T01:00:05Z" });
      const wrong = { evidence: id, at: "2016-03-30T01:00:00Z" };
      await assert.rejects(room.note(id, "custody", { data: wrong, text: hand, person }), {
        code: "not-found",
      });
      const [kept] = await room.items(id, "evidence");
      assert.deepEqual(kept?.stamps, [{ token: "cd".repeat(32), at: "2016-03-29T01:00:05Z" }]);
      assert.equal((await room.items(id, "custody")).length, 1);
    });

    test("follow() puts each step there once; change() moves it", async (context) => {
      const { office, id } = await open(store, context);
      const [playbook] = PLAYBOOKS;
      assert.equal(await office.room.follow(id, "clean-up-2016", person), 6);
      assert.equal(await office.room.follow(id, "clean-up-2016", person), 0);
      assert.equal(
        await office.room.follow(id, playbook?.id as "infected-host", person),
        playbook?.steps.length,
      );
      const [task] = await office.room.items(id, "task");
      const reason = "管理者に頼んだ";
      const to = (data: object) =>
        office.room.change(id, task?.id ?? "", { kind: "task", data: data as never, person, reason });
      await to({ state: "doing", person: "taro" });
      await to({ state: "done" });
      await assert.rejects(to({ state: "forgotten" }), { code: "usage" });
      const [moved] = await office.room.items(id, "task");
      assert.equal(moved?.data.state, "done");
      assert.equal(moved?.data.person, "taro");
      assert.equal(moved?.changes.length, 2);
    });

    test("all can be made anew from the ledger, and goes along in a merge", async (context) => {
      const { office, id } = await open(store, context);
      const { room } = office;
      await room.follow(id, "bulk-read", person);
      const [task] = await room.items(id, "task");
      const change = { kind: "task", data: { state: "done" }, person, reason: "済み" } as const;
      await room.change(id, task?.id ?? "", change);
      await room.note(id, "role", { data: { role: "commander", person }, text: { why: "当番" }, person });
      const before = await room.items(id);
      const { db } = office.state;
      for (const table of incidentTables) await db.deleteFrom(table).execute();
      for (const entry of office.entries) {
        await projectIncident(db, entry);
        await projectIncident(db, entry);
      }
      assert.deepEqual(await room.items(id), before);
      const into = await office.incidents.open("同じ件", person);
      await office.incidents.merge(into, id, { person, reason: "同じ攻撃" });
      assert.deepEqual(await room.items(into), before);
    });
  });
}
