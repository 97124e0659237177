import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { composeReport } from "../compose/composeReport.ts";
import { hashReport } from "../printReport.ts";
import type { Report } from "../report.ts";
import { caseOf2016, TestCase } from "../testCase.ts";
import { printHtml } from "./printHtml.ts";
import { printPdf } from "./printPdf.ts";
import type { RenderOptions } from "./words.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-report-"));
after(() => rmSync(folder, { recursive: true }));
const poppler =
  spawnSync("pdftotext", ["-v"]).error === undefined ? false : "poppler-utils is not installed here";
const optionsOf = (report: Report, language: "ja" | "en" = "ja"): RenderOptions => ({
  language,
  people: new Map([["writer", "山田"]]),
  sha256: hashReport(report),
  released: false,
});

test("printHtml() shows every sentence with its sources, states and authors, in both languages", async () => {
  const report = composeReport(await caseOf2016().material("2016-06-14"), { kind: "preliminary" });
  for (const language of ["ja", "en"] as const) {
    const html = printHtml(report, optionsOf(report, language));
    for (const source of report.sources) {
      assert.ok(html.includes(`id="s${source.number}"`) && html.includes(source.entry));
      assert.ok(html.includes(`href="#s${source.number}"`));
    }
    assert.ok(html.includes("山田"));
    assert.ok(html.includes(language === "ja" ? "未判明" : "not yet known"));
    assert.ok(!/<script|<img|https?:/.test(html));
  }
});

const hostile = `</p><script>alert(1)</script><img src=x onerror="x"> ' & \u202e`;
test("printHtml() prints hostile values as text", async () => {
  const one = new TestCase("2016-03-19", hostile);
  one.claim("2016-03-19", "knew", { value: "2016-03-19", source: hostile });
  one.event("2016-03-19", { happened: "2016-03-19", known: "2016-03-19", to: hostile }, hostile);
  one.passage("2016-03-19", "outline", { ja: hostile, en: hostile });
  for (const kind of ["preliminary", "order", "board"] as const) {
    const report = composeReport(await one.material("2016-03-20"), { kind });
    const html = printHtml({ ...report, organisation: hostile }, optionsOf(report));
    assert.ok(!/<script|<img|\u202e/.test(html));
    assert.ok(html.includes("&lt;script&gt;alert(1)"));
  }
});

test("printPdf() holds the text and the entry of every source", { skip: poppler }, async () => {
  const report = composeReport(await caseOf2016().material("2016-06-24"), { kind: "order" });
  const file = join(folder, "order.pdf");
  const written = await printPdf(report, createWriteStream(file), optionsOf(report));
  assert.deepEqual(written.missing, []);
  const text = execFileSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8" });
  for (const { entry } of report.sources) assert.ok(text.includes(entry), entry);
  const flat = text.replaceAll(/\s/g, "");
  for (const { ja } of report.items.flatMap(({ sentences }) => sentences))
    assert.ok(flat.includes([...ja.replaceAll(/\s/g, "")].slice(0, 12).join("")), ja);
});
