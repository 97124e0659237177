import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { sql } from "kysely";
import { Composer } from "./compose/composer.ts";
import { listDoubt, resolveDoubt } from "./doubt.ts";
import { makeLetters } from "./letter/makeLetters.ts";
import { provePerson } from "./proof.ts";
import { sendCampaign } from "./send/sendCampaign.ts";
import { msUntilWindow } from "./send/timeWindow.ts";
import { TokenBucket } from "./send/tokenBucket.ts";
import { printAnswer, ReplyReader, statusOf } from "./send/replyReader.ts";
import { statusOfCampaign } from "./status.ts";
import { getCampaign, type Campaign, type NoticeRoom } from "./store/campaign.ts";
import { releasedCampaign } from "./testCampaign.ts";
import { openTestRoom, testPerson, testSettings, writeTestTexts } from "./testNotices.ts";
import { addressIn, TestSink, type Way } from "./testSink.ts";
import { getVersion, openKeys } from "./texts/version.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-after-"));
const timeZone = "Asia/Tokyo";
let room: NoticeRoom & { close(): Promise<void> };
let campaign: Campaign;
let sink: TestSink;
const settingsNow = () =>
  testSettings((sink.server.address() as { port: number }).port, {
    answerSeconds: 0.3,
    retry: { attemptsMax: 1, firstMinutes: 0 },
  });

before(async () => {
  writeTestTexts(join(folder, "texts"));
  room = await openTestRoom();
  sink = new TestSink();
  await sink.listen();
  const ways: Way[] = ["takes", "stalls-taken", "stalls-lost", "stalls-lost", "refuses-recipient"];
  const persons = ways.map((way, number) =>
    testPerson(number, {
      id: `p${number}`,
      emails: [addressIn(way, number, "mail.example.jp")],
      address: number === 3 ? "" : "東京都千代田区丸の内1-1",
      postalCode: `10${9 - number}-0005`,
    }),
  );
  persons.push(testPerson(6, { emails: [], languages: ["en"], address: "1 Sample Street, London" }));
  persons.push(testPerson(7, { emails: [], postalCode: "001-0001" }));
  campaign = await releasedCampaign(room, { persons, settings: settingsNow(), texts: join(folder, "texts") });
  await sendCampaign(room, campaign, { settings: settingsNow(), timeZone });
  campaign = await getCampaign(room, "june");
});
after(async () => {
  await sink.close();
  await room.close();
  rmSync(folder, { recursive: true, force: true });
});

async function stateOf(person: string): Promise<string> {
  const { rows } = await sql<{
    state: string;
  }>`select state from notice_send join notice_person using (number)
    where person = ${person}`.execute(room.db);
  return rows[0]?.state ?? "";
}

test("provePerson() walks back to two releases, and finds bytes, answer and entry as they were", async () => {
  const dkim = await openKeys(room, settingsNow());
  const proof = await provePerson(room, campaign, { person: "p0", dkim, timeZone });
  const [mail] = proof.mails;
  assert.ok(mail?.inLedger === true && mail.madeAnew === true, JSON.stringify(proof));
  assert.match(mail.answer, /^250 2\.0\.0 Ok/);
  assert.deepEqual(
    mail.releases.map(({ person }) => person),
    ["佐藤 花子", "鈴木 一郎"],
  );
  const gone = await provePerson(room, campaign, { person: "p0", dkim: [], timeZone });
  assert.equal(gone.mails[0]?.madeAnew, null);
});

test("provePerson() tells a row that was changed by hand", async () => {
  const dkim = await openKeys(room, settingsNow());
  const set = (hash: string) =>
    sql`update notice_send set hash = decode(${hash}, 'hex')
    where number in (select number from notice_person where person = 'p0')`.execute(room.db);
  const before_ = (await provePerson(room, campaign, { person: "p0", dkim, timeZone })).mails[0]?.hash ?? "";
  await set("00".repeat(32));
  const [mail] = (await provePerson(room, campaign, { person: "p0", dkim, timeZone })).mails;
  assert.deepEqual([mail?.inLedger, mail?.madeAnew], [false, false]);
  await set(before_);
});

test("resolveDoubt() does what a named person chose, for some and for all", async () => {
  const listed = [];
  for await (const one of listDoubt(room, campaign)) listed.push(one.person);
  assert.deepEqual(listed, ["p1", "p2", "p3"]);
  const order = { by: "佐藤 花子", reason: "電話で到着を確認" };
  await assert.rejects(
    resolveDoubt(room, campaign, { rule: "letter", by: " ", reason: "x", persons: null }),
    { code: "usage" },
  );
  const one = { ...order, rule: "count-as-sent" as const, persons: ["p1"] };
  assert.equal(await resolveDoubt(room, campaign, one), 1);
  assert.equal(await resolveDoubt(room, campaign, { ...order, rule: "letter", persons: null }), 2);
  assert.deepEqual(
    [await stateOf("p1"), await stateOf("p2"), await stateOf("p3")],
    ["sent", "letter", "substitute"],
  );
});

