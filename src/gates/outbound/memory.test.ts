import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { OutboundMemory } from "./memory.ts";
import { SilenceWatch } from "./silence.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-memory-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const day = 24 * 3_600_000;
const hour = 3_600_000;

test("reportOnce() reports once a day, over restarts, and again where the clock was set back", () => {
  const path = join(folder, "reported.sqlite");
  let memory = new OutboundMemory(path);
  assert.equal(memory.reportOnce("beacon", 10 * day), true);
  assert.equal(memory.reportOnce("beacon", 10 * day + hour), false);
  memory.close();
  memory = new OutboundMemory(path);
  assert.equal(memory.reportOnce("beacon", 10 * day + 2 * hour), false);
  assert.equal(memory.reportOnce("beacon", 11 * day), true);
  // The clock ran a month ahead for a while: what was reported then hides nothing for a month.
  assert.equal(memory.reportOnce("strobe", 40 * day), true);
  assert.equal(memory.reportOnce("strobe", 11 * day), true);
  assert.equal(memory.reportOnce("strobe", 11 * day + hour), false);
  memory.close();
});

test("SilenceWatch hears silence after the clock was set back", () => {
  const watch = new SilenceWatch({ silenceMinutes: 10, sources: new Map([["zeek", 40 * day]]) });
  assert.deepEqual(watch.check(11 * day), []);
  assert.equal(watch.check(11 * day + hour).length, 1);
  watch.hear("zeek", 11 * day + hour);
  assert.deepEqual(watch.check(11 * day + hour + 1), []);
});
