import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sql } from "kysely";
import { readReturnAddress } from "../compose/returnPath.ts";
import { importList } from "../list/importList.ts";
import type { ListedPerson } from "../list/person.ts";
import { releaseCampaign } from "../release.ts";
import { getCampaign, takeCampaign, type Campaign, type NoticeRoom } from "../store/campaign.ts";
import { listOf, openTestRoom, testPerson, testSettings, writeTestTexts } from "../testNotices.ts";
import { addressIn, TestSink, type Taken, type Way } from "../testSink.ts";
import { makeVersion, openKeys } from "../texts/version.ts";
import { sendCampaign } from "./sendCampaign.ts";
import { leaveStopOrder } from "./stopSwitch.ts";
import type { NoticeSettings } from "../settings.ts";

const texts = mkdtempSync(join(tmpdir(), "sekisho-texts-"));
writeTestTexts(texts);
after(() => rmSync(texts, { recursive: true, force: true }));

type Place = { room: NoticeRoom; sink: TestSink; port: number; mails: Taken[] };

async function inPlace(act: (place: Place) => Promise<void>, pipelining = true): Promise<void> {
  const room = await openTestRoom();
  const mails: Taken[] = [];
  const sink = new TestSink({ onTaken: (mail) => mails.push(mail), pipelining });
  const port = await sink.listen();
  try {
    await act({ room, sink, port, mails });
  } finally {
    await sink.close();
    await room.close();
  }
}

async function prepare(
  { room }: Place,
  persons: ListedPerson[],
  settings: NoticeSettings,
): Promise<Campaign> {
  const campaign = await takeCampaign(room, "june");
  const source = { name: "x", sha256: hash("sha256", JSON.stringify(persons)) };
  await importList(room, campaign, listOf(persons), { source, onBad: () => assert.fail() });
  return release(room, settings);
}

async function release(room: NoticeRoom, settings: NoticeSettings): Promise<Campaign> {
  const campaign = await getCampaign(room, "june");
  const dkim = await openKeys(room, settings);
  const version = await makeVersion(room, campaign, { settings, folder: texts, dkim });
  for (const by of ["佐藤 花子", "鈴木 一郎"])
    await releaseCampaign(room, campaign, { version, by, authenticated: false });
  return getCampaign(room, "june");
}

async function statesOf(room: NoticeRoom): Promise<Record<string, string>> {
  const { rows } = await sql<{ person: string; state: string; step: number }>`
    select person, state, step from notice_send join notice_person using (number)`.execute(room.db);
  return Object.fromEntries(rows.map(({ person, state, step }) => [person, `${state} ${step}`]));
}

const fast = { answerSeconds: 0.5, retry: { attemptsMax: 2, firstMinutes: 0 } };
const at = (way: Way, number: number): string => addressIn(way, number, "mail.example.jp");

for (const pipelining of [true, false]) {
  test(`send() takes each person where answers lead, pipelining: ${pipelining}`, async () => {
    await inPlace(async (place) => {
      const settings = testSettings(place.port, fast);
      const ways: [Way, string][] = [
        ["takes", "sent 1"],
        ["refuses-recipient", "letter 3"],
        ["refuses-body", "letter 3"],
        ["refuses-sender", "letter 3"],
        ["closes", "letter 3"],
        ["defers-forever", "letter 3"],
        ["greylists", "sent 1"],
        ["stalls-taken", "doubt 1"],
        ["stalls-lost", "doubt 1"],
      ];
      const persons = ways.map(([way], number) => testPerson(number, { id: way, emails: [at(way, number)] }));
      const two = [at("refuses-recipient", 20), at("takes", 20)];
      persons.push(testPerson(20, { id: "second", emails: two }));
      persons.push(testPerson(21, { id: "nowhere", emails: [two[0] as string], address: "" }));
      persons.push(testPerson(22, { id: "dead", withheld: "deceased" }));
      const campaign = await prepare(place, persons, settings);
      const end = await sendCampaign(place.room, campaign, { settings, timeZone: "Asia/Tokyo" });
      assert.equal(end.why, "done");
      assert.deepEqual(await statesOf(place.room), {
        ...Object.fromEntries(ways),
        second: "sent 2",
        nowhere: "substitute 4",
        dead: "withheld 4",
      });
      assert.ok([...place.sink.taken.values()].every((times) => times === 1));
      assert.equal(place.sink.taken.size, 4);
      const rows = await sql<{ text: string }>`select answer as text from notice_try
        union all select answer from notice_send where answer is not null`.execute(place.room.db);
      assert.ok(rows.rows.length >= 10);
      assert.ok(rows.rows.every(({ text }) => !text.includes("@")));
      // What is done is done: sending again sends nothing.
      const again = await getCampaign(place.room, "june");
      const nothing = await sendCampaign(place.room, again, { settings, timeZone: "Asia/Tokyo" });
      assert.deepEqual([nothing.sent, nothing.refused], [0, 0]);
    }, pipelining);
  });
}

