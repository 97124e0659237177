import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openTestApp, TestClient, type TestApp } from "./testClient.ts";

const nobody = "01953a1b-1111-7000-8000-000000000001";
let app: TestApp;
let bob: TestClient;
let eve: TestClient;
let incident = "";
let report = "";
let passage = "";

before(async () => {
  app = await openTestApp({ mails: 2 });
  bob = new TestClient(app.app);
  eve = new TestClient(app.app);
  const join = async (client: TestClient, link: string, name: string): Promise<void> => {
    const email = `${name.toLowerCase()}@example.com`;
    await client.join(link, { name, email, password: "correct horse battery" });
  };
  await join(bob, (await app.createFirstLink()) ?? "", "Bob");
  const invited = await bob.json("POST", "/api/people/invitations", {
    email: "eve@example.com",
    roles: ["approver"],
  });
  await join(eve, invited.address, "Eve");
  await giveRoles("privacy-officer");
  incident = (await bob.json("POST", "/api/incidents", { title: "サーバーからの情報流出" })).id;
  for (const said of [
    { fact: "knew", value: "2016-05-13", source: "調査会社の報告" },
    { fact: "improper-purpose", value: true, source: "調査会社の報告" },
    { fact: "high-grade-encryption", value: false, source: "情報システム部" },
    { fact: "we-process-for-others", value: false, source: "法務" },
  ])
    await bob.send("POST", `/api/incidents/${incident}/claims`, said);
  const made = await bob.json("POST", `/api/reports/${incident}/reports`, { kind: "preliminary" });
  report = made.id;
  passage = (await bob.json("POST", `/api/reports/${incident}/passages`, outline)).passages[0].id;
});
after(() => app.close());

const giveRoles = (roles: string) => app.state.db.updateTable("person").set({ roles }).execute();
const outline = { topic: "outline", text: { ja: "サーバーから情報が流出した。", en: "Data left a server." } };
const reason = { reason: "read and found right" };
const allow = { entry: "PASSAGE", allowed: true, ...reason };
const filing = { receipt: "受付番号 2016-0517", at: "2016-05-17T09:00:00+09:00" };

const rows: [roles: string, method: string, path: string, body: unknown, status: number][] = [
  ["auditor", "GET", "", undefined, 200],
  ["auditor", "GET", "/preview?kind=final", undefined, 200],
  ["auditor", "GET", "/preview?kind=board", undefined, 200],
  ["auditor", "GET", "/preview?kind=novel", undefined, 400],
  ["auditor", "GET", "/preview?kind=final&law=atlantis", undefined, 400],
  ["auditor", "GET", "/preview?kind=partner", undefined, 400],
  ["auditor", "GET", "/preview?kind=cost&assumptions=%7B%22compensationYen%22%3A1000%7D", undefined, 200],
  ["auditor", "GET", "/preview?kind=cost&assumptions=%7B%22luck%22%3A1%7D", undefined, 400],
  ["auditor", "GET", "/preview?kind=cost&assumptions=%7B", undefined, 400],
  ["auditor", "GET", "/check?kind=public", undefined, 200],
  ["auditor", "GET", "/reports/REPORT/check", undefined, 200],
  ["auditor", "GET", "/reports/REPORT", undefined, 200],
  ["auditor", "GET", "/reports/REPORT/file?format=html&language=en", undefined, 200],
  ["auditor", "GET", "/reports/REPORT/file?format=json", undefined, 200],
  ["auditor", "GET", "/reports/REPORT/file?format=doc", undefined, 400],
  ["auditor", "GET", `/reports/${nobody}`, undefined, 404],
  ["auditor", "GET", "/diff?from=REPORT&to=REPORT", undefined, 200],
  ["auditor", "POST", "/reports", { kind: "final" }, 403],
  ["operator", "POST", "/reports", { kind: "final" }, 403],
  ["analyst", "POST", "/reports", { kind: "final" }, 200],
  ["analyst", "POST", "/reports", { kind: "cost", assumptions: { compensationYen: 1_000 } }, 200],
  ["analyst", "POST", "/reports", { kind: "cost", assumptions: { compensationYen: -1 } }, 400],
  ["analyst", "POST", "/reports", { kind: "cost", assumptions: { luck: 1 } }, 400],
  ["auditor", "POST", "/passages", outline, 403],
  ["analyst", "POST", "/passages", { ...outline, text: {} }, 400],
  ["analyst", "POST", "/passages", { ...outline, topic: "weather" }, 400],
  ["analyst", "POST", "/passages", { ...outline, replaces: nobody }, 404],
  ["analyst", "POST", "/public", allow, 403],
  ["approver", "POST", "/public", { ...allow, entry: nobody }, 404],
  ["approver", "POST", "/public", allow, 200],
  ["analyst", "POST", "/scope", { scope: nobody, ...reason }, 404],
  ["analyst", "POST", "/reports/REPORT/release", reason, 403],
  ["approver", "POST", "/reports/REPORT/filed", filing, 409],
  ["approver", "POST", `/reports/${nobody}/release`, reason, 404],
];
for (const [roles, method, path, body, status] of rows) {
  const asked = body === undefined ? "" : ` ${JSON.stringify(body)}`;
  test(`${method} /api/reports/INCIDENT${path}${asked} as ${roles} gives ${status}`, async () => {
    await giveRoles(roles);
    const address = path.replaceAll("REPORT", report);
    const sent =
      body === undefined ? undefined : JSON.parse(JSON.stringify(body).replace("PASSAGE", passage));
    const answer = await bob.send(method, `/api/reports/${incident}${address}`, sent);
    assert.equal(answer.status, status, await answer.clone().text());
  });
}

