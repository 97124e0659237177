import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { breakLines, type Piece } from "./breakLines.ts";

/** Wide characters are 10 wide, others 5. */
const pieces = (text: string): Piece[] =>
  [...text].map((character) => ({ text: character, width: character < "\u2000" ? 5 : 10 }));
const broken = (text: string, width: number): string[] =>
  breakLines(pieces(text), width).map((line) => line.map(({ text: piece }) => piece).join(""));

const rows: [text: string, width: number, lines: string[]][] = [
  ["", 40, [""]],
  ["漏えいの事実", 40, ["漏えいの", "事実"]],
  // 行頭禁則: the comma takes the character before it along.
  ["個人情報、流出", 40, ["個人情", "報、流出"]],
  ["報告した。」と", 40, ["報告し", "た。」と"]],
  ["サーバーとっきょ", 30, ["サー", "バー", "とっ", "きょ"]],
  // 行末禁則: an opening bracket goes with what it opens.
  ["本人の（約793万", 40, ["本人の", "（約793", "万"]],
  ["send it to Tokyo", 35, ["send it", "to", "Tokyo"]],
  ["6,788,334人です", 50, ["6,788,334", "人です"]],
  // A word longer than the line ends where it is full.
  ["0123456789abcdef", 50, ["0123456789", "abcdef"]],
  ["、、、、、", 20, ["、、", "、、", "、"]],
];
for (const [text, width, lines] of rows) {
  test(`breakLines() of "${text}" at ${width} gives ${JSON.stringify(lines)}`, () => {
    assert.deepEqual(broken(text, width), lines);
  });
}

test("breakLines() keeps every character but blanks, and no line is too wide or begins with a comma", () => {
  const letter = fc.constantFrom(..."報告書が「出た」、そして。123 abc-ー（っ");
  fc.assert(
    fc.property(
      fc.array(letter, { maxLength: 200 }).map((letters) => letters.join("")),
      fc.integer({ min: 100, max: 300 }),
      (text, width) => {
        const lines = broken(text, width);
        assert.equal(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
        for (const [at, line] of lines.entries()) {
          assert.ok(pieces(line).reduce((sum, { width: one }) => sum + one, 0) <= width);
          // Only a whole line of such characters leaves no other way.
          const before = lines[at - 1];
          if (before !== undefined && /^[、。」ーっ]/.test(line))
            assert.ok(
              [...before].slice(1).every((character) => /[、。」ーっ]|[（「]/.test(character)),
              line,
            );
        }
      },
    ),
    { seed: 2016, numRuns: 500 },
  );
});
