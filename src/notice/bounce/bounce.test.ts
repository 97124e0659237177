import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { sql } from "kysely";
import { createTransport } from "nodemailer";
import { freePort } from "../../lib/freePort.ts";
import { returnAddress } from "../compose/returnPath.ts";
import { provePerson } from "../proof.ts";
import { sendCampaign } from "../send/sendCampaign.ts";
import { getCampaign, type Campaign, type NoticeRoom } from "../store/campaign.ts";
import { bounceMails } from "../testBounces.ts";
import { releasedCampaign } from "../testCampaign.ts";
import { dovecotMissing, startDovecot } from "../testDovecot.ts";
import { openTestRoom, testPerson, testSettings, writeTestTexts } from "../testNotices.ts";
import { addressIn, TestSink } from "../testSink.ts";
import { openKeys } from "../texts/version.ts";
import { readBounce, type BounceKind } from "./readBounce.ts";
import { listenForBounces, takeFiles, takeImap, takeMaildir } from "./sources.ts";
import { BounceTaker, type TakenBounce } from "./takeBounce.ts";

const from = "bounce+1.2.1.abcdefghjk@bounce.agency.example";
const to = "taro@mail.example.jp";
const plain = (subject: string, text: string, more = ""): string =>
  `From: MAILER-DAEMON@mx.example\r\nTo: ${from}\r\nSubject: ${subject}\r\n${more}MIME-Version: 1.0\r\n` +
  `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${text}\r\n`;
const report = (change: (text: string) => string): string => change(bounceMails.dsn(from, to));

const rows: [what: string, mail: string, kind: BounceKind, status: string][] = [
  ["a report of Postfix", report((text) => text), "hard", "5.1.1"],
  ["a report of a full mailbox", report((text) => text.replaceAll("5.1.1", "5.2.2")), "soft", "5.2.2"],
  ["a report by policy", report((text) => text.replaceAll("5.1.1", "5.7.1")), "soft", "5.7.1"],
  ["a report that is late", report((text) => text.replace("failed", "delayed")), "delayed", "5.1.1"],
  ["a report of success", report((text) => text.replace("failed", "delivered")), "reply", "5.1.1"],
  [
    "a report that says 5.0.0, and the truth in its diagnosis",
    report((text) => text.replace("Status: 5.1.1", "Status: 5.0.0")),
    "hard",
    "5.1.1",
  ],
  ["qmail", bounceMails.qmail(from, to), "hard", "5.1.1"],
  ["a Japanese Exchange", bounceMails.exchange(from, to), "hard", "5.1.1"],
  ["a Japanese full mailbox", plain("エラーメール", "メールボックスの容量を超えています。"), "soft", "5.2.2"],
  ["a Japanese carrier", plain("Mail System Error", "宛先が不明です。Unknown user"), "hard", "5.1.1"],
  ["a domain that is gone", plain("Returned mail", "Host not found: mail.example.jp"), "hard", "5.1.2"],
  ["blocked mail", plain("Undeliverable", "Your message was blocked as spam."), "soft", "5.7.1"],
  [
    "sendmail that still tries",
    plain("Warning", "Delivery is delayed; will keep trying"),
    "delayed",
    "4.0.0",
  ],
  ["a time-out", plain("Undeliverable", "Connection timed out"), "soft", "4.4.1"],
  ["no reason at all", plain("Undelivered Mail", "It came back."), "hard", "5.0.0"],
  [
    "an absence note",
    plain("外出中", "今週は休みをいただいております。", "Auto-Submitted: auto-replied\r\n").replace(
      "MAILER-DAEMON@mx.example",
      to,
    ),
    "reply",
    "",
  ],
  [
    "a person who writes back",
    plain("Re: お知らせ", "分かりました。").replace("MAILER-DAEMON@mx.example", to),
    "reply",
    "",
  ],
];
for (const [what, mail, kind, status] of rows) {
  test(`readBounce() says ${kind} ${status} for ${what}`, async () => {
    const read = await readBounce(Buffer.from(mail));
    assert.deepEqual([read.kind, read.status], [kind, status]);
    assert.equal(read.marks[0]?.number, 2);
  });
}

test("readBounce() reads every beginning of a bounce, and never throws", async () => {
  const whole = Buffer.from(bounceMails.dsn(from, to));
  for (let end = 0; end <= whole.length; end += 7) {
    const { kind } = await readBounce(whole.subarray(0, end));
    assert.ok(["hard", "soft", "delayed", "reply", "unreadable"].includes(kind));
  }
  assert.equal((await readBounce(Buffer.alloc(3 * 1024 ** 2, 65))).kind, "unreadable");
});

