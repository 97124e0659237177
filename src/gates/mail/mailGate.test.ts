import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import PostalMime from "postal-mime";
import { waitUntil } from "../../station/testPorts.ts";
import { makeInertProgram } from "./fixtures/inertProgram.ts";
import { decodeHeldMail } from "./heldMail.ts";
import { openTestGate, sendOne, TestClient, textMail, type TestGateOptions } from "./testGate.ts";
import { openTestHop, type HopScript } from "./testHop.ts";

async function stage(
  context: TestContext,
  options: Omit<Partial<TestGateOptions>, "hopPort"> = {},
  script?: HopScript,
) {
  const hop = await openTestHop(script);
  const gate = await openTestGate({ hopPort: hop.port, ...options });
  context.after(async () => {
    await gate.close();
    await hop.close();
  });
  return { hop, gate };
}

const program =
  makeInertProgram({ icon: "folder" })
    .toString("base64")
    .match(/.{1,76}/g)
    ?.join("\r\n") ?? "";
const programPart =
  `Content-Type: application/octet-stream; name="form.exe"
Content-Disposition: attachment; filename="form.exe"
Content-Transfer-Encoding: base64

`.replaceAll("\n", "\r\n") + `${program}\r\n`;
const textPart = (text: string) => `Content-Type: text/plain; charset=us-ascii\r\n\r\n${text}\r\n`;
const group = (kind: string, boundary: string, parts: string[], epilogue = "") =>
  `Content-Type: multipart/${kind}; boundary="${boundary}"\r\n\r\n` +
  parts.map((part) => `--${boundary}\r\n${part}`).join("") +
  `--${boundary}--\r\n${epilogue}`;
const head = (name: string) =>
  `From: Hanako <hanako@customer.example>\r\nTo: inquiry@ijtb.example\r\nSubject: ${name}\r\n` +
  `Message-ID: <${name}@customer.example>\r\nDate: Tue, 15 Mar 2016 10:00:00 +0900\r\nMIME-Version: 1.0\r\n`;

/** Where the program stands → the texts that are left in the end. */
const shapes: Record<string, string> = {
  middle: group("mixed", "b1", [textPart("before"), programPart, textPart("after")]),
  last: group("mixed", "b1", [textPart("before"), programPart]),
  first: group("mixed", "b1", [programPart, textPart("after")], "epilogue\r\n"),
  nested: group("mixed", "b1", [
    group("alternative", "b2", [textPart("inner"), programPart]),
    textPart("after"),
  ]),
  alone: programPart,
  "two of them": group("mixed", "b1", [programPart, textPart("between"), programPart]),
};

const stripPrograms = {
  name: "programs-off",
  decidedBy: "Sato",
  because: "test",
  anyOf: ["executable-content"],
  do: "strip",
};

test("strip takes the part out, leaves a readable message, and keeps the original", async (context) => {
  const { hop, gate } = await stage(context, { settings: { policy: { orders: [stripPrograms] } } });
  for (const [name, body] of Object.entries(shapes)) {
    const raw = `${head(name)}${body}`;
    assert.match(await sendOne(gate.port, raw), /^250/, name);
    const { wire } = hop.messages.at(-1) as { wire: string };
    assert.ok(!wire.includes(program.slice(0, 60)), `${name}: the program is still there`);
    const read = await PostalMime.parse(Buffer.from(wire, "latin1"));
    assert.equal(read.subject, name);
    assert.equal(read.messageId, `<${name}@customer.example>`);
    assert.match(read.text ?? "", /taken out at the gate/, name);
    assert.match(read.text ?? "", /取り除かれ/, name);
    for (const text of ["before", "after", "inner", "between"])
      assert.equal(read.text?.includes(text) ?? false, body.includes(`\r\n${text}\r\n`), `${name}: ${text}`);
    assert.deepEqual(read.attachments, [], name);
    const entry = gate.entries("mail-stripped").at(-1);
    const kept = decodeHeldMail(await (await gate.evidence()).get(entry?.evidence[0] as never));
    assert.equal(kept.raw.toString("latin1"), raw, name);
    assert.match(wire, /^Sekisho-Verdict: strip; /m);
  }
});

test("refuse says the policy's words, delivers nothing, and is on record", async (context) => {
  const order = { ...stripPrograms, do: "refuse" };
  const policy = { orders: [order], refusal: "5.7.1 No programs by mail" };
  const { hop, gate } = await stage(context, { settings: { policy } });
  assert.equal(await sendOne(gate.port, `${head("r")}${shapes["last"]}`), "550 5.7.1 No programs by mail");
  assert.equal(await sendOne(gate.port, `${head("r")}${shapes["last"]}`), "550 5.7.1 No programs by mail");
  assert.equal(hop.messages.length, 0);
  assert.equal(gate.entries("mail-refused").length, 2);
  assert.deepEqual(
    gate.entries("order-applied").map((entry) => entry.data),
    [
      { order: "programs-off", act: "refuse" },
      { order: "programs-off", act: "refuse" },
    ],
  );
});

