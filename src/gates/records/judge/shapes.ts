import {
  type Carrier,
  type Cell,
  equalMeansSame,
  isKeyOf,
  isStrictKeyOf,
  joinLoosely,
  joinStrictly,
  keyRoots,
  looseRoot,
  mixAll,
  type NamedCell,
  type Shape,
  type Source,
  sourcesOf,
  strictRoot,
  type Taint,
  type Value,
} from "./lineage.ts";
import { freshCarrier, freshSource, freshValue, spend, type Walk } from "./walk.ts";

/** A query's columns, laid by to be used several times: each use has sources of its own. */
export type Packed = {
  shape: Shape;
  /** Sources and values from this serial on are made anew for each use. */
  since: number;
  sources: readonly PackedSource[];
};

type PackedSource = {
  source: Source;
  /** Places of columns that carry its key, and of those the ones that are never NULL. */
  places: readonly number[];
  strictPlaces: readonly number[];
};

/** Types whose cells may stand beside keys. */
const nameOfOid: Readonly<Record<number, string>> = {
  20: "int8",
  21: "int2",
  23: "int4",
  25: "text",
  705: "unknown",
  1043: "varchar",
  1700: "numeric",
  2950: "uuid",
};

export function pack(shape: Shape, since: number): Packed {
  const taints = shape.flatMap(({ cell }) => [
    ...cell.taints,
    ...[...cell.carriers].flatMap((carrier) => [...carrier.tells]),
  ]);
  const sources = [...sourcesOf(taints)]
    .filter((source) => source.serial >= since)
    .map((source) => packSource(shape, source));
  return { shape, since, sources };
}

function packSource(shape: Shape, source: Source): PackedSource {
  const roots = keyRoots(source);
  const places = shape.flatMap(({ cell }, place) => (isKeyOf(roots, cell) ? [place] : []));
  const strictPlaces = places.filter((place) => isStrictKeyOf(source, (shape[place] as NamedCell).cell));
  return { source, places, strictPlaces };
}

/** One use of a packed query. */
export function unpack(walk: Walk, packed: Packed): Shape {
  const { shape, since } = packed;
  // Each use may double what the one before it did: WITH queries over WITH queries.
  for (const { cell } of shape) spend(walk, 4 * (1 + cell.taints.size + cell.carriers.size));
  const values = freshValues(walk, shape, since);
  const sources = new Map<Source, Source>();
  for (const { source, places, strictPlaces } of packed.sources) {
    const keys = places.map((place) => values[place] as Value);
    const neverNull = strictPlaces.map((place) => values[place] as Value);
    sources.set(source, freshSource(walk, { relation: source.relation, keys, neverNull }));
  }
  const taints = new Map<Taint, Taint>();
  const ofUse = (old: ReadonlySet<Taint>): ReadonlySet<Taint> =>
    mapSet(old, (taint) => {
      const source = sources.get(taint.source);
      if (source === undefined) return taint;
      const made = taints.get(taint) ?? { source, origin: taint.origin };
      taints.set(taint, made);
      return made;
    });
  const carriers = new Map<Carrier, Carrier>();
  const carrierOfUse = (carrier: Carrier): Carrier => {
    if (carrier.serial < since) return carrier;
    const made = carriers.get(carrier) ?? freshCarrier(walk);
    if (!carriers.has(carrier)) {
      carriers.set(carrier, made);
      for (const taint of ofUse(carrier.tells)) made.tells.add(taint);
    }
    return made;
  };
  const cellOfUse = (cell: Cell, value: Value | null): Cell => ({
    ...cell,
    value,
    taints: ofUse(cell.taints),
    carriers: mapSet(cell.carriers, carrierOfUse),
    row: cell.row?.map((part) => ({ name: part.name, cell: cellOfUse(part.cell, null) })) ?? null,
  });
  return shape.map(({ name, cell }, place) => ({ name, cell: cellOfUse(cell, values[place] ?? null) }));
}

function mapSet<T>(old: ReadonlySet<T>, change: (one: T) => T): ReadonlySet<T> {
  return old.size === 0 ? old : new Set([...old].map(change));
}

