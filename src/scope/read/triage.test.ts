import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Kernel, lineFlag, lineMode } from "./kernel.ts";
import { encode } from "./testText.ts";

function linesOf(bytes: Buffer, mode: number): { text: string; flags: number }[] {
  const kernel = Kernel.take();
  try {
    bytes.copy(kernel.bytes, kernel.window);
    const count = kernel.lines(kernel.window, kernel.window + bytes.length, mode | lineMode.final);
    return Array.from({ length: count }, (_, line) => {
      const [start, end] = [kernel.index[line * 4] as number, kernel.index[line * 4 + 1] as number];
      return {
        text: kernel.bytes.toString("latin1", start, end),
        flags: kernel.index[line * 4 + 2] as number,
      };
    });
  } finally {
    kernel.release();
  }
}

test("lines() parts any bytes at CR, LF and CRLF, and knows well-formed UTF-8", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 90 }).map((some) => Buffer.from(some)),
    fc
      .array(fc.constantFrom("\r", "\n", "\r\n", "é", "漢", "😀", "abcdefghijklmno", "\u0000"), {
        maxLength: 40,
      })
      .map((some) => Buffer.from(some.join(""))),
  );
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  fc.assert(
    fc.property(bytes, (some) => {
      const found = linesOf(some, 0);
      const expected = some.toString("latin1").split(/\r\n|\r|\n/);
      if (expected.at(-1) === "") expected.pop();
      assert.deepEqual(
        found.map(({ text }) => text),
        expected,
      );
      for (const { text, flags } of found) {
        const raw = Buffer.from(text, "latin1");
        if (!raw.some((byte) => byte >= 0x80)) assert.equal(flags & lineFlag.notAscii, 0);
        else assert.equal((flags & lineFlag.utf8) !== 0, isUtf8(decoder, raw), raw.toString("hex"));
      }
    }),
    { seed: 2016, numRuns: 2_000 },
  );
});

function isUtf8(decoder: TextDecoder, bytes: Buffer): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

test("decodeCp932() and decodeEuc() give what the Encoding Standard's decoders give", () => {
  const kernel = Kernel.take();
  const letters = fc.array(fc.constantFrom(..."山田髙﨑①㈱ﾔﾏﾀﾞ漢字abc,ー〜～−‖凜熙纊"), { maxLength: 60 });
  fc.assert(
    fc.property(letters, fc.constantFrom("cp932" as const, "euc-jp" as const), (some, encoding) => {
      const bytes = encode(some.join(""), encoding);
      bytes.copy(kernel.bytes, kernel.window);
      const to = kernel.window + bytes.length;
      const end =
        encoding === "cp932" ? kernel.decodeCp932(kernel.window, to) : kernel.decodeEuc(kernel.window, to);
      const expected = new TextDecoder(encoding === "cp932" ? "shift_jis" : "euc-jp").decode(bytes);
      assert.equal(kernel.bytes.toString("utf8", kernel.out, end), expected);
    }),
    { seed: 2016, numRuns: 1_000 },
  );
  kernel.release();
});
