import assert from "node:assert/strict";
import { test } from "node:test";
import type { Said } from "../../../gate.ts";
import { MAIL_REASONS } from "../../../gates/mail/reasons.ts";
import { RECORDS_CODES } from "../../../gates/records/findings.ts";
import { nameOfReading, whyOfReading } from "./readingWords.ts";
import { nameOfReason, whyOfReason } from "./reasonWords.ts";
import { WORDS } from "./words.ts";

const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].toSorted();

test("every word stands in both languages, with the same values in it", () => {
  for (const [code, { en, ja }] of Object.entries<Said>(WORDS)) {
    assert.ok(en !== "" && ja !== "", code);
    assert.deepEqual(placeholders(en), placeholders(ja), code);
  }
});

test("every reason of the records gate has a short name, and says why it matters", () => {
  const nameless = RECORDS_CODES.filter(
    (code) => nameOfReading(code).ja === code || whyOfReading(code) === null,
  );
  assert.deepEqual(nameless, []);
});

test("every reason of the mail gate has a short name, and says why it matters", () => {
  const nameless = MAIL_REASONS.filter(
    (code) => nameOfReason(code).ja === code || whyOfReason(code) === null,
  );
  assert.deepEqual(nameless, []);
});
