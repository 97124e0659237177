import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { makeTestJob, type TestJob } from "../scope/review/testJob.ts";
import { noBrowser, openPages, settle, type OpenPages, type ServedApp } from "./testBrowser.ts";

describe("the pages of the scope in Chromium", { skip: noBrowser }, () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-scope-pages-"));
  let pages: OpenPages;
  let app: ServedApp;
  let page: Page;
  let job: TestJob;

  before(async () => {
    pages = await openPages({ mails: 2 });
    ({ app, page } = pages);
  });
  after(async () => {
    await pages.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const giveRoles = (roles: string) => pages.giveRoles(roles);
  const scopeFolder = () => join(app.station.dataFolder, "scope");
  const place = (at: number) => page.getByText(new RegExp(`^\\d+件中${at}件目$`));
  const entries = (code: string) => pages.entries(code);

  test("without a job the page says how one is made", async () => {
    await page.goto(`${app.origin}/scope`);
    await page.getByRole("heading", { name: "ジョブはまだありません" }).waitFor();
  });

  test("a job that runs shows its phase, and one that is finished its persons", async () => {
    const open = join(scopeFolder(), "under-way", "work", "read");
    mkdirSync(open, { recursive: true });
    writeFileSync(join(open, "..", "job.json"), JSON.stringify({ phase: "read" }));
    job = await makeTestJob(folder, { out: join(scopeFolder(), "june") });
    await page.goto(`${app.origin}/scope`);
    await page.getByText("実行中").waitFor();
    const { fewest, most } = job.result.persons;
    await page.getByText(`${fewest}～${most}人`).waitFor();
    await page.getByRole("link", { name: "june" }).click();
    await page.getByText(`${fewest}～${most}人`).first().waitFor();
    const { records, persons } = job.result.byItem["passport"] as { records: number; persons: number };
    await page.getByText(`${persons}人・記録${records}件`).waitFor();
    await page.goto(`${app.origin}/scope/under-way`);
    await page.getByText("入力の読み取り").waitFor();
  });

  test("who may not open pairs reads the numbers only", async () => {
    await giveRoles("auditor");
    await page.goto(`${app.origin}/scope/june`);
    await page.getByText("開いて判断できるのは分析担当と個人情報保護責任者です").waitFor();
    await page.goto(`${app.origin}/scope/june/review`);
    await page.getByRole("heading", { name: "このページは今の役割では見られません" }).waitFor();
    assert.equal(entries("scope-pair-viewed").length, 0);
    await giveRoles("privacy-officer");
  });

  test("pairs are walked and decided by keys, the count moves, and U takes back", async () => {
    await page.goto(`${app.origin}/scope/june`);
    await page.getByRole("link", { name: /疑わしい照合\d+件を確認/ }).click();
    await place(1).waitFor();
    await page.locator(".pair tbody tr").first().waitFor();
    assert.equal(entries("scope-pair-viewed").length, 1);
    await page.keyboard.press("j");
    await place(2).waitFor();
    await page.keyboard.press("ArrowUp");
    await place(1).waitFor();
    const { fewest, most } = job.result.persons;
    await page.getByText(`最小 ±0・最大 −1`).waitFor();
    await page.keyboard.press("1");
    await place(2).waitFor();
    await page.getByText(`${fewest}～${most - 1}人`).waitFor();
    await page.getByText("件中1件を判断済み").waitFor();
    await page.locator(".pair tbody tr").first().waitFor();
    await page.keyboard.press("2");
    await place(3).waitFor();
    await page.getByText("件中2件を判断済み").waitFor();
    await page.keyboard.press("k");
    await page.getByText("別人（田中 花子）").waitFor();
    await page.keyboard.press("u");
    await page.getByText("件中1件を判断済み").waitFor();
    await page.keyboard.press("k");
    await page.getByText("同一人物（田中 花子）").waitFor();
    assert.equal(entries("scope-link-decided").length, 2);
  });

  test("keys rest while a reason is written, and the reason is kept", async () => {
    await page.goto(`${app.origin}/scope/june/review`);
    await page.locator(".pair tbody tr").first().waitFor();
    await page.getByLabel("理由（任意）").fill("1 同姓同名の別人");
    await place(1).waitFor();
    await page.getByRole("button", { name: /別人/ }).click();
    await place(2).waitFor();
    await page.goto(`${app.origin}/scope/june/review?list=decided`);
    await page.locator(".pair tbody tr").first().waitFor();
    assert.equal(await page.getByText("2件中").count(), 1);
  });

  test("differences are marked by sign and word; a source that is away is said plainly", async () => {
    renameSync(job.customers, `${job.customers}.away`);
    await app.station.services.scope.close();
    await page.goto(`${app.origin}/scope/june/review`);
    await page.getByText("顧客の行を表示できません").waitFor();
    renameSync(`${job.customers}.away`, job.customers);
    await page.reload();
    await page.locator(".pair-mark", { hasText: "同じ" }).first().waitFor();
    await page.locator(".pair-mark", { hasText: "=" }).first().waitFor();
  });

  test("a sample is drawn and judged blind, and its estimate runs along", async () => {
    await page.goto(`${app.origin}/scope/june`);
    await page.getByRole("button", { name: "200件を抽出" }).first().click();
    await page.getByRole("link", { name: "標本を判定する" }).click();
    await page.getByText("機械の判定は表示しません").waitFor();
    assert.equal(await page.getByText("機械の判定：").count(), 0);
    await page.keyboard.press("1");
    await page.getByText("無作為に1件を確認し、誤りは0件").waitFor();
    await page.goto(`${app.origin}/scope/june`);
    await page.getByText(/件中1件を判定済み/).waitFor();
    await page.getByRole("button", { name: "200件を抽出" }).click();
    await page.getByText(/件中0件を判定済み/).waitFor();
    await page.goto(`${app.origin}/scope/june/review?list=recall`);
    await page.getByRole("button", { name: "候補1" }).waitFor();
    await page.keyboard.press("2");
    await page.getByText("無作為に1件を確認し、見落としは0件").waitFor();
  });

  test("decisions are applied from the page of the job", async () => {
    await page.goto(`${app.origin}/scope/june`);
    await page.getByRole("button", { name: "判断を反映する" }).click();
    await page.getByText(/反映しました。確定\d+件、除外1件/).waitFor();
    await page.getByText("判断の最終反映").waitFor();
    assert.equal(entries("scope-review-applied").length, 1);
    await page.getByRole("button", { name: "引き渡す" }).click();
    await page.getByRole("link", { name: "引き渡し" }).waitFor();
    assert.equal(entries("scope-handed-over").length, 1);
  });

  test("on a phone nothing is wider than the screen, and English is whole", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ["/scope", "/scope/june", "/scope/june/review"]) {
      await page.goto(`${app.origin}${path}`);
      await settle(page);
      const main = await page.locator("main").boundingBox();
      assert.ok((main?.width ?? 0) <= 390, path);
    }
    await page.evaluate(() => localStorage.setItem("sekisho-language", "en"));
    await page.reload();
    await page.getByRole("button", { name: /Same person/ }).waitFor();
    await page.getByText("Persons now").waitFor();
  });

  test("no page threw, broke its policy or asked another origin", () =>
    assert.deepEqual(pages.watch.problems, []));
});
