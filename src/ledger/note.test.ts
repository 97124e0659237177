import assert from "node:assert/strict";
import { test } from "node:test";
import { openCheckpoint, parseTreeSize, signCheckpoint } from "./checkpoint.ts";
import { emptyRoot, hashLeaf } from "./merkle.ts";
import { generateSigningKey, openNote, readSigner, readVerifier } from "./note.ts";

/** The example of Go's golang.org/x/mod/sumdb/note, an implementation of its own. */
const neumann = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const neumannNote =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
  "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdn" +
  "gotpRZb6KE6RyyBwJnAM=\n";

const pem = generateSigningKey();
const signer = readSigner("example.invalid/ledger", pem);

test("openNote() opens a note of another implementation", () => {
  const opened = openNote(neumannNote, readVerifier(neumann));
  assert.ok(opened.ok);
  assert.ok(opened.text.endsWith("what your problem is.\n"));
});

test("openNote() refuses a note with any byte changed", () => {
  const verifier = readVerifier(neumann);
  for (let at = 0; at < neumannNote.length; at++) {
    const other = neumannNote[at] === "A" ? "B" : "A";
    const changed = `${neumannNote.slice(0, at)}${other}${neumannNote.slice(at + 1)}`;
    assert.equal(openNote(changed, verifier).ok, false, `byte ${at}`);
  }
});

test("openNote() refuses every prefix of a note", () => {
  const verifier = readVerifier(neumann);
  for (let end = 0; end < neumannNote.length; end++) {
    assert.equal(openNote(neumannNote.slice(0, end), verifier).ok, false);
  }
});

test("openNote() passes over cosignatures of others", () => {
  const note = signCheckpoint({ origin: signer.name, size: 1, root: emptyRoot }, signer);
  const other = readSigner("witness.invalid", generateSigningKey());
  const cosigned = note + (other.sign("x\n").split("\n").at(-2) as string) + "\n";
  assert.ok(openNote(cosigned, signer.verifier).ok);
});

test("readVerifier() gives back what a signer prints", () => {
  assert.equal(readVerifier(`${signer.verifier.text}\n`).keyId, signer.verifier.keyId);
});

for (const text of [
  "",
  "name",
  "name+00000000+AAAA",
  neumann.replace("c74f20a3", "c74f20a4"),
  neumann.slice(0, -4),
]) {
  test(`readVerifier() refuses "${text}"`, () => {
    assert.throws(() => readVerifier(text), { code: "ledger-malformed" });
  });
}

test("openCheckpoint() gives back what was signed", () => {
  const checkpoint = { origin: signer.name, size: 812, root: hashLeaf(Buffer.from("x")) };
  assert.deepEqual(openCheckpoint(signCheckpoint(checkpoint, signer), signer.verifier), checkpoint);
});

for (const [what, text] of [
  ["another origin", `other\n1\n${emptyRoot.toString("base64")}\n`],
  ["a size with a leading zero", `${signer.name}\n01\n${emptyRoot.toString("base64")}\n`],
  ["a root that is too short", `${signer.name}\n1\nAAAA\n`],
  ["an extension line", `${signer.name}\n1\n${emptyRoot.toString("base64")}\nmore\n`],
  ["no size", `${signer.name}\n\n${emptyRoot.toString("base64")}\n`],
] as const) {
  test(`openCheckpoint() refuses ${what}, though it is signed`, () => {
    assert.throws(() => openCheckpoint(signer.sign(text), signer.verifier), { code: "ledger-malformed" });
  });
}

for (const text of ["", "-1", "01", "1e3", " 1", "1.0", "99999999999999999999", "abc"]) {
  test(`parseTreeSize() refuses "${text}"`, () => {
    assert.throws(() => parseTreeSize(text), {
      code: "ledger-malformed",
      hint: "run: sekisho ledger verify",
    });
  });
}
