import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { DecisionLog } from "./decisions.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-decisions-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const said = (record: number, by = "hanako") =>
  ({ record, customer: "C1", verdict: "same", in: "queue", by }) as const;

const program = join(folder, "decide.ts");
writeFileSync(
  program,
  `import { DecisionLog } from ${JSON.stringify(join(import.meta.dirname, "decisions.ts"))};
const [file = "", by = "", count = "0"] = process.argv.slice(2);
const log = new DecisionLog(file, "job");
for (let record = 0; record < Number(count); record += 1) {
  log.decide({ record, customer: "C1", verdict: "same", in: "queue", by, reason: "x".repeat(500) });
  process.stdout.write(record + "\\n");
}`,
);
const decider = (file: string, by: string, count: number) =>
  spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, file, by, String(count)]);

test("decide() keeps what two processes say at once, all of it", async () => {
  const file = join(folder, "two.jsonl");
  const both = ["hanako", "taro"].map((by) => decider(file, by, 60));
  for (const one of both) one.stdout.resume();
  await Promise.all(both.map((one) => once(one, "exit")));
  const log = new DecisionLog(file, "job");
  assert.equal(log.broken, 0);
  const standing = log.standing();
  for (const by of ["hanako", "taro"]) assert.equal(standing.filter((one) => one.by === by).length, 60);
});

test("decide() has everything on disk that it said was kept, when it is killed", async () => {
  const file = join(folder, "killed.jsonl");
  const child = decider(file, "hanako", 100_000);
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    told += text;
    if (told.split("\n").length > 20) child.kill("SIGKILL");
  });
  await once(child, "exit");
  const kept = told.split("\n").slice(0, -1).map(Number);
  assert.ok(kept.length >= 20);
  const records = new Set(new DecisionLog(file, "job").standing().map(({ record }) => record));
  for (const record of kept) assert.ok(records.has(record));
});

test("a line that a stop cut off is counted, and takes no other with it", () => {
  const file = join(folder, "cut.jsonl");
  const log = new DecisionLog(file, "job");
  log.decide(said(1));
  const whole = readFileSync(file).length;
  log.decide(said(2));
  truncateSync(file, whole + 30);
  const again = new DecisionLog(file, "job");
  assert.deepEqual(
    again.standing().map(({ record }) => record),
    [1],
  );
  again.decide(said(3));
  assert.deepEqual(
    again.standing().map(({ record }) => record),
    [1, 3],
  );
  const last = new DecisionLog(file, "job");
  assert.deepEqual([last.broken, last.standing().map(({ record }) => record)], [1, [1, 3]]);
});

test("undo() brings back what was said before; the later of two holds", () => {
  const log = new DecisionLog(join(folder, "undo.jsonl"), "job");
  log.decide(said(7));
  const other = log.decide({ ...said(7, "taro"), verdict: "another", reason: "  twins " });
  assert.deepEqual([log.of(7)?.verdict, log.of(7)?.reason], ["another", "twins"]);
  assert.equal(log.lastOf("taro")?.id, other.id);
  log.undo(other.id, "taro");
  assert.equal(log.of(7)?.verdict, "same");
  assert.throws(() => log.undo(other.id, "taro"), { code: "not-found" });
  assert.equal(log.lastOf("taro"), null);
});

test("refresh() tells which records others have spoken of since", () => {
  const file = join(folder, "refresh.jsonl");
  const mine = new DecisionLog(file, "job");
  const other = new DecisionLog(file, "job");
  other.decide(said(4));
  mine.decide(said(5));
  assert.deepEqual([...mine.refresh()].sort(), [4, 5]);
  assert.deepEqual([...mine.refresh()], []);
});

test("a decision about another job in the same folder does not count", () => {
  const file = join(folder, "other.jsonl");
  new DecisionLog(file, "before").decide(said(1));
  appendFileSync(file, "not a line\n");
  const log = new DecisionLog(file, "now");
  assert.deepEqual([log.standing().length, log.broken], [0, 1]);
});

test("decide() refuses a reason beyond the limit", () => {
  const log = new DecisionLog(join(folder, "long.jsonl"), "job");
  assert.throws(() => log.decide({ ...said(1), reason: "x".repeat(2_001) }), { code: "limit-passed" });
});
