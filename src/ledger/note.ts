import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { SekishoError } from "../lib/error.ts";

/** C2SP signed-note: one byte names the kind of signature; 0x01 is Ed25519. */
const ed25519Kind = 0x01;
const dash = "\u2014";

/** A key that signs notes under a name. The name is shown in every signature line. */
export type Signer = { name: string; verifier: Verifier; sign(text: string): string };

/** A public key with its name, as printed in a `vkey` line (C2SP signed-note, "verifier keys"). */
export type Verifier = { name: string; keyId: string; key: KeyObject; text: string };

const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");

function keyIdOf(name: string, publicKey: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ed25519Kind]), publicKey]);
  return hash("sha256", named, "buffer").subarray(0, 4);
}

function verifierOf(name: string, publicKey: Buffer): Verifier {
  const keyId = keyIdOf(name, publicKey);
  const body = Buffer.concat([Buffer.from([ed25519Kind]), publicKey]).toString("base64");
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: "der", type: "spki" });
  return { name, keyId: keyId.toString("hex"), key, text: `${name}+${keyId.toString("hex")}+${body}` };
}

/** Makes a signing key; returns its PKCS #8 PEM text, to be kept with permissions of its own. */
export function generateSigningKey(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}

/** A signer from a PKCS #8 PEM text. */
export function readSigner(name: string, pem: string): Signer {
  const key = createPrivateKey(pem);
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  const verifier = verifierOf(name, publicKey);
  const keyId = Buffer.from(verifier.keyId, "hex");
  return {
    name,
    verifier,
    sign(text) {
      const signature = sign(null, Buffer.from(text), key);
      return `${text}\n${dash} ${name} ${Buffer.concat([keyId, signature]).toString("base64")}\n`;
    },
  };
}

/** Parses a `vkey` line. Throws `ledger-malformed`. */
export function readVerifier(text: string): Verifier {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text.trim());
  const body = Buffer.from(match?.[3] ?? "", "base64");
  if (match !== null && body.length === 33 && body[0] === ed25519Kind) {
    const verifier = verifierOf(match[1] as string, body.subarray(1));
    if (verifier.keyId === match[2]) return verifier;
  }
  throw new SekishoError("ledger-malformed", `Cannot read verifier key "${text.trim().slice(0, 80)}"`, {
    hint: "give the line of the file ledger/key.pub",
  });
}

/** Outcome of opening a signed note: its text, or why it cannot be trusted. */
export type Opened = { ok: true; text: string } | { ok: false; problem: string };

/**
 * Opens a note that must bear a good signature by `verifier`; other signatures (cosigners) are passed over.
 */
export function openNote(note: string, verifier: Verifier): Opened {
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) return { ok: false, problem: "it is not a signed note" };
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split("\n");
  for (const line of lines) {
    const match = /^\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    if (match === null) return { ok: false, problem: `signature line "${line.slice(0, 40)}" is malformed` };
    const bytes = Buffer.from(match[2] as string, "base64");
    if (match[1] !== verifier.name || bytes.subarray(0, 4).toString("hex") !== verifier.keyId) continue;
    if (bytes.toString("base64") !== match[2])
      return { ok: false, problem: "its signature is not canonical" };
    if (verify(null, Buffer.from(text), verifier.key, bytes.subarray(4))) return { ok: true, text };
    return { ok: false, problem: `the signature of ${verifier.name} does not fit the text` };
  }
  return { ok: false, problem: `no signature of ${verifier.name}+${verifier.keyId} is on it` };
}
