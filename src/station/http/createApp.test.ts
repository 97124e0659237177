import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { testStores } from "../../lib/sql/testStores.ts";
import { PERMISSIONS } from "./permissions.ts";
import { openTestApp, TestClient, totpOf, TEST_ORIGIN, type TestApp } from "./testClient.ts";

const first = { name: "田中 花子", email: "hanako@example.com", password: "correct horse battery" };
const invitationOf = (email: string, role: string) => ({ email, roles: [role] });
const second = { name: "Bob", email: "bob@example.com", password: "staple battery horse" };

for (const store of testStores()) {
  describe(`sign-in on ${store.kind}`, { skip: store.skip }, () => {
    let station: TestApp;
    let administrator: TestClient;
    let secret = "";
    let usedCode = "";
    const codes = (): string[] => station.services.rows.map(({ entry }) => entry.code);

    before(async () => {
      station = await openTestApp({ mails: 12, state: await store.open() });
      administrator = new TestClient(station.app);
    });
    after(async () => {
      await station.close();
      await store.close();
    });

    test("createFirstLink() lets the first administrator in, once", async () => {
      const address = (await station.createFirstLink()) ?? "";
      assert.ok(address.startsWith(`${TEST_ORIGIN}/welcome#`));
      secret = await administrator.join(address, first);
      const session = await administrator.json("GET", "/api/session");
      assert.equal(session.state, "signed-in");
      assert.deepEqual(session.person.roles, ["approver", "administrator"]);
      const again = await new TestClient(station.app).send("POST", "/api/links/use", {
        token: address.split("#")[1],
        ...second,
      });
      assert.equal(again.status, 410);
      assert.equal(await station.createFirstLink(), null);
      assert.ok(codes().includes("person-joined"));
    });

    test("sign-in asks for both factors, and gives no token to the page", async () => {
      const client = new TestClient(station.app);
      const { email, password } = first;
      const answer = await client.send("POST", "/api/auth/sign-in/email", { email, password });
      assert.deepEqual(await answer.json(), { next: "second-factor" });
      assert.equal((await client.send("GET", "/api/mails")).status, 401);
      const code = totpOf(secret);
      const wrong = code === "000000" ? "000001" : "000000";
      const verify = "/api/auth/two-factor/verify-totp";
      assert.equal((await client.send("POST", verify, { code: wrong })).status, 401);
      const done = await client.send("POST", verify, { code });
      assert.deepEqual(await done.json(), { next: "done" });
      usedCode = code;
      const cookie = done.headers.getSetCookie().find((line) => line.includes("session_token"));
      assert.match(cookie ?? "", /HttpOnly; SameSite=Strict/i);
      assert.equal((await client.send("GET", "/api/mails")).status, 200);
      assert.ok(codes().includes("signed-in") && codes().includes("sign-in-failed"));
      assert.ok(codes().includes("second-factor-enrolled"));
    });

    test("a code opens once, even within its half minute", async () => {
      const client = new TestClient(station.app);
      const { email, password } = first;
      await client.send("POST", "/api/auth/sign-in/email", { email, password });
      const again = await client.send("POST", "/api/auth/two-factor/verify-totp", { code: usedCode });
      assert.equal(again.status, 401);
      assert.equal((await client.send("GET", "/api/mails")).status, 401);
    });

    test("a person without a second factor sees nothing but its set-up", async () => {
      const { address } = await administrator.json("POST", "/api/people/invitations", {
        email: "half@example.com",
        roles: ["operator"],
      });
      const client = new TestClient(station.app);
      const token = address.split("#")[1];
      await client.send("POST", "/api/links/use", { token, ...second, email: "half@example.com" });
      assert.equal((await client.json("GET", "/api/session")).state, "second-factor-missing");
      assert.equal((await client.json("GET", "/api/mails")).error.code, "second-factor-missing");
    });

    test("roles are enforced, when each role asks for each route", async () => {
      const routes: [keyof typeof PERMISSIONS, string, string, unknown][] = [
        ["gates.view", "GET", "/api/station/status", undefined],
        ["mail.list", "GET", "/api/mails", undefined],
        ["mail.open", "POST", "/api/mails/m000001/open", { purpose: "decide" }],
        ["mail.export", "POST", "/api/mails/m000001/raw", { purpose: "decide" }],
        ["decision.view", "GET", "/api/decisions", undefined],
        ["ledger.read", "GET", "/api/ledger", undefined],
        ["ledger.verify", "POST", "/api/ledger/verify", undefined],
        ["people.view", "GET", "/api/people", undefined],
        ["people.change", "POST", "/api/people/invitations", invitationOf("x@example.com", "operator")],
      ];
      for (const role of ["operator", "analyst", "auditor"] as const) {
        const email = `${role}@example.com`;
        const invitation = invitationOf(email, role);
        const { address } = await administrator.json("POST", "/api/people/invitations", invitation);
        const client = new TestClient(station.app);
        await client.join(address, { ...second, email });
        for (const [permission, method, path, body] of routes) {
          const allowed = (PERMISSIONS[permission] as readonly string[]).includes(role);
          const response = await client.send(method, path, body);
          assert.equal(
            response.status,
            allowed ? 200 : 403,
            `${role} ${permission} ${await response.text()}`,
          );
        }
      }
    });

    test("a decision needs two persons, when the mail holds a program", async () => {
      const answer = { option: "release", reason: "the sender confirmed by telephone" };
      const asked = await administrator.json("POST", "/api/decisions/d000000/answer", answer);
      assert.equal(asked.state, "seconding");
      const again = await administrator.send("POST", "/api/decisions/d000000/answer", answer);
      assert.equal(again.status, 403);
      const email = "approver@example.com";
      const roles = ["approver"];
      const { address } = await administrator.json("POST", "/api/people/invitations", { email, roles });
      const approver = new TestClient(station.app);
      await approver.join(address, { ...second, email });
      const decided = await approver.json("POST", "/api/decisions/d000000/answer", answer);
      assert.equal(decided.state, "answered");
    });

    test("a decision asks for a new proof, when the last is too old", async () => {
      await station.state.db
        .updateTable("session")
        .set({ confirmedAt: new Date(0) })
        .execute();
      const answer = { option: "refuse", reason: "nobody knows this sender" };
      const old = await administrator.json("POST", "/api/decisions/d000001/answer", answer);
      assert.equal(old.error.code, "confirmation-needed");
      const code = totpOf(secret, Date.now() + 30_000);
      assert.equal((await administrator.send("POST", "/api/confirm", { code })).status, 200);
      assert.equal((await administrator.send("POST", "/api/confirm", { code })).status, 401);
      const decided = await administrator.json("POST", "/api/decisions/d000001/answer", answer);
      assert.equal(decided.state, "answered");
    });

    test("people cannot take away the last administrator, and a removed person is out at once", async () => {
      const { people } = await administrator.json("GET", "/api/people");
      const own = people.find((person: any) => person.email === first.email);
      const roles = ["operator"];
      assert.equal((await administrator.send("PUT", `/api/people/${own.id}/roles`, { roles })).status, 409);
      const approver = people.find((person: any) => person.email === "approver@example.com");
      assert.equal((await administrator.send("DELETE", `/api/people/${approver.id}`)).status, 200);
      const left = await station.peopleByRole("approver");
      assert.deepEqual(
        left.map((person) => person.email),
        [first.email],
      );
      assert.ok(codes().includes("person-removed"));
    });

    test("a session ends after twelve hours, and after an hour in which nobody touched a key", async () => {
      for (const past of [{ createdAt: new Date(Date.now() - 13 * 3_600_000) }, { expiresAt: new Date(0) }]) {
        const client = new TestClient(station.app);
        const email = `${Object.keys(past)[0]?.toLowerCase()}@example.com`;
        const invitation = invitationOf(email, "operator");
        const { address } = await administrator.json("POST", "/api/people/invitations", invitation);
        await client.join(address, { ...second, email });
        const { person } = await client.json("GET", "/api/session");
        assert.equal((await client.send("GET", "/api/mails")).status, 200);
        await station.state.db.updateTable("session").set(past).where("userId", "=", person.id).execute();
        assert.equal((await client.send("GET", "/api/mails")).status, 401);
      }
    });

    test("requests from elsewhere are refused", async () => {
      const wrong = { Origin: "https://evil.example" };
      const body = { option: "release", reason: "because" };
      const answer = "/api/decisions/d000002/answer";
      assert.equal((await administrator.send("POST", answer, body, wrong)).status, 403);
      const form = { "Content-Type": "text/plain", "Content-Length": "4" };
      assert.equal((await administrator.send("POST", "/api/ledger/verify", undefined, form)).status, 403);
      assert.equal((await administrator.send("POST", "/api/auth/sign-up/email", second)).status, 404);
      assert.equal((await administrator.send("POST", "/api/auth/two-factor/disable", {})).status, 404);
    });

    test("guessing a password is stopped, whatever the address it comes from", async () => {
      const body = { email: first.email, password: "wrong wrong wrong" };
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 12; attempt += 1) {
        const client = new TestClient(station.app);
        statuses.push((await client.send("POST", "/api/auth/sign-in/email", body)).status);
      }
      assert.equal(statuses.at(-1), 429);
    });
  });
}

test("every answer bears the headers that keep other origins out", async () => {
  const station = await openTestApp({ mails: 0 });
  const response = await station.app.request(`${TEST_ORIGIN}/`);
  const policy = response.headers.get("Content-Security-Policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(response.headers.get("X-Content-Type-Options"), "nosniff");
  assert.equal(response.headers.get("Referrer-Policy"), "no-referrer");
  const byAddress = await station.app.request(`${TEST_ORIGIN}/mail?state=held`, {
    headers: { Host: "127.0.0.1:7000" },
  });
  assert.equal(byAddress.headers.get("Location"), `${TEST_ORIGIN}/mail?state=held`);
  await station.close();
});