const folder = mkdtempSync(join(tmpdir(), "sekisho-bounce-"));
let room: NoticeRoom & { close(): Promise<void> };
let campaign: Campaign;
let taker: BounceTaker;
let sink: TestSink;
const address = (number: number): string => addressIn("takes", number, "mail.example.jp");

before(async () => {
  writeTestTexts(join(folder, "texts"));
  room = await openTestRoom();
  sink = new TestSink();
  const settings = testSettings(await sink.listen());
  const persons = Array.from({ length: 12 }, (_, at) =>
    testPerson(at + 1, {
      emails: at % 2 === 0 ? [address(at), address(at + 100)] : [address(at)],
      address: at === 3 ? "" : "東京都千代田区丸の内1-1",
    }),
  );
  campaign = await releasedCampaign(room, { persons, settings, texts: join(folder, "texts") });
  await sendCampaign(room, campaign, { settings, timeZone: "Asia/Tokyo" });
  campaign = await getCampaign(room, "june");
  taker = new BounceTaker(room, { softBounceHours: 24 });
});
after(async () => {
  await sink.close();
  await room.close();
  rmSync(folder, { recursive: true, force: true });
});

async function stateOf(
  person: string,
): Promise<{ number: number; state: string; step: number; later: boolean }> {
  const { rows: found } = await sql<{ number: number; state: string; step: number; later: boolean }>`
    select number, state, step, next_at > now() as later from notice_send
    join notice_person using (number) where person = ${person}`.execute(room.db);
  return found[0] as { number: number; state: string; step: number; later: boolean };
}

async function addressOf(person: string): Promise<string> {
  const { number, step } = await stateOf(person);
  const mark = { campaign: campaign.id, number: Number(number), step };
  return returnAddress(mark, campaign.keys, "bounce.agency.example");
}

const mailOf = (text: string) => ({ bytes: Buffer.from(text), envelopeRecipient: null });
const kindsOf = (taken: TakenBounce[]): string[] => taken.map(({ kind }) => kind);

test("take() moves a person to the second address, then to a letter, each bounce once", async () => {
  const first = mailOf(bounceMails.dsn(await addressOf("p1"), "x@mail.example.jp"));
  assert.deepEqual(kindsOf(await taker.take([first])), ["hard"]);
  const { state, step, later } = await stateOf("p1");
  assert.deepEqual([state, step, later], ["queued", 2, false]);
  assert.deepEqual(kindsOf(await taker.take([first])), ["again"]);
  const settings = testSettings((sink.server.address() as { port: number }).port);
  await sendCampaign(room, campaign, { settings, timeZone: "Asia/Tokyo" });
  assert.equal((await stateOf("p1")).state, "sent");
  // The first address's bounce, told once more by another server, moves nobody: it is not the last mail.
  const late = bounceMails.qmail(await addressOf("p1"), "x").replaceAll(".2.", ".1.");
  await taker.take([mailOf(late)]);
  assert.equal((await stateOf("p1")).state, "sent");
  await taker.take([mailOf(bounceMails.qmail(await addressOf("p1"), "x"))]);
  assert.equal((await stateOf("p1")).state, "letter");
  const dkim = await openKeys(room, settings);
  const proof = await provePerson(room, campaign, { person: "p1", dkim, timeZone: "Asia/Tokyo" });
  assert.deepEqual(
    proof.mails.map(({ step: at, outcome, inLedger, madeAnew }) => [at, outcome, inLedger, madeAnew]),
    [
      [1, "bounced", true, true],
      [2, "bounced", true, true],
    ],
  );
});

test("take() tries a full mailbox once more, a day later, and then moves on", async () => {
  const full = async (nth: number): Promise<string> =>
    `${bounceMails.dsn(await addressOf("p2"), "x").replaceAll("5.1.1", "5.2.2")}${nth}`;
  await taker.take([mailOf(await full(1))]);
  const { state, step, later } = await stateOf("p2");
  assert.deepEqual([state, step, later], ["queued", 1, true]);
  const settings = testSettings((sink.server.address() as { port: number }).port);
  await sql`update notice_send set next_at = now() - interval '1 hour' where state = 'queued'`.execute(
    room.db,
  );
  await sendCampaign(room, campaign, { settings, timeZone: "Asia/Tokyo" });
  await taker.take([mailOf(await full(2))]);
  assert.equal((await stateOf("p2")).state, "letter");
});

