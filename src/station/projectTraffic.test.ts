import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { makeEntry } from "../ledger/draft.ts";
import type { Entry, EntryDraft } from "../ledger/entry.ts";
import { makeUuidV7 } from "../lib/identifier.ts";
import { migrate } from "../lib/sql/migrate.ts";
import type { State } from "../lib/sql/openState.ts";
import { testStores } from "../lib/sql/testStores.ts";
import { migrations } from "./migrations/index.ts";
import { LedgerIndex } from "./ledgerIndex.ts";
import { project } from "./project.ts";
import { readProjected } from "./testProjected.ts";
import { createTrafficService, type TrafficOptions } from "./service/trafficService.ts";
import type { TrafficService } from "./services.ts";

const finding = makeUuidV7(1_458_000_000_000);
const cut = makeUuidV7(1_458_000_000_001);
const about = { gate: "outbound", finding, host: "database", destination: "203.0.113.7" };
const until = "2016-03-21T07:00:00.000Z";

const drafts: EntryDraft[] = [
  {
    kind: "observed",
    code: "traffic-found",
    about,
    data: { by: "first-packet", group: "10.16.5.50 203.0.113.7", address: "10.16.5.50", hidden: null },
  },
  {
    kind: "judged",
    code: "outbound-judged",
    about,
    data: { reasons: [{ code: "silent-server-speaks", technique: "T1071", severity: "critical" }] },
  },
  { kind: "decided", code: "order-applied", about, data: { order: "silent", act: "isolate" } },
  {
    kind: "enforced",
    code: "cut-ordered",
    about: { ...about, cut },
    data: { state: "asked", act: "isolate", target: "10.16.5.50", until },
  },
  {
    kind: "enforced",
    code: "cut-in-place",
    about: { ...about, cut },
    data: { state: "in-place", inPlaceMs: 1.5, warnings: ["administrators"], problem: null },
  },
  {
    kind: "observed",
    code: "cut-proved",
    about: { ...about, cut },
    data: { state: "in-place", lastPacketMs: -3.5, passedSince: 0, stopped: 41 },
  },
  // What a gate of another version says is kept in the ledger and shown nowhere else.
  { kind: "observed", code: "traffic-found", about: { ...about, finding: "no id" }, data: { odd: true } },
  { kind: "enforced", code: "cut-in-place", about: { ...about, cut }, data: { state: 7 } },
];

for (const store of testStores()) {
  describe(`traffic in ${store.kind}`, { skip: store.skip }, () => {
    let state: State;
    let traffic: TrafficService;
    let number = 0;

    const entries: Entry[] = [];
    const take = (draft: EntryDraft): Promise<void> => {
      const entry: Entry = makeEntry(draft, { by: "gate/outbound", now: Temporal.Now.instant() });
      entries.push(entry);
      return project(state.db, [{ index: (number += 1), entry }]);
    };

    before(async () => {
      state = await store.open();
      await migrate(state.db, migrations);
      const loaded = { dataFolder: "/nonexistent", file: "sekisho.yaml", config: { roster: [] } };
      // Lists and acts need the tables only.
      traffic = createTrafficService({ db: state.db, loaded, lost: () => 0 } as unknown as TrafficOptions);
      for (const draft of drafts) await take(draft);
    });
    after(async () => {
      await state.close();
      await store.close();
    });

    test("findings() gives the finding with its reasons, its order and its act", async () => {
      const { rows, total, hidden } = await traffic.findings({ limit: 10 });
      assert.deepEqual([rows.length, total, hidden], [1, 1, 0]);
      const [row] = rows;
      assert.deepEqual(
        [row?.id, row?.severity, row?.host, row?.hostAddress, row?.order, row?.act, row?.cut],
        [finding, "critical", "database", "10.16.5.50", "silent", "isolate", cut],
      );
    });

    const filters: [string, Parameters<TrafficService["findings"]>[0], number][] = [
      ["its code", { code: "silent-server-speaks", limit: 10 }, 1],
      ["another code", { code: "beacon", limit: 10 }, 0],
      ["a code with a pattern in it", { code: "silent%", limit: 10 }, 0],
      ["its host's address", { host: "10.16.5.50", limit: 10 }, 1],
      ["a word of its destination", { text: "203.0", limit: 10 }, 1],
      ["another severity", { severity: "low", limit: 10 }, 0],
    ];
    for (const [name, filter, count] of filters) {
      test(`findings() gives ${count} for ${name}`, async () =>
        assert.equal((await traffic.findings(filter)).rows.length, count));
    }

    test("cuts() gives the act with its proof, and its end", async () => {
      const [row] = await traffic.cuts({ inForce: true, limit: 10 });
      assert.deepEqual(
        [row?.state, row?.inPlaceMs, row?.lastPacketMs, row?.passedSince, row?.stopped, row?.warnings],
        ["in-place", 1.5, -3.5, 0, 41, ["administrators"]],
      );
      const ended = { state: "ended", act: "isolate", target: "10.16.5.50", by: "its end" };
      await take({ kind: "enforced", code: "cut-ended", about: { ...about, cut }, data: ended });
      assert.deepEqual(await traffic.cuts({ inForce: true, limit: 10 }), []);
      assert.equal((await traffic.cuts({ limit: 10 }))[0]?.endedBy, "its end");
    });

    test("LedgerIndex.clear() and the same entries again give the same rows, nothing twice", async () => {
      const before = await readProjected(state.db);
      assert.ok((before["finding"]?.length ?? 0) > 0 && (before["cut_order"]?.length ?? 0) > 0);
      await LedgerIndex.clear(state.db);
      await project(
        state.db,
        entries.map((entry, index) => ({ index, entry })),
      );
      assert.deepEqual(await readProjected(state.db), before);
    });
  });
}
