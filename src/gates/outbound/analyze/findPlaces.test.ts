import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Inventory } from "../hosts.ts";
import { Places } from "../places.ts";
import { OutboundPolicy } from "../policy.ts";
import { loadPaths } from "../read/loadPaths.ts";
import { zeekFile } from "../read/testZeek.ts";
import { openDuck } from "../../../lib/openDuck.ts";
import { HostSettings } from "../settings.ts";
import { analyzeTraffic } from "./analyzeTraffic.ts";
import { Intelligence } from "./intelligence.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-newplace-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const begin = Date.UTC(2016, 2, 15) / 1_000;
const fields = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes";
const web = HostSettings.parse({
  name: "web",
  addresses: ["10.0.0.5"],
  role: "server",
  speaksTo: ["0.0.0.0/0"],
});

async function analyze(days: number, contacts: readonly { at: number; dst: string; host?: string }[]) {
  const file = (name: string): string => join(folder, `${name}.log`);
  const line = ({ at, dst }: { at: number; dst: string }, place: number): string =>
    `${begin + at} C${place} 10.0.0.5 4000 ${dst} 443 tcp - 1.0 500 600`;
  const daily = Array.from({ length: days * 24 + 1 }, (_, hour) => ({ at: hour * 3_600, dst: "133.11.0.1" }));
  const all = [...contacts, ...daily];
  writeFileSync(file("conn"), zeekFile("conn", fields, all.map(line)));
  const names = all.flatMap((one, place) =>
    "host" in one ? [`${begin + one.at} C${place} 10.0.0.5 4000 ${one.dst} 443 TLSv12 ${one.host}`] : [],
  );
  const tls = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p version server_name";
  writeFileSync(file("ssl"), zeekFile("ssl", tls, names));
  const duck = await openDuck();
  try {
    await loadPaths(duck, [file("conn"), file("ssl")], { unread: ({ problem }) => assert.fail(problem) });
    const intelligence = new Intelligence();
    intelligence.add("bad.example", "list");
    const { findings } = await analyzeTraffic(duck, {
      inventory: new Inventory(["10.0.0.0/8"], [web]),
      policy: OutboundPolicy.parse({}),
      intelligence,
      places: await Places.open([]),
      guessInternal: false,
      rolling: true,
      pairsMax: 10,
      today: "2016-03-30",
    });
    return findings;
  } finally {
    await duck.close();
  }
}

test("analyzeTraffic() finds the country that no server met before the last day, once", async () => {
  const findings = await analyze(4, [
    { at: 3.5 * 86_400, dst: "193.0.6.139" },
    { at: 3.6 * 86_400, dst: "193.0.6.140" },
  ]);
  const found = findings.filter(({ code }) => code === "new-place");
  assert.deepEqual(
    found.map(({ dst, figures, severity }) => [dst, figures["country"], figures["contacts"], severity]),
    [["193.0.6.139", "NL", 2, "medium"]],
  );
});

test("analyzeTraffic() says nothing of places in less than two days", async () => {
  const findings = await analyze(1, [{ at: 80_000, dst: "193.0.6.139" }]);
  assert.deepEqual(
    findings.filter(({ code }) => code === "new-place"),
    [],
  );
});

test("analyzeTraffic() puts the country into the figures, by the address behind a name too", async () => {
  const findings = await analyze(1, [{ at: 5_000, dst: "193.0.6.139", host: "bad.example" }]);
  const hit = findings.find(({ code }) => code === "intelligence-hit");
  assert.deepEqual([hit?.dst, hit?.figures["country"]], ["bad.example", "NL"]);
});
