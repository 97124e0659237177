import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { waitUntil } from "../../../station/testPorts.ts";
import { openTestGate, sendOne, TestClient, textMail, type TestGate } from "../testGate.ts";
import { openTestHop, type TestHop } from "../testHop.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-listen-"));
const tls = { certificateFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
/** Of the whole loopback network only 127.0.0.1 is trusted to name other clients. */
const stranger = "127.0.0.2";
let hop: TestHop;
let gate: TestGate;

before(async () => {
  const subject = ["-subj", "/CN=gate.example", "-days", "2", "-nodes"];
  const files = ["-keyout", tls.keyFile, "-out", tls.certificateFile];
  const kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  execFileSync("openssl", [...kind, ...subject, ...files], { stdio: "ignore" });
  hop = await openTestHop();
  const inbound = {
    domains: ["IJTB.example", "xn--p8jvb3b4cg.example"],
    xclientFrom: ["127.0.0.1"],
    proxyFrom: ["127.0.0.3"],
  };
  const limits = { connectionsPerClientMax: 3, recipientsMax: 20, messageBytesMax: 70_000 };
  gate = await openTestGate({ hopPort: hop.port, settings: { inbound, limits, tls }, outbound: {} });
});

after(async () => {
  await gate.close();
  await hop.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a front host may bring any number of messages, each for another client", async () => {
  for (let number = 0; number < 8; number++) {
    const client = await TestClient.open(gate.port);
    assert.match(await client.say("EHLO front.example"), /^250/, `connection ${number}`);
    const named = await client.say(`XFORWARD ADDR=192.0.2.${number} NAME=mx.example HELO=mx.example`);
    assert.match(named, /^250/);
    assert.match(await client.send(textMail(`front ${number}`)), /^250/);
    assert.match(await client.say("QUIT"), /^221/);
  }
  const clients = gate.entries("mail-received").map((entry) => entry.data["client"]);
  assert.deepEqual(clients.slice(0, 2), ["192.0.2.0", "192.0.2.1"]);
});

test("a client has so many connections, and gets new ones when it let go of some", async () => {
  const clients = [];
  for (let number = 0; number < 3; number++)
    clients.push(await TestClient.open(gate.port, { from: stranger }));
  const fourth = await TestClient.open(gate.port, { from: stranger });
  assert.match(fourth.last, /^421 4\.7\.0 too many connections/);
  for (const client of clients) client.close();
  await waitUntil(async () => {
    const again = await TestClient.open(gate.port, { from: stranger });
    again.close();
    return again.last.startsWith("220");
  }, "a place");
});

for (const command of ["XCLIENT ADDR=192.0.2.9", "XFORWARD ADDR=192.0.2.9"]) {
  test(`a host that is not listed may not say "${command}"`, async () => {
    const client = await TestClient.open(gate.port, { from: stranger });
    assert.doesNotMatch(await client.say("EHLO client.example"), /XCLIENT|XFORWARD/);
    assert.match(await client.say(command), /^5\d\d /);
    client.close();
  });
}

test("a PROXY line of a listed host names the client", async () => {
  const before = "PROXY TCP4 192.0.2.44 127.0.0.1 50000 25\r\n";
  const client = await TestClient.open(gate.port, { from: "127.0.0.3", before });
  await client.say("EHLO client.example");
  assert.match(await client.send(textMail("by proxy")), /^250/);
  client.close();
  assert.equal(gate.entries("mail-received").at(-1)?.data["client"], "192.0.2.44");
});

test("a listed host without its PROXY line gets no session, and the gate goes on", async () => {
  const client = await TestClient.open(gate.port, { from: "127.0.0.3", before: "EHLO client.example\r\n" });
  assert.doesNotMatch(client.last, /^220/);
  client.close();
  assert.match(await sendOne(gate.port, textMail("after no proxy")), /^250/);
});

test("a client that goes away in the middle of a message leaves nothing, and is no problem", async () => {
  const [entries, problems] = [gate.entries().length, gate.problems.length];
  const client = await TestClient.open(gate.port);
  await client.say("EHLO client.example");
  await client.envelope();
  client.socket.write(textMail("half").slice(0, 100));
  await new Promise((resolve) => setTimeout(resolve, 100));
  client.socket.resetAndDestroy();
  assert.match(await sendOne(gate.port, textMail("after half")), /^250/);
  assert.deepEqual(gate.problems.slice(problems), []);
  assert.equal(
    gate
      .entries()
      .slice(entries)
      .filter((entry) => entry.code === "mail-received").length,
    1,
  );
});

test("a client that goes away before the answer and comes again gets no second copy", async () => {
  const raw = textMail("without an id", { id: false });
  const client = await TestClient.open(gate.port);
  await client.say("EHLO client.example");
  await client.envelope();
  client.socket.end(`${raw}.\r\n`);
  const copies = (): number => hop.messages.filter(({ wire }) => wire.includes("without an id")).length;
  await waitUntil(() => copies() === 1, "the first copy");
  await waitUntil(async () => {
    const again = await sendOne(gate.port, raw);
    assert.match(again, /^(250|451)/);
    return again.includes("accepted before");
  }, "the answer");
  assert.equal(copies(), 1);
  assert.equal(gate.entries("mail-repeated").length, 1);
});

test("one connection brings several messages, RSET forgets one, order is kept", async () => {
  const client = await TestClient.open(gate.port);
  assert.match(await client.say("MAIL FROM:<a@x.example>"), /^503/);
  await client.say("EHLO client.example");
  assert.match(await client.say("DATA"), /^503/);
  await client.say("MAIL FROM:<forgotten@customer.example>");
  await client.say("RCPT TO:<forgotten@ijtb.example>");
  assert.match(await client.say("RSET"), /^250/);
  assert.match(await client.say("RCPT TO:<inquiry@ijtb.example>"), /^503/);
  assert.match(await client.send(textMail("first of two")), /^250/);
  assert.match(await client.send(textMail("second of two"), "", ["b@ijtb.example"]), /^250/);
  client.close();
  const [first, second] = hop.messages.slice(-2);
  assert.deepEqual([first?.to, second?.to], [["inquiry@ijtb.example"], ["b@ijtb.example"]]);
  assert.match(second?.from ?? "", /^<>/);
});

test("the size is kept whether it is announced or not", async () => {
  const client = await TestClient.open(gate.port);
  assert.match(await client.say("EHLO client.example"), /SIZE 70000/);
  assert.match(await client.say("MAIL FROM:<a@customer.example> SIZE=70001"), /^552/);
  const large = `${textMail("too large")}${`${"x".repeat(70)}\r\n`.repeat(2_000)}`;
  assert.match(await client.send(large), /^552 5\.3\.4/);
  assert.match(await client.send(textMail("after too large")), /^250/);
  client.close();
});

test("recipients beyond the limit get 452, and the others their mail", async () => {
  const to = Array.from({ length: 25 }, (_, number) => `r${number}@ijtb.example`);
  const client = await TestClient.open(gate.port);
  await client.say("EHLO client.example");
  const replies = (await client.envelope("a@customer.example", to)).split("\n");
  assert.equal(replies.filter((reply) => reply.startsWith("452 4.5.3")).length, 5);
  client.socket.write(textMail("to many"));
  assert.match(await client.say("."), /^250/);
  client.close();
  assert.equal(hop.messages.at(-1)?.to.length, 20);
});

const notEnds = ["\n.\n", "\n.\r\n", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r.\r", "\r\n\0.\r\n"];
for (const [number, end] of notEnds.entries()) {
  test(`${JSON.stringify(end)} ends no message, here and behind`, async () => {
    const before = hop.messages.length;
    const smuggled = `MAIL FROM:<evil@x.example>\r\nRCPT TO:<x@ijtb.example>\r\nDATA\r\n\r\nx\r\n`;
    const raw = `${textMail(`smuggler ${number}`)}one${end}${smuggled}`;
    const client = await TestClient.open(gate.port);
    await client.say("EHLO client.example");
    assert.match(await client.send(raw), /^250/);
    assert.match(await client.say("NOOP"), /^250 OK/, "there is one answer to one message");
    client.close();
    for (const { wire } of hop.messages.slice(before)) {
      assert.doesNotMatch(wire, /(^|\n)\.\r?(\n|$)/, "an end in the middle");
      assert.doesNotMatch(wire, /[^\r]\n|\r[^\n]/, "a lone CR or LF");
    }
    assert.ok(hop.messages.length <= before + 1);
    assert.ok(!hop.messages.slice(before).some(({ from }) => from.includes("evil")));
  });
}

test("international addresses need SMTPUTF8, and go on with it", async () => {
  const client = await TestClient.open(gate.port);
  await client.say("EHLO client.example");
  assert.match(await client.say("MAIL FROM:<田中@customer.example>"), /^553 5\.6\.7/);
  assert.match(await client.say("MAIL FROM:<田中@customer.example> SMTPUTF8"), /^250/);
  assert.match(await client.say("RCPT TO:<予約@ijtb.example>"), /^250/);
  await client.say("DATA");
  client.socket.write(textMail("utf8"));
  assert.match(await client.say("."), /^250/);
  client.socket.write(Buffer.from("MAIL FROM:<\xff\xfe@customer.example>\r\n", "latin1"));
  assert.match(await client.reply(), /^501 5\.1\.3/);
  assert.match(await client.say(`MAIL FROM:<${"a".repeat(400)}@customer.example>`), /^501 5\.1\.3/);
  client.close();
  const latin = hop.messages.at(-1)?.from ?? "";
  assert.match(Buffer.from(latin, "latin1").toString("utf8"), /^<田中@customer\.example>.* ?SMTPUTF8/);
});

test("a domain of Japanese letters is known by its A-label, and so it goes on", async () => {
  const client = await TestClient.open(gate.port);
  await client.say("EHLO client.example");
  assert.match(
    await client.send(textMail("a-label"), "a@customer.example", ["info@xn--p8jvb3b4cg.example"]),
    /^250/,
  );
  assert.deepEqual(hop.messages.at(-1)?.to, ["info@xn--p8jvb3b4cg.example"]);
  await client.say("MAIL FROM:<a@customer.example>");
  assert.match(await client.say("RCPT TO:<info@XN--P8JVB3B4CG.Example>"), /^250/);
  assert.match(await client.say("RCPT TO:<Info@IjTb.EXAMPLE>"), /^250/);
  assert.match(await client.say("RCPT TO:<info@xn--p8jvb3b4cg.example.org>"), /^550/);
  client.close();
});

test("STARTTLS is offered with the certificate of the configuration", async () => {
  const client = await TestClient.open(gate.port);
  assert.match(await client.say("EHLO client.example"), /STARTTLS/);
  assert.match(await client.say("STARTTLS"), /^220/);
  const name = await new Promise((resolve, reject) => {
    const ca = readFileSync(tls.certificateFile);
    const secure = connect({ socket: client.socket, ca, servername: "gate.example" }, () => {
      resolve(secure.getPeerCertificate().subject["CN"]);
      secure.end("EHLO client.example\r\nQUIT\r\n");
    });
    secure.on("error", reject);
  });
  assert.equal(name, "gate.example");
});

test("a client that is never silent and ends no message is closed, and frees its place", async (context) => {
  const limits = { transactionSeconds: 1, connectionsPerClientMax: 1 };
  const small = await openTestGate({ hopPort: hop.port, settings: { limits } });
  context.after(() => small.close());
  const slow = await TestClient.open(small.port);
  await slow.say("EHLO client.example");
  await slow.envelope();
  const drip = setInterval(() => slow.socket.write("x"), 100);
  context.after(() => clearInterval(drip));
  assert.match(await slow.reply(5_000), /^421 4\.4\.2/);
  clearInterval(drip);
  await waitUntil(
    async () => (await sendOne(small.port, textMail("after the slow one"))).startsWith("250"),
    "it",
  );
});

test("a certificate that cannot be used is named with its file", async () => {
  const settings = { tls: { certificateFile: join(folder, "none.pem"), keyFile: tls.keyFile } };
  await assert.rejects(openTestGate({ hopPort: hop.port, settings }), {
    code: "config-invalid",
    message: /^Cannot read mail\.tls\.certificateFile: ENOENT/,
  });
  const exchanged = { tls: { certificateFile: tls.keyFile, keyFile: tls.certificateFile } };
  await assert.rejects(openTestGate({ hopPort: hop.port, settings: exchanged }), {
    code: "config-invalid",
    message: /^Cannot use mail\.tls: /,
  });
});
