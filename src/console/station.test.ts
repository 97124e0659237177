import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { mail2016 } from "../gates/mail/fixtures/mail2016.ts";
import { sendMail } from "../replay/sendMail.ts";
import { openStage } from "../replay/stage.ts";
import { joinByLink, launchBrowser, noBrowser, PageWatch } from "./testBrowser.ts";

const hanako = { name: "田中 花子", email: "hanako@example.com", password: "correct horse battery" };
const jiro = { name: "佐藤 次郎", email: "jiro@example.com", password: "staple battery horse" };

describe("the console on the real station", { skip: noBrowser }, () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-stage-"));
  let stage: Awaited<ReturnType<typeof openStage>>;
  let browser: Browser;
  let page: Page;
  let watch: PageWatch;

  before(async () => {
    stage = await openStage({ folder, consolePort: 0, gatePort: 0, quiet: true, tell: () => {} });
    browser = await launchBrowser();
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "ja-JP" });
    watch = new PageWatch(context, stage.station.url);
    page = await context.newPage();
  });
  after(async () => {
    await browser.close();
    await stage.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the mail of 2016 is held, seen live and opened, and delivered after two persons", async () => {
    await joinByLink(page, stage.station.firstLink ?? "", hanako);
    await page.getByText("接続中").waitFor();
    const { raw, envelope } = mail2016({ archive: "zip" });
    await sendMail(stage.gate, { ...envelope, raw });
    await page.getByRole("button", { name: /新着\d件を表示/ }).click();
    await page.goto(`${stage.station.url}/mail`);
    await page.locator("tbody a").first().click();
    await page.getByRole("button", { name: "判断のために開く" }).click();
    await page.locator("h1").filter({ hasText: "航空券控え" }).waitFor();
    await page.getByText("文書アイコンのプログラム").first().waitFor();
    await release(page);
    await page.getByText("2人中1人：あなたが").waitFor();
    const address = await invite(page, stage.station.url);
    const other = await (await browser.newContext({ locale: "ja-JP" })).newPage();
    await joinByLink(other, address, jiro);
    await other.goto(`${stage.station.url}/decisions`);
    await other.locator("tbody a").first().click();
    await release(other);
    await stage.mailbox.waitFor((delivered) => delivered.length === 1, 15_000);
    await other.getByText("実行済み").waitFor();
  });

  test("the ledger holds the whole chain, and it verifies", async () => {
    await page.goto(`${stage.station.url}/ledger`);
    await page.getByRole("button", { name: "台帳全体を検証" }).click();
    await page.getByText("欠けも変更もありません").waitFor();
    await page.goto(`${stage.station.url}/ledger?code=mail-released`);
    await page.locator("tbody a").first().click();
    await page.locator(".walk a").filter({ hasText: "メールを受信" }).first().waitFor();
    assert.deepEqual(watch.problems, []);
  });
});

async function release(page: Page): Promise<void> {
  await page.locator('.option input[value="release"]').check();
  await page.locator(".decision textarea").fill("差出人に電話で確認した");
  await page.locator(".decision button[type=submit]").click();
}

async function invite(page: Page, url: string): Promise<string> {
  await page.goto(`${url}/people`);
  await page.getByRole("button", { name: "人を招待" }).click();
  await page.locator("#invite-email").fill(jiro.email);
  await page.getByRole("checkbox", { name: "承認者" }).check();
  await page.getByRole("button", { name: "リンクを作る" }).click();
  return (await page.locator("#made-link").textContent()) ?? "";
}
