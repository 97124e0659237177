import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startStation, type StartedStation } from "./start.ts";
import type { Person } from "./services.ts";

const cli = fileURLToPath(new URL("../cli.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sekisho-report-path-"));
const config = join(folder, "sekisho.yaml");
let station: StartedStation;
const contract = `incident:
  contracts:
    - partner: mobile
      name: { ja: 携帯会社, en: Mobile company }
      within: { hours: 24 }
      version: 2015-04-01
      clause: 覚書 第7条
`;

before(async () => {
  writeFileSync(
    config,
    "organisation: 株式会社例示旅行\nconsole: { port: 0 }\nlog: { level: fatal }\n" + contract,
  );
  station = await startStation(config, { quiet: true });
});
after(async () => {
  await station.close();
  rmSync(folder, { recursive: true, force: true });
});

const personOf = (name: string): Person => ({
  id: name,
  name,
  email: `${name}@example.com`,
  roles: ["approver"],
});
const [one, other] = [personOf("one"), personOf("other")];

test("a report that two persons released is verified from the data folder, beside the station", async () => {
  const { incidents, reports } = station.services;
  const { id } = await incidents.open("サーバーからの情報流出", one);
  const claim = { bound: false, replaces: null, source: "調査会社の報告" };
  await incidents.claim(id, { ...claim, fact: "knew", value: "2016-04-01" }, one);
  await incidents.claim(id, { ...claim, fact: "knew", value: "2016-05-13" }, other);
  const cause = { topic: "cause" as const, partner: null, replaces: null, text: { ja: "標的型メール。" } };
  await reports.passage(id, cause, one);
  const first = await reports.draft(id, { kind: "preliminary" }, one);
  assert.equal((await reports.release(id, first.id, "read", one)).state, "seconding");
  assert.equal((await reports.release(id, first.id, "read too", other)).state, "released");
  const filing = { receipt: "受付番号 1", at: "2016-05-17T09:00:00+09:00" };
  assert.equal((await reports.filed(id, first.id, filing, other)).state, "filed");
  await incidents.claim(id, { ...claim, fact: "persons", value: 6_788_334 }, one);
  const second = await reports.draft(id, { kind: "supplement" }, one);
  const states = (await reports.get(id, second.id)).items.map(({ code, state }) => `${code} ${state}`);
  assert.ok(states.includes("persons supplement") && states.includes("cause known"), states.join("\n"));
  for (const report of [first, second]) {
    const { bytes, name } = await reports.file(id, report.id, { format: "json", language: "ja" });
    const file = join(folder, name);
    writeFileSync(file, bytes);
    const argv = [
      "--disable-warning=ExperimentalWarning",
      cli,
      "report",
      "verify",
      file,
      "--config",
      config,
      "--json",
    ];
    const done = spawnSync(process.execPath, argv, { encoding: "utf8" });
    assert.equal(done.status, 0, done.stdout + done.stderr);
    const { texts, sha256 } = JSON.parse(done.stdout);
    assert.deepEqual([texts, sha256], [true, report.sha256]);
  }
  const pdf = await reports.file(id, first.id, { format: "pdf", language: "ja" });
  assert.equal(Buffer.from(pdf.bytes.subarray(0, 5)).toString(), "%PDF-");
});

test("a partner's letter names the contract, and filing it stops the contract's clock", async () => {
  const { incidents, reports } = station.services;
  const { id } = await incidents.open("partner's customers", one);
  const claim = { bound: false, replaces: null, source: "counted" };
  await incidents.claim(id, { ...claim, fact: "knew", value: "2016-06-02" }, one);
  await incidents.claim(id, { ...claim, fact: "persons", value: 330_000 }, one);
  const letter = await reports.draft(id, { kind: "partner", partner: "mobile" }, one);
  const { law, items } = await reports.get(id, letter.id);
  assert.deepEqual([law?.recipient.ja, law?.source], ["携帯会社", "覚書 第7条"]);
  assert.ok(!JSON.stringify(items).includes("330,000"));
  await reports.release(id, letter.id, "read", one);
  await reports.release(id, letter.id, "read too", other);
  await reports.filed(id, letter.id, { receipt: "by courier", at: "2016-06-02T18:00:00+09:00" }, one);
  const { clocks } = await incidents.get(id);
  assert.equal(clocks.find((clock) => clock.law === "contract-mobile")?.done?.at, "2016-06-02T09:00:00.000Z");
});

test("a count of notices is what the next report says of them", async () => {
  const { incidents, reports } = station.services;
  const { id } = await incidents.open("notices", one);
  await reports.countNotices(id, { campaign: "customers", counts: { persons: 10, states: { "sent 1": 8 } } });
  const { items } = await reports.preview(id, { kind: "preliminary" });
  const told = items.find(({ code }) => code === "told");
  assert.deepEqual([told?.state, told?.sentences.length], ["known", 1]);
});

test("two second releases at one moment give one, and an erased report says so", async () => {
  const { incidents, reports } = station.services;
  const { id } = await incidents.open("another", one);
  const { id: report } = await reports.draft(id, { kind: "board" }, one);
  await reports.release(id, report, "read", one);
  const both = await Promise.allSettled([
    reports.release(id, report, "read", other),
    reports.release(id, report, "read", personOf("third")),
  ]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const drafted = station.station.index.find(report);
  const [evidence] = (await drafted).entry.evidence;
  await station.station.evidence.erase(evidence as NonNullable<typeof evidence>);
  await assert.rejects(reports.get(id, report), { code: "evidence-erased" });
});
