import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  endPointBinding,
  makeVerifier,
  md5Answer,
  parseVerifier,
  ScramClient,
  ScramServer,
} from "./scram.ts";

const secret = Buffer.alloc(32, 7);
const password = "pencil";
const binding = createHash("sha256").update("certificate").digest();

type Sides = { verifier?: string; binding?: Buffer | null; clientBinding?: Buffer | null; given?: string };

async function signIn(sides: Sides = {}): Promise<"signed in" | string> {
  const text = sides.verifier ?? (await makeVerifier(password));
  const verifier = text === "" ? null : parseVerifier(text);
  const server = new ScramServer({ verifier, name: "alice", secret, binding: sides.binding ?? null });
  const client = new ScramClient({
    password: sides.given ?? password,
    binding: sides.clientBinding === undefined ? (sides.binding ?? null) : sides.clientBinding,
  });
  const first = server.first(client.mechanism, client.first());
  if ("refuse" in first) return first.refuse;
  const final = server.final(await client.final(first.send));
  if ("refuse" in final) return final.refuse;
  return client.proves(final.send) ? "signed in" : "the server does not know the password";
}

test("SCRAM-SHA-256 signs in, with and without channel binding", async () => {
  assert.equal(await signIn(), "signed in");
  assert.equal(await signIn({ binding }), "signed in");
  // A client without TLS's certificate in hand says so, and is let in by the other mechanism.
  assert.equal(await signIn({ binding, clientBinding: null }), "signed in");
});

test("SCRAM refuses a wrong password and an unknown person alike", async () => {
  assert.equal(await signIn({ given: "pen" }), "a wrong password");
  assert.equal(await signIn({ verifier: "" }), "a wrong password");
});

test("SCRAM refuses a channel that is bound to another certificate", async () => {
  const other = createHash("sha256").update("another").digest();
  assert.equal(await signIn({ binding, clientBinding: other }), "a channel binding that is not ours");
});

test("SCRAM takes the exchange of RFC 7677", () => {
  const salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
  // StoredKey and ServerKey of "pencil" with this salt and 4096 iterations.
  const storedKey = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=";
  const serverKey = "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
  const verifier = parseVerifier(`SCRAM-SHA-256$4096:${salt}$${storedKey}:${serverKey}`);
  const server = new ScramServer({
    verifier,
    name: "user",
    secret,
    binding: null,
    nonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  });
  assert.deepEqual(server.first("SCRAM-SHA-256", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"), {
    send: `r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=${salt},i=4096`,
    done: false,
  });
  const proof = "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
  assert.deepEqual(server.final(`c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,${proof}`), {
    send: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    done: true,
  });
});

const malformed: [string, string, string][] = [
  ["SCRAM-SHA-1", "n,,n=a,r=12345678", "a mechanism that was not offered"],
  ["SCRAM-SHA-256-PLUS", "n,,n=a,r=12345678", "a mechanism that was not offered"],
  ["SCRAM-SHA-256", "", "a malformed client-first-message"],
  ["SCRAM-SHA-256", "n,,n=a,r=", "a malformed client-first-message"],
  ["SCRAM-SHA-256", "n,,n=a,r=with,comma", "a malformed client-first-message"],
  ["SCRAM-SHA-256", "p=tls-unique,,n=a,r=12345678", "channel binding without its mechanism"],
];
for (const [mechanism, message, problem] of malformed) {
  test(`SCRAM refuses "${message}" by ${mechanism}: ${problem}`, () => {
    const server = new ScramServer({ verifier: null, name: "a", secret, binding: null });
    assert.deepEqual(server.first(mechanism, message), { refuse: problem });
  });
}

test("SCRAM refuses a client that was told less than we offered", () => {
  const server = new ScramServer({ verifier: null, name: "a", secret, binding });
  const step = server.first("SCRAM-SHA-256", "y,,n=a,r=12345678");
  assert.deepEqual(step, { refuse: "a downgrade of channel binding" });
});

test("ScramClient takes no server that it did not greet, and none that wants a million rounds", async () => {
  const client = new ScramClient({ password, binding: null, nonce: "mine" });
  client.first();
  await assert.rejects(client.final("r=other,s=AAAA,i=4096"), /malformed/);
  await assert.rejects(client.final("r=mine1,s=AAAA,i=9999999"), /iterations/);
});

test("md5Answer() is PostgreSQL's", () => {
  const inner = createHash("md5").update("secretalice").digest("hex");
  const salt = Buffer.from([1, 2, 3, 4]);
  const outer = createHash("md5").update(inner).update(salt).digest("hex");
  assert.equal(md5Answer("secret", "alice", salt), `md5${outer}`);
});

test("endPointBinding() uses SHA-256 for certificates signed with less", () => {
  const der = Buffer.from("der");
  assert.equal(endPointBinding(der, "md5WithRSAEncryption").length, 32);
  assert.equal(endPointBinding(der, "sha1WithRSAEncryption").length, 32);
  assert.equal(endPointBinding(der, "ecdsa-with-SHA384").length, 48);
  assert.equal(endPointBinding(der, "").length, 32);
});
