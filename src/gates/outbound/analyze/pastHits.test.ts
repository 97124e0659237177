import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import type { Connection, Seen } from "../connection.ts";
import type { Finding } from "../findings.ts";
import { IntelligenceKeeper } from "../intelligenceKeeper.ts";
import { OutboundMemory } from "../memory.ts";
import { TrafficRecord } from "../record/recorder.ts";
import { OutboundSettings } from "../settings.ts";
import { Intelligence } from "./intelligence.ts";
import { KnownIndicators } from "./knownIndicators.ts";
import { runAnalysis } from "./runAnalysis.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-past-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const dayMicros = 86_400e6;
const now = Date.now() * 1_000;
const list = join(folder, "plugx.txt");
const settings = OutboundSettings.parse({
  intel: [list],
  hosts: [{ name: "control", addresses: ["10.0.0.5"], role: "server", speaksTo: ["0.0.0.0/0"] }],
});

function contact(daysAgo: number, src: string, dst: string, uid = `${daysAgo}${src}${dst}`): Seen {
  const connection: Connection = {
    ...{ at: now - daysAgo * dayMicros, sensor: "zeek", uid, src, srcPort: 5_000, dst, dstPort: 443 },
    ...{ proto: "tcp", service: null, duration: 1e6, origBytes: 800, respBytes: 900, origPackets: null },
    ...{ respPackets: null, origIpBytes: null, respIpBytes: null, state: "SF", open: false },
  };
  return { table: "connection", ...connection };
}

function asked(daysAgo: number, src: string, query: string): Seen {
  const row = { at: now - daysAgo * dayMicros, sensor: "unbound", uid: null, src, resolver: null } as const;
  return { table: "dns", ...row, query, type: "A", rcode: "NOERROR", answers: [] };
}

async function recordOf(name: string, rows: Seen[]): Promise<string> {
  const own = join(folder, name);
  mkdirSync(own);
  const record = await TrafficRecord.open({
    folder: join(own, "record"),
    flushSeconds: 600,
    onFile: async () => {},
    onProblem: assert.fail,
  });
  record.add(rows);
  await record.close();
  return own;
}

/** One search as the gate makes it. */
async function search(own: string): Promise<Finding[]> {
  const found: Finding[] = [];
  const keeper = new IntelligenceKeeper({
    settings,
    folder: own,
    onFindings: async (findings) => void found.push(...findings),
    onChange: () => {},
    onUnread: () => {},
    onProblem: assert.fail,
  });
  await keeper.read();
  await keeper.searchPast();
  return found;
}

const evilDays = [40, 39.5, 12];
const rows = [
  ...evilDays.map((days) => contact(days, "10.0.0.5", "203.0.113.66")),
  ...Array.from({ length: 45 }, (_, days) => contact(days, "10.0.0.5", "198.51.100.1")),
  contact(20, "203.0.113.66", "10.0.0.9"),
  contact(30, "192.0.2.1", "203.0.113.66", "strangers"),
  asked(33, "10.0.0.7", "a.b.bad.example"),
  asked(33, "10.0.0.7", "notbad.example"),
];

