import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { loadModule, parseSync } from "libpg-query";
import { fingerprintOf } from "./fingerprint.ts";
import { textKey } from "./textKey.ts";

before(loadModule);

test("textKey() is the same for texts that differ in literals only", () => {
  const pairs = [
    ["select * from t1 where a = 'x' and b=12", "select * from t1 where a = 'it''s' and b=7"],
    ["select -1, 1.5, .5, 1e5", "select -3, 0.1, .25, 2.5e-3"],
    ["select a from t where id in (1,2)", "select a from t where id in (30,40)"],
    ["select $1, 'a'", "select $1, ''"],
    ["select 2147483647", "select 0000000001"],
    ['select "a 1" from t limit 5', 'select "a 1" from t limit 9'],
  ] as const;
  for (const [one, other] of pairs) {
    assert.notEqual(textKey(one), null, one);
    assert.equal(textKey(one), textKey(other), one);
  }
});

test("textKey() tells apart what is not a literal", () => {
  const pairs = [
    ["select * from t1", "select * from t2"],
    ["select $1", "select $2"],
    ["select 1", "select '1'"],
    ["select 1", "select 1.0"],
    ["select 2147483647", "select 2147483648"],
    ['select "1"', 'select "2"'],
    ["select a1$1 from t", "select a1$2 from t"],
    ["select 1 from t", "select 1  from u"],
  ] as const;
  for (const [one, other] of pairs) assert.notEqual(textKey(one), textKey(other), one);
});

test("textKey() gives none for texts whose literals are not plain", () => {
  const texts = [
    "select $$x$$",
    "select $a$x$a$",
    "select E'x'",
    "select e'x'",
    "select U&'x'",
    'select U&"x"',
    "select b'1'",
    "select x'1F'",
    "select n'x'",
    "select 'a\\b'",
    "select 1 -- x",
    "select /* x */ 1",
    "select 'open",
    'select "open',
    "select 0x1F",
    "select 1_000",
    "select 1..2",
    "select 1.2.3",
    "select 12abc",
    "select $1a",
    "select a::float(24)",
    "select '\u0000' \u0001",
  ];
  for (const text of texts) assert.equal(textKey(text), null, text);
});

/** A tree without its literals and places: what is left must be the same for one key. */
function withoutLiterals(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutLiterals);
  if (typeof node !== "object" || node === null) return node;
  const literals = new Set(["location", "stmt_len", "stmt_location", "rexpr_list_start", "rexpr_list_end"]);
  const places = new Set(["list_start", "list_end"]);
  return Object.fromEntries(
    Object.entries(node)
      .filter(([name]) => !literals.has(name) && !places.has(name))
      .map(([name, value]) => [name, isLiteral(name) ? "literal" : withoutLiterals(value)]),
  );
}

function isLiteral(name: string): boolean {
  return name === "ival" || name === "fval" || name === "sval" || name === "limitCount";
}

const words = `select from where t1 a1 and or = , . ( ) + - * / 'a' 'b''c' '' 1 22 2147483648 1.5 .5 5. 1e5
  $1 $2 :: " "q" E B ' & U& int8 ; -- /* */ 0x1 1_0 あ １ [ ] || null date interval float`;
const pieces = fc.constantFrom(
  ...words.split(/\s+/).map((word) => `${word} `),
  "\n",
  "'x'",
  "1",
  "a",
  "e",
  ".",
  "$",
  "-",
);

test("textKey() gives one key only to texts that parse alike, for random texts", () => {
  const byKey = new Map<string, { text: string; tree: string | null }>();
  const treeOf = (text: string): string | null => {
    try {
      return JSON.stringify(withoutLiterals(parseSync(text)));
    } catch {
      return null;
    }
  };
  let shared = 0;
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 6 }), fc.boolean(), (parts, select) => {
      const text = `${select ? "select " : ""}${parts.join("")}`;
      const key = textKey(text);
      if (key === null || text.trim() === "") return;
      const tree = treeOf(text);
      const first = byKey.get(key);
      if (first === undefined) byKey.set(key, { text, tree });
      else if (first.text !== text) {
        shared += 1;
        assert.equal(tree, first.tree, `${first.text} and ${text}`);
      }
    }),
    { seed: 2016, numRuns: 60_000 },
  );
  assert.ok(shared > 500, `${shared} shared keys`);
});

test("fingerprintOf() is the same whatever the literals and blanks, and null for what is not SQL", () => {
  assert.equal(
    fingerprintOf("select a from t where b = 1"),
    fingerprintOf("select  a from t where b = 'x' -- y"),
  );
  assert.notEqual(fingerprintOf("select a from t"), fingerprintOf("select b from t"));
  assert.equal(fingerprintOf("selec"), null);
});
