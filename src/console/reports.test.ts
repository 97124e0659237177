import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { handOver, jiro, openCase, overfill } from "../station/http/testReports.ts";
import type { ReportService } from "../station/services.ts";
import { noBrowser, openPages, settle, type OpenPages } from "./testBrowser.ts";

const widths = [1440, 1024, 390] as const;

describe("the pages of reports in Chromium", { skip: noBrowser, timeout: 300_000 }, () => {
  let pages: OpenPages;
  let page: Page;
  let reports: ReportService;
  let incident = "";
  /** Address of a drafted report. */
  let drafted = "";

  const show = async (search: Record<string, string> = {}): Promise<void> => {
    const asked = new URLSearchParams({ show: "reports", ...search });
    await page.goto(`${pages.app.origin}/incidents/${incident}?${asked}`);
    await settle(page);
  };
  const open = async (address: string): Promise<void> => {
    await page.goto(address);
    await settle(page);
  };
  const dialog = () => page.getByRole("dialog");
  const item = (name: string) =>
    page.locator(".report-items > li").filter({ has: page.getByRole("heading", { name, exact: true }) });
  const picture = async (name: string, fullPage = true): Promise<void> => {
    const folder = process.env["SEKISHO_PICTURES"];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/reports-${name}.png`, fullPage });
  };

  before(async () => {
    pages = await openPages({ mails: 0 });
    page = pages.page;
    await pages.giveRoles("privacy-officer");
    const { services } = pages.app.station;
    reports = services.reports;
    incident = await openCase(services);
  });
  after(() => pages.close());

  test("each item says whether it is known, what it rests on, and who could settle what is not", async () => {
    await show();
    await page.getByRole("link", { name: "報告", exact: true }).waitFor();
    assert.equal(await page.locator(".tabs [data-status=active]").textContent(), "報告");
    const outline = item("概要");
    await outline.getByText("判明", { exact: true }).waitFor();
    await outline.getByText("サーバーから情報が流出した。").waitFor();
    await outline.getByText("記載：jiro").waitFor();
    const cause = item("原因");
    await cause.getByText("未判明", { exact: true }).waitFor();
    await cause.getByText("確定できるのは調査担当者又は外部の調査会社です。").waitFor();
    const persons = item("漏えい等が発生し、又は発生したおそれがある個人データに係る本人の数");
    await persons.getByText("記録に食い違い", { exact: true }).waitFor();
    await persons.getByRole("link", { name: "事実の一覧で確定する" }).waitFor();
    await picture("board");
    await outline.locator(".report-cites a").first().click();
    await page.getByRole("heading", { name: /報告の文を記載|出来事を記録|事実を記録/ }).waitFor();
  });

  test("the chosen report stands in the address: other laws, stages and duties", async () => {
    await show();
    await page.getByLabel("報告先・根拠").selectOption("eu-gdpr");
    await page.getByLabel("段階").selectOption("final");
    await page.getByLabel("義務").selectOption("persons");
    await page.locator(".report-items > li").first().waitFor();
    const { searchParams } = new URL(page.url());
    assert.deepEqual(
      ["of", "kind", "duty"].map((name) => searchParams.get(name)),
      ["eu-gdpr", "final", "persons"],
    );
    await page.getByLabel("報告先・根拠").selectOption("board");
    assert.equal(await page.getByLabel("段階").count(), 0);
    await page.getByRole("heading", { name: "取締役会への報告" }).waitFor();
  });

  test("a passage is written in its item, written anew, and the item becomes known", async () => {
    await show();
    await item("原因").getByRole("button", { name: "書く…" }).click();
    assert.equal(await dialog().getByLabel("項目").inputValue(), "cause");
    const record = dialog().getByRole("button", { name: "記録する" });
    assert.ok(await record.isDisabled());
    await dialog().getByLabel("日本語").fill("標的型メールの添付ファイル");
    await record.click();
    await item("原因").getByText("標的型メールの添付ファイル").waitFor();
    await item("原因").getByText("判明", { exact: true }).waitFor();
    await item("原因").getByRole("button", { name: "書き直す…" }).click();
    await dialog().getByLabel("英語").fill("An attachment of a mail");
    await record.click();
    await dialog().waitFor({ state: "detached" });
    const { passages } = await reports.list(incident);
    const written = passages.filter(({ topic }) => topic === "cause").map(({ text }) => text);
    assert.deepEqual(written, [{ ja: "標的型メールの添付ファイル", en: "An attachment of a mail" }]);
  });

  test("a result of the scope is linked with a reason", async () => {
    handOver(pages.app.station.services);
    await show();
    await page.getByText("影響範囲の調査結果は結び付いていません").waitFor();
    await page.getByRole("button", { name: "調査結果を結び付ける…" }).click();
    await dialog().getByLabel("この集計を使う理由").fill("重複を除いた集計");
    await dialog().getByRole("button", { name: "記録する" }).click();
    await page.locator(".aside", { hasText: "6,788,334人" }).getByText("2016-06-24集計").waitFor();
  });

  test("a draft is kept, and whoever released it is told before a click that a second has to", async () => {
    await show();
    await page.getByText("作成した報告はまだありません").waitFor();
    await page.getByRole("button", { name: "この内容で案を作る" }).click();
    await page.waitForURL(/\/reports\//);
    drafted = page.url();
    await page.getByRole("heading", { name: "これを外に出してよいですか" }).waitFor();
    await page.getByText("2人目が承認するまで、外には出ません").waitFor();
    await page.getByLabel("確認したことと理由").fill("台帳と照らし合わせた");
    await page.getByRole("button", { name: "承認する（1人目）" }).click();
    await page.getByText("2人目を兼ねることはできません").waitFor();
    assert.equal(await page.getByRole("button", { name: /承認/ }).count(), 0);
    assert.equal(pages.entries("report-released").length, 1);
  });

  test("on a phone the second release is one screen; then the report is filed with its receipt", async () => {
    const { id } = await reports.draft(incident, { kind: "preliminary" }, jiro);
    await reports.release(incident, id, "数を確かめた", jiro);
    await page.setViewportSize({ width: 390, height: 844 });
    await show();
    const waits = page.locator(".notice", { hasText: "あなたの承認で確定します" });
    await waits.getByRole("link", { name: /速報 第2版/ }).click();
    await settle(page);
    await page.getByText("jiroが承認しました").waitFor();
    const button = page.getByRole("button", { name: "承認して確定する（2人目）" });
    const [box, rail] = [await button.boundingBox(), await page.locator("nav.rail").boundingBox()];
    assert.ok(box !== null && rail !== null && box.y + box.height <= rail.y, `${box?.y} ${rail?.y}`);
    assert.ok((box?.height ?? 0) >= 44, "large enough for a thumb");
    await picture("release-390");
    await page.getByLabel("確認したことと理由").fill("項目ごとに読んだ");
    await button.click();
    await page.getByRole("button", { name: "提出を記録…" }).click();
    await dialog().getByLabel("提出した時").fill("2016-05-17T09:00");
    await dialog().getByLabel("受付番号").fill("2016-0517");
    await dialog().getByRole("button", { name: "記録する" }).click();
    await page.getByText("受付番号を記録しています").waitFor();
    const [row] = (await reports.list(incident)).reports.filter((report) => report.id === id);
    assert.deepEqual([row?.state, row?.releases.length], ["filed", 2]);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  test("two versions are compared, and files are to be had in both languages", async () => {
    await reports.passage(
      incident,
      { topic: "prevention", partner: null, replaces: null, text: { ja: "演習を行う" } },
      jiro,
    );
    await reports.draft(incident, { kind: "final" }, jiro);
    await show();
    await page.getByRole("link", { name: /確報 第3版/ }).click();
    await settle(page);
    await page.getByRole("link", { name: /第2版から\d+項目が変わりました/ }).click();
    await page.locator(".report-change", { hasText: "追加" }).getByText("演習を行う").waitFor();
    // The first version has none before it; it is compared with one that is chosen.
    await open(drafted);
    await page.getByText("この報告の最初の版です").waitFor();
    assert.equal(await page.locator(".report-change").count(), 0);
    await page.getByLabel("比べる版").selectOption({ label: "個人情報保護法 26条 確報 第3版" });
    await page.waitForURL(/from=/);
    await settle(page);
    await page.locator(".report-change", { hasText: "追加" }).getByText("演習を行う").waitFor();
    await picture("drafted");
    await show();
    await page.getByRole("link", { name: /確報 第3版/ }).click();
    for (const [name, file] of [
      ["PDF（日本語）", "final-1-3.pdf"],
      ["HTML（英語）", "final-1-3.html"],
      ["JSON", "final-1-3.json"],
    ] as const) {
      const coming = page.waitForEvent("download");
      await page.getByRole("link", { name, exact: true }).click();
      assert.equal((await coming).suggestedFilename(), file);
    }
  });

  test("what may be public is allowed one by one, and what is refused shows in its place", async () => {
    const text = { ja: "お問い合わせは taro.yamada@example.com まで。" };
    await reports.passage(incident, { topic: "measures", partner: null, replaces: null, text }, jiro);
    await show({ of: "public" });
    const candidate = page.locator(".report-public li", { hasText: "taro.yamada" });
    await candidate.getByText("非公開").waitFor();
    await candidate.getByRole("button", { name: "公開を許す…" }).click();
    await dialog().getByLabel("公開してよい、またはやめる理由").fill("窓口の案内なので");
    await dialog().getByRole("button", { name: "記録する" }).click();
    await candidate.getByText("公開可").waitFor();
    await page.locator(".notice-act", { hasText: "このままでは公開できません（1か所）" }).waitFor();
    await item("当社の対応").getByText("メールアドレスらしいものが含まれています").waitFor();
    await picture("public");
    await page.getByRole("button", { name: "この内容で案を作る" }).click();
    await page.locator(".notice-attention", { hasText: "measures" }).waitFor();
    await candidate.getByRole("button", { name: "取り消す…" }).click();
    await dialog().getByLabel("公開してよい、またはやめる理由").fill("宛先が個人のものだった");
    await dialog().getByRole("button", { name: "記録する" }).click();
    await page.getByText("機械の検査では何も見つかりませんでした").waitFor();
    assert.equal(pages.entries("public-allowed").length, 2);
    await page.getByRole("button", { name: "この内容で案を作る" }).click();
    await page.getByRole("heading", { name: "公開ページ 第1版" }).waitFor();
    await page.getByRole("button", { name: "承認する（1人目）" }).waitFor();
  });

  test("what is withdrawn after a draft keeps the draft inside, and no release is offered", async () => {
    const [outline] = (await reports.list(incident)).passages.filter(({ topic }) => topic === "outline");
    const entry = outline?.id ?? "";
    await reports.allowPublic(incident, { entry, allowed: true, reason: "公表した内容" }, jiro);
    const { id } = await reports.draft(incident, { kind: "press" }, jiro);
    await reports.allowPublic(incident, { entry, allowed: false, reason: "数が変わった" }, jiro);
    await open(`${pages.app.origin}/incidents/${incident}/reports/${id}`);
    const refused = page.locator(".notice-act", { hasText: "このままでは公開できません（1か所）" });
    await refused.getByText("公開を許されていない記録（報告の文を記載）").waitFor();
    assert.equal(await page.getByRole("button", { name: /承認/ }).count(), 0);
  });

  test("a letter is for a partner who is chosen, by her code if need be", async () => {
    await show({ of: "partner" });
    await page.getByRole("heading", { name: "提携先を選ぶ" }).waitFor();
    await page.getByLabel("提携先", { exact: true }).selectOption({ label: "ほか（コードで指定）" });
    await page.getByLabel("提携先のコード").fill("example-carrier");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "お客様情報に関するご報告" }).waitFor();
    await item("概要").getByRole("button", { name: "書く…" }).click();
    await dialog().getByLabel("日本語").fill("貴社のお客様のご予約の情報です");
    await page.keyboard.press("Escape");
    assert.equal(new URL(page.url()).searchParams.get("partner"), "example-carrier");
  });

  test("the estimate is made anew when an assumption changes, and a draft keeps it", async () => {
    await show({ of: "cost" });
    const total = page.locator(".report-table tr", { hasText: "合計" });
    const before = await total.textContent();
    await page.getByLabel("1人あたりの補償（円）").fill("1000");
    await page.waitForURL(/assume=/);
    await page.locator(".report-table tr", { hasText: "補償" }).getByText("1,000 円").waitFor();
    assert.notEqual(await total.textContent(), before);
    await picture("cost");
    await page.getByRole("button", { name: "この内容で案を作る" }).click();
    await page.getByRole("heading", { name: "費用の見積り 第1版" }).waitFor();
    const [row] = (await reports.list(incident)).reports;
    const kept = await reports.get(incident, row?.id ?? "");
    assert.equal(kept.assumptions?.compensationYen, 1_000);
  });

  test("the list of drafts is walked with j and opened with Enter", async () => {
    await show();
    await page.keyboard.press("j");
    await page.locator("tr[data-current]").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/reports\//);
  });

  test("who may only look sees all of it, no act, and why", async () => {
    await pages.giveRoles("auditor");
    for (const law of ["jp-appi", "public", "cost"]) {
      await show({ of: law });
      assert.equal(
        await page
          .locator("main")
          .getByRole("button", { name: /…|案を作る/ })
          .count(),
        0,
        law,
      );
    }
    const { id } = await reports.draft(incident, { kind: "board" }, jiro);
    await open(`${pages.app.origin}/incidents/${incident}/reports/${id}`);
    await page.getByText("今の役割では承認できません").waitFor();
    await pages.giveRoles("privacy-officer");
  });

  test("without the right, without an answer, and at no report, the page says so", async () => {
    await pages.giveRoles("");
    await open(drafted);
    await page.getByRole("heading", { name: "このページは今の役割では見られません" }).first().waitFor();
    await pages.giveRoles("privacy-officer");
    await open(`${pages.app.origin}/incidents/${incident}/reports/01953a1b-1111-7000-8000-000000000001`);
    await page.getByRole("heading", { name: "このアドレスには何もありません" }).waitFor();
    await page.route("**/api/reports/*/preview*", (route) => route.fulfill({ status: 503, body: "{}" }));
    await page.goto(`${pages.app.origin}/incidents/${incident}?show=reports`);
    await page.getByRole("heading", { name: "この部分を表示できませんでした" }).waitFor();
    await page.getByRole("heading", { name: "作成した報告" }).waitFor();
    await page.unroute("**/api/reports/*/preview*");
    await show({ of: "cost", assume: "{" });
    await page.getByText("Cannot read assumptions").waitFor();
    // What was not typed by anybody does not change the address.
    await page.waitForTimeout(1_000);
    assert.equal(new URL(page.url()).searchParams.get("assume"), "{");
  });

  for (const width of widths) {
    test(`with far too much in it, nothing is wider than a screen of ${width}`, async () => {
      if (width === widths[0]) await overfill(pages.app.station.services, incident);
      await page.setViewportSize({ width, height: 900 });
      const narrow = async (name: string): Promise<void> => {
        await page.locator(".report-items > li").first().waitFor();
        await settle(page);
        const most = await page.locator("main").evaluate((main) => {
          const wide = [...main.querySelectorAll("*")].filter(
            (one) => one.closest(".tabs") === null && one.getBoundingClientRect().right > innerWidth + 1,
          );
          return wide.map((one) => `${one.tagName}.${one.className}`).slice(0, 3);
        });
        assert.deepEqual(most, [], `${name} at ${width}`);
        await picture(`${name}-${width}`, false);
      };
      for (const law of ["jp-appi", "jp-authority-order", "board", "partner", "press", "public", "cost"]) {
        await show({ of: law, partner: "a".repeat(64) });
        await narrow(law);
      }
      await page.locator("table.table").getByRole("link").first().click();
      await page.waitForURL(/\/reports\//);
      await settle(page);
      await narrow("one");
    });
  }

  test("nothing thrown, no request to anybody else, in English and in the dark too", async () => {
    await page.evaluate(() => {
      localStorage.setItem("sekisho-language", "en");
      localStorage.setItem("sekisho-theme", "dark");
    });
    await page.setViewportSize({ width: 390, height: 844 });
    await show();
    await page.getByRole("heading", { name: "Cause", exact: true }).waitFor();
    await picture("english-390", false);
    await page.setViewportSize({ width: 1440, height: 900 });
    await open(drafted);
    await page.getByText("You cannot give the second release too").waitFor();
    await picture("english");
    assert.deepEqual(pages.watch.problems, []);
  });
});
