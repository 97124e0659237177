import assert from "node:assert/strict";
import { test } from "node:test";
import { hashReport, printReport, readReport } from "../printReport.ts";
import type { Report, ReportItem } from "../report.ts";
import { caseOf2016, TestCase } from "../testCase.ts";
import { composeReport } from "./composeReport.ts";

const one = caseOf2016();
const signs: Readonly<Record<ReportItem["state"], string>> = {
  known: "K",
  supplement: "S",
  "not-yet-known": "-",
};
const statesOf = (report: Report): string =>
  report.items
    .filter(({ code }) => code !== "duty")
    .map(({ state }) => signs[state])
    .join("");
const itemOf = (report: Report, code: string): ReportItem => {
  const item = report.items.find((found) => found.code === code);
  assert.ok(item !== undefined, code);
  return item;
};
const textOf = (item: ReportItem): string => item.sentences.map(({ ja, en }) => `${ja} ${en}`).join("\n");

// Outline, items, persons, cause, secondary harm, told, published, prevention, other.
const appi: [day: string, states: string, deadlines: string[]][] = [
  ["2016-03-25", "---------", []],
  ["2016-04-01", "K--------", ["2016-04-05"]],
  ["2016-04-22", "K--K-----", ["2016-04-05"]],
  ["2016-05-13", "K--K-----", ["2016-04-05", "2016-05-17"]],
  ["2016-05-16", "K--K-----", ["2016-04-05", "2016-05-17"]],
  ["2016-06-10", "KK-K-----", ["2016-04-05", "2016-05-17"]],
  ["2016-06-14", "KK-K--K--", ["2016-04-05", "2016-05-17"]],
  ["2016-06-24", "KKKKKKKKK", ["2016-04-05", "2016-05-17"]],
];
for (const [day, states, deadlines] of appi) {
  test(`composeReport() of 2016 as of ${day} knows ${states} of APPI's nine items`, async () => {
    const report = composeReport(await one.material(day), { kind: "preliminary" });
    assert.equal(statesOf(report), states);
    const duty = textOf(itemOf(report, "duty"));
    assert.deepEqual(
      [...duty.matchAll(/期限 (\d{4}-\d\d-\d\d)/g)].map((match) => match[1]),
      deadlines,
    );
  });
}

const order: [day: string, states: string][] = [
  ["2016-05-13", "K----"],
  ["2016-06-14", "K-K--"],
  ["2016-06-24", "KKKKK"],
];
for (const [day, states] of order) {
  test(`composeReport() as of ${day} knows ${states} of the five items that were ordered`, async () => {
    const report = composeReport(await one.material(day), { kind: "order" });
    assert.equal(statesOf(report), states);
    assert.equal(itemOf(report, "facts").table?.rows.length, (await one.material(day)).events.length);
  });
}

test("composeReport() calls a supplement what the report before did not know", async () => {
  const before = composeReport(await one.material("2016-06-14"), { kind: "preliminary" });
  const released = { entry: before.incident.id, sha256: hashReport(before), report: before };
  const report = composeReport(await one.material("2016-06-24"), { kind: "final" }, released);
  assert.equal(statesOf(report), "KKSKSSKSS");
  assert.equal(report.law?.duty, "final-improper-purpose");
  assert.equal(report.before?.sha256, hashReport(before));
});

test("composeReport() says of a contradiction that two values stand, with both sources", async () => {
  const report = composeReport(await one.material("2016-05-16"), { kind: "preliminary" });
  const outline = itemOf(report, "outline");
  assert.equal(outline.contradicts, true);
  const said = outline.sentences.find(({ kind }) => kind === "contradiction");
  assert.match(said?.ja ?? "", /2 つの値が並び立っています: 2016-04-01.*含まれるおそれ.*2016-05-13.*総括/);
  assert.match(said?.en ?? "", /two values stand/);
  assert.equal(said?.cites.length, 2);
  // Until somebody picks one.
  const picked = caseOf2016();
  const claim = picked.rows.find(({ entry }) => entry.data["value"] === "2016-04-01")?.entry.id ?? "";
  const about = { incident: picked.incident, claim, fact: "knew", person: "approver" };
  picked.add("2016-06-24", { kind: "decided", code: "fact-picked", about, rests: [] });
  const settled = composeReport(await picked.material("2016-06-24"), { kind: "preliminary" });
  assert.equal(itemOf(settled, "outline").contradicts, false);
  assert.equal(itemOf(settled, "duty").sentences.filter(({ ja }) => ja.includes("期限")).length, 1);
});