/** Values for one use: the same among each other as those of the packed query. */
function freshValues(walk: Walk, shape: Shape, since: number): (Value | null)[] {
  const byLoose = new Map<Value, Value>();
  const byStrict = new Map<Value, Value>();
  return shape.map(({ cell }) => {
    const old = cell.value;
    if (old === null) return null;
    const value = freshValue(walk, old.type);
    const same = byLoose.get(looseRoot(old));
    if (same === undefined) byLoose.set(looseRoot(old), value);
    else joinLoosely(same, value);
    if (old.serial < since) joinLoosely(value, old);
    if (cell.nullable) return value;
    const root = strictRoot(old);
    const twin = byStrict.get(root);
    if (twin !== undefined) joinStrictly(twin, value);
    else {
      byStrict.set(root, value);
      value.notNull = root.notNull;
      value.outer.push(...root.outer.filter((outer) => outer.serial < since));
    }
    return value;
  });
}

/**
 * The columns of UNION and its like: each row comes from one branch, so a source of one branch and a source
 * of another that have their keys in the same place are counted as one.
 */
export function mergeBranches(walk: Walk, branches: readonly Shape[], since: number): Shape {
  const [first, ...rest] = branches;
  if (first === undefined) return [];
  if (rest.length === 0) return first;
  const width = first.length;
  const even = branches.every((shape) => shape.length === width && shape.every(({ cell }) => !cell.wide));
  if (!even) return mergeUneven(branches);
  const values = first.map((_, place) => {
    const type = commonType(branches.map((shape) => (shape[place] as NamedCell).cell));
    return type === null ? null : freshValue(walk, type);
  });
  const sources = alignSources(walk, branches, { since, values });
  const carrier = freshCarrier(walk);
  return first.map(({ name }, place) => {
    const cells = branches.map((shape) => (shape[place] as NamedCell).cell);
    const mixed = mixAll(cells);
    const taints = mapSet(mixed.taints, (taint) => {
      const source = sources.get(taint.source);
      return source === undefined ? taint : { source, origin: taint.origin };
    });
    const carriers = new Set([...mixed.carriers, carrier]);
    for (const old of mixed.carriers) addTells(old, sources);
    const oids = cells.map((cell) => cell.typeOid).filter((oid) => oid !== 0);
    const typeOid = Math.max(0, ...oids);
    return { name, cell: { ...mixed, taints, carriers, typeOid, value: values[place] ?? null } };
  });
}

/**
 * The type of a column that several branches share, where each passes keys on as they are. Where one branch
 * is of another type all are cast to it: `union select null::float4` would make many keys one.
 */
function commonType(cells: readonly Cell[]): string | null {
  if (cells.every((cell) => cell.value === null)) return null;
  const types = cells.map((cell) => nameOfOid[cell.typeOid] ?? cell.value?.type);
  const type = types.find((one) => one !== "unknown");
  if (type === undefined) return null;
  const fits = types.every((one) => one === "unknown" || (one !== undefined && equalMeansSame(one, type)));
  return fits ? type : null;
}

/** Where the places of columns are not known, one cell of unknown width stands for them all. */
function mergeUneven(branches: readonly Shape[]): Shape {
  const all = mixAll(branches.flatMap((shape) => shape.map(({ cell }) => cell)));
  return [{ name: "", cell: { ...all, wide: true } }];
}

/** What conditions said of a branch's items holds of the source that stands for them now. */
function addTells(carrier: Carrier, sources: ReadonlyMap<Source, Source>): void {
  for (const taint of [...carrier.tells]) {
    const source = sources.get(taint.source);
    if (source === undefined) continue;
    carrier.tells.delete(taint);
    carrier.tells.add({ source, origin: taint.origin });
  }
}

type Aligned = { source: Source; places: readonly number[]; usedIn: number };

function alignSources(
  walk: Walk,
  branches: readonly Shape[],
  { since, values }: { since: number; values: readonly (Value | null)[] },
): Map<Source, Source> {
  const aligned: Aligned[] = [];
  const standing: [Source, Aligned][] = [];
  for (const [branch, shape] of branches.entries()) {
    for (const { source, places: all } of pack(shape, since).sources) {
      const places = all.filter((place) => values[place] !== null);
      const partner = aligned.find(
        (one) =>
          one.usedIn < branch &&
          (places.length === 0
            ? one.places.length === 0
            : one.places.some((place) => places.includes(place))),
      );
      if (partner === undefined) {
        const made = { source: freshSource(walk, { relation: source.relation }), places, usedIn: branch };
        aligned.push(made);
        standing.push([source, made]);
        continue;
      }
      partner.places = partner.places.filter((place) => places.includes(place));
      partner.usedIn = branch;
      standing.push([source, partner]);
    }
  }
  // The places are known only now.
  for (const one of aligned) one.source.keys = one.places.map((place) => values[place] as Value);
  return new Map(standing.map(([source, { source: stands }]) => [source, stands]));
}