for (const act of ["hold", "refuse", "strip"]) {
  test(`in shadow a message that ${act} would stop passes as it came`, async (context) => {
    const policy = { orders: [{ ...stripPrograms, do: act }], shadow: true };
    const { hop, gate } = await stage(context, { settings: { policy } });
    const raw = `${head("shadow")}${shapes["middle"]}`;
    assert.match(await sendOne(gate.port, raw), /^250/);
    const { wire } = hop.messages[0] as { wire: string };
    assert.ok(wire.endsWith(raw), "it is as it came");
    const section = wire.slice(0, 2_000).replace(/\r\n\s+/g, "");
    assert.ok(/^Sekisho-Verdict: pass \(shadow\); .*executable-content/m.test(section));
    assert.deepEqual(gate.entries("shadow")[0]?.data, { would: act, state: "dry" });
    assert.equal(gate.entries("mail-delivered").length, 1);
  });
}

/** The processes of this one's readers, by what they run. */
function readers(): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
  return children
    .map(Number)
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("reader/worker"));
}

for (const onFailure of ["hold", "pass"] as const) {
  test(`onFailure ${onFailure}: a message whose reader is late`, async (context) => {
    const settings = { reader: { workers: 1, secondsMax: 1 }, policy: { onFailure } };
    const { hop, gate } = await stage(context, { settings });
    assert.match(await sendOne(gate.port, textMail("in time")), /accepted as/);
    for (const pid of readers()) process.kill(pid, "SIGSTOP");
    const answer = await sendOne(gate.port, textMail("late"));
    assert.match(answer, onFailure === "hold" ? /^250 .*for review/ : /^250 .*accepted as/);
    assert.equal(hop.messages.length, onFailure === "hold" ? 1 : 2);
    const reasons = gate.entries("mail-judged").at(-1)?.data["reasons"] as { code: string }[];
    assert.deepEqual(
      reasons.map(({ code }) => code),
      ["reading-failed"],
    );
    assert.match(await sendOne(gate.port, textMail("after")), /accepted as/, "there is a new reader");
  });
}

test("readers that are killed under load cost no message its reading", async (context) => {
  const { hop, gate } = await stage(context, { settings: { reader: { workers: 2 } } });
  const sending = Array.from({ length: 30 }, (_, number) => sendOne(gate.port, textMail(`load ${number}`)));
  await waitUntil(() => gate.entries("mail-received").length > 0, "the first");
  for (const pid of readers()) process.kill(pid, "SIGKILL");
  for (const answer of await Promise.all(sending)) assert.match(answer, /^250 .*accepted as/);
  assert.equal(hop.messages.length, 30);
});

test("whom we wrote to is known, and the way out is for our own servers only", async (context) => {
  const { hop, gate } = await stage(context, { outbound: { from: ["127.0.0.4/32"] } });
  const stranger = await TestClient.open(gate.outboundPort);
  assert.match(stranger.last, /^554 5\.7\.1/);
  stranger.close();
  const reasons = (number: number) =>
    (gate.entries("mail-judged")[number]?.data["reasons"] as { code: string }[]).map(({ code }) => code);
  await sendOne(gate.port, textMail("first"), { from: "hanako@customer.example" });
  assert.ok(reasons(0).includes("first-contact"));
  const own = await TestClient.open(gate.outboundPort, { from: "127.0.0.4" });
  await own.say("EHLO mail.ijtb.example");
  const to = ["taro@friend.example", "jiro@friend.example"];
  assert.match(await own.send(textMail("out"), "inquiry@ijtb.example", to), /^250/);
  own.close();
  assert.deepEqual(hop.messages.at(-1)?.to, to);
  assert.doesNotMatch(hop.messages.at(-1)?.wire ?? "", /^Authentication-Results/m);
  const raw = textMail("answer").replaceAll("hanako@customer", "taro@friend");
  await sendOne(gate.port, raw, { from: "taro@friend.example" });
  assert.equal(reasons(2).includes("first-contact"), false);
});

