import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadConfig, type LoadedConfig } from "../config.ts";
import { Ledger } from "../ledger/append.ts";
import { makeEntry } from "../ledger/draft.ts";
import { EvidenceHash } from "../ledger/entry.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import { readArguments } from "../lib/arguments.ts";
import { realDisk } from "../lib/disk.ts";
import { SekishoError } from "../lib/error.ts";
import { holdDataFolder } from "./holdDataFolder.ts";

const help = `sekisho evidence erase HASH --reason TEXT   make one object unreadable for good
sekisho evidence rotate                    make a new wrapping key and wrap all object keys with it

Both write the ledger, so the station has to be stopped. --config FILE (default: sekisho.yaml)
`;

/** \`sekisho evidence …\`: what happens to the keys of evidence is in the ledger too. */
export async function evidenceCommand(argv: string[]): Promise<number> {
  const options = {
    config: { type: "string" },
    reason: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values, positionals } = readArguments(argv, options, "sekisho evidence");
  const [verb, hash] = positionals;
  if (values.help === true || verb === undefined) {
    process.stdout.write(help);
    return values.help === true ? 0 : 2;
  }
  if (verb !== "erase" && verb !== "rotate") {
    throw new SekishoError("usage", `Cannot run "evidence ${verb}": there is no such command`, {
      hint: "try: sekisho evidence --help",
    });
  }
  const asked = verb === "erase" ? erasureOf(hash, values.reason) : null;
  const loaded = await loadConfig(values.config ?? "sekisho.yaml");
  if (!existsSync(join(loaded.dataFolder, "keys", "evidence.json"))) {
    throw new SekishoError("not-found", `Cannot change evidence: there is none in ${loaded.dataFolder}`, {
      hint: "name the configuration of a station that was started, with --config",
    });
  }
  const hold = holdDataFolder(loaded.dataFolder, "Cannot change evidence");
  try {
    await change(loaded, asked);
  } finally {
    hold.release();
  }
  return 0;
}

async function change(loaded: LoadedConfig, asked: Erasure | null): Promise<void> {
  const { config, dataFolder } = loaded;
  const keyring = await Keyring.open(realDisk, join(dataFolder, "keys"));
  const store = new EvidenceStore(realDisk, join(dataFolder, "evidence"), keyring);
  const signer = await keyring.openSigner(config.origin);
  const ledger = await Ledger.open({ disk: realDisk, folder: join(dataFolder, "ledger"), signer });
  try {
    if (asked !== null) await erase({ store, ledger, ...asked });
    else await rotate({ keyring, store, ledger });
  } finally {
    await ledger.close();
  }
}

type Erasure = { name: EvidenceHash; reason: string };

function erasureOf(hash: string | undefined, reason: string | undefined): Erasure {
  const name = EvidenceHash.safeParse(hash);
  if (name.success && reason !== undefined && reason.trim() !== "") return { name: name.data, reason };
  throw new SekishoError("usage", "Cannot erase: a hash of 64 hex digits and --reason are needed", {
    hint: 'run: sekisho evidence erase HASH --reason "why"',
  });
}

async function erase(options: Erasure & { store: EvidenceStore; ledger: Ledger }): Promise<void> {
  const { store, ledger, name, reason } = options;
  if (!(await store.has(name))) {
    throw new SekishoError("evidence-missing", `Cannot erase ${name}: no such object is in the store`, {
      hint: "see the evidence that entries name, with: sekisho ledger show --json",
    });
  }
  const now = Temporal.Now.instant();
  // What a person wrote may hold personal data: the entry names it. On record before it takes effect.
  const because = await store.put(Buffer.from(JSON.stringify({ reason }), "utf8"));
  const draft = {
    kind: "decided" as const,
    code: "evidence-erase-ordered",
    about: { evidence: name },
    evidence: [name, because],
  };
  const entry = makeEntry(draft, { by: "administrator/cli", now });
  await ledger.append(entry);
  await store.erase(name);
  const done = {
    kind: "enforced" as const,
    code: "evidence-erased",
    rests: [entry.id],
    about: { evidence: name },
    evidence: [name],
  };
  await ledger.append(makeEntry(done, { by: "administrator/cli", now: Temporal.Now.instant() }));
  process.stdout.write(`${name} cannot be read any more; its entries stand as before\n`);
}

async function rotate(parts: { keyring: Keyring; store: EvidenceStore; ledger: Ledger }): Promise<void> {
  const id = await parts.keyring.rotate();
  const moved = await parts.store.rewrap();
  const draft = { kind: "enforced" as const, code: "evidence-keys-rotated", data: { key: id, moved } };
  await parts.ledger.append(makeEntry(draft, { by: "administrator/cli", now: Temporal.Now.instant() }));
  process.stdout.write(`new wrapping key ${id}; ${moved} object keys were wrapped anew\n`);
}
