import assert from "node:assert/strict";
import { test } from "node:test";
import { RateLimiter } from "./rateLimiter.ts";
import { UsedCodes } from "./usedCodes.ts";

test("RateLimiter.take() says how long to wait, when a share is used up, and forgets in time", () => {
  let now = 0;
  const limiter = new RateLimiter({ max: 2, seconds: 60 }, () => now);
  assert.deepEqual([limiter.take("a"), limiter.take("a"), limiter.take("a")], [0, 0, 60]);
  assert.equal(limiter.take("b"), 0);
  now = 45_000;
  assert.equal(limiter.take("a"), 15);
  now = 60_000;
  assert.equal(limiter.take("a"), 0);
});

test("UsedCodes.take() accepts a code once for each person, until it has run out anyway", () => {
  let now = 0;
  const codes = new UsedCodes(() => now);
  assert.deepEqual(
    [codes.take("p", "123456"), codes.take("p", " 123456"), codes.take("q", "123456")],
    [true, false, true],
  );
  now = 121_000;
  assert.equal(codes.take("p", "123456"), true);
});
