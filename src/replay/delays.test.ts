import assert from "node:assert/strict";
import { test } from "node:test";
import { delaysOf, printDelays, timesFaster } from "./delays.ts";

const result = (act: string, figures: Record<string, number | string>) => ({
  act,
  ok: true,
  seconds: 1,
  figures,
  problems: [],
});

test("delaysOf() counts the days of 2016 and takes the seconds of the run", () => {
  const delays = delaysOf([result("mail", { secondsToHold: 0.1 }), result("scope", { scopeSeconds: 7 })]);
  const of = (code: string) => delays.find((delay) => delay.code === code);
  assert.deepEqual([of("mail")?.days, of("mail")?.seconds], [4, 0.1]);
  assert.deepEqual([of("persons-list")?.days, of("persons-list")?.seconds], [34, 7]);
  assert.deepEqual([of("public")?.days, of("public")?.seconds], [91, null]);
  assert.equal(of("cut-off")?.days, 10);
});

test("what was not measured is no number: never, or not played", () => {
  const delays = delaysOf([result("aftermath", { directorsToldSeconds: "never" })]);
  const directors = delays.find(({ code }) => code === "directors");
  assert.equal(directors?.seconds, null);
  assert.equal(directors === undefined ? 0 : timesFaster(directors), null);
  assert.match(printDelays(delays), /The directors are told +03-19 to 05-16 +58 days +not played/);
});
