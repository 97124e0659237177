import assert from "node:assert/strict";
import { test } from "node:test";
import { Progress } from "./progress.ts";

function screen(isTTY: boolean): {
  isTTY: boolean;
  columns: number;
  text: string;
  write(text: string): void;
} {
  return {
    isTTY,
    columns: 120,
    text: "",
    write(text) {
      this.text += text;
    },
  };
}

test("Progress shows done, share, rate and time left on a terminal, and takes the bar away", () => {
  const shown = screen(true);
  let now = 0;
  const progress = new Progress({ phase: "inspect", total: 200, screen: shown, now: () => now });
  now = 1000;
  progress.add(50);
  assert.equal(shown.text, "\r\u001b[2Kinspect █████░░░░░░░░░░░░░░░ 50/200 (25 %), 50/s, 3 s left");
  progress.add(1);
  progress.end();
  assert.ok(shown.text.endsWith("left\r\u001b[2K"));
});

test("Progress writes a line from time to time elsewhere, and nothing for what is soon done", () => {
  const shown = screen(false);
  let now = 0;
  const progress = new Progress({ phase: "read", total: null, screen: shown, now: () => now });
  now = 1900;
  progress.add(5);
  assert.equal(shown.text, "");
  for (now = 2000; now <= 12_000; now += 1000) progress.add(5);
  assert.equal(shown.text, "read: 25, 5.0/s\nread: 50, 5.0/s\n");
  progress.tell({ phase: "judge", total: 100 });
  progress.end();
});
