import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { truncateSync, writeSync, openSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { encodeJapanese } from "../../../mail/fixtures/encodeJapanese.ts";
import { makePerson, seededRandom } from "../../../../personal/generatePersons.ts";
import { writeWorkbook } from "../testWorkbook.ts";
import type { WatchedFile, WatchProblem } from "./watchedFile.ts";
import { findFatrace } from "./writers.ts";
import { FileWatch, type FileWatchOptions } from "./watchFiles.ts";

const random = seededRandom(2016);
const people = Array.from({ length: 100 }, () => makePerson(random));
const csv = people.map((p) => [p.name, p.email, p.phone].join(",")).join("\n") + "\n";

type Watched = {
  folder: string;
  found: WatchedFile[];
  problems: WatchProblem[];
  evidence: Buffer[];
  watch: FileWatch;
  /** Waits until something is so; fails after ten seconds. */
  until(what: () => boolean): Promise<void>;
  contentOf(file: WatchedFile | undefined): string;
};

/** A watch on an empty folder, whose evidence is kept in memory. */
async function startWatch(context: TestContext, options: Partial<FileWatchOptions> = {}): Promise<Watched> {
  const root = mkdtempSync(join(tmpdir(), "sekisho-watch-"));
  const folder = join(root, "srv");
  mkdirSync(folder);
  const found: WatchedFile[] = [];
  const problems: WatchProblem[] = [];
  const evidence: Buffer[] = [];
  const watch = new FileWatch({
    folders: [folder],
    workFolder: join(root, "work"),
    evidence: { put: async (content) => String(evidence.push(Buffer.from(content)) - 1) },
    onFile: (file) => void found.push(file),
    onProblem: (problem) => void problems.push(problem),
    ...options,
    limits: { settleMs: 300, ...options.limits },
  });
  await watch.start();
  context.after(async () => {
    await watch.close();
    rmSync(root, { recursive: true, force: true });
  });
  return {
    folder,
    found,
    problems,
    evidence,
    watch,
    until: async (what) => {
      const end = performance.now() + 10_000;
      while (!what() && performance.now() < end) await sleep(20);
      assert.ok(what(), JSON.stringify({ found, problems, status: watch.status() }));
    },
    contentOf: (file) =>
      Buffer.concat((file?.evidence?.parts ?? []).map((part) => evidence[Number(part)] as Buffer)).toString(),
  };
}

/** Runs a script in another process, as an attacker would; ours must stay free to answer events. */
async function elsewhere(script: string, ...parameters: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, ["-e", `const fs = require("fs"); ${script}`, ...parameters]);
}

test("FileWatch keeps a file whole that comes to rest, whatever it is called", async (context) => {
  const watched = await startWatch(context);
  const bytes = encodeJapanese(csv, "shift_jis");
  writeFileSync(join(watched.folder, "out"), bytes);
  await watched.until(() => watched.found.length === 1);
  const [file] = watched.found;
  assert.deepEqual([file?.path, file?.occasion], [join(watched.folder, "out"), "settled"]);
  assert.deepEqual([file?.scan.records, file?.scan.encoding], [100, "shift_jis"]);
  assert.ok(watched.evidence[0]?.equals(bytes));
  assert.equal(file?.writer.uid, process.getuid?.());
  // Taking our second name away is an event too; the file must not be looked at again for it.
  await sleep(700);
  assert.equal(watched.watch.status().scanned, 1);
});

test("FileWatch finds workbooks and packed files, and says nothing of others", async (context) => {
  const watched = await startWatch(context);
  writeFileSync(join(watched.folder, "a"), writeWorkbook(people.map((p) => [p.name, p.email])));
  writeFileSync(join(watched.folder, "b.log"), gzipSync(csv));
  writeFileSync(join(watched.folder, "c"), "2016-03-21 nothing of anybody\n".repeat(1_000));
  writeFileSync(join(watched.folder, "d"), csv.split("\n").slice(0, 5).join("\n"));
  await watched.until(() => watched.watch.status().scanned === 4);
  assert.deepEqual(watched.found.map(({ scan }) => scan.kind).sort(), ["gzip", "xlsx"]);
});

test("FileWatch keeps nearly all of 200 files that are deleted straight after writing", async (context) => {
  const watched = await startWatch(context, { limits: { settleMs: 5_000 } });
  const source = join(watched.folder, "..", "source");
  writeFileSync(source, csv);
  const script = 'for n in $(seq 200); do cp "$0" "$1/$n"; rm "$1/$n"; done';
  await promisify(execFile)("sh", ["-c", script, source, watched.folder]);
  await watched.until(() => watched.found.length + watched.watch.status().missed >= 150);
  await sleep(300);
  await watched.watch.idle();
  context.diagnostic(`kept ${watched.found.length} of 200, missed ${watched.watch.status().missed}`);
  // How many there are in truth depends on the machine; half of them is what a busy one must give.
  assert.ok(watched.found.length >= 100, String(watched.found.length));
  assert.ok(watched.found.every(({ occasion }) => occasion === "deleted"));
  assert.ok(watched.found.every((file) => watched.contentOf(file) === csv));
});

test("FileWatch sees into new folders, nested and at once", async (context) => {
  const watched = await startWatch(context);
  await elsewhere(
    `fs.mkdirSync(process.argv[1] + "/a/b/c", { recursive: true });
     fs.writeFileSync(process.argv[1] + "/a/b/c/out", process.argv[2]);`,
    watched.folder,
    csv,
  );
  await watched.until(() => watched.found.length === 1);
  writeFileSync(join(watched.folder, "a", "b", "later"), csv.slice(0, -1));
  await watched.until(() => watched.found.length === 2);
});

