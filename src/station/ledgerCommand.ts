import { existsSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { loadConfig, type LoadedConfig } from "../config.ts";
import { Entry, KINDS } from "../ledger/entry.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import { Ledger } from "../ledger/append.ts";
import { readVerifier } from "../ledger/note.ts";
import { checkProof, proveEntry, readProof } from "../ledger/prove.ts";
import { PublishedTree, readPublicKey } from "../ledger/read.ts";
import { verifyLedger } from "../ledger/verify.ts";
import { readArguments } from "../lib/arguments.ts";
import { realDisk } from "../lib/disk.ts";
import { SekishoError, textOfError } from "../lib/error.ts";
import { Progress } from "../lib/progress.ts";
import { migrate } from "../lib/sql/migrate.ts";
import { openState } from "../lib/sql/openState.ts";
import { databaseUrlOf } from "./databaseUrl.ts";
import { holdDataFolder } from "./holdDataFolder.ts";
import { LedgerIndex } from "./ledgerIndex.ts";
import { migrations } from "./migrations/index.ts";

const help = `sekisho ledger verify [--deep] [--key FILE] [--older CHECKPOINT…] [--json]
    verify every entry, tile, signature and the root; names what was changed. 0 sound, 10 not
    --deep also parses every entry and looks at the evidence files
sekisho ledger show [--from N] [--count N] [--id ID] [--kind K] [--json]
sekisho ledger prove INDEX|ID [--out FILE]     proof that an entry stands in the ledger, for anyone
sekisho ledger prove --check FILE --key FILE   check such a proof, without the ledger
sekisho ledger export FOLDER                   copy what others need to verify (C2SP tlog-tiles)
sekisho ledger reindex                         make the search index anew from the ledger

The folder is dataFolder/ledger of --config FILE (default: sekisho.yaml), or --folder FOLDER.
`;

const options = {
  config: { type: "string" },
  folder: { type: "string" },
  key: { type: "string" },
  older: { type: "string", multiple: true },
  deep: { type: "boolean" },
  json: { type: "boolean" },
  from: { type: "string" },
  count: { type: "string" },
  id: { type: "string" },
  kind: { type: "string" },
  out: { type: "string" },
  check: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

type Values = ReturnType<typeof readArguments<typeof options>>["values"];

/** \`sekisho ledger …\`. */
export async function ledgerCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho ledger");
  const [verb, ...rest] = positionals;
  if (values.help === true || verb === undefined) {
    process.stdout.write(help);
    return values.help === true ? 0 : 2;
  }
  switch (verb) {
    case "verify":
      return verify(values);
    case "show":
      return show(values);
    case "prove":
      return prove(values, rest[0]);
    case "export":
      return exportLedger(values, rest[0]);
    case "reindex":
      return reindex(values);
    default:
      throw new SekishoError("usage", `Cannot run "ledger ${verb}": there is no such command`, {
        hint: "try: sekisho ledger --help",
      });
  }
}

type Place = { ledger: string; dataFolder: string | null };

async function placeOf(values: Values): Promise<Place> {
  if (values.folder !== undefined) {
    const folder = resolve(values.folder);
    const inner = join(folder, "ledger");
    return existsSync(join(inner, "key.pub"))
      ? { ledger: inner, dataFolder: folder }
      : { ledger: folder, dataFolder: existsSync(join(folder, "../keys")) ? join(folder, "..") : null };
  }
  const { dataFolder } = await loadConfig(values.config ?? "sekisho.yaml");
  return { ledger: join(dataFolder, "ledger"), dataFolder };
}

async function verify(values: Values): Promise<number> {
  const place = await placeOf(values);
  const progress = new Progress({ phase: "verifying entries", total: null });
  const deep = values.deep === true;
  const store = deep && place.dataFolder !== null ? await storeOf(place.dataFolder) : null;
  const verifier = values.key === undefined ? undefined : readVerifier(await readText(values.key));
  const result = await verifyLedger({
    disk: realDisk,
    folder: place.ledger,
    deep,
    older: await Promise.all((values.older ?? []).map(readText)),
    onProgress: (done, total) => {
      progress.tell({ total });
      progress.set(done);
    },
    ...(verifier === undefined ? {} : { verifier }),
    ...(store === null ? {} : { checkEvidence: (names: Set<string>) => store.check(names) }),
  });
  progress.end();
  if (values.json === true) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return result.ok ? 0 : 10;
  }
  const rate = Math.round(result.size / Math.max(result.seconds, 0.001)).toLocaleString("en");
  process.stdout.write(
    `${result.size} entries, ${result.open} more in the open batch, root ${result.root}\n`,
  );
  process.stdout.write(`${result.seconds.toFixed(2)} s, ${rate} entries/s\n`);
  for (const problem of result.problems) {
    process.stdout.write(`${problem.code}: ${problem.where}: ${problem.detail}\n`);
  }
  process.stdout.write(result.ok ? "sound: nothing was changed since it was signed\n" : "NOT SOUND\n");
  return result.ok ? 0 : 10;
}

