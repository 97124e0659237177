import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomFillSync } from "node:crypto";

/** What the hotline may look a person up by. */
export const KEY_KINDS = ["email", "phone", "customer", "name-birth"] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/**
 * The keys of one campaign, all derived from one random key that lies wrapped in the campaign's row: whoever
 * destroys that one makes every name and address of the campaign unreadable.
 */
export class CampaignKeys {
  readonly #sealing: Buffer;
  readonly #index: Buffer;
  readonly #marks: Buffer;

  /** `secret` is 32 random bytes. */
  constructor(secret: Uint8Array) {
    const derive = (purpose: string): Buffer => Buffer.from(hkdfSync("sha256", secret, "", purpose, 32));
    this.#sealing = derive("sekisho notice sealing");
    this.#index = derive("sekisho notice index");
    this.#marks = derive("sekisho notice marks");
  }

  /**
   * AES-256-GCM: nonce, ciphertext, tag. `context` (whose it is) must be the same to open it. Random nonces
   * of 96 bits are safe for 2^32 rows under one key (NIST SP 800-38D 8.3); a campaign has millions.
   */
  seal(text: string, context: string): Buffer {
    const nonce = Buffer.allocUnsafe(12);
    randomFillSync(nonce);
    const cipher = createCipheriv("aes-256-gcm", this.#sealing, nonce);
    cipher.setAAD(Buffer.from(context));
    return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  }

  /** Throws where key, context or bytes do not fit. */
  open(sealed: Uint8Array, context: string): string {
    const decipher = createDecipheriv("aes-256-gcm", this.#sealing, sealed.subarray(0, 12));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(-16));
    return decipher.update(sealed.subarray(12, -16), undefined, "utf8") + decipher.final("utf8");
  }

  /** The index entry of a value: 64 bits of an HMAC, as a signed decimal number for a `bigint` column. */
  indexOf(kind: KeyKind | "domain", value: string): string {
    return this.#hmac(this.#index, `${kind} ${value}`).readBigInt64BE(0).toString();
  }

  /** Tells a changed row from an equal one; 128 bits, hex. */
  digestOf(text: string): string {
    return this.#hmac(this.#index, `row ${text}`).toString("hex", 0, 16);
  }

  /** A mark that nobody else can make: `characters` of lower-case base 32 (5 bits each, at most 50). */
  markOf(text: string, characters: number): string {
    const bytes = this.#hmac(this.#marks, text);
    let mark = "";
    for (let at = 0; at < characters; at += 1) {
      const bit = at * 5;
      const word = bytes.readUInt16BE(bit >> 3);
      mark += alphabet[(word >> (11 - (bit & 7))) & 31];
    }
    return mark;
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac("sha256", key).update(text).digest();
  }
}

/** Without letters that are mistaken for digits; mail servers may change case, so there is only one. */
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
