import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPublic, refuseUnlessPublic } from "./checkPublic.ts";
import { composeReport } from "./compose/composeReport.ts";
import { diffReports } from "./diffReports.ts";
import { printReport, readReport } from "./printReport.ts";
import { recordOf } from "./readMaterial.ts";
import type { Report } from "./report.ts";
import { caseOf2016, type TestCase } from "./testCase.ts";
import { verifyReport, type LookUp } from "./verifyReport.ts";

const today = Temporal.PlainDate.from("2016-06-24");
const lookUpIn =
  (one: TestCase): LookUp =>
  (entry) => {
    const row = one.rows.find((found) => found.entry.id === entry);
    return row === undefined ? null : recordOf(row);
  };
const copyOf = (report: Report): Report => structuredClone(report);

test("verifyReport() finds nothing wrong with a report of this ledger", async () => {
  const one = caseOf2016();
  const material = await one.material("2016-06-24");
  const report = composeReport(material, { kind: "final" });
  assert.deepEqual(verifyReport(report, lookUpIn(one), composeReport(material, { kind: "final" })), []);
});

type Change = (report: Report) => void;
const first = (report: Report) => report.sources[0] as Report["sources"][number];
const forged: [name: string, change: Change, code: string][] = [
  [
    "a number is another one",
    (report) => {
      for (const { sentences } of report.items)
        for (const sentence of sentences) sentence.ja = sentence.ja.replace("6,788,334", "5,788,334");
    },
    "said-otherwise",
  ],
  ["a sentence is left out", (report) => void report.items[1]?.sentences.pop(), "said-otherwise"],
  ["an item is left out", (report) => void report.items.pop(), "said-otherwise"],
  [
    "an item is called known",
    (report) => {
      for (const item of report.items) item.state = "supplement";
    },
    "said-otherwise",
  ],
  [
    "a cited entry is another one",
    (report) => {
      first(report).sha256 = "0".repeat(64);
    },
    "entry-altered",
  ],
  [
    "a cited entry is not there",
    (report) => {
      first(report).entry = "01953a1b-1111-7000-8000-00000000ffff";
    },
    "entry-missing",
  ],
  [
    "a cited entry stands elsewhere",
    (report) => {
      first(report).index += 1;
    },
    "entry-moved",
  ],
  [
    "a cited entry is younger than the report",
    (report) => {
      report.ledgerSize = first(report).index;
    },
    "entry-later",
  ],
  [
    "a line cites what is no source",
    (report) => void report.items[1]?.sentences[0]?.cites.push(9_999),
    "not-cited",
  ],
];
for (const [name, change, code] of forged) {
  test(`verifyReport() says ${code} when ${name}`, async () => {
    const one = caseOf2016();
    const report = composeReport(await one.material("2016-06-24"), { kind: "final" });
    const other = copyOf(report);
    change(other);
    const problems = verifyReport(other, lookUpIn(one), report);
    assert.ok(
      problems.some((problem) => problem.code === code),
      JSON.stringify(problems),
    );
  });
}

test("diffReports() names the items that changed, with what is new and what is gone", async () => {
  const one = caseOf2016();
  const [before, after] = [
    composeReport(await one.material("2016-06-10"), { kind: "preliminary" }),
    composeReport(await one.material("2016-06-24"), { kind: "preliminary" }),
  ];
  assert.deepEqual(diffReports(before, copyOf(before)), []);
  const persons = diffReports(before, after).find(({ code }) => code === "persons");
  assert.deepEqual([persons?.was, persons?.is], ["not-yet-known", "known"]);
  assert.ok(persons?.added.some(({ ja }) => ja.includes("6,788,334")));
  assert.ok(persons?.removed.some(({ ja }) => ja.includes("7,930,000")));
});

