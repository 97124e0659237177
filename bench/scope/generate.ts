import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { Progress } from "../../src/lib/progress.ts";
import { CUSTOMER_COLUMNS } from "./customerRow.ts";
import type { GenerateAnswer, GenerateData, GenerateTask } from "./generateWorker.ts";
import { COMBINATIONS, type SharedKeys } from "./identity.ts";
import { planLeakFiles } from "./leakFile.ts";
import { layOutPopulation, type Plan, type Population } from "./population.ts";
import { writeImage, type ImageProfile } from "./writeImage.ts";
import { writeTruth, type Totals } from "./writeTruth.ts";

export type GenerateOptions = Plan & {
  /** What it is all written into: `customers.csv`, `leak/`, `truth.parquet`, `persons.parquet` … */
  folder: string;
  /** Frequency lists of names; null: the product's own lists. */
  namesFolder: string | null;
  workers: number;
  format: "csv" | "parquet";
  /** About so many rows have their fields told in fields.parquet. */
  fieldsSample: number;
  /** Also a raw image that holds the leak's bytes as fragments among others. */
  image: ImageProfile | null;
};

const customersAtOnce = 20_000;

/** Generates customers, a leak of them, and the truth about both; the same options give the same bytes. */
export async function generateScope(options: GenerateOptions): Promise<Totals> {
  const progress = new Phases();
  progress.next("population", null);
  mkdirSync(join(options.folder, "leak"), { recursive: true });
  const population = layOutPopulation(options);
  const keys = new Float64Array(new SharedArrayBuffer(8 * COMBINATIONS.length * population.customers));
  const { namesFolder, folder, fieldsSample } = options;
  const pool = startPool({ population, namesFolder, folder, fieldsSample, keys }, options.workers, progress);
  try {
    await writeCustomers(pool, population, { folder, progress });
    const shared = await findShared(pool, population, progress);
    const files = planLeakFiles(options);
    progress.next("leak", population.leakRows);
    await pool.run(files.map((file) => ({ do: "leak", file, shared })));
  } finally {
    await pool.end();
  }
  progress.next("truth", null);
  const fragments = options.image === null ? null : writeImage({ ...options, profile: options.image });
  const totals = await writeTruth({ ...options, fragments });
  progress.end();
  writeFileSync(join(folder, "truth.json"), `${JSON.stringify(totals, null, 2)}\n`);
  return totals;
}

/** A bar for each phase, so that its rate is its own. */
class Phases {
  #bar = new Progress({ phase: "start", total: null });

  next(phase: string, total: number | null): void {
    this.#bar.end();
    this.#bar = new Progress({ phase, total });
  }

  add(count: number): void {
    this.#bar.add(count);
  }

  end(): void {
    this.#bar.end();
  }
}

type Pool = {
  /** Runs tasks in order on whichever worker is free; `answered` sees the answers in the tasks' order. */
  run(tasks: readonly GenerateTask[], answered?: (answer: GenerateAnswer) => void): Promise<void>;
  end(): Promise<void>;
};

function startPool(data: GenerateData, count: number, progress: Phases): Pool {
  const workers = Array.from(
    { length: Math.max(1, count) },
    () =>
      new Worker(new URL("./generateWorker.ts", import.meta.url), {
        workerData: data,
        execArgv: ["--disable-warning=ExperimentalWarning"],
      }),
  );
  return {
    run: (tasks, answered) => runTasks({ workers, tasks, progress }, answered ?? (() => {})),
    end: async () => {
      for (const worker of workers) await worker.terminate();
    },
  };
}

