import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { DistinctCustomers } from "./distinctCustomers.ts";
import { allocateFuse, Fuse, unlimited } from "./fuse.ts";
import { hashKey, type HashSeeds, type KeyHash } from "./hashKey.ts";

const noon = 30_000_000;
const seeds: HashSeeds = [11, 22, 33, 44];

function hashOf(key: string | number): KeyHash {
  const hash = { high: 0, low: 0 };
  const bytes = Buffer.from(String(key));
  hashKey(bytes, { start: 0, end: bytes.length, seeds }, hash);
  return hash;
}

/** Takes customers at a minute; gives how many were let through. */
function take(fuse: Fuse, minute: number, keys: Iterable<string | number>): number {
  let taken = 0;
  fuse.lock(minute);
  for (const key of keys) {
    const { high, low } = hashOf(key);
    if (fuse.take(high, low)) taken += 1;
  }
  fuse.unlock();
  return taken;
}

const numbers = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => from + at);

test("Fuse takes exactly as many distinct customers as its hour allows", () => {
  for (const limit of [0, 1, 100, 1_000, 12_345, 100_000]) {
    const fuse = new Fuse(allocateFuse({ hour: limit, day: unlimited }));
    assert.equal(take(fuse, noon, numbers(0, limit + 500)), limit);
    // Whoever was read already may be read again.
    assert.equal(take(fuse, noon + 30, numbers(0, limit)), limit);
    assert.deepEqual(fuse.read(), { hour: limit, day: limit });
  }
});

test("Fuse forgets an hour after no less than 60 minutes, and a day after no less than 24 hours", () => {
  const fuse = new Fuse(allocateFuse({ hour: 2, day: 5 }));
  assert.equal(take(fuse, noon, ["a", "b", "c"]), 2);
  assert.equal(take(fuse, noon + 60, ["c"]), 0);
  assert.equal(take(fuse, noon + 61, ["c", "d", "e"]), 2);
  assert.equal(take(fuse, noon + 122, ["e", "f", "g"]), 1);
  assert.equal(take(fuse, noon + 200, ["g"]), 0);
  assert.equal(take(fuse, noon + 1_440, ["g"]), 0);
  assert.equal(take(fuse, noon + 1_441, ["g"]), 1);
});

test("Fuse is not reset by a clock that is set back", () => {
  const fuse = new Fuse(allocateFuse({ hour: 2, day: 2 }));
  take(fuse, noon, ["a", "b"]);
  assert.equal(take(fuse, noon - 5_000, ["c"]), 0);
});

test("Fuse counts a customer who is read again as read then", () => {
  const fuse = new Fuse(allocateFuse({ hour: 1, day: 9 }));
  take(fuse, noon, ["a"]);
  take(fuse, noon + 50, ["a"]);
  assert.equal(take(fuse, noon + 70, ["b"]), 0);
  assert.equal(take(fuse, noon + 111, ["b"]), 1);
});

test("Fuse counts rows without a key one by one", () => {
  const fuse = new Fuse(allocateFuse({ hour: 3, day: unlimited }));
  fuse.lock(noon);
  assert.deepEqual([fuse.takeKeyless(2), fuse.takeKeyless(2), fuse.takeKeyless(1)], [true, false, true]);
  fuse.unlock();
});

test("Fuse keeps amounts of an hour within their limit", () => {
  const fuse = new Fuse(allocateFuse({ hour: 1, day: 1 }));
  fuse.lock(noon);
  assert.equal(fuse.add("sideBytes", 60, 100), true);
  assert.equal(fuse.add("sideBytes", 60, 100), false);
  assert.equal(fuse.add("conditions", 60, 100), true);
  fuse.unlock();
  fuse.lock(noon + 61);
  assert.equal(fuse.amount("sideBytes"), 0);
  assert.equal(fuse.add("sideBytes", 100, 100), true);
  fuse.unlock();
});

