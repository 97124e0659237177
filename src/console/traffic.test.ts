import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { totpOf } from "../station/http/testClient.ts";
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
const findingId = (number: number) => `01890000-0000-7000-8000-${String(number).padStart(12, "0")}`;

describe("the pages of the outbound gate in Chromium", { skip: noBrowser }, () => {
  let app: ServedApp;
  let browser: Browser;
  let page: Page;
  let watch: PageWatch;
  let secret = "";

  before(async () => {
    app = await serveTestApp({ mails: 4 });
    browser = await launchBrowser();
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "ja-JP" });
    watch = new PageWatch(context, app.origin);
    page = await context.newPage();
    secret = await joinByLink(page, (await app.station.createFirstLink()) ?? "", person);
  });
  after(async () => {
    await browser.close();
    await app.close();
  });

  test("traffic shows what the record holds, what is missing from it, and who sends where", async () => {
    await page.goto(`${app.origin}/traffic`);
    await page.getByText("1,284,031").waitFor();
    await page.getByText("誰も見ていません（zeek）").waitFor();
    await page.getByText("37件を取りこぼしました").waitFor();
    const matrix = page.getByRole("group", { name: "11台×12宛先の表" });
    await matrix.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.getByText("customer-db → files.storage-share.example:443：71 MB").waitFor();
    await page.getByRole("button", { name: "7日" }).click();
    await page.waitForURL(/hours=168/);
  });

  test("a host shows its list, its hours and its destinations, sorted by the address", async () => {
    await page.goto(`${app.origin}/traffic`);
    await page.getByPlaceholder("10.1.30.5").fill("10.1.30.9");
    await page.getByRole("button", { name: "ホストを表示" }).click();
    await page.locator("h1").filter({ hasText: "control" }).waitFor();
    await page.getByText("update.example:443").first().waitFor();
    await page.goto(`${app.origin}/traffic/hosts/10.1.30.5?sort=destination.descending`);
    await page.getByText("外部には誰もいません").waitFor();
    assert.match((await page.locator("tbody tr").first().textContent()) ?? "", /update-check/);
    assert.match((await page.locator("tbody tr").first().textContent()) ?? "", /一覧にない/);
  });

  test("findings are one line a behaviour, filtered by the address; hidden ones can be shown", async () => {
    await page.goto(`${app.origin}/findings?code=beacon`);
    await settle(page);
    const first = page.locator("tbody tr").first();
    assert.match((await first.textContent()) ?? "", /ビーコン.*customer-db/s);
    const beacons = await page.locator("tbody tr").count();
    assert.equal(beacons, 15);
    await page.goto(`${app.origin}/findings`);
    await page.getByText("方針により15件を非表示").waitFor();
    assert.match((await first.textContent()) ?? "", /沈黙すべきサーバーの通信.*ビーコン.*重大/s);
    await page.getByRole("button", { name: "表示する", exact: true }).click();
    await page.getByText("「time-servers-of-the-house」により非表示").first().waitFor();
    await page.waitForURL(/hidden=true/);
    await page.getByLabel("重さ").selectOption("critical");
    await page.waitForURL(/severity=critical/);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    assert.equal((await download).suggestedFilename(), "sekisho-findings.csv");
  });

  test("a finding says why, draws the beacon, and is an entry in the ledger", async () => {
    await page.goto(`${app.origin}/findings/${findingId(1)}`);
    await page.getByText("、点数0.99）").waitFor();
    await page.getByText("中央値は4分").waitFor();
    const teeth = (await page.locator("path.teeth").getAttribute("d")) ?? "";
    assert.ok(teeth.split("M").length > 300, "one tooth for each contact");
    await page.getByText("RITA方式の点数").waitFor();
    const opened = app.station.services.rows.filter(
      ({ entry }) => entry.code === "evidence-viewed" && entry.about["finding"] === findingId(1),
    );
    assert.equal(opened.length, 1);
  });

  test("a destination is blocked from its finding: preview first, then reason and proof", async () => {
    await page.goto(`${app.origin}/findings/${findingId(4)}`);
    const order = page.getByRole("button", { name: "命じる：通信先を遮断" });
    await page.locator('.option input[value="block"]').check();
    await page.locator(".preview").getByText("13件が止まります").waitFor();
    assert.ok(await order.isDisabled(), "nothing is ordered without a reason");
    await page.locator("#acts textarea").fill("許可一覧にない宛先");
    await order.click();
    await page.getByText("命じました").waitFor();
    const [cut] = app.station.services.trafficData.cuts;
    assert.deepEqual([cut?.act, cut?.state], ["block", "in-place"]);
    assert.match(cut?.target ?? "", /^news\.example/);
    await page.getByRole("link", { name: "この判断" }).click();
    await page.getByText("許可一覧にない宛先").waitFor();
  });

  test("a target that names nothing is refused before anything is ordered", async () => {
    await page.goto(`${app.origin}/cuts`);
    await page.locator('.option input[value="isolate"]').check();
    await page.getByLabel("ホストのアドレス").fill("customer db");
    await page.getByText("この書き方の対象は遮断できません").waitFor();
    await page.locator("#order textarea").fill("試し");
    assert.ok(await page.getByRole("button", { name: "命じる：ホストを隔離" }).isDisabled());
  });

  test("an order in force says whether it holds, is renewed and lifted with a fresh factor", async () => {
    await page.goto(`${app.origin}/cuts`);
    const held = page.locator(".cut").filter({ hasText: "10.1.30.5" });
    await held.getByText("最後のパケットは命令の4.2ms後。以後は0個。").waitFor();
    const leaking = page.locator(".cut").first();
    await leaking.getByText("実施後に12個のパケットが通過しました").waitFor();
    await held.getByRole("button", { name: "延長" }).click();
    await page.getByRole("dialog").getByLabel("期間").selectOption("1440");
    await page.getByRole("dialog").locator("textarea").fill("調査が続いている");
    await page.getByRole("button", { name: "延長する" }).click();
    await held.getByText("残り23時間59分").or(held.getByText("残り1日")).waitFor();
    await app.station.state.db
      .updateTable("session")
      .set({ confirmedAt: new Date(0) })
      .execute();
    await held.getByRole("button", { name: "解除" }).click();
    await page.getByRole("dialog").locator("textarea").fill("原因を取り除いた");
    await page.getByRole("button", { name: "いま解除する" }).click();
    // A code is accepted once, and this half minute's has opened the session already.
    await page
      .getByRole("dialog")
      .locator("#code")
      .fill(totpOf(secret, Date.now() + 30_000));
    await page.getByRole("button", { name: "確認する" }).click();
    await held.waitFor({ state: "detached" });
    await page.getByText("判断により解除").first().waitFor();
  });

  test("keys lead to traffic, findings and cuts", async () => {
    await page.goto(`${app.origin}/gates`);
    for (const [key, path] of [
      ["t", "/traffic"],
      ["f", "/findings"],
      ["c", "/cuts"],
    ] as const) {
      await page.locator("h1").waitFor();
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await page.waitForURL(`${app.origin}${path}`);
    }
    await page.goto(`${app.origin}/findings`);
    await page.locator("tbody tr").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${app.origin}/findings/${findingId(0)}`);
  });

  test("the cut-off card fits one page of A4, in both languages and from a dark screen", async () => {
    await page.goto(`${app.origin}/cuts/card`);
    await page.getByText("+81 3 5555 0100").waitFor();
    await page.evaluate('localStorage.setItem("sekisho-theme", "dark")');
    for (const [name, text] of [
      ["English", "everything is cut off"],
      ["日本語", "すべて遮断します"],
    ] as const) {
      await page.getByRole("main").getByRole("button", { name }).click();
      await page.getByText(text).waitFor();
      const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
      assert.equal(pdf.match(/\/Type\s*\/Page\b(?!s)/g)?.length, 1, name);
      assert.match(pdf, /\/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]/);
    }
  });

  test("new findings and cuts announce themselves beside mail", async () => {
    await page.goto(`${app.origin}/gates`);
    await page.getByText("接続中").waitFor();
    const reasons = [{ code: "beacon", severity: "high" }];
    const about = { gate: "outbound", mail: null, subject: "db → bad.example" };
    app.station.services.emit({ ...about, act: "finding", reasons });
    await page.getByRole("button", { name: "新着1件を表示" }).click();
    const row = page.locator("tbody tr").first();
    assert.match((await row.textContent()) ?? "", /検知外向き通信db → bad\.example.*ビーコン/s);
  });

  test("every page fits every width, in both languages, with usual, no and too much data", async () => {
    const wide: string[] = [];
    const data = app.station.services.trafficData;
    for (const amount of ["usual", "none", "much"] as const) {
      data.show(amount);
      for (const [width, theme, language] of LOOKS) {
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate(
          ([theme, language]) => {
            localStorage.setItem("sekisho-theme", theme);
            localStorage.setItem("sekisho-language", language);
          },
          [theme, language] as const,
        );
        for (const path of amount === "none" ? PATHS.slice(0, 5) : PATHS) {
          await page.goto(app.origin + path);
          await settle(page);
          const over = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
          if (over > 0) wide.push(`${path} at ${width} ${language} ${amount}: ${over} px`);
        }
      }
    }
    assert.deepEqual(wide, []);
  });

  test("without a cut section nothing can be ordered, and page and card say so", async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.evaluate('localStorage.setItem("sekisho-language", "en")');
    app.station.services.trafficData.show("no-cut");
    await page.goto(`${app.origin}/cuts`);
    await page.getByText("Nothing can be cut", { exact: true }).waitFor();
    assert.equal(await page.locator(".option").count(), 0);
    await page.goto(`${app.origin}/cuts/card`);
    await page.getByText("the configuration has no outbound.cut section").waitFor();
    await page.getByText("Nobody is named").waitFor();
  });

  test("without an outbound gate every page says what to do", async () => {
    app.station.services.trafficData.show("no-gate");
    for (const path of ["/traffic", "/traffic/hosts/10.1.30.5", "/findings", "/cuts"]) {
      await page.goto(app.origin + path);
      await page.getByText("No outbound gate is set up").waitFor();
    }
  });

  test("no page broke its policy, threw, or asked another origin", () => {
    assert.deepEqual(watch.problems, []);
  });
});

const LOOKS = [
  [1024, "dark", "en"],
  [390, "light", "en"],
  [390, "dark", "ja"],
] as const;
const PATHS = [
  "/gates",
  "/traffic",
  "/findings",
  "/cuts",
  "/cuts/card",
  "/traffic/hosts/10.1.30.5?hours=744",
  `/findings/${findingId(0)}`,
  `/findings/${findingId(1)}`,
  `/findings/${findingId(12)}`,
];
