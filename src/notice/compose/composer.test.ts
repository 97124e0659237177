import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import PostalMime from "postal-mime";
import { LANGUAGES } from "../items.ts";
import { mailboxOf, PROFILES } from "../list/person.ts";
import { CampaignKeys } from "../store/campaignKeys.ts";
import { testPerson, testSettings, testValues, writeTestTexts } from "../testNotices.ts";
import { readTexts } from "../texts/textFolder.ts";
import { Composer, type Addressee } from "./composer.ts";
import { recordOf, type DkimKey } from "./dkim.ts";
import { encodeBase64, encodeHeaderText, encodeQuotedPrintable, printMailDate } from "./mime.ts";
import { isOwnMark, readReturnAddress, returnAddress } from "./returnPath.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-texts-"));
writeTestTexts(folder);
after(() => rmSync(folder, { recursive: true, force: true }));

const domain = "agency.example";
const dkim: DkimKey[] = [
  {
    ...{ domain, selector: "notice", algorithm: "rsa-sha256" },
    key: generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey,
  },
  {
    ...{ domain, selector: "notice2", algorithm: "ed25519-sha256" },
    key: generateKeyPairSync("ed25519").privateKey,
  },
];
const keys = new CampaignKeys(Buffer.alloc(32, 7));
const settings = testSettings(25);
const all = PROFILES.flatMap((profile) => LANGUAGES.map((language) => ({ profile, language })));
const senders = settings.senders.map(({ address }) => address);
const { texts, problems } = readTexts(folder, all, senders);
const body = {
  ...{ texts, values: testValues, senders: settings.senders, bounceDomain: settings.bounceDomain },
  dkim: { domain, rsa: "", ed25519: null },
};
const composer = new Composer({ campaign: { id: 1, keys }, body, dkim, timeZone: "Asia/Tokyo" });
const records = new Map(dkim.map(recordOf).map(({ name, text }) => [name, text]));
const resolver = async (name: string): Promise<string[][]> => {
  const text = records.get(name);
  if (text === undefined) throw Object.assign(new Error(`no ${name}`), { code: "ENOTFOUND" });
  return [[text]];
};
const second = 1_466_000_000;
const addressee: Addressee = {
  ...{ number: 42, step: 1, profile: "standard", language: "ja" },
  person: testPerson(42),
};

test("the shipped texts pass the linter, in every language and for every group", () => {
  assert.deepEqual(problems, []);
});

for (const { profile, language } of all) {
  test(`compose() gives ${profile}.${language} both signatures, which mailauth verifies`, async () => {
    const person = testPerson(7, { partner: profile.startsWith("partner") ? "提携社" : "" });
    const composed = await composer.compose({ number: 7, step: 1, person, profile, language }, second);
    assert.ok(composed !== null);
    assert.match(composed.message, /^[\x09\x0a\x0d\x20-\x7e]*$/);
    assert.ok(composed.message.split("\r\n").every((line) => line.length <= 78 || line.includes("h=")));
    const { results } = await dkimVerify(composed.message, { resolver });
    assert.deepEqual(
      results.map(({ status }) => status.result),
      ["pass", "pass"],
    );
    const read = await PostalMime.parse(composed.message);
    const said = composer.text({ number: 7, step: 1, person, profile, language });
    assert.equal(read.subject, said.subject);
    assert.equal(read.text?.replaceAll("\r\n", "\n").trimEnd(), said.body.trimEnd());
    assert.equal(read.attachments.length, 0);
    assert.match(said.body, /見本 花子7/);
  });
}

test("compose() makes the same bytes again, and others for another second", async () => {
  const one = await composer.compose(addressee, second);
  assert.deepEqual(await composer.compose(addressee, second), one);
  assert.notEqual((await composer.compose(addressee, second + 1))?.message, one?.message);
});

test("compose() gives a person one Message-ID, whatever the address", async () => {
  const person = testPerson(42, { emails: ["a@one.example", "b@two.example"] });
  const idOf = (message = ""): string => /^Message-ID: (.*)\r$/m.exec(message)?.[1] ?? "";
  const one = await composer.compose({ ...addressee, person }, second);
  const two = await composer.compose({ ...addressee, person, step: 2 }, second + 5);
  assert.equal(two?.to, "b@two.example");
  assert.ok(idOf(one?.message).length > 10);
  assert.equal(idOf(one?.message), idOf(two?.message));
});