test("the public page shows only what a person has allowed, and its update history", async () => {
  const one = caseOf2016();
  const known = one.rows.find(({ entry }) => entry.data["value"] === 6_788_334)?.entry.id ?? "";
  const event =
    one.rows.find(({ entry }) => String(entry.data["happenedAt"]).startsWith("2016-06-14"))?.entry.id ?? "";
  one.allow("2016-06-24", known);
  one.allow("2016-06-24", event);
  const material = await one.material("2016-06-24");
  const report = composeReport(material, { kind: "public" });
  assert.deepEqual(report.sources.map(({ entry }) => entry).sort(), [known, event].sort());
  assert.ok(!JSON.stringify(report).includes("調査会社"));
  assert.deepEqual(checkPublic(report, { allowed: material.forPublic, today }), []);
  assert.equal(report.items.at(-1)?.code, "updates");
  // Taken back, it is refused, with its place.
  one.allow("2016-06-24", known, false);
  const { forPublic } = await one.material("2016-06-24");
  const problems = checkPublic(report, { allowed: forPublic, today });
  assert.deepEqual(
    problems.map(({ code, where }) => [code, where]),
    [["not-released", "persons"]],
  );
  assert.throws(() => refuseUnlessPublic(problems), { code: "not-permitted", message: /persons/ });
});

const personal: [text: string, found: boolean][] = [
  ["お客様の氏名と住所が含まれます。", false],
  ["連絡先は taro.yamada@example.com です。", true],
  ["担当の携帯は 090-1234-5678 です。", true],
  ["山田太郎,ヤマダタロウ,1970-01-02,東京都千代田区丸の内1-1-1", true],
];
for (const [text, found] of personal) {
  test(`checkPublic() ${found ? "refuses" : "lets through"} "${text}"`, async () => {
    const one = caseOf2016();
    const passage = one.passage("2016-06-24", "outline", { ja: text });
    one.allow("2016-06-24", passage);
    const material = await one.material("2016-06-24");
    const problems = checkPublic(composeReport(material, { kind: "press" }), {
      allowed: material.forPublic,
      today,
    });
    assert.equal(
      problems.some(({ code, where }) => code === "personal-data" && where === "outline, line 1"),
      found,
    );
    if (!found) return;
    // The hotline's own number may stand where people are told whom to ask.
    one.allow("2016-06-24", passage, false);
    one.allow("2016-06-24", one.passage("2016-06-24", "contact", { ja: "窓口 0120-000-000" }));
    const again = await one.material("2016-06-24");
    assert.deepEqual(
      checkPublic(composeReport(again, { kind: "press" }), { allowed: again.forPublic, today }),
      [],
    );
  });
}

test("a record of thousands of entries, some of another form, makes a report that can be read", async () => {
  const one = caseOf2016();
  const about = { incident: one.incident, person: "x", fact: "persons" };
  for (let at = 0; at < 400; at += 1) {
    one.claim("2016-06-20", "persons", { value: at, source: "数".repeat(4_000) });
    one.passage("2016-06-20", "cause", { ja: "原因".repeat(1_500) });
    one.event("2016-06-20", { happened: "2016-03-15", known: "2016-06-20", to: "x" }, "出来事");
    one.add("2016-06-20", {
      kind: "observed",
      code: "fact-claimed",
      about,
      data: { fact: "weather", value: [] },
    });
    one.add("2016-06-20", { kind: "observed", code: "passage-written", about, data: { topic: 1 } });
    one.add("2016-06-20", { kind: "decided", code: "incident-opened", about, data: {} });
  }
  const broken = one.keep("{ no JSON");
  one.add("2016-06-20", { kind: "observed", code: "event-noted", about, evidence: [broken], data: {} });
  const material = await one.material("2016-06-24");
  for (const kind of ["final", "order", "board", "cost", "press"] as const) {
    const report = composeReport(material, { kind });
    assert.deepEqual(readReport(printReport(report), "x"), report);
  }
  assert.match(JSON.stringify(composeReport(material, { kind: "final" })), /このほか 201 件の記載があります/);
});

test("readReport() refuses what is no report, and says which member", async () => {
  const report = composeReport(await caseOf2016().material("2016-06-24"), { kind: "final" });
  const more = { ...report, extra: 1 };
  for (const text of ["", "{}", "null", JSON.stringify(more), printReport(report).toString().slice(0, -1)])
    assert.throws(() => readReport(Buffer.from(text), "x.json"), { code: "input-unreadable" });
  assert.throws(() => readReport(Buffer.alloc(17 * 1024 ** 2), "x.json"), { code: "input-too-large" });
});
