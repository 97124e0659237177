import type { Said } from "../../../gate.ts";
import type { PersonalKind } from "../../../personal/kinds.ts";
import type { CatalogRelation, CatalogRows, ForeignKey, Query } from "./readCatalog.ts";
import { nameOf, quoteName } from "./sampleColumns.ts";

export type ProposedKey = { column: string; confidence: number; because: Said };
export type ProposedCustomers = { table: string; key: string; confidence: number; because: Said };

type Found = ReadonlyMap<number, readonly { name: string; kind: PersonalKind }[]>;
export type Customers = { relation: CatalogRelation; key: string; proposed: ProposedCustomers };

const ofCustomers = /customer|client|member|kokyaku|kaiin|okyaku|顧客|会員|得意先|お客様/i;
const ofPersons = /user|person|people|guest|passenger|patient|subscriber|account|利用者|旅行者|搭乗者/i;

/** The table that has one row a customer: it names persons, it has a key, and others point to it. */
export function proposeCustomers(given: {
  rows: CatalogRows;
  found: Found;
  foreignKeys: readonly ForeignKey[];
  uniqueKeys: ReadonlyMap<number, string[]>;
}): Customers | null {
  let best: { score: number; customers: Customers } | null = null;
  for (const [oid, columns] of given.found) {
    const relation = given.rows.relations.get(oid) as CatalogRelation;
    const kinds = new Set(columns.map(({ kind }) => kind));
    if (!["name", "kana", "roman-name", "email"].some((kind) => kinds.has(kind as PersonalKind))) continue;
    const key = given.uniqueKeys.get(oid)?.find((column) => !columns.some(({ name }) => name === column));
    if (key === undefined) continue;
    const pointing = given.foreignKeys.filter(({ target }) => target === oid).length;
    const byName = ofCustomers.test(relation.name) ? 4 : ofPersons.test(relation.name) ? 2 : 0;
    const score = kinds.size + byName + Math.min(4, pointing);
    if (best !== null && best.score >= score) continue;
    const because = {
      en: `${kinds.size} kinds of personal data, the key "${key}", ${pointing} foreign keys that point to it`,
      ja: `個人の情報が ${kinds.size} 種類と主キー「${key}」があり、${pointing} 個の外部キーが指している`,
    };
    const table = `${relation.schema}.${relation.name}`;
    const confidence = Math.min(0.98, Math.round((0.4 + score * 0.05) * 100) / 100);
    best = { score, customers: { relation, key, proposed: { table, key, confidence, because } } };
  }
  return best?.customers ?? null;
}

/** Which column of each table says whose a row is: foreign keys first, then name and values. */
export async function proposeKeys(
  query: Query,
  given: { rows: CatalogRows; customers: Customers; foreignKeys: readonly ForeignKey[]; found: Found },
): Promise<Map<number, ProposedKey>> {
  const { rows, customers, foreignKeys, found } = given;
  const keys = new Map<number, ProposedKey>();
  keys.set(customers.relation.oid, {
    column: customers.key,
    confidence: 1,
    because: { en: "it is the customers' key", ja: "顧客の主キーである" },
  });
  const byForeignKey = followForeignKeys(customers, foreignKeys);
  for (const oid of found.keys()) {
    const relation = rows.relations.get(oid) as CatalogRelation;
    if (keys.has(oid)) continue;
    const column = byForeignKey.get(oid);
    if (column !== undefined) {
      const because = { en: "a foreign key leads to the customers", ja: "外部キーが顧客を指す" };
      keys.set(oid, { column, confidence: 0.98, because });
      continue;
    }
    const guessed = await guessKey(query, relation, customers);
    if (guessed !== null) keys.set(oid, guessed);
  }
  return keys;
}

/** A foreign key to a column that itself is the customers' key, over any number of tables. */
function followForeignKeys(customers: Customers, foreignKeys: readonly ForeignKey[]): Map<number, string> {
  const carries = new Map<number, string>([[customers.relation.oid, customers.key]]);
  for (let grown = true; grown;) {
    grown = false;
    for (const { relation, columns, target, targetColumns } of foreignKeys) {
      const place = targetColumns.indexOf(carries.get(target) ?? "\u0000");
      const column = columns[place];
      if (column === undefined || carries.has(relation)) continue;
      carries.set(relation, column);
      grown = true;
    }
  }
  return carries;
}

/** Share of a column's values that must be keys of customers. */
const containedMin = 0.95;

async function guessKey(
  query: Query,
  relation: CatalogRelation,
  customers: Customers,
): Promise<ProposedKey | null> {
  const keyType = customers.relation.columns.find(({ name }) => name === customers.key)?.type ?? "";
  const singular = customers.relation.name.replace(/s$/, "");
  const wanted = [
    `${singular}_${customers.key}`,
    `${singular}${customers.key}`,
    `${singular}_no`,
    `${singular}_cd`,
  ];
  if (!/^(?:id|no|code|key)$/i.test(customers.key)) wanted.push(customers.key);
  const candidates = relation.columns.filter(
    ({ name, type }) =>
      (type === keyType || (/^int/.test(type) && /^int/.test(keyType))) &&
      (wanted.some((one) => one.toLowerCase() === name.toLowerCase()) || ofCustomers.test(name)),
  );
  for (const { name } of candidates) {
    const share = await shareContained(query, { relation, column: name, customers });
    if (share === null || share < containedMin) continue;
    const percent = Math.round(share * 100);
    return {
      column: name,
      confidence: 0.85,
      because: {
        en: `it is called "${name}", and ${percent} % of its values are keys of customers`,
        ja: `列名が「${name}」で、値の ${percent} % が顧客のキーである`,
      },
    };
  }
  return null;
}

async function shareContained(
  query: Query,
  { relation, column, customers }: { relation: CatalogRelation; column: string; customers: Customers },
): Promise<number | null> {
  const target = nameOf(customers.relation);
  const key = quoteName(customers.key);
  const value = quoteName(column);
  await query("savepoint sekisho_key");
  try {
    const { rows } = await query(`
      select count(*)::int8 as all,
             count(*) filter (where exists (select from ${target} c where c.${key} = v.k))::int8 as known
        from (select ${value} as k from ${nameOf(relation)} where ${value} is not null limit 200) v`);
    await query("release savepoint sekisho_key");
    const all = Number(rows[0]?.["all"]);
    return all === 0 ? null : Number(rows[0]?.["known"]) / all;
  } catch {
    await query("rollback to savepoint sekisho_key"); // It cannot be said: there is no proposal.
    return null;
  }
}
