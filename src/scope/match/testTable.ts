import assert from "node:assert/strict";
import type { ScopeKind } from "../fields/kinds.ts";
import { SignatureTable } from "../signatures/columns.ts";
import type { HashKey } from "../signatures/keyedHash.ts";
import { PersonReader } from "../understand/personReader.ts";

/** What is known of somebody, as texts. */
export type TestPerson = Partial<Record<ScopeKind, string>>;

const testKey: HashKey = { k0: 0x12345678, k1: 0x9abcdef0 };
const readers = new Map<HashKey, PersonReader>();

/** The signatures of persons; a text that is not understood fails the test. */
export function tableOfPersons(persons: readonly TestPerson[], key = testKey): SignatureTable {
  const table = new SignatureTable(persons.length);
  const reader = readers.get(key) ?? new PersonReader(key);
  readers.set(key, reader);
  for (const [row, person] of persons.entries()) {
    reader.clear();
    for (const [name, text] of Object.entries(person))
      assert.ok(reader.take(name as ScopeKind, text), `${name}: ${text}`);
    reader.store(table, row);
  }
  return table;
}
