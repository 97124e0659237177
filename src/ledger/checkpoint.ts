import { SekishoError } from "../lib/error.ts";
import type { Hash } from "./merkle.ts";
import { openNote, type Signer, type Verifier } from "./note.ts";

/** A tree head: C2SP tlog-checkpoint. */
export type Checkpoint = { origin: string; size: number; root: Hash };

/** The one form of a tree size: decimal, no leading zero. Throws `ledger-malformed`. */
export function parseTreeSize(text: string): number {
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  throw new SekishoError("ledger-malformed", `Cannot read tree size "${text.slice(0, 40)}"`, {
    hint: "run: sekisho ledger verify",
  });
}

/** The unsigned text of a checkpoint. */
export function printCheckpoint(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root.toString("base64")}\n`;
}

export function signCheckpoint(checkpoint: Checkpoint, signer: Signer): string {
  return signer.sign(printCheckpoint(checkpoint));
}

/** Opens a signed checkpoint; throws `ledger-malformed` where it is forged or malformed. */
export function openCheckpoint(note: string, verifier: Verifier): Checkpoint {
  const opened = openNote(note, verifier);
  if (!opened.ok) throw malformed(opened.problem);
  const [origin = "", size = "", root = "", ...rest] = opened.text.split("\n");
  const checkpoint = { origin, size: parseTreeSize(size), root: Buffer.from(root, "base64") };
  // C2SP tlog-checkpoint allows extension lines; we write none, and accept none of our own key.
  if (rest.length !== 1 || checkpoint.root.length !== 32 || printCheckpoint(checkpoint) !== opened.text) {
    throw malformed("its text is not in the one form of a checkpoint");
  }
  if (origin !== verifier.name) throw malformed(`its origin is "${origin}", not "${verifier.name}"`);
  return checkpoint;
}

function malformed(problem: string): SekishoError {
  return new SekishoError("ledger-malformed", `Cannot trust the checkpoint: ${problem}`, {
    hint: "compare with a copy kept elsewhere, then run: sekisho ledger verify",
  });
}
