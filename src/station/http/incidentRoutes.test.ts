import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openTestApp, TestClient, type TestApp } from "./testClient.ts";

const person = { name: "Bob", email: "bob@example.com", password: "correct horse battery" };
const nobody = "01953a1b-1111-7000-8000-000000000001";
let app: TestApp;
let client: TestClient;
let incident = "";
let claim = "";

before(async () => {
  app = await openTestApp({ mails: 2 });
  client = new TestClient(app.app);
  await client.join((await app.createFirstLink()) ?? "", person);
  await giveRoles("privacy-officer");
  const opened = await client.send("POST", "/api/incidents", { title: "サーバーからの情報流出" });
  incident = ((await opened.json()) as { id: string }).id;
  const said = { fact: "knew", value: "2016-05-13", source: "調査会社の報告" };
  const claimed = await client.send("POST", `/api/incidents/${incident}/claims`, said);
  const view = (await claimed.json()) as { facts: { fact: string; claims: { id: string }[] }[] };
  claim = view.facts.find(({ fact }) => fact === "knew")?.claims[0]?.id ?? "";
});
after(() => app.close());

const giveRoles = (roles: string) => app.state.db.updateTable("person").set({ roles }).execute();
const reason = { reason: "because it is so" };
const persons = { fact: "persons", value: 10, source: "counted" };
const done = { law: "jp-appi", duty: "preliminary", at: "2016-05-16T09:00:00+09:00", ...reason };

const rows: [roles: string, method: string, path: string, body: unknown, status: number][] = [
  ["auditor", "GET", "", undefined, 200],
  ["auditor", "GET", "/INCIDENT", undefined, 200],
  ["auditor", "POST", "", { title: "another one" }, 403],
  ["operator", "POST", "", { title: "another one" }, 403],
  ["analyst", "POST", "", { title: "another one" }, 200],
  ["analyst", "POST", "", { title: " " }, 400],
  ["analyst", "GET", `/${nobody}`, undefined, 404],
  ["analyst", "GET", "/1", undefined, 400],
  ["auditor", "POST", "/INCIDENT/claims", persons, 403],
  ["analyst", "POST", "/INCIDENT/claims", persons, 200],
  ["analyst", "POST", "/INCIDENT/claims", { ...persons, bound: true }, 200],
  ["analyst", "POST", "/INCIDENT/claims", { ...persons, value: "many" }, 400],
  ["analyst", "POST", "/INCIDENT/claims", { ...persons, fact: "weather" }, 400],
  ["analyst", "POST", "/INCIDENT/claims", { ...persons, replaces: nobody }, 404],
  ["analyst", "POST", `/${nobody}/claims`, persons, 404],
  ["analyst", "POST", "/INCIDENT/claims/CLAIM/pick", reason, 403],
  ["approver", "POST", "/INCIDENT/claims/CLAIM/pick", reason, 200],
  ["approver", "POST", "/INCIDENT/claims/CLAIM/pick", {}, 400],
  ["approver", "POST", `/INCIDENT/claims/${nobody}/pick`, reason, 404],
  ["analyst", "POST", `/INCIDENT/findings/${nobody}/part`, reason, 404],
  ["analyst", "POST", "/INCIDENT/merge", { from: nobody, ...reason }, 404],
  ["analyst", "POST", "/INCIDENT/done", done, 403],
  ["privacy-officer", "POST", "/INCIDENT/done", { ...done, duty: "none" }, 404],
  ["privacy-officer", "POST", "/INCIDENT/done", { ...done, at: "yesterday" }, 400],
  ["privacy-officer", "POST", "/INCIDENT/done", done, 200],
];
for (const [roles, method, path, body, status] of rows) {
  const asked = body === undefined ? "" : ` ${JSON.stringify(body)}`;
  test(`${method} /api/incidents${path}${asked} as ${roles} gives ${status}`, async () => {
    await giveRoles(roles);
    const address = path.replace("INCIDENT", incident).replace("CLAIM", claim);
    const answer = await client.send(method, `/api/incidents${address}`, body);
    assert.equal(answer.status, status, await answer.clone().text());
  });
}

test("an incident tells its facts with who said them, and how its clocks were counted", async () => {
  const view = await client.json("GET", `/api/incidents/${incident}`);
  assert.equal(view.title, "サーバーからの情報流出");
  const knew = view.facts.find(({ fact }: { fact: string }) => fact === "knew");
  assert.deepEqual(
    [knew.claims[0].by, knew.claims[0].source, knew.claims[0].picked],
    ["Bob", "調査会社の報告", true],
  );
  const fact = view.facts.find((one: { fact: string }) => one.fact === "persons");
  assert.deepEqual([fact.claims.length, fact.contradicts], [2, true]);
  const clockOf = (duty: string) =>
    view.clocks.find((one: { law: string; duty: string }) => one.law === "jp-appi" && one.duty === duty);
  const clock = clockOf("persons");
  assert.equal(clock.counted.ja, "2016-05-13 から遅滞なく（日数の定めなし）");
  const filed = clockOf("preliminary");
  assert.deepEqual([filed.lastDay, filed.done.by], ["2016-05-17", "Bob"]);
  assert.ok(app.services.rows.every(({ entry }) => !JSON.stringify(entry).includes("調査会社")));
});
