import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { waitUntil } from "../../station/testPorts.ts";
import { mail2016 } from "./fixtures/mail2016.ts";
import { openTestGate, sendOne, textMail } from "./testGate.ts";
import { openTestHop } from "./testHop.ts";

/** A disk of its own, which root can make. */
function smallDisk(context: TestContext, megabytes: number): string | null {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=700`, "sekisho", folder]);
  if (mounted.status !== 0) {
    rmdirSync(folder);
    return null;
  }
  context.after(() => {
    spawnSync("umount", ["-l", folder]);
    rmdirSync(folder);
  });
  return folder;
}

function fill(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const filler = join(folder, "filler");
  for (let blocks = Number(bavail); ; blocks -= 1) {
    try {
      writeFileSync(filler, Buffer.alloc(blocks * Number(bsize)));
      return;
    } catch {
      rmSync(filler, { force: true });
    }
  }
}

test("on a full disk a message gets 451, and goes through when there is space again", async (context) => {
  const folder = smallDisk(context, 24);
  if (folder === null) return context.skip("mounting a disk needs root");
  const hop = await openTestHop();
  const gate = await openTestGate({ hopPort: hop.port, folder });
  context.after(async () => {
    await gate.close();
    await hop.close();
  });
  const { raw, envelope } = mail2016({ archive: "zip" });
  const program = { from: envelope.mailFrom, to: ["inquiry@ijtb.example"] };
  assert.match(await sendOne(gate.port, textMail("before")), /^250/);
  fill(folder);
  for (let attempt = 0; attempt < 3; attempt++) {
    assert.match(await sendOne(gate.port, textMail("while full")), /^451/);
    assert.match(await sendOne(gate.port, raw, program), /^451/);
  }
  assert.equal(hop.messages.length, 1, "nothing went out that could not be recorded");
  assert.ok(
    gate.problems.some((problem) => /ENOSPC|disk.*full/.test(problem)),
    gate.problems.join("\n"),
  );
  rmSync(join(folder, "filler"));
  assert.match(await sendOne(gate.port, textMail("while full")), /^250 .*accepted as/);
  assert.match(await sendOne(gate.port, raw, program), /^250 .*for review/);
  assert.equal(hop.messages.length, 2);
  await waitUntil(() => gate.entries("mail-held").length === 1, "the entry");
  const ids = gate.entries().map((entry) => entry.id);
  assert.equal(new Set(ids).size, ids.length, "every line of the spool is whole and stands once");
});
