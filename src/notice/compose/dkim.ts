import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  sign,
  type KeyObject,
} from "node:crypto";
import type { Disk } from "../../lib/disk.ts";

/** One DKIM key of a domain. */
export type DkimKey = {
  domain: string;
  selector: string;
  algorithm: "rsa-sha256" | "ed25519-sha256";
  key: KeyObject;
};

/** A header field: name and value, folded with CRLF as it goes out. */
export type Field = readonly [name: string, value: string];

/**
 * Fields that are signed where they stand, and signed once more than they stand so that nobody adds a second
 * one (RFC 6376 5.4.2 and 8.15).
 */
const signedFields = [
  ...["From", "To", "Subject", "Date", "Message-ID", "Reply-To"],
  ...["MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted"],
] as const;
const signedTwice = new Set<string>(["From", "To", "Subject", "Date", "Reply-To", "Content-Type"]);

/** Canonical "relaxed" form of a field (RFC 6376 3.4.2). */
function relaxField(name: string, value: string): string {
  return `${name.toLowerCase()}:${value
    .replace(/\r\n/g, "")
    .replace(/[ \t]+/g, " ")
    .trim()}`;
}

/** Hash of a body in canonical form "relaxed" (RFC 6376 3.4.4). Every line must end with CRLF. */
export function hashBody(body: string): string {
  const relaxed = /[ \t]\r\n|\t| {2}|\r\n\r\n$/.test(body)
    ? body
        .replace(/[ \t]+\r\n/g, "\r\n")
        .replace(/[ \t]+/g, " ")
        .replace(/(\r\n)+$/, "\r\n")
    : body;
  return createHash("sha256").update(relaxed, "latin1").digest("base64");
}

/**
 * The DKIM-Signature field for a message (RFC 6376, RFC 8463), with CRLF at its end. The same message at the
 * same second gives the same bytes: RSASSA-PKCS1-v1_5 and Ed25519 have no random part. RSA is signed in
 * libuv's threads, so that the event loop goes on.
 */
export async function signDkim(
  fields: readonly Field[],
  bodyHash: string,
  options: { key: DkimKey; second: number },
): Promise<string> {
  const { key, second } = options;
  const present = signedFields.filter((name) => fields.some(([own]) => own === name));
  const names = present.flatMap((name) => (signedTwice.has(name) ? [name, name] : [name]));
  const bare =
    `v=1; a=${key.algorithm}; c=relaxed/relaxed; d=${key.domain};\r\n s=${key.selector}; t=${second};\r\n` +
    ` h=${foldNames(names)};\r\n bh=${bodyHash};\r\n b=`;
  let input = "";
  for (const name of present) {
    const field = fields.find(([own]) => own === name) as Field;
    input += `${relaxField(name, field[1])}\r\n`;
  }
  input += relaxField("DKIM-Signature", ` ${bare}`);
  const signature = await signBytes(Buffer.from(input, "latin1"), key);
  return `DKIM-Signature: ${bare}${foldSignature(signature)}\r\n`;
}

function foldNames(names: readonly string[]): string {
  let [folded, line] = ["", " h=".length];
  for (const [at, name] of names.entries()) {
    const piece = `${at === 0 ? "" : ":"}${name.toLowerCase()}`;
    if (line + piece.length > 74) {
      folded += "\r\n  ";
      line = 2;
    }
    folded += piece;
    line += piece.length;
  }
  return folded;
}

function foldSignature(signature: string): string {
  let folded = signature.slice(0, 72);
  for (let at = 72; at < signature.length; at += 74) folded += `\r\n ${signature.slice(at, at + 74)}`;
  return folded;
}

/** RFC 8463 3: Ed25519 signs the SHA-256 of what RSA would sign. */
function signBytes(input: Buffer, { algorithm, key }: DkimKey): Promise<string> | string {
  if (algorithm === "ed25519-sha256")
    return sign(null, hash("sha256", input, "buffer"), key).toString("base64");
  return new Promise((resolve, reject) => {
    sign("sha256", input, key, (error, signature) =>
      error === null ? resolve(signature.toString("base64")) : reject(error),
    );
  });
}

/** The keys of a data folder, made at the first time; files are readable by their owner only. */
export async function openDkimKeys(
  disk: Disk,
  folder: string,
  settings: { domain: string; selector: string; ed25519Selector?: string | undefined },
): Promise<DkimKey[]> {
  const { domain, selector, ed25519Selector } = settings;
  const open = async (name: string, make: () => KeyObject): Promise<KeyObject> => {
    const path = `${folder}/${name}.pem`;
    const pem = await disk.read(path);
    if (pem !== null) return createPrivateKey(pem);
    const made = make();
    await disk.makeFolder(folder);
    await disk.replace(path, Buffer.from(made.export({ type: "pkcs8", format: "pem" })));
    return made;
  };
  const rsa = await open("dkim-rsa", () => generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey);
  const keys: DkimKey[] = [{ domain, selector, algorithm: "rsa-sha256", key: rsa }];
  if (ed25519Selector === undefined) return keys;
  const ed = await open("dkim-ed25519", () => generateKeyPairSync("ed25519").privateKey);
  return [...keys, { domain, selector: ed25519Selector, algorithm: "ed25519-sha256", key: ed }];
}

/** What to publish in the DNS for a key: name and text (RFC 6376 3.6.1, RFC 8463 4). */
export function recordOf(key: DkimKey): { name: string; text: string } {
  const der = createPublicKey(key.key).export({ type: "spki", format: "der" });
  const rsa = key.algorithm === "rsa-sha256";
  // Of an Ed25519 key only the 32 bytes behind the header of the SubjectPublicKeyInfo.
  const value = (rsa ? der : der.subarray(-32)).toString("base64");
  return {
    name: `${key.selector}._domainkey.${key.domain}`,
    text: `v=DKIM1; k=${rsa ? "rsa" : "ed25519"}; p=${value}`,
  };
}

/** Names a key without saying it. */
export function fingerprintOf(key: DkimKey): string {
  const der = createPublicKey(key.key).export({ type: "spki", format: "der" });
  return `${key.selector} ${hash("sha256", der)}`;
}
