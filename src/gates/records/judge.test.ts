import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { indexCatalog, judgeText, readyJudge } from "./judge.ts";
import { testCatalog } from "./judge/testCatalog.ts";
import { testRows } from "./judge/testRows.ts";
import { STATEMENT_CODES, type JudgedStatement } from "./verdict.ts";

const index = indexCatalog(testCatalog);
before(readyJudge);

type Row = { sql: string; as: string; code: string; counted: string };

function readRows(text: string): Row[] {
  const rows: Row[] = [];
  let expected = { as: "", code: "", counted: "" };
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const indent = line.search(/\S/);
    const last = rows.at(-1);
    if (indent === 2) rows.push({ sql: line.trim(), ...expected });
    else if (indent > 2 && last !== undefined) last.sql += ` ${line.trim()}`;
    else {
      const [head = "", counted = ""] = line.split(": ");
      const [as = "", code = ""] = head.split(" ");
      expected = { as, code, counted };
    }
  }
  return rows;
}

function judgeOne(sql: string): JudgedStatement {
  const { statements } = judgeText(sql, index);
  assert.equal(statements.length, 1, sql);
  return statements[0] as JudgedStatement;
}

function describeCount({ keys, keyless }: JudgedStatement): string {
  const parts = [keys.length > 0 ? `key ${keys.join(" ")}` : "", keyless > 0 ? `keyless ${keyless}` : ""];
  return parts.filter((part) => part !== "").join(", ");
}

function judgesRows(rows: readonly Row[]): void {
  for (const { sql, as, code, counted } of rows) {
    test(`judgeText() says ${as} and ${code} of: ${sql}`, () => {
      const judged = judgeOne(sql);
      const counts = as === "count" || as === "pass" ? describeCount(judged) : "";
      assert.deepEqual([judged.class, judged.codes[0], counts], [as, code, counted], judged.detail);
      assert.equal(judged.nullCounts.length, judged.keys.length);
      assert.equal(judged.keyTypes.length, judged.keys.length);
    });
  }
}

