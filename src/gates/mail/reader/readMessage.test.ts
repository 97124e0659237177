import assert from "node:assert/strict";
import { test } from "node:test";
import { composeMail } from "../fixtures/composeMail.ts";
import { writeZip } from "../fixtures/writeArchive.ts";
import type { Transport } from "../seen.ts";
import { findLinks, textOfPage } from "./displayText.ts";
import { readMessage } from "./readMessage.ts";

const transport: Transport = {
  clientAddress: null,
  clientName: null,
  helo: null,
  mailFrom: "",
  rcptTo: [],
  direction: "inbound",
};
const page = "From: a@x.example\r\nSubject: s\r\nContent-Type: text/html\r\n\r\n";
const mixed = "From: a@x.example\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n";
const files = Array.from({ length: 5000 }, (_, at) => ({
  name: Buffer.from(`${at}.txt`),
  bytes: Buffer.from("x"),
}));
const relations = { name: Buffer.from("_rels/.rels"), bytes: Buffer.from("<Relationship ".repeat(200_000)) };
const types = { name: Buffer.from("[Content_Types].xml"), bytes: Buffer.from("x") };

/** Each of them once took seconds, or the heap. */
const rows: [name: string, raw: Buffer][] = [
  ["links that are never closed", Buffer.from(page + "<a href=".repeat(400_000))],
  ["tags that are never closed", Buffer.from(page + "<".repeat(3_000_000))],
  ["scripts that are never closed", Buffer.from(page + "<script>".repeat(400_000))],
  [
    "beginnings of uuencoded files",
    Buffer.from(`From: a@x.example\r\n\r\n${"begin 644 a\n#0V%T\n".repeat(200_000)}`),
  ],
  ["empty parts", Buffer.from(mixed + "--a\r\n".repeat(600_000))],
  ["lines that look like a boundary", Buffer.from(mixed + "--ab\r\n".repeat(600_000))],
  ["lone carriage returns", Buffer.from(`From: a@x.example\r\n\r\n${"\r".repeat(10_000_000)}`)],
  ["thousands of files in an archive", attached("a.zip", writeZip(files))],
  ["relations that are never closed", attached("a.docx", writeZip([types, relations]))],
  ["object streams without a stream", attached("a.pdf", Buffer.from(`%PDF-1.4${"/ObjStm".repeat(500_000)}`))],
];
for (const [name, raw] of rows) {
  test(`readMessage() reads ${name} in time`, async () => {
    const started = process.cpuUsage();
    await readMessage(raw, transport, null);
    assert.ok(process.cpuUsage(started).user < 3_000_000);
  });
}

function attached(name: string, bytes: Buffer): Buffer {
  return composeMail({
    from: "a@x.example",
    to: "b@y.example",
    subject: "s",
    text: "",
    attachments: [{ name, bytes }],
  });
}

test("readMessage() gives a text where the second reading is left out", async () => {
  const raw = Buffer.from(`From: a@x.example\r\n\r\nhello\n${"a\n".repeat(300_000)}`);
  const reading = await readMessage(raw, transport, null);
  assert.match(reading.text, /^hello\n/);
  assert.ok(reading.defects.some((defect) => defect.code === "readings-display"));
});

const textRows: [html: string, text: string][] = [
  ["<p>a</p><p>b</p>", "a\n b"],
  ["a<br>b", "a\nb"],
  ["<style>x</style>a<script>alert(1)</script>b<!-- c -->d", "abd"],
  ["&lt;b&gt; &amp; &#x3042;&#12356;&nbsp;", "<b> & あい"],
  ["a < b", "a < b"],
];
for (const [html, text] of textRows) {
  test(`textOfPage() makes ${JSON.stringify(text)} of ${html}`, () => assert.equal(textOfPage(html), text));
}

test("findLinks() gives what is shown and where it leads", () => {
  const html = '<a class=x href="https://evil.invalid/?a=1&amp;b=2"><b>https://bank.example</b></a>';
  assert.deepEqual(findLinks(html, "see https://x.example/a。"), [
    { shown: "https://bank.example", target: "https://evil.invalid/?a=1&b=2" },
    { shown: "https://x.example/a", target: "https://x.example/a" },
  ]);
});
