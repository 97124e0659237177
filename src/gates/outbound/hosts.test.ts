import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Destinations, Inventory } from "./hosts.ts";

describe("written lists", () => {
  const list = new Destinations([
    "203.0.113.0/24",
    "198.51.100.7:443",
    "update.example",
    "*.cdn.example:443",
  ]);
  const rows: [string, number, string[], boolean][] = [
    ["203.0.113.9", 80, [], true],
    ["198.51.100.7", 443, [], true],
    ["198.51.100.7", 80, [], false],
    ["192.0.2.1", 80, ["update.example"], true],
    ["192.0.2.1", 80, ["www.update.example"], false],
    ["192.0.2.1", 443, ["a.b.cdn.example"], true],
    ["192.0.2.1", 80, ["a.cdn.example"], false],
    ["192.0.2.1", 443, ["evilcdn.example"], false],
  ];
  for (const [address, port, names, expected] of rows) {
    test(`has() says ${expected} for ${[address, port, ...names].join(" ")}`, () =>
      assert.equal(list.has({ address, port, names }), expected));
  }
});

describe("the inventory", () => {
  const inventory = new Inventory(
    ["10.0.0.0/8"],
    [
      { name: "web", addresses: ["192.0.2.10"], role: "server", speaksTo: [] },
      { name: "desks", addresses: ["10.1.0.0/16"], role: "operator-pc", speaksTo: [] },
    ],
  );
  const rows: [string, string][] = [
    ["10.1.2.3", "internal"],
    ["192.0.2.10", "internal"],
    ["192.0.2.11", "external"],
    ["::ffff:10.1.2.3", "internal"],
    ["224.0.0.251", "nowhere"],
    ["fe80::1", "nowhere"],
    ["255.255.255.255", "nowhere"],
    ["2001:db8::1", "external"],
  ];
  for (const [address, expected] of rows)
    test(`sideOf() says ${expected} for ${address}`, () => assert.equal(inventory.sideOf(address), expected));

  test("find() knows a host by its network, and which have a list", () => {
    assert.equal(inventory.nameOf("10.1.9.9"), "desks");
    assert.equal(inventory.nameOf("10.2.0.1"), "10.2.0.1");
    assert.deepEqual([inventory.hasList("192.0.2.10"), inventory.hasList("10.1.9.9")], [true, false]);
  });
});

describe("an inventory of a thousand hosts", () => {
  const hosts = Array.from({ length: 1_000 }, (_, at) => {
    const addresses = [`10.0.${at >> 8}.${at & 255}`, `fd00::${at.toString(16)}`];
    return { name: `h${at}`, addresses, role: "server" as const, speaksTo: [] };
  });
  hosts.splice(500, 0, { name: "net", addresses: ["10.0.3.0/24"], role: "server", speaksTo: [] });
  const inventory = new Inventory(["10.0.0.0/8", "fd00::/8"], hosts);

  const rows: [string, string | null][] = [
    ["10.0.0.7", "h7"],
    ["::ffff:10.0.0.7", "h7"],
    ["fd00::3e7", "h999"],
    // The first in the list has it, as with few hosts.
    ["10.0.3.1", "net"],
    ["10.0.1.1", "h257"],
    ["10.9.9.9", null],
    ["bad.example", null],
  ];
  for (const [address, name] of rows)
    test(`find() says ${name} for ${address}`, () =>
      assert.equal(inventory.find(address)?.name ?? null, name));
});
