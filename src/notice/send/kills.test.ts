import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findPostgres, startTestPostgres } from "../../lib/sql/testStores.ts";
import { importList } from "../list/importList.ts";
import { releaseCampaign } from "../release.ts";
import { getCampaign, takeCampaign } from "../store/campaign.ts";
import { judgeKills, killedPersons, runSender } from "../testKills.ts";
import { listOf, openTestRoom, testSettings, writeTestTexts } from "../testNotices.ts";
import { TestSink } from "../testSink.ts";
import { makeVersion, openKeys } from "../texts/version.ts";

const stores = [
  { kind: "pglite", persons: 3_000, kills: 3, skip: false },
  {
    kind: "postgresql",
    persons: 20_000,
    kills: 5,
    skip: findPostgres() === null ? "PostgreSQL is not installed here (Debian: postgresql)" : false,
  },
] as const;

for (const { kind, persons, kills, skip } of stores) {
  test(`nobody is skipped and nobody gets two, when the sender is killed (${kind})`, { skip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "sekisho-kills-"));
    const postgres = kind === "postgresql" ? startTestPostgres() : null;
    const sink = new TestSink();
    try {
      const port = await sink.listen();
      const databaseUrl = await postgres?.newDatabase();
      const place = { folder: join(folder, "data"), ...(databaseUrl === undefined ? {} : { databaseUrl }) };
      const more = { connections: 32, answerSeconds: 0.4, retry: { attemptsMax: 2, firstMinutes: 0 } };
      await prepare(place, join(folder, "texts"), { port, persons, more });
      const given = { ...place, port, settings: more };
      for (let kill = 0; kill < kills; kill += 1) await runSender(given, { ms: 400 + 350 * kill });
      const last = await runSender(given, null);
      assert.equal(last.why, "done");
      const room = await openTestRoom(place);
      const verdict = await judgeKills(room, await getCampaign(room, "june"), sink.taken);
      await room.close();
      const { persons: all, twice, skipped, sentNotTaken, takenNotSent, withoutProof } = verdict;
      assert.deepEqual(
        { all, twice, skipped, sentNotTaken, takenNotSent, withoutProof },
        { all: persons, twice: 0, skipped: 0, sentNotTaken: 0, takenNotSent: 0, withoutProof: 0 },
      );
      // Those that stall are in doubt, all of them, and at most what was between dot and answer at a kill.
      assert.ok(verdict.doubt - verdict.doubtByKill >= persons * 0.029, JSON.stringify(verdict));
      assert.ok(verdict.doubtByKill <= kills * 32, JSON.stringify(verdict));
    } finally {
      await sink.close();
      postgres?.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

async function prepare(
  place: { folder: string; databaseUrl?: string },
  texts: string,
  given: { port: number; persons: number; more: object },
): Promise<void> {
  writeTestTexts(texts);
  const room = await openTestRoom(place);
  const settings = testSettings(given.port, given.more);
  const source = { name: "x", sha256: "0".repeat(64) };
  const list = listOf(killedPersons(given.persons));
  await importList(room, await takeCampaign(room, "june"), list, { source, onBad: () => assert.fail() });
  const campaign = await getCampaign(room, "june");
  const dkim = await openKeys(room, settings);
  const version = await makeVersion(room, campaign, { settings, folder: texts, dkim });
  for (const by of ["佐藤 花子", "鈴木 一郎"])
    await releaseCampaign(room, campaign, { version, by, authenticated: false });
  await room.close();
}
