import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { encodeJapanese } from "../../mail/fixtures/encodeJapanese.ts";
import { writeZip } from "../../mail/fixtures/writeArchive.ts";
import { makePerson, seededRandom } from "../../../personal/generatePersons.ts";
import { FileScanner, scanFile } from "./fileScanner.ts";
import { scanContent } from "./read/scanContent.ts";
import { writeWorkbook } from "./testWorkbook.ts";

const today = Temporal.PlainDate.from("2016-06-14");
const folder = mkdtempSync(join(tmpdir(), "sekisho-scan-"));
const scanner = new FileScanner();
after(async () => {
  await scanner.close();
  rmSync(folder, { recursive: true, force: true });
});

const random = seededRandom(2016);
const people = Array.from({ length: 500 }, () => makePerson(random));
const header = "氏名,生年月日,メール,電話,住所\r\n";
const csv =
  header +
  people.map((p) => [p.name, p.birthDate, p.email, p.phone, p.address].join(",")).join("\r\n") +
  "\r\n";
const utf16 = (text: string, bigEndian: boolean): Buffer => {
  const bytes = Buffer.from(text, "utf16le");
  return bigEndian ? bytes.swap16() : bytes;
};
const zipOf = (name: string, bytes: Buffer): Buffer => writeZip([{ name: Buffer.from(name), bytes }]);
const bomb = gzipSync(Buffer.alloc(600 * 1024 ** 2));
const rowsOfWorkbook = people.map((p) => [p.name, p.birthDate, p.email, p.phone]);

/** A file without a telling name, what it is, in which encoding, and how many records it holds. */
const rows: [what: string, bytes: Buffer, kind: string, encoding: string | null, records: number][] = [
  ["CSV in UTF-8", Buffer.from(csv), "csv", "utf-8", 500],
  ["CSV with a byte order mark", Buffer.from(`\ufeff${csv}`), "csv", "utf-8", 500],
  ["CSV in CP932", encodeJapanese(csv, "shift_jis"), "csv", "shift_jis", 500],
  ["CSV in EUC-JP", encodeJapanese(csv, "euc-jp"), "csv", "euc-jp", 500],
  ["CSV in ISO-2022-JP", encodeJapanese(csv, "iso-2022-jp"), "csv", "iso-2022-jp", 500],
  ["CSV in UTF-16", utf16(`\ufeff${csv}`, false), "csv", "utf-16le", 500],
  ["CSV in UTF-16BE without a mark", utf16(csv, true), "csv", "utf-16be", 500],
  ["TSV", Buffer.from(csv.replaceAll(",", "\t")), "tsv", "utf-8", 500],
  ["JSON", Buffer.from(JSON.stringify(people)), "json", "utf-8", 500],
  [
    "a dump",
    Buffer.from(`COPY c (n, m) FROM stdin;\n${csv.slice(header.length).replaceAll(",", "\t")}\\.\n`),
    "sql",
    "utf-8",
    500,
  ],
  ["gzip", gzipSync(csv), "gzip", "utf-8", 500],
  ["gzip without its end", gzipSync(csv).subarray(0, -2_000), "gzip", "utf-8", -1],
  ["zstd", zstdCompressSync(csv), "archive", "utf-8", 500],
  ["ZIP", zipOf("a", encodeJapanese(csv, "shift_jis")), "zip", "shift_jis", 500],
  ["ZIP in gzip in ZIP", zipOf("a", gzipSync(zipOf("b", Buffer.from(csv)))), "zip", "utf-8", 500],
  ["xlsx", writeWorkbook([["氏名", "生年月日", "メール", "電話"], ...rowsOfWorkbook]), "xlsx", null, 500],
  [
    "a program",
    Buffer.from("\u007fELF\u0002\u0001\u0001\u0000\u0000\u0000\u0000\u0000", "latin1"),
    "binary",
    null,
    0,
  ],
  ["nothing", Buffer.alloc(0), "empty", null, 0],
  ["a log", Buffer.from("2016-03-21 10:00:00 GET /tours/12 200\n".repeat(500)), "text", "utf-8", 0],
];

