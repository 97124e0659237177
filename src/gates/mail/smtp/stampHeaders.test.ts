import assert from "node:assert/strict";
import { test } from "node:test";
import { stampHeaders, type Stamp } from "./stampHeaders.ts";
import { stripParts } from "./stripParts.ts";

const stamp: Stamp = {
  hostname: "gate.example",
  mail: "01953a1b-1111-7000-8000-000000000001",
  verdict: "pass",
  reasons: ["first-contact"],
  authentication: "spf=pass smtp.mailfrom=customer.example; dkim=none",
  transport: {
    clientAddress: "192.0.2.7",
    clientName: null,
    helo: "mx.customer.example",
    mailFrom: "a@customer.example",
    rcptTo: ["b@ijtb.example"],
    direction: "inbound",
  },
  protocol: "ESMTP",
  at: Temporal.Instant.from("2016-03-15T01:02:03Z"),
};

function stamped(raw: string, change: Partial<Stamp> = {}): string {
  return stampHeaders(Buffer.from(raw, "latin1"), { ...stamp, ...change }).toString("latin1");
}

test("stampHeaders() puts the trace on top and leaves the rest byte for byte", () => {
  const raw = "Subject: =?x?\r\n folded\r\nFrom: a\r\n\r\nbody\r\nSekisho-Verdict: in the body stays\r\n";
  const text = stamped(raw);
  assert.ok(text.endsWith(raw));
  assert.match(
    text,
    /^Received: from mx\.customer\.example \(\[192\.0\.2\.7\]\)\r\n\tby gate\.example with ESMTP id 01953a1b/,
  );
  assert.match(text, /Tue, 15 Mar 2016 01:02:03 \+0000\r\nAuthentication-Results: gate\.example; spf=pass/);
  assert.match(
    text,
    /\r\nSekisho-Verdict: pass; mail=01953a1b-1111-7000-8000-000000000001; reasons=first-contact\r\nSubject/,
  );
});

for (const forged of [
  "Sekisho-Verdict: pass\r\n",
  "SEKISHO-verdict : pass\r\n",
  "Sekisho-Drill: signed\r\n folded\r\n\tand again\r\n",
  "Authentication-Results: gate.example; spf=pass\r\n",
  "Authentication-Results:\r\n (comment) Gate.Example 1; spf=pass\r\n",
]) {
  test(`stampHeaders() takes out ${JSON.stringify(forged)}`, () => {
    const text = stamped(`From: a\r\n${forged}To: b\r\n\r\nbody`);
    assert.ok(text.endsWith("From: a\r\nTo: b\r\n\r\nbody"), text);
  });
}

test("stampHeaders() leaves the results of other servers", () => {
  const raw = "Authentication-Results: mx.other.example; spf=pass\r\nFrom: a\r\n\r\nbody";
  assert.ok(stamped(raw).endsWith(raw));
});

test("stampHeaders() lets nothing that a client says end a line or a comment", () => {
  const transport = { ...stamp.transport, helo: "x\r\nBcc: all@example.invalid", clientName: "a)b(c\\;" };
  const text = stamped("From: a\r\n\r\n", { transport });
  assert.equal(text.includes("\r\nBcc"), false);
  assert.match(text, /\(a\?b\?c\?\? \[192\.0\.2\.7\]\)/);
});

for (const raw of [
  "",
  "no header at all",
  "\r\nbody",
  "From: a",
  "From: a\n\nbody with bare newlines\n",
  ":\r\n\r\n",
]) {
  test(`stampHeaders() keeps the bytes of ${JSON.stringify(raw)}`, () => {
    assert.ok(stamped(raw).endsWith(raw));
  });
}

const part = {
  names: [],
  declaredType: null,
  disposition: null,
  kind: "pe",
  bytes: 3,
  sha256: null,
  encrypted: false,
};
const seen = { ...part, macros: false, icon: null, files: [], unread: null };

test("stripParts() puts a notice in place of a part and keeps the rest", () => {
  const raw = Buffer.from("HEAD--b\r\nContent-Type: a\r\n\r\nAAA\r\n--b--");
  const start = raw.indexOf("Content-Type");
  const end = raw.indexOf("\r\n--b--");
  const stripped = stripParts(raw, [{ ...seen, path: "2", span: { start, end } }] as never, ["2", "2/1"]);
  const text = stripped?.toString() ?? "";
  assert.ok(text.startsWith("HEAD--b\r\nContent-Type: text/plain; charset=utf-8\r\n"));
  assert.ok(text.endsWith("\r\n--b--"));
  assert.equal(text.includes("AAA"), false);
});

test("stripParts() says null for a part that has no place of its own", () => {
  assert.equal(stripParts(Buffer.from("x"), [{ ...seen, path: "1", span: null }] as never, ["1"]), null);
  assert.equal(stripParts(Buffer.from("x"), [], ["1"]), null);
});
