import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FINDING_CODES, findingOf } from "./findings.ts";
import { judgeConnection, judgeTraffic, type SeenConnection, type SeenTraffic } from "./judge.ts";
import { suppress } from "./judge/suppress.ts";
import { judgeTunnel } from "./judge/tunnel.ts";
import { judgeUploads } from "./judge/volume.ts";
import { OutboundPolicy } from "./policy.ts";
import type { HostRole } from "./settings.ts";

const noon = Temporal.Instant.from("2016-03-19T03:00:00Z");
const policy = OutboundPolicy.parse({});

function connection(
  given: Partial<SeenConnection> & { role: HostRole; list?: string | null },
): SeenConnection {
  const listed = given.role === "personal-data-server" || given.role === "server";
  const { role, ...rest } = given;
  return {
    at: noon,
    host: { address: "10.16.2.10", name: "control", role, listed, listSize: 0 },
    dst: "203.0.113.7",
    dstPort: 443,
    proto: "tcp",
    names: [],
    onItsList: false,
    metBefore: false,
    list: null,
    place: { country: null, network: null },
    newPlaces: [],
    ...rest,
  };
}

describe("the first packet", () => {
  const rows: [string, SeenConnection, [string, string][]][] = [
    [
      "a silent server that holds personal data",
      connection({ role: "personal-data-server" }),
      [["silent-server-speaks", "critical"]],
    ],
    ["a silent server", connection({ role: "server" }), [["silent-server-speaks", "high"]]],
    [
      "a server with a list that does not name it",
      connection({
        role: "server",
        host: { address: "10.16.2.11", name: "web", role: "server", listed: true, listSize: 3 },
      }),
      [["not-on-its-list", "high"]],
    ],
    [
      "a server with a list that names it",
      connection({ role: "server", onItsList: true, metBefore: true }),
      [],
    ],
    [
      "a destination of the list, for the first time",
      connection({ role: "server", onItsList: true }),
      [["first-seen-destination", "low"]],
    ],
    [
      "a destination of the list that now lies in another country",
      connection({
        role: "server",
        onItsList: true,
        metBefore: true,
        newPlaces: [{ kind: "country", place: "MN" }],
      }),
      [["new-place", "medium"]],
    ],
    ["a PC, to a new country", connection({ role: "pc", newPlaces: [{ kind: "country", place: "MN" }] }), []],
    ["a PC, to anybody", connection({ role: "pc" }), []],
    ["a PC, to a bad address", connection({ role: "pc", list: "plugx" }), [["intelligence-hit", "high"]]],
    [
      "a silent server, to a bad address",
      connection({ role: "server", list: "plugx" }),
      [
        ["intelligence-hit", "high"],
        ["silent-server-speaks", "high"],
      ],
    ],
  ];
  for (const [name, seen, expected] of rows) {
    const codes = expected.map(([code]) => code).join(", ") || "nothing";
    test(`judgeConnection() says ${codes} of ${name}`, () => {
      assert.deepEqual(
        judgeConnection(seen).map(({ code, severity }) => [code, severity]),
        expected,
      );
    });
  }

  test("judgeConnection() hides nothing that a stranger put into a name", () => {
    const [finding] = judgeConnection(connection({ role: "server", names: ["evil\u202Etxt.example"] }));
    assert.match(finding?.because[0]?.en ?? "", /evil⟨U\+202E⟩txt/);
  });
});

function traffic(given: Partial<SeenTraffic>): SeenTraffic {
  const host = {
    address: "10.16.2.10",
    name: "db",
    role: "personal-data-server" as const,
    listed: true,
    listSize: 0,
  };
  return {
    at: noon,
    by: "first-packet",
    host,
    addresses: ["203.0.113.7"],
    names: [],
    findings: [],
    ...given,
  };
}

const about = { src: "10.16.2.10", dst: "203.0.113.7" };
const silent = findingOf("silent-server-speaks", about, {
  host: "db",
  destination: "203.0.113.7",
  role: { en: "server", ja: "サーバー" },
});
const hit = findingOf("intelligence-hit", about, { host: "db", destination: "203.0.113.7", list: "plugx" });

describe("standing orders", () => {
  test("judgeTraffic() isolates, when a server that holds personal data speaks", () => {
    const { act, order } = judgeTraffic(traffic({ findings: [silent] }), policy);
    assert.deepEqual(act, { do: "isolate", address: "10.16.2.10", minutes: null });
    assert.equal(order, "silent-personal-data-server");
  });

  test("judgeTraffic() asks, when another server speaks", () => {
    const host = { address: "10.16.2.12", name: "web", role: "server" as const, listed: true, listSize: 1 };
    const { act, order } = judgeTraffic(traffic({ host, findings: [silent] }), policy);
    assert.deepEqual([act.do, order], ["ask", "server-on-its-own"]);
  });

  test("judgeTraffic() blocks, when a PC talks to a bad address", () => {
    const host = { address: "10.16.1.5", name: "pc", role: "pc" as const, listed: false, listSize: 0 };
    const { act } = judgeTraffic(traffic({ host, findings: [hit] }), policy);
    assert.deepEqual(act, { do: "block", addresses: ["203.0.113.7"], names: [], minutes: null });
  });

  test("judgeTraffic() only watches, when a suppression hides every finding", () => {
    const hidden = { ...silent, hiddenBy: "patch window" };
    const { act, reasons } = judgeTraffic(traffic({ findings: [hidden] }), policy);
    assert.equal(act.do, "watch");
    assert.equal(reasons.length, 1);
  });

  test("judgeTraffic() passes over an order that cannot apply", () => {
    const seen = traffic({ host: null, addresses: [], findings: [hit] });
    assert.equal(judgeTraffic(seen, policy).act.do, "watch");
  });
});

