import assert from "node:assert/strict";
import { test } from "node:test";
import { aimedAt, hostileMails } from "./fixtures/hostileMails.ts";
import { heldOrdinaryMails, mailsOfCorrespondents, ordinaryMails } from "./fixtures/ordinaryMails.ts";
import { judgeMail, judgeOutgoing, judgeUnread, type MailJudgement } from "./judge.ts";
import { MailPolicy } from "./policy.ts";
import { MAIL_REASONS, REASONS } from "./reasons.ts";
import { readMessage } from "./reader/readMessage.ts";
import {
  unknownHistory,
  type Authentication,
  type History,
  type MailReading,
  type SeenMail,
  type Transport,
} from "./seen.ts";

const policy = MailPolicy.parse(aimedAt);
const noon = Temporal.Instant.from("2016-03-15T03:00:00Z");
const strangers: History = { fromAddress: 0, fromDomain: 0, toAddress: 0 };
const seenReasons = new Set<string>();

function transportFor(envelope: { mailFrom: string; rcptTo: string[] }): Transport {
  return {
    clientAddress: "192.0.2.7",
    clientName: null,
    helo: "mail.example",
    ...envelope,
    direction: "inbound",
  };
}

async function judgeRaw(
  mail: { raw: Buffer; envelope: { mailFrom: string; rcptTo: string[] } },
  change: { history?: History; policy?: MailPolicy; reading?: Partial<MailReading> } = {},
): Promise<MailJudgement> {
  const transport = transportFor(mail.envelope);
  const reading = { ...(await readMessage(mail.raw, transport, null)), ...change.reading };
  const seen: SeenMail = { at: noon, transport, history: change.history ?? strangers, reading };
  const judgement = judgeMail(seen, change.policy ?? policy);
  for (const reason of judgement.reasons) seenReasons.add(reason.code);
  return judgement;
}

for (const mail of hostileMails()) {
  test(`judgeMail() gives ${mail.reasons.join(", ")} for ${mail.name}`, async () => {
    const judgement = await judgeRaw(mail);
    const codes = judgement.reasons.map((reason) => reason.code);
    for (const reason of mail.reasons)
      assert.ok(codes.includes(reason), `${reason} is not among ${codes.join(", ")}`);
  });
}

for (const mail of ordinaryMails()) {
  test(`judgeMail() lets ordinary mail pass: ${mail.name}`, async () => {
    const judgement = await judgeRaw(mail);
    assert.deepEqual(
      judgement.act,
      { do: "pass" },
      judgement.reasons.map((reason) => reason.code).join(", "),
    );
    assert.ok(judgement.reasons.every((reason) => reason.severity === "info" || reason.severity === "low"));
  });
}

const passed: Authentication = {
  spf: { result: "pass", domain: "partner.example" },
  dkim: [],
  dmarc: { result: "pass", policy: "none", domain: "partner.example" },
  arc: { result: "none" },
  header: "spf=pass; dmarc=pass",
  dnsIncomplete: false,
};

for (const mail of mailsOfCorrespondents()) {
  test(`judgeMail() lets pass from a correspondent and holds from a stranger: ${mail.name}`, async () => {
    const known = await judgeRaw(mail, { history: mail.history, reading: { authentication: passed } });
    assert.equal(known.act.do, "pass");
    const stranger = await judgeRaw(mail, { reading: { authentication: passed } });
    assert.equal(stranger.act.do, "hold");
  });
}

test("judgeMail() holds a genuine self-extracting file for two persons, never refuses it", async () => {
  for (const mail of heldOrdinaryMails()) {
    assert.deepEqual((await judgeRaw(mail)).act, { do: "hold", secondPerson: true });
  }
});

