import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { findPostgres } from "../lib/sql/testStores.ts";
import { whyNoNamespaces } from "../lib/networkNamespaces.ts";
import type { ActResult } from "./act.ts";
import { playActs, recordReplay } from "./acts.ts";
import { wanted as wantedOfList } from "./actScope.ts";
import { delaysOf } from "./delays.ts";
import { openStage } from "./stage.ts";

/** Plays the traffic of 2016 on a stage of its own. */
async function playTraffic(folder: string, withoutOffice: boolean): Promise<ActResult> {
  const wanted = { withoutOffice, withoutDatabase: true };
  const options = { folder, consolePort: 0, gatePort: 0, quiet: true, ...wanted, tell: () => {} };
  const stage = await openStage(options);
  try {
    const [result] = await playActs(stage, ["traffic"]);
    return result ?? assert.fail("no act");
  } finally {
    await stage.close();
  }
}

describe(
  "act three of 2016",
  { skip: findPostgres() === null ? "PostgreSQL is not installed here" : false },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "sekisho-act-three-"));
    after(() => rmSync(folder, { recursive: true, force: true }));

    test("a hundred customers leave, canaries ring, and the staged file lies in evidence", async () => {
      const options = {
        folder,
        consolePort: 0,
        gatePort: 0,
        quiet: true,
        withoutOffice: true,
        tell: () => {},
      };
      const stage = await openStage(options);
      try {
        const [result] = await playActs(stage, ["records"]);
        assert.deepEqual([result?.ok, result?.problems], [true, []]);
        assert.equal(result?.figures["customersRead"], 100);
        assert.equal(result?.figures["canariesRead"], 1);
        assert.equal(result?.figures["canariesRang"], 1);
        assert.equal(result?.figures["stagedFileKept"], "20000 records");
      } finally {
        await stage.close();
      }
    });
  },
);

describe("act four of 2016", () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-act-four-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("rows of deleted files on a damaged disk become persons, and the list is right", async () => {
    const wanted = { withoutOffice: true, withoutDatabase: true };
    const options = { folder, consolePort: 0, gatePort: 0, quiet: true, ...wanted, tell: () => {} };
    const stage = await openStage(options);
    try {
      const [result] = await playActs(stage, ["scope"]);
      const { ok, problems, figures } = result ?? assert.fail("no act");
      assert.deepEqual([ok, problems], [true, []]);
      assert.equal(figures["rowsStaged"], 20_000);
      assert.ok(Number(figures["halfRows"]) > 2_000, `${figures["halfRows"]} half rows`);
      assert.ok(Number(figures["listPrecision"]) >= wantedOfList.precision, `${figures["listPrecision"]}`);
      assert.match(String(figures["partners"]), /NTT docomo dTravel \d{3}/);
      const counts = JSON.parse(readFileSync(join(folder, "scope", "recovered", "counts.json"), "utf8")) as {
        persons: { most: number };
      };
      assert.ok(counts.persons.most >= Number(figures["personsTrue"]));
    } finally {
      await stage.close();
    }
  });
});

describe("act two of 2016", () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-act-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test(
    "between real hosts: heard at the first word, cut, proved",
    { skip: whyNoNamespaces(["nft"]) },
    async () => {
      const { ok, problems, figures } = await playTraffic(join(folder, "hosts"), false);
      assert.deepEqual([ok, problems], [true, []]);
      // At two megabytes a second, what left is less than one second's worth: the moment until it was heard.
      assert.ok(Number(figures["databaseBytesOut"]) < 2_000_000, `${figures["databaseBytesOut"]} bytes`);
      assert.equal(figures["cutOffPassedSince"], 0);
      assert.equal(figures["administratorsGoOn"], true);
    },
  );

  test("from records, where hosts cannot be made: the same findings, and nothing is cut", async () => {
    const { ok, problems, figures } = await playTraffic(join(folder, "records"), true);
    assert.deepEqual([ok, problems], [true, []]);
    assert.equal(figures["hosts"], "recorded connections (dry)");
    assert.equal(figures["databaseHeardBy"], "silent-server-speaks");
  });
});

describe("all acts of 2016 in their order", () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-all-acts-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("they end in one incident, true reports, and one notice for each person", async () => {
    const options = { folder, consolePort: 0, gatePort: 0, quiet: true, withoutOffice: true, tell: () => {} };
    const stage = await openStage(options);
    let results: ActResult[];
    try {
      results = await playActs(stage, null);
      const delays = delaysOf(results);
      await recordReplay(stage, results, delays);
      await stage.station.station.index.settled();
      const { rows } = await stage.station.services.ledger.search({ code: "replay-ended", limit: 1 });
      assert.equal(rows.length, 1);
    } finally {
      await stage.close();
    }
    assert.deepEqual(
      results.map(({ act, problems }) => [act, problems]),
      ["mail", "traffic", "records", "scope", "aftermath"].map((act) => [act, []]),
    );
    const figures = results.at(-1)?.figures ?? {};
    assert.ok(Number(figures["preliminaryClocks"]) >= 2, "both moments of knowing");
    assert.ok(Number(figures["questionsBySilence"]) >= 2);
    const [persons, sent] = [Number(figures["noticesTo"]), Number(figures["noticesSent"])];
    assert.ok(persons > 1_000 && sent > persons / 2 && sent < persons, `${sent} of ${persons}`);
    assert.equal(sent + Number(figures["noticesNextChannel"]) + Number(figures["noticesInDoubt"]), persons);
    const verified = spawnSync("bin/sekisho", [
      "report",
      "verify",
      join(folder, "appi-preliminary.json"),
      "--data",
      folder,
    ]);
    assert.equal(verified.status, 0, String(verified.stdout));
    assert.match(readFileSync(join(folder, "public.html"), "utf8"), /専用窓口/);
    assert.equal(existsSync(join(folder, "customers.csv")), false, "no list is left in clear text");
  });
});
