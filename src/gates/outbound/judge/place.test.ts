import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostRole } from "../settings.ts";
import { judgePlaces, sayCountry, type PlaceMet } from "./place.ts";

const day = 86_400;
const span = { from: 0, lastDay: 9 * day };

function met(role: HostRole, place: string, firstDay: number, dst = "203.0.113.7"): PlaceMet {
  const kind = place.startsWith("AS") ? "network" : "country";
  const src = "10.0.0.5";
  const common = { src, host: "web", group: `${src} ${dst}`, contacts: 3 };
  return { role, kind, place, firstAt: firstDay * day, dst, ...common };
}

const rows: [string, PlaceMet[], string[]][] = [
  ["a country met on the last day", [met("server", "JP", 1), met("server", "MN", 9.5)], ["MN medium"]],
  ["a country that PCs met on the last day", [met("pc", "JP", 1), met("pc", "MN", 9.5)], ["MN low"]],
  ["a country met before", [met("server", "JP", 1), met("server", "MN", 8.9)], []],
  ["a role without a past", [met("server", "MN", 9.5), met("pc", "JP", 1)], []],
  [
    "a country that another role met before",
    [met("server", "JP", 1), met("pc", "MN", 1), met("server", "MN", 9.5)],
    ["MN medium"],
  ],
  [
    "a network in a known country",
    [met("server", "JP", 1), met("server", "AS1", 1), met("server", "AS2", 9.5)],
    ["AS2 medium"],
  ],
  [
    "a network in a new country, once",
    [met("server", "JP", 1), met("server", "MN", 9.5), met("server", "AS2", 9.5)],
    ["MN medium"],
  ],
];
for (const [name, places, expected] of rows) {
  test(`judgePlaces() says ${expected.join(", ") || "nothing"} of ${name}`, () => {
    const found = judgePlaces(places, span);
    assert.deepEqual(
      found.map(({ severity, figures }) => `${figures["place"]} ${severity}`),
      expected,
    );
    assert.ok(found.every(({ code, technique }) => code === "new-place" && technique === null));
  });
}

test("judgePlaces() says nothing of less than two days", () => {
  const places = [met("server", "JP", 0), met("server", "MN", 0.9)];
  assert.deepEqual(judgePlaces(places, { from: 0, lastDay: 0.8 * day }), []);
});

test("judgePlaces() says the country by its name, and the host", () => {
  const [found] = judgePlaces([met("server", "JP", 1), met("server", "MN", 9.5)], span);
  assert.match(found?.because[0]?.en ?? "", /^web \(server\) talks to 203\.0\.113\.7 in Mongolia \(MN\);/);
  assert.match(found?.because[0]?.ja ?? "", /モンゴル/);
});

test("sayCountry() leaves codes alone that are none", () => {
  for (const code of ["ZZZZ", "", "<b>"]) assert.deepEqual(sayCountry(code), { en: code, ja: code });
});