test("send() refuses, when nobody, or one person alone, has released", async () => {
  await inPlace(async (place) => {
    const settings = testSettings(place.port);
    const { room } = place;
    const campaign = await takeCampaign(room, "june");
    const source = { name: "x", sha256: "0" };
    const persons = [testPerson(1)];
    await importList(room, campaign, listOf(persons), { source, onBad: () => assert.fail() });
    const send = async () =>
      sendCampaign(room, await getCampaign(room, "june"), { settings, timeZone: "Asia/Tokyo" });
    await assert.rejects(send(), { code: "not-permitted" });
    const dkim = await openKeys(room, settings);
    const now = await getCampaign(room, "june");
    const version = await makeVersion(room, now, { settings, folder: texts, dkim });
    const give = (by: string) => releaseCampaign(room, now, { version, by, authenticated: false });
    assert.equal((await give("佐藤 花子")).released, false);
    await assert.rejects(send(), { code: "not-permitted" });
    await assert.rejects(give("佐藤　花子 "), { code: "not-permitted" });
    assert.equal((await give("鈴木 一郎")).released, true);
    // A list that changed since is another list.
    await importList(room, await getCampaign(room, "june"), listOf([testPerson(2)]), {
      source: { name: "y", sha256: "1" },
      onBad: () => assert.fail(),
    });
    await assert.rejects(send(), { code: "not-permitted" });
    assert.equal(place.sink.taken.size, 0);
  });
});

test("send() stops at an order, leaves nothing in doubt, and goes on where it was", async () => {
  await inPlace(async (place) => {
    const rates = { perSecond: 200, domainPerSecond: 100_000 };
    const settings = testSettings(place.port, { rates });
    const persons = Array.from({ length: 400 }, (_, number) =>
      testPerson(number, { emails: [at("takes", number)] }),
    );
    const campaign = await prepare(place, persons, settings);
    const options = { settings, timeZone: "Asia/Tokyo" };
    const sending = sendCampaign(place.room, campaign, options);
    while (place.sink.taken.size < 50) await new Promise((resolve) => setTimeout(resolve, 5));
    leaveStopOrder(place.room.folder, "june", { act: "pause", by: "佐藤 花子", reason: "wrong text" });
    const end = await sending;
    assert.deepEqual([end.why, end.detail, end.doubt], ["stopped", "paused", 0]);
    assert.ok(end.sent < 400 && end.sent === place.sink.taken.size);
    const paused = await getCampaign(place.room, "june");
    await assert.rejects(sendCampaign(place.room, paused, options), { code: "not-permitted" });
    await place.room.db.updateTable("notice_campaign").set({ state: "released" }).execute();
    const rest = await sendCampaign(place.room, await getCampaign(place.room, "june"), {
      ...options,
      settings: testSettings(place.port),
    });
    assert.equal(end.sent + rest.sent, 400);
    assert.equal(place.sink.taken.size, 400);
    assert.ok([...place.sink.taken.values()].every((times) => times === 1));
  });
});

test("send() pauses itself, when most mails are refused for good", async () => {
  await inPlace(async (place) => {
    const settings = testSettings(place.port);
    const persons = Array.from({ length: 600 }, (_, number) =>
      testPerson(number, { emails: [at("refuses-sender", number)] }),
    );
    const campaign = await prepare(place, persons, settings);
    const end = await sendCampaign(place.room, campaign, { settings, timeZone: "Asia/Tokyo" });
    assert.equal(end.why, "stopped");
    assert.match(end.detail, /more than half/);
    const states = Object.values(await statesOf(place.room));
    assert.ok(states.filter((state) => state === "queued 1").length > 200);
    assert.equal((await getCampaign(place.room, "june")).state, "paused");
  });
});

test("send() waits for a relay that is away, and then sends to everyone once", async () => {
  await inPlace(async (place) => {
    const { port } = place;
    const settings = testSettings(port);
    const persons = Array.from({ length: 100 }, (_, number) =>
      testPerson(number, { emails: [at("takes", number)] }),
    );
    const campaign = await prepare(place, persons, settings);
    await place.sink.close();
    const problems: string[] = [];
    const sending = sendCampaign(place.room, campaign, {
      ...{ settings, timeZone: "Asia/Tokyo" },
      onProblem: (problem) => problems.push(problem),
    });
    while (problems.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const back = new TestSink();
    await new Promise<void>((resolve) => back.server.listen(port, "127.0.0.1", resolve));
    try {
      const end = await sending;
      assert.deepEqual([end.why, end.sent, end.doubt], ["done", 100, 0]);
      assert.ok(end.unsent > 0);
      assert.ok([...back.taken.values()].every((times) => times === 1));
    } finally {
      await back.close();
    }
  });
});

test("send() sends samples before all, in the middle and after all", async () => {
  await inPlace(async (place) => {
    const settings = testSettings(place.port, { seeds: ["watch@agency.example"] });
    const persons = Array.from({ length: 300 }, (_, number) =>
      testPerson(number, { emails: [at("takes", number)] }),
    );
    const campaign = await prepare(place, persons, settings);
    const end = await sendCampaign(place.room, campaign, { settings, timeZone: "Asia/Tokyo" });
    assert.equal(end.sent, 303);
    const places = place.mails.flatMap(({ to }, index) => (to === "watch@agency.example" ? [index] : []));
    assert.equal(places.length, 3);
    const [first = 0, middle = 0, last = 0] = places;
    assert.ok(first < 100, `the first is number ${first}`);
    assert.ok(middle > 100 && middle < 299, `the second is number ${middle}`);
    assert.equal(last, 302);
    const read = readReturnAddress(place.mails[0]?.from ?? "");
    assert.equal(read?.campaign, campaign.id);
  });
});
