import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Entry } from "../ledger/entry.ts";
import { openDuck, quoteSql } from "../lib/openDuck.ts";
import { checkCertificate, eraseFiles, readCertificate } from "../scope/handOver/eraseJob.ts";
import { openHanded, readHandedOver, type HandedFile } from "../scope/handOver/handOver.ts";
import { makeTestJob, type TestJob } from "../scope/review/testJob.ts";
import { openReceiver } from "./openReceiver.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-hand-over-"));
const to = join(folder, "incident");
let made: TestJob;
before(async () => {
  made = await makeTestJob(folder);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function run(...words: string[]): { status: number | null; out: string; error: string } {
  const { status, stdout, stderr } = spawnSync("bin/sekisho", ["scope", ...words], { encoding: "utf8" });
  return { status, out: stdout, error: stderr };
}

let entry: Entry;

test("hand-over puts every file into the store, and one entry names them", async () => {
  const done = run("hand-over", made.out, "--to", to, "--json");
  assert.equal(done.status, 0, done.error);
  ({ entry } = JSON.parse(done.out) as { entry: Entry });
  assert.deepEqual([entry.kind, entry.code], ["observed", "scope-handed-over"]);
  const { fewest, most } = made.result.persons;
  const persons = entry.data["persons"] as { fewest: number; most: number };
  assert.deepEqual([persons.fewest, persons.most], [fewest, most]);
  assert.deepEqual(
    readHandedOver(made.out).map((one) => one.entry),
    [entry.id],
  );
});

test("what was handed over opens again, says who gets which notice, and names nobody", async () => {
  const receiver = await openReceiver({ folder: to }, "Cannot look");
  const duck = await openDuck();
  try {
    const rows = async <T>(name: HandedFile, sql: string): Promise<T[]> => {
      const file = join(folder, name);
      writeFileSync(file, await openHanded(receiver.evidence, entry, name));
      return duck.rows<T>(sql.replace("FILE", `read_parquet(${quoteSql(file)})`));
    };
    const { most } = made.result.persons;
    const notices = await rows<{ n: number; persons: number }>(
      "notices.parquet",
      "SELECT count(*) AS n, count(DISTINCT person_id) AS persons FROM FILE",
    );
    assert.deepEqual(notices, [{ n: most, persons: most }]);
    const minors = await rows<{ n: number }>("notices.parquet", "SELECT count(*) AS n FROM FILE WHERE minor");
    assert.deepEqual(minors, [{ n: made.result.minors }]);
    const columns = await rows<{ column_name: string }>("notices.parquet", "DESCRIBE SELECT * FROM FILE");
    assert.deepEqual(
      columns.map((one) => one.column_name),
      ["person_id", "group", "language", "channel", "partner", "profile", "minor", "certainty"],
    );
    const passports = await rows<{ n: number }>(
      "notices.parquet",
      "SELECT count(*) AS n FROM FILE WHERE profile IN ('passport', 'passport-valid')",
    );
    assert.deepEqual(passports, [{ n: made.result.passports.persons }]);
    const groups = (await openHanded(receiver.evidence, entry, "notice-groups.csv")).toString("utf8");
    const lines = groups.trimEnd().split("\r\n");
    assert.equal(lines[0], "group,language,channel,partner,profile,minor,persons,probable");
    const counted = lines.slice(1).reduce((sum, line) => sum + Number(line.split(",")[6]), 0);
    assert.deepEqual([counted, lines.length - 1], [most, entry.data["noticeGroups"]]);
    await assert.rejects(openHanded(receiver.evidence, { ...entry, code: "other" }, "counts.json"), {
      code: "not-found",
    });
  } finally {
    await duck.close();
    await receiver.close();
  }
});

test("hand-over refuses while decisions wait to be applied", () => {
  const { rows } = JSON.parse(run("review", made.out, "list", "--json").out) as {
    rows: { record: number }[];
  };
  const record = String(rows[0]?.record);
  run("review", made.out, "decide", record, "same", "--by", "taro");
  assert.match(run("hand-over", made.out, "--to", to).error, /apply them first/);
  run("review", made.out, "apply");
  assert.equal(run("hand-over", made.out, "--to", to).status, 0);
});

test("erase asks for a reason and for the place to which the job was handed over", () => {
  assert.match(run("erase", made.out).error, /--reason/);
  const certificate = join(folder, "elsewhere.json");
  const other = join(folder, "other");
  const refused = run("erase", made.out, "--reason", "x", "--to", other, "--certificate", certificate);
  assert.match(refused.error, /what was handed over is not in/);
  assert.ok(existsSync(join(made.out, "persons.parquet")), "nothing was erased");
  rmSync(certificate);
});

test("erase removes job and objects, and its certificate proves it", async () => {
  const certificate = join(folder, "erased.json");
  cpSync(made.out, join(folder, "copy"), { recursive: true });
  const words = ["--reason", "purpose fulfilled", "--to", to, "--certificate", certificate];
  const done = run("erase", made.out, ...words);
  assert.equal(done.status, 0, done.error);
  assert.ok(!existsSync(made.out));
  const read = readCertificate(certificate);
  assert.ok(read.files.some(({ name }) => name === "persons.parquet"));
  assert.equal(read.handedOver.length, 2);
  assert.match(run("erase", "--check", certificate, "--to", to).out, /^holds: /);
  const receiver = await openReceiver({ folder: to }, "Cannot look");
  await assert.rejects(openHanded(receiver.evidence, entry, "persons.parquet"), { code: "evidence-erased" });
  await receiver.close();
});

test("a certificate does not hold when it was altered, or when a file is back", () => {
  const file = join(folder, "erased.json");
  const whole = readFileSync(file, "utf8");
  const certificate = readCertificate(file);
  assert.deepEqual(checkCertificate(certificate), []);
  assert.equal(checkCertificate({ ...certificate, by: "somebody else" }).length, 1);
  cpSync(join(folder, "copy", "persons.parquet"), join(certificate.folder, "persons.parquet"), {
    recursive: true,
  });
  assert.match(checkCertificate(certificate).join(), /persons.parquet is still in/);
  writeFileSync(file, whole.replace('"done"', '"begun"'));
  const { status, out } = run("erase", "--check", file, "--to", to);
  assert.equal(status, 1);
  assert.match(out, /its digest does not fit/);
  rmSync(certificate.folder, { recursive: true });
});

test("an erasure that was stopped is gone on with by the same command", async () => {
  const copy = join(folder, "copy");
  rmSync(join(copy, "handed-over.json"));
  const certificate = join(folder, "stopped.json");
  const key = join(folder, "key");
  writeFileSync(key, "secret");
  const { beginErasure } = await import("../scope/handOver/eraseJob.ts");
  const asked = { certificate, key, by: "hanako", reason: "test" };
  const begun = beginErasure(copy, asked);
  rmSync(join(copy, "persons.parquet"));
  writeFileSync(join(copy, "late.txt"), "came since");
  const again = beginErasure(copy, asked);
  assert.deepEqual(again, begun);
  const done = eraseFiles(again, certificate);
  assert.deepEqual(checkCertificate(done), []);
  assert.ok(!existsSync(copy) && !existsSync(key));
  assert.ok(done.files.some(({ name }) => name === "persons.parquet"));
  assert.ok(done.files.some(({ name }) => name === "late.txt"));
  assert.throws(() => beginErasure(copy, asked), { code: "conflict" });
});
