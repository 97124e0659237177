import { existsSync } from "node:fs";
import { join } from "node:path";
import { Entry, type EvidenceHash } from "../ledger/entry.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import { checkProof, proveEntry } from "../ledger/prove.ts";
import { PublishedTree, readOpenEntries, readPublicKey } from "../ledger/read.ts";
import { realDisk } from "../lib/disk.ts";
import { SekishoError } from "../lib/error.ts";
import { collectCase, limits, type CaseSource } from "./collectCase.ts";
import type { CaseRow } from "./material.ts";
import type { OpenEvidence } from "./recompose.ts";

/**
 * The ledger of a data folder, or of a copy that somebody was given, as files: each question is one reading
 * from end to end. A station may run beside; what it writes meanwhile is not seen. Throws not-found.
 */
export class LedgerFiles implements CaseSource {
  readonly #tree: PublishedTree;
  readonly #open: readonly Buffer[];

  private constructor(tree: PublishedTree, open: readonly Buffer[]) {
    this.#tree = tree;
    this.#open = open;
  }

  static async open(dataFolder: string): Promise<LedgerFiles> {
    const inner = join(dataFolder, "ledger");
    const folder = existsSync(join(inner, "key.pub")) ? inner : dataFolder;
    const tree = await PublishedTree.open(realDisk, folder);
    if (tree === null) {
      throw new SekishoError("not-found", `Cannot read a ledger in ${dataFolder}: there is no checkpoint`, {
        hint: "give the data folder of a station, or a folder that sekisho ledger export wrote, with --data",
      });
    }
    const { entries } = await readOpenEntries(realDisk, folder, tree.size);
    return new LedgerFiles(tree, entries);
  }

  async size(): Promise<number> {
    return this.#tree.size + this.#open.length;
  }

  async *#bytes(): AsyncGenerator<{ index: number; bytes: Buffer }> {
    yield* this.#tree.readEntries(0, this.#tree.size);
    for (const [at, bytes] of this.#open.entries()) yield { index: this.#tree.size + at, bytes };
  }

  /** Only what holds one of these texts is taken apart. */
  async #select(texts: readonly string[], keep: (entry: Entry) => boolean): Promise<CaseRow[]> {
    const rows: CaseRow[] = [];
    const parts = texts.map((text) => Buffer.from(text));
    for await (const { index, bytes } of this.#bytes()) {
      if (!parts.some((part) => bytes.includes(part))) continue;
      const entry = parseEntry(bytes, index);
      // The schema costs more than everything else: only what is kept is held against it.
      if (keep(entry)) rows.push({ index, entry: checkEntry(entry, index) });
    }
    return rows;
  }

  about(key: string, value: string): Promise<CaseRow[]> {
    return this.#select([JSON.stringify(value)], ({ about }) => about[key] === value);
  }

  async byId(ids: readonly string[]): Promise<CaseRow[]> {
    const wanted = new Set(ids);
    return wanted.size === 0 ? [] : this.#select([`"id":"`], ({ id }) => wanted.has(id));
  }

  async restingOn(ids: readonly string[]): Promise<CaseRow[]> {
    if (ids.length === 0) return [];
    const wanted = new Set(ids);
    let count = 0;
    // An entry rests on earlier ones only, so one reading follows every step.
    return this.#select([`"rests":["`], ({ id, rests }) => {
      if (count >= limits.actsMax || !rests.some((rest) => wanted.has(rest))) return false;
      wanted.add(id);
      count += 1;
      return true;
    });
  }

  /**
   * Why an entry does not lead to the signed root of the ledger; null where it does, and for one that came
   * after the last signature.
   */
  async unproven(index: number): Promise<string | null> {
    if (index >= this.#tree.size) return null;
    const proof = await proveEntry(this.#tree, index);
    const checked = checkProof(proof, await readPublicKey(realDisk, this.#tree.folder));
    return checked.ok ? null : checked.problem;
  }

  /** The incidents that were opened, by number. */
  async incidents(): Promise<{ id: string; number: number }[]> {
    const rows = await this.#select([`"incident-opened"`], ({ code }) => code === "incident-opened");
    return rows.map(({ entry }) => ({
      id: entry.about["incident"] ?? "",
      number: Number(entry.data["number"]),
    }));
  }

  /** The rows of one incident, by its number or its id. Throws not-found. */
  async caseOf(wanted: string): Promise<{ incident: string; rows: CaseRow[] }> {
    const incidents = await this.incidents();
    const found = incidents.find(({ id, number }) => id === wanted || String(number) === wanted);
    if (found === undefined) {
      const known = incidents.map(({ number }) => number).join(", ");
      throw new SekishoError("not-found", `Cannot find incident ${wanted} in the ledger`, {
        hint: known === "" ? "no incident was opened yet" : `there are: ${known}`,
      });
    }
    return { incident: found.id, rows: await collectCase(this, found.id) };
  }
}

function parseEntry(bytes: Buffer, index: number): Entry {
  try {
    return JSON.parse(bytes.toString("utf8")) as Entry;
  } catch (cause) {
    throw malformed(index, cause);
  }
}

function checkEntry(entry: Entry, index: number): Entry {
  const checked = Entry.safeParse(entry);
  if (checked.success) return checked.data;
  throw malformed(index, checked.error);
}

function malformed(index: number, cause: unknown): SekishoError {
  return new SekishoError("ledger-malformed", `Cannot read entry ${index} of the ledger`, {
    hint: "run: sekisho ledger verify",
    cause,
  });
}

/** What opens the evidence of a data folder; opens nothing where its keys are not here. */
export async function openEvidenceOf(dataFolder: string): Promise<OpenEvidence | null> {
  const keys = join(dataFolder, "keys");
  if (!existsSync(join(keys, "evidence.json"))) return null;
  const keyring = await Keyring.open(realDisk, keys);
  const store = new EvidenceStore(realDisk, join(dataFolder, "evidence"), keyring);
  return async (evidence) => store.get(evidence as EvidenceHash).catch(() => null);
}
