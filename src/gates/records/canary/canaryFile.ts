import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeCanaryTokens } from "../../../gateCanaries.ts";
import type { Keyring } from "../../../ledger/keyring.ts";
import { realDisk } from "../../../lib/disk.ts";
import { SekishoError } from "../../../lib/error.ts";

const Canary = z.object({
  /** Her key, as text. */
  customer: z.string(),
  name: z.string(),
  kana: z.string(),
  email: z.string(),
  phone: z.string(),
  passport: z.string().nullable(),
  birthDate: z.string(),
  /** Where she stands: schema.table and the row's key there. */
  rows: z.array(z.object({ table: z.string(), key: z.string(), value: z.string() })),
  plantedAt: z.number(),
});
/** A customer who does not exist: nobody has work with her. */
export type Canary = z.infer<typeof Canary>;

const context = "records-canaries";

/** Where the list of canaries lies. */
export function canaryFileOf(dataFolder: string): string {
  return join(dataFolder, "records", "canaries.json");
}

/** All canaries; none where none were planted. The list is encrypted: it is what a thief would look for. */
export function readCanaries(dataFolder: string, keyring: Keyring): Canary[] {
  const path = canaryFileOf(dataFolder);
  if (!existsSync(path)) return [];
  try {
    const sealed = JSON.parse(readFileSync(path, "utf8")) as {
      key: { key: string; wrapped: string };
      nonce: string;
      body: string;
    };
    const key = keyring.unwrap(sealed.key, context);
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(sealed.nonce, "base64"));
    const body = Buffer.from(sealed.body, "base64");
    decipher.setAuthTag(body.subarray(-16));
    const plain = Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()]);
    return z.array(Canary).parse(JSON.parse(plain.toString("utf8")));
  } catch (cause) {
    throw new SekishoError("input-unreadable", `Cannot read the canaries in ${path}`, {
      hint: "restore it and the keys folder from a backup",
      cause,
    });
  }
}

/** Writes the list, and the hashes by which the other gates know them. A running gate takes both up. */
export async function writeCanaries(
  dataFolder: string,
  keyring: Keyring,
  canaries: readonly Canary[],
): Promise<void> {
  const key = randomBytes(32);
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const body = [cipher.update(JSON.stringify(canaries), "utf8"), cipher.final(), cipher.getAuthTag()];
  const sealed = {
    version: 1,
    key: keyring.wrap(key, context),
    nonce: nonce.toString("base64"),
    body: Buffer.concat(body).toString("base64"),
  };
  await realDisk.makeFolder(join(dataFolder, "records"));
  await realDisk.replace(canaryFileOf(dataFolder), Buffer.from(JSON.stringify(sealed)));
  await writeCanaryTokens(dataFolder, keyring, canaries);
}
