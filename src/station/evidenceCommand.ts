import { join } from "node:path";
import { loadConfig } from "../config.ts";
import { Ledger } from "../ledger/append.ts";
import { makeEntry } from "../ledger/draft.ts";
import { EvidenceHash } from "../ledger/entry.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import { readArguments } from "../lib/arguments.ts";
import { realDisk } from "../lib/disk.ts";
import { SekishoError } from "../lib/error.ts";
import { findMarkedProcess } from "../lib/processMark.ts";

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
  const { config, dataFolder } = await loadConfig(values.config ?? "sekisho.yaml");
  const pid = findMarkedProcess(join(dataFolder, "run", "station.pid"));
  if (pid !== null) {
    throw new SekishoError("ledger-locked", `Cannot change evidence: the station (process ${pid}) runs`, {
      hint: "stop it first",
    });
  }
  const keyring = await Keyring.open(realDisk, join(dataFolder, "keys"));
  const store = new EvidenceStore(realDisk, join(dataFolder, "evidence"), keyring);
  const signer = await keyring.openSigner(config.origin);
  const ledger = await Ledger.open({ disk: realDisk, folder: join(dataFolder, "ledger"), signer });
  try {
    if (verb === "erase") await erase({ store, ledger, hash, reason: values.reason });
    else await rotate({ keyring, store, ledger });
  } finally {
    await ledger.close();
  }
  return 0;
}

type EraseOptions = {
  store: EvidenceStore;
  ledger: Ledger;
  hash: string | undefined;
  reason: string | undefined;
};

async function erase({ store, ledger, hash, reason }: EraseOptions): Promise<void> {
  const name = EvidenceHash.safeParse(hash);
  if (!name.success || reason === undefined || reason.trim() === "") {
    throw new SekishoError("usage", "Cannot erase: a hash of 64 hex digits and --reason are needed", {
      hint: 'run: sekisho evidence erase HASH --reason "why"',
    });
  }
  const now = Temporal.Now.instant();
  // On record before it takes effect.
  const draft = {
    kind: "decided" as const,
    code: "evidence-erase-ordered",
    evidence: [name.data],
    data: { reason },
  };
  const entry = makeEntry(draft, { by: "administrator/cli", now });
  await ledger.append(entry);
  await store.erase(name.data);
  const done = {
    kind: "enforced" as const,
    code: "evidence-erased",
    rests: [entry.id],
    evidence: [name.data],
  };
  await ledger.append(makeEntry(done, { by: "administrator/cli", now: Temporal.Now.instant() }));
  process.stdout.write(`${name.data} cannot be read any more; its entries stand as before\n`);
}

async function rotate(parts: { keyring: Keyring; store: EvidenceStore; ledger: Ledger }): Promise<void> {
  const id = await parts.keyring.rotate();
  const moved = await parts.store.rewrap();
  const draft = { kind: "enforced" as const, code: "evidence-keys-rotated", data: { key: id, moved } };
  await parts.ledger.append(makeEntry(draft, { by: "administrator/cli", now: Temporal.Now.instant() }));
  process.stdout.write(`new wrapping key ${id}; ${moved} object keys were wrapped anew\n`);
}
