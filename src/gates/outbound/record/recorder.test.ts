import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { setTimeout } from "node:timers/promises";
import { siblingModule } from "../../../lib/sibling.ts";
import { randomOf } from "../../../lib/testDisk.ts";
import type { Connection, Seen } from "../connection.ts";
import { openDuck, type Duck } from "../../../lib/openDuck.ts";
import { findGaps, viewRecord } from "./readRecord.ts";
import { TrafficRecord, type FinishedFile, type RecordOptions } from "./recorder.ts";
import { measureFile } from "../../../lib/measureFile.ts";

const root = mkdtempSync(join(tmpdir(), "sekisho-record-"));
after(() => rmSync(root, { recursive: true }));
const begin = Date.UTC(2016, 2, 15, 3, 0, 0);
const hour = 3_600_000;
const always = { since: 0, until: 4_000_000_000_000_000 };
let number = 0;

function optionsOf(more: Partial<RecordOptions> = {}): RecordOptions & { finished: FinishedFile[] } {
  const finished: FinishedFile[] = [];
  return {
    folder: join(root, String(number++)),
    flushSeconds: 600,
    onFile: async (file) => void finished.push(file),
    onProblem: (problem) => assert.fail(problem),
    finished,
    ...more,
  };
}

function connectionAt(ms: number, more: Partial<Connection> = {}): Seen {
  return {
    ...{
      table: "connection",
      at: ms * 1_000,
      sensor: "zeek",
      uid: `C${ms}`,
      src: "10.0.0.5",
      srcPort: 40_000,
    },
    ...{
      dst: "203.0.113.7",
      dstPort: 443,
      proto: "tcp",
      service: null,
      duration: 5,
      origBytes: 1,
      respBytes: 2,
    },
    ...{ origPackets: 1, respPackets: 1, origIpBytes: 41, respIpBytes: 42, state: "SF", open: false },
    ...more,
  };
}

async function withView<T>(folder: string, ask: (duck: Duck) => Promise<T>): Promise<T> {
  const duck = await openDuck();
  try {
    await viewRecord(duck, folder, always);
    return await ask(duck);
  } finally {
    await duck.close();
  }
}

function uidsOf(folder: string): Promise<string[]> {
  return withView(folder, async (duck) => {
    const rows = await duck.rows<{ uid: string }>("SELECT uid FROM connection ORDER BY seen_at, uid");
    return rows.map(({ uid }) => uid);
  });
}

test("viewRecord() makes empty views of a folder that is not there yet", async () => {
  assert.deepEqual(await uidsOf(join(root, "nowhere")), []);
});

test("TrafficRecord keeps every table, puts an hour into one file, and tells its hash", async () => {
  let now = begin;
  const options = optionsOf({ now: () => now });
  const record = await TrafficRecord.open(options);
  const naming: Seen = {
    ...{
      table: "naming",
      at: begin * 1_000,
      sensor: "zeek",
      uid: "C",
      src: "10.0.0.5",
      srcPort: 1,
      dst: "203.0.113.7",
    },
    ...{
      dstPort: 80,
      kind: "http",
      host: null,
      hostPort: null,
      proxied: false,
      method: "GET",
      uri: "/",
      agent: "o'a",
    },
    ...{ ja3: null, mime: null, open: false },
  };
  const dns: Seen = {
    ...{ table: "dns", at: begin * 1_000, sensor: "unbound", uid: null, src: "10.0.0.5", resolver: null },
    ...{ query: "日本.example", type: "A", rcode: "NOERROR", answers: ["203.0.113.7", "203.0.113.8"] },
  };
  record.add([connectionAt(begin), naming, dns]);
  await record.flush();
  record.add([connectionAt(begin + 1), connectionAt(begin + hour)]);
  await record.flush();
  assert.equal(options.finished.length, 0);
  now = begin + hour + 130_000;
  await record.flush();
  assert.deepEqual(
    options.finished.map(({ table, hour: of, rows }) => [table, of, rows]),
    [
      ["connection", "2016-03-15/03", 2],
      ["naming", "2016-03-15/03", 1],
      ["dns", "2016-03-15/03", 1],
    ],
  );
  const first = options.finished[0] as FinishedFile;
  const { sha256, bytes } = await measureFile(join(options.folder, first.path));
  assert.deepEqual([first.sha256, first.bytes], [sha256, bytes]);
  assert.deepEqual(await uidsOf(options.folder), [`C${begin}`, `C${begin + 1}`, `C${begin + hour}`]);
  await withView(options.folder, async (duck) => {
    const [asked] = await duck.rows("SELECT query, answers FROM dns");
    assert.deepEqual(asked, { query: "日本.example", answers: ["203.0.113.7", "203.0.113.8"] });
    assert.deepEqual(await duck.rows("SELECT agent, host FROM naming"), [{ agent: "o'a", host: null }]);
  });
  await record.close();
});

test("a view goes on while the files under it are put together, and they go later", async () => {
  let now = begin;
  const options = optionsOf({ now: () => now });
  const record = await TrafficRecord.open(options);
  record.add([connectionAt(begin)]);
  await record.flush();
  await withView(options.folder, async (duck) => {
    now = begin + hour + 130_000;
    record.add([connectionAt(begin + 2)]);
    await record.flush();
    assert.deepEqual(await duck.rows("SELECT count(*) AS count FROM connection"), [{ count: 1 }]);
  });
  const part = join(options.folder, "connection/2016-03-15/03/part-1.parquet");
  assert.equal(existsSync(part), true);
  assert.deepEqual(await uidsOf(options.folder), [`C${begin}`, `C${begin + 2}`]);
  now += 700_000;
  await record.flush();
  assert.equal(existsSync(part), false);
  assert.deepEqual(await uidsOf(options.folder), [`C${begin}`, `C${begin + 2}`]);
  await record.close();
});

