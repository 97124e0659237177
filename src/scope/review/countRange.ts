import type { Edges } from "../job/customerEdges.ts";
import { linkState, type Links } from "../match/decideLinks.ts";
import { UnionFind } from "../match/unionFind.ts";
import type { Verdict } from "./decisions.ts";

/** Persons: the fewest if all that is probable were true, the most if only what is certain is. */
export type Range = { fewest: number; most: number };

/** What was said of a record, with the customer's row; −1: of no customer. */
export type Ruling = { verdict: Verdict; row: number };

export type Graph = { links: Links; customers: number; customerEdges: Edges; recordEdges: Edges };

/** The links with what people said in them: confirmed ones are certain, refuted ones are gone. */
export function ruledLinks(links: Links, rulings: ReadonlyMap<number, Ruling>): Links {
  const ruled = { ...links, row: links.row.slice(), state: links.state.slice() };
  for (const [record, { verdict, row }] of rulings) {
    if (verdict === "same" && row >= 0) {
      ruled.row[record] = row;
      ruled.state[record] = linkState.certain;
    } else if (verdict === "another" && row >= 0 && links.row[record] === row) {
      ruled.row[record] = -1;
      ruled.state[record] = 0;
    }
  }
  return ruled;
}

/** An edge between two sets of what is certain. Those of links are as firm as what was said of them. */
type Edge = { a: number; b: number; record: number; row: number };
type Firmness = "certain" | "probable" | "gone";

/**
 * Counts persons while decisions come in. What the machine is certain of is put together once; a decision
 * then moves only the few sets that its record hangs together with. A decision against a certain link,
 * which is rare, makes all of it anew.
 */
export class CountRange {
  readonly #graph: Graph;
  readonly #rulings = new Map<number, Ruling>();
  #sets!: UnionFind;
  #hasRecord!: Uint8Array;
  #edgesAt!: Map<number, Edge[]>;
  #linkEdge!: Map<number, Edge[]>;
  #total: Range = { fewest: 0, most: 0 };

  constructor(graph: Graph, rulings: ReadonlyMap<number, Ruling> = new Map()) {
    this.#graph = graph;
    for (const [record, ruling] of rulings) this.#rulings.set(record, ruling);
    this.#build();
  }

  get range(): Range {
    return { ...this.#total };
  }

  #build(): void {
    const { links, customers, customerEdges, recordEdges } = this.#graph;
    const records = links.row.length;
    this.#sets = new UnionFind(customers + records);
    this.#edgesAt = new Map();
    this.#linkEdge = new Map();
    for (const [{ certain }, shift] of [
      [customerEdges, 0],
      [recordEdges, customers],
    ] as const) {
      for (let at = 0; at < certain.length; at += 2)
        this.#sets.union((certain[at] as number) + shift, (certain[at + 1] as number) + shift);
    }
    for (let record = 0; record < records; record += 1) {
      if (links.state[record] === linkState.certain && !this.#isOverruled(record))
        this.#sets.union(links.row[record] as number, customers + record);
    }
    this.#hasRecord = new Uint8Array(customers + records);
    let most = 0;
    for (let record = 0; record < records; record += 1) {
      const root = this.#sets.find(customers + record);
      if (this.#hasRecord[root] === 0) most += 1;
      this.#hasRecord[root] = 1;
    }
    this.#addEdges();
    this.#total = { fewest: most, most };
    const seen = new Set<number>();
    for (const root of this.#edgesAt.keys()) {
      if (seen.has(root)) continue;
      const component = this.#componentOf([root]);
      for (const one of component.roots) seen.add(one);
      this.#add(this.#count(component), this.#countApart(component.roots));
    }
  }

  #addEdges(): void {
    const { links, customers, customerEdges, recordEdges } = this.#graph;
    for (const [{ probable }, shift] of [
      [customerEdges, 0],
      [recordEdges, customers],
    ] as const) {
      for (let at = 0; at < probable.length; at += 2)
        this.#addEdge((probable[at] as number) + shift, (probable[at + 1] as number) + shift, null);
    }
    for (let record = 0; record < links.row.length; record += 1) {
      if (links.state[record] === linkState.review)
        this.#addEdge(links.row[record] as number, customers + record, record);
    }
    for (const [record, { verdict, row }] of this.#rulings)
      if (verdict === "same" && row >= 0) this.#ensureLink(record, row);
  }

  #addEdge(one: number, other: number, record: number | null): void {
    const a = this.#sets.find(one);
    const b = this.#sets.find(other);
    const edge = { a, b, record: record ?? -1, row: record === null ? -1 : one };
    if (record !== null) this.#listIn(this.#linkEdge, record, edge);
    if (a === b) return;
    this.#listIn(this.#edgesAt, a, edge);
    this.#listIn(this.#edgesAt, b, edge);
  }

  #listIn(map: Map<number, Edge[]>, key: number, edge: Edge): void {
    const list = map.get(key);
    if (list === undefined) map.set(key, [edge]);
    else list.push(edge);
  }

