import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { RawClient } from "../gates/records/rawClient.ts";
import { RecordsStage, skip as noPostgres } from "../gates/records/testRecords.ts";
import { freePort } from "../lib/freePort.ts";
import { startStation, type StartedStation } from "../station/start.ts";
import { waitUntil } from "../station/testPorts.ts";
import {
  hanako,
  joinByLink,
  launchBrowser,
  noBrowser,
  openPages,
  settle,
  type OpenPages,
  type ServedApp,
} from "./testBrowser.ts";

const LOOKS = [
  [1440, "light", "ja"],
  [1024, "dark", "en"],
  [390, "light", "en"],
  [390, "dark", "ja"],
] as const;
const PATHS = [
  ...["", "/waiting", "/waiting/01890000-0000-7000-8000-00000d000001", "/events"],
  ...["/events/01890000-0000-7000-8000-00000e000000", "/events/01890000-0000-7000-8000-00000f000000"],
  ...["/columns", "/customer", "/canaries", "/files"],
];
/**
 * What reaches beyond the page, and cells that reach into their neighbours. In text: the policy of the pages
 * forbids to make functions of it.
 */
const BEYOND = `(() => {
  const found = [];
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over > 0) found.push(over + " px");
  const cells = "main td, main dd, main li, main p, main h1, main h2, main th";
  for (const one of document.querySelectorAll(cells)) {
    const box = one.getBoundingClientRect();
    if (box.width === 0 || one.closest(".statement, .hidden-visually, thead")) continue;
    if (getComputedStyle(one).display === "inline") continue;
    if (one.scrollWidth > one.clientWidth + 1)
      found.push(one.tagName + " " + one.className + " " + one.textContent.slice(0, 24));
  }
  return [...new Set(found)].slice(0, 4).join("; ");
})()`;
const eventId = (number: number) => `01890000-0000-7000-8000-00000e${String(number).padStart(6, "0")}`;

describe("the pages of the records gate in Chromium", { skip: noBrowser }, () => {
  let pages: OpenPages;
  let app: ServedApp;
  let page: Page;

  before(async () => {
    pages = await openPages({ mails: 4 });
    ({ app, page } = pages);
  });
  after(async () => {
    await pages.close();
  });

  const giveRoles = (roles: string) => pages.giveRoles(roles);

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

  test("events are filtered by the address, and one says why, its values masked at first", async () => {
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
    await page.getByRole("link", { name: "内容を見て判断する" }).click();
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

  test("no page scrolls sideways or writes over its neighbour, with usual and too much data", async () => {
    const wrong: string[] = [];
    for (const amount of ["usual", "much"] as const) {
      app.station.services.recordsData.show(amount);
      for (const [width, theme, language] of amount === "usual" ? LOOKS.slice(1, 3) : LOOKS) {
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate(
          ([theme, language]) => {
            localStorage.setItem("sekisho-theme", theme);
            localStorage.setItem("sekisho-language", language);
          },
          [theme, language] as const,
        );
        for (const path of PATHS) {
          await page.goto(`${app.origin}/records${path}`);
          await settle(page);
          if (path === "/customer") await askAbout("4711");
          const found = String(await page.evaluate(BEYOND));
          if (found !== "") wrong.push(`${path} at ${width} ${language} ${amount}: ${found}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
    app.station.services.recordsData.show("usual");
  });

  /** In either language. */
  async function askAbout(customer: string): Promise<void> {
    await page.locator("main input[type=text]").fill(customer);
    await page.locator("main select").selectOption("asked-by-customer");
    await page.locator("main button[type=submit]").click();
    await page.locator("main table").waitFor();
  }

  test("no page threw, broke its policy or asked another origin", () =>
    assert.deepEqual(pages.watch.problems, []));
});

describe("an approval on a telephone, with the real gate", { skip: noBrowser || noPostgres }, () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-approval-"));
  let stage: RecordsStage;
  let place: { host: string; database: string };
  let station: StartedStation;
  let browser: Browser;
  let page: Page;
  let port = 0;

  before(async () => {
    process.env["SEKISHO_GATE_WATCHES"] = String(process.pid);
    stage = new RecordsStage(2_000);
    place = await stage.database();
    port = await freePort();
    const config = join(folder, "sekisho.yaml");
    writeFileSync(config, configOf({ ...place, port }));
    station = await startStation(config, { quiet: true });
    const ready = async () => (await station.services.station.status()).state === "ready";
    await waitUntil(ready, "the gate", 30_000);
    browser = await launchBrowser();
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "ja-JP" });
    page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("WebAuthn.enable");
    await session.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await joinByLink(page, station.firstLink ?? "", { ...hanako, email: "bob@agency.example" });
  });
  after(async () => {
    await browser?.close();
    await station?.close();
    await stage?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The statement is on its way, and its page is open. */
  async function hold(text: string): Promise<{ raw: RawClient; done: Promise<boolean> }> {
    const raw = await RawClient.open({ port, user: "alice", database: place.database });
    const done = raw.query(text);
    await page.goto(`${station.url}/records/waiting`);
    await page.getByRole("link", { name: "内容を見て判断する" }).click();
    await page.getByText("2,000", { exact: true }).waitFor();
    assert.equal(raw.customers, 0);
    return { raw, done };
  }

  test("without a passkey she is told to add one; what she refuses does not run", async () => {
    const { raw, done } = await hold("select id, name from customers");
    await page.locator("textarea").fill("必要性を確認できない");
    await page.getByText("承認にはパスキーが必要ですが").waitFor();
    assert.ok(await page.getByRole("button", { name: "パスキーで承認する" }).isDisabled());
    await page.getByRole("button", { name: "却下する" }).click();
    await done;
    assert.deepEqual([raw.customers, raw.errors], [0, ["42501"]]);
    await page.getByText("決定：却下する").first().waitFor();
    raw.close();
  });

  test("with her passkey she approves, and the client gets its rows", async () => {
    await page.goto(`${station.url}/profile`);
    await page.getByLabel("この端末の名前").fill("電話");
    await page.getByRole("button", { name: "パスキーを追加" }).click();
    await page.getByText("電話").first().waitFor();
    const { raw, done } = await hold("select id, email from customers");
    await page.locator("textarea").fill("四半期の点検");
    await page.getByRole("button", { name: "パスキーで承認する" }).click();
    assert.equal(await done, true);
    assert.equal(raw.customers, 2_000);
    raw.close();
    await page.getByText("決定：この閲覧を承認する").first().waitFor();
    await page.getByText("四半期の点検").first().waitFor();
    const { rows } = await station.services.ledger.search({ code: "decision-answered", limit: 1 });
    assert.deepEqual([rows[0]?.entry.data["factor"], rows[0]?.entry.evidence.length], ["passkey", 2]);
  });
});

function configOf({ host, port, database }: { host: string; port: number; database: string }): string {
  return `organisation: Records
console: { port: 0 }
log: { level: error }
roster: [{ name: Bob, email: bob@agency.example, roles: [approver] }]
records:
  port: ${port}
  workers: 1
  server: { host: ${host} }
  watcher: { user: watcher, database: ${database} }
  customers: { table: public.customers, key: id }
  tables: [{ table: public.customers, key: id, personal: { name: name, email: email } }]
  persons: [{ login: alice, email: alice@agency.example, group: askers }]
  policy:
    groups: [{ name: askers, budget: { hour: 100 }, bulk: ask, overBudget: ask }]
    approval: { deadlineMinutes: 5 }
`;
}
