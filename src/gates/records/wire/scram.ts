import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/**
 * SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677; PostgreSQL 18 documentation, 54.3.1), both sides,
 * without I/O. Passwords are taken as PostgreSQL takes them where SASLprep changes nothing: NFKC.
 */

const derive = promisify(pbkdf2);

export const limits = { iterationsMin: 4_096, iterationsMax: 1_000_000, messageBytesMax: 2_048 } as const;

/** PostgreSQL's own form: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`. */
export type Verifier = { iterations: number; salt: Buffer; storedKey: Buffer; serverKey: Buffer };

export function parseVerifier(text: string): Verifier | null {
  const match = /^SCRAM-SHA-256\$(\d{1,9}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/.exec(
    text,
  );
  if (match === null) return null;
  const [salt, storedKey, serverKey] = match.slice(2).map((part) => Buffer.from(part, "base64")) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const iterations = Number(match[1]);
  if (storedKey.length !== 32 || serverKey.length !== 32 || iterations < 1) return null;
  return { iterations, salt, storedKey, serverKey };
}

/** A verifier of a password; the password itself is kept nowhere. */
export async function makeVerifier(
  password: string,
  iterations: number = limits.iterationsMin,
): Promise<string> {
  const salt = randomBytes(16);
  const salted = await saltPassword(password, salt, iterations);
  const storedKey = sha256(hmac(salted, "Client Key"));
  const serverKey = hmac(salted, "Server Key");
  const [one, two, three] = [salt, storedKey, serverKey].map((bytes) => bytes.toString("base64"));
  return `SCRAM-SHA-256$${iterations}:${one}$${two}:${three}`;
}

function saltPassword(password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  return derive(password.normalize("NFKC"), salt, iterations, 32, "sha256");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, at) => byte ^ (other[at] as number)));
}

export const MECHANISMS = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"] as const;
export type Mechanism = (typeof MECHANISMS)[number];

export type ServerStep = { send: string; done: boolean } | { refuse: string };

/**
 * The server's side of one sign-in. An unknown person gets a verifier made from her name, so that it cannot
 * be told from outside who exists.
 */
export class ScramServer {
  readonly #verifier: Verifier;
  readonly #known: boolean;
  /** RFC 5929 tls-server-end-point, or null without TLS. */
  readonly #binding: Buffer | null;
  readonly #nonce: string;
  #first: { bare: string; gs2: string; nonce: string; served: string } | null = null;
  #mechanism: Mechanism = "SCRAM-SHA-256";

  constructor(options: {
    verifier: Verifier | null;
    name: string;
    secret: Buffer;
    binding: Buffer | null;
    nonce?: string;
  }) {
    const { verifier, name, secret, binding } = options;
    this.#known = verifier !== null;
    this.#verifier = verifier ?? mockVerifier(name, secret);
    this.#binding = binding;
    this.#nonce = options.nonce ?? randomBytes(18).toString("base64");
  }

  get mechanisms(): readonly Mechanism[] {
    return this.#binding === null ? ["SCRAM-SHA-256"] : MECHANISMS;
  }

