import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { openTestApp, TestClient, type TestApp } from "./testClient.ts";

const person = { name: "Bob", email: "bob@example.com", password: "correct horse battery" };
const nobody = "01953a1b-1111-7000-8000-000000000001";
let app: TestApp;
let client: TestClient;
let incident = "";
let task = "";

before(async () => {
  app = await openTestApp({ mails: 0 });
  client = new TestClient(app.app);
  await client.join((await app.createFirstLink()) ?? "", person);
  await giveRoles("privacy-officer");
  const opened = await client.send("POST", "/api/incidents", { title: "サーバーからの情報流出" });
  incident = ((await opened.json()) as { id: string }).id;
  const followed = await client.send("POST", `/api/incidents/${incident}/playbooks/clean-up-2016`, {});
  task = ((await followed.json()) as { tasks: { id: string }[] }).tasks[0]?.id ?? "";
});
after(() => app.close());

const giveRoles = (roles: string) => app.state.db.updateTable("person").set({ roles }).execute();
const said = { ja: "はい", en: "yes" };
const event = {
  data: { happenedAt: "2016-03-21T09:00:00+09:00", knownAt: "2016-03-29T09:00:00+09:00" },
  text: { what: "ファイルが消された", knownTo: "調査会社" },
};
const question = {
  question: said,
  options: [
    { label: said, consequence: said },
    { label: said, consequence: said },
  ],
  role: "approver",
  hours: 1,
  onSilence: 1,
};
const binary = { "Content-Type": "application/octet-stream" };
const changed = { data: { state: "done" }, reason: "終わった" };

const rows: [roles: string, method: string, path: string, body: unknown, status: number][] = [
  ["auditor", "GET", "/INCIDENT/room", undefined, 200],
  ["auditor", "GET", "/INCIDENT/timeline", undefined, 200],
  ["auditor", "GET", "/waiting", undefined, 200],
  ["analyst", "GET", `/${nobody}/room`, undefined, 404],
  ["auditor", "POST", "/INCIDENT/room/event", event, 403],
  ["analyst", "POST", "/INCIDENT/room/event", event, 200],
  ["analyst", "POST", "/INCIDENT/room/event", { ...event, text: {} }, 400],
  ["analyst", "POST", "/INCIDENT/room/weather", event, 400],
  ["analyst", "POST", "/INCIDENT/room/task/TASK", changed, 200],
  ["analyst", "POST", "/INCIDENT/room/task/TASK", { ...changed, data: { state: "lost" } }, 400],
  ["analyst", "POST", `/INCIDENT/room/task/${nobody}`, changed, 404],
  ["operator", "POST", "/INCIDENT/room/task/TASK", changed, 403],
  ["analyst", "POST", "/INCIDENT/playbooks/none", {}, 404],
  ["analyst", "POST", "/INCIDENT/questions", question, 200],
  ["analyst", "POST", "/INCIDENT/questions", { ...question, onSilence: 2 }, 400],
  ["analyst", "POST", "/INCIDENT/questions", { ...question, options: [] }, 400],
  ["analyst", "POST", "/waiting/take", { matter: "decision none", comment: "見ます" }, 404],
  ["auditor", "POST", "/waiting/take", { matter: "decision none", comment: "見ます" }, 403],
];
for (const [roles, method, path, body, status] of rows) {
  const asked = body === undefined ? "" : ` ${JSON.stringify(body)}`;
  test(`${method} /api/incidents${path}${asked} as ${roles} gives ${status}`, async () => {
    await giveRoles(roles);
    const address = path.replace("INCIDENT", incident).replace("TASK", task);
    const answer = await client.send(method, `/api/incidents${address}`, body);
    assert.equal(answer.status, status, await answer.clone().text());
  });
}

test("a question waits for a person, who takes it on; somebody dissents", async () => {
  await giveRoles("analyst");
  const [matter] = await client.json("GET", "/api/incidents/waiting");
  assert.match(matter.id, /^decision /);
  const take = { matter: matter.id, comment: "私が見ます" };
  const taken = await client.send("POST", "/api/incidents/waiting/take", take);
  const [after] = (await taken.json()) as { taken: { by: string; comment: string } }[];
  assert.equal(after?.taken.by, "Bob");
  assert.equal(after?.taken.comment, "私が見ます");
});

test("a file is kept as evidence with its hash", async () => {
  await giveRoles("analyst");
  const bytes = Buffer.from("名前,電話\n佐藤,090-0000-0000\n");
  const about = new URLSearchParams({
    name: "回収した断片",
    where: "DBサーバー",
    how: "ddrescue",
    by: "調査会社",
    collectedAt: "2016-03-29T09:00:00+09:00",
  });
  const answer = await client.send("POST", `/api/incidents/${incident}/evidence?${about}`, bytes, binary);
  assert.equal(answer.status, 200, await answer.clone().text());
  const view = (await answer.json()) as { evidence: { sha256: string; bytes: number; kept: boolean }[] };
  const [kept] = view.evidence;
  assert.equal(kept?.sha256, createHash("sha256").update(bytes).digest("hex"));
  assert.equal(kept?.kept, true);
  const empty = await client.send(
    "POST",
    `/api/incidents/${incident}/evidence?${about}`,
    Buffer.alloc(0),
    binary,
  );
  assert.equal(empty.status, 400);
});

test("a claim for counsel is hidden from those who do not settle; its source stands whole", async () => {
  await giveRoles("privacy-officer");
  const outside = {
    publisher: "新聞",
    title: "約793万人分の流出か",
    date: "2016-06-14",
    read: "2016-06-15",
    url: "https://news.example/1",
    quotation: "約793万人分",
  };
  const claim = { fact: "persons", value: 7_930_000, bound: true, source: "記事による", outside };
  await client.send("POST", `/api/incidents/${incident}/claims`, { ...claim, audience: "counsel" });
  const claims = async (): Promise<any[]> => {
    const view = await client.json("GET", `/api/incidents/${incident}`);
    return view.facts.find((fact: { fact: string }) => fact.fact === "persons").claims;
  };
  const inTimeline = async (): Promise<boolean> => {
    const lines = await client.json("GET", `/api/incidents/${incident}/timeline`);
    return lines.some(({ what }: { what: { en: string } }) => what.en.includes("7930000"));
  };
  assert.deepEqual((await claims())[0].outside, outside);
  assert.equal(await inTimeline(), true);
  await giveRoles("analyst");
  assert.equal((await claims()).length, 0);
  assert.equal(await inTimeline(), false);
});