test("a connection that was open when it was written, and ended later, is one connection", async () => {
  let now = begin;
  const options = optionsOf({ now: () => now, flushSeconds: 10 });
  const record = await TrafficRecord.open(options);
  const tracked = { sensor: "conntrack", uid: "7" } as const;
  record.add([connectionAt(begin, { ...tracked, open: true, duration: null })]);
  record.add([connectionAt(begin + 1, { ...tracked, uid: "8", open: true })]);
  record.add([connectionAt(begin + 1, { ...tracked, uid: "8" })]);
  await record.flush();
  assert.deepEqual(await uidsOf(options.folder), ["8"]); // The open one may still end before it is written.
  now += 11_000;
  await record.flush();
  assert.deepEqual(await uidsOf(options.folder), ["7", "8"]);
  now += 2 * hour;
  await record.flush();
  record.add([connectionAt(begin, { ...tracked, duration: 99 })]);
  await record.flush();
  const rows = await withView(options.folder, (duck) =>
    duck.rows("SELECT uid, open, duration_us FROM connection ORDER BY uid"),
  );
  assert.deepEqual(rows, [
    { uid: "7", open: false, duration_us: 99 },
    { uid: "8", open: false, duration_us: 5 },
  ]);
  await record.close();
});

test("prune() deletes the days before the retention and says which", async () => {
  const options = optionsOf({ now: () => begin + 40 * 24 * hour });
  const record = await TrafficRecord.open(options);
  record.add([connectionAt(begin), connectionAt(begin + 24 * hour), connectionAt(begin + 39 * 24 * hour)]);
  await record.flush();
  const gone = await record.prune(30);
  assert.deepEqual(
    gone.map(({ day }) => day),
    ["2016-03-15", "2016-03-16"],
  );
  assert.deepEqual(await uidsOf(options.folder), [`C${begin + 39 * 24 * hour}`]);
  await record.flush();
  await record.close();
});

test("losses are counted over restarts, and a position is kept while its source is there", async () => {
  const options = optionsOf();
  const record = await TrafficRecord.open(options);
  record.lose("conntrack", 5);
  record.add([], { source: "a.log", position: { at: 7 } });
  record.add([], { source: "b.log", position: { at: 8 } });
  assert.deepEqual(record.lost, { conntrack: 5 });
  await record.close();
  const again = await TrafficRecord.open(options);
  again.lose("conntrack", 1);
  assert.deepEqual([again.lost, again.position("a.log")], [{ conntrack: 6 }, { at: 7 }]);
  again.add([], { source: "a.log", position: null });
  await again.flush();
  assert.deepEqual([again.position("a.log"), again.position("b.log")], [undefined, { at: 8 }]);
  await again.close();
});

test("rows wait while the disk does not take them, and stand once when it does", async () => {
  const problems: string[] = [];
  const options = optionsOf({ onProblem: (problem) => problems.push(problem) });
  const record = await TrafficRecord.open(options);
  record.add([connectionAt(begin)]);
  await record.flush();
  // A file where a folder must be: the second of two parts cannot be written.
  writeFileSync(join(options.folder, "dns"), "");
  const dns: Seen = {
    ...{ table: "dns", at: begin * 1_000, sensor: "unbound", uid: null, src: "10.0.0.5", resolver: null },
    ...{ query: "a.example", type: "A", rcode: null, answers: [] },
  };
  record.add([connectionAt(begin + 1), dns]);
  await assert.rejects(record.flush());
  assert.match(problems[0] ?? "", /Cannot write the record of traffic: /);
  assert.deepEqual(await uidsOf(options.folder), [`C${begin}`]);
  rmSync(join(options.folder, "dns"));
  await record.flush();
  assert.deepEqual(await uidsOf(options.folder), [`C${begin}`, `C${begin + 1}`]);
  await record.close();
});

test("after kill -9 the record goes on where its positions stand: nothing lost or doubled", async () => {
  const folder = join(root, "killed");
  const random = randomOf(7);
  const rows = 3_000;
  for (let run = 0; ; run += 1) {
    const child = spawn(
      process.execPath,
      [siblingModule(import.meta.url, "./testWriter").pathname, folder, String(rows)],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    if (run < 8) {
      await setTimeout(random() * 400);
      child.kill("SIGKILL");
    }
    const [code] = (await ended) as [number | null];
    if (run < 8) continue;
    assert.equal(code, 0);
    break;
  }
  const uids = await uidsOf(folder);
  assert.equal(uids.length, rows);
  assert.equal(new Set(uids).size, rows);
});

test("findGaps() says in which times a source said nothing", async () => {
  const options = optionsOf();
  const record = await TrafficRecord.open(options);
  const minute = 60_000;
  for (const at of [0, 5, 10, 25, 30]) record.add([connectionAt(begin + at * minute)]);
  await record.close();
  const span = { since: begin * 1_000, until: (begin + 35 * minute) * 1_000, silenceMinutes: 10 };
  const gaps = await withView(options.folder, (duck) =>
    findGaps(duck, { ...span, sources: ["zeek", "squid"] }),
  );
  assert.deepEqual(gaps, [
    { source: "squid", from: span.since, to: span.until },
    { source: "zeek", from: (begin + 10 * minute) * 1_000, to: (begin + 25 * minute) * 1_000 },
  ]);
});

test("TrafficRecord.open() refuses a state that it cannot read, and says what to do", async () => {
  const options = optionsOf();
  await (await TrafficRecord.open(options)).close();
  writeFileSync(join(options.folder, "record.json"), "{");
  await assert.rejects(TrafficRecord.open(options), /not the state of a record of traffic/);
  assert.equal(readFileSync(join(options.folder, "record.json"), "utf8"), "{");
});
