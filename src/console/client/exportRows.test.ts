import assert from "node:assert/strict";
import { test } from "node:test";
import { printCsv } from "./exportRows.ts";

test("printCsv() quotes what RFC 4180 asks for, and disarms what a spreadsheet would run", () => {
  const rows = [
    { sender: "=HYPERLINK(1)", because: 'a "b", c' },
    { sender: "@cmd", because: "添付\n二行" },
  ];
  const text = '\ufeffsender,because\r\n\'=HYPERLINK(1),"a ""b"", c"\r\n\'@cmd,"添付\n二行"\r\n';
  assert.equal(printCsv(rows), text);
});