test("FileWatch keeps what a file held before it was cut short or written over", async (context) => {
  const watched = await startWatch(context);
  for (const name of ["cut", "over"]) writeFileSync(join(watched.folder, name), `${name}\n${csv}`);
  await sleep(150);
  truncateSync(join(watched.folder, "cut"), 0);
  const file = openSync(join(watched.folder, "over"), "r+");
  writeSync(file, Buffer.alloc(`over\n${csv}`.length * 2, 0x20), 0, Buffer.byteLength(`over\n${csv}`));
  closeSync(file);
  await watched.until(() => watched.found.length === 2);
  const kept = Object.fromEntries(watched.found.map((one) => [one.occasion, watched.contentOf(one)]));
  assert.deepEqual(kept, { "cut-short": `cut\n${csv}`, "written-over": `over\n${csv}` });
});

test("FileWatch follows a file through its names", async (context) => {
  const watched = await startWatch(context);
  const path = (name: string): string => join(watched.folder, name);
  writeFileSync(path("first"), csv);
  await sleep(100);
  renameSync(path("first"), path("second"));
  await sleep(100);
  renameSync(path("second"), join(watched.folder, "..", "outside"));
  await watched.until(() => watched.found.length === 1);
  assert.deepEqual(watched.found[0]?.names, [path("first"), path("second")]);
});

test("FileWatch looks at a file that goes on growing while it grows", async (context) => {
  const watched = await startWatch(context, { limits: { growingMs: 600, settleMs: 400 } });
  const path = join(watched.folder, "growing");
  for (let round = 0; round < 20; round += 1) {
    appendFileSync(path, csv);
    await sleep(100);
  }
  await watched.until(() => watched.found.at(-1)?.scan.records === 2_000);
  assert.ok(watched.found.some(({ occasion }) => occasion === "growing"));
});

test("FileWatch says which process holds a file open", async (context) => {
  const watched = await startWatch(context);
  const script = `const fs = require("fs"); const fd = fs.openSync(process.argv[1], "w");
    fs.writeSync(fd, process.argv[2]); setTimeout(() => fs.closeSync(fd), 5000);`;
  const child = spawn(process.execPath, ["-e", script, join(watched.folder, "open"), csv]);
  context.after(() => child.kill());
  await watched.until(() => watched.found.length === 1);
  const { writer } = watched.found[0] as WatchedFile;
  assert.deepEqual([writer.by === "owner", writer.pid], [false, child.pid]);
});

const noFatrace =
  findFatrace() === null ? "fatrace is not installed here (Debian: fatrace), or not root" : false;
test(
  "FileWatch says which process wrote a file that is gone with it",
  { skip: noFatrace },
  async (context) => {
    const watched = await startWatch(context);
    await sleep(500); // fatrace says nothing when it is ready.
    const source = join(watched.folder, "..", "source");
    writeFileSync(source, csv);
    const script = 'cp "$0" "$1/x"; sleep 0.1; rm "$1/x"';
    await promisify(execFile)("sh", ["-c", script, source, watched.folder]);
    await watched.until(() => watched.found.length === 1);
    const { by, pid, process: name } = (watched.found[0] as WatchedFile).writer;
    assert.deepEqual([by, typeof pid], ["fanotify", "number"]);
    assert.ok(name === "cp" || name === null, String(name)); // Its name can be read while it lives.
  },
);

test("FileWatch tells of what it cannot see or keep, and holds on to it", async (context) => {
  const watched = await startWatch(context, {
    evidence: { put: () => Promise.reject(new Error("no space left on device")) },
    limits: { foldersMax: 2 },
  });
  writeFileSync(join(watched.folder, "out"), csv);
  await watched.until(() => watched.found.length === 1);
  assert.equal(watched.found[0]?.evidence, null);
  assert.equal(readdirSync(join(watched.folder, "..", "work", "links")).length, 1);
  mkdirSync(join(watched.folder, "one"));
  mkdirSync(join(watched.folder, "two"));
  await watched.until(() => watched.problems.some(({ code }) => code === "watch-limit"));
  rmSync(watched.folder, { recursive: true });
  await watched.until(() => watched.problems.some(({ code }) => code === "folder-vanished"));
  assert.ok(watched.problems.some(({ code }) => code === "evidence-full"));
});

test("FileWatch looks after a restart at what was held before it", async (context) => {
  const first = await startWatch(context, { evidence: { put: () => Promise.reject(new Error("full")) } });
  writeFileSync(join(first.folder, "out"), csv);
  await first.until(() => first.found.length === 1);
  await first.watch.close();
  rmSync(join(first.folder, "out"));
  const again = await startWatch(context, { workFolder: join(first.folder, "..", "work") });
  await again.until(() => again.found.length === 1);
  assert.deepEqual([again.found[0]?.occasion, again.contentOf(again.found[0])], ["left-over", csv]);
  await again.watch.idle();
  assert.deepEqual(readdirSync(join(first.folder, "..", "work", "links")), []);
});

test("FileWatch leaves no second name behind when it is closed while files change", async (context) => {
  for (let round = 0; round < 4; round++) {
    const watched = await startWatch(context, { limits: { settleMs: 50 } });
    const work = join(watched.folder, "..", "work");
    for (let file = 0; file < 60; file++) writeFileSync(join(watched.folder, `f${file}`), "nothing of note");
    await watched.until(() => watched.watch.status().held + watched.watch.status().scanned > 0);
    const closed = watched.watch.close();
    for (let file = 0; file < 60; file++) appendFileSync(join(watched.folder, `f${file}`), "more");
    await closed;
    assert.deepEqual(
      [readdirSync(join(work, "links")), readdirSync(join(work, "copies"))],
      [[], []],
      `round ${round}`,
    );
  }
});