test("composeReport() sees no contradiction between a number and an upper bound that it keeps", async () => {
  const item = itemOf(composeReport(await one.material("2016-06-24"), { kind: "final" }), "persons");
  assert.equal(item.contradicts, false);
  assert.match(textOf(item), /6,788,334 人/);
  assert.ok(!textOf(item).includes("7,930,000"));
});

test("composeReport() says of an upper bound that the number is open, and who could settle it", async () => {
  const item = itemOf(composeReport(await one.material("2016-06-10"), { kind: "preliminary" }), "persons");
  assert.equal(item.state, "not-yet-known");
  assert.match(textOf(item), /最大 7,930,000 人（人数は未確定）/);
  assert.match(item.sentences.at(-1)?.ja ?? "", /未判明.*影響範囲の調査の担当者/);
});

test("composeReport() makes every sentence of what is on record, and of nothing else", async () => {
  const material = await one.material("2016-06-24");
  for (const kind of ["preliminary", "final", "order", "board", "cost"] as const) {
    const report = composeReport(material, { kind });
    const places = new Map(one.rows.map(({ index, entry }) => [entry.id as string, index]));
    for (const source of report.sources) assert.equal(places.get(source.entry), source.index);
    for (const { sentences } of report.items)
      for (const { kind: what, cites, ja } of sentences)
        if (what === "fact" || what === "passage" || what === "contradiction")
          assert.ok(cites.length > 0, ja);
    assert.deepEqual(readReport(printReport(report), "report"), report);
    assert.equal(hashReport(composeReport(material, { kind })), hashReport(report));
  }
});

const laws: [law: string, codes: string[]][] = [
  ["eu-gdpr", ["duty", "nature", "contact", "consequences", "measures", "reasons-for-delay"]],
  ["us-ca-1798-82", ["duty", "sample"]],
  ["kr-pipa", ["duty", "data-items", "when-and-how", "measures-of-persons", "measures", "contact"]],
  ["sg-pdpa", ["duty", "circumstances", "data-items", "persons", "harm", "measures", "contact"]],
];
for (const [law, codes] of laws) {
  test(`composeReport() asks the items of ${law}; each unknown one says who could settle it`, async () => {
    const report = composeReport(await one.material("2016-06-24"), { kind: "preliminary", law });
    assert.deepEqual(
      report.items.map(({ code }) => code),
      codes,
    );
    for (const { code, state, sentences } of report.items)
      if (state === "not-yet-known" && code !== "duty") assert.equal(sentences.at(-1)?.kind, "missing", code);
  });
}

test("composeReport() asks GDPR's reasons for a delay only once the 72 hours are over", async () => {
  const gdpr = new TestCase("2026-01-05", "Data of guests");
  gdpr.claim("2026-01-05", "reasonably-certain", { value: "2026-01-05T09:00:00Z", source: "analyst" });
  const stateOn = async (day: string): Promise<string> =>
    itemOf(
      composeReport(await gdpr.material(day), { kind: "preliminary", law: "eu-gdpr" }),
      "reasons-for-delay",
    ).state;
  assert.equal(await stateOn("2026-01-07"), "known");
  assert.equal(await stateOn("2026-01-09"), "not-yet-known");
});

test("composeReport() tells a partner her own number, and nobody else's", async () => {
  const two = caseOf2016();
  two.passage("2016-06-02", "persons", { ja: "貴社のお客様は約 33 万人です。" }, "docomo");
  two.passage("2016-06-02", "persons", { ja: "貴社のお客様は 6,562 人です。" }, "dena");
  const material = await two.material("2016-06-24");
  const report = composeReport(material, { kind: "partner", partner: "docomo" });
  const all = JSON.stringify(report.items);
  assert.match(textOf(itemOf(report, "persons")), /33 万人/);
  assert.ok(!all.includes("6,562") && !all.includes("6,788,334"));
  assert.throws(() => composeReport(material, { kind: "partner" }), { code: "usage" });
});

