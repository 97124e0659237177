import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { noBrowser, openPages, settle, type OpenPages } from "./testBrowser.ts";


const widths = [1440, 1024, 390] as const;
const long = `${"とても長い説明が続く".repeat(20)} ${"x".repeat(240)}`;

/** What the team writes down beside facts: decisions, events, tasks, evidence, roles. */
describe("the pages of the room in Chromium", { skip: noBrowser, timeout: 300_000 }, () => {
  let pages: OpenPages;
  let page: Page;
  let incident = "";
  const show = async (view: string): Promise<void> => {
    await page.goto(`${pages.app.origin}/incidents/${incident}${view === "now" ? "" : `?show=${view}`}`);
    await settle(page);
  };
  const dialog = () => page.getByRole("dialog");

  before(async () => {
    pages = await openPages({ mails: 0 });
    page = pages.page;
    await pages.giveRoles("privacy-officer");
    incident = await pages.app.station.services.incidentRoom.open("DBサーバーのCSV", "hanako");
  });
  after(() => pages.close());

  test("a question is put to a role, taken on, and dissented from", async () => {
    await show("now");
    await page.getByText("まだ誰にも判断を求めていません").waitFor();
    await page.getByRole("button", { name: "判断を求める…" }).click();
    await dialog().getByLabel("選択肢（1行に1つ）").fill("全面遮断する\n様子を見る");
    await dialog().getByLabel("期限までの時間").fill("2");
    await dialog().getByLabel("何を決めますか").fill("全面遮断しますか");
    await dialog().getByRole("button", { name: "記録する" }).click();
    await page.getByRole("link", { name: "全面遮断しますか" }).waitFor();
    await page.getByText("「全面遮断する」").first().waitFor();
    await page.getByRole("button", { name: "私が対応します" }).click();
    await dialog().getByLabel("どう対応しますか").fill("情報システム部と決めます");
    await dialog().getByRole("button", { name: "私が対応します" }).click();
    await page.getByText("対応中：情報システム部と決めます").waitFor();
    assert.equal(await page.getByRole("button", { name: "私が対応します" }).count(), 0);
    await page.getByRole("button", { name: "異論を記録…" }).click();
    await dialog().getByLabel("異論とその理由").fill("予約が止まる");
    await dialog().getByRole("button", { name: "記録する" }).click();
    await page.getByText("の異論：予約が止まる").waitFor();
    for (const code of ["decision-asked", "ask-taken", "decision-dissented"])
      assert.equal(pages.entries(code).length, 1, code);
  });

  test("an event has two times, and says to whom it became known", async () => {
    await show("timeline");
    await page.getByRole("button", { name: "出来事を記録…" }).click();
    await dialog().getByLabel("起きた時").fill("2016-03-21T09:00");
    await dialog().getByLabel("分かった時").fill("2016-03-29T10:00");
    await dialog().getByLabel("誰に分かったか").fill("調査会社");
    await dialog().getByLabel("起きたこと").fill("CSVが作られ、消された");
    await dialog().getByRole("button", { name: "記録する" }).click();
    const line = page.locator(".time-line li", { hasText: "CSVが作られ、消された" });
    await line.getByText("（調査会社）").waitFor();
    // It happened before all the others.
    assert.match((await page.locator(".time-line li").first().textContent()) ?? "", /CSVが作られ/);
  });

  test("a playbook becomes tasks; a task changes with a reason", async () => {
    await show("tasks");
    await page.getByLabel("手順を使う").selectOption({ label: "2016年に行われた対応" });
    await page.getByText("残り6件").waitFor();
    const task = page.locator(".room-list li", { hasText: "管理共有を閉じる" });
    await task.getByRole("button", { name: "変える…" }).click();
    await dialog().getByLabel("した").fill("全サーバーで閉じた");
    await dialog().getByRole("button", { name: "記録する" }).click();
    await task.getByText("完了", { exact: true }).waitFor();
    await page.getByText("残り5件").waitFor();
    await page.getByRole("button", { name: "仮説を記録…" }).click();
    await dialog().getByLabel("考えられること").fill("DBから直接写された");
    await dialog().getByRole("button", { name: "記録する" }).click();
    await page.getByText("DBから直接写された").waitFor();
  });

  test("a file is kept as evidence, and goes from hand to hand", async () => {
    await show("evidence");
    await page.getByRole("button", { name: "証拠を登録…" }).click();
    await dialog()
      .getByLabel("保管するファイル")
      .setInputFiles({ name: "e20160321", mimeType: "text/csv", buffer: Buffer.from("a,b\n") });
    await dialog().getByLabel("場所").fill("DBサーバー");
    await dialog().getByLabel("採取した人").fill("調査会社");
    await dialog().getByLabel("採取した時").fill("2016-03-29T10:00");
    await dialog().getByLabel("採取の方法").fill("ddrescueで写しを取った");
    await dialog().getByRole("button", { name: "記録する" }).click();
    const thing = page.locator(".room-list li", { hasText: "e20160321" });
    await thing.getByText("ここに暗号化して保管").waitFor();
    await thing.getByRole("button", { name: "受け渡しを記録…" }).click();
    await dialog().getByLabel("いつ").fill("2016-03-30T10:00");
    await dialog().getByLabel("誰が").fill("花子");
    await dialog().getByLabel("何を").fill("受け取った");
    await dialog().getByLabel("どこで").fill("東京");
    await dialog().getByLabel("どのように").fill("封をした袋で");
    await dialog().getByRole("button", { name: "記録する" }).click();
    await thing.getByText("証拠の受け渡し").click();
    await thing.getByText("封をした袋で").waitFor();
  });

  test("a role is given, and a fact is quoted from an article", async () => {
    await show("now");
    await page.getByRole("button", { name: "任命…" }).first().click();
    await dialog().getByLabel("理由").fill("当番のため");
    await dialog().getByRole("button", { name: "記録する" }).click();
    await page.locator(".room-roles dd", { hasText: "田中 花子" }).waitFor();
    const fact = page.locator(".fact-list > li", { hasText: "本人の数" }).first();
    await fact.getByRole("button").first().click();
    await dialog().locator("#claim-value").fill("7930000");
    await dialog().getByText("外部の記事・報告による").click();
    await dialog().getByLabel("発行元").fill("新聞社");
    await dialog().getByLabel("題名").fill("約793万人分");
    await dialog().getByLabel("日付").fill("2016-06-14");
    await dialog().getByLabel("URL").fill("https://news.example/1");
    await dialog().getByLabel("見られる人").selectOption("public");
    await dialog().locator("textarea").last().fill("公表された数");
    await dialog().getByRole("button").first().click();
    await fact.getByRole("link", { name: "新聞社「約793万人分」2016-06-14" }).waitFor();
  });

  test("who may only look sees all of it, and no act", async () => {
    await pages.giveRoles("auditor");
    for (const view of ["now", "timeline", "tasks", "evidence", "chain"]) {
      await show(view);
      assert.equal(await page.locator("main").getByRole("button", { name: "…" }).count(), 0, view);
    }
    await pages.giveRoles("privacy-officer");
  });

  for (const width of widths) {
    test(`with far too much in it, nothing is wider than a screen of ${width}`, async () => {
      const { room, incidentRoom } = pages.app.station.services;
      const by = { id: "hanako", name: "花子", email: "h@x.example", roles: [] };
      incident = await incidentRoom.open(long.slice(0, 300), "hanako");
      const at = "2016-03-29T01:00:00Z";
      for (const id of ["infected-host", "clean-up-2016", "after-the-leak"])
        await room.follow(incident, id, by);
      for (let one = 0; one < 6; one += 1) {
        const event = {
          data: { happenedAt: at, knownAt: at },
          text: { what: long, knownTo: long.slice(0, 390) },
        };
        await room.note(incident, "event", event, by);
        const about = {
          name: long.slice(0, 390),
          where: long.slice(0, 390),
          how: long,
          by: long.slice(0, 390),
        };
        await room.keep(incident, Buffer.from(`${one}`), { ...about, collectedAt: at }, by);
        await room.note(incident, "hypothesis", { data: { state: "refuted" }, text: { what: long } }, by);
        const said = { ja: long.slice(0, 490), en: long.slice(0, 490) };
        const options = [said, said].map((label) => ({ label, consequence: said }));
        const asked = {
          question: said,
          options,
          role: "approver",
          hours: 4,
          onSilence: 0,
          secondPerson: false,
        };
        await room.ask(incident, asked, by);
      }
      await page.setViewportSize({ width, height: 900 });
      for (const view of ["now", "timeline", "tasks", "evidence", "chain"]) {
        await show(view);
        const most = await page.locator("main").evaluate((main) => {
          const wide = [...main.querySelectorAll("*")].filter(
            (one) =>
              one.closest(".chain, .tabs") === null && one.getBoundingClientRect().right > innerWidth + 1,
          );
          return wide.map((one) => `${one.tagName}.${one.className}`).slice(0, 3);
        });
        assert.deepEqual(most, [], `${view} at ${width}`);
        const pictures = process.env["SEKISHO_PICTURES"];
        if (pictures !== undefined) await page.screenshot({ path: `${pictures}/room-${view}-${width}.png` });
      }
    });
  }
});