/** Texts that are too much: too deep for the parser, for JSON, for the judge; too long. */
const tooMuch: Readonly<Record<string, string>> = {
  "50,000 parentheses": `select ${"(".repeat(50_000)}1${")".repeat(50_000)}`,
  "20,000 sums": `select 1${"+1".repeat(20_000)}`,
  "600 nested calls": `select ${"abs(".repeat(600)}1${")".repeat(600)}`,
  "WITH queries that double": `with w0 as (select * from customers) ${Array.from(
    { length: 24 },
    (_, at) => `, w${at + 1} as (select a::text || b::text as t from w${at} a, w${at} b)`,
  ).join("")} select t from w24`,
  "recursion within recursion": `${Array.from(
    { length: 24 },
    (_, at) => `with recursive r${at} as (select id from customers union all (`,
  ).join("")}select 1${Array.from({ length: 24 }, (_, at) => `) , r${23 - at} select 1`).join("")}`,
  "16 MiB": `select '${"x".repeat(16 * 1024 ** 2)}'`,
};
for (const [name, sql] of Object.entries(tooMuch)) {
  test(`judgeText() says unknown and cannot-parse of ${name}`, () => {
    assert.deepEqual([judgeOne(sql).class, judgeOne(sql).codes], ["unknown", ["cannot-parse"]]);
  });
}

for (const [name, rows] of Object.entries(testRows)) describe(name, () => judgesRows(readRows(rows)));

test("every code has a row", () => {
  const seen = new Set(Object.values(testRows).flatMap((rows) => readRows(rows).map(({ code }) => code)));
  assert.deepEqual([...seen].toSorted(), [...STATEMENT_CODES].toSorted());
});

describe("what a statement does to the session", () => {
  const rows: [string, unknown][] = [
    ["set sekisho.purpose = 'refund'", { do: "set", name: "sekisho.purpose", value: "refund", local: false }],
    ["set local work_mem to default", { do: "set", name: "work_mem", value: null, local: true }],
    [
      "select set_config('sekisho.purpose', 'x', true)",
      { do: "set", name: "sekisho.purpose", value: "x", local: true },
    ],
    ["reset all", { do: "set", name: "all", value: null, local: false }],
    ["execute p(1)", { do: "execute", name: "p" }],
    ["deallocate all", { do: "deallocate", name: null }],
    ["fetch 10 from c", { do: "fetch", name: "c" }],
    ["close all", { do: "close", name: null }],
    ["discard temp", { do: "discard", what: "temp" }],
  ];
  for (const [sql, effect] of rows) {
    test(`judgeText() says so, of: ${sql}`, () => assert.deepEqual(judgeOne(sql).effect, effect));
  }
  test("judgeText() gives the verdict on what a cursor or a prepared statement will run", () => {
    for (const sql of [
      "declare c cursor for select id, email from customers",
      "prepare c as table customers",
    ]) {
      const { effect, class: own } = judgeOne(sql);
      assert.ok(effect?.do === "declare" || effect?.do === "prepare");
      assert.equal(own, "pass");
      assert.deepEqual([effect.name, effect.statement.class, effect.statement.keys], ["c", "count", [0]]);
    }
    assert.equal(judgeOne("declare c cursor for select array_agg(email) from customers").class, "bulk");
  });
});

test("judgeText() reads how COPY writes its bytes, as its options say", () => {
  const text = { format: "text", delimiter: "\t", null: "\\N", header: false, quote: '"', escape: '"' };
  assert.deepEqual(judgeOne("copy customers to stdout").copyOut, text);
  const csv = judgeOne(
    "copy customers to stdout (format csv, header, delimiter ';', quote '''', null 'x')",
  ).copyOut;
  assert.deepEqual(csv, { format: "csv", delimiter: ";", null: "x", header: true, quote: "'", escape: "'" });
  assert.equal(judgeOne("copy customers to stdout with binary").copyOut?.format, "binary");
  assert.ok(judgeOne("copy customers from stdin").copyIn);
});

test("judgeText() counts a NULL key once for each relation that has no other key in the row", () => {
  const sql = "select c.id, c.email, b.passport_no from customers c join bookings b on b.customer_id = c.id";
  assert.deepEqual(judgeOne(sql).nullCounts, [2]);
});

test("judgeText() says which columns a statement touches, and how many conditions it puts on them", () => {
  const judged = judgeOne(
    "select count(*) from customers where email like 'a%' and phone like '0%' and id = 1",
  );
  assert.equal(judged.conditions, 2);
  assert.deepEqual(judged.touches, [
    {
      relation: "public.customers",
      columns: [
        { name: "email", kind: "email" },
        { name: "phone", kind: "phone" },
      ],
    },
  ]);
  assert.deepEqual(judgeOne("select id from (select * from customers) s").touches, []);
});

test("judgeText() never repeats a literal of the text", () => {
  for (const sql of ["select email from customers where note = 'geheim'", "set client_encoding = 'geheim'"]) {
    assert.doesNotMatch(judgeOne(sql).detail, /geheim/);
  }
});

test("judgeText() gives each statement of a text its verdict, and none for an empty text", () => {
  const { statements } = judgeText("begin; select email from customers; ; commit", index);
  assert.deepEqual(
    statements.map((statement) => [statement.verb, statement.class]),
    [
      ["TRANSACTION", "pass"],
      ["SELECT", "count"],
      ["TRANSACTION", "pass"],
    ],
  );
  for (const text of ["", " ", ";", "-- nothing"])
    assert.equal(judgeText(text, index).statements.length, 0, text);
});

test("judgeText() says whether literals were looked at", () => {
  const rows = {
    "select 1 from customers": true,
    "select id from customers group by 1": false,
    "set a.b = 'x'": false,
  };
  for (const [sql, expected] of Object.entries(rows)) {
    assert.equal(judgeText(sql, index).literalsDoNotMatter, expected, sql);
  }
});

test("judgeText() lets routines run that people know", () => {
  const knownRoutines = new Set(["public.mask_email", "public.upper"]);
  const [judged] = judgeText("select id, mask_email(upper(email)) from customers", index, {
    knownRoutines,
  }).statements;
  assert.deepEqual([judged?.class, judged?.keys], ["count", [0]]);
});
