import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { noBrowser, openPages, settle, type OpenPages } from "./testBrowser.ts";

/** Lists, texts and their rules, preview, and who may send. */
describe("the pages of the notices in Chromium", { skip: noBrowser, timeout: 180_000 }, () => {
  let pages: OpenPages;
  let page: Page;

  before(async () => {
    pages = await openPages({ mails: 0 });
    page = pages.page;
    await pages.giveRoles("privacy-officer");
  });
  after(() => pages.close());

  test("a list becomes a campaign; rows that cannot be taken are named by their line", async () => {
    await page.goto(`${pages.app.origin}/notices`);
    await page.getByRole("heading", { name: "送付の計画はまだありません" }).waitFor();
    await page.getByRole("button", { name: "名簿を取り込む…" }).click();
    const rows = Array.from(
      { length: 20 },
      (_, at) => `p${at},見本 花子${at},h${at}@mail.example.jp,name;email,no\n`,
    );
    const others = "q1,x,,weather,no\nq2,見本 旅,a@b.example.jp,passport,yes\n";
    const text = `person_id,name,email,items,valid_passport\n${rows.join("")}${others}`;
    await page
      .getByLabel("名簿のCSV")
      .setInputFiles({ name: "list.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
    await page.getByRole("button", { name: "取り込む", exact: true }).click();
    await page.getByText("22行、新規21人、取り込めなかった行1").waitFor();
    await page.getByText("22行目：").waitFor();
    await page.getByRole("button", { name: "閉じる" }).click();
    await page.getByRole("link", { name: "main" }).click();
    await page.getByText("送付予定").waitFor();
  });

  test("texts stand with the rules that they break; a broken one cannot be released", async () => {
    await page.getByRole("heading", { name: /standard\.ja/ }).waitFor();
    await page.getByRole("heading", { name: /passport\.ja/ }).waitFor();
    assert.equal(await page.getByRole("button", { name: "文面と名簿を承認する" }).isDisabled(), true);
    const text = page.getByLabel("standard.ja.txt");
    const before = await text.inputValue();
    await text.fill(`${before}\n詳しくは https://agency.example.jp をご覧ください。\n`);
    await page.getByRole("button", { name: "保存する" }).click();
    const form = page.locator("form", { has: page.getByLabel("standard.ja.txt") });
    await form.getByText(/規則に反する点/).waitFor();
    await text.fill(before);
    await form.getByRole("button", { name: "保存する" }).click();
    await form.getByText("規則に反する点はありません").waitFor();
    await page.getByText("届いたときの表示").nth(1).click();
    await page.locator(".notice-mail").first().waitFor();
  });

  test("nothing is wider than the screen, and who may only look sees no act", async () => {
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await settle(page);
      const wide = await page.locator("main").evaluate((main) => main.scrollWidth > main.clientWidth + 1);
      assert.equal(wide, false, `${width}`);
      const pictures = process.env["SEKISHO_PICTURES"];
      if (pictures !== undefined)
        await page.screenshot({ path: `${pictures}/notice-${width}.png`, fullPage: true });
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await pages.giveRoles("auditor");
    await page.reload();
    await settle(page);
    for (const name of ["文面と名簿を承認する", "保存する", "送付を始める", "中止する…"])
      assert.equal(await page.getByRole("button", { name }).count(), 0, name);
  });
});
