import assert from "node:assert/strict";
import { test } from "node:test";
import { guessRole, proposeList, sayHours, type Destination, type HostTraffic } from "./learnHosts.ts";

/** "443/tcp 12 of ours 0 strangers", more with semicolons. */
function servicesOf(text: string): HostTraffic["services"] {
  return text
    .split(";")
    .map((one) => one.trim())
    .filter((one) => one !== "-")
    .map((one) => {
      const [place = "", hosts = "0", strangers = "0", proxied = ""] = one.split(" ");
      const [port = "0", proto = ""] = place.split("/");
      return {
        port: Number(port),
        proto,
        hosts: Number(hosts),
        strangers: Number(strangers),
        proxied: proxied !== "",
      };
    });
}

const rows = `
  services (ours strangers) | asked by | connections outside | mail servers | role
  -                         | 0        | 120                 | 0            | pc
  -                         | 0        | 0                   | 0            | other
  443/tcp 2 0               | 0        | 50                  | 0            | pc
  443/tcp 3 0               | 0        | 0                   | 0            | server
  5432/tcp 3 0; 22/tcp 1 0  | 0        | 0                   | 0            | server
  443/tcp 0 40              | 0        | 3                   | 0            | server
  9100/tcp 5 0              | 0        | 2                   | 0            | printer
  9100/tcp 5 0; 80/tcp 9 0  | 0        | 400                 | 0            | server
  3128/tcp 1 0 proxied      | 0        | 0                   | 0            | proxy
  8080/tcp 9 0              | 0        | 700                 | 0            | proxy
  8080/tcp 9 0              | 0        | 0                   | 0            | server
  53/udp 2 0                | 0        | 90                  | 0            | resolver
  -                         | 7        | 90                  | 0            | resolver
  53/udp 1 0                | 1        | 90                  | 0            | pc
  25/tcp 0 30; 22/tcp 1 0   | 0        | 90                  | 0            | mail-gate
  -                         | 0        | 90                  | 3            | mail-gate`
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split("|").map((cell) => cell.trim()));

for (const [services = "", askers, connections, mailServers, role] of rows) {
  test(`guessRole() says ${role} for ${services}, asked by ${askers}, ${connections} outside`, () => {
    const seen: HostTraffic = {
      address: "10.0.0.5",
      services: servicesOf(services),
      askers: Number(askers),
      sent: 0,
      days: 1,
      connections: Number(connections),
      mailServers: Number(mailServers),
      hours: [],
    };
    const guess = guessRole(seen);
    assert.equal(guess.role, role);
    assert.ok(guess.because.every(({ en, ja }) => en !== "" && ja !== ""));
    assert.notEqual(guess.role, "personal-data-server");
  });
}

function to(host: string, port: number, more: Partial<Destination> = {}): Destination {
  const named = /[a-z]/.test(host);
  const domain = named ? host.split(".").slice(-2).join(".") : null;
  return { host, named, port, domain, connections: 30, days: 10, sent: 100, ...more };
}

test("proposeList() names what was called on a third of the days, the rest it asks about", () => {
  const { usual, unusual } = proposeList(
    [
      to("update.example", 443),
      to("203.0.113.7", 22, { days: 4 }),
      to("198.51.100.1", 80, { days: 3 }),
      to("once.example", 443, { connections: 1 }),
    ],
    10,
  );
  assert.deepEqual(
    usual.map(({ entry }) => entry),
    ["203.0.113.7:22", "update.example:443"],
  );
  assert.deepEqual(
    unusual.map(({ entry }) => entry),
    ["198.51.100.1:80", "once.example:443"],
  );
});

test("proposeList() writes the domain for three names below it, and itself where it was called too", () => {
  const names = ["a.cdn.example", "b.cdn.example", "c.cdn.example", "cdn.example"].map((host) =>
    to(host, 443, { domain: "cdn.example" }),
  );
  const two = ["a.two.example", "b.two.example"].map((host) => to(host, 443, { domain: "two.example" }));
  const { usual } = proposeList([...names, ...two], 10);
  assert.deepEqual(
    usual.map(({ entry }) => entry),
    ["*.cdn.example:443", "a.two.example:443", "b.two.example:443", "cdn.example:443"],
  );
  assert.equal(usual[0]?.connections, 90);
});

test("proposeList() leaves the port out where it differs, and puts IPv6 in brackets", () => {
  const { usual } = proposeList(
    [to("203.0.113.7", 80), to("203.0.113.7", 443), to("2001:db8::1", 443, { named: false, domain: null })],
    10,
  );
  assert.deepEqual(
    usual.map(({ entry }) => entry),
    ["203.0.113.7", "[2001:db8::1]:443"],
  );
});

const hourRows: [number[], string][] = [
  [[9, 10, 11, 14], "09–12, 14–15"],
  [[22, 23, 0, 1], "22–02"],
  [[23], "23–24"],
  [Array.from({ length: 24 }, (_, hour) => hour), "00–24"],
  [[], ""],
];
for (const [busy, said] of hourRows) {
  test(`sayHours() says "${said}" for the hours ${busy.join(" ")}`, () => {
    const hours = Array.from({ length: 24 }, (_, hour) => (busy.includes(hour) ? 200 : 0));
    assert.equal(sayHours(hours), said);
  });
}

test("sayHours() takes a stray connection for chance", () => {
  const hours = Array.from({ length: 24 }, (_, hour) => (hour === 3 ? 1 : hour >= 9 && hour < 18 ? 100 : 0));
  assert.equal(sayHours(hours), "09–18");
});
