import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeJapanese } from "../fixtures/encodeJapanese.ts";
import { hostileMails } from "../fixtures/hostileMails.ts";
import { mail2016 } from "../fixtures/mail2016.ts";
import { readHeaderBlock } from "./headerBlock.ts";
import { bodyOf, walkMessage, type Part } from "./walkMessage.ts";

function partOf(fields: string | Buffer, body = ""): Part {
  const head = Buffer.isBuffer(fields) ? fields : Buffer.from(fields, "latin1");
  return walkMessage(Buffer.concat([head, Buffer.from(`\r\n\r\n${body}`, "latin1")])).root;
}

const disposition = (value: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from("Content-Disposition: attachment; filename="), Buffer.from(value)]);
const quoted = (text: string, charset: "shift_jis" | "euc-jp" | "iso-2022-jp" | "utf-8"): Buffer =>
  Buffer.concat([Buffer.from('"'), encodeJapanese(text, charset), Buffer.from('"')]);
const base64 = (text: string, charset: "shift_jis" | "euc-jp" | "iso-2022-jp"): string =>
  encodeJapanese(text, charset).toString("base64");

const nameRows: [written: string, fields: Buffer, name: string][] = [
  ["raw Shift_JIS", disposition(quoted("請求書.pdf", "shift_jis")), "請求書.pdf"],
  [
    "raw Shift_JIS whose second byte is a backslash",
    disposition(quoted("表示ソ能.pdf", "shift_jis")),
    "表示ソ能.pdf",
  ],
  ["raw EUC-JP", disposition(quoted("請求書一覧.pdf", "euc-jp")), "請求書一覧.pdf"],
  ["raw ISO-2022-JP", disposition(quoted("請求書.pdf", "iso-2022-jp")), "請求書.pdf"],
  ["raw UTF-8", disposition(quoted("請求書.pdf", "utf-8")), "請求書.pdf"],
  [
    "an encoded word",
    disposition(`"=?ISO-2022-JP?B?${base64("請求書.pdf", "iso-2022-jp")}?="`),
    "請求書.pdf",
  ],
  ["cp932 letters", disposition(`"=?Shift_JIS?B?${base64("①㈱髙.pdf", "shift_jis")}?="`), "①㈱髙.pdf"],
  ["a false label", disposition(`"=?ISO-8859-1?B?${base64("請求書.pdf", "shift_jis")}?="`), "請求書.pdf"],
  [
    "a label that nobody knows",
    disposition(`"=?x-none?B?${base64("請求書.pdf", "shift_jis")}?="`),
    "請求書.pdf",
  ],
  [
    "two words cut in a character",
    disposition('"=?UTF-8?B?6KuL5rGC5pu4LnA=?=\r\n =?UTF-8?B?ZGY=?="'),
    "請求書.pdf",
  ],
  ["a word cut in a character", disposition('"=?UTF-8?B?6KuL5g==?= =?UTF-8?B?sYLmm7g=?=.pdf"'), "請求書.pdf"],
  ["RFC 2231", Buffer.from("Content-Disposition: a; filename*=UTF-8''%E8%AB%8B.pdf"), "請.pdf"],
  [
    "RFC 2231 in pieces",
    Buffer.from("Content-Disposition: a; filename*1*=%8B.pdf; filename*0*=UTF-8''%E8%AB"),
    "請.pdf",
  ],
  [
    "RFC 2231 falsely labelled",
    Buffer.from("Content-Disposition: a; filename*=us-ascii''%E8%AB%8B.pdf"),
    "請.pdf",
  ],
  ["percent signs without RFC 2231", disposition('"%E8%AB%8B%E6%B1%82.pdf"'), "請求.pdf"],
  ["name of Content-Type", Buffer.from('Content-Type: application/pdf; name="a.pdf"'), "a.pdf"],
  ["a second filename", disposition('"a.pdf"; filename="b.exe"'), "b.exe"],
  ["no quotes", disposition("a b.pdf ; size=3"), "a b.pdf"],
];
for (const [written, fields, name] of nameRows) {
  test(`walkMessage() finds the name that is written as ${written}`, () => {
    assert.ok(
      partOf(fields).names.some((candidate) => candidate.value === name),
      JSON.stringify(partOf(fields).names),
    );
  });
}

