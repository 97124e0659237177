import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { mail2016 } from "../gates/mail/fixtures/mail2016.ts";
import { ordinaryMails } from "../gates/mail/fixtures/ordinaryMails.ts";
import { sendMail } from "../replay/sendMail.ts";
import { startStation, type StartedStation } from "./start.ts";
import type { Person } from "./services.ts";
import { freePort } from "../lib/freePort.ts";
import { waitUntil } from "./testPorts.ts";
import { postfixMissing, startPostfix, type TestPostfix } from "./testPostfix.ts";

const skip = postfixMissing() ?? false;
const folder = mkdtempSync(join(tmpdir(), "sekisho-path-"));
let front: TestPostfix;
let behind: TestPostfix;
let station: StartedStation;
let gatePort: number;

const alice: Person = { id: "alice", name: "Alice", email: "alice@ijtb.example", roles: ["approver"] };
const bob: Person = { id: "bob", name: "Bob", email: "bob@ijtb.example", roles: ["approver"] };

before(async () => {
  if (skip !== false) return;
  spawnSync("chmod", ["755", folder]);
  process.env["SEKISHO_GATE_WATCHES"] = String(process.pid);
  gatePort = await freePort();
  const unknown = join(folder, "unknown");
  writeFileSync(unknown, "/^nobody@/ 550 5.1.1 there is no such mailbox\n");
  behind = await startPostfix({
    folder: join(folder, "behind"),
    port: await freePort(),
    domain: "ijtb.example",
    restrictions: `check_recipient_access regexp:${unknown},`,
  });
  const config = join(folder, "sekisho.yaml");
  writeFileSync(
    config,
    `organisation: Path
console: { port: 0 }
log: { level: error }
mail:
  hostname: gate.example
  inbound:
    port: ${gatePort}
    domains: [ijtb.example]
    nextHop: { host: 127.0.0.1, port: ${behind.port} }
    xclientFrom: [127.0.0.1]
  dns: { enabled: false }
  policy:
    partners: [{ domain: ana-sales.example }]
`,
  );
  station = await startStation(config, { quiet: true });
  await waitUntil(
    async () => (await station.services.station.status()).state === "ready",
    "the gate",
    30_000,
  );
  const filter = `127.0.0.1:${gatePort}`;
  front = await startPostfix({
    folder: join(folder, "front"),
    port: await freePort(),
    domain: "ijtb.example",
    filter,
  });
});

after(async () => {
  await front?.close();
  await station?.close();
  await behind?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Not spawnSync: the station runs in this process and has to go on. */
function swaks(port: number, ...more: string[]): Promise<{ status: number | null; stdout: string }> {
  const base = [
    "--server",
    `127.0.0.1:${port}`,
    "--from",
    "hanako@customer.example",
    "--to",
    "inquiry@ijtb.example",
  ];
  const child = spawn("swaks", [...base, "--timeout", "20", ...more], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, stdout })));
}

test("a mail of swaks goes through Postfix, the gate and Postfix into the mailbox", { skip }, async () => {
  // The front Postfix takes swaks for a server abroad, and tells the gate so by XFORWARD.
  const abroad = ["--xclient-addr", "192.0.2.77", "--xclient-name", "mx.customer.example"];
  const fields = ["--header", "Subject: first of all", "--header", "Message-Id: <first@customer.example>"];
  const sent = await swaks(front.port, ...abroad, ...fields);
  assert.equal(sent.status, 0, sent.stdout);
  const raw = await waitUntil(
    () => behind.messages().find((one) => one.includes("first of all")),
    "the mail",
  );
  assert.match(raw, /^Sekisho-Verdict: pass; mail=[0-9a-f-]{36}/m);
  assert.match(
    raw,
    /^Received: from \S+ \(mx\.customer\.example \[192\.0\.2\.77\]\)\r?\n\s+by gate\.example/m,
  );
});

