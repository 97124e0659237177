import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Ledger } from "../ledger/append.ts";
import { makeEntry } from "../ledger/draft.ts";
import type { EntryDraft, EntryId, EvidenceHash } from "../ledger/entry.ts";
import { generateSigningKey, readSigner } from "../ledger/note.ts";
import { realDisk } from "../lib/disk.ts";
import { migrate } from "../lib/sql/migrate.ts";
import { testStores, type TestStore } from "../lib/sql/testStores.ts";
import { LedgerIndex } from "./ledgerIndex.ts";
import { migrations } from "./migrations/index.ts";

async function openIndex(store: TestStore) {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-index-"));
  const signer = readSigner("test.invalid/ledger", generateSigningKey());
  const ledger = await Ledger.open({ disk: realDisk, folder, signer });
  const state = await store.open();
  await migrate(state.db, migrations);
  const problems: Error[] = [];
  const create = (): LedgerIndex =>
    new LedgerIndex({
      db: state.db,
      ledger,
      onIndexed: async () => {},
      onProblem: (error) => problems.push(error),
    });
  async function write(draft: EntryDraft): Promise<EntryId> {
    const entry = makeEntry(draft, { by: "gate/mail", now: Temporal.Now.instant() });
    await ledger.append(entry);
    return entry.id;
  }
  async function close(): Promise<void> {
    assert.deepEqual(problems, []);
    await ledger.close();
    await state.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { ledger, db: state.db, create, write, close };
}

const mail = "01953a1b-1111-7000-8000-000000000001";
const held: EntryDraft = {
  kind: "enforced",
  code: "mail-held",
  about: { gate: "mail", mail },
  evidence: ["ab".repeat(32) as EvidenceHash],
  data: {
    state: "in-place",
    secondPerson: true,
    order: "programs",
    sender: "t***@ana-sales.example",
    senderDomain: "ana-sales.example",
    recipients: ["i***@ijtb.example"],
    recipientCount: 1,
    bytes: 2_312,
    attachments: 1,
    reasons: [{ code: "document-icon", technique: "T1036.008", severity: "critical" }],
  },
};

for (const store of testStores()) {
  describe(`the index in ${store.kind}`, { skip: store.skip }, () => {
    after(() => store.close());

    test("LedgerIndex takes an entry with a stranger's NUL in it, and goes on", async () => {
      const { create, write, close } = await openIndex(store);
      const index = create();
      await index.start();
      const evil = "evil\0 \\u0000 .example";
      const id = await write({ ...held, data: { ...held.data, sender: `e***@${evil}`, senderDomain: evil } });
      await write({ kind: "observed", code: "mail-received", data: { senderDomain: evil } });
      assert.equal(await index.settled(5_000), true);
      const { entry } = await index.find(id);
      assert.equal(entry.data["sender"], `e***@${evil}`);
      await index.stop();
      await close();
    });

    test("LedgerIndex follows the ledger, before and after its start", async () => {
      const { create, write, close } = await openIndex(store);
      for (let number = 0; number < 600; number++) void write({ kind: "observed", code: "mail-received" });
      await write({ kind: "observed", code: "last-before" });
      const index = create();
      await index.start();
      assert.equal(index.indexed, 601);
      await write({ kind: "observed", code: "first-after" });
      await index.settled();
      const { 0: newest } = await index.search({ limit: 1 });
      assert.equal(newest?.entry.code, "first-after");
      assert.equal((await index.search({ code: "mail-received", limit: 1_000 })).length, 600);
      await index.stop();
      await close();
    });

    test("LedgerIndex.search() narrows by text, kind, what it is about, and index", async () => {
      const { create, write, close } = await openIndex(store);
      await write({
        kind: "observed",
        code: "mail-received",
        about: { mail },
        data: { senderDomain: "a_b%.example" },
      });
      await write({ kind: "judged", code: "mail-judged", about: { mail: "other" } });
      const index = create();
      await index.start();
      const codes = async (query: Parameters<LedgerIndex["search"]>[0]): Promise<string[]> =>
        (await index.search(query)).map((row) => row.entry.code);
      assert.deepEqual(await codes({ text: "a_b%", limit: 9 }), ["mail-received"]);
      assert.deepEqual(await codes({ text: "aXb", limit: 9 }), []);
      assert.deepEqual(await codes({ kind: "judged", limit: 9 }), ["mail-judged"]);
      assert.deepEqual(await codes({ about: { key: "mail", value: mail }, limit: 9 }), ["mail-received"]);
      assert.deepEqual(await codes({ beforeIndex: 1, limit: 9 }), ["mail-received"]);
      await index.stop();
      await close();
    });

    test("LedgerIndex.walk() goes back to what an entry rests on, and on to what rests on it", async () => {
      const { create, write, close } = await openIndex(store);
      const observed = await write({ kind: "observed", code: "mail-received" });
      const judged = await write({ kind: "judged", code: "mail-judged", rests: [observed] });
      const decided = await write({ kind: "decided", code: "order-applied", rests: [judged] });
      const enforced = await write({ kind: "enforced", code: "mail-delivered", rests: [decided, observed] });
      const index = create();
      await index.start();
      const walk = await index.walk(enforced);
      assert.deepEqual(
        walk.restsOn.map(({ row }) => row.entry.id).sort(),
        [observed, judged, decided].sort(),
      );
      assert.deepEqual(
        (await index.walk(judged)).restedOnBy.map((row) => row.entry.id),
        [decided],
      );
      await assert.rejects(index.walk("nothing"), { code: "not-found" });
      await index.stop();
      await close();
    });

    test("LedgerIndex.clear() and a new start give the same index and the same held mail", async () => {
      const { create, write, db, close } = await openIndex(store);
      const heldEntry = await write(held);
      await write({
        kind: "decided",
        code: "decision-asked",
        about: { mail, decision: mail },
        rests: [heldEntry],
      });
      await write({ ...held, evidence: [] }); // Of another form: kept in the ledger, shown nowhere else.
      // Held once more after a kill: the same mail.
      await write({ ...held, data: { ...(held.data ?? {}), bytes: 1 } });
      const index = create();
      await index.start();
      await index.stop();
      const read = async (): Promise<unknown> => [
        await db.selectFrom("held_mail").selectAll().execute(),
        await db.selectFrom("ledger_about").selectAll().orderBy("index").orderBy("key").execute(),
        await db.selectFrom("gate_minute").selectAll().execute(),
      ];
      const before = await read();
      await LedgerIndex.clear(db);
      assert.deepEqual(await db.selectFrom("held_mail").selectAll().execute(), []);
      const again = create();
      await again.start();
      await again.stop();
      assert.deepEqual(await read(), before);
      const [row] = (await db.selectFrom("held_mail").selectAll().execute()) as {
        state: string;
        decision_id: string;
      }[];
      assert.equal(row?.state, "held");
      assert.equal(row?.decision_id, mail);
      await close();
    });
  });
}
