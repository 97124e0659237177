/** Sets of numbers that belong together, by union and path halving (Tarjan and van Leeuwen 1984). */
export class UnionFind {
  readonly parent: Int32Array;

  constructor(count: number) {
    this.parent = new Int32Array(count);
    for (let at = 0; at < count; at += 1) this.parent[at] = at;
  }

  /** The smallest number of a set stands for it, so the result does not hang on the order of unions. */
  find(one: number): number {
    const { parent } = this;
    let at = one;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number;
      at = parent[at] as number;
    }
    return at;
  }

  union(one: number, other: number): boolean {
    const a = this.find(one);
    const b = this.find(other);
    if (a === b) return false;
    if (a < b) this.parent[b] = a;
    else this.parent[a] = b;
    return true;
  }
}
