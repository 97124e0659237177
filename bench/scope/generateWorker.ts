import { parentPort, workerData } from "node:worker_threads";
import { CustomerRows } from "./customerRows.ts";
import { COMBINATIONS, Identity, sharedOf, type SharedKeys } from "./identity.ts";
import { LeakFiles, type LeakFile } from "./leakFile.ts";
import { loadNames } from "./names.ts";
import { Person } from "./person.ts";
import { loadPlaces } from "./places.ts";
import type { Population } from "./population.ts";

/** What every worker is given at its start. */
export type GenerateData = {
  population: Population;
  namesFolder: string | null;
  folder: string;
  fieldsSample: number;
  /** A key for each combination and registration, combination by combination. */
  keys: Float64Array<SharedArrayBuffer>;
};

export type GenerateTask =
  | { do: "keys"; from: number; to: number }
  | { do: "find-shared"; combination: number }
  | { do: "customers"; from: number; to: number }
  | { do: "leak"; file: LeakFile; shared: SharedKeys };

export type GenerateAnswer =
  { progress: number } | { done: true; shared?: Float64Array; rows?: Uint8Array; persons?: Uint8Array };

const data = workerData as GenerateData;
const port = parentPort as NonNullable<typeof parentPort>;
const names = loadNames(data.namesFolder);
const places = loadPlaces();
const { population } = data;
let leakFiles: LeakFiles | null = null;
const customers = new CustomerRows(population, { names, places });

function answer(message: GenerateAnswer, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** Each person's key once, however often the person is registered. */
function writeKeys(from: number, to: number): void {
  const person = new Person(population, { names, places });
  const identity = new Identity(names);
  const own: number[] = [];
  for (let number = from; number < to; number += 1) {
    person.set(number);
    const first = population.firstRow[number] as number;
    for (let combination = 0; combination < COMBINATIONS.length; combination += 1) {
      own.length = 0;
      for (let at = 0; at < person.registrationCount; at += 1) {
        const registration = person.registrations[at];
        const key = registration === undefined ? 0 : identity.key(combination, person, registration);
        data.keys[combination * population.customers + first + at] = own.includes(key)
          ? Number.POSITIVE_INFINITY
          : key;
        own.push(key);
      }
    }
    if ((number - from) % 10_000 === 9_999) answer({ progress: 10_000 });
  }
}

function work(task: GenerateTask): void {
  if (task.do === "keys") {
    writeKeys(task.from, task.to);
    answer({ done: true });
  } else if (task.do === "find-shared") {
    const from = task.combination * population.customers;
    const shared = sharedOf(data.keys.slice(from, from + population.customers));
    answer({ done: true, shared });
  } else if (task.do === "customers") {
    const { rows, persons } = customers.write(task.from, task.to);
    answer({ done: true, rows, persons }, [rows.buffer as ArrayBuffer, persons.buffer as ArrayBuffer]);
  } else {
    const { fieldsSample } = data;
    leakFiles ??= new LeakFiles({ population, names, places, shared: task.shared, fieldsSample });
    leakFiles.write(task.file, data.folder, (rows) => answer({ progress: rows }));
    answer({ done: true });
  }
}

port.on("message", work);