test("take() leads to the substitute notice, where there is neither address nor letter", async () => {
  await taker.take([mailOf(bounceMails.qmail(await addressOf("p4"), "x"))]);
  assert.equal((await stateOf("p4")).state, "substitute");
});

test("take() moves nobody by a forged, a foreign or a delayed one, and counts them", async () => {
  const own = await addressOf("p5");
  const forged = own.replace(/.@/, (end) => (end === "a@" ? "b@" : "a@"));
  const kinds = kindsOf(
    await taker.take([
      mailOf(bounceMails.dsn(forged, "x")),
      mailOf(bounceMails.dsn("someone@bounce.agency.example", "x")),
      mailOf(bounceMails.dsn(own, "x").replace("failed", "delayed")),
    ]),
  );
  assert.deepEqual(kinds, ["forged", "unassigned", "delayed"]);
  assert.equal((await stateOf("p5")).state, "sent");
});

test("takeMaildir() and takeFiles() take what is new, once", async () => {
  const maildir = join(folder, "maildir");
  for (const name of ["new", "cur", "tmp"]) mkdirSync(join(maildir, name), { recursive: true });
  writeFileSync(join(maildir, "new", "1.a"), bounceMails.dsn(await addressOf("p6"), "x"));
  writeFileSync(join(maildir, "new", "2.b"), bounceMails.exchange(await addressOf("p7"), "x"));
  const taken: TakenBounce[] = [];
  const onTaken = (some: readonly TakenBounce[]): void => void taken.push(...some);
  assert.equal(await takeMaildir(maildir, taker, onTaken), 2);
  assert.equal(await takeMaildir(maildir, taker, onTaken), 0);
  assert.deepEqual(readdirSync(join(maildir, "cur")), ["1.a:2,S", "2.b:2,S"]);
  const file = join(folder, "one.eml");
  writeFileSync(file, bounceMails.qmail(await addressOf("p8"), "x"));
  await takeFiles([file], taker, onTaken);
  assert.deepEqual(kindsOf(taken), ["hard", "hard", "hard"]);
  assert.deepEqual([(await stateOf("p6")).state, (await stateOf("p8")).state], ["letter", "letter"]);
  assert.equal((await stateOf("p7")).state, "queued");
});

test("listenForBounces() takes mails by SMTP for its domain, by their envelope", async () => {
  const taken: TakenBounce[] = [];
  const onTaken = (some: readonly TakenBounce[]): void => void taken.push(...some);
  const options = { host: "127.0.0.1", port: 0, domain: "bounce.agency.example" };
  const server = await listenForBounces(options, taker, onTaken);
  const client = createTransport({ host: "127.0.0.1", port: server.port, ignoreTLS: true });
  const own = await addressOf("p9");
  // The mark stands in the envelope alone: To is what the other server made of it.
  const raw = bounceMails.qmail("postmaster@other.example", "x");
  await client.sendMail({ envelope: { from: "", to: [own] }, raw });
  await assert.rejects(client.sendMail({ envelope: { from: "", to: ["a@elsewhere.example"] }, raw }), /550/);
  client.close();
  await server.close();
  assert.deepEqual(kindsOf(taken), ["hard"]);
  assert.equal((await stateOf("p9")).state, "queued");
});

test("takeImap() takes unseen mails of a Dovecot mailbox, once", { skip: dovecotMissing() }, async () => {
  const place = mkdtempSync(join(tmpdir(), "sekisho-dovecot-"));
  const port = await freePort();
  const dovecot = await startDovecot(place, port);
  try {
    const password = join(place, "password");
    writeFileSync(password, `${dovecot.password}\n`, { mode: 0o600 });
    writeFileSync(join(dovecot.maildir, "new", "1.a"), bounceMails.dsn(await addressOf("p10"), "x"));
    writeFileSync(join(dovecot.maildir, "new", "2.b"), bounceMails.dsn(await addressOf("p11"), "x"));
    const settings = {
      ...{ host: "127.0.0.1", port, tls: false, verify: false, user: "bounce", folder: "INBOX" },
      passwordFile: password,
    };
    const taken: TakenBounce[] = [];
    const onTaken = (some: readonly TakenBounce[]): void => void taken.push(...some);
    assert.equal(await takeImap(settings, password, taker, onTaken), 2);
    assert.equal(await takeImap(settings, password, taker, onTaken), 0);
    assert.deepEqual(kindsOf(taken), ["hard", "hard"]);
    assert.deepEqual([(await stateOf("p10")).state, (await stateOf("p11")).state], ["letter", "queued"]);
  } finally {
    await dovecot.close();
    rmSync(place, { recursive: true, force: true });
  }
});
