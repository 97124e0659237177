import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { siblingModule } from "../../../lib/sibling.ts";
import { CutOrder, type CutAct } from "./cutOrder.ts";
import { plainName, serversText, zoneText } from "./resolverZones.ts";
import { isRefused, readSquidList, writeSquidList } from "./squidList.ts";

const acts: CutAct[] = [
  {
    do: "block",
    addresses: ["192.0.2.1", "198.51.100.0/24", "2001:db8::/32"],
    names: ["*.Evil.example", "例え.jp"],
  },
  { do: "isolate", address: "10.0.0.7" },
];
const times = { orderedAt: "2016-03-20T12:00:00Z", until: "2016-03-20T13:00:00Z" };
const text = writeSquidList(acts.map((act, at) => CutOrder.parse({ id: `${at}`, act, ...times })));

const rows: [string, string, boolean][] = [
  ["10.0.0.1", "evil.example", true],
  ["10.0.0.1", "a.b.EVIL.example.", true],
  ["10.0.0.1", "evil.example:443", true],
  ["10.0.0.1", "notevil.example", false],
  ["10.0.0.1", "evil.example.org", false],
  ["10.0.0.1", "xn--r8jz45g.jp", true],
  ["10.0.0.1", "192.0.2.1", true],
  ["10.0.0.1", "192.0.2.1:8443", true],
  ["10.0.0.1", "3221225985", true],
  ["10.0.0.1", "0xc0.0.2.1", true],
  ["10.0.0.1", "192.0.2.2", false],
  ["10.0.0.1", "198.51.100.200", true],
  ["10.0.0.1", "[2001:db8::7]:443", true],
  ["10.0.0.1", "2001:db8::7", true],
  ["10.0.0.1", "[::ffff:192.0.2.1]", true],
  ["10.0.0.1", "[2001:db9::7]", false],
  ["10.0.0.1", "", false],
  ["10.0.0.1", "%%%", false],
  ["10.0.0.7", "good.example", true],
  ["::ffff:10.0.0.7", "good.example", true],
];
for (const [from, host, refused] of rows) {
  test(`isRefused() says ${refused} for "${host}" from ${from}`, () => {
    assert.equal(isRefused(readSquidList(text), { from, host }), refused);
  });
}

test("squidHelper answers by channel, and an order holds for the next request", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-squid-"));
  const listFile = join(folder, "list");
  const helper = fileURLToPath(siblingModule(import.meta.url, "./runSquidHelper"));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", helper, listFile], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  context.after(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line: string) => {
    child.stdin.write(`${line}\n`);
    return (await answers.next()).value as string;
  };
  assert.equal(await ask("0 10.0.0.1 evil.example"), "0 ERR");
  writeFileSync(listFile, text);
  assert.equal(await ask("17 10.0.0.1 evil.example"), "17 OK");
  assert.equal(await ask("3 10.0.0.1 %65vil.example -"), "3 OK");
  writeFileSync(listFile, "");
  assert.equal(await ask("4 10.0.0.1 evil.example"), "4 ERR");
  rmSync(listFile);
  assert.equal(await ask("5 10.0.0.1 evil.example"), "5 ERR");
});

for (const bad of [
  "",
  "a b",
  "-a.example",
  "a..example",
  "x".repeat(64),
  `${"a.".repeat(120)}jp`,
  'a"b',
  "a\nb",
  "a/b",
]) {
  test(`plainName() gives null for ${JSON.stringify(bad.slice(0, 20))}`, () =>
    assert.equal(plainName(bad), null));
}

test("zoneText() and serversText() hold a name and all below it", () => {
  assert.match(zoneText(["evil.example"], 7), /\nevil\.example CNAME \.\n\*\.evil\.example CNAME \.\n$/);
  assert.equal(serversText(["evil.example"]), "server=/evil.example/\n");
});