async function storeOf(dataFolder: string): Promise<EvidenceStore> {
  const keyring = await Keyring.open(realDisk, join(dataFolder, "keys"));
  return new EvidenceStore(realDisk, join(dataFolder, "evidence"), keyring);
}

async function openTree(place: Place): Promise<PublishedTree> {
  const tree = await PublishedTree.open(realDisk, place.ledger);
  if (tree !== null) return tree;
  throw new SekishoError("not-found", `Cannot read a ledger in ${place.ledger}: there is no checkpoint`, {
    hint: "give the data folder of a station that was started, with --folder",
  });
}

async function show(values: Values): Promise<number> {
  if (values.kind !== undefined && !KINDS.some((kind) => kind === values.kind)) {
    throw new SekishoError("usage", `Cannot show entries of kind "${values.kind}": there is none`, {
      hint: `kinds: ${KINDS.join(", ")}`,
    });
  }
  const tree = await openTree(await placeOf(values));
  const count = readCount(values.count, 50);
  const from = values.from === undefined ? Math.max(0, tree.size - count) : readCount(values.from, 0);
  const narrowed = values.id !== undefined || values.kind !== undefined;
  let shown = 0;
  for await (const { index, bytes } of tree.readEntries(narrowed ? 0 : from, tree.size)) {
    const entry = Entry.parse(JSON.parse(bytes.toString("utf8")));
    if (values.id !== undefined && entry.id !== values.id) continue;
    if (values.kind !== undefined && entry.kind !== values.kind) continue;
    process.stdout.write(
      values.json === true ? `${JSON.stringify({ index, entry })}\n` : printEntry(index, entry),
    );
    shown += 1;
    if (shown >= count || values.id !== undefined) break;
  }
  if (values.id !== undefined && shown === 0) {
    throw new SekishoError("not-found", `Cannot find entry ${values.id}`, {
      hint: "see: sekisho ledger show --count 1000",
    });
  }
  return 0;
}

function printEntry(index: number, entry: Entry): string {
  const about = Object.entries(entry.about)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
  const rests = entry.rests.length === 0 ? "" : `\n        rests on ${entry.rests.join(", ")}`;
  const { at, kind, code, by } = entry;
  const head = `${String(index).padStart(7)} ${at} ${kind.padEnd(8)} ${code} by ${by}`;
  return `${head}\n        ${entry.id} ${about}${rests}\n        ${JSON.stringify(entry.data)}\n`;
}

function readCount(text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new SekishoError("usage", `Cannot read "${text}" as a number of entries`, {
    hint: "write a whole number",
  });
}

async function prove(values: Values, which: string | undefined): Promise<number> {
  if (values.check !== undefined) return checkProofFile(values.check, values);
  const tree = await openTree(await placeOf(values));
  const index = await indexOf(tree, which);
  const proof = await proveEntry(tree, index);
  const text = `${JSON.stringify(proof, null, 2)}\n`;
  if (values.out === undefined) process.stdout.write(text);
  else await writeFile(values.out, text);
  return 0;
}

