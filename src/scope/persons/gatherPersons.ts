import { UnionFind } from "../match/unionFind.ts";
import { linkState, type Links } from "../match/decideLinks.ts";
import type { Edges } from "../job/customerEdges.ts";
import { sharedBytes } from "../signatures/sharedMemory.ts";

/** Records put together to persons. Customers are nodes 0 to `customers` − 1, records follow. */
export type Persons = {
  /** Of every record: its person, from 1, in the order in which persons first occur. */
  ofRecord: Int32Array;
  /** Of every customer row that belongs to a person with records; 0: no record of that customer was found. */
  ofCustomer: Int32Array;
  /** Persons when only what is certain counts. */
  count: number;
  /** The same if all that is probable were true: the fewest there can be. */
  fewest: number;
  /** Of every person: whether something probable would join it with another. */
  probable: Uint8Array;
  /** Persons without any customer row. */
  unmatched: number;
};

/** What puts records and customers together beside the links; edges count from the first of their side. */
export type ToGather = { customers: number; customerEdges: Edges; recordEdges: Edges };

/**
 * Joins records and customers by what is certain, and counts again with what is probable. Who is the same
 * person is settled on both sides by their own thresholds; a link of a record joins the two sides.
 */
export function gatherPersons(
  links: Pick<Links, "row" | "state">,
  { customers, customerEdges, recordEdges }: ToGather,
): Persons {
  const records = links.row.length;
  const certain = new UnionFind(customers + records);
  // A record that is in no set yet hangs below its customer, whose number is smaller.
  for (let record = 0; record < records; record += 1)
    if (links.state[record] === linkState.certain)
      certain.parent[customers + record] = links.row[record] as number;
  joinAll(certain, customerEdges.certain, 0);
  joinAll(certain, recordEdges.certain, customers);
  const { number, ...persons } = numbered(certain, { customers, records });
  // What is probable is laid over the same sets. Two persons may be one by a customer of whom nothing certain
  // was found: such customers get numbers behind those of the persons, and are not counted.
  let unclaimed = 0;
  const probableMax = (customerEdges.probable.length + recordEdges.probable.length) / 2 + records;
  const loose = new UnionFind(persons.count + 1 + Math.min(customers, probableMax * 2));
  const join = (one: number, other: number): void => {
    if (one !== other) loose.union(one, other);
  };
  const personOf = (node: number): number => {
    const root = certain.find(node);
    if (number[root] === 0) {
      unclaimed += 1;
      number[root] = persons.count + unclaimed;
    }
    return number[root] as number;
  };
  for (const [edges, shift] of [
    [customerEdges.probable, 0],
    [recordEdges.probable, customers],
  ] as const) {
    for (let at = 0; at < edges.length; at += 2)
      join(personOf((edges[at] as number) + shift), personOf((edges[at + 1] as number) + shift));
  }
  for (let record = 0; record < records; record += 1) {
    if (links.state[record] === linkState.review)
      join(personOf(links.row[record] as number), personOf(customers + record));
  }
  let fewest = 0;
  for (let person = 1; person <= persons.count; person += 1) {
    // The smallest number stands for a set, so a set with persons is named by one.
    const first = loose.find(person);
    if (first === person) fewest += 1;
    else persons.probable[person] = persons.probable[first] = 1;
  }
  return { ...persons, fewest };
}

function joinAll(sets: UnionFind, edges: Int32Array, shift: number): void {
  for (let at = 0; at < edges.length; at += 2)
    sets.union((edges[at] as number) + shift, (edges[at + 1] as number) + shift);
}

function numbered(
  sets: UnionFind,
  { customers, records }: { customers: number; records: number },
): Omit<Persons, "fewest"> & { number: Int32Array } {
  /** By what stands for a set: its person. */
  const number = new Int32Array(customers + records);
  const ofRecord = new Int32Array(sharedBytes(records * 4), 0, records);
  let count = 0;
  for (let record = 0; record < records; record += 1) {
    const root = sets.find(customers + record);
    if (number[root] === 0) {
      count += 1;
      number[root] = count;
    }
    ofRecord[record] = number[root] as number;
  }
  const ofCustomer = new Int32Array(sharedBytes(customers * 4), 0, customers);
  const matched = new Uint8Array(count + 1);
  for (let customer = 0; customer < customers; customer += 1) {
    const person = number[sets.find(customer)] as number;
    ofCustomer[customer] = person;
    matched[person] = 1;
  }
  let unmatched = 0;
  for (let person = 1; person <= count; person += 1) if (matched[person] === 0) unmatched += 1;
  const probable = new Uint8Array(sharedBytes(count + 1), 0, count + 1);
  return { ofRecord, ofCustomer, count, probable, unmatched, number };
}
