import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { findPostgres, startTestPostgres } from "../../lib/sql/testStores.ts";
import type { Entry } from "../../ledger/entry.ts";
import { importList } from "../list/importList.ts";
import { takeCampaign } from "../store/campaign.ts";
import { listOf, openTestRoom, testPerson } from "../testNotices.ts";
import { AskLimits, limits as askLimits } from "./askLimits.ts";
import { Hotline } from "./hotline.ts";

const postgres = findPostgres() === null ? null : startTestPostgres();
after(() => postgres?.stop());

for (const kind of ["pglite", "postgresql"] as const) {
  const skip = kind === "postgresql" && postgres === null ? "PostgreSQL is not installed here" : false;
  describe(`the hotline in ${kind}`, { skip }, () => {
    test("ask() tells items and notice of one who proves two things, and nobody else's", async (context) => {
      const url = kind === "postgresql" ? await postgres?.newDatabase() : undefined;
      const room = await openTestRoom(url === undefined ? {} : { databaseUrl: url });
      context.after(() => room.close());
      const entries: Entry[] = [];
      const record = async (draft: Parameters<typeof room.record>[0]) => {
        const recorded = await room.record(draft);
        entries.push(recorded.entry);
        return recorded;
      };
      const campaign = await takeCampaign(room, "main");
      const family = { emails: ["family@customer.example"], phones: ["090-0000-0001"] };
      const persons = [
        testPerson(1, { ...family, name: "佐藤 花子", items: ["name", "passport"] }),
        testPerson(2, { ...family, name: "佐藤 太郎", birth: "2010-07-20", items: ["name"] }),
        testPerson(3, { emails: ["other@customer.example"], phones: ["03-0000-0002"] }),
      ];
      const source = { name: "list", sha256: "ab".repeat(32) };
      await importList(room, campaign, listOf(persons), { source, onBad: (bad) => assert.fail(bad.problem) });
      const hotline = new Hotline({ ...room, record }, "secret");
      const email = { kind: "email", value: " Family@customer.example" } as const;
      const phone = { kind: "phone", value: "+81 90 0000 0001" } as const;
      const born = { kind: "name-birth", name: "佐藤花子", birth: "1985-03-02" } as const;
      const ask = (...proofs: Parameters<Hotline["ask"]>[0]["proofs"]) =>
        hotline.ask({ proofs, note: "電話で問い合わせ", agent: "agent-1" });

      // The family shares mailbox and telephone: they do not tell the two apart.
      assert.deepEqual(await ask(email, phone), { outcome: "unclear" });
      const told = await ask(email, phone, born);
      assert.ok(told.outcome === "affected");
      assert.deepEqual(told.items, ["name", "passport"]);
      assert.equal(told.notice.state, "queued");
      assert.deepEqual(await ask(born, { kind: "customer", value: "c 1" }), told);
      // Each half is somebody's; that they are is not told.
      const other = { kind: "phone", value: "03-0000-0002" } as const;
      assert.deepEqual(await ask(email, other), { outcome: "not-found" });
      await assert.rejects(ask(email), { code: "usage" });
      await assert.rejects(ask(email, { ...email, value: "x@y.example" }), { code: "usage" });

      const asked = entries.filter(({ code }) => code === "hotline-asked");
      assert.equal(asked.length, 4);
      assert.ok(!/customer\.example|佐藤|0000|問い合わせ/.test(JSON.stringify(asked)), "no personal data");
      assert.ok(asked.every(({ evidence }) => evidence.length === 1));
    });
  });
}

describe("AskLimits", () => {
  test("locks who guesses wrong too often, and lets her ask again afterwards", () => {
    const asks = new AskLimits();
    for (let one = 1; one < askLimits.missesMax; one += 1) assert.equal(asks.miss("a", one), false);
    assert.equal(asks.miss("a", 100), true);
    assert.equal(asks.take("a", 101), askLimits.lockMs - 1);
    assert.equal(asks.take("b", 101), 0, "only her");
    assert.equal(asks.take("a", 100 + askLimits.lockMs), 0);
  });

  test("lets nobody ask more than so much in the window, and a little later again", () => {
    const asks = new AskLimits();
    for (let one = 0; one < askLimits.asksMax; one += 1) assert.equal(asks.take("a", one), 0);
    assert.equal(asks.take("a", 1_000), askLimits.windowMs - 1_000);
    assert.equal(asks.take("a", askLimits.windowMs + 1), 0);
  });

  test("forgets who has not asked for long, and never a lock", () => {
    const asks = new AskLimits();
    for (let one = 0; one < askLimits.missesMax; one += 1) asks.miss("locked", 0);
    for (let one = 0; one < askLimits.agentsMax + 10; one += 1) asks.take(`agent-${one}`, one);
    assert.ok(asks.take("locked", askLimits.lockMs - 1) > 0);
  });
});
