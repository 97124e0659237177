import assert from "node:assert/strict";
import { test } from "node:test";
import { maskLiterals } from "./maskLiterals.ts";

const rows: [string, string][] = [
  ["select email from customers where id = 4711", "select email from customers where id = •••"],
  ["select * from t where name = 'O''Hara' limit 10", "select * from t where name = '•••' limit 10"],
  ["select E'a\\'b', 1", "select '•••', 1"],
  ["select $q$taro@example.jp$q$, $$x$$ from t1234", "select '•••', '•••' from t1234"],
  ["select 1 -- for taro@example.jp\n", "select 1 /* ••• */\n"],
  ['select /* 4711 */ "a\'b" from t where p = $1', 'select /* ••• */ "a\'b" from t where p = $1'],
  ["select 'a\\', b, 'taro'", "select '•••', b, '•••'"],
  ["select 1 /* a /* b */ taro */, 2", "select 1 /* ••• */, 2"],
  ["select 'open", "select '•••'"],
  ["select /* open", "select /* ••• */"],
];

for (const [text, masked] of rows) {
  test(`maskLiterals() gives ${JSON.stringify(masked)}`, () => assert.equal(maskLiterals(text), masked));
}