  /** A link to a customer whom the machine did not propose. */
  #ensureLink(record: number, row: number): void {
    const { links, customers } = this.#graph;
    if (links.row[record] === row) return;
    if (this.#linkEdge.get(record)?.some((edge) => edge.row === row) === true) return;
    this.#addEdge(row, customers + record, record);
  }

  #isOverruled(record: number): boolean {
    const ruling = this.#rulings.get(record);
    if (ruling === undefined || ruling.row < 0) return false;
    const machine = this.#graph.links.row[record];
    return ruling.verdict === "another"
      ? ruling.row === machine
      : ruling.verdict === "same" && ruling.row !== machine;
  }

  #firmness(edge: Edge, trial: { record: number; ruling: Ruling } | null): Firmness {
    if (edge.record < 0) return "probable";
    const ruling = trial?.record === edge.record ? trial.ruling : this.#rulings.get(edge.record);
    const proposed = edge.row === this.#graph.links.row[edge.record];
    if (ruling === undefined || ruling.verdict === "unclear" || ruling.row < 0)
      return proposed ? "probable" : "gone";
    if (ruling.verdict === "same") return ruling.row === edge.row ? "certain" : "gone";
    if (ruling.row === edge.row) return "gone";
    return proposed ? "probable" : "gone";
  }

  #componentOf(from: readonly number[]): { roots: number[]; edges: Set<Edge> } {
    const found = new Set(from);
    const edges = new Set<Edge>();
    for (const root of found) {
      for (const edge of this.#edgesAt.get(root) ?? []) {
        edges.add(edge);
        found.add(edge.a);
        found.add(edge.b);
      }
    }
    return { roots: [...found], edges };
  }

  #count(
    { roots, edges }: { roots: readonly number[]; edges: ReadonlySet<Edge> },
    trial: { record: number; ruling: Ruling } | null = null,
  ): Range {
    const place = new Map(roots.map((root, at) => [root, at]));
    const firm = new UnionFind(roots.length);
    const loose = new UnionFind(roots.length);
    for (const edge of edges) {
      const firmness = this.#firmness(edge, trial);
      if (firmness === "gone") continue;
      const [a, b] = [place.get(edge.a) as number, place.get(edge.b) as number];
      if (firmness === "certain") firm.union(a, b);
      loose.union(a, b);
    }
    const held = (sets: UnionFind): number => {
      const named = new Set<number>();
      for (const [at, root] of roots.entries()) if (this.#hasRecord[root] === 1) named.add(sets.find(at));
      return named.size;
    };
    return { fewest: held(loose), most: held(firm) };
  }

  /** Each set by itself, as if there were no edges. */
  #countApart(roots: readonly number[]): Range {
    const count = roots.reduce((sum, root) => sum + (this.#hasRecord[root] as number), 0);
    return { fewest: count, most: count };
  }

  #add(after: Range, before: Range): void {
    this.#total.fewest += after.fewest - before.fewest;
    this.#total.most += after.most - before.most;
  }

  #rootsOf(record: number, row: number): number[] {
    const roots = [this.#sets.find(this.#graph.customers + record)];
    if (row >= 0) roots.push(this.#sets.find(row));
    return roots;
  }

  /** What a ruling would change. Null: only a whole count can say, since it goes against a certain link. */
  effect(record: number, ruling: Ruling): Range | null {
    if (this.#needsRebuild(record, ruling)) return null;
    if (ruling.verdict === "same" && ruling.row >= 0) this.#ensureLink(record, ruling.row);
    const component = this.#componentOf(this.#rootsOf(record, ruling.row));
    const before = this.#count(component);
    const after = this.#count(component, { record, ruling });
    return { fewest: after.fewest - before.fewest, most: after.most - before.most };
  }

  #needsRebuild(record: number, ruling: Ruling | null): boolean {
    if (this.#graph.links.state[record] !== linkState.certain) return false;
    const before = this.#isOverruled(record);
    const held = this.#rulings.get(record);
    if (ruling === null) this.#rulings.delete(record);
    else this.#rulings.set(record, ruling);
    const after = this.#isOverruled(record);
    if (held === undefined) this.#rulings.delete(record);
    else this.#rulings.set(record, held);
    return before !== after;
  }

  /** Takes in a ruling, or its withdrawal (null); gives the range after it. */
  rule(record: number, ruling: Ruling | null): Range {
    const rebuild = this.#needsRebuild(record, ruling);
    const old = this.#rulings.get(record);
    if (rebuild) {
      this.#set(record, ruling);
      this.#build();
      return this.range;
    }
    if (ruling?.verdict === "same" && ruling.row >= 0) this.#ensureLink(record, ruling.row);
    const from = this.#rootsOf(record, ruling?.row ?? -1);
    if (old !== undefined && old.row >= 0) from.push(this.#sets.find(old.row));
    const component = this.#componentOf(from);
    const before = this.#count(component);
    this.#set(record, ruling);
    this.#add(this.#count(component), before);
    return this.range;
  }

  #set(record: number, ruling: Ruling | null): void {
    if (ruling === null) this.#rulings.delete(record);
    else this.#rulings.set(record, ruling);
  }
}