function runTasks(
  { workers, tasks, progress }: { workers: Worker[]; tasks: readonly GenerateTask[]; progress: Phases },
  answered: (answer: GenerateAnswer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const waiting = new Map<number, GenerateAnswer>();
    let [next, told] = [0, 0];
    const finish = (): void => {
      for (const worker of workers) worker.removeAllListeners();
      resolve();
    };
    const give = (worker: Worker): void => {
      const number = next;
      const task = tasks[number];
      if (task === undefined) return;
      next += 1;
      worker.removeAllListeners();
      worker.on("error", reject);
      worker.on("message", (answer: GenerateAnswer) => {
        if ("progress" in answer) return progress.add(answer.progress);
        waiting.set(number, answer);
        give(worker);
        for (let one = waiting.get(told); one !== undefined; one = waiting.get(told)) {
          waiting.delete(told);
          answered(one);
          told += 1;
        }
        if (told === tasks.length) finish();
      });
      worker.postMessage(task);
    };
    for (const worker of workers) give(worker);
    if (tasks.length === 0) finish();
  });
}

async function writeCustomers(
  pool: Pool,
  population: Population,
  { folder, progress }: { folder: string; progress: Phases },
): Promise<void> {
  progress.next("customers", population.customers);
  const rows = openSync(join(folder, "customers.csv"), "w");
  const persons = openSync(join(folder, "persons.csv"), "w");
  writeSync(rows, `${CUSTOMER_COLUMNS.join(",")}\r\n`);
  const tasks = pieces(population.customers, customersAtOnce);
  await pool.run(
    tasks.map(([from, to]) => ({ do: "customers", from, to })),
    (answer) => {
      if (!("done" in answer)) return;
      writeAll(rows, answer.rows as Uint8Array);
      writeAll(persons, answer.persons as Uint8Array);
      progress.add(customersAtOnce);
    },
  );
  closeSync(rows);
  closeSync(persons);
}

/** Which values are those of more than one customer: what a row must not be told by. */
async function findShared(pool: Pool, population: Population, progress: Phases): Promise<SharedKeys> {
  progress.next("shared values", population.persons);
  const tasks = pieces(population.persons, 50_000);
  await pool.run(tasks.map(([from, to]) => ({ do: "keys", from, to })));
  const shared: Float64Array[] = [];
  await pool.run(
    COMBINATIONS.map((_, combination) => ({ do: "find-shared", combination })),
    (answer) => {
      if (!("done" in answer)) return;
      const found = answer.shared as Float64Array;
      const copy = new Float64Array(new SharedArrayBuffer(8 * found.length));
      copy.set(found);
      shared.push(copy);
    },
  );
  return shared;
}

function pieces(count: number, size: number): [number, number][] {
  const list: [number, number][] = [];
  for (let from = 0; from < count; from += size) list.push([from, Math.min(count, from + size)]);
  return list;
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length;) from += writeSync(file, bytes, from, bytes.length - from);
}

const usage = `node bench/scope/generate.ts --out DIR [--customers 100000] [--leak 90000] [--seed 2016]
    [--names DIR] [--workers 2] [--format csv|parquet] [--fields-sample 20000] [--easy]
    [--image dense|sparse]
`;

async function main(argv: string[]): Promise<void> {
  const { values } = parseArgs({
    args: argv,
    options: {
      out: { type: "string" },
      customers: { type: "string", default: "100000" },
      leak: { type: "string", default: "90000" },
      seed: { type: "string", default: "2016" },
      names: { type: "string" },
      workers: { type: "string", default: "2" },
      format: { type: "string", default: "csv" },
      "fields-sample": { type: "string", default: "20000" },
      easy: { type: "boolean", default: false },
      image: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help || values.out === undefined) return void process.stdout.write(usage);
  rmSync(join(values.out, "leak"), { recursive: true, force: true });
  const started = performance.now();
  const totals = await generateScope({
    seed: Number(values.seed),
    customers: Number(values.customers),
    leakRows: Number(values.leak),
    easy: values.easy,
    folder: values.out,
    namesFolder: values.names ?? null,
    workers: Number(values.workers),
    format: values.format === "parquet" ? "parquet" : "csv",
    fieldsSample: Number(values["fields-sample"]),
    image: values.image === undefined ? null : values.image === "sparse" ? "sparse" : "dense",
  });
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  process.stdout.write(`${JSON.stringify(totals)}\n${seconds} s\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(process.argv.slice(2));
