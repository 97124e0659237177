import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readMailboxes } from "./mailboxes.ts";

const rows: [value: string, name: string, address: string][] = [
  ["a@x.example", "", "a@x.example"],
  ["<a@x.example>", "", "a@x.example"],
  ["Taro <a@x.example>", "Taro", "a@x.example"],
  ['"Tabi, Taro" <a@x.example>', "Tabi, Taro", "a@x.example"],
  ["=?UTF-8?B?5bGx55Sw?= <a@x.example>", "山田", "a@x.example"],
  ['"=?UTF-8?B?5bGx55Sw?=" <a@x.example>', "山田", "a@x.example"],
  ["a..b@docomo.example", "", "a..b@docomo.example"],
  ['"taro."@docomo.example', "", "taro.@docomo.example"],
  ["a@x.example (Taro (T))", "Taro T", "a@x.example"],
  ['"info@bank.example" <a@evil.example>', "info@bank.example", "a@evil.example"],
  ["<@relay.example:a@x.example>", "", "a@x.example"],
  ["Group: a@x.example, b@x.example;", "", "a@x.example"],
  ["only a name", "only a name", ""],
  ["Taro a@x.example", "Taro", "a@x.example"],
  ["<a@X.EXAMPLE.>", "", "a@X.EXAMPLE."],
];
for (const [value, name, address] of rows) {
  test(`readMailboxes() reads ${value}`, () => {
    const [first] = readMailboxes(value);
    assert.deepEqual([first?.name, first?.address], [name, address]);
  });
}

test("readMailboxes() reads any text in bounded time", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('"', "(", ")", "<", ">", "@", ",", ";", ":", "\\", " ", "a"), {
        maxLength: 300,
      }),
      (parts) => {
        for (const { domain } of readMailboxes(parts.join(""))) assert.equal(domain, domain.toLowerCase());
      },
    ),
    { seed: 2016, numRuns: 2000 },
  );
});