test("compose() is verified as failed, when a byte of the body is another", async () => {
  const { message } = (await composer.compose(addressee, second)) as { message: string };
  const at = message.indexOf("\r\n\r\n") + 10;
  const other = message[at] === "A" ? "B" : "A";
  const { results } = await dkimVerify(message.slice(0, at) + other + message.slice(at + 1), { resolver });
  assert.ok(results.every(({ status }) => status.result !== "pass"));
});

const mailboxes = [
  ["taro@docomo.ne.jp", "taro@docomo.ne.jp"],
  ["taro..abc.@docomo.ne.jp", '"taro..abc."@docomo.ne.jp'],
  [" hanako@例え.jp ", "hanako@xn--r8jz45g.jp"],
  ["Hanako@Example.JP", "Hanako@example.jp"],
  ["花子@example.jp", null],
  ["no-at.example.jp", null],
  ["a@b", null],
  ["a@example.jp\r\nBcc: x@y.example", null],
  ["a b@example.jp", null],
  ['"a"@example.jp', null],
] as const;
for (const [given, wanted] of mailboxes) {
  test(`mailboxOf() gives ${wanted} for ${JSON.stringify(given)}`, () => {
    assert.equal(mailboxOf(given)?.mailbox ?? null, wanted);
  });
}

test("readReturnAddress() reads what returnAddress() made, and isOwnMark() refuses what it did not", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), fc.nat(2 ** 40), fc.constantFrom(1, 2), (campaign, number, step) => {
      const address = returnAddress({ campaign, number, step }, keys, "bounce.example");
      const read = readReturnAddress(`<${address.toUpperCase()}>`);
      assert.ok(read !== null && isOwnMark(read, keys));
      assert.deepEqual([read.campaign, read.number, read.step], [campaign, number, step]);
      assert.ok(!isOwnMark({ ...read, number: number + 1 }, keys));
      assert.ok(!isOwnMark(read, new CampaignKeys(Buffer.alloc(32, 8))));
    }),
    { seed: 2016 },
  );
});

test("encodeHeaderText() gives short lines that decode to the text", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1, maxLength: 120 }), async (given) => {
      const text = given.replace(/[\p{Cc}\p{Cf}\s]/gu, "x").toWellFormed();
      const encoded = encodeHeaderText(text, 9);
      assert.ok(`Subject: ${encoded}`.split("\r\n").every((line) => line.length <= 78));
      assert.equal((await PostalMime.parse(`Subject: ${encoded}\r\n\r\n`)).subject, text);
    }),
    { seed: 2016, numRuns: 300 },
  );
});

test("encodeQuotedPrintable() and encodeBase64() give lines of 76 that decode to the text", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 400 }), async (given) => {
      const text = `${given.replace(/[\r\0]/g, "").toWellFormed()}\n`;
      const printable = encodeQuotedPrintable(text);
      const base64 = encodeBase64(Buffer.from(text.replaceAll("\n", "\r\n")));
      for (const [encoding, encoded] of [
        ["quoted-printable", printable],
        ["base64", base64],
      ] as const) {
        assert.ok(encoded.split("\r\n").every((line) => line.length <= 76));
        const type = "Content-Type: text/plain; charset=utf-8\r\n";
        const how = `Content-Transfer-Encoding: ${encoding}\r\n\r\n`;
        const read = await PostalMime.parse(type + how + encoded);
        assert.equal((read.text ?? "").replaceAll("\r\n", "\n").trimEnd(), text.trimEnd());
      }
    }),
    { seed: 2016, numRuns: 200 },
  );
});

test("printMailDate() writes RFC 5322 dates in a zone", () => {
  const at = Temporal.Instant.from("2016-06-30T23:05:09Z");
  assert.equal(printMailDate(at, "Asia/Tokyo"), "Fri, 1 Jul 2016 08:05:09 +0900");
  assert.equal(printMailDate(at, "America/New_York"), "Thu, 30 Jun 2016 19:05:09 -0400");
});
