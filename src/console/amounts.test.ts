import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Browser } from "playwright-core";
import {
  joinByLink,
  launchBrowser,
  noBrowser,
  PageWatch,
  serveTestApp,
  settle,
  type ServedApp,
} from "./testBrowser.ts";

const person = { name: "田中 花子", email: "hanako@example.com", password: "correct horse battery" };

/** A station with so many held mails and a browser, both closed when the test ends, however it ends. */
async function open(t: TestContext, mails: number): Promise<{ app: ServedApp; browser: Browser }> {
  const app = await serveTestApp({ mails });
  t.after(() => app.close());
  const browser = await launchBrowser();
  t.after(() => browser.close());
  return { app, browser };
}

describe("the console with no data and with too much", { skip: noBrowser }, () => {
  test("empty pages say what will come, and where from", async (t) => {
    const { app, browser } = await open(t, 0);
    const context = await browser.newContext({ viewport: { width: 1024, height: 768 }, locale: "en-GB" });
    const watch = new PageWatch(context, app.origin);
    const page = await context.newPage();
    await joinByLink(page, (await app.station.createFirstLink()) ?? "", person);
    const texts: [string, string][] = [
      ["/gates", "Nothing has come to the gates yet"],
      ["/mail", "No mail is held"],
      ["/decisions", "No decision waits"],
      ["/mail/m999999", "There is nothing at this address"],
      ["/ledger/01890000-0000-7000-8000-000000000000", "There is nothing at this address"],
      ["/nowhere", "There is nothing at this address"],
    ];
    for (const [path, text] of texts) {
      await page.goto(app.origin + path);
      await page.getByText(text).waitFor();
    }
    assert.deepEqual(watch.problems, []);
  });

  test("ten thousand held mails are shown by the hundred, sorted and exported whole", async (t) => {
    const { app, browser } = await open(t, 10_000);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB" });
    const watch = new PageWatch(context, app.origin);
    const page = await context.newPage();
    await joinByLink(page, (await app.station.createFirstLink()) ?? "", person);
    await page.goto(`${app.origin}/mail`);
    await page.getByText("100 of 10,000 shown").waitFor();
    await page.getByRole("button", { name: "Show 100 more" }).click();
    await page.getByText("200 of 10,000 shown").waitFor();
    await page.getByRole("button", { name: "Size" }).click();
    await page.waitForURL(/sort=size/);
    await page.getByText("sorted among those shown").waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    const stream = await (await download).createReadStream();
    let lines = 0;
    for await (const chunk of stream) lines += String(chunk).split("\r\n").length - 1;
    assert.equal(lines, 10_001);
    await page.goto(`${app.origin}/gates`);
    await settle(page);
    assert.deepEqual(watch.problems, []);
  });

  test("the page says since when the station is away, and what still holds", async (t) => {
    const { app, browser } = await open(t, 3);
    const page = await browser.newPage({ locale: "en-GB" });
    await joinByLink(page, (await app.station.createFirstLink()) ?? "", person);
    await page.route("**/api/**", (route) => route.abort());
    await page.getByText("The station has not answered since").waitFor({ timeout: 60_000 });
    await page.getByText("held mail stays held").waitFor();
  });
});
