import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { startsOfTexts, TextCodes } from "./textCodes.ts";

const encoder = new TextEncoder();

test("TextCodes numbers equal texts alike, and gives them back", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 6 }), { maxLength: 2_000 }), (texts) => {
      const codes = new TextCodes();
      const numbers = texts.map((text) => {
        const bytes = encoder.encode(`<${text}>`);
        return codes.code(bytes, 1, bytes.length - 1);
      });
      const { plain } = codes.texts;
      const starts = startsOfTexts(plain, codes.count);
      const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
      const textOf = (code: number): string =>
        decoder.decode(plain.subarray(starts[code] as number, (starts[code + 1] as number) - 4));
      assert.equal(textOf(0), "");
      assert.deepEqual(
        numbers.map(textOf),
        texts.map((text) => decoder.decode(encoder.encode(text))),
      );
      assert.equal(
        codes.count,
        new Set([...texts.map((text) => decoder.decode(encoder.encode(text))), ""]).size,
      );
    }),
    { seed: 2016 },
  );
});