  /** SASLInitialResponse: client-first-message. */
  first(mechanism: string, message: string): ServerStep {
    if (!this.mechanisms.includes(mechanism as Mechanism))
      return { refuse: "a mechanism that was not offered" };
    this.#mechanism = mechanism as Mechanism;
    const match = /^(?:(n|y)|p=([a-z-]+)),,(n=([^,]*),r=([\x21-\x2b\x2d-\x7e]{8,512}))$/s.exec(message);
    if (match === null) return { refuse: "a malformed client-first-message" };
    const [, flag, bindingType, bare, , nonce] = match as unknown as (string | undefined)[];
    if (this.#mechanism === "SCRAM-SHA-256-PLUS" && bindingType !== "tls-server-end-point")
      return { refuse: "a channel binding other than tls-server-end-point" };
    if (this.#mechanism === "SCRAM-SHA-256" && bindingType !== undefined)
      return { refuse: "channel binding without its mechanism" };
    // RFC 5802 6: the client could bind and thinks that we cannot, though we offered it: somebody is between.
    if (flag === "y" && this.#binding !== null) return { refuse: "a downgrade of channel binding" };
    const both = `${nonce}${this.#nonce}`;
    const { salt, iterations } = this.#verifier;
    const served = `r=${both},s=${salt.toString("base64")},i=${iterations}`;
    const gs2 = flag === undefined ? "p=tls-server-end-point,," : `${flag},,`;
    this.#first = { bare: bare as string, gs2, nonce: both, served };
    return { send: served, done: false };
  }

  /** SASLResponse: client-final-message. */
  final(message: string): ServerStep {
    const first = this.#first;
    const match = /^(c=([A-Za-z0-9+/=]+),r=([^,]+)),p=([A-Za-z0-9+/=]+)$/.exec(message);
    if (first === null || match === null) return { refuse: "a malformed client-final-message" };
    const [, unproved, channel, nonce, proofText] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
    ];
    const bound =
      this.#mechanism === "SCRAM-SHA-256-PLUS" ? (this.#binding ?? Buffer.alloc(0)) : Buffer.alloc(0);
    const expected = Buffer.concat([Buffer.from(first.gs2), bound]).toString("base64");
    if (channel !== expected) return { refuse: "a channel binding that is not ours" };
    if (nonce !== first.nonce) return { refuse: "another nonce" };
    const proof = Buffer.from(proofText, "base64");
    const text = `${first.bare},${first.served},${unproved}`;
    const signature = hmac(this.#verifier.storedKey, text);
    const key = proof.length === 32 ? sha256(xor(proof, signature)) : Buffer.alloc(32);
    if (!timingSafeEqual(key, this.#verifier.storedKey) || !this.#known)
      return { refuse: "a wrong password" };
    return { send: `v=${hmac(this.#verifier.serverKey, text).toString("base64")}`, done: true };
  }
}

function mockVerifier(name: string, secret: Buffer): Verifier {
  const salt = hmac(secret, `salt ${name}`).subarray(0, 16);
  return {
    iterations: limits.iterationsMin,
    salt,
    storedKey: hmac(secret, `stored ${name}`),
    serverKey: hmac(secret, `server ${name}`),
  };
}

/** The client's side: the gate signs in to the server with the account that it holds. */
export class ScramClient {
  readonly #password: string;
  readonly #nonce: string;
  readonly #gs2: string;
  readonly #binding: Buffer | null;
  #expected: string | null = null;

  /** `binding`: tls-server-end-point of the server's certificate where TLS and -PLUS are used, else null. */
  constructor(options: { password: string; binding: Buffer | null; nonce?: string }) {
    this.#password = options.password;
    this.#binding = options.binding;
    this.#gs2 = options.binding === null ? "n,," : "p=tls-server-end-point,,";
    this.#nonce = options.nonce ?? randomBytes(18).toString("base64");
  }

  get mechanism(): Mechanism {
    return this.#binding === null ? "SCRAM-SHA-256" : "SCRAM-SHA-256-PLUS";
  }

  first(): string {
    return `${this.#gs2}n=,r=${this.#nonce}`;
  }

  /** Answers server-first-message; throws where the server does not speak SCRAM. */
  async final(served: string): Promise<string> {
    const match = /^r=([^,]+),s=([A-Za-z0-9+/=]+),i=(\d{1,9})$/.exec(served);
    const iterations = Number(match?.[3]);
    if (match === null || !(match[1] as string).startsWith(this.#nonce))
      throw new Error("the server's first SCRAM message is malformed");
    if (iterations < 1 || iterations > limits.iterationsMax)
      throw new Error(`the server asks for ${iterations} SCRAM iterations`);
    const salted = await saltPassword(this.#password, Buffer.from(match[2] as string, "base64"), iterations);
    const channel = Buffer.concat([Buffer.from(this.#gs2), this.#binding ?? Buffer.alloc(0)]);
    const unproved = `c=${channel.toString("base64")},r=${match[1]}`;
    const text = `n=,r=${this.#nonce},${served},${unproved}`;
    const clientKey = hmac(salted, "Client Key");
    const proof = xor(clientKey, hmac(sha256(clientKey), text));
    this.#expected = `v=${hmac(hmac(salted, "Server Key"), text).toString("base64")}`;
    return `${unproved},p=${proof.toString("base64")}`;
  }

  /** Whether the server proved that it knows the password too (server-final-message). */
  proves(message: string): boolean {
    return this.#expected !== null && message === this.#expected;
  }
}

/** PostgreSQL's md5 answer: md5(md5(password + user) + salt). */
export function md5Answer(password: string, user: string, salt: Buffer): string {
  const md5 = (...parts: (string | Buffer)[]): string => {
    const hash = createHash("md5");
    for (const part of parts) hash.update(part);
    return hash.digest("hex");
  };
  return `md5${md5(md5(password, user), salt)}`;
}

/** RFC 5929 4.1: the hash of a certificate by the algorithm of its signature, SHA-256 for MD5 and SHA-1. */
export function endPointBinding(certificateDer: Buffer, signatureAlgorithm: string): Buffer {
  const named = /sha-?(224|256|384|512)/i.exec(signatureAlgorithm)?.[1];
  return createHash(named === undefined ? "sha256" : `sha${named}`)
    .update(certificateDer)
    .digest();
}