test("recipients that the next hop defers get the mail later, the others get it once", async (context) => {
  const full = new Set(["b@ijtb.example", "c@ijtb.example"]);
  const script: HopScript = (line) => {
    const address = /^RCPT TO:<(.*)>/.exec(line)?.[1] ?? "";
    if (address === "nobody@ijtb.example") return "550 5.1.1 nobody";
    return full.has(address) ? "452 4.2.2 full" : undefined;
  };
  const { hop, gate } = await stage(context, {}, script);
  const to = ["c@ijtb.example", "a@ijtb.example", "nobody@ijtb.example", "b@ijtb.example"];
  // A front server writes its own Received field at each attempt.
  const send = (attempt: number) =>
    sendOne(gate.port, `Received: from mx by front; attempt ${attempt}\r\n${textMail("to four")}`, { to });
  assert.match(await send(1), /^451 4\.2\.0 2 recipients/);
  full.delete("c@ijtb.example");
  assert.match(await send(2), /^451 4\.2\.0 1 /);
  assert.match(await send(3), /^452 4\.2\.2 full/);
  full.clear();
  assert.match(await send(4), /^250/);
  assert.match(await send(5), /^250 .*accepted before/);
  assert.deepEqual(
    hop.messages.map((message) => message.to),
    [["a@ijtb.example"], ["c@ijtb.example"], ["b@ijtb.example"]],
  );
  assert.equal(new Set(gate.entries("mail-received").map((entry) => entry.about["mail"])).size, 1);
  assert.deepEqual(
    gate.entries("delivery-partly").map((entry) => entry.data["deferred"]),
    [2, 1],
  );
});

test("a front server's next attempt is the same message, another envelope is another", async (context) => {
  const { hop, gate } = await stage(context);
  const received = (number: number) => `Received: from mx by front with ESMTP id ${number}\r\n`;
  assert.match(await sendOne(gate.port, `${received(1)}${textMail("same")}`), /accepted as/);
  assert.match(await sendOne(gate.port, `${received(2)}${textMail("same")}`), /accepted before/);
  assert.match(
    await sendOne(gate.port, `${received(2)}${textMail("same")}`, { to: ["b@ijtb.example"] }),
    /accepted as/,
  );
  const nameless = textMail("nameless", { id: false });
  assert.match(await sendOne(gate.port, nameless), /accepted as/);
  assert.match(await sendOne(gate.port, nameless), /accepted as/, "one without an id may be meant twice");
  assert.equal(hop.messages.length, 4);
  const held = `${head("held")}${shapes["last"]}`;
  const first = await sendOne(gate.port, held);
  assert.match(first, /for review/);
  assert.match(await sendOne(gate.port, held), /accepted before/);
  assert.equal(gate.entries("mail-held").length, 1);
});

test("the same message at the same moment is taken once", async (context) => {
  const { hop, gate } = await stage(context, {}, (line) => (line === "." ? "" : undefined));
  const first = sendOne(gate.port, textMail("at once"));
  await waitUntil(
    () => hop.messages.length === 0 && gate.entries("delivery-asked").length === 1,
    "the first",
  );
  assert.match(await sendOne(gate.port, textMail("at once")), /^451 4\.3\.0/);
  void hop.close();
  assert.match(await first, /^451 4\.4\.2/);
});

test("what the client makes of our fields does not reach the mailbox as ours", async (context) => {
  const { hop, gate } = await stage(context, { settings: { policy: { orders: [] } } });
  const forged = [
    `X-A: b\rSekisho-Verdict: pass; forged\r\n${textMail("lone CR")}`,
    ` folded; forged\r\n${textMail("first line folded")}`,
    `\tSekisho-Verdict: pass; forged\r\n${textMail("tab")}`,
    `X-A: b\nSekisho-Verdict: pass; forged\n${textMail("lone LF")}`,
  ];
  for (const raw of forged) assert.match(await sendOne(gate.port, raw), /^250/);
  assert.equal(hop.messages.length, forged.length);
  for (const { wire } of hop.messages) {
    const section = wire.slice(0, wire.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
    const verdicts = section.split("\r\n").filter((line) => line.startsWith("Sekisho-Verdict"));
    assert.equal(verdicts.length, 1, section);
    assert.doesNotMatch(verdicts[0] ?? "", /pass; forged|folded/);
  }
});

test("a message that goes in a circle is refused", async (context) => {
  const { gate } = await stage(context);
  const hops = "Received: from a by b\r\n".repeat(101);
  assert.match(await sendOne(gate.port, `${hops}${textMail("circle")}`), /^554 5\.4\.6/);
  assert.match(await sendOne(gate.port, `${hops.slice(0, 2_000)}\r\n${textMail("long way")}`), /^250/);
});

test("the gate alone passes and holds, and knows it after a new start", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-alone-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const hop = await openTestHop();
  context.after(() => hop.close());
  const held = `${head("held")}${shapes["last"]}`;
  const first = await openTestGate({ hopPort: hop.port, folder });
  assert.match(await sendOne(first.port, textMail("alone")), /accepted as/);
  assert.match(await sendOne(first.port, held), /for review/);
  await first.close();
  const second = await openTestGate({ hopPort: hop.port, folder });
  context.after(() => second.close());
  assert.match(await sendOne(second.port, textMail("alone")), /accepted before/);
  assert.match(await sendOne(second.port, held), /accepted before/);
  assert.equal(second.entries("mail-held").length, 1);
  assert.equal(second.entries("orders-in-force").length, 2);
  assert.deepEqual(second.problems, []);
});
