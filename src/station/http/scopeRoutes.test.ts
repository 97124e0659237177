import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeTestJob } from "../../scope/review/testJob.ts";
import { openTestApp, TestClient, type TestApp } from "./testClient.ts";

const person = { name: "Bob", email: "bob@example.com", password: "correct horse battery" };
const folder = mkdtempSync(join(tmpdir(), "sekisho-scope-routes-"));
let app: TestApp;
let client: TestClient;
let record = 0;
let certain = 0;

before(async () => {
  app = await openTestApp({ mails: 2 });
  await makeTestJob(folder, { out: join(app.dataFolder, "scope", "june") });
  const open = join(app.dataFolder, "scope", "under-way", "work", "read");
  mkdirSync(open, { recursive: true });
  writeFileSync(join(open, "000000.json"), "{}");
  writeFileSync(join(open, "..", "job.json"), JSON.stringify({ phase: "read" }));
  client = new TestClient(app.app);
  await client.join((await app.createFirstLink()) ?? "", person);
  await giveRoles("privacy-officer");
  record = (await client.json("GET", "/api/scope/jobs/june/pairs?limit=1")).rows[0].record;
  await client.send("POST", "/api/scope/jobs/june/sample", { kind: "precision", size: 20 });
  certain = (await client.json("GET", "/api/scope/jobs/june/pairs?list=precision")).rows[0].record;
});
after(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

const giveRoles = (roles: string) => app.state.db.updateTable("person").set({ roles }).execute();
const answer = { customer: null, verdict: "unclear" };

const rows: [roles: string, method: string, path: string, body: unknown, status: number][] = [
  ["auditor", "GET", "/jobs", undefined, 200],
  ["auditor", "GET", "/jobs/june", undefined, 200],
  ["auditor", "GET", "/jobs/june/pairs", undefined, 200],
  ["auditor", "GET", "/jobs/june/estimates", undefined, 200],
  ["auditor", "POST", "/jobs/june/pairs/RECORD/open", {}, 403],
  ["auditor", "POST", "/jobs/june/pairs/RECORD/decide", answer, 403],
  ["operator", "POST", "/jobs/june/pairs/RECORD/open", {}, 403],
  ["administrator", "POST", "/jobs/june/pairs/RECORD/open", {}, 403],
  ["approver", "POST", "/jobs/june/apply", undefined, 403],
  ["auditor", "POST", "/jobs/june/undo", {}, 403],
  ["analyst", "POST", "/jobs/june/hand-over", undefined, 403],
  ["privacy-officer", "POST", "/jobs/june/hand-over", undefined, 200],
  ["auditor", "POST", "/jobs/june/sample", { kind: "recall", size: 20 }, 403],
  ["analyst", "POST", "/jobs/june/pairs/RECORD/open", {}, 200],
  ["analyst", "POST", "/jobs/june/pairs/RECORD/open", { why: "curious" }, 400],
  ["analyst", "POST", "/jobs/june/pairs/999999999999/open", {}, 404],
  ["analyst", "POST", "/jobs/june/pairs/-1/open", {}, 400],
  ["analyst", "POST", "/jobs/june/pairs/RECORD/decide", { customer: null, verdict: "maybe" }, 400],
  ["analyst", "POST", "/jobs/june/pairs/RECORD/decide", { customer: null, verdict: "same" }, 400],
  ["analyst", "POST", "/jobs/june/pairs/RECORD/decide", { customer: "nobody", verdict: "same" }, 404],
  ["analyst", "POST", "/jobs/june/sample", { kind: "precision", size: 20 }, 409],
  ["analyst", "POST", "/jobs/june/sample", { kind: "precision", size: 1 }, 400],
  ["analyst", "GET", "/jobs/none", undefined, 404],
  ["analyst", "GET", "/jobs/..%2f..", undefined, 400],
  ["analyst", "GET", "/jobs/june/pairs?limit=501", undefined, 400],
  ["analyst", "GET", "/jobs/under-way/report", undefined, 404],
  ["analyst", "GET", "/jobs/under-way/pairs", undefined, 409],
];
for (const [roles, method, path, body, status] of rows) {
  const given = JSON.stringify(body ?? null).slice(0, 60);
  test(`${method} ${path} answers ${status} to ${roles} with ${given}`, async () => {
    await giveRoles(roles);
    const response = await client.send(method, `/api/scope${path.replace("RECORD", String(record))}`, body);
    assert.equal(response.status, status, await response.text());
  });
}

test("the list of jobs says how far each is", async () => {
  const jobs = (await client.json("GET", "/api/scope/jobs")) as {
    name: string;
    state: string;
    phase: string;
  }[];
  const told = Object.fromEntries(jobs.map(({ name, state, phase }) => [name, `${state} ${phase}`]));
  assert.deepEqual(told, { june: "done done", "under-way": "running read" });
});

test("the queue holds nothing of a person; a pair does, and to open it is in the ledger first", async () => {
  await giveRoles("privacy-officer");
  const queue = await (await client.send("GET", "/api/scope/jobs/june/pairs")).text();
  const before = app.services.rows.length;
  const pair = await client.json("POST", `/api/scope/jobs/june/pairs/${record}/open`, {});
  const [look] = app.services.rows.slice(before);
  assert.equal(look?.entry.code, "scope-pair-viewed");
  assert.deepEqual(look?.entry.about, { scope: "june", record: String(record) });
  assert.ok(pair.customer.startsWith("C"));
  const shown = pair.fields.flatMap((field: { record: string | null }) => field.record ?? []);
  assert.ok(shown.length > 0);
  for (const text of [...shown, pair.customer]) assert.ok(!queue.includes(text));
});

test("a decision tells the count at once, stands in the ledger, and is applied or taken back", async () => {
  const pair = await client.json("POST", `/api/scope/jobs/june/pairs/${record}/open`, {});
  const { customer } = pair;
  const told = await client.json("POST", `/api/scope/jobs/june/pairs/${record}/decide`, {
    customer,
    verdict: "same",
    reason: "asked her",
  });
  assert.equal(told.review.now.most, told.review.machine.most + pair.effect.same.most);
  assert.deepEqual([told.decision.byName, told.decision.reason], ["Bob", "asked her"]);
  const decided = app.services.rows.findLast(({ entry }) => entry.code === "scope-link-decided");
  assert.deepEqual(decided?.entry.data["verdict"], "same");
  assert.ok(!JSON.stringify(decided).includes("asked her"));
  const applied = await client.json("POST", "/api/scope/jobs/june/apply");
  assert.deepEqual([applied.confirmed, applied.range], [1, told.review.now]);
  const view = await client.json("GET", "/api/scope/jobs/june");
  assert.equal(view.counts.links.review, view.review.total - 1);
  assert.ok(view.counts.appliedAt !== null);
  const undone = await client.json("POST", "/api/scope/jobs/june/undo", {});
  assert.deepEqual([undone.record, undone.review.now], [record, undone.review.machine]);
  assert.equal((await client.send("POST", "/api/scope/jobs/june/undo", {})).status, 404);
});

test("what is judged of a sample moves its estimate", async () => {
  const { customer } = await client.json("POST", `/api/scope/jobs/june/pairs/${certain}/open`, {});
  const path = `/api/scope/jobs/june/pairs/${certain}/decide`;
  await client.send("POST", path, { customer, verdict: "same", in: "precision" });
  const [told] = await client.json("GET", "/api/scope/jobs/june/estimates");
  assert.deepEqual([told.kind, told.looked, told.mistakes, told.share], ["precision", 1, 0, 1]);
});

test("nobody who is not signed in sees anything", async () => {
  const stranger = new TestClient(app.app);
  for (const path of ["/jobs", "/jobs/june", "/jobs/june/pairs"])
    assert.equal((await stranger.send("GET", `/api/scope${path}`)).status, 401);
});
