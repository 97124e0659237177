import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openTestApp, TestClient, type TestApp } from "./testClient.ts";

const person = { name: "Bob", email: "bob@example.com", password: "correct horse battery" };
const event = "01890000-0000-7000-8000-00000e000001";
const question = "01890000-0000-7000-8000-00000d000001";
const assertion = {
  id: "AA",
  rawId: "AA",
  type: "public-key",
  response: { clientDataJSON: "AA", authenticatorData: "AA", signature: "AA" },
};

let app: TestApp;
let client: TestClient;

before(async () => {
  app = await openTestApp({ mails: 2 });
  client = new TestClient(app.app);
  await client.join((await app.createFirstLink()) ?? "", person);
});
after(() => app.close());

const rows: [roles: string, method: string, path: string, body: unknown, status: number][] = [
  ["auditor", "GET", "/readers?hours=24", undefined, 200],
  ["auditor", "GET", "/approvals", undefined, 200],
  ["auditor", "POST", `/events/${event}/open`, {}, 403],
  ["auditor", "POST", `/approvals/${question}/begin`, undefined, 403],
  ["operator", "GET", "/events?limit=5", undefined, 200],
  ["operator", "POST", `/events/${event}/open`, {}, 403],
  ["operator", "POST", `/approvals/${question}/begin`, undefined, 403],
  ["operator", "POST", `/approvals/${question}/approve`, { nonce: "n", assertion, reason: "why" }, 403],
  ["operator", "POST", "/customer", { customer: "4711", purpose: "investigate" }, 403],
  ["analyst", "POST", `/events/${event}/open`, { reveal: "investigate" }, 200],
  ["analyst", "POST", `/events/${event}/open`, { reveal: "curious" }, 400],
  ["analyst", "POST", "/customer", { customer: "4711", purpose: "investigate" }, 200],
  ["analyst", "POST", "/customer", { customer: "4711" }, 400],
  ["privacy-officer", "POST", "/customer", { customer: "4711", purpose: "asked-by-customer" }, 200],
  ["approver", "POST", "/customer", { customer: "4711", purpose: "investigate" }, 403],
  ["approver", "POST", `/approvals/${question}/approve`, { nonce: "n", reason: "why" }, 400],
  ["approver", "GET", "/events?limit=501", undefined, 400],
];
for (const [roles, method, path, body, status] of rows) {
  const short = path.replace(/[0-9a-f-]{36}/, "ID");
  const given = JSON.stringify(body ?? null).slice(0, 60);
  test(`${method} ${short} answers ${status} to ${roles} with ${given}`, async () => {
    await app.state.db.updateTable("person").set({ roles }).execute();
    const response = await client.send(method, `/api/records${path}`, body);
    assert.equal(response.status, status);
  });
}

test("nobody who is not signed in sees anything", async () => {
  const stranger = new TestClient(app.app);
  for (const path of ["/readers", "/events", "/approvals", "/columns", "/canaries", "/files"]) {
    assert.equal((await stranger.send("GET", `/api/records${path}`)).status, 401);
  }
});
