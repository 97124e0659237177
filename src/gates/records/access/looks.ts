import { userInfo } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { EntryDraft } from "../../../ledger/entry.ts";
import type { Keyring } from "../../../ledger/keyring.ts";
import { realDisk } from "../../../lib/disk.ts";
import { makeUuidV7 } from "../../../lib/identifier.ts";
import { foldersOf } from "./dayIndex.ts";

/**
 * A look into the record of accesses from the command line. While a station runs, only its gate writes the
 * ledger: the look is put down for it, and on the disk before anything is shown.
 */
export const Look = z.object({
  at: z.string(),
  /** Account of the operating system. */
  viewer: z.string(),
  view: z.enum(["who", "seen-by", "export", "canaries", "canaries-planted", "canaries-removed"]),
  /** Pseudonym of the customer, or the person or address that was asked about. */
  subject: z.string(),
});
export type Look = z.infer<typeof Look>;

/** Who looks at what, now. A customer's key is personal: the ledger gets a pseudonym of it. */
export function makeLook(view: Look["view"], subject: { customer: string } | string, keyring: Keyring): Look {
  const named =
    typeof subject === "string" ? subject : keyring.pseudonymOf(`customer ${subject.customer}`).slice(0, 32);
  return { at: Temporal.Now.instant().toString(), viewer: userInfo().username, view, subject: named };
}

export function draftOfLook({ at, viewer, view, subject }: Look): EntryDraft {
  return {
    kind: "observed",
    code: "accesses-viewed",
    about: { gate: "records", viewer, subject: subject.slice(0, 256) },
    data: { view, at },
  };
}

/** Puts a look down for the running gate. */
export async function leaveLook(dataFolder: string, look: Look): Promise<void> {
  const { looks } = foldersOf(dataFolder);
  await realDisk.makeFolder(looks);
  await realDisk.replace(join(looks, `${makeUuidV7(Date.now())}.look`), Buffer.from(JSON.stringify(look)));
}
