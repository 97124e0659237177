import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { totpOf } from "../station/http/testClient.ts";
import {
  joinByLink,
  launchBrowser,
  noBrowser,
  PageWatch,
  serveTestApp,
  settle,
  type Newcomer,
  type ServedApp,
} from "./testBrowser.ts";

const hanako: Newcomer = {
  name: "田中 花子",
  email: "hanako@example.com",
  password: "correct horse battery",
};
const jiro: Newcomer = { name: "佐藤 次郎", email: "jiro@example.com", password: "staple battery horse" };

describe("the console in Chromium", { skip: noBrowser }, () => {
  let app: ServedApp;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let watch: PageWatch;
  let secret = "";

  before(async () => {
    app = await serveTestApp({ mails: 40 });
    browser = await launchBrowser();
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "ja-JP" });
    watch = new PageWatch(context, app.origin);
    page = await context.newPage();
  });
  after(async () => {
    await browser.close();
    await app.close();
  });

  test("the first link sets up a person with both factors", async () => {
    const address = (await app.station.createFirstLink()) ?? "";
    secret = await joinByLink(page, address, hanako);
    await page.locator("h1").filter({ hasText: "いまの関所" }).waitFor();
  });

  test("signing in asks for password and code, and keeps the address that was asked for", async () => {
    await page.getByRole("button", { name: "サインアウト" }).click();
    await page.locator("#email").waitFor();
    await page.goto(`${app.origin}/ledger?kind=judged`);
    await page.locator("#email").fill(hanako.email);
    await page.locator("#password").fill(hanako.password);
    await page.locator("button[type=submit]").click();
    await page.locator("#code").fill(totpOf(secret));
    await page.locator("button[type=submit]").click();
    await page.locator("h1").filter({ hasText: "台帳" }).waitFor();
    assert.match(page.url(), /\/ledger\?kind=judged$/);
  });

  test("a passkey is added, and signs in without password", async () => {
    const session = await context.newCDPSession(page);
    await session.send("WebAuthn.enable");
    const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await page.goto(`${app.origin}/profile`);
    await page.locator("#passkey-name").fill("机のPC");
    await page.getByRole("button", { name: "パスキーを追加" }).click();
    await page.getByText("机のPC").waitFor();
    await page.getByRole("button", { name: "サインアウト" }).first().click();
    await page.getByRole("button", { name: "パスキーでサインイン" }).click();
    await page.locator("nav.rail").waitFor();
    assert.ok(app.station.services.rows.some(({ entry }) => entry.data["factor"] === "passkey"));
    await session.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
  });

  test("a held mail is opened for a purpose, and shown as text only", async () => {
    await page.goto(`${app.origin}/mail/m000000`);
    await page.getByRole("button", { name: "判断のために開く" }).click();
    await page.locator("h1").filter({ hasText: "航空券控え" }).waitFor();
    assert.match((await page.locator(".mail-text").textContent()) ?? "", /<script>alert/);
    assert.ok(app.station.services.rows.some(({ entry }) => entry.code === "evidence-viewed"));
  });

  test("a mail with a program is released by two persons", async () => {
    await answer(page, "通す", "差出人に電話で確認した");
    await page.getByText("2人中1人：あなたが「通す」と回答しました").waitFor();
    assert.equal(app.station.services.mails[0]?.state, "held");
    await page.goto(`${app.origin}/people`);
    await page.getByRole("button", { name: "人を招待" }).click();
    await page.locator("#invite-email").fill(jiro.email);
    await page.getByRole("checkbox", { name: "承認者" }).check();
    await page.getByRole("button", { name: "リンクを作る" }).click();
    const address = (await page.locator("#made-link").textContent()) ?? "";
    const other = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "ja-JP" });
    const telephone = await other.newPage();
    await joinByLink(telephone, address, jiro);
    await telephone.goto(`${app.origin}/decisions/d000000`);
    await telephone.getByText("田中 花子さんが「通す」と回答しました").waitFor();
    await answer(telephone, "通す", "こちらでも確認した");
    await telephone.getByText("決定：通す").waitFor();
    assert.equal(app.station.services.mails[0]?.state, "released");
    await other.close();
  });

  test("the ledger is verified, walked and proven", async () => {
    await page.goto(`${app.origin}/ledger`);
    await page.getByRole("button", { name: "台帳全体を検証" }).click();
    await page.getByText("欠けも変更もありません").waitFor();
    await page.goto(`${app.origin}/ledger?code=mail-held`);
    await page.locator("tbody a").first().click();
    await page.locator(".walk a").filter({ hasText: "事前の指示" }).click();
    await page.locator("h1").filter({ hasText: "事前の指示を適用" }).waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "証明を保存" }).click();
    assert.match((await download).suggestedFilename(), /^sekisho-entry-\d+\.proof\.json$/);
  });

  test("keys move, open and go; the help names them", async () => {
    await page.goto(`${app.origin}/mail`);
    await page.locator("tbody tr").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.getByText("1件を選択中").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/mail\/m000001$/);
    await page.keyboard.press("g");
    await page.keyboard.press("l");
    await page.waitForURL(/\/ledger$/);
    await page.locator("tbody tr").first().waitFor();
    await page.keyboard.press("/");
    await page.locator("input:focus").waitFor();
    await page.keyboard.type("mail-held");
    await page.waitForURL(/text=mail-held/);
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog").getByText("この一覧").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  test("a decision asks anew for a factor that is too old, and then goes on by itself", async () => {
    await app.station.state.db
      .updateTable("session")
      .set({ confirmedAt: new Date(0) })
      .execute();
    await page.goto(`${app.origin}/decisions/d000001`);
    await answer(page, "却下", "心当たりのない差出人");
    // A code is accepted once, and this half minute's has opened the session already.
    await page
      .getByRole("dialog")
      .locator("#code")
      .fill(totpOf(secret, Date.now() + 30_000));
    await page.getByRole("button", { name: "確認する" }).click();
    await page.getByText("決定：却下").waitFor();
  });

  test("language and brightness change at once and stay", async () => {
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("link", { name: "Mail desk" }).waitFor();
    await page.getByRole("button", { name: "Dark" }).click();
    await page.reload();
    await page.getByRole("link", { name: "Mail desk" }).waitFor();
    const scheme = await page.evaluate("getComputedStyle(document.documentElement).colorScheme");
    assert.equal(scheme, "dark");
    await page.getByRole("button", { name: "日本語" }).click();
  });

  test("new events announce themselves and wait", async () => {
    await page.goto(`${app.origin}/gates`);
    await page.getByText("接続中").waitFor();
    const rows = await page.locator("tbody tr").count();
    app.station.services.emit({ subject: "new.example", act: "hold" });
    const announcement = page.getByRole("button", { name: "新着1件を表示" });
    await announcement.waitFor();
    assert.equal(await page.locator("tbody tr").count(), rows);
    await announcement.click();
    await page.locator("tbody tr").first().getByText("new.example").waitFor();
  });

  test("every page fits every width, in both languages and both themes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sekisho-screenshots-"));
    const wide: string[] = [];
    for (const look of LOOKS) {
      await wear(page, look);
      for (const path of PATHS) {
        await page.goto(app.origin + path);
        await settle(page);
        const over = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
        if (over > 0) wide.push(`${path} at ${look.width}: ${over} px`);
        const name = `${path.slice(1).replaceAll("/", "-")}-${look.width}-${look.theme}-${look.language}.png`;
        await page.screenshot({ path: join(folder, name) });
      }
    }
    assert.deepEqual(wide, []);
  });

  test("no page broke its policy, threw, or asked another origin", () => {
    assert.deepEqual(watch.problems, []);
  });
});

const PATHS = [
  "/gates",
  "/mail",
  "/mail/m000002",
  "/decisions",
  "/decisions/d000002",
  "/ledger",
  "/people",
  "/profile",
];
const LOOKS = [
  { width: 1440, theme: "light", language: "ja" },
  { width: 1024, theme: "dark", language: "en" },
  { width: 390, theme: "light", language: "en" },
  { width: 390, theme: "dark", language: "ja" },
];

async function wear(page: Page, look: (typeof LOOKS)[number]): Promise<void> {
  await page.setViewportSize({ width: look.width, height: 900 });
  await page.evaluate(({ theme, language }) => {
    localStorage.setItem("sekisho-theme", theme);
    localStorage.setItem("sekisho-language", language);
  }, look);
}

/** Answers the decision on the page. */
async function answer(page: Page, option: string, reason: string): Promise<void> {
  await page.locator(".option").filter({ hasText: option }).first().locator("input").check();
  await page.locator(".decision textarea").fill(reason);
  await page.locator(".decision button[type=submit]").click();
}
