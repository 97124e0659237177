import { existsSync } from "node:fs";
import { serve, type ServerType } from "@hono/node-server";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { openTestApp, totpOf, type TestApp } from "../station/http/testClient.ts";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Why no browser can be driven here, or false. */
export const noBrowser = existsSync(CHROMIUM) ? false : "Chromium is not installed here (Debian: chromium)";

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS, headless: true });
}

export type ServedApp = { station: TestApp; origin: string; close(): Promise<void> };

/** The pages over HTTP, on services in memory. */
export async function serveTestApp(options: { mails: number }): Promise<ServedApp> {
  // The app checks its own origin, so the port must be known before the app is made.
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const station = await openTestApp({ mails: options.mails, origin });
  const server = serve({ fetch: station.app.fetch, port, hostname: "localhost" });
  const close = async (): Promise<void> => {
    await stop(server);
    await station.close();
  };
  return { station, origin, close };
}

async function freePort(): Promise<number> {
  const server = serve({ fetch: () => new Response(), port: 0, hostname: "localhost" });
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await stop(server);
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function stop(server: ServerType): Promise<void> {
  if ("closeAllConnections" in server) server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** What a page must never do: break its own policy, throw, or ask another origin. */
export class PageWatch {
  readonly problems: string[] = [];

  constructor(context: BrowserContext, origin: string) {
    context.on("page", (page) => this.#watch(page, origin));
  }

  #watch(page: Page, origin: string): void {
    page.on("pageerror", (error) => this.problems.push(`thrown: ${error.message}`));
    page.on("console", (message) => {
      const expected = /status of (400|401|403|404|409|410|429|503)/.test(message.text());
      if (message.type() === "error" && !expected) this.problems.push(`console: ${message.text()}`);
    });
    page.on("request", (request) => {
      const address = request.url();
      if (address.startsWith(origin) || /^(data|blob|about):/.test(address)) return;
      this.problems.push(`left the origin: ${address}`);
    });
  }
}

export type Newcomer = { name: string; email: string; password: string };

/** Comes in by a one-time link as a person does: form, authenticator code; returns the TOTP secret. */
export async function joinByLink(page: Page, address: string, person: Newcomer): Promise<string> {
  await page.goto(address);
  await page.locator("#name").fill(person.name);
  await page.locator("#email").fill(person.email);
  await page.locator("#new-password").fill(person.password);
  await page.locator("button[type=submit]").click();
  await page.locator("#current-password").fill(person.password);
  await page.locator("button[type=submit]").click();
  const secret = ((await page.locator("#totp-secret").textContent()) ?? "").replaceAll(" ", "");
  await page.locator("#code").fill(totpOf(secret));
  await page.locator("button[type=submit]").click();
  // The passkey is offered next; "finish" goes on without one.
  await page.locator("#code").waitFor({ state: "detached" });
  await page.locator("button.button-main").click();
  await page.locator("nav.rail").waitFor();
  return secret;
}

/** Who comes in where a test does not say. */
export const hanako: Newcomer = {
  name: "田中 花子",
  email: "hanako@example.com",
  password: "correct horse battery",
};

export type OpenPages = {
  app: ServedApp;
  browser: Browser;
  page: Page;
  watch: PageWatch;
  giveRoles(roles: string): Promise<unknown>;
  /** Entries of the ledger with a code. */
  entries(code: string): TestApp["services"]["rows"];
  close(): Promise<void>;
};

/** The pages in a browser of its own, in Japanese, with a person who has come in. */
export async function openPages(options: { mails: number }): Promise<OpenPages> {
  const app = await serveTestApp(options);
  const browser = await launchBrowser();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "ja-JP" });
  const watch = new PageWatch(context, app.origin);
  const page = await context.newPage();
  await joinByLink(page, (await app.station.createFirstLink()) ?? "", hanako);
  return {
    app,
    browser,
    page,
    watch,
    giveRoles: (roles) => app.station.state.db.updateTable("person").set({ roles }).execute(),
    entries: (code) => app.station.services.rows.filter(({ entry }) => entry.code === code),
    async close() {
      await browser.close();
      await app.close();
    },
  };
}

/** Waits until no page waits for data, so that a picture shows what a person sees. */
export async function settle(page: Page): Promise<void> {
  // Not by a function in the page: that would need eval, which the policy of the pages forbids.
  await page.locator(".skeleton, .chart:empty").first().waitFor({ state: "detached" });
  await page.waitForTimeout(250);
}