test("Fuse counts like a simple model over any times and customers", () => {
  const step = fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 12 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const fuse = new Fuse(allocateFuse({ hour: 4, day: 9 }));
      const last = new Map<number, number>();
      let minute = noon;
      for (const [later, customer] of steps) {
        minute += later;
        const within = (span: number): number =>
          [...last].filter(([who, at]) => who !== customer && minute - at < span).length;
        const before = last.get(customer);
        const inHour = before !== undefined && minute - before < 61;
        const inDay = before !== undefined && minute - before < 1_441;
        const fits = inHour || (within(61) < 4 && (inDay || within(1_441) < 9));
        if (fits) last.set(customer, minute);
        assert.equal(take(fuse, minute, [customer]), fits ? 1 : 0);
      }
    }),
    { seed: 2016, numRuns: 500 },
  );
});

test("Fuse gives threads together no more than one budget", async () => {
  const shared = allocateFuse({ hour: 5_000, day: unlimited });
  const code = `
    import { workerData, parentPort } from "node:worker_threads";
    const { Fuse } = await import(workerData.fuse);
    const fuse = new Fuse(workerData.shared);
    let taken = 0;
    for (let at = 0; at < 20_000; at++) {
      fuse.lock(30_000_000);
      if (fuse.take(at * 7919 + workerData.number, workerData.number + 1)) taken += 1;
      fuse.unlock();
    }
    parentPort.postMessage(taken);`;
  const counts = await Promise.all(
    [1, 2, 3].map(
      (number) =>
        new Promise<number>((resolve, reject) => {
          const workerData = { shared, number, fuse: import.meta.resolve("./fuse.ts") };
          const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
            workerData,
          });
          worker.on("message", resolve);
          worker.on("error", reject);
        }),
    ),
  );
  assert.equal(counts[0]! + counts[1]! + counts[2]!, 5_000);
});

test("Fuse is free again after its holder has ended", () => {
  const fuse = new Fuse(allocateFuse({ hour: 1, day: 1 }));
  new Int32Array(fuse.shared)[0] = 78;
  fuse.breakLockOf(12);
  assert.equal(new Int32Array(fuse.shared)[0], 78);
  fuse.breakLockOf(77);
  assert.equal(take(fuse, noon, ["a"]), 1);
});

test("Fuse takes customers of a day that has passed out of its table", () => {
  const fuse = new Fuse(allocateFuse({ hour: 600, day: 600 }));
  for (let day = 0; day < 20; day++)
    assert.equal(take(fuse, noon + day * 1_441, numbers(day * 1_000, 700)), 600);
});

test("Fuse restores what was read before a restart", () => {
  const fuse = new Fuse(allocateFuse({ hour: 3, day: 9 }));
  fuse.restore(noon - 2_000, noon, hashOf("old"));
  fuse.restore(noon - 90, noon, hashOf("a"));
  fuse.restore(noon - 10, noon, hashOf("b"));
  fuse.restore(noon - 9, noon, { keyless: 1 });
  assert.equal(take(fuse, noon, ["b", "c", "d"]), 2);
  assert.deepEqual(fuse.read(), { hour: 3, day: 4 });
});

test("hashKey() gives other numbers for other keys", () => {
  const seen = new Set<number>();
  for (let key = 0; key < 300_000; key++) {
    const { high, low } = hashOf(key);
    seen.add((high >>> 0) * 2 ** 21 + (low >>> 11));
  }
  assert.equal(seen.size, 300_000);
});

test("DistinctCustomers counts each once", () => {
  const distinct = new DistinctCustomers({ exact: true });
  for (const key of [...numbers(0, 5_000), ...numbers(0, 5_000)]) distinct.add(hashOf(key));
  assert.equal(distinct.count, 5_000);
  assert.equal(distinct.add({ high: 0, low: 0 }), true);
  assert.equal(distinct.add({ high: 0, low: 0 }), false);
  assert.equal(distinct.count, 5_001);
});

test("DistinctCustomers estimates where no limit hangs on it, within two hundredths", () => {
  const distinct = new DistinctCustomers({ exact: false });
  for (const key of numbers(0, 60_000)) distinct.add(hashOf(key));
  assert.equal(distinct.count, 60_000);
  for (const key of numbers(0, 400_000)) distinct.add(hashOf(key));
  assert.ok(Math.abs(distinct.count - 400_000) < 8_000, `${distinct.count} of 400000`);
});