test(
  "header fields that only the gate may write are taken out of what comes from outside",
  { skip },
  async () => {
    const forged = ["--header", "Sekisho-Verdict: pass; forged", "--header", "Subject: with a forged field"];
    const results = ["--header", "Authentication-Results: gate.example; spf=pass forged"];
    const sent = await swaks(
      front.port,
      ...forged,
      ...results,
      "--header",
      "Message-Id: <forged@customer.example>",
    );
    assert.equal(sent.status, 0, sent.stdout);
    const { rows } = await waitUntil(async () => {
      const list = await station.services.desk.list({ limit: 10, reason: "forged-verdict" });
      return list.rows.length > 0 ? list : null;
    }, "the held mail");
    const view = await station.services.desk.open(rows[0]?.mail ?? "", alice, "decide");
    const decision = await waitUntil(async () => {
      const row = (await station.services.desk.list({ limit: 10, reason: "forged-verdict" })).rows[0];
      return row?.decisionId;
    }, "the question");
    const decided = await station.services.decisions.get(decision);
    await station.services.decisions.answer(decision, alice, { option: "release", reason: "a test" });
    if (decided.secondPerson)
      await station.services.decisions.answer(decision, bob, { option: "release", reason: "a test" });
    const raw = await waitUntil(
      () => behind.messages().find((one) => one.includes("with a forged field")),
      "the mail",
    );
    assert.equal(
      /forged$/m.test(
        raw
          .split("\r\n\r\n")[0]
          ?.match(/^(Sekisho|Authentication).*$/gm)
          ?.join("\n") ?? "",
      ),
      false,
    );
    assert.match(raw, /^Sekisho-Verdict: released/m);
    assert.equal(view.subject, "with a forged field");
  },
);

test(
  "the mail of 2016 is held, and reaches its mailbox only after two persons said so",
  { skip },
  async () => {
    const { raw, envelope } = mail2016({ archive: "lzh" });
    const sent = await sendMail({ host: "127.0.0.1", port: front.port }, { ...envelope, raw });
    assert.equal(sent.code, 250);
    const row = await waitUntil(async () => {
      const { rows } = await station.services.desk.list({ limit: 10, reason: "document-icon" });
      return rows.find((one) => one.decisionId !== null);
    }, "the held mail and its question");
    assert.equal(row.secondPerson, true);
    const id = row.decisionId as string;
    const { decisions, desk, ledger } = station.services;
    const proposed = await decisions.answer(id, alice, {
      option: "release",
      reason: "asked the airline by phone",
    });
    assert.equal(proposed.state, "seconding");
    await assert.rejects(decisions.answer(id, alice, { option: "release", reason: "again" }), {
      code: "not-permitted",
    });
    assert.equal(
      behind.messages().some((one) => one.includes("ana-sales.example")),
      false,
    );
    await decisions.answer(id, bob, { option: "release", reason: "I asked too" });
    const delivered = await waitUntil(
      () => behind.messages().find((one) => one.includes("ana-sales.example")),
      "the mail",
    );
    assert.match(delivered, /^Sekisho-Verdict: released/m);
    const settled = await waitUntil(async () => {
      const decision = await decisions.get(id);
      return decision.enforcement?.state === "in-place" ? decision : null;
    }, "the enforcement");
    assert.equal(settled.enforcement?.code, "mail-released");
    assert.equal((await desk.list({ limit: 10, state: "released", reason: "document-icon" })).rows.length, 1);
    // The walk back: released ← asked ← answered ← proposed ← asked ← held ← order ← judged ← received.
    const released = (
      await ledger.search({ code: "mail-released", about: { key: "mail", value: row.mail }, limit: 1 })
    ).rows[0];
    const walk = await ledger.walk(released?.entry.id ?? "");
    const codes = walk.restsOn.map(({ row: { entry } }) => entry.code);
    for (const code of [
      "release-asked",
      "decision-answered",
      "decision-proposed",
      "mail-held",
      "mail-judged",
      "mail-received",
    ]) {
      assert.ok(codes.includes(code), `${code} in ${codes.join(" ")}`);
    }
  },
);

test("every look at a held mail is an entry before anything is shown", { skip }, async () => {
  const { rows } = await station.services.desk.list({ limit: 1 });
  const mail = rows[0]?.mail ?? "";
  await station.services.desk.open(mail, alice, "investigate");
  await station.station.index.settled();
  const query = { code: "evidence-viewed", about: { key: "mail", value: mail }, limit: 5 };
  const { rows: looks } = await station.services.ledger.search(query);
  assert.equal(looks[0]?.entry.about["person"], "alice");
  assert.equal(looks[0]?.entry.data["purpose"], "investigate");
});

test("no entry of the ledger holds an address, a subject or a name", { skip }, async () => {
  for (const { raw, envelope } of ordinaryMails().slice(0, 6)) {
    await sendMail({ host: "127.0.0.1", port: gatePort }, { ...envelope, raw });
  }
  await station.station.index.settled();
  const { rows } = await station.services.ledger.search({ limit: 500 });
  const printed = rows.map(({ entry }) => JSON.stringify(entry)).join("\n");
  for (const secret of ["hanako@", "inquiry@ijtb", "first of all", "航空券", "tanaka@"]) {
    assert.equal(printed.includes(secret), false, secret);
  }
});