const defectRows: [code: string, raw: string][] = [
  ["header-line-without-colon", "no field here\r\nSubject: a\r\n\r\n"],
  ["header-8bit", "Subject: \xe3\x81\x82\r\n\r\n"],
  ["header-nul", "Subject: a\0b\r\n\r\n"],
  ["header-starts-folded", " a\r\nSubject: b\r\n\r\n"],
  ["header-too-long", `Subject: a\r\n${"X: y\r\n".repeat(100_000)}\r\n`],
  ["header-too-many-fields", `${"X: y\r\n".repeat(3000)}\r\n`],
  ["header-field-too-long", `X: ${"y".repeat(200_000)}\r\n\r\n`],
  ["field-twice", "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n"],
  ["type-malformed", "Content-Type: what\r\n\r\n"],
  ["boundary-missing", "Content-Type: multipart/mixed\r\n\r\n"],
  ["boundary-twice", "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a--\r\n"],
  ["boundary-never-seen", "Content-Type: multipart/mixed; boundary=a\r\n\r\ntext"],
  ["boundary-not-closed", "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\ntext"],
  ["boundary-loose", "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\ntext\r\n--a--more\r\n"],
  ["too-deep", nested(40)],
  [
    "too-many-parts",
    `Content-Type: multipart/mixed; boundary=a\r\n\r\n${"--a\r\n\r\nx\r\n".repeat(3000)}--a--`,
  ],
];
for (const [code, raw] of defectRows) {
  test(`walkMessage() tells ${code}`, () => {
    const { defects } = walkMessage(Buffer.from(raw, "latin1"));
    assert.ok(
      defects.some((defect) => defect.code === code),
      JSON.stringify(defects.slice(0, 5)),
    );
  });
}

function nested(depth: number): string {
  let inner = "Content-Type: text/plain\r\n\r\ntext";
  for (let level = 0; level < depth; level += 1) {
    const boundary = `b${level}x`;
    const head = `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n`;
    inner = `${head}--${boundary}\r\n${inner}\r\n--${boundary}--\r\n`;
  }
  return inner;
}

const bodyRows: [encoding: string, body: string, text: string][] = [
  ["base64", "44GC\r\n44GE", "あい"],
  ["base64", "QQ==QkM=", "ABC"],
  ["quoted-printable", "=41=\r\nB=C", "AB=C"],
  ["quoted-printable", "a=20 \r\nb", "a  \r\nb"],
  ["x-uuencode", "begin 644 a\n#0V%T\n`\nend\n", "Cat"],
  ["binary", "a\r\nb", "a\r\nb"],
  ["what", "a", "a"],
];
for (const [encoding, body, text] of bodyRows) {
  test(`bodyOf() decodes ${encoding} ${JSON.stringify(body)}`, () => {
    const raw = Buffer.from(`Content-Transfer-Encoding: ${encoding}\r\n\r\n${body}`, "latin1");
    assert.equal(bodyOf(raw, walkMessage(raw).root, []).toString("utf8"), text);
  });
}

test("walkMessage() gives spans that cut a part out of the raw bytes", () => {
  const { raw } = mail2016({ archive: "zip" });
  const part = walkMessage(raw).root.children[1] as Part;
  assert.match(
    raw.toString("latin1", part.span.start, part.span.end),
    /^Content-Type: application\/octet-stream/,
  );
  assert.equal(part.path, "2");
});

test("readHeaderBlock() is linear in lines that end in a lone CR", () => {
  const raw = Buffer.from(`${"X: y\r".repeat(60_000)}${"z".repeat(8_000_000)}`, "latin1");
  const started = performance.now();
  readHeaderBlock(raw, 0, raw.length, "header");
  assert.ok(performance.now() - started < 1500);
});

test("walkMessage() reads every prefix of every specimen", () => {
  for (const { raw } of hostileMails().filter((mail) => mail.raw.length < 5000)) {
    for (let length = 0; length <= raw.length; length += 7) walkMessage(raw.subarray(0, length));
  }
});

test("walkMessage() reads any bytes, and the parts lie inside the message", () => {
  const piece = fc.constantFrom(
    "Content-Type: multipart/mixed; boundary=a\r\n",
    "Content-Type: message/rfc822\n",
    "--a\r\n",
    "--a--",
    "\r\n\r\n",
    "\n",
    "\r",
    "\0",
    "name*0*=x'y'%",
    "=?utf-8?q?=",
    '"',
    ";",
    ":",
    " ",
    "From ",
    "Content-Disposition: a; filename=",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 8 })), { maxLength: 60 }), (pieces) => {
      const raw = Buffer.from(pieces.join(""), "latin1");
      const check = (part: Part): void => {
        assert.ok(
          part.span.start <= part.body.start &&
            part.body.start <= part.body.end &&
            part.body.end <= raw.length,
        );
        part.children.forEach(check);
      };
      check(walkMessage(raw).root);
    }),
    { seed: 2016, numRuns: 2000 },
  );
});
