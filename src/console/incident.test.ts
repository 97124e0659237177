import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { makeEntry } from "../ledger/draft.ts";
import { projectIncident } from "../incident/projectIncident.ts";
import { noBrowser, openPages, settle, type OpenPages, type ServedApp } from "./testBrowser.ts";

const widths = [1440, 1024, 390] as const;

describe("the pages of the incident room in Chromium", { skip: noBrowser }, () => {
  let pages: OpenPages;
  let app: ServedApp;
  let page: Page;

  before(async () => {
    pages = await openPages({ mails: 2 });
    ({ app, page } = pages);
    await giveRoles("privacy-officer");
  });
  after(async () => {
    await pages.close();
  });

  const giveRoles = (roles: string) => pages.giveRoles(roles);
  const entries = (code: string) => pages.entries(code);

  /** A gate's judgement reaches the room, as the index of the ledger brings it there. */
  async function judge(about: Record<string, string>, code: string, technique: string): Promise<void> {
    const reasons = [{ code, technique, severity: "critical" }];
    const draft = { kind: "judged" as const, code: `${about["gate"]}-judged`, about, data: { reasons } };
    const entry = makeEntry(draft, { by: "gate", now: Temporal.Now.instant() });
    await projectIncident(app.station.state.db, entry);
    await app.station.services.incidentRoom.takeUp();
  }

  /** Records a fact in the dialog that its row opens. */
  async function say(fact: string, value: string, source: string): Promise<void> {
    const row = page.locator(".fact-list > li", { hasText: fact });
    await row.getByRole("button", { name: "事実を記録" }).click();
    const field = page.getByRole("dialog").locator("#claim-value");
    if ((await field.evaluate((element) => element.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
    await page.getByRole("dialog").locator("textarea").fill(source);
    await page.getByRole("dialog").getByRole("button", { name: "事実を記録" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }

  test("without an incident the page says how one comes about", async () => {
    await page.goto(`${app.origin}/incidents`);
    await page.getByRole("heading", { name: "インシデントはありません" }).waitFor();
  });

  test("findings of two gates on one host stand in one incident, each with why", async () => {
    const finding = "01953a1b-1111-7000-8000-000000000001";
    const beacon = { gate: "outbound", hostAddress: "10.16.5.50", destination: "198.51.100.7", finding };
    await judge(beacon, "silent-server-speaks", "T1071.001");
    const read = { gate: "records", client: "10.16.5.50", person: "dbadmin" };
    await judge({ ...read, statement: "01953a1b-1111-7000-8000-000000000002" }, "over-budget", "T1213.006");
    await page.goto(`${app.origin}/incidents`);
    await page.getByRole("link", { name: "インシデント1" }).click();
    await page.getByText("同じホスト：10.16.5.50").waitFor();
    await page.getByText("このインシデントの起点").waitFor();
    await page.getByText("進行の段階: 遠隔操作").waitFor();
  });

  test("facts start clocks; two days of knowing show two, until one is picked with a reason", async () => {
    await page.getByText("まだ義務は分かっていません").waitFor();
    await say("不正の目的をもって", "true", "調査会社の中間報告");
    await say("高度な暗号化等が", "false", "データベースの設定を確認");
    await say("委託を受けて取り扱っているデータか", "false", "契約書");
    await say("漏えい等（のおそれ）を知った時", "2016-04-01", "復元したファイルを見つけた");
    await say("漏えい等（のおそれ）を知った時", "2016-05-13", "個人情報と確認した");
    const preliminary = page.locator(".clocks > li", { hasText: "速報" });
    await preliminary.nth(1).waitFor();
    assert.equal(await preliminary.count(), 2);
    await page.getByText("食い違い", { exact: true }).waitFor();
    // On every page, until somebody has done what is due.
    await page.locator("nav.rail").getByText("期限1件").waitFor();
    const later = page.locator(".claims li", { hasText: "2016-05-13" });
    await later.getByRole("button", { name: "これを採用" }).click();
    await page.getByRole("dialog").locator("textarea").fill("個人データと知ったのはこの日");
    await page.getByRole("dialog").getByRole("button", { name: "これを採用" }).click();
    await page.getByText("採用", { exact: true }).waitFor();
    assert.equal(await preliminary.count(), 1);
    await preliminary.getByText("2016-05-17まで").waitFor();
    await preliminary.getByText("以前の期限：2016-04-05").waitFor();
    assert.equal(entries("fact-picked").length, 1);
  });

  test("a duty that was done says by whom, and stands last", async () => {
    const preliminary = page.locator(".clocks > li", { hasText: "速報" });
    await preliminary.getByRole("button", { name: "対応を記録…" }).click();
    await page.getByRole("dialog").locator("textarea").fill("委員会のフォームで提出、受付番号 123");
    await page.getByRole("dialog").getByRole("button", { name: "対応済み" }).click();
    await preliminary.getByText("田中 花子が対応済み").waitFor();
    assert.equal(entries("duty-done").length, 1);
  });

  test("a finding that does not belong is taken out with a reason", async () => {
    const finding = page.locator(".time-line li", { hasText: "同じホスト：10.16.5.50" });
    await finding.getByRole("button", { name: "無関係として外す…" }).click();
    await page.getByRole("dialog").locator("textarea").fill("定例の集計処理だった");
    await page.getByRole("dialog").getByRole("button", { name: "無関係として外す…" }).click();
    await finding.waitFor({ state: "detached" });
    assert.equal(entries("finding-parted").length, 1);
  });

  test("who may only look sees all of it, and no act", async () => {
    await giveRoles("auditor");
    await page.reload();
    await page.getByText("採用", { exact: true }).waitFor();
    for (const name of ["事実を記録", "対応を記録…", "無関係として外す…"])
      assert.equal(await page.getByRole("button", { name }).count(), 0, name);
    await giveRoles("privacy-officer");
  });

  for (const width of widths) {
    test(`with far too much in it, nothing is wider than a screen of ${width}`, async () => {
      const { incidentRoom: room } = app.station.services;
      const id = await room.open(`${"長い題名の".repeat(20)}${"x".repeat(200)}`, "nobody-known-".repeat(8));
      const source = `${"根拠となる文書".repeat(30)} ${"y".repeat(300)}`;
      for (let value = 1_000_000; value < 1_000_012; value += 1)
        await room.facts.claim(id, { fact: "persons", value, source }, "taro");
      await room.facts.claim(id, { fact: "knew", value: "2016-04-01T09:30:00+09:00", source }, "taro");
      await page.setViewportSize({ width, height: 900 });
      for (const path of ["/incidents", `/incidents/${id}`]) {
        await page.goto(`${app.origin}${path}`);
        await settle(page);
        const main = await page
          .locator("main")
          .evaluate((element) => element.scrollWidth - element.clientWidth);
        assert.ok(main <= 0, `${path} is ${main} wider`);
      }
    });
  }

  test("in English every word is there", async () => {
    await page.evaluate(() => localStorage.setItem("sekisho-language", "en"));
    await page.reload();
    await page.getByRole("heading", { name: "Clocks" }).waitFor();
    await page.getByText("contradictory").first().waitFor();
    const text = (await page.locator("main").innerText()).replaceAll(/根拠となる文書|長い題名の/g, "");
    assert.doesNotMatch(text, /[\u3041-\u30ff]/);
  });

  test("no page threw, broke its policy or asked another origin", () =>
    assert.deepEqual(pages.watch.problems, []));
});