for (const [place, [what, bytes, kind, encoding, records]] of rows.entries()) {
  test(`scanFile() finds ${what} by its bytes alone, and counts`, async () => {
    const path = join(folder, String(place));
    writeFileSync(path, bytes);
    const scan = await scanner.scanFile(path, { today, hash: true });
    assert.deepEqual(
      [scan.kind, scan.encoding, scan.bytes],
      [kind, encoding, bytes.length],
      JSON.stringify(scan),
    );
    if (records >= 0) assert.equal(scan.records, records, JSON.stringify(scan));
    else assert.ok(scan.records > 100 && scan.problems.includes("broken"), JSON.stringify(scan));
    assert.match(scan.sha256 ?? "", /^[0-9a-f]{64}$/);
  });
}

const sevenZip =
  spawnSync("7z", ["i"]).status === 0 ? false : "7z is not installed here (Debian: p7zip-full)";
test("scanFile() looks into 7z, and says where it needs a password", { skip: sevenZip }, async () => {
  writeFileSync(join(folder, "customers"), csv);
  const pack = (name: string, ...more: string[]) =>
    spawnSync("7z", ["a", ...more, join(folder, name), join(folder, "customers")]);
  pack("open.7z");
  pack("closed.7z", "-psecret");
  pack("closed.zip", "-tzip", "-psecret");
  const open = await scanner.scanFile(join(folder, "open.7z"), { today });
  assert.deepEqual([open.kind, open.records, open.problems], ["7z", 500, []]);
  assert.deepEqual(open.members, [{ name: "customers", records: 500, items: 0 }]);
  for (const name of ["closed.7z", "closed.zip"]) {
    const closed = await scanner.scanFile(join(folder, name), { today });
    assert.deepEqual([closed.records, closed.problems], [0, ["encrypted"]], name);
  }
});

test("scanFile() looks at head, middle and tail of a large file, and estimates the whole", async () => {
  const path = join(folder, "large");
  writeFileSync(path, header + csv.slice(header.length).repeat(200));
  const scan = await scanner.scanFile(path, { today, sampleBytes: 256 * 1024 });
  assert.equal(scan.estimated, true);
  assert.ok(Math.abs(scan.records - 100_000) < 2_000, String(scan.records));
  const all = await scanner.scanFile(path, { today, sampleBytes: 256 * 1024, all: true });
  assert.deepEqual([all.records, all.estimated], [100_000, false]);
});

test("scanFile() bears a bomb, and goes on", async () => {
  writeFileSync(join(folder, "bomb"), bomb);
  const scan = await scanner.scanFile(join(folder, "bomb"), { today });
  assert.ok(scan.problems.includes("too-large"), JSON.stringify(scan));
  writeFileSync(join(folder, "next"), csv);
  assert.equal((await scanner.scanFile(join(folder, "next"), { today })).records, 500);
});

test("scanFile() gives up what takes too long, and goes on", async () => {
  const slow = join(folder, "slow");
  writeFileSync(slow, csv.repeat(400));
  const late = await scanner.scanFile(slow, { today, all: true, msMax: -999 });
  assert.deepEqual(late.problems, ["time"]);
  assert.equal((await scanner.scanFile(join(folder, "next"), { today })).records, 500);
});

test("scanFile() follows no link, and reads no pipe", async () => {
  symlinkSync("/etc/passwd", join(folder, "link"));
  await assert.rejects(scanFile(join(folder, "link"), { today }), { code: "ELOOP" });
  spawnSync("mkfifo", [join(folder, "pipe")]);
  await assert.rejects(scanFile(join(folder, "pipe"), { today }), { code: "EINVAL" });
});

test("scanContent() bears every change of what it reads", async () => {
  const small = people.slice(0, 20);
  const text = small.map((p) => [p.name, p.email, p.phone].join(",")).join("\n");
  const vectors = [
    Buffer.from(text),
    encodeJapanese(text, "shift_jis"),
    gzipSync(text),
    zipOf("a", Buffer.from(text)),
    writeWorkbook(small.map((p) => [p.name, p.email])),
  ];
  const change = fc.tuple(fc.nat(2_000), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...vectors),
      fc.array(change, { minLength: 1, maxLength: 8 }),
      fc.nat(3_000),
      async (vector, changes, length) => {
        const changed = Buffer.from(vector.subarray(0, Math.max(1, length)));
        for (const [at, byte] of changes) if (at < changed.length) changed[at] = byte;
        const content = await scanContent([{ offset: 0, bytes: changed }], { today, deadline: Infinity });
        assert.ok(content.records <= 1_000);
      },
    ),
    { seed: 2016, numRuns: 300 },
  );
});
