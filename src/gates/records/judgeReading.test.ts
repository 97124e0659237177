import assert from "node:assert/strict";
import { test } from "node:test";
import { FINDINGS, type RecordsCode } from "./findings.ts";
import { judgeReading, type SeenStatement } from "./judgeReading.ts";
import { RecordsPolicy } from "./policy.ts";
import type { JudgedStatement, StatementCode, VerdictClass } from "./verdict.ts";

const policy = RecordsPolicy.parse({
  groups: [
    { name: "operators", budget: { hour: 100 } },
    { name: "askers", bulk: "ask", unknown: "ask", define: "ask", overBudget: "ask" },
    { name: "free", bulk: "allow", unknown: "allow", define: "allow" },
    { name: "strict", keyless: "refuse", conditionsPerHour: 10 },
    { name: "watched", conditionsPerHour: 10, onBlindExtraction: "tell", otherStatements: "tell" },
    { name: "batch", otherStatements: "refuse" },
  ],
});

function statement(
  kind: VerdictClass,
  code: StatementCode,
  more: Partial<JudgedStatement> = {},
): JudgedStatement {
  const touches = [{ relation: "public.customers", columns: [{ name: "email", kind: "email" as const }] }];
  return {
    class: kind,
    codes: [code],
    detail: "string_agg(customers.email)",
    verb: "SELECT",
    writes: false,
    touches: code === "no-personal-data" || code === "defines" ? [] : touches,
    conditions: 0,
    personalOutput: [],
    keys: [],
    keyless: 0,
    nullCounts: [],
    keyTypes: [],
    copyOut: null,
    copyIn: false,
    effect: null,
    ...more,
  };
}

type Row = [
  group: string | null,
  judged: JudgedStatement,
  more: Partial<SeenStatement>,
  act: string,
  ...reasons: RecordsCode[],
];

const nothing = statement("pass", "no-personal-data");
const personal = statement("count", "personal-columns", { keys: [0], nullCounts: [1] });
const keyless = statement("count", "personal-columns", { keyless: 1 });
const condition = statement("pass", "personal-condition");
const gathers = statement("bulk", "gathers-customers");
const defines = statement("pass", "defines", { writes: true });

const rows: Row[] = [
  [null, nothing, {}, "let-through"],
  [null, personal, {}, "refuse", "not-permitted"],
  [null, condition, {}, "refuse", "not-permitted"],
  [null, statement("unknown", "cannot-resolve"), {}, "refuse", "not-permitted"],
  ["operators", nothing, {}, "let-through"],
  ["operators", personal, {}, "count"],
  ["operators", personal, { moment: "parse" }, "let-through"],
  ["operators", keyless, {}, "count"],
  ["operators", condition, { conditions: 5 }, "let-through"],
  ["operators", gathers, {}, "refuse", "gathers-customers"],
  ["operators", gathers, { moment: "parse" }, "refuse", "gathers-customers"],
  ["operators", statement("bulk", "launders-columns"), {}, "refuse", "launders-columns"],
  ["operators", statement("bulk", "leaves-by-server"), {}, "refuse", "leaves-by-server"],
  ["operators", statement("bulk", "forbidden-routine"), {}, "refuse", "forbidden-routine"],
  ["operators", statement("bulk", "forbidden-relation"), {}, "refuse", "forbidden-relation"],
  ["operators", statement("unknown", "unknown-routine"), {}, "refuse", "unknown-routine"],
  ["operators", statement("unknown", "cannot-parse"), {}, "refuse", "cannot-parse"],
  ["operators", statement("unknown", "cannot-resolve"), {}, "refuse", "cannot-resolve"],
  ["operators", statement("unknown", "changes-meaning"), {}, "refuse", "changes-meaning"],
  ["operators", defines, {}, "refuse", "defines"],
  ["operators", personal, { unreadable: "SJIS" }, "refuse", "unreadable-encoding"],
  ["operators", nothing, { unreadable: "SJIS" }, "let-through"],
  ["operators", gathers, { approved: true }, "count"],
  ["operators", gathers, { open: true }, "count"],
  ["operators", defines, { open: true }, "let-through"],
  ["strict", keyless, {}, "refuse", "no-key"],
  ["strict", personal, {}, "count"],
  ["strict", condition, { conditions: 10 }, "let-through"],
  ["strict", condition, { conditions: 11 }, "refuse", "blind-extraction"],
  ["watched", condition, { conditions: 11 }, "let-through", "blind-extraction"],
  ["watched", personal, { written: false }, "count", "outside-pattern"],
  ["watched", personal, { written: true }, "count"],
  ["watched", nothing, { written: false }, "let-through"],
  ["batch", personal, { written: false }, "refuse", "outside-pattern"],
  ["batch", gathers, { written: false, approved: true }, "count", "outside-pattern"],
  ["askers", gathers, {}, "estimate"],
  ["askers", gathers, { estimated: true, estimate: 5_000 }, "hold", "gathers-customers"],
  ["askers", gathers, { estimated: true }, "hold", "gathers-customers"],
  ["askers", statement("unknown", "unknown-routine"), {}, "hold", "unknown-routine"],
  ["askers", defines, {}, "hold", "defines"],
  ["askers", personal, {}, "estimate"],
  ["askers", personal, { estimated: true, estimate: 101 }, "hold", "over-estimate"],
  ["askers", personal, { estimated: true, estimate: 100 }, "count"],
  ["askers", personal, { estimated: true }, "count"],
  ["askers", personal, { estimated: true, estimate: 101, approved: true }, "count"],
  ["free", gathers, {}, "count"],
  ["free", statement("unknown", "unknown-routine"), {}, "let-through"],
  ["free", defines, {}, "let-through"],
];

for (const [group, judged, more, act, ...reasons] of rows) {
  const told = [...Object.keys(more), ...Object.values(more)].join(" ");
  test(`judgeReading() says ${act} to ${group} for ${judged.codes[0]} ${told}: ${reasons.join()}`, () => {
    const seen: SeenStatement = {
      statement: judged,
      moment: "query",
      group: policy.groups.find(({ name }) => name === group) ?? null,
      approved: false,
      open: false,
      unreadable: null,
      written: null,
      conditions: 0,
      estimate: null,
      estimated: false,
      left: 100,
      about: { person: "alice", client: "psql (192.0.2.1)" },
      ...more,
    };
    const judgement = judgeReading(seen);
    assert.equal(judgement.act.do, act);
    assert.deepEqual(
      judgement.reasons.map(({ code }) => code),
      reasons,
    );
    for (const { because } of judgement.reasons)
      for (const sentence of [because.en, because.ja])
        assert.doesNotMatch(sentence, /undefined|NaN|Infinity/);
  });
}

/** Codes that are found elsewhere: at a cut, in the catalog, in files. */
const elsewhere = new Set<string>([
  "budget-reached",
  "canary-read",
  "break-glass",
  "record-unwritable",
  "schema-drift",
  "staged-file",
  "disk-short",
  "watch-broken",
  "canary-staged",
  "function-call",
]);

test("every reason of a statement has a row", () => {
  const met = new Set(rows.flatMap(([, , , , ...reasons]) => reasons as string[]));
  const wanted = Object.keys(FINDINGS).filter((code) => !elsewhere.has(code));
  assert.deepEqual([...met].sort(), wanted.sort());
});
