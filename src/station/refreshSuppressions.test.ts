import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { Kysely } from "kysely";
import type { FindingCode } from "../gates/outbound/findings.ts";
import { OutboundSettings } from "../gates/outbound/settings.ts";
import { makeUuidV7 } from "../lib/identifier.ts";
import { migrate } from "../lib/sql/migrate.ts";
import { testStores } from "../lib/sql/testStores.ts";
import { migrations } from "./migrations/index.ts";
import { refreshSuppressions } from "./refreshSuppressions.ts";
import { startStation, type StartedStation } from "./start.ts";
import { waitUntil } from "./testPorts.ts";

const host = "10.0.0.5";

function settingsWith(...suppressions: object[]): OutboundSettings {
  const written = suppressions.map((one, at) => {
    return { name: `s${at}`, because: "known", decidedBy: "Aoki", until: "2016-06-30", ...one };
  });
  const hosts = [{ name: "web", addresses: [host], role: "server" }];
  return OutboundSettings.parse({ hosts, policy: { suppressions: written } });
}

for (const store of testStores()) {
  describe(`suppressions of past findings, on ${store.kind}`, { skip: store.skip }, () => {
    const evidence = new Map<string, string>();
    const states: { close(): Promise<void> }[] = [];
    after(async () => {
      for (const state of states) await state.close();
      await store.close();
    });

    async function open(): Promise<Kysely<any>> {
      const state = await store.open();
      states.push(state);
      await migrate(state.db, migrations);
      return state.db;
    }

    let written = 0;
    /** A finding of `codes`; of several destinations only the first stands in the row. */
    async function insert(
      db: Kysely<any>,
      codes: FindingCode[],
      dst: string[],
      kept = true,
    ): Promise<string> {
      const id = makeUuidV7(Date.UTC(2016, 2, 19) + (written += 1));
      const hash = written.toString(16).padStart(64, "0");
      const reasons = codes.map((code) => ({ code, technique: null, severity: "high" }));
      const findings = codes.map((code, at) => {
        const to = dst[at] ?? dst[0];
        const common = { src: host, group: "", because: [], figures: {}, hiddenBy: null };
        return { code, technique: null, severity: "high", dst: to, ...common };
      });
      if (kept) evidence.set(hash, JSON.stringify({ findings }));
      const row = {
        ...{ id, found_at: new Date(), found_by: "analysis", severity: "high", severity_rank: 3 },
        ...{ reasons: JSON.stringify(reasons), host: "web", host_address: host, destination: dst[0] },
        ...{ grouping_key: "", evidence: hash, entry: id },
      };
      await db.insertInto("finding").values(row).execute();
      return id;
    }

    async function hiddenBy(db: Kysely<any>, id: string): Promise<string | null> {
      const row = await db.selectFrom("finding").select("hidden_by").where("id", "=", id).executeTakeFirst();
      return (row as { hidden_by: string | null }).hidden_by;
    }

    const getEvidence = async (hash: string): Promise<Buffer> => {
      const text = evidence.get(hash);
      if (text === undefined) throw new Error("erased");
      return Buffer.from(text);
    };
    const refresh = (db: Kysely<any>, settings: OutboundSettings, today = "2016-03-20") =>
      refreshSuppressions(db, settings, { today, getEvidence });

    test("a new one hides what was found before, and taken out or ended it shows it again", async () => {
      const db = await open();
      const beacon = await insert(db, ["beacon"], ["a.cdn.example:443"]);
      const other = await insert(db, ["beacon"], ["evil.example"]);
      const settings = settingsWith({ dst: ["*.cdn.example"], src: ["web"] });
      assert.deepEqual(await refresh(db, settings), { inForce: ["s0"], hidden: 1, shown: 0 });
      assert.deepEqual([await hiddenBy(db, beacon), await hiddenBy(db, other)], ["s0", null]);
      assert.deepEqual(await refresh(db, settings), { inForce: ["s0"], hidden: 0, shown: 0 });
      assert.deepEqual(await refresh(db, settings, "2016-07-01"), { inForce: [], hidden: 0, shown: 1 });
      assert.equal(await hiddenBy(db, beacon), null);
      await refresh(db, settings);
      assert.deepEqual(await refresh(db, settingsWith()), { inForce: [], hidden: 0, shown: 1 });
    });

    test("a behaviour of which one finding is not hidden shows, whatever its row names", async () => {
      const db = await open();
      const two = await insert(db, ["beacon", "rare-agent"], ["a.cdn.example", "b.evil.example"]);
      const both = await insert(db, ["beacon", "rare-agent"], ["a.cdn.example", "b.cdn.example"]);
      const partly = await insert(db, ["beacon", "intelligence-hit"], ["a.cdn.example"]);
      const settings = settingsWith(
        { dst: ["a.cdn.example"], codes: ["beacon", "rare-agent"] },
        { dst: ["b.cdn.example"] },
      );
      await refresh(db, settings);
      assert.deepEqual([await hiddenBy(db, two), await hiddenBy(db, both)], [null, "s0"]);
      assert.equal(await hiddenBy(db, partly), null);
    });

    test("a finding whose evidence was erased is judged by its row", async () => {
      const db = await open();
      const erased = await insert(db, ["beacon"], ["a.cdn.example"], false);
      await refresh(db, settingsWith({ dst: ["a.cdn.example"] }));
      assert.equal(await hiddenBy(db, erased), "s0");
    });

    test("more findings than one step takes are all gone through", async () => {
      const db = await open();
      for (let at = 0; at < 1_100; at += 1) await insert(db, ["strobe"], ["203.0.113.7"]);
      assert.equal((await refresh(db, settingsWith({ codes: ["strobe"] }))).hidden, 1_100);
    });
  });
}

test("a station whose policy was changed hides past findings, and its ledger says so", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-suppressed-"));
  const config = join(folder, "sekisho.yaml");
  const write = (policy: string): void =>
    writeFileSync(
      config,
      `organisation: S\nconsole: { port: 0 }\nlog: { level: fatal }\noutbound:\n  policy: ${policy}\n`,
    );
  process.env["SEKISHO_GATE_WATCHES"] = String(process.pid);
  const findingId = makeUuidV7(Date.now());
  let station: StartedStation | null = null;
  try {
    write("{}");
    station = await startStation(config, { quiet: true });
    const row = {
      ...{ id: findingId, found_at: new Date(), found_by: "analysis", severity: "high", severity_rank: 3 },
      ...{ reasons: '[{"code":"beacon"}]', host: "web", host_address: host, destination: "cdn.example" },
      ...{ grouping_key: "", evidence: null, entry: findingId },
    };
    await station.station.db.insertInto("finding").values(row).execute();
    await station.close();
    const one = "name: known cdn, because: ours, decidedBy: Aoki, until: 2999-12-31, dst: [cdn.example]";
    write(`{ suppressions: [{ ${one} }] }`);
    station = await startStation(config, { quiet: true });
    const { ledger, traffic } = station.services;
    const entry = await waitUntil(async () => {
      const { rows } = await ledger.search({ code: "suppressions-in-force", limit: 1 });
      return rows[0]?.entry ?? null;
    }, "the entry");
    assert.deepEqual(entry.data, { suppressions: ["known cdn"], hidden: 1, shown: 0 });
    const { rows, total, hidden } = await traffic.findings({ limit: 10, hidden: true });
    assert.deepEqual([rows[0]?.hiddenBy, total, hidden], ["known cdn", 0, 1]);
  } finally {
    await station?.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
