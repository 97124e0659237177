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
  /** Of every customer: 1 if a record was certainly linked to it. */
  linked: Uint8Array;
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
  const sets = new UnionFind(customers + records);
  const linked = new Uint8Array(sharedBytes(customers), 0, customers);
  // A record that is in no set yet hangs below its customer, whose number is smaller.
  for (let record = 0; record < records; record += 1) {
    if (links.state[record] !== linkState.certain) continue;
    sets.parent[customers + record] = links.row[record] as number;
    linked[links.row[record] as number] = 1;
  }
  joinAll(sets, customerEdges.certain, 0);
  joinAll(sets, recordEdges.certain, customers);
  const numbered = new NumberedSets(sets);
  const persons = { ...personsOf(numbered, { customers, records }), linked };
  // What is probable is laid over the same sets. Two persons may be one by a customer of whom nothing certain
  // was found: such customers get numbers behind those of the persons, and are not counted.
  const probableMax = (customerEdges.probable.length + recordEdges.probable.length) / 2 + records;
  const loose = new UnionFind(persons.count + 1 + Math.min(customers, probableMax * 2));
  const join = (one: number, other: number): void => {
    if (one !== other) loose.union(one, other);
  };
  const personOf = (node: number): number => numbered.number(node);
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

/**
 * Numbers of sets, from 1, in the order in which they are asked for. The number stands where the set's
 * smallest member had itself, as its complement: members lie anywhere in the memory, and one look must do.
 */
class NumberedSets {
  readonly #parent: Int32Array;
  count = 0;

  /** No more sets may be joined. */
  constructor({ parent }: UnionFind) {
    this.#parent = parent;
  }

  /** The number of a member's set, a new one if it has none yet. */
  number(member: number): number {
    const root = this.#root(member);
    const known = this.#parent[root] as number;
    if (known < 0) return ~known;
    this.count += 1;
    this.#parent[root] = ~this.count;
    return this.count;
  }

  /** The same; 0 if it has none yet. */
  known(member: number): number {
    const number = this.#parent[this.#root(member)] as number;
    return number < 0 ? ~number : 0;
  }

  #root(member: number): number {
    const parent = this.#parent;
    let at = member;
    for (let next = parent[at] as number; next >= 0 && next !== at; next = parent[at] as number) at = next;
    return at;
  }
}

function personsOf(
  sets: NumberedSets,
  { customers, records }: { customers: number; records: number },
): Omit<Persons, "fewest" | "linked"> {
  const ofRecord = new Int32Array(sharedBytes(records * 4), 0, records);
  for (let record = 0; record < records; record += 1) ofRecord[record] = sets.number(customers + record);
  const { count } = sets;
  const ofCustomer = new Int32Array(sharedBytes(customers * 4), 0, customers);
  const matched = new Uint8Array(count + 1);
  for (let customer = 0; customer < customers; customer += 1) {
    const person = sets.known(customer);
    ofCustomer[customer] = person;
    matched[person] = 1;
  }
  let unmatched = 0;
  for (let person = 1; person <= count; person += 1) if (matched[person] === 0) unmatched += 1;
  const probable = new Uint8Array(sharedBytes(count + 1), 0, count + 1);
  return { ofRecord, ofCustomer, count, probable, unmatched };
}
