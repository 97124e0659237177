import { createHash, createSign, generateKeyPairSync, randomUUID, type KeyObject } from "node:crypto";
import type { Kysely } from "kysely";
import type { ApprovalChallenge, Assertion } from "./approvalPasskeys.ts";
import type { Person } from "./services.ts";

/** A passkey in software, for tests: its owner stands in the state store as somebody who signed in has. */
export class TestAuthenticator {
  readonly owner: Person;
  readonly credentialId = Buffer.from(randomUUID()).toString("base64url");
  readonly publicKey: KeyObject;
  readonly #privateKey: KeyObject;
  #counter = 0;

  private constructor(owner: Person) {
    this.owner = owner;
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.publicKey = publicKey;
    this.#privateKey = privateKey;
  }

  static async register(db: Kysely<any>, owner: Person): Promise<TestAuthenticator> {
    const authenticator = new TestAuthenticator(owner);
    const { id, name, email, roles } = owner;
    await db
      .insertInto("person")
      .values({ id, name, email, emailVerified: true, roles: roles.join(",") })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await db
      .insertInto("passkey")
      .values({
        id: randomUUID(),
        publicKey: authenticator.#coseKey().toString("base64"),
        userId: id,
        credentialID: authenticator.credentialId,
        counter: 0,
        deviceType: "singleDevice",
        backedUp: false,
      })
      .execute();
    return authenticator;
  }

  /** Signs what it is asked to. W3C WebAuthn 3, 6.3.3. */
  sign(
    { publicKey }: Pick<ApprovalChallenge, "publicKey">,
    options: { origin: string; userVerified?: boolean },
  ): Assertion {
    const client = { type: "webauthn.get", challenge: publicKey.challenge, origin: options.origin };
    const clientData = Buffer.from(JSON.stringify(client));
    const flags = Buffer.alloc(5);
    flags[0] = 0x01 | (options.userVerified === false ? 0 : 0x04);
    this.#counter += 1;
    flags.writeUInt32BE(this.#counter, 1);
    const data = Buffer.concat([createHash("sha256").update(publicKey.rpId).digest(), flags]);
    const signed = Buffer.concat([data, createHash("sha256").update(clientData).digest()]);
    return {
      id: this.credentialId,
      rawId: this.credentialId,
      type: "public-key",
      response: {
        clientDataJSON: clientData.toString("base64url"),
        authenticatorData: data.toString("base64url"),
        signature: createSign("sha256").update(signed).sign(this.#privateKey).toString("base64url"),
      },
      clientExtensionResults: {},
    };
  }

  /** RFC 9053 7.1.1: kty EC2, alg ES256, crv P-256, x, y. */
  #coseKey(): Buffer {
    const { x = "", y = "" } = this.publicKey.export({ format: "jwk" });
    const coordinate = (text: string): Buffer => Buffer.from(text, "base64url");
    return Buffer.concat([
      Buffer.from("a5010203262001215820", "hex"),
      coordinate(x),
      Buffer.from("225820", "hex"),
      coordinate(y),
    ]);
  }
}