const failed = (change: Partial<Authentication>): { reading: Partial<MailReading> } => ({
  reading: {
    authentication: {
      ...passed,
      spf: { result: "none", domain: null },
      dmarc: { result: "none", policy: null, domain: null },
      ...change,
    },
  },
});
const [plain] = ordinaryMails();
const authenticationRows: [name: string, change: Partial<Authentication>, reason: string | null][] = [
  ["SPF fail", { spf: { result: "fail", domain: "yamada.example" } }, "spf-fail"],
  ["SPF softfail", { spf: { result: "softfail", domain: "yamada.example" } }, "unauthenticated"],
  ["DKIM fail", { dkim: [{ result: "fail", domain: "yamada.example", aligned: true }] }, "dkim-fail"],
  ["DMARC fail", { dmarc: { result: "fail", policy: "reject", domain: "yamada.example" } }, "dmarc-fail"],
  ["nothing", {}, "unauthenticated"],
  ["SPF of another domain", { spf: { result: "pass", domain: "esp.example" } }, "unauthenticated"],
  ["aligned DKIM", { dkim: [{ result: "pass", domain: "mail.yamada.example", aligned: true }] }, null],
];
for (const [name, change, reason] of authenticationRows) {
  test(`judgeMail() says ${reason ?? "nothing"} about the sender when there is ${name}`, async () => {
    const { reasons } = await judgeRaw(plain as NonNullable<typeof plain>, failed(change));
    const codes = reasons.map((one) => one.code as string);
    if (reason === null)
      assert.ok(!codes.some((code) => /^(?:spf|dkim|dmarc|unauth)/.test(code)), codes.join(", "));
    else assert.ok(codes.includes(reason), codes.join(", "));
  });
}

test("judgeMail() holds a stranger at a partner's domain whom the domain does not vouch for", async () => {
  const raw = (plain as NonNullable<typeof plain>).raw
    .toString("latin1")
    .replaceAll("hanako@yamada.example", "suzuki@ana-sales.example");
  const mail = {
    raw: Buffer.from(raw, "latin1"),
    envelope: { mailFrom: "suzuki@ana-sales.example", rcptTo: ["inquiry@ijtb.example"] },
  };
  const judgement = await judgeRaw(mail, {
    history: { fromAddress: 0, fromDomain: 90, toAddress: 0 },
    ...failed({}),
  });
  assert.equal(judgement.order, "strangers-at-a-partner");
  const vouched = failed({ spf: { result: "pass", domain: "ana-sales.example" } });
  assert.equal(
    (await judgeRaw(mail, { history: { fromAddress: 0, fromDomain: 90, toAddress: 0 }, ...vouched })).act.do,
    "pass",
  );
});

test("judgeMail() lets the register's genuine neighbours of a partner pass", async () => {
  const raw = (plain as NonNullable<typeof plain>).raw
    .toString("latin1")
    .replaceAll("yamada.example", "anas-sales.example");
  const mail = {
    raw: Buffer.from(raw, "latin1"),
    envelope: { mailFrom: "hanako@anas-sales.example", rcptTo: [] },
  };
  assert.equal((await judgeRaw(mail)).act.do, "pass");
});

test("judgeMail() gives reasons for what is read in two ways, hidden or unread", async () => {
  const mail = plain as NonNullable<typeof plain>;
  const defects = [
    { code: "readings-files", where: "files", detail: "a.exe" },
    { code: "too-deep", where: "1.1", detail: "more than 20 levels" },
  ];
  const { reasons, act } = await judgeRaw(mail, { reading: { defects } });
  assert.deepEqual(act, { do: "hold", secondPerson: false });
  assert.ok(reasons.some((reason) => reason.code === "readings-disagree"));
  const reading = await readMessage(mail.raw, transportFor(mail.envelope), null);
  const part = reading.parts[0] as (typeof reading.parts)[number];
  const parts = [
    { ...part, kind: "7z", names: [], marks: ["encrypted-names" as const], encrypted: true },
    { ...part, kind: "zip", names: [], marks: ["archive-trailing-data" as const] },
  ];
  const codes = (await judgeRaw(mail, { reading: { parts } })).reasons.map((reason) => reason.code);
  assert.ok(codes.includes("encrypted-names") && codes.includes("archive-hidden-data"));
});

