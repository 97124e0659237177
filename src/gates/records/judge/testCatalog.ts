import type { Catalog, Column, Relation } from "../catalog.ts";
import type { PersonalKind } from "../../../personal/kinds.ts";

/** The catalog of a small travel company, for the judge's tests, and the SQL that makes it. */

const oids: Readonly<Record<string, number>> = {
  int4: 23,
  int8: 20,
  text: 25,
  date: 1082,
  timestamptz: 1184,
  numeric: 1700,
};

function column(name: string, type: string, more: { personal?: PersonalKind; key?: boolean } = {}): Column {
  return {
    name,
    type,
    typeOid: oids[type] ?? 0,
    personal: more.personal ?? null,
    customerKey: more.key ?? false,
    notNull: name === "id",
  };
}

function table(name: string, columns: readonly Column[], schema = "public"): Relation {
  return { schema, name, kind: "table", columns, definition: null };
}

const ofCustomer: readonly Column[] = [
  column("id", "int8", { key: true }),
  column("name", "text", { personal: "name" }),
  column("kana", "text", { personal: "kana" }),
  column("roman_name", "text", { personal: "roman-name" }),
  column("birth_date", "date", { personal: "birth-date" }),
  column("email", "text", { personal: "email" }),
  column("phone", "text", { personal: "phone" }),
  column("postal_code", "text", { personal: "postal-code" }),
  column("address", "text", { personal: "address" }),
  column("passport_no", "text", { personal: "passport" }),
  column("note", "text", { personal: "free-text" }),
  column("created_at", "timestamptz"),
];

function view(name: string, definition: string, columns: readonly Column[]): Relation {
  return { schema: "public", name, kind: "view", columns, definition };
}

const system = (name: string, columns: readonly string[]): Relation => ({
  schema: "pg_catalog",
  name,
  kind: "system",
  columns: columns.map((one) => column(one, "text")),
  definition: null,
});

export const testCatalog: Catalog = {
  version: "1",
  relations: [
    table("customers", ofCustomer),
    table("customers_2015", ofCustomer),
    table("bookings", [
      column("id", "int8"),
      column("customer_id", "int8", { key: true }),
      column("passport_no", "text", { personal: "passport" }),
      column("product", "text"),
      column("price", "int4"),
      column("booked_at", "timestamptz"),
    ]),
    table("products", [column("code", "text"), column("title", "text"), column("price", "int4")]),
    table("mail_log", [
      column("id", "int8"),
      column("address", "text", { personal: "email" }),
      column("sent_at", "timestamptz"),
    ]),
    table("companions", [
      column("customer_id", "int8", { key: true }),
      column("companion_id", "int8", { key: true }),
      column("remark", "text", { personal: "free-text" }),
    ]),
    table("postal", [column("code", "text"), column("city", "text")]),
    table("会員", [column("番号", "int8", { key: true }), column("氏名", "text", { personal: "name" })]),
    table("settings", [column("name", "text"), column("value", "text")]),
    table("archive_names", [column("id", "int8"), column("label", "text")], "archive"),
    table("settings", [column("name", "text"), column("owner", "text", { personal: "name" })], "hr"),
    view("v_customers", "SELECT customers.id, customers.email AS e, customers.created_at FROM customers", [
      column("id", "int8"),
      column("e", "text"),
      column("created_at", "timestamptz"),
    ]),
    view(
      "v_names",
      "SELECT v.id AS number, c.name AS label FROM (v_customers v JOIN customers c ON ((c.id = v.id)))",
      [column("number", "int8"), column("label", "text")],
    ),
    view(
      "v_count",
      "SELECT count(*) AS n, customers.product FROM bookings customers GROUP BY customers.product",
      [column("n", "int8"), column("product", "text")],
    ),
    view("v_emails", "SELECT string_agg(customers.email, ','::text) AS emails FROM customers", [
      column("emails", "text"),
    ]),
    view("v_broken", "SELECT FROM WHERE", [column("id", "int8")]),
    { schema: "public", name: "booking_id", kind: "sequence", columns: [], definition: null },
    system("pg_class", ["oid", "relname"]),
    system("pg_stats", ["tablename", "most_common_vals"]),
    system("pg_stat_activity", ["pid", "query"]),
    system("pg_settings", []),
  ],
  routines: [
    { schema: "public", name: "mask_email", kind: "function", language: "sql" },
    { schema: "public", name: "my_concat", kind: "aggregate", language: "internal" },
    { schema: "public", name: "upper", kind: "function", language: "plpgsql" },
    { schema: "public", name: "send_mails", kind: "procedure", language: "plpgsql" },
  ],
};
