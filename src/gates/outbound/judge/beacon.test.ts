import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { randomOf } from "../../../lib/testDisk.ts";
import { scoreBeacon, type Beacon, type Circumstances } from "./beacon.ts";
import { sayWeight } from "./beaconWords.ts";

const ordinary: Circumstances = {
  direction: "out",
  answered: 1,
  onePort: 1,
  hosts: 1,
  hostsOfFleet: 100,
  server: false,
  allowed: false,
  clockProtocol: null,
  firstSeenDays: null,
  intel: false,
  missingHost: false,
  rareAgent: false,
};

type Made = { times: number[]; sizes: number[] };
const random = randomOf(2016);

/** A clock with jitter: each pause is `seconds` times 1 ± jitter. */
function clock(seconds: number, jitter: number, contacts: number): Made {
  const made: Made = { times: [], sizes: [] };
  for (let at = 1e9; made.times.length < contacts; at += seconds * (1 - jitter + 2 * jitter * random())) {
    made.times.push(at);
    made.sizes.push(500);
  }
  return made;
}

/** Chance: pauses of an exponential distribution, and sizes of every kind. */
function chance(seconds: number, contacts: number): Made {
  const made: Made = { times: [], sizes: [] };
  for (let at = 1e9; made.times.length < contacts; at -= seconds * Math.log(1 - random())) {
    made.times.push(at);
    made.sizes.push(200 + Math.floor(random() * 5_000));
  }
  return made;
}

/** A person who reads pages: bursts of requests, long pauses between them. */
function browsing(): Made {
  const made: Made = { times: [], sizes: [] };
  let at = 1e9;
  for (let page = 0; page < 20; page++) {
    for (let request = 1 + random() * 20; request > 0; request--) {
      made.times.push(at);
      made.sizes.push(200 + Math.floor(random() * 5_000));
      at -= 3 * Math.log(1 - random());
    }
    at += 60 - 1_800 * Math.log(1 - random());
  }
  return made;
}

function scoreOf(made: Made, circumstances: Partial<Circumstances> = {}): number {
  const contacts = { times: Float64Array.from(made.times), sizes: Float64Array.from(made.sizes) };
  return scoreBeacon(contacts, { ...ordinary, ...circumstances })?.score ?? 0;
}

/** The middle of a hundred made at random. */
function usual(make: () => Made, circumstances: Partial<Circumstances> = {}): number {
  const scores = Array.from({ length: 100 }, () => scoreOf(make(), circumstances));
  return scores.sort((one, other) => one - other)[50] as number;
}

describe("what calls on a clock", () => {
  const rows: [string, () => Made][] = [
    ["every minute, no jitter", () => clock(60, 0, 300)],
    ["every minute, 50 % jitter", () => clock(60, 0.5, 300)],
    ["five a second", () => clock(0.2, 0.3, 1_000)],
    ["three a day for four days, 50 % jitter", () => clock(28_800, 0.5, 12)],
    ["once a day for five days", () => clock(86_400, 0.1, 5)],
    ["forty contacts, 30 % jitter", () => clock(600, 0.3, 40)],
  ];
  for (const [name, make] of rows)
    test(`scoreBeacon() is at least 0.9 for ${name}`, () =>
      assert.ok(usual(make) >= 0.9, String(usual(make))));
});

describe("what does not", () => {
  const rows: [string, () => Made][] = [
    ["5 contacts by chance", () => chance(600, 5)],
    ["12 contacts by chance", () => chance(600, 12)],
    ["500 contacts by chance", () => chance(600, 500)],
    ["a person who reads pages", browsing],
  ];
  for (const [name, make] of rows)
    test(`scoreBeacon() is below 0.2 for ${name}`, () => assert.ok(usual(make) < 0.2, String(usual(make))));
});

describe("circumstances", () => {
  const beacon = (): Made => clock(600, 0.3, 12);
  const plain = usual(beacon);
  const rows: [string, Partial<Circumstances>, "more" | "less"][] = [
    ["a server", { server: true }, "more"],
    ["a bad address", { intel: true }, "more"],
    ["a new destination", { firstSeenDays: 1 }, "more"],
    ["a known destination", { firstSeenDays: 100 }, "less"],
    ["a destination of half the fleet", { hosts: 50 }, "less"],
    ["a destination on the list", { allowed: true }, "less"],
    ["a protocol that calls on a clock", { clockProtocol: "NTP" }, "less"],
    ["a caller from outside that nobody answers", { direction: "in", answered: 0 }, "less"],
    ["a scan of many ports", { onePort: 0.1 }, "less"],
    ["requests without a host", { missingHost: true }, "more"],
    ["a signature of its own", { rareAgent: true }, "more"],
  ];
  for (const [name, given, expected] of rows) {
    test(`scoreBeacon() is ${expected} for ${name}`, () => {
      const score = usual(beacon, given);
      assert.ok(expected === "more" ? score > plain : score < plain, `${score} against ${plain}`);
    });
  }
});

test("scoreBeacon() gives null for fewer than 4 calls, and for connections of one moment", () => {
  assert.equal(scoreOf(clock(60, 0, 3)), 0);
  const moment = {
    times: [1e9, 1e9 + 0.0001, 1e9 + 0.0002, 1e9 + 0.0003, 1e9 + 0.0004],
    sizes: [1, 1, 1, 1, 1],
  };
  assert.ok(scoreOf(moment) < 0.5);
});

test("scoreBeacon() says every weight, and their sum is the score", () => {
  const made = clock(60, 0.2, 50);
  const contacts = { times: Float64Array.from(made.times), sizes: Float64Array.from(made.sizes) };
  const found = scoreBeacon(contacts, ordinary);
  const odds = (found?.weights ?? []).reduce((sum, { weight }) => sum + weight, -4.5);
  assert.equal(found?.score, 1 / (1 + Math.exp(-odds)));
  for (const { code } of found?.weights ?? []) {
    const { en, ja } = sayWeight(code, found as Beacon);
    assert.ok(en.endsWith(".") && ja.endsWith("。"));
  }
});
