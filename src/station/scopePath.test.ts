import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openHanded } from "../scope/handOver/handOver.ts";
import { sealJob } from "../scope/review/sealJob.ts";
import { makeTestJob, type TestJob } from "../scope/review/testJob.ts";
import { startStation, type StartedStation } from "./start.ts";
import type { Person } from "./services.ts";
import { waitUntil } from "./testPorts.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-scope-path-"));
const data = join(folder, "data");
const config = join(folder, "sekisho.yaml");
const person: Person = {
  id: "hanako",
  name: "花子",
  email: "hanako@agency.example",
  roles: ["privacy-officer"],
};
let station: StartedStation | null = null;
let made: TestJob;

before(async () => {
  writeFileSync(
    config,
    `organisation: Scope
dataFolder: ${data}
console: { port: 0 }
log: { level: error }
roster: [{ name: Bob, email: bob@agency.example, roles: [approver] }]
`,
  );
  mkdirSync(data, { mode: 0o700 });
  made = await makeTestJob(folder, { out: join(data, "scope", "june") });
  station = await startStation(config, { quiet: true });
});
after(async () => {
  await station?.close();
  rmSync(folder, { recursive: true, force: true });
});

const erase = () =>
  spawnSync("bin/sekisho", ["scope", "erase", made.out, "--reason", "done", "--config", config], {
    encoding: "utf8",
  });

test("a station shows, decides and hands over a job, all of it in its ledger", async () => {
  const { scope, ledger } = (station as StartedStation).services;
  const [job] = await scope.jobs();
  assert.deepEqual([job?.name, job?.state], ["june", "done"]);
  const { rows } = await scope.pairs("june", { list: "open", offset: 0, limit: 1 });
  const { record } = rows[0] as { record: number };
  const pair = await scope.open("june", { record, customer: null }, person);
  const { customer } = pair;
  await scope.decide("june", { record, customer, verdict: "same", in: "queue", reason: null }, person);
  await assert.rejects(scope.handOver("june", person), { code: "conflict" });
  await scope.apply("june", person);
  const { entry } = await scope.handOver("june", person);
  const codes = ["scope-pair-viewed", "scope-link-decided", "scope-review-applied", "scope-handed-over"];
  for (const code of codes) {
    const isIndexed = async () => (await ledger.search({ code, limit: 5 })).rows.length === 1;
    await waitUntil(isIndexed, code, 10_000);
  }
  const { rows: handed } = await ledger.search({ code: "scope-handed-over", limit: 1 });
  assert.equal(handed[0]?.entry.id, entry);
  const evidence = (station as StartedStation).station.evidence;
  const counts = JSON.parse(
    (await openHanded(evidence, (handed[0] as (typeof handed)[0]).entry, "counts.json")).toString("utf8"),
  ) as { review: { confirmed: number } };
  assert.equal(counts.review.confirmed, 1);
});

test("a job that is sealed with the station's key is reviewed as before", async () => {
  await sealJob(made.out, join(data, "keys", "scope.key"));
  const { scope } = (station as StartedStation).services;
  const [job] = await scope.jobs();
  assert.equal(job?.state, "sealed");
  const view = await scope.job("june");
  assert.deepEqual([view.review?.decided.same, view.counts?.handedOver.length], [1, 1]);
});

test("while the station runs nothing that it holds is erased from outside; afterwards it is", async () => {
  const refused = erase();
  assert.match(refused.stderr, /a station .* already uses/);
  await (station as StartedStation).close();
  station = null;
  const done = erase();
  assert.equal(done.status, 0, done.stderr);
  const checked = spawnSync(
    "bin/sekisho",
    ["scope", "erase", "--check", `${made.out}.erased.json`, "--config", config],
    { encoding: "utf8" },
  );
  assert.match(checked.stdout, /^holds: /);
});