test("an unknown incident gives 404", async () => {
  await giveRoles("privacy-officer");
  assert.equal((await bob.send("GET", `/api/reports/${nobody}`)).status, 404);
});

test("a report is final when two persons have released it, and filing it does the duty", async () => {
  await giveRoles("approver");
  const path = `/api/reports/${incident}/reports/${report}`;
  assert.equal((await bob.json("POST", `${path}/release`, reason)).state, "seconding");
  const twice = await bob.send("POST", `${path}/release`, reason);
  assert.equal(twice.status, 403, await twice.clone().text());
  assert.equal((await bob.send("POST", `${path}/filed`, filing)).status, 409);
  const released = await eve.json("POST", `${path}/release`, reason);
  assert.deepEqual(
    [released.state, released.releases.map(({ by }: { by: string }) => by)],
    ["released", ["Bob", "Eve"]],
  );
  assert.equal((await eve.send("POST", `${path}/release`, reason)).status, 409);
  assert.equal((await bob.json("POST", `${path}/filed`, filing)).state, "filed");
  assert.equal((await bob.send("POST", `${path}/filed`, filing)).status, 409);
  const { clocks } = await bob.json("GET", `/api/incidents/${incident}`);
  const clock = clocks.find(({ law, duty }: any) => law === "jp-appi" && duty === "preliminary");
  assert.equal(clock.done.at, "2016-05-17T00:00:00.000Z");
  // What was not known in it, and is now, is a supplement.
  const cause = { topic: "cause", text: { ja: "標的型メールの添付ファイル。" } };
  await bob.send("POST", `/api/reports/${incident}/passages`, cause);
  const next = await bob.json("GET", `/api/reports/${incident}/preview?kind=supplement`);
  assert.equal(next.items.find(({ code }: any) => code === "cause").state, "supplement");
  assert.equal(next.before.entry, report);
});

test("a release asks for a new proof, when the last is too old", async () => {
  await giveRoles("approver");
  const { id } = await bob.json("POST", `/api/reports/${incident}/reports`, { kind: "board" });
  const sessions = () => app.state.db.updateTable("session");
  await sessions()
    .set({ confirmedAt: new Date(0) })
    .execute();
  const old = await bob.json("POST", `/api/reports/${incident}/reports/${id}/release`, reason);
  assert.equal(old.error.code, "confirmation-needed");
  await sessions().set({ confirmedAt: new Date() }).execute();
  const released = await bob.json("POST", `/api/reports/${incident}/reports/${id}/release`, reason);
  assert.equal(released.state, "seconding");
});

test("the public page is refused with its place while it holds personal data", async () => {
  await giveRoles("approver");
  const post = (path: string, body: unknown) => bob.send("POST", `/api/reports/${incident}/${path}`, body);
  const text = { ja: "お問い合わせは taro.yamada@example.com まで。" };
  const views = await bob.json("POST", `/api/reports/${incident}/passages`, { topic: "measures", text });
  const entry = views.passages.at(-1).id;
  await post("public", { entry, allowed: true, ...reason });
  const refused = await post("reports", { kind: "public" });
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /measures, line 1.*email/);
  const [problem] = await bob.json("GET", `/api/reports/${incident}/check?kind=public`);
  assert.deepEqual(
    [problem.code, problem.item, problem.line, problem.found],
    ["personal-data", "measures", 1, "email"],
  );
  await post("public", { entry, allowed: false, ...reason });
  assert.equal((await post("reports", { kind: "public" })).status, 200);
});

test("a report's PDF is sent as a file", async () => {
  const answer = await bob.send("GET", `/api/reports/${incident}/reports/${report}/file?format=pdf`);
  assert.equal(answer.headers.get("content-type"), "application/pdf");
  assert.match(answer.headers.get("content-disposition") ?? "", /attachment; filename="preliminary-1-1.pdf"/);
  assert.equal(
    Buffer.from(await answer.arrayBuffer())
      .subarray(0, 5)
      .toString(),
    "%PDF-",
  );
});

test("the ledger holds no word of what people wrote", async () => {
  const printed = JSON.stringify(app.services.rows);
  for (const words of ["流出した", "標的型", "yamada", "受付番号"])
    assert.ok(!printed.includes(words), words);
});
