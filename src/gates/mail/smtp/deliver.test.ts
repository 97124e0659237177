import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { waitUntil } from "../../../station/testPorts.ts";
import { openTestHop, type HopOptions, type HopScript } from "../testHop.ts";
import type { NextHop } from "../settings.ts";
import { Deliverer } from "./deliver.ts";

const times = { greetingMsMax: 400, envelopeMsMax: 400, answerMsMax: 400 };
const raw = Buffer.from("Subject: x\r\n\r\n.dots\r\nbody\r\n");

/** For large messages on a busy machine: where nothing is silent, nothing has to be soon. */
const patient = { greetingMsMax: 30_000, envelopeMsMax: 30_000, answerMsMax: 30_000 };

type StageOptions = HopOptions & { policy?: NextHop["tls"]; times?: typeof times };

async function stage(context: TestContext, script: HopScript, options: StageOptions = {}) {
  const { policy = "never", times: given = times, ...rest } = options;
  const hop = await openTestHop(script, rest);
  const place = { host: "127.0.0.1", port: hop.port, tls: policy };
  const deliverer = new Deliverer(place, "gate.example", given);
  context.after(async () => {
    deliverer.close();
    await hop.close();
  });
  let begun = 0;
  const deliver = (change: Partial<Parameters<Deliverer["deliver"]>[0]> = {}) =>
    deliverer.deliver({
      from: "a@x.example",
      to: ["b@y.example"],
      raw,
      smtpUtf8: false,
      onSending: () => (begun += 1),
      ...change,
    });
  return { hop, deliver, begun: () => begun };
}

const say =
  (verb: string, reply: string | null): HopScript =>
  (line) =>
    line.toUpperCase().startsWith(verb) ? reply : undefined;

/** What the hop does → what is made of it, and whether the message had begun to go out. */
const rows: [name: string, script: HopScript, outcome: string, begun: boolean][] = [
  ["takes it", () => undefined, "accepted", true],
  ["greets with 554", say("CONNECT", "554 5.7.1 go away"), "unreachable", false],
  ["greets with 421", say("CONNECT", "421 busy"), "unreachable", false],
  ["says nothing at all", say("CONNECT", ""), "unreachable", false],
  ["closes at once", say("CONNECT", null), "unreachable", false],
  ["greets with garbage", say("CONNECT", "HTTP/1.1 400 Bad Request"), "unreachable", false],
  ["is silent after EHLO", say("EHLO", ""), "unreachable", false],
  ["closes at EHLO", say("EHLO", null), "unreachable", false],
  [
    "refuses EHLO and HELO",
    (line) => (/^(EHLO|HELO)/.test(line) ? "550 no" : undefined),
    "unreachable",
    false,
  ],
  ["refuses MAIL for now", say("MAIL", "451 4.3.0 later"), "refused 451", false],
  ["refuses MAIL for good", say("MAIL", "550 5.1.8 no"), "refused 550", false],
  ["ends the session at MAIL", say("MAIL", "421 4.3.2 shutting down"), "unreachable", false],
  ["closes at MAIL", say("MAIL", null), "unreachable", false],
  ["is silent after MAIL", say("MAIL", ""), "unreachable", false],
  ["refuses RCPT for now", say("RCPT", "450 4.2.1 later"), "refused 450", false],
  ["refuses RCPT for good", say("RCPT", "550 5.1.1 nobody"), "refused 550", false],
  ["refuses DATA for now", say("DATA", "451 4.3.0 later"), "refused 451", false],
  ["refuses DATA for good", say("DATA", "554 5.5.0 no"), "refused 554", false],
  ["is silent after DATA", say("DATA", ""), "unreachable", false],
  ["closes at DATA", say("DATA", null), "unreachable", false],
  ["answers DATA with garbage", say("DATA", "999 what"), "unreachable", false],
  ["refuses the message for now", say(".", "452 4.2.2 full"), "refused 452", true],
  ["refuses the message for good", say(".", "554 5.6.0 no"), "refused 554", true],
  ["ends the session at the dot", say(".", "421 4.3.2 shutting down"), "refused 451", true],
  ["is silent after the dot", say(".", ""), "in-doubt", true],
  ["closes after the dot", say(".", null), "in-doubt", true],
  ["answers the dot with 354", say(".", "354 go on"), "in-doubt", true],
  ["answers the dot with 6000", say(".", "6000 what"), "in-doubt", true],
  ["answers the dot with words", say(".", "thank you"), "in-doubt", true],
];

