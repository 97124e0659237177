import assert from "node:assert/strict";
import { test } from "node:test";
import { FINDING_CODES } from "../gates/outbound/findings.ts";
import { ROLES_OF_HOSTS } from "../gates/outbound/settings.ts";
import { CUT_ACTS, CUT_STATES } from "../station/services.ts";
import { FINDING_NAMES, nameOfFinding, whyOfFinding } from "./client/words/findingWords.ts";
import { WORDS } from "./client/words/words.ts";

test("every finding of the outbound gate has a short name, and says why it matters", () => {
  const nameless = FINDING_CODES.filter(
    (code) => nameOfFinding(code).ja === code || whyOfFinding(code) === null,
  );
  assert.deepEqual(nameless, []);
  assert.deepEqual(new Set(FINDING_NAMES), new Set(FINDING_CODES));
});

test("every role, act, state and entry of the outbound gate has words", () => {
  const entries = [
    ...["traffic-found", "outbound-judged", "order-applied", "deciders-asked", "record-file"],
    ...["record-pruned", "cut-ordered", "cut-in-place", "cut-dry", "cut-failed", "cut-renewed"],
    ...["cut-proved", "cut-ended"],
  ];
  const needed = [
    ...ROLES_OF_HOSTS.map((role) => `host-role.${role}`),
    ...CUT_ACTS.flatMap((act) => [`cut.act.${act}`, `cut.does.${act}`, `finding.act.${act}`]),
    ...CUT_STATES.map((state) => `cut.mark.${state}`),
    ...entries.map((code) => `entry.${code}`),
  ];
  assert.deepEqual(
    needed.filter((code) => !(code in WORDS)),
    [],
  );
});
