import assert from "node:assert/strict";
import { createHash, verify } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { EvidenceHash } from "../ledger/entry.ts";
import { printCanonicalJson, type Json } from "../lib/canonicalJson.ts";
import { testStores } from "../lib/sql/testStores.ts";
import type { Assertion, KeptApproval } from "./approvalPasskeys.ts";
import type { Person } from "./services.ts";
import { TestAuthenticator } from "./testAuthenticator.ts";
import { RecordsState, testOrigin as origin } from "./testRecordsState.ts";

const bob: Person = { id: "bob", name: "Bob", email: "bob@agency.example", roles: ["approver"] };
const carol: Person = { id: "carol", name: "Carol", email: "carol@agency.example", roles: ["approver"] };
const alice: Person = { id: "a1", name: "Alice", email: "Alice@agency.example", roles: ["approver"] };
const reason = "quarterly check";

for (const store of testStores()) {
  describe(`approvals by passkey in ${store.kind}`, { skip: store.skip }, () => {
    let place: RecordsState;
    let bobs: TestAuthenticator;
    let carols: TestAuthenticator;

    before(async () => {
      place = await RecordsState.open(store);
      bobs = await TestAuthenticator.register(place.state.db, bob);
      carols = await TestAuthenticator.register(place.state.db, carol);
    });
    after(async () => {
      await place.close();
      await store.close();
    });

    const stateOf = async (id: string): Promise<string> => (await place.decisions.get(id)).state;
    const refused = (why: RegExp) => ({ code: "not-permitted", message: why });
    const approve = (id: string, person: Person, given: { nonce: string; assertion: Assertion }) =>
      place.records.approve(id, person, { ...given, reason });

    test("approve() takes the approver's passkey over this very statement, and keeps the proof", async () => {
      const { decision, statement } = await place.hold("select email from customers");
      const challenge = await place.records.beginApproval(decision, bob);
      const assertion = bobs.sign(challenge, { origin });
      const answered = await approve(decision, bob, { nonce: challenge.nonce, assertion });
      assert.deepEqual([answered.state, answered.outcome], ["answered", "approve"]);
      const entry = place.entries.findLast(({ code }) => code === "decision-answered");
      const kept = JSON.parse(
        (await place.evidence.get(EvidenceHash.parse(entry?.evidence[1]))).toString("utf8"),
      ) as KeptApproval;
      // A regulator needs no more than this: what was signed, its hash as the challenge, the key, the
      // signature.
      assert.deepEqual(
        [kept.signs.statement, kept.signs.person, kept.signs.estimate, kept.signs.customersMax],
        [statement, "alice", 2_000, 2_500],
      );
      assert.equal(
        kept.signs.textSha256,
        createHash("sha256").update("select email from customers").digest("hex"),
      );
      const hash = createHash("sha256")
        .update(printCanonicalJson(kept.signs as Json))
        .digest("base64url");
      assert.deepEqual([kept.challenge, entry?.data["challenge"]], [hash, hash]);
      const { clientDataJSON, authenticatorData, signature } = kept.assertion.response;
      const bytes = (text: string): Buffer => Buffer.from(text, "base64url");
      assert.equal(JSON.parse(bytes(clientDataJSON).toString("utf8")).challenge, hash);
      const clientHash = createHash("sha256").update(bytes(clientDataJSON)).digest();
      const signed = Buffer.concat([bytes(authenticatorData), clientHash]);
      assert.ok(verify("sha256", signed, bobs.publicKey, bytes(signature)));
    });

    test("approve() refuses an assertion for another request", async () => {
      const one = await place.hold("select email from customers where id < 10");
      const other = await place.hold("select email from customers where id < 20");
      const [first, second] = await Promise.all(
        [one, other].map(({ decision }) => place.records.beginApproval(decision, bob)),
      );
      assert.ok(first !== undefined && second !== undefined);
      const assertion = bobs.sign(first, { origin });
      await assert.rejects(
        approve(other.decision, bob, { nonce: second.nonce, assertion }),
        refused(/challenge/),
      );
      await assert.rejects(
        approve(other.decision, bob, { nonce: first.nonce, assertion }),
        refused(/another approval/),
      );
      assert.equal(await stateOf(other.decision), "asked");
      const codes = place.entries.map(({ code }) => code);
      assert.ok(codes.filter((code) => code === "approval-proof-refused").length >= 2);
    });

    test("approve() takes a nonce once, and no later than five minutes", async () => {
      const { decision } = await place.hold("select email from customers where id < 30");
      const challenge = await place.records.beginApproval(decision, bob);
      const { nonce } = challenge;
      const without = bobs.sign(challenge, { origin, userVerified: false });
      await assert.rejects(approve(decision, bob, { nonce, assertion: without }), refused(/verif/));
      const assertion = bobs.sign(challenge, { origin });
      await assert.rejects(approve(decision, bob, { nonce, assertion }), refused(/too old/));
      const late = await place.records.beginApproval(decision, bob);
      place.ahead += 5 * 60_000 + 1;
      const given = { nonce: late.nonce, assertion: bobs.sign(late, { origin }) };
      await assert.rejects(approve(decision, bob, given), refused(/too old/));
      assert.equal(await stateOf(decision), "asked");
    });

    test("approve() refuses another person's passkey, and another site's", async () => {
      const { decision } = await place.hold("select email from customers where id < 40");
      const stolen = await place.records.beginApproval(decision, bob);
      const hers = carols.sign(stolen, { origin });
      await assert.rejects(
        approve(decision, bob, { nonce: stolen.nonce, assertion: hers }),
        refused(/not yours/),
      );
      const fished = await place.records.beginApproval(decision, bob);
      const elsewhere = bobs.sign(fished, { origin: "http://localhost:7001" });
      await assert.rejects(
        approve(decision, bob, { nonce: fished.nonce, assertion: elsewhere }),
        refused(/origin/),
      );
      assert.equal(await stateOf(decision), "asked");
    });

    test("approve() refuses what has changed since, and what nobody waits for", async () => {
      const { decision, statement } = await place.hold("select email from customers where id < 50");
      const challenge = await place.records.beginApproval(decision, bob);
      await place.state.db
        .updateTable("records_event")
        .set({ estimate: 9 })
        .where("id", "=", statement)
        .execute();
      const given = { nonce: challenge.nonce, assertion: bobs.sign(challenge, { origin }) };
      await assert.rejects(approve(decision, bob, given), refused(/has changed/));
      const about = { gate: "records", statement, person: "alice" };
      await place.take({ kind: "enforced", code: "statement-withdrawn", about, data: { state: "done" } });
      await assert.rejects(place.records.beginApproval(decision, bob), { code: "conflict" });
    });

    test("the reader may neither approve nor refuse, whatever her role", async () => {
      const { decision } = await place.hold("select email from customers where id < 60", null);
      const own = await TestAuthenticator.register(place.state.db, alice);
      await assert.rejects(place.records.beginApproval(decision, alice), refused(/own reading/));
      const challenge = await place.records.beginApproval(decision, bob);
      const given = { nonce: challenge.nonce, assertion: own.sign(challenge, { origin }) };
      await assert.rejects(approve(decision, alice, given), refused(/own reading/));
      await assert.rejects(
        place.views.answer(decision, alice, { option: "deny", reason }),
        refused(/own reading/),
      );
      await assert.rejects(
        place.views.answer(decision, bob, { option: "approve", reason }),
        refused(/passkey/),
      );
      const seen = await place.records.approval(decision, alice);
      assert.deepEqual([seen.isReader, seen.mayAnswer, seen.event.estimate], [true, false, null]);
      const denied = await place.views.answer(decision, bob, { option: "deny", reason });
      assert.equal(denied.outcome, "deny");
    });

    test("beginApproval() tells a person without a passkey to add one", async () => {
      const { decision } = await place.hold("select email from customers where id < 70");
      const dave: Person = { ...bob, id: "dave", name: "Dave", email: "dave@agency.example" };
      await assert.rejects(place.records.beginApproval(decision, dave), { code: "setup-incomplete" });
    });
  });
}