test("composeReport() takes items, persons and partners' numbers from the scope", async () => {
  const two = caseOf2016();
  const counts = {
    byItem: { name: { persons: 6_788_334 }, passport: { persons: 9_154 }, sex: { persons: 0 } },
    by: { partner: { docomo: 330_000, dena: 6_562 } },
    minors: 3,
    passports: { persons: 9_154, valid: 4_359 },
  };
  const link = (persons: { fewest: number; most: number }): void => {
    const files = [{ name: "counts.json", objects: [two.keep(JSON.stringify(counts))] }];
    const data = { persons, records: 7_930_000, countedAt: "2016-06-20", files };
    const day = "2016-06-20";
    const scope = two.add(day, { kind: "observed", code: "scope-handed-over", about: {}, data });
    const about = { incident: two.incident, scope };
    two.add(day, { kind: "decided", code: "scope-linked", about, rests: [scope] });
  };
  link({ fewest: 6_700_000, most: 6_900_000 });
  const open = composeReport(await two.material("2016-06-20"), { kind: "preliminary" });
  assert.equal(itemOf(open, "persons").state, "not-yet-known");
  assert.match(textOf(itemOf(open, "persons")), /between 6,700,000 and 6,900,000 persons/);
  // The later link holds.
  link({ fewest: 6_788_334, most: 6_788_334 });
  const material = await two.material("2016-06-20");
  const report = composeReport(material, { kind: "preliminary" });
  assert.equal(itemOf(report, "persons").state, "known");
  assert.match(textOf(itemOf(report, "persons")), /有効な旅券 4,359 人/);
  const items = itemOf(report, "data-items").table?.rows.map((row) => row.map(({ ja }) => ja));
  assert.deepEqual(items, [
    ["氏名（漢字）", "6,788,334"],
    ["旅券番号", "9,154"],
  ]);
  const letter = composeReport(material, { kind: "partner", partner: "docomo" });
  assert.match(
    textOf(itemOf(letter, "persons")),
    /貴社のお客様で影響を受けた方: 330,000 人（2016-06-20 集計）/,
  );
  assert.ok(!JSON.stringify(letter.items).includes("6,562"));
});

test("composeReport() says how many persons were told, by the last count of their notices", async () => {
  const two = new TestCase("2016-06-16", "notices");
  const about = { incident: two.incident, campaign: "customers" };
  for (const [day, sent] of [
    ["2016-06-17", 0],
    ["2016-06-23", 5_950_000],
  ] as const) {
    const data = { persons: 6_788_334, states: { "sent 1": sent, "letter 1": 10, "letter 2": 5 } };
    two.add(day, { kind: "observed", code: "notices-counted", about, data });
  }
  const toldOn = async (day: string): Promise<ReportItem> =>
    itemOf(composeReport(await two.material(day), { kind: "preliminary" }), "told");
  assert.equal((await toldOn("2016-06-17")).state, "not-yet-known");
  const told = await toldOn("2016-06-23");
  assert.equal(told.state, "known");
  assert.match(textOf(told), /対象 6,788,334 人、送信済み 5,950,000 人、郵送待ち 15 人。/);
});

test("composeReport() counts the cost from the highest number, by assumptions that it shows", async () => {
  const assumptions = { compensationYen: 500, reachedByMail: 0.75 };
  const report = composeReport(await one.material("2016-06-14"), { kind: "cost", assumptions });
  const rows = itemOf(report, "estimate").table?.rows.map((row) => row.map(({ en }) => en)) ?? [];
  assert.deepEqual(rows[0], [
    "Compensation",
    "7,930,000 persons × JPY 500 (100 % of the persons)",
    "JPY 3,965,000,000",
  ]);
  assert.equal(rows[2]?.[1], "1,982,500 letters × JPY 150 (mail reaches 75 %)");
  assert.equal(report.assumptions?.compensationYen, 500);
});

test("composeReport() refuses a law and a duty that it does not know", async () => {
  const material = await one.material("2016-06-24");
  assert.throws(() => composeReport(material, { kind: "final", law: "atlantis" }), { code: "usage" });
  assert.throws(() => composeReport(material, { kind: "final", law: "sg-pdpa", duty: "assessment" }), {
    code: "usage",
  });
});