for (const [name, script, expected, begun] of rows) {
  test(`deliver() says ${expected} where the next hop ${name}`, async (context) => {
    for (const extensions of [["PIPELINING"], []]) {
      const { deliver, begun: count } = await stage(context, script, { extensions });
      const delivery = await deliver();
      const code = delivery.outcome === "refused" ? ` ${delivery.code}` : "";
      assert.equal(`${delivery.outcome}${code}`, expected, JSON.stringify(delivery));
      assert.equal(count() > 0, begun, "whether it had begun");
    }
  });
}

test("deliver() keeps a connection, and opens another where the kept one says 421", async (context) => {
  const { deliver, hop } = await stage(context, () => undefined);
  for (let count = 0; count < 3; count++) {
    assert.equal((await deliver()).outcome, "accepted");
    await waitUntil(() => hop.lines.at(-1) === "RSET", "the connection to be free");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(hop.connections, 1);
  let once = true;
  hop.script = (line) => {
    if (!once || !line.startsWith("MAIL")) return undefined;
    once = false;
    return "421 4.4.2 idle for too long";
  };
  assert.equal((await deliver()).outcome, "accepted");
  assert.equal(hop.connections, 2);
  assert.equal(hop.messages.length, 4);
});

test("deliver() lets go of a connection that answered in the middle of the message", async (context) => {
  // A reply too many: 554 to the message while it is still coming, as some servers do over their limit.
  const script = say("DATA", "354 go on\r\n552 5.3.4 too much already");
  const { deliver, hop } = await stage(context, script, { times: patient });
  const large = Buffer.alloc(4_000_000, "0123456789abcdef\r\n");
  const first = await deliver({ raw: large });
  assert.notEqual(first.outcome, "accepted");
  hop.script = () => undefined;
  assert.equal((await deliver()).outcome, "accepted");
  assert.equal(hop.messages.at(-1)?.wire, "Subject: x\r\n\r\n..dots\r\nbody\r\n");
  assert.equal(hop.connections, 2);
});

test("deliver() takes no 250 for a message that has not gone out", async (context) => {
  const script = say("DATA", "354 go on\r\n250 2.0.0 thanks in advance");
  const { deliver } = await stage(context, script, { times: patient });
  const delivery = await deliver({ raw: Buffer.alloc(40_000_000, "0123456789abcdef\r\n") });
  assert.equal(delivery.outcome, "in-doubt");
});

test("deliver() sends nothing where what it begins cannot be noted", async (context) => {
  const { deliver, hop } = await stage(context, () => undefined);
  const onSending = (): void => {
    throw new Error("database or disk is full");
  };
  const delivery = await deliver({ onSending });
  assert.deepEqual(delivery.outcome, "unreachable");
  assert.equal((await deliver()).outcome, "accepted");
  assert.equal(hop.messages.length, 1);
});

test("deliver() says 552 for a message over the next hop's SIZE", async (context) => {
  const { deliver } = await stage(context, () => undefined, { extensions: ["SIZE 10"] });
  const delivery = await deliver();
  assert.deepEqual(delivery.outcome === "refused" && delivery.code, 552);
});

test("deliver() tells which recipients were refused, and why", async (context) => {
  const script: HopScript = (line) => (line.includes("<full@") ? "452 4.2.2 mailbox full" : undefined);
  const { deliver, hop } = await stage(context, script);
  const delivery = await deliver({ to: ["b@y.example", "full@y.example"] });
  assert.equal(delivery.outcome, "accepted");
  assert.deepEqual(delivery.outcome === "accepted" && delivery.accepted, ["b@y.example"]);
  const refused = { recipient: "full@y.example", code: 452, reply: "4.2.2 mailbox full" };
  assert.deepEqual(delivery.outcome === "accepted" && delivery.refused, [refused]);
  assert.deepEqual(hop.messages[0]?.to, ["b@y.example"]);
});

const utf8Header = Buffer.from("Subject: 予約\r\n\r\nx\r\n");

test("deliver() says SMTPUTF8 for a message that came with it, addresses being ASCII", async (context) => {
  const { deliver, hop } = await stage(context, () => undefined);
  await deliver({ raw: utf8Header, smtpUtf8: true });
  await deliver({ raw: utf8Header, smtpUtf8: false });
  assert.match(hop.messages[0]?.from ?? "", / SMTPUTF8\b/);
  assert.doesNotMatch(hop.messages[1]?.from ?? "", / SMTPUTF8\b/);
  assert.match(hop.messages[1]?.from ?? "", / BODY=8BITMIME\b/);
});

test("deliver() sends nothing that needs SMTPUTF8 to a server without it", async (context) => {
  const { deliver, hop } = await stage(context, () => undefined, { extensions: ["8BITMIME"] });
  for (const change of [
    { raw: utf8Header, smtpUtf8: true },
    { to: ["予約@y.example"], smtpUtf8: true },
  ]) {
    const delivery = await deliver(change);
    assert.deepEqual([delivery.outcome, delivery.outcome === "refused" && delivery.code], ["refused", 550]);
  }
  assert.equal((await deliver({ smtpUtf8: true })).outcome, "accepted", "it does not need it");
  assert.equal(hop.messages.length, 1);
});

const folder = mkdtempSync(join(tmpdir(), "sekisho-deliver-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=hop.example -days 2 -nodes";
execFileSync("openssl", [...request.split(" "), "-keyout", key, "-out", cert], { stdio: "ignore" });
const certificate = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
const noHandshake: HopScript = say(
  "STARTTLS",
  "220 2.0.0 go on\r\nnot TLS at all, and long enough to be seen as such",
);

const tlsRows: [NextHop["tls"], string, HopOptions, HopScript | null, string][] = [
  ["never", "offers STARTTLS", { tls: certificate }, null, "accepted plain"],
  ["opportunistic", "offers STARTTLS", { tls: certificate }, null, "accepted secure"],
  ["opportunistic", "offers none", {}, null, "accepted plain"],
  ["opportunistic", "refuses STARTTLS", { tls: certificate }, say("STARTTLS", "454 no"), "accepted plain"],
  ["opportunistic", "cannot do the handshake", { tls: certificate }, noHandshake, "accepted plain"],
  ["required", "offers STARTTLS", { tls: certificate }, null, "accepted secure"],
  ["required", "offers none", {}, null, "unreachable"],
  ["required", "refuses STARTTLS", { tls: certificate }, say("STARTTLS", "454 no"), "unreachable"],
  ["verified", "has a certificate of its own making", { tls: certificate }, null, "unreachable"],
];
for (const [policy, name, options, script, expected] of tlsRows) {
  test(`deliver() with tls ${policy} is ${expected} where the next hop ${name}`, async (context) => {
    const { deliver, hop } = await stage(context, script ?? (() => undefined), { ...options, policy });
    const delivery = await deliver();
    const secure = hop.lines.filter((line) => line.startsWith("EHLO")).length > 1 && script === null;
    const how = delivery.outcome === "accepted" ? (secure ? " secure" : " plain") : "";
    assert.equal(`${delivery.outcome}${how}`, expected, JSON.stringify(delivery));
    assert.equal(hop.messages.length, delivery.outcome === "accepted" ? 1 : 0);
  });
}
