import assert from "node:assert/strict";
import { test } from "node:test";
import { printMistake, readConfig } from "./config.ts";
import { describeConfig, printSampleConfig } from "./station/describeConfig.ts";

/** The transcript of `sekisho check` on a text: every mistake with its line and its mend. */
function check(text: string): string[] {
  const read = readConfig(text);
  return "mistakes" in read ? read.mistakes.map((mistake) => printMistake("sekisho.yaml", mistake)) : [];
}

test("readConfig() takes the sample", () => {
  assert.deepEqual(check(printSampleConfig()), []);
});

test("readConfig() names an unknown key, its line, and the nearest known one", () => {
  assert.deepEqual(check("organisation: A\ntimezone: Asia/Tokyo\n"), [
    'sekisho.yaml:2:1: timezone: unknown key "timezone"\n    did you mean "timeZone"?',
  ]);
});

test("readConfig() names every mistake, in the order of the file", () => {
  const text = `organisation: A
console:
  port: 99999
mail:
  inbound:
    port: 25
    domains: []
    nextHop: { host: mail.example.jp, prot: 26 }
  policy:
    shadow: perhaps
`;
  assert.deepEqual(
    check(text).map((line) => line.split("\n")[0]),
    [
      "sekisho.yaml:3:3: console.port: too big: expected number to be <=65535",
      "sekisho.yaml:7:5: mail.inbound.domains: too small: expected array to have >=1 items",
      'sekisho.yaml:8:39: mail.inbound.nextHop.prot: unknown key "prot"',
      "sekisho.yaml:10:5: mail.policy.shadow: invalid input: expected boolean, received string",
    ],
  );
});

test("readConfig() says that a key is missing, where its section stands", () => {
  assert.deepEqual(check("timeZone: Asia/Tokyo\n"), [
    "sekisho.yaml:1:1: organisation: missing\n    Name of the organisation, as it stands in reports.",
  ]);
});

test("readConfig() refuses a zone that does not exist", () => {
  assert.match(
    check("organisation: A\ntimeZone: Asia/Edo\n").join(),
    /2:1: timeZone: not a time zone of the IANA data base/,
  );
});

test("readConfig() names what is no YAML", () => {
  assert.match(check("organisation: A\n  bad: [").join(), /^sekisho\.yaml:\d+:\d+: /);
});

test("readConfig() refuses aliases, by which a small file becomes a large one", () => {
  assert.throws(() => check("organisation: &a A\ntimeZone: *a\n"));
});

for (const text of ["", "null", "- list", "42", "\u0000", "a: {b: {c: {d: 1}}}"]) {
  test(`readConfig() has mistakes and no crash for ${JSON.stringify(text)}`, () => {
    assert.ok(check(text).length > 0);
  });
}

test("every key of the configuration is described", () => {
  const silent = describeConfig().filter(({ text, type }) => text === "" && type !== "section");
  assert.deepEqual(
    silent.map(({ path }) => path),
    [],
  );
});
