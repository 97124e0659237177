import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
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
const eventId = (number: number) => `01890000-0000-7000-8000-00000e${String(number).padStart(6, "0")}`;

describe("the pages of the records gate in Chromium", { skip: noBrowser }, () => {
  let app: ServedApp;
  let browser: Browser;
  let page: Page;
  let watch: PageWatch;

  before(async () => {
    app = await serveTestApp({ mails: 4 });
    browser = await launchBrowser();
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "ja-JP" });
    watch = new PageWatch(context, app.origin);
    page = await context.newPage();
    await joinByLink(page, (await app.station.createFirstLink()) ?? "", person);
  });
  after(async () => {
    await browser.close();
    await app.close();
  });

  const giveRoles = (roles: string) => app.station.state.db.updateTable("person").set({ roles }).execute();

  test("readers shows who reads how many, hour by hour, and leads to a person's events", async () => {
    await page.goto(`${app.origin}/records`);
    const picture = page.getByRole("group", { name: "14人×24時間の図" });
    await picture.focus();
    await page.keyboard.press("ArrowRight");
    await page.getByText(/operator-09　.*100人（上限 100人\/時）/).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/events\?person=operator-09/);
    await settle(page);
    assert.match((await page.locator("tbody tr").first().textContent()) ?? "", /operator-09/);
    await page.goto(`${app.origin}/records`);
    assert.match((await page.locator("tbody tr").first().textContent()) ?? "", /100 \/ 100人/);
    await page.getByRole("button", { name: "7日" }).click();
    await page.waitForURL(/hours=168/);
  });

  test("events are filtered by the address, and one says why, its values masked until a purpose", async () => {
    await page.goto(`${app.origin}/records/events?state=cut`);
    await settle(page);
    const count = await page.locator("tbody tr").count();
    assert.ok(count > 0 && count < 40);
    await page.goto(`${app.origin}/records/events/${eventId(0)}`);
    await page.getByText("prefecture = '•••'").waitFor();
    await page.getByRole("button", { name: "調査のため" }).click();
    await page.getByText("東京都").waitFor();
    const opened = app.station.services.rows.filter(
      ({ entry }) => entry.code === "evidence-viewed" && entry.about["statement"] === eventId(0),
    );
    assert.equal(opened.length, 2);
  });

  test("columns, canaries and staged files say what is known", async () => {
    await page.goto(`${app.origin}/records/columns`);
    await page.getByText("public.bookings.contact：電話番号の可能性（確度94%）").waitFor();
    await page.getByText("なし（1行を1人と数えます）").waitFor();
    await page.goto(`${app.origin}/records/canaries`);
    await page.getByText("public.customers：40人").waitFor();
    await page.goto(`${app.origin}/records/files`);
    await page.getByText("約1,180,000件").waitFor();
    await page.getByText("削除された").first().waitFor();
  });

  test("a customer is asked about with a purpose, by those who may", async () => {
    await page.goto(`${app.origin}/records/customer`);
    await page.getByRole("heading", { name: "このページは今の役割では見られません" }).waitFor();
    await giveRoles("administrator,approver,privacy-officer");
    await page.reload();
    await page.getByLabel("顧客番号").fill("4711");
    await page.getByLabel("目的（台帳に残ります）").selectOption("asked-by-customer");
    await page.getByRole("button", { name: "記録を調べる" }).click();
    await page.getByText("2人が閲覧").waitFor();
    await page.getByText("誰の行か分からない閲覧が1件").waitFor();
    assert.ok(app.station.services.rows.some(({ entry }) => entry.code === "accesses-viewed"));
  });

  test("what waits is one screen on a phone; without a passkey it can be refused", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${app.origin}/records/waiting`);
    await page.getByRole("link", { name: /tanakaが/ }).click();
    await page.getByText("310,000", { exact: true }).waitFor();
    const main = await page.locator("main").boundingBox();
    assert.ok((main?.width ?? 0) <= 390, "nothing is wider than the phone");
    await page.locator("textarea").fill("業務上の必要なし");
    await page.getByRole("button", { name: "却下する" }).click();
    await page.getByText("決定：却下する").first().waitFor();
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  test("without anything, and without the gate, each page says so and what comes next", async () => {
    const data = app.station.services.recordsData;
    data.show("none");
    for (const [path, words] of [
      ["", "この期間の閲覧はありません"],
      ["/waiting", "待っている人はいません"],
      ["/events", "出来事はありません"],
      ["/columns", "個人情報の表が登録されていません"],
      ["/canaries", "まだ配置されていません"],
      ["/files", "個人情報入りのファイルは現れていません"],
    ] as const) {
      await page.goto(`${app.origin}/records${path}`);
      await page.getByRole("heading", { name: words }).waitFor();
    }
    app.station.services.trafficData.show("no-gate");
    await page.goto(`${app.origin}/records`);
    await page.getByText("個人情報の関所は設定されていません").waitFor();
    app.station.services.trafficData.show("usual");
    data.show("usual");
  });

  test("no page threw, broke its policy or asked another origin", () => assert.deepEqual(watch.problems, []));
});
