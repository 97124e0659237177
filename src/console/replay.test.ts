import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { delaysOf } from "../replay/delays.ts";
import { noBrowser, openPages, settle, type OpenPages } from "./testBrowser.ts";

/** The page on which 2016 and its replay stand side by side. */
describe("the page of the replay in Chromium", { skip: noBrowser, timeout: 120_000 }, () => {
  let pages: OpenPages;
  let page: Page;
  before(async () => {
    pages = await openPages({ mails: 0 });
    page = pages.page;
  });
  after(() => pages.close());

  test("without a replay it says how to play one, and no page leads to it", async () => {
    await page.goto(`${pages.app.origin}/replay`);
    await page.getByRole("heading", { name: "2016年の事案はまだ再現されていません" }).waitFor();
    await page.goto(`${pages.app.origin}/gates`);
    await settle(page);
    assert.equal(await page.getByRole("link", { name: "2016年と、いま" }).count(), 0);
  });

  test("with one, each delay of 2016 stands above its own here, at every width", async () => {
    const figures = { secondsToHold: 0.13 };
    const delays = delaysOf([{ act: "mail", ok: true, seconds: 1, figures, problems: [] }]);
    const data = {
      ok: true,
      acts: [],
      delays: delays.map((delay) => ({ ...delay, what: { ...delay.what } })),
    };
    await pages.app.station.services.ledger.record({
      kind: "observed",
      code: "replay-ended",
      by: "station",
      data: data as never,
    });
    await page.goto(`${pages.app.origin}/gates`);
    await page.getByRole("link", { name: "2016年と、いま" }).click();
    const mail = page.locator(".replay li", { hasText: "標的型メールに気づく" });
    await mail.getByText("4日").waitFor();
    await mail.getByText("0.1 秒").waitFor();
    assert.equal(await page.getByText("再現なし").count(), delays.length - 1);
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await settle(page);
      const wide = await page.locator("main").evaluate((main) => main.scrollWidth > main.clientWidth + 1);
      assert.equal(wide, false, `${width}`);
      const pictures = process.env["SEKISHO_PICTURES"];
      if (pictures !== undefined) await page.screenshot({ path: `${pictures}/replay-${width}.png` });
    }
  });
});