async function indexOf(tree: PublishedTree, which: string | undefined): Promise<number> {
  if (which !== undefined && /^\d+$/.test(which)) return Number(which);
  if (which !== undefined) {
    for await (const { index, bytes } of tree.readEntries(0, tree.size)) {
      if ((JSON.parse(bytes.toString("utf8")) as Entry).id === which) return index;
    }
  }
  throw new SekishoError("usage", `Cannot prove entry "${which ?? ""}": it is not in the ledger`, {
    hint: "give an index or an id from: sekisho ledger show",
  });
}

async function checkProofFile(file: string, values: Values): Promise<number> {
  const proof = readProof(await readText(file));
  const verifier =
    values.key === undefined
      ? await readPublicKey(realDisk, (await placeOf(values)).ledger)
      : readVerifier(await readText(values.key));
  const checked = checkProof(proof, verifier);
  process.stdout.write(
    checked.ok
      ? `entry ${proof.index} stands in the ledger of ${verifier.name}, signed at size ${proof.treeSize}\n`
      : `NOT PROVEN: ${checked.problem}\n`,
  );
  return checked.ok ? 0 : 10;
}

async function exportLedger(values: Values, target: string | undefined): Promise<number> {
  if (target === undefined) {
    throw new SekishoError("usage", "Cannot export: no folder is given", {
      hint: "run: sekisho ledger export FOLDER",
    });
  }
  const place = await placeOf(values);
  const tree = await openTree(place);
  await refuseOtherLedger(place.ledger, target);
  // The checkpoint goes last, so that a copy taken beside a running station is whole up to its checkpoint.
  await cp(join(place.ledger, "tile"), join(target, "tile"), { recursive: true });
  await cp(join(place.ledger, "key.pub"), join(target, "key.pub"));
  await writeFile(join(target, "checkpoint"), tree.checkpointText);
  process.stdout.write(
    `${tree.size} entries are in ${target}; verify with: sekisho ledger verify --folder ${target}\n`,
  );
  return 0;
}

/** Tiles of two ledgers in one folder would verify as neither. */
async function refuseOtherLedger(ledger: string, target: string): Promise<void> {
  const there = await readFile(join(target, "key.pub"), "utf8").catch(() => null);
  if (there === null || there === (await readText(join(ledger, "key.pub")))) return;
  throw new SekishoError("conflict", `Cannot export to ${target}: it holds another ledger`, {
    hint: "give a new folder",
  });
}

async function reindex(values: Values): Promise<number> {
  const loaded = await loadConfig(values.config ?? "sekisho.yaml");
  await openTree({ ledger: join(loaded.dataFolder, "ledger"), dataFolder: loaded.dataFolder });
  const hold = holdDataFolder(loaded.dataFolder, "Cannot make the index anew");
  try {
    await reindexHeld(loaded);
  } finally {
    hold.release();
  }
  return 0;
}

async function reindexHeld(loaded: LoadedConfig): Promise<void> {
  const { dataFolder, config } = loaded;
  const keyring = await Keyring.open(realDisk, join(dataFolder, "keys"));
  const signer = await keyring.openSigner(config.origin);
  const ledger = await Ledger.open({ disk: realDisk, folder: join(dataFolder, "ledger"), signer });
  const databaseUrl = databaseUrlOf(loaded);
  const state = await openState({ databaseUrl, folder: join(dataFolder, "state") });
  try {
    await migrate(state.db, migrations);
    await LedgerIndex.clear(state.db);
    const progress = new Progress({ phase: "indexing entries", total: null });
    const index = new LedgerIndex({ db: state.db, ledger, onIndexed: async () => {}, onProblem: () => {} });
    await index.start((done, total) => {
      progress.tell({ total });
      progress.set(done);
    });
    await index.settled();
    await index.stop();
    progress.end();
    process.stdout.write(`${index.indexed} entries are in the index\n`);
  } finally {
    await state.close();
    await ledger.close();
  }
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new SekishoError("input-unreadable", `Cannot read ${file}: ${textOfError(cause)}`, {
      hint: "see that the file exists and may be read",
      cause,
    });
  });
}
