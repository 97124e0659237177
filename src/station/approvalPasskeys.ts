import { createHash, randomBytes } from "node:crypto";
import { verifyAuthenticationResponse } from "@simplewebauthn/server";
import type { Kysely } from "kysely";
import { z } from "zod";
import type { Decision } from "../incident/decide.ts";
import { printCanonicalJson } from "../lib/canonicalJson.ts";
import { SekishoError, textOfError } from "../lib/error.ts";

export const limits = { pendingMax: 1_000, validMs: 5 * 60_000 } as const;

/** What an approver's passkey signs: this statement of this person, with these figures, once. */
export type SignedApproval = {
  approves: "bulk-read";
  decision: string;
  statement: string;
  textSha256: string;
  person: string;
  estimate: number | null;
  customersMax: number;
  nonce: string;
};

/** What the browser is asked to sign. W3C WebAuthn 3, 5.5, as JSON. */
export type ApprovalChallenge = {
  nonce: string;
  signs: SignedApproval;
  publicKey: {
    challenge: string;
    rpId: string;
    timeout: number;
    userVerification: "required";
    allowCredentials: { type: "public-key"; id: string; transports?: string[] | undefined }[];
  };
};

const Base64Url = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/)
  .max(8_192);

/** What the browser gives back. W3C WebAuthn 3, 5.1: AuthenticationResponseJSON. */
export const Assertion = z.object({
  id: Base64Url,
  rawId: Base64Url,
  type: z.literal("public-key"),
  response: z.object({
    clientDataJSON: Base64Url,
    authenticatorData: Base64Url,
    signature: Base64Url,
    userHandle: Base64Url.optional(),
  }),
  authenticatorAttachment: z.enum(["platform", "cross-platform"]).optional(),
  clientExtensionResults: z.object({}).default({}),
});
export type Assertion = z.infer<typeof Assertion>;

/**
 * All that is needed to verify an approval later, without the station: what was signed, by which key, and
 * how.
 */
export type KeptApproval = {
  signs: SignedApproval;
  challenge: string;
  origin: string;
  rpId: string;
  credential: { id: string; publicKey: string; person: string };
  assertion: Assertion;
};

type Passkey = {
  id: string;
  publicKey: string;
  credentialID: string;
  counter: number;
  transports: string | null;
};

export type ApprovalPasskeysOptions = {
  db: Kysely<any>;
  /** Where people open the console; the passkeys belong to its name. */
  origin: string;
  now: () => number;
  /** What a decision is about, as it stands now: throws where nobody waits for it any more. */
  signedBy: (decision: Decision) => Promise<Omit<SignedApproval, "nonce" | "approves" | "decision">>;
};

/**
 * Approvals by passkey. The challenge is the hash of exactly what is approved, so an assertion is worth
 * nothing
 * for another statement, person or figure, nor a second time. W3C WebAuthn 3, 7.2.
 */
export class ApprovalPasskeys {
  readonly #options: ApprovalPasskeysOptions;
  readonly #pending = new Map<string, { approver: string; decision: string; text: string; until: number }>();

  constructor(options: ApprovalPasskeysOptions) {
    this.#options = options;
  }

  async begin(decision: Decision, approver: string): Promise<ApprovalChallenge> {
    const passkeys = await this.#passkeysOf(approver);
    if (passkeys.length === 0) {
      throw new SekishoError("setup-incomplete", "Cannot approve: you have no passkey", {
        hint: "add a passkey in your profile, then come back",
      });
    }
    const nonce = randomBytes(24).toString("base64url");
    const signs = await this.#signedWith(decision, nonce);
    const text = printCanonicalJson(signs);
    this.#forgetOld();
    const until = this.#options.now() + limits.validMs;
    this.#pending.set(nonce, { approver, decision: decision.id, text, until });
    return {
      nonce,
      signs,
      publicKey: {
        challenge: challengeOf(text),
        rpId: this.#rpId,
        timeout: limits.validMs,
        userVerification: "required",
        allowCredentials: passkeys.map((passkey) => ({
          type: "public-key",
          id: passkey.credentialID,
          ...(passkey.transports === null || passkey.transports === ""
            ? {}
            : { transports: passkey.transports.split(",") }),
        })),
      },
    };
  }

  /**
   * Throws not-permitted where the assertion is not this person's for exactly this. A nonce is used up by a
   * try.
   */
  async prove(
    decision: Decision,
    approver: string,
    given: { nonce: string; assertion: Assertion },
  ): Promise<KeptApproval> {
    const pending = this.#pending.get(given.nonce);
    this.#pending.delete(given.nonce);
    if (pending === undefined || pending.until < this.#options.now()) throw refused("the request is too old");
    if (pending.approver !== approver || pending.decision !== decision.id) {
      throw refused("the request was for another approval");
    }
    const signs = await this.#signedWith(decision, given.nonce);
    const text = printCanonicalJson(signs);
    if (text !== pending.text) throw refused("what is to be approved has changed");
    const own = await this.#passkeysOf(approver);
    const passkey = own.find(({ credentialID }) => credentialID === given.assertion.id);
    if (passkey === undefined) throw refused("the passkey is not yours");
    await this.#verify(passkey, given.assertion, challengeOf(text));
    return {
      signs,
      challenge: challengeOf(text),
      origin: this.#options.origin,
      rpId: this.#rpId,
      credential: { id: passkey.credentialID, publicKey: passkey.publicKey, person: approver },
      assertion: given.assertion,
    };
  }

  async #verify(passkey: Passkey, assertion: Assertion, challenge: string): Promise<void> {
    const { db, origin } = this.#options;
    const { authenticatorAttachment, response, ...rest } = assertion;
    const { userHandle, ...signed } = response;
    const verification = await verifyAuthenticationResponse({
      response: {
        ...rest,
        response: { ...signed, ...(userHandle === undefined ? {} : { userHandle }) },
        ...(authenticatorAttachment === undefined ? {} : { authenticatorAttachment }),
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: this.#rpId,
      credential: {
        id: passkey.credentialID,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, "base64")),
        counter: passkey.counter,
      },
      requireUserVerification: true,
    }).catch((error: unknown) => {
      throw refused(textOfError(error));
    });
    const { verified, authenticationInfo } = verification;
    if (!verified || !authenticationInfo.userVerified) throw refused("the signature is wrong");
    await db
      .updateTable("passkey")
      .set({ counter: authenticationInfo.newCounter })
      .where("id", "=", passkey.id)
      .execute();
  }

  async #signedWith(decision: Decision, nonce: string): Promise<SignedApproval> {
    const signs = await this.#options.signedBy(decision);
    return { approves: "bulk-read", decision: decision.id, ...signs, nonce };
  }

  async #passkeysOf(person: string): Promise<Passkey[]> {
    return (await this.#options.db
      .selectFrom("passkey")
      .select(["id", "publicKey", "credentialID", "counter", "transports"])
      .where("userId", "=", person)
      .execute()) as Passkey[];
  }

  get #rpId(): string {
    return new URL(this.#options.origin).hostname;
  }

  #forgetOld(): void {
    const now = this.#options.now();
    for (const [nonce, { until }] of this.#pending) {
      if (until >= now && this.#pending.size < limits.pendingMax) return;
      this.#pending.delete(nonce);
    }
  }
}

function challengeOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

function refused(why: string): SekishoError {
  return new SekishoError("not-permitted", `Cannot approve: ${why}`, {
    hint: "open the request anew and approve it with your own passkey",
  });
}
