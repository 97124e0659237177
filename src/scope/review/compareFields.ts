import { SCOPE_KINDS, type ScopeKind } from "../fields/kinds.ts";
import type { CustomerField } from "../job/customerColumns.ts";
import type { CustomerRow } from "./customerRows.ts";
import { PersonReader } from "../understand/personReader.ts";
import type { FoundField } from "./recordFields.ts";

/** How a field of the record stands to the customer's. */
export const MARKS = ["same", "variant", "similar", "differs", "missing", "only-record"] as const;
export type FieldMark = (typeof MARKS)[number];

/** One line of the two, side by side. */
export type FieldPair = {
  kind: ScopeKind;
  /** As they are written; null: not there. */
  record: string | null;
  customer: string | null;
  mark: FieldMark;
};

const fieldsOfKind: readonly [ScopeKind, readonly CustomerField[]][] = [
  ["customer-id", ["customer_id"]],
  ["name", ["name_kanji"]],
  ["kana", ["name_kana"]],
  ["roman-name", ["name_roman"]],
  ["birth-date", ["birth_date"]],
  ["sex", ["sex"]],
  ["email", ["email"]],
  ["phone", ["phone", "phone2"]],
  ["postal-code", ["postal_code"]],
  ["address", ["address"]],
  ["passport", ["passport_number"]],
  ["passport-issued", ["passport_issued_on"]],
  ["passport-expires", ["passport_expires_on"]],
];

/** Share of letter pairs in common from which on two texts are similar. */
const similarFrom = 0.6;

/** Puts a record and a customer side by side, kind by kind; what only the record has comes last. */
export function compareFields(fields: readonly FoundField[], customer: CustomerRow | null): FieldPair[] {
  const pairs: FieldPair[] = [];
  const left = new Set(fields);
  for (const [name, columns] of fieldsOfKind) {
    const found = fields.filter((field) => field.kind === name);
    const held = columns.flatMap((column) => customer?.[column] ?? []);
    for (const one of found) left.delete(one);
    if (found.length === 0) {
      // A key that no record holds says nothing here; what else the record lacks may matter.
      if (held.length > 0 && name !== "customer-id")
        pairs.push({ kind: name, record: null, customer: held.join(" / "), mark: "missing" });
      continue;
    }
    for (const field of found) pairs.push(pairOf(name, field, held));
  }
  for (const field of left) {
    const named = SCOPE_KINDS.find((one) => one === field.kind) ?? "unknown";
    pairs.push({ kind: named, record: field.value, customer: null, mark: "only-record" });
  }
  return pairs;
}

const strength: readonly FieldMark[] = ["same", "variant", "similar", "differs"];

function pairOf(name: ScopeKind, field: FoundField, held: readonly string[]): FieldPair {
  if (held.length === 0) return { kind: name, record: field.value, customer: null, mark: "missing" };
  const marks = held.map((text) => markOf(name, field, text));
  const mark = strength.find((one) => marks.includes(one)) ?? "differs";
  return { kind: name, record: field.value, customer: held[marks.indexOf(mark)] as string, mark };
}

function markOf(name: ScopeKind, field: FoundField, text: string): FieldMark {
  const ours = field.normalised === "" ? normalise(name, field.value) : field.normalised;
  const theirs = normalise(name, text);
  const [plainOurs, plainTheirs] = [ours.replaceAll(" ", ""), theirs.replaceAll(" ", "")];
  if (plainOurs === plainTheirs) return isVariant(name, field.value, text) ? "variant" : "same";
  if (name === "roman-name" && sorted(ours) === sorted(theirs)) return "variant";
  if (name === "address" && (plainTheirs.startsWith(plainOurs) || plainOurs.startsWith(plainTheirs)))
    return "similar";
  if (name === "sex") return "differs";
  return dice(plainOurs, plainTheirs) >= similarFrom || digitsOff(name, plainOurs, plainTheirs)
    ? "similar"
    : "differs";
}

const sorted = (text: string): string => text.split(" ").sort().join(" ");

/** The same name in other kanji of one meaning: 髙橋 and 高橋. */
function isVariant(name: ScopeKind, one: string, other: string): boolean {
  if (name !== "name") return false;
  const bare = (text: string): string => text.normalize("NFKC").replaceAll(/\s/g, "");
  return bare(one) !== bare(other);
}

/** A digit or two off, or two neighbours swapped. */
function digitsOff(name: ScopeKind, one: string, other: string): boolean {
  if (!["phone", "postal-code", "birth-date", "passport"].includes(name) || one.length !== other.length)
    return false;
  let off = 0;
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) off += 1;
  return off <= 2;
}

function dice(one: string, other: string): number {
  const pairs = (text: string): string[] =>
    Array.from({ length: text.length - 1 }, (_, at) => text.slice(at, at + 2));
  if (one.length < 2 || other.length < 2) return one === other ? 1 : 0;
  const rest = pairs(other);
  let common = 0;
  for (const pair of pairs(one)) {
    const at = rest.indexOf(pair);
    if (at < 0) continue;
    common += 1;
    rest.splice(at, 1);
  }
  return (2 * common) / (one.length + other.length - 2);
}

let reader: PersonReader | null = null;

/** The canonical form that the job gives a text of this kind; the text itself where it cannot be read. */
export function normalise(name: ScopeKind, text: string): string {
  // No key is needed where nothing is hashed.
  reader ??= new PersonReader({ k0: 0, k1: 0 });
  return reader.normalise(name, text.slice(0, 4_000)) ?? text.normalize("NFKC").trim();
}
