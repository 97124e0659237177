import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { joinByLink, launchBrowser, settle } from "../src/console/testBrowser.ts";
import { playActs } from "../src/replay/acts.ts";
import { openStage } from "../src/replay/stage.ts";

/**
 * Takes the pictures of the README from a real station after the replay of 2016, in both languages. With a
 * folder,
 * takes every page there as well, at three widths, light and dark, to be looked at.
 */
const everywhere = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), "sekisho-pictures-"));
const stage = await openStage({ folder, consolePort: 0, gatePort: 0, quiet: true, tell: () => {} });
const browser = await launchBrowser();

async function openHeldMail(page: Page, button: string): Promise<void> {
  await page.goto(`${stage.station.url}/mail?reason=document-icon`);
  await page.locator("tbody a").first().click();
  const open = page.getByRole("button", { name: button });
  const title = page.locator("h1").filter({ hasText: "航空券控え" });
  await open.or(title).first().waitFor();
  if (await open.isVisible()) await open.click();
  await title.waitFor();
  await settle(page);
}

/** The newest finding, where the replay left one. */
async function takeFinding(page: Page, look: string): Promise<void> {
  await page.goto(`${stage.station.url}/findings`);
  await settle(page);
  const first = page.locator("tbody a").first();
  if ((await first.count()) === 0) return;
  await first.click();
  await page.waitForURL(/findings\/./);
  await settle(page);
  await page.screenshot({ path: join(everywhere as string, `finding-${look}.png`), fullPage: true });
}

async function takeEverywhere(page: Page, language: string): Promise<void> {
  const paths = [
    ...["/", "/mail", "/traffic", "/findings", "/cuts", "/cuts/card"],
    ...["/records", "/records/waiting", "/records/events", "/records/columns", "/records/files"],
    ...["/decisions", "/ledger", "/people", "/profile"],
  ];
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      for (const path of paths) {
        await page.goto(`${stage.station.url}${path}`);
        await settle(page);
        const name = `${path.slice(1).replaceAll("/", "-") || "gates"}-${language}-${scheme}-${width}.png`;
        await page.screenshot({ path: join(everywhere as string, name), fullPage: true });
      }
      await takeFinding(page, `${language}-${scheme}-${width}`);
      await openHeldMail(page, language === "ja" ? "判断のために開く" : "Open to decide on it");
      const name = `held-${language}-${scheme}-${width}.png`;
      await page.screenshot({ path: join(everywhere as string, name), fullPage: true });
    }
  }
}

try {
  const results = await playActs(stage, null);
  if (results.some((result) => !result.ok)) throw new Error(JSON.stringify(results));
  const context = await browser.newContext({ viewport: { width: 1280, height: 960 }, locale: "ja-JP" });
  const page = await context.newPage();
  const person = { name: "田中 花子", email: "hanako@example.com", password: "correct horse battery" };
  await joinByLink(page, stage.station.firstLink ?? "", person);
  await openHeldMail(page, "判断のために開く");
  await page.screenshot({ path: "docs/console.ja.png" });
  if (everywhere !== undefined) await takeEverywhere(page, "ja");
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 960 });
  await page.goto(`${stage.station.url}/`);
  await page.getByRole("button", { name: "English" }).click();
  await openHeldMail(page, "Open to decide on it");
  await page.screenshot({ path: "docs/console.png" });
  if (everywhere !== undefined) await takeEverywhere(page, "en");
} finally {
  await browser.close();
  await stage.close();
  rmSync(folder, { recursive: true, force: true });
}
