import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makePerson, seededRandom } from "../personal/generatePersons.ts";
import { makeDamagedImage, overwritten } from "./damagedImage.ts";
import { stageRows, type StagedCustomer } from "./stagedRows.ts";

function customers(count: number): StagedCustomer[] {
  const random = seededRandom(7);
  return Array.from({ length: count }, (_, at) => ({
    ...makePerson(random),
    id: String(at),
    passportIssued: "2012-01-01",
  }));
}

const decode = { e20160321: "utf-8", e20160322: "shift_jis", e20160323: "utf-8" } as const;

test("stageRows() says where each field of each row lies", () => {
  const known = customers(400);
  const files = stageRows(known, { rows: 300, random: seededRandom(2016) });
  assert.deepEqual(
    files.map(({ rows }) => rows.length),
    [100, 100, 100],
  );
  for (const file of files) {
    const decoder = new TextDecoder(decode[file.name as keyof typeof decode]);
    for (const { customer, fields } of file.rows) {
      const email = fields.find(({ kind }) => kind === "email");
      if (email === undefined) continue;
      assert.equal(
        decoder.decode(file.bytes.subarray(email.start, email.end)),
        known[Number(customer)]?.email,
      );
    }
  }
});

for (const withoutFileSystem of [false, true]) {
  const where = withoutFileSystem ? "a plain image" : "ext4";
  test(`makeDamagedImage() leaves what it says it leaves, in ${where}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), "sekisho-damaged-"));
    try {
      const random = seededRandom(2016);
      const files = stageRows(customers(4_000), { rows: 4_000, random });
      const { path, left, why } = makeDamagedImage(folder, files, { random, withoutFileSystem });
      if (why?.startsWith("e2fsprogs") === true) return t.skip(why);
      const image = readFileSync(path);
      let kept = 0;
      for (const { file, start, end, at } of left) {
        const bytes = files.find(({ name }) => name === file)?.bytes ?? assert.fail(file);
        assert.ok(
          image.subarray(at, at + end - start).equals(bytes.subarray(start, end)),
          `${file} ${start}`,
        );
        kept += end - start;
      }
      const all = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
      assert.ok(Math.abs(kept / all - (1 - overwritten)) < 0.05, `${kept} of ${all} bytes`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
