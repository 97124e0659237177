import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { dkimSign } from "mailauth";
import { authenticateMail } from "./authenticate.ts";
import { createDnsResolver, type DnsAnswer, type DnsResolver } from "./dns.ts";
import { composeMail } from "./fixtures/composeMail.ts";
import type { Transport } from "./seen.ts";

const raw = composeMail({ from: "a@partner.example", to: "b@y.example", subject: "件名", text: "本文\n" });
const transport: Transport = {
  clientAddress: "192.0.2.7",
  clientName: null,
  helo: "mail.partner.example",
  mailFrom: "a@partner.example",
  rcptTo: ["b@y.example"],
  direction: "inbound",
};

function zone(records: Record<string, string[][]>): DnsResolver {
  return {
    messageMsMax: 1000,
    resolve: async (name, type) => {
      const found = records[`${type} ${name}`];
      return found === undefined ? { ok: false, code: "ENOTFOUND" } : { ok: true, records: found };
    },
  };
}

const allowed = { "TXT partner.example": [["v=spf1 ip4:192.0.2.7 -all"]] };
const rows: [name: string, records: Record<string, string[][]>, spf: string, dmarc: string][] = [
  [
    "SPF allows the client",
    { ...allowed, "TXT _dmarc.partner.example": [["v=DMARC1; p=reject"]] },
    "pass",
    "pass",
  ],
  [
    "SPF forbids the client",
    { "TXT partner.example": [["v=spf1 -all"]], "TXT _dmarc.partner.example": [["v=DMARC1; p=reject"]] },
    "fail",
    "fail",
  ],
  ["there are no records", {}, "none", "none"],
];
for (const [name, records, spf, dmarc] of rows) {
  test(`authenticateMail() says spf ${spf} and dmarc ${dmarc} when ${name}`, async () => {
    const found = await authenticateMail(raw, transport, zone(records));
    assert.deepEqual([found.spf.result, found.dmarc.result, found.dnsIncomplete], [spf, dmarc, false]);
    assert.match(found.header, new RegExp(`spf=${spf}`));
    assert.ok(!/[\r\n]/.test(found.header));
  });
}

test("authenticateMail() says fail where there are several From fields", async () => {
  const twice = Buffer.concat([Buffer.from("From: c@other.example\r\n"), raw]);
  assert.equal((await authenticateMail(twice, transport, zone(allowed))).dmarc.result, "fail");
});

test("authenticateMail() checks a DKIM signature, and finds a changed body", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const options = {
    signatureData: [
      {
        signingDomain: "partner.example",
        selector: "s1",
        privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      },
    ],
  };
  // The types of mailauth name the options of one signature where the code reads a list of them.
  const signed = await dkimSign(raw, options as unknown as Parameters<typeof dkimSign>[1]);
  const key = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const dns = zone({ "TXT s1._domainkey.partner.example": [[`v=DKIM1; k=rsa; p=${key}`]] });
  const message = Buffer.concat([Buffer.from(signed.signatures), raw]);
  const good = await authenticateMail(message, transport, dns);
  assert.deepEqual(good.dkim, [{ result: "pass", domain: "partner.example", aligned: true }]);
  const changed = await authenticateMail(Buffer.concat([message, Buffer.from("more\r\n")]), transport, dns);
  assert.equal(changed.dkim[0]?.result, "fail");
});

test("authenticateMail() asks nothing of outgoing mail, and nothing without a name service", async () => {
  const outgoing = await authenticateMail(raw, { ...transport, direction: "outbound" }, zone(allowed));
  assert.equal(outgoing.header, "");
  assert.equal((await authenticateMail(raw, transport, null)).dnsIncomplete, true);
});

test("authenticateMail() says none of SPF where nobody knows the client", async () => {
  const found = await authenticateMail(raw, { ...transport, clientAddress: null }, zone(allowed));
  assert.equal(found.spf.result, "none");
});

test("authenticateMail() ends in time when no answer comes", async () => {
  const silent: DnsResolver = { messageMsMax: 200, resolve: () => new Promise<DnsAnswer>(() => undefined) };
  const started = performance.now();
  const found = await authenticateMail(raw, transport, silent);
  assert.ok(performance.now() - started < 1500);
  assert.deepEqual([found.spf.result, found.dnsIncomplete], ["temperror", true]);
});

test("createDnsResolver() bounds an answer that never comes, and does not ask again at once", async () => {
  const server = createSocket("udp4");
  let asked = 0;
  server.on("message", () => (asked += 1));
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const settings = { servers: [`127.0.0.1:${server.address().port}`], answerMsMax: 150, messageMsMax: 500 };
  const resolver = createDnsResolver(settings);
  const started = performance.now();
  const answers = await Promise.all([
    resolver.resolve("a.example", "TXT"),
    resolver.resolve("A.example", "TXT"),
  ]);
  assert.deepEqual(answers[0], { ok: false, code: "ETIMEOUT" });
  await resolver.resolve("a.example", "TXT");
  assert.ok(performance.now() - started < 1000);
  assert.equal(asked, 1);
  assert.deepEqual(await resolver.resolve("a.example", "ANY"), { ok: false, code: "EBADNAME" });
  server.close();
});
