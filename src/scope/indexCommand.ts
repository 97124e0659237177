import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { Progress } from "../lib/progress.ts";
import { buildIndex, indexFits, rowsOfIndex } from "./job/customerIndex.ts";
import { openCustomers } from "./job/customerSource.ts";
import { openKey } from "./job/jobFolder.ts";
import { ThreadPool } from "./job/threadPool.ts";
import { readMap } from "./scopeCommand.ts";

const help = `sekisho scope index --customers SOURCE --index DIR [--check]

Makes the index of a customer table, or makes it anew where the table has changed; where it is current
nothing is done. To be run daily, so that a scope need not begin with it. The index holds keyed hashes, the
customers' keys, services and days, and no name, address or number; its key is DIR.key: keep it apart.

  --customers SOURCE  CSV, Parquet, or postgres://USER@HOST/DATABASE?table=SCHEMA.TABLE
  --index DIR         where it is kept; the older one serves until the new one is whole
  --map FILE          which column holds what (YAML); sekisho scope map proposes one
  --check             only say whether it is current
  --threads N         threads that read (one for each processor)

Exit status: 0 it is current (now), 1 --check: it is not, 2 a mistake in the arguments or an error.
`;

const options = {
  customers: { type: "string" },
  index: { type: "string" },
  map: { type: "string" },
  check: { type: "boolean" },
  threads: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Runs \`sekisho scope index\`; gives the exit status. */
export async function indexCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho scope index");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const { customers, index } = values;
  if (customers === undefined || index === undefined || positionals.length > 0) {
    throw new SekishoError("usage", "Cannot keep an index without --customers and --index", {
      hint: "try: sekisho scope index --help",
    });
  }
  const threads = Number(values.threads ?? Math.min(8, availableParallelism()));
  if (!Number.isInteger(threads) || threads < 1 || threads > 99) {
    throw new SekishoError("usage", `Cannot use ${values.threads} threads`, {
      hint: "a number from 1 to 99",
    });
  }
  const map = values.map === undefined ? null : readMap(values.map);
  return keepIndex({ customers, index: resolve(index), map, check: values.check === true, threads });
}

type Keeping = {
  customers: string;
  index: string;
  map: ReturnType<typeof readMap> | null;
  check: boolean;
  threads: number;
};

async function keepIndex({ customers, index, map, check, threads }: Keeping): Promise<number> {
  const work = mkdtempSync(join(tmpdir(), "sekisho-index-"));
  const progress = new Progress({ phase: "customers", total: null });
  try {
    const key = openKey(`${index}.key`);
    const onRows = (rows: number): void => progress.set(rows);
    const opened = await openCustomers(customers, { map, folder: work, onRows });
    const why = indexFits(index, { fingerprint: opened.fingerprint, key });
    if (why !== null && !check) {
      const today = Temporal.Now.plainDateISO().toString();
      await using pool = new ThreadPool(threads, { key, today });
      const onProgress = (phase: string, bytes: number): void => {
        progress.tell({ phase });
        progress.add(bytes);
      };
      await buildIndex(index, { pool, key, customers: opened, onProgress });
    }
    progress.end();
    const rows = why !== null && check ? 0 : rowsOfIndex(index);
    if (why === null) process.stdout.write(`current: ${index}, ${rows} rows\n`);
    else if (check) process.stdout.write(`not current: ${why}\n`);
    else process.stdout.write(`made, as ${why}: ${index}, ${rows} rows\n`);
    return why !== null && check ? 1 : 0;
  } finally {
    progress.end();
    rmSync(work, { recursive: true, force: true });
  }
}
