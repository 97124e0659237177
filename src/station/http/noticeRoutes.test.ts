import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openTestApp, TestClient, type TestApp } from "./testClient.ts";

const person = { name: "Bob", email: "bob@example.com", password: "correct horse battery" };
let app: TestApp;
let client: TestClient;
const binary = { "Content-Type": "application/octet-stream" };

before(async () => {
  app = await openTestApp({ mails: 0 });
  client = new TestClient(app.app);
  await client.join((await app.createFirstLink()) ?? "", person);
  await giveRoles("privacy-officer");
});
after(() => app.close());

const giveRoles = (roles: string) => app.state.db.updateTable("person").set({ roles }).execute();
const list = Buffer.from(
  "person_id,name,email,items\np1,見本 花子,hanako@mail.example.jp,name;email\n" +
    "p2,,x,name\np3,見本 太郎,,weather\n",
);

test("a list is taken, with the rows that were not; texts to start from are there", async () => {
  const taken = await client.send("POST", "/api/notices/main/list", list, binary);
  assert.equal(taken.status, 200, await taken.clone().text());
  const { added, bad } = (await taken.json()) as { added: number; bad: { line: number }[] };
  assert.equal(added + bad.length, 3);
  assert.ok(bad.some(({ line }) => line === 4));
  const view = await client.json("GET", "/api/notices/main");
  assert.equal(view.persons, added);
  assert.match(view.texts[0].text, /\{name\}/);
  assert.ok(view.values.problems.length > 0, "what is in angle brackets has to be written first");
  const shown = await client.json("GET", "/api/notices/main/preview/standard.ja");
  assert.match(shown.from, /info@agency\.example\.jp/);
});

const reason = { reason: "訳があって" };
const rows: [roles: string, method: string, path: string, body: unknown, status: number][] = [
  ["auditor", "GET", "", undefined, 200],
  ["auditor", "GET", "/main", undefined, 200],
  ["auditor", "GET", "/none", undefined, 404],
  ["auditor", "GET", "/main/preview/weather.ja", undefined, 400],
  ["auditor", "POST", "/main/text", { file: "standard.ja.txt", text: "x" }, 403],
  ["privacy-officer", "POST", "/main/text", { file: "../sekisho.yaml", text: "x" }, 404],
  ["privacy-officer", "POST", "/main/text", { file: "standard.ja.txt", text: "Subject: x\n\ny\n" }, 200],
  ["operator", "POST", "/main/release", {}, 403],
  ["privacy-officer", "POST", "/main/release", {}, 403],
  ["operator", "POST", "/main/start", {}, 403],
  ["approver", "POST", "/main/order", { act: "pause", ...reason }, 403],
  ["privacy-officer", "POST", "/main/order", { act: "resume", ...reason }, 409],
  ["privacy-officer", "POST", "/main/order", { act: "erase", ...reason }, 400],
  ["privacy-officer", "POST", "/main/doubt", { rule: "forget", ...reason }, 400],
  ["privacy-officer", "POST", "/main/doubt", { rule: "letter", ...reason }, 200],
];
for (const [roles, method, path, body, status] of rows) {
  const asked = body === undefined ? "" : ` ${JSON.stringify(body)}`;
  test(`${method} /api/notices${path}${asked} as ${roles} gives ${status}`, async () => {
    await giveRoles(roles);
    const answer = await client.send(method, `/api/notices${path}`, body);
    assert.equal(answer.status, status, await answer.clone().text());
  });
}

test("what nobody has released is not sent, and says so", async () => {
  await giveRoles("privacy-officer");
  const answer = await client.send("POST", "/api/notices/main/start", {});
  const view = (await answer.json()) as { progress: unknown; lastProblem: string };
  assert.equal(view.progress, null);
  assert.match(view.lastProblem, /two people have to release/);
});
