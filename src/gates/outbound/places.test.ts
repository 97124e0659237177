import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { OutboundMemory } from "./memory.ts";
import { Places } from "./places.ts";
import { PlaceWatch } from "./placeWatch.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-places-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const networkFile = join(folder, "asn-ipv4.csv");
writeFileSync(
  networkFile,
  `# made by hand
203.0.113.0,203.0.113.127,64500,"Example, Inc."
198.51.100.0,198.51.100.255,64501,Other
nonsense
203.0.113.9,203.0.113.1,64502,Backwards
2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,64503,Six
`,
);

describe("places", async () => {
  const problems: string[] = [];
  const files = [networkFile, join(folder, "gone.csv")];
  const places = await Places.open(files, (problem) => problems.push(problem));
  // Holders that have had these addresses for decades.
  const rows = [
    ["8.8.8.8", "US", null],
    ["133.11.0.1", "JP", null],
    ["::ffff:133.11.0.1", "JP", null],
    ["193.0.6.139", "NL", null],
    ["2001:200:0:8802:203:47ff:fea5:3085", "JP", null],
    ["2001:67c:2e8:22::c100:68b", "NL", null],
    ["10.0.0.1", null, null],
    ["0.0.0.0", null, null],
    ["255.255.255.255", null, null],
    ["::", null, null],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", null, null],
    ["203.0.113.0", null, "AS64500 Example, Inc."],
    ["203.0.113.127", null, "AS64500 Example, Inc."],
    ["203.0.113.128", null, null],
    ["198.51.100.77", null, "AS64501 Other"],
    ["2001:db8:1::5", null, "AS64503 Six"],
    ["proxy.example", null, null],
    ["", null, null],
  ] as const;
  for (const [address, country, network] of rows) {
    test(`of() says ${country ?? "no country"}, ${network ?? "no network"} for "${address}"`, () => {
      const place = places.of(address);
      assert.equal(place.network, network);
      if (country !== null || network === null) assert.equal(place.country, country);
    });
  }

  test("Places.open() says what it could not read, and goes on", () => {
    assert.equal(problems.length, 2);
    assert.match(problems[0] ?? "", /asn-ipv4\.csv: 2 lines are no ranges/);
    assert.match(problems[1] ?? "", /Cannot read places from .*gone\.csv/);
  });

  test("PlaceWatch calls a place new where the role has a past, once, over restarts too", async () => {
    const path = join(folder, "memory.sqlite");
    let memory = new OutboundMemory(path);
    let watch = new PlaceWatch(memory);
    assert.deepEqual(watch.of("203.0.113.5"), { country: null, network: null });
    await watch.read([networkFile], () => {});
    assert.equal(watch.of("203.0.113.5").network, "AS64500 Example, Inc.");
    const day = 86_400_000;
    const japan = { country: "JP", network: "AS64500 Example, Inc." };
    const mongolia = { country: "MN", network: "AS64501 Other" };
    // The first day of a role: everything would be new.
    assert.deepEqual(watch.meet("server", japan, day), []);
    assert.deepEqual(watch.meet("server", { country: "US", network: null }, day + 1), []);
    assert.deepEqual(watch.meet("server", mongolia, 3 * day), [{ kind: "country", place: "MN" }]);
    assert.deepEqual(watch.meet("server", mongolia, 3 * day), []);
    memory.close();
    memory = new OutboundMemory(path);
    watch = new PlaceWatch(memory);
    assert.deepEqual(watch.meet("server", mongolia, 4 * day), []);
    assert.deepEqual(watch.meet("server", { country: "MN", network: "AS1 New" }, 4 * day), [
      { kind: "network", place: "AS1 New" },
    ]);
    // Another role has a past of its own.
    assert.deepEqual(watch.meet("printer", mongolia, 4 * day), []);
    memory.close();
  });
});
