import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { findPostgres } from "../lib/sql/testStores.ts";
import { whyNoNamespaces } from "../lib/networkNamespaces.ts";
import type { ActResult } from "./act.ts";
import { playActs } from "./acts.ts";
import { wanted as wantedOfList } from "./actScope.ts";
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
      const counts = JSON.parse(readFileSync(join(folder, "scope", "counts.json"), "utf8")) as {
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
