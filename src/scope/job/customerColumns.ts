import { SekishoError } from "../../lib/error.ts";
import { kindOfName } from "../understand/columnNames.ts";
import { kind, SCOPE_KINDS } from "../fields/kinds.ts";

/** What a customer table can hold that the scope makes use of, by the names that need no map. */
export const CUSTOMER_FIELDS = [
  "customer_id",
  "name_kanji",
  "name_kana",
  "name_roman",
  "sex",
  "birth_date",
  "email",
  "postal_code",
  "address",
  "phone",
  "phone2",
  "passport_number",
  "passport_issued_on",
  "passport_expires_on",
  "service",
  "site",
  "partner",
  "booked_on",
  "language",
] as const;
export type CustomerField = (typeof CUSTOMER_FIELDS)[number];

/** Which column of the table holds what; a field that no column holds is not there. */
export type CustomerMap = Partial<Record<CustomerField, string>>;

/** Fields that are kept as they are, for counts and notices, not matched. */
export const ATTRIBUTES = ["service", "site", "partner", "booked_on", "language"] as const;

export const kindOfField: Partial<Record<CustomerField, number>> = {
  name_kanji: kind.name,
  name_kana: kind.kana,
  name_roman: kind["roman-name"],
  sex: kind.sex,
  birth_date: kind["birth-date"],
  email: kind.email,
  postal_code: kind["postal-code"],
  address: kind.address,
  phone: kind.phone,
  phone2: kind.phone,
  passport_number: kind.passport,
};

const usual: Readonly<Record<string, CustomerField>> = {
  name: "name_kanji",
  kanji: "name_kanji",
  kana: "name_kana",
  roman: "name_roman",
  gender: "sex",
  birthday: "birth_date",
  dob: "birth_date",
  mail: "email",
  zip: "postal_code",
  zipcode: "postal_code",
  tel: "phone",
  passport: "passport_number",
  id: "customer_id",
};

/** Which field a kind of personal data is, of a customer table. */
export const fieldOfKind: Readonly<Record<string, CustomerField>> = {
  name: "name_kanji",
  kana: "name_kana",
  "roman-name": "name_roman",
  sex: "sex",
  "birth-date": "birth_date",
  email: "email",
  "postal-code": "postal_code",
  address: "address",
  phone: "phone",
  passport: "passport_number",
  "passport-issued": "passport_issued_on",
  "passport-expires": "passport_expires_on",
  "customer-id": "customer_id",
};

/** A map from the names of columns alone. */
export function mapByNames(columns: readonly string[]): CustomerMap {
  const map: CustomerMap = {};
  const known = new Set<string>(CUSTOMER_FIELDS);
  for (const column of columns) {
    const plain = column.trim().toLowerCase();
    const field = known.has(plain) ? (plain as CustomerField) : usual[plain];
    if (field !== undefined) map[field] ??= column;
  }
  for (const column of columns) {
    if (Object.values(map).includes(column)) continue;
    const found = kindOfName(column);
    const field = found === null ? undefined : fieldOfKind[SCOPE_KINDS[found] as string];
    if (field !== undefined) map[field] ??= column;
  }
  return map;
}

/** Says what is wrong with a map; a table without a key or without any person in it cannot be matched. */
export function checkMap(map: CustomerMap, columns: readonly string[], table: string): void {
  for (const [field, column] of Object.entries(map)) {
    if (columns.includes(column)) continue;
    throw new SekishoError("config-invalid", `Cannot map ${field}: ${table} has no column "${column}"`, {
      hint: `use one of: ${columns.slice(0, 40).join(", ")}`,
    });
  }
  if (map.customer_id === undefined) {
    throw new SekishoError("config-invalid", `Cannot tell which column of ${table} is the customer's key`, {
      hint: "name it in --map FILE: customer_id: COLUMN (sekisho scope map --customers … proposes a map)",
    });
  }
  const people = Object.keys(map).filter((field) => kindOfField[field as CustomerField] !== undefined);
  if (people.length >= 2) return;
  throw new SekishoError(
    "config-invalid",
    `Cannot match with ${table}: no columns of persons are known in it`,
    {
      hint: "name them in --map FILE (sekisho scope map --customers … proposes a map)",
    },
  );
}
