import { fractionOf, hashOf, Shuffle } from "./draw.ts";

/** Streams of random numbers: one for each question, so that a new question changes no answer of another. */
export const stream = {
  household: 1,
  registrations: 2,
  customer: 3,
  person: 4,
  version: 5,
  leakRows: 6,
  row: 8,
  file: 9,
  look: 10,
  repeat: 11,
  sample: 12,
  family: 13,
  image: 14,
} as const;

export type Plan = {
  seed: number;
  customers: number;
  leakRows: number;
  /** No twins, neighbours, look-alikes, wrong values or damage: only missing fields and other writings. */
  easy: boolean;
};

/**
 * Who there is: persons live in households, and are registered none to three times. In shared memory, so that
 * all workers see one population.
 */
export type Population = Plan & {
  persons: number;
  households: number;
  /** First person of each household, and one more. */
  householdFirst: Uint32Array<SharedArrayBuffer>;
  householdOf: Uint32Array<SharedArrayBuffer>;
  /** First registration of each person, and one more: rows of the customers before they are shuffled. */
  firstRow: Uint32Array<SharedArrayBuffer>;
  rowPerson: Uint32Array<SharedArrayBuffer>;
  /** Whose row each row of the leak is; a look-alike's row has the person whom it resembles. */
  leakPerson: Uint32Array<SharedArrayBuffer>;
};

export function sizeOfHousehold(seed: number, household: number): number {
  const random = fractionOf(seed, stream.household, household);
  return random < 0.45 ? 1 : random < 0.72 ? 2 : random < 0.87 ? 3 : random < 0.97 ? 4 : 5;
}

/**
 * A single who is in no customer table, though the leak may hold the person (another company's customers).
 */
export function isOutsiderHousehold(plan: Plan, household: number): boolean {
  const alone = sizeOfHousehold(plan.seed, household) === 1;
  return alone && fractionOf(plan.seed, stream.family, household) < 0.12;
}

/** The last two of these households are twins. */
export function hasTwins(plan: Plan, household: number): boolean {
  const size = sizeOfHousehold(plan.seed, household);
  return !plan.easy && size >= 4 && fractionOf(plan.seed, stream.family, household) < 0.09;
}

function registrationsOf(plan: Plan, household: number, { person, role }: { person: number; role: number }) {
  if (isOutsiderHousehold(plan, household)) return 0;
  const random = fractionOf(plan.seed, stream.registrations, person);
  const size = sizeOfHousehold(plan.seed, household);
  const second = role === size - 1 && hasTwins(plan, household);
  // Not all of a family are customers, and of twins often only one is.
  if (role > 0 && random < (second ? 0.5 : 0.06)) return 0;
  const again = fractionOf(plan.seed, stream.customer, person);
  return again < 0.85 ? 1 : again < 0.96 ? 2 : 3;
}

/** Lays out persons until the customer table has the rows that were asked for, then deals the leak's rows. */
export function layOutPopulation(plan: Plan): Population {
  const most = Math.ceil(plan.customers * 1.3) + 1_000;
  const householdFirst = shared(most + 1);
  const householdOf = shared(most);
  const firstRow = shared(most + 1);
  const rowPerson = shared(plan.customers);
  let [persons, households, rows] = [0, 0, 0];
  while (rows < plan.customers) {
    const size = sizeOfHousehold(plan.seed, households);
    householdFirst[households] = persons;
    for (let role = 0; role < size; role += 1) {
      const asked = registrationsOf(plan, households, { person: persons, role });
      const count = Math.min(asked, plan.customers - rows);
      householdOf[persons] = households;
      firstRow[persons] = rows;
      rowPerson.fill(persons, rows, rows + count);
      rows += count;
      persons += 1;
    }
    households += 1;
  }
  householdFirst[households] = persons;
  firstRow[persons] = rows;
  const leakPerson = dealLeak(plan, persons);
  return {
    ...plan,
    persons,
    households,
    householdFirst,
    householdOf,
    firstRow,
    rowPerson,
    leakPerson,
  };
}

/**
 * Persons in a shuffled order have one to three rows each, at shuffled places, until there are enough rows.
 */
function dealLeak(plan: Plan, persons: number): Uint32Array<SharedArrayBuffer> {
  const leakPerson = shared(plan.leakRows);
  const order = new Shuffle(persons, hashOf(plan.seed, stream.leakRows, 1));
  const places = new Shuffle(plan.leakRows, hashOf(plan.seed, stream.leakRows, 2));
  let dealt = 0;
  for (let turn = 0; dealt < plan.leakRows; turn += 1) {
    const person = order.at(turn % persons);
    const random = fractionOf(plan.seed, stream.leakRows, turn);
    const count = random < 0.8 ? 1 : random < 0.96 ? 2 : 3;
    for (let one = 0; one < count && dealt < plan.leakRows; one += 1) {
      leakPerson[places.at(dealt)] = person;
      dealt += 1;
    }
  }
  return leakPerson;
}

function shared(length: number): Uint32Array<SharedArrayBuffer> {
  return new Uint32Array(new SharedArrayBuffer(Math.max(4, length * 4)));
}

export function registrationsIn(population: Population, person: number): number {
  return (population.firstRow[person + 1] as number) - (population.firstRow[person] as number);
}

/** The shuffled order of the customer table: where each registration's row stands. */
export function customerOrder(population: Plan): Shuffle {
  return new Shuffle(population.customers, hashOf(population.seed, stream.customer, -1));
}

export function customerIdAt(position: number): string {
  return `C${String(position + 1).padStart(8, "0")}`;
}