test("judgeMail() holds what is about canary customers, and judgeOutgoing() tells of it", async () => {
  const { raw, envelope } = plain as NonNullable<typeof plain>;
  const transport = transportFor(envelope);
  const reading = await readMessage(raw, transport, null);
  const seen: SeenMail = { at: noon, transport, history: strangers, reading };
  const rows = [
    [["recipient"], ["canary-addressed"]],
    [["content"], ["canary-in-mail"]],
    [
      ["recipient", "content"],
      ["canary-addressed", "canary-in-mail"],
    ],
  ] as const;
  for (const [places, codes] of rows) {
    const canaries = places.map((where) => ({ where, sign: "hanako@travel.example" }));
    const { act, reasons, order } = judgeMail({ ...seen, canaries }, policy);
    assert.deepEqual([act, order], [{ do: "hold", secondPerson: true }, "canaries"]);
    const critical = reasons.filter(({ severity }) => severity === "critical").map(({ code }) => code);
    assert.deepEqual(critical, codes);
    const outgoing = judgeOutgoing({ canaries });
    assert.deepEqual(
      outgoing.reasons.map(({ code }) => code),
      codes,
    );
    for (const { code } of reasons) seenReasons.add(code);
  }
  assert.deepEqual(judgeOutgoing({}).reasons, []);
});

test("judgeMail() takes the first standing order that matches, in the order of the file", async () => {
  const order = { decidedBy: "A. Person", because: "test", allOf: [], noneOf: [], secondPerson: false };
  const orders = [
    { ...order, name: "strip-first", anyOf: ["executable-content" as const], do: "strip" as const },
    { ...order, name: "refuse-second", anyOf: ["executable-content" as const], do: "refuse" as const },
  ];
  const mail = hostileMails().find(({ name }) => name === "program");
  assert.ok(mail !== undefined);
  const stripped = await judgeRaw(mail, { policy: MailPolicy.parse({ ...aimedAt, orders }) });
  assert.deepEqual([stripped.act, stripped.order], [{ do: "strip", paths: ["2"] }, "strip-first"]);
  const refused = await judgeRaw(mail, {
    policy: MailPolicy.parse({ ...aimedAt, orders: orders.toReversed() }),
  });
  assert.deepEqual(refused.act, { do: "refuse", reply: "5.7.1 Message refused by policy" });
});

test("judgeMail() lets everything pass without orders or conditions", async () => {
  const mail = hostileMails()[0] as ReturnType<typeof hostileMails>[number];
  assert.equal((await judgeRaw(mail, { policy: MailPolicy.parse({ orders: [] }) })).act.do, "pass");
  const orders = [{ name: "slip", decidedBy: "A. Person", because: "test", do: "hold" }];
  assert.equal((await judgeRaw(mail, { policy: MailPolicy.parse({ orders }) })).act.do, "pass");
});

test("judgeMail() gives no reason of history where nobody remembers", async () => {
  const { reasons } = await judgeRaw(plain as NonNullable<typeof plain>, { history: unknownHistory });
  assert.ok(!reasons.some((reason) => reason.code === "first-contact"));
});

test("judgeUnread() does what the policy says about failures", () => {
  const held = judgeUnread(policy, "reading took too long");
  assert.equal(held.act.do, "hold");
  for (const reason of held.reasons) seenReasons.add(reason.code);
  assert.equal(judgeUnread(MailPolicy.parse({ onFailure: "pass" })).act.do, "pass");
  assert.equal(judgeUnread(MailPolicy.parse({ orders: [] })).act.do, "hold");
});

test("every reason has a row", () => {
  assert.deepEqual(
    MAIL_REASONS.filter((code) => !seenReasons.has(code)),
    [],
  );
});

test("every reason has whole sentences in both languages", () => {
  const evidence = new Proxy(
    {},
    { get: (_, key) => (key === "icon" ? "folder" : key === "kind" ? "pe" : key === "why" ? "size" : "X") },
  );
  for (const [code, entry] of Object.entries(REASONS)) {
    const { en, ja } = (entry.say as (evidence: object) => { en: string; ja: string })(evidence);
    assert.match(en, /^[A-Z"].*\.$/s, code);
    assert.match(ja, /[ぁ-んァ-ヶ一-龠]/, code);
    assert.ok(!`${en}${ja}`.includes("undefined"), code);
    assert.ok(entry.technique === null || /^T\d{4}(?:\.\d{3})?$/.test(entry.technique), code);
  }
});