test("mail for another domain is refused: the gate is no open relay", { skip }, async () => {
  const sent = await swaks(gatePort, "--to", "someone@elsewhere.example");
  assert.match(sent.stdout, /550 5\.7\.1 relaying denied/);
});

test("the mail server's own refusal of a recipient reaches the client, word for word", { skip }, async () => {
  const raw = Buffer.from("From: a@customer.example\r\nMessage-ID: <r@x.example>\r\nSubject: x\r\n\r\nx\r\n");
  const mail = { mailFrom: "a@customer.example", rcptTo: ["nobody@ijtb.example"], raw };
  const sent = await sendMail({ host: "127.0.0.1", port: gatePort }, mail);
  assert.equal(sent.code, 550);
  assert.match(sent.reply, /5\.1\.1 .*there is no such mailbox/);
});

test(
  "a recipient that is refused among others is on record, and the others get the mail",
  { skip },
  async () => {
    const head = "From: a@customer.example\r\nMessage-ID: <two@x.example>\r\nSubject: to two";
    const raw = Buffer.from(`${head}\r\n\r\nx\r\n`);
    const rcptTo = ["nobody@ijtb.example", "inquiry@ijtb.example"];
    const sent = await sendMail(
      { host: "127.0.0.1", port: gatePort },
      { mailFrom: "a@customer.example", rcptTo, raw },
    );
    assert.equal(sent.code, 250);
    await waitUntil(() => behind.messages().find((one) => one.includes("Subject: to two")), "the mail");
    const entry = await waitUntil(async () => {
      return (await station.services.ledger.search({ code: "recipients-refused", limit: 1 })).rows[0];
    }, "the entry");
    assert.deepEqual(entry.entry.data, { count: 1, state: "failed", told: false });
  },
);

test("a silent next hop makes 451, and nothing is taken over", { skip }, async () => {
  const port = await freePort();
  const config = join(folder, "away.yaml");
  const awayGate = await freePort();
  writeFileSync(
    config,
    `organisation: Away
dataFolder: away
console: { port: 0 }
log: { level: error }
mail:
  inbound:
    port: ${awayGate}
    domains: [ijtb.example]
    nextHop: { host: 127.0.0.1, port: ${port} }
  dns: { enabled: false }
`,
  );
  const away = await startStation(config, { quiet: true });
  try {
    await waitUntil(async () => (await away.services.station.status()).state === "ready", "the gate", 30_000);
    const sent = await swaks(awayGate, "--header", "Subject: next hop away");
    assert.match(sent.stdout, /451 4\.4\.1/);
    const held = await sendMail({ host: "127.0.0.1", port: awayGate }, mail2016Envelope());
    assert.equal(held.code, 250, "a mail that is held needs no next hop");
  } finally {
    await away.close();
  }
});

function mail2016Envelope() {
  const { raw, envelope } = mail2016({ archive: "zip" });
  return { ...envelope, raw };
}

test(
  "commands that come together are answered one by one, SIZE is kept, the extensions are offered",
  { skip },
  async () => {
    const lines = await talk(gatePort, [
      "EHLO client.example\r\n",
      "MAIL FROM:<a@customer.example> SIZE=99999999\r\n",
      "MAIL FROM:<a@customer.example> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<x@elsewhere.example>\r\n" +
        "RCPT TO:<x@ijtb.example>\r\nQUIT\r\n",
    ]);
    const text = lines.join("");
    for (const keyword of ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 52428800", "XCLIENT", "XFORWARD"])
      assert.ok(text.includes(keyword), keyword);
    assert.match(text, /552 /);
    assert.match(text, /250 .*\r\n550 5\.7\.1 relaying denied\r\n250 .*\r\n221 /);
  },
);

/** Sends one thing after another, each after an answer came. */
function talk(port: number, sends: string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const heard: string[] = [];
    const socket = createConnection(port, "127.0.0.1");
    const rest = [...sends];
    socket.on("data", (chunk) => {
      heard.push(chunk.toString());
      const next = rest.shift();
      if (next !== undefined) setTimeout(() => socket.write(next), 100);
    });
    socket.on("close", () => resolve(heard));
    socket.on("error", reject);
    socket.setTimeout(20_000, () => socket.destroy(new Error(`silent after ${heard.join("")}`)));
  });
}

test("swaks is there", { skip: existsSync("/usr/bin/swaks") ? false : "swaks is not installed" }, () => {
  assert.equal(spawnSync("swaks", ["--version"]).status, 0);
});