describe("indicators that come later", () => {
  beforeEach(() => writeFileSync(list, "192.0.2.250\n"));

  test("a hit 40 days ago is found when its indicator is added, and only once", async () => {
    const own = await recordOf("later", rows);
    assert.deepEqual(await search(own), []);
    writeFileSync(list, "192.0.2.250\n203.0.113.66\nbad.example\n");
    const found = await search(own);
    assert.deepEqual(found.map(({ src, dst, figures }) => [src, dst, figures["contacts"]]).sort(), [
      ["10.0.0.5", "203.0.113.66", 3],
      ["10.0.0.7", "a.b.bad.example", 1],
      ["10.0.0.9", "203.0.113.66", 1],
    ]);
    const [control] = found.filter(({ src }) => src === "10.0.0.5");
    const micros = (key: string): number => Date.parse(String(control?.figures[key])) * 1_000;
    assert.ok(Math.abs(micros("firstAt") - (now - 40 * dayMicros)) < 1e6);
    assert.ok(Math.abs(micros("lastAt") - (now - 12 * dayMicros)) < 1e6);
    assert.match(control?.because.map(({ en }) => en).join(" ") ?? "", /control talked to .* 3 times from/);
    assert.deepEqual(await search(own), []);
  });

  test("a network is searched for too", async () => {
    const own = await recordOf("network", rows);
    writeFileSync(list, "203.0.113.64/29\n");
    assert.equal((await search(own)).length, 2);
  });

  test("the regular analysis of a day does not see it, and the memory does not hide it", async () => {
    const own = await recordOf("regular", rows);
    writeFileSync(list, "203.0.113.66\n");
    const day = { since: now - dayMicros, until: now + 60e6, rolling: true, today: "2026-01-01" };
    const analysis = runAnalysis({ folder: join(own, "record"), settings, ...day, memoryBytesMax: 2e8 });
    const { findings } = await analysis.done;
    assert.deepEqual(
      findings.filter(({ code }) => code === "intelligence-hit"),
      [],
    );
    const [found] = await search(own);
    const memory = new OutboundMemory(join(own, "memory.sqlite"));
    assert.equal(memory.reportOnce(`${found?.code} ${found?.src} ${found?.dst}`, Date.now()), true);
    memory.close();
  });

  test("a search whose findings could not be told is made again", async () => {
    const own = await recordOf("again", rows);
    writeFileSync(list, "203.0.113.66\n");
    const keeper = new IntelligenceKeeper({
      settings,
      folder: own,
      onFindings: () => Promise.reject(new Error("killed")),
      onChange: () => {},
      onUnread: () => {},
      onProblem: assert.fail,
    });
    await keeper.read();
    await assert.rejects(keeper.searchPast(), /killed/);
    assert.ok(!existsSync(join(own, "indicators")));
    assert.equal((await search(own)).length, 2);
  });

  test("a list that cannot be read is said, keeps what it held, and the others hold", async () => {
    const [good, gone] = [join(folder, "good.txt"), join(folder, "gone.txt")];
    writeFileSync(good, "203.0.113.1\n");
    writeFileSync(gone, "203.0.113.2\nbad.example\n198.51.100.0/24\n");
    const problems: string[] = [];
    const keeper = new IntelligenceKeeper({
      settings: { ...settings, intel: [good, gone, join(folder, "never.txt")] },
      folder,
      onFindings: async () => {},
      onChange: () => {},
      onUnread: () => {},
      onProblem: (problem) => problems.push(problem),
    });
    await keeper.read();
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", /Cannot read the intelligence list .*never\.txt; see outbound\.intel/);
    rmSync(gone);
    writeFileSync(good, "203.0.113.9\n");
    await keeper.read();
    const { current } = keeper;
    assert.deepEqual(
      ["203.0.113.1", "203.0.113.9", "203.0.113.2", "198.51.100.7"].map((one) => current.ofAddress(one)),
      [null, "good", "gone", "gone"],
    );
    assert.equal(current.ofName("x.bad.example"), "gone");
  });
});

test("KnownIndicators reads what it wrote, and of a torn file what is whole", async () => {
  const intelligence = new Intelligence();
  for (const word of ["203.0.113.1", "bad.example", "198.51.100.0/24"]) intelligence.add(word, "list");
  const file = join(folder, "known");
  await KnownIndicators.of(intelligence).write(file);
  intelligence.add("new.example", "list");
  const fresh = (await KnownIndicators.read(file)).newIn(intelligence);
  assert.deepEqual([fresh.size, fresh.ofName("new.example")], [1, "list"]);
  writeFileSync(file, Buffer.alloc(13));
  assert.equal((await KnownIndicators.read(file)).newIn(intelligence).size, 4);
  assert.equal((await KnownIndicators.read(join(folder, "none"))).newIn(intelligence).size, 4);
});
