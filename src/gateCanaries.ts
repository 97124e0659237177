import { createHmac } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Keyring } from "./ledger/keyring.ts";
import { realDisk } from "./lib/disk.ts";

/**
 * Canaries outside the database: customers who do not exist, known by their mail addresses, telephone and
 * passport numbers wherever these turn up. The file that the gates share holds keyed hashes only: who steals
 * it learns nothing of which customers are canaries.
 *
 * Names do not ring: a canary's is made of common ones, and somebody real bears it too.
 */

export const limits = { chunkCharacters: 1024 ** 2, signCharactersMax: 512, hitsMax: 20 } as const;

/** What of a canary can be met elsewhere. */
export type CanarySigns = { email: string; phone: string; passport: string | null };

export type CanaryHit = { kind: "email" | "phone" | "passport"; text: string };

const purpose = "canaries";

function fileOf(dataFolder: string): string {
  return join(dataFolder, "canaries.tokens");
}

/** Writes the hashes of all canaries anew. */
export async function writeCanaryTokens(
  dataFolder: string,
  keyring: Keyring,
  canaries: readonly CanarySigns[],
): Promise<void> {
  const secret = keyring.secretFor(purpose);
  const lines = canaries.flatMap(({ email, phone, passport }) => [
    tokenOf(secret, "email", email),
    tokenOf(secret, "phone", phone),
    ...(passport === null ? [] : [tokenOf(secret, "passport", passport)]),
  ]);
  // In the order of planting they would say which belong together.
  await realDisk.replace(fileOf(dataFolder), Buffer.from(lines.sort().join("\n")));
}

/** What a finder needs to know; it can be sent to a thread. The secret is of this purpose alone. */
export type CanaryPlace = { path: string; secret: string };

export function canaryPlaceOf(dataFolder: string, keyring: Keyring): CanaryPlace {
  return { path: fileOf(dataFolder), secret: keyring.secretFor(purpose) };
}

/** Finds canaries in texts; takes changes of the file up by itself. */
export class CanaryFinder {
  readonly #path: string;
  readonly #secret: string;
  #tokens: ReadonlySet<string> = new Set();
  #stamp = "";

  constructor({ path, secret }: CanaryPlace) {
    this.#path = path;
    this.#secret = secret;
  }

  #renew(): void {
    const known = existsSync(this.#path) ? statSync(this.#path) : null;
    const stamp = known === null ? "" : `${known.mtimeMs} ${known.size} ${known.ino}`;
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    const text = known === null ? "" : readFileSync(this.#path, "latin1");
    this.#tokens = new Set(text.split("\n").filter((line) => line !== ""));
  }

  /** Which canaries a text names; each once. */
  find(text: string): CanaryHit[] {
    this.#renew();
    const hits = new Map<string, CanaryHit>();
    if (this.#tokens.size === 0) return [];
    // What lies across the end of a piece is found in the next one.
    for (let at = 0; at < text.length; at += limits.chunkCharacters - limits.signCharactersMax)
      for (const hit of signsIn(text.slice(at, at + limits.chunkCharacters))) {
        const sign = normalise(hit.kind, hit.text);
        if (!this.#tokens.has(tokenOf(this.#secret, hit.kind, sign))) continue;
        hits.set(`${hit.kind} ${sign}`, hit);
        if (hits.size >= limits.hitsMax) return [...hits.values()];
      }
    return [...hits.values()];
  }
}

const forms: readonly { kind: CanaryHit["kind"]; form: RegExp }[] = [
  { kind: "email", form: /[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g },
  // Japanese numbers with and without hyphens, blanks, brackets and the country's code.
  {
    kind: "phone",
    form: /(?<!\d)(?:\+?81[-\s()]{0,3}|0)\d{1,4}[-\s()]{0,3}\d{1,4}[-\s()]{0,3}\d{3,4}(?!\d)/g,
  },
  { kind: "passport", form: /(?<![A-Za-z0-9])[A-Za-z]{2}\d{7}(?!\d)/g },
];

function* signsIn(text: string): Generator<CanaryHit> {
  const wide = text.normalize("NFKC").replaceAll(/[‐-―−ー]/g, "-");
  for (const { kind, form } of forms) for (const match of wide.matchAll(form)) yield { kind, text: match[0] };
}

function normalise(kind: CanaryHit["kind"], text: string): string {
  const plain = text.normalize("NFKC").trim();
  if (kind === "email") return plain.toLowerCase();
  if (kind === "passport") return plain.toUpperCase();
  const digits = plain.replaceAll(/\D/g, "");
  return digits.startsWith("81") && digits.length >= 11 ? `0${digits.slice(2).replace(/^0/, "")}` : digits;
}

function tokenOf(secret: string, kind: CanaryHit["kind"], text: string): string {
  return createHmac("sha256", secret)
    .update(`${kind} ${normalise(kind, text)}`)
    .digest("hex")
    .slice(0, 32);
}
