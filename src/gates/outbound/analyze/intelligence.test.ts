import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Intelligence, takeList } from "./intelligence.ts";

function listOf(text: string, file = "lists/plugx.txt"): { intelligence: Intelligence; problems: string[] } {
  const into = { intelligence: new Intelligence(), unread: [] };
  takeList(text, file, into);
  return {
    intelligence: into.intelligence,
    problems: into.unread.map(({ line, problem }) => `${line}: ${problem}`),
  };
}

describe("lists of indicators", () => {
  const { intelligence, problems } = listOf(
    [
      "# Aliases: gulpix",
      "",
      "bad.example",
      "*.worse.example   # comment",
      "203.0.113.7",
      "198.51.100.0/24",
      "http://third.example/path",
      "192.0.2.9:443",
      "2001:db8::1",
      "not an indicator",
      "0.0.0.0/0",
    ].join("\n"),
  );
  const rows: [string, string | null][] = [
    ["bad.example", "plugx"],
    ["www.bad.example", "plugx"],
    ["notbad.example", null],
    ["a.worse.example", "plugx"],
    ["third.example", "plugx"],
  ];
  for (const [name, expected] of rows)
    test(`ofName() says ${expected} for ${name}`, () => assert.equal(intelligence.ofName(name), expected));
  const addresses: [string, string | null][] = [
    ["203.0.113.7", "plugx"],
    ["203.0.113.8", null],
    ["198.51.100.200", "plugx"],
    ["192.0.2.9", "plugx"],
    ["2001:db8::1", "plugx"],
  ];
  for (const [address, expected] of addresses)
    test(`ofAddress() says ${expected} for ${address}`, () =>
      assert.equal(intelligence.ofAddress(address), expected));

  test("takeList() names every line that is no indicator, a network of everything too", () => {
    assert.deepEqual(problems, [
      "10: not an indicator: neither an address nor a name",
      "11: not an indicator: not a network of a usable size",
    ]);
  });

  test("takeList() finds the column of a CSV list", () => {
    const csv = '# first_seen,"dst_ip",dst_port\n"2021-01-01 00:00:00","203.0.113.9","443"\n';
    assert.equal(listOf(csv, "feodo.csv").intelligence.ofAddress("203.0.113.9"), "feodo");
    const named = "id,indicator,type\n1,bad.example,domain\n2,203.0.113.10,ip\n";
    assert.equal(listOf(named, "ours.csv").intelligence.size, 2);
  });
});
