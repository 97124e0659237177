import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Inventory } from "../hosts.ts";
import { OutboundPolicy } from "../policy.ts";
import { loadPaths } from "../read/loadPaths.ts";
import { openDuck } from "../../../lib/openDuck.ts";
import { OutboundSettings } from "../settings.ts";
import { analyzeTraffic, type Analysis } from "./analyzeTraffic.ts";
import { Intelligence } from "./intelligence.ts";

const folder = fileURLToPath(new URL("../../../../../shared/data/traffic/rita", import.meta.url));
const skip = existsSync(folder) ? false : "needs ../shared/data/traffic/rita, which is not there";

async function analyze(name: string, rolling: boolean): Promise<Analysis> {
  const duck = await openDuck();
  try {
    await loadPaths(duck, [join(folder, name)], { unread: () => {} });
    return await analyzeTraffic(duck, {
      inventory: new Inventory(OutboundSettings.parse({}).internal, []),
      policy: OutboundPolicy.parse({}),
      intelligence: new Intelligence(),
      guessInternal: true,
      rolling,
      pairsMax: 10_000,
      today: "2026-01-01",
    });
  } finally {
    await duck.close();
  }
}

function pairOf(analysis: Analysis, src: string, dst: string): Analysis["pairs"][number] {
  return (
    analysis.pairs.find((pair) => pair.src === src && pair.dst === dst) ?? assert.fail(`no ${src} → ${dst}`)
  );
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);
}

/** What RITA's own integration tests expect of these logs, with its tolerances. */
describe("RITA's integration expectations", { skip }, () => {
  test("missing_host: the beacon, its long connection, its severity; ours ranks it first", async () => {
    const analysis = await analyze("missing_host", false);
    assert.deepEqual(analysis.span, { min: 1_713_657_591, max: 1_713_743_991 });
    const pair = pairOf(analysis, "73.54.23.243", "64.225.56.201");
    assert.equal(pair.count, 331);
    near(pair.rita.score, 0.963, 0.001);
    for (const [actual, expected] of [
      [pair.rita.ts, 0.852],
      [pair.rita.ds, 1],
      [pair.rita.dur, 1],
      [pair.rita.hist, 1],
      [pair.rita.final, 0.9],
    ] as const)
      near(actual, expected, 0.001);
    assert.deepEqual(pair.rita.modifiers, {
      prevalence: -0.15,
      firstSeen: 0,
      missingHost: 0.1,
      rareSignature: 0.15,
      intelData: 0,
    });
    assert.equal(analysis.pairs[0], pair);
    assert.ok(analysis.pairs.filter(({ rita }) => rita.score >= 0.9).length > 40);
  });

  test("proxy: names behind a proxy are the other side", async () => {
    const analysis = await analyze("proxy", false);
    assert.equal(analysis.pairsSeen, 2);
    const beacon = pairOf(analysis, "10.136.0.18", "www.honestimnotevil.com");
    assert.equal(beacon.count, 357);
    near(beacon.rita.score, 0.979, 0.05);
    const other = pairOf(analysis, "10.136.0.18", "www.google.com");
    assert.equal(other.count, 6);
    near(other.rita.score, 0.586, 0.05);
  });

  test("proxy_rolling: counts, scores, first seen and prevalence", async () => {
    const analysis = await analyze("proxy_rolling", true);
    const resolver = pairOf(analysis, "10.0.0.238", "75.75.75.75");
    assert.equal(resolver.count, 1_160);
    near(resolver.rita.score, 0.673, 0.001);
    near(resolver.rita.final, 0.18839 + 0.15, 0.001);
    const browsing = pairOf(analysis, "10.0.0.111", "safebrowsing.googleapis.com:443");
    assert.equal(browsing.count, 46);
    near(browsing.rita.score, 0.624, 0.001);
    near(browsing.rita.final, 0.1492 + 0.15, 0.001);
    assert.deepEqual([browsing.rita.modifiers.prevalence, browsing.rita.modifiers.firstSeen], [-0.15, 0.15]);
  });

  test("open_sni: connections that have not ended", async () => {
    const analysis = await analyze("open_sni", true);
    const rows: [string, number, number][] = [
      ["ce7.stearns.org", 2, 0.25468 + 0.15],
      ["ce7.stearns.org:8000", 1, 0.11993 + 0.15],
      ["34.222.122.143", 1, 0.11667 + 0.15],
      ["52.33.59.39", 1, 0.11667 + 0.15],
    ];
    for (const [dst, open, final] of rows) {
      const pair = pairOf(analysis, "10.0.0.238", dst);
      assert.equal(pair.open, open);
      near(pair.rita.final, final, 0.001);
    }
  });
});
