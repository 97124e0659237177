import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { importList } from "../notice/list/importList.ts";
import { takeCampaign } from "../notice/store/campaign.ts";
import { listOf, testPerson } from "../notice/testNotices.ts";
import { noBrowser, openPages, settle, type OpenPages } from "./testBrowser.ts";

/** The page of those who answer the telephone. */
describe("the hotline in Chromium", { skip: noBrowser, timeout: 120_000 }, () => {
  let pages: OpenPages;
  let page: Page;

  before(async () => {
    pages = await openPages({ mails: 0 });
    page = pages.page;
    await pages.giveRoles("operator");
    const room = pages.app.station.services.noticeRoom;
    const campaign = await takeCampaign(room, "main");
    const persons = listOf([testPerson(1, { items: ["name", "passport"] })]);
    await importList(room, campaign, persons, {
      source: { name: "list", sha256: "ab".repeat(32) },
      onBad: ({ problem }) => assert.fail(problem),
    });
  });
  after(() => pages.close());

  test("two things that agree give the words to say; one alone gives nothing", async () => {
    await page.goto(`${pages.app.origin}/hotline`);
    await page.getByLabel("メールアドレス").fill("hanako1@mail1.example.jp");
    assert.equal(await page.getByRole("button", { name: "二つ以上必要です" }).isDisabled(), true);
    await page.getByLabel("電話番号").fill("090-0001-4567");
    await page.getByLabel("通話の記録").fill("本人から電話");
    await page.getByRole("button", { name: "照会する" }).click();
    await page.getByText("対象です").waitFor();
    await page.getByText("お名前、旅券番号").waitFor();
    await page.getByText("送付予定").waitFor();
    const [entry] = pages.entries("hotline-asked");
    assert.ok(!JSON.stringify(entry).includes("example.jp"), "no personal data in the ledger");
    await page.getByRole("button", { name: "次のお電話" }).click();
    assert.equal(await page.getByLabel("メールアドレス").inputValue(), "");
  });

  test("who is not on the list is told so in words that tell nothing else", async () => {
    await page.getByLabel("メールアドレス").fill("hanako1@mail1.example.jp");
    await page.getByLabel("お客さま番号").fill("C999");
    await page.getByRole("button", { name: "照会する" }).click();
    await page.getByText("該当する方は見つかりません").waitFor();
  });

  test("it fits every width, and an auditor may not use it", async () => {
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await settle(page);
      const wide = await page.locator("main").evaluate((main) => main.scrollWidth > main.clientWidth + 1);
      assert.equal(wide, false, `${width}`);
      const pictures = process.env["SEKISHO_PICTURES"];
      if (pictures !== undefined) await page.screenshot({ path: `${pictures}/hotline-${width}.png` });
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await pages.giveRoles("auditor");
    await page.reload();
    await settle(page);
    assert.equal(await page.getByLabel("メールアドレス").count(), 0);
  });
});