describe("suppressions", () => {
  const given = { today: "2016-03-19", nameOf: () => "db" };
  const suppressionOf = (fields: object) =>
    OutboundPolicy.parse({
      suppressions: [{ name: "s", because: "known", decidedBy: "CISO", until: "2016-03-31", ...fields }],
    });
  const rows: [string, object, string | null][] = [
    ["of everything", {}, "s"],
    ["of the host by name", { src: ["db"] }, "s"],
    ["of the host by network", { src: ["10.16.0.0/16"] }, "s"],
    ["of another host", { src: ["10.17.0.0/16"] }, null],
    ["of the destination", { dst: ["203.0.113.0/24"] }, "s"],
    ["of another destination", { dst: ["*.example"] }, null],
    ["of another code", { codes: ["beacon"] }, null],
    ["that has ended", { until: "2016-03-18" }, null],
    ["that ends today", { until: "2016-03-19" }, "s"],
  ];
  test("suppress() takes an IPv6 destination whole: its end is no port", () => {
    const dst = "2001:db8::1";
    const found = { ...silent, dst };
    assert.equal(suppress([found], suppressionOf({ dst: [dst] }), given)[0]?.hiddenBy, "s");
    assert.equal(suppress([found], suppressionOf({ dst: ["2001:db8::/64"] }), given)[0]?.hiddenBy, "s");
  });
  for (const [name, fields, expected] of rows) {
    test(`suppress() says ${expected ?? "nothing"} for a suppression ${name}`, () => {
      assert.equal(suppress([silent], suppressionOf(fields), given)[0]?.hiddenBy, expected);
    });
  }
});

const megabyte = 1_000_000;
const days = (...sent: number[]) => sent.map((bytes, day) => ({ day, sent: bytes * megabyte, received: 0 }));
const uploads = (given: Partial<Parameters<typeof judgeUploads>[0]>) => ({
  src: "10.16.2.10",
  dst: "203.0.113.7",
  host: "db",
  group: "g",
  allowed: false,
  days: [],
  hostDays: [],
  firstDay: 0,
  ...given,
});

describe("volumes", () => {
  const rows: [string, Parameters<typeof judgeUploads>[0], string | null][] = [
    ["a usual day", uploads({ days: days(40, 40, 40), hostDays: days(40, 40, 40) }), null],
    [
      "a day of ten times the usual",
      uploads({ days: [{ day: 3, sent: 400 * megabyte, received: 0 }], hostDays: days(40, 40, 40, 400) }),
      "upload-volume",
    ],
    [
      "the same to a destination on its list",
      uploads({
        allowed: true,
        days: [{ day: 3, sent: 400 * megabyte, received: 0 }],
        hostDays: days(40, 40, 40, 400),
      }),
      null,
    ],
    [
      "a download",
      uploads({
        days: [{ day: 3, sent: 400 * megabyte, received: 4_000 * megabyte }],
        hostDays: days(1, 1, 1, 400),
      }),
      null,
    ],
    [
      "a little every day, of a host that sent nothing before",
      uploads({
        days: [3, 4, 5].map((day) => ({ day, sent: 20 * megabyte, received: 0 })),
        hostDays: [3, 4, 5].map((day) => ({ day, sent: 20 * megabyte })),
      }),
      "slow-upload",
    ],
    ["much on the first day on record", uploads({ days: days(400), hostDays: days(400) }), "upload-volume"],
    [
      "a little every day, after days of nearly nothing",
      uploads({
        days: [3, 4, 5, 6].map((day) => ({ day, sent: 20 * megabyte, received: megabyte })),
        hostDays: days(1, 1, 1, 21, 21, 21, 21),
      }),
      "slow-upload",
    ],
  ];
  for (const [name, seen, expected] of rows) {
    test(`judgeUploads() says ${expected ?? "nothing"} of ${name}`, () => {
      assert.deepEqual(
        judgeUploads(seen, policy).map(({ code }) => code),
        expected === null ? [] : [expected],
      );
    });
  }
});

describe("names below one domain", () => {
  const tunnel = {
    domain: "bad.example",
    names: 900,
    length: 40,
    heavy: 0.9,
    hosts: ["10.0.0.5"],
    visited: false,
  };
  const rows: [string, Partial<typeof tunnel>, string | null][] = [
    ["a tunnel", {}, "high"],
    ["few names", { names: 400 }, null],
    ["a service that makes names and is visited", { length: 8, heavy: 0, visited: true }, null],
    ["short names that nobody visits", { length: 8, heavy: 0 }, "medium"],
  ];
  for (const [name, given, expected] of rows) {
    test(`judgeTunnel() says ${expected ?? "nothing"} of ${name}`, () => {
      assert.equal(judgeTunnel({ ...tunnel, ...given }, policy)[0]?.severity ?? null, expected);
    });
  }
});

test("every finding has a sentence in both languages", () => {
  // Those that other tests do not make: of the gate itself.
  const made = [
    findingOf("cut-did-not-hold", about, { order: "o", packets: 3 }),
    findingOf("cut-drift", about, { what: "table gone", mended: true }),
    findingOf("record-gap", about, { source: "zeek", from: "03:10", until: "03:25" }),
    findingOf("record-loss", about, { source: "conntrack", lost: 12 }),
  ];
  for (const { because } of made) {
    assert.match(because[0]?.en ?? "", /\.$/);
    assert.match(because[0]?.ja ?? "", /。$/);
  }
  assert.equal(FINDING_CODES.length, 17);
});