test("makeLetters() writes files by language, sorted by postal code, with manifest and sums", async (t) => {
  const body = await getVersion(room, campaign, campaign.textVersion ?? "");
  const composer = new Composer({ campaign, body, dkim: await openKeys(room, settingsNow()), timeZone });
  const options = {
    out: join(folder, "out"),
    perFile: 2,
    composer,
    sender: ["見本旅行"],
    duplex: true,
    timeZone,
  };
  const made = await makeLetters(room, campaign, options).catch((error: { code?: string }) => {
    if (error.code !== "setup-incomplete") throw error;
    return null;
  });
  if (made === null) return t.skip("fonts are not installed here (Debian: fonts-noto-cjk)");
  assert.deepEqual([made.letters, made.substitutes], [4, 1]);
  assert.deepEqual(
    made.files.map(({ name, letters }) => `${name} ${letters}`),
    ["en-0001.pdf 1", "ja-0001.pdf 2", "ja-0002.pdf 1"],
  );
  const manifest = readFileSync(made.manifest, "utf8").trim().split("\r\n").slice(1);
  const postal = manifest.filter((line) => line.startsWith("ja")).map((line) => line.split(",")[4]);
  assert.deepEqual(postal, ["001-0001", "105-0005", "107-0005"]);
  assert.deepEqual(readdirSync(join(made.manifest, "..")).toSorted(), [
    ...["SHA256SUMS", "en-0001.pdf", "ja-0001.pdf", "ja-0002.pdf", "manifest.csv", "substitute.csv"],
  ]);
  // What is done is done.
  assert.equal((await makeLetters(room, campaign, options)).letters, 0);
  const { states } = await statusOfCampaign(room, campaign);
  assert.deepEqual(states, { "lettered 3": 4, "sent 1": 2, "substitute 4": 1 });
});

const windows: [now: string, from: string, until: string, minutes: number][] = [
  ["2016-06-20T08:59:00+09:00", "09:00", "20:00", 1],
  ["2016-06-20T09:00:00+09:00", "09:00", "20:00", 0],
  ["2016-06-20T19:59:59+09:00", "09:00", "20:00", 0],
  ["2016-06-20T20:00:00+09:00", "09:00", "20:00", 780],
  ["2016-06-20T23:30:00+09:00", "22:00", "06:00", 0],
  ["2016-06-20T12:00:00+09:00", "22:00", "06:00", 600],
  ["2016-06-20T12:00:00+09:00", "00:00", "24:00", 0],
];
for (const [now, from, until, minutes] of windows) {
  test(`msUntilWindow() waits ${minutes} minutes at ${now} for ${from} to ${until}`, () => {
    const waits = msUntilWindow(Temporal.Instant.from(now), { from, until }, timeZone);
    assert.equal(waits, minutes * 60_000);
  });
}

test("TokenBucket lets through its rate, rests after refusals in a row, and recovers", () => {
  const bucket = new TokenBucket(10, 0);
  let passed = 0;
  for (let now = 0; now <= 10_000; now += 10) if (bucket.take(now) === 0) passed += 1;
  assert.ok(passed >= 108 && passed <= 111, `${passed} in ten seconds`);
  bucket.backOff(10_000, 60_000);
  bucket.backOff(10_000, 60_000);
  assert.ok(bucket.waitFor(10_200) === 0);
  bucket.backOff(10_200, 60_000);
  assert.ok(bucket.waitFor(10_300) > 0 && bucket.waitFor(11_300) === 0);
  bucket.recover();
  bucket.backOff(12_000, 60_000);
  assert.ok(bucket.waitFor(12_000) === 0);
});

test("ReplyReader takes replies apart, however they are cut", () => {
  const text = "220 hello\r\n250-one\r\n250-two\r\n250 three\r\n550 5.1.1 <a@b.example>: unknown\r\n";
  for (let size = 1; size < 20; size += 1) {
    const reader = new ReplyReader();
    const replies = [];
    for (let at = 0; at < text.length; at += size)
      replies.push(...reader.take(Buffer.from(text.slice(at, at + size))));
    assert.deepEqual(
      replies.map(({ code }) => code),
      [220, 250, 550],
    );
    assert.equal(replies[1]?.text, "one two three");
    assert.equal(statusOf(replies[2] as { code: number; text: string }), "5.1.1");
    assert.equal(printAnswer(replies[2] as { code: number; text: string }), "550 5.1.1 <address>: unknown");
  }
  assert.throws(() => new ReplyReader().take(Buffer.from("hello\r\n")), TypeError);
  assert.throws(() => new ReplyReader().take(Buffer.alloc(20_000, 50)), TypeError);
});
