import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { writeCanaryTokens } from "../../gateCanaries.ts";
import { Keyring } from "../../ledger/keyring.ts";
import { realDisk } from "../../lib/disk.ts";
import { openTestGate, sendOne, textMail } from "./testGate.ts";
import { openTestHop } from "./testHop.ts";

test("a mail to a canary or about one is held; one that goes out is told of", async (context) => {
  const hop = await openTestHop();
  const gate = await openTestGate({ hopPort: hop.port, outbound: {} });
  context.after(async () => {
    await gate.close();
    await hop.close();
  });
  const keyring = await Keyring.open(realDisk, join(gate.folder, "keys"));
  const canary = { email: "kato55@ijtb.example", phone: "090-0123-4567", passport: null };
  await writeCanaryTokens(gate.folder, keyring, [canary]);
  const reasons = (): string[] =>
    (gate.entries("mail-judged").at(-1)?.data["reasons"] as { code: string }[]).map(({ code }) => code);
  await sendOne(gate.port, textMail("plain"));
  assert.equal(hop.messages.length, 1);
  assert.equal(
    reasons().some((code) => code.startsWith("canary")),
    false,
  );
  await sendOne(gate.port, textMail("to her"), { to: [canary.email] });
  assert.ok(reasons().includes("canary-addressed"));
  await sendOne(gate.port, `${textMail("of her")}call 09001234567\r\n`);
  assert.ok(reasons().includes("canary-in-mail"));
  assert.equal(gate.entries("mail-held").length, 2);
  assert.equal(hop.messages.length, 1, "neither was delivered");
  const out = { from: "inquiry@ijtb.example", to: ["x@elsewhere.example"] };
  await sendOne(gate.outboundPort, `${textMail("out")}${canary.email}\r\n`, out);
  assert.ok(reasons().includes("canary-in-mail"));
  assert.equal(hop.messages.length, 2);
});
